"""`python -m singtrans` is the command `singtrans`."""

from singtrans.cli import main

if __name__ == "__main__":
    main()
