"""Run the command `singtrans` with `python -m singtrans`."""

from singtrans import interrupt


def main() -> None:
    """Install the signal handlers before slow imports, and run the command line."""
    interrupt.install_exit()
    from singtrans.cli import main as command

    try:
        command()
    finally:
        interrupt.install_exit()  # an exception that a signal raises from now on would be printed with a traceback


if __name__ == "__main__":
    main()
