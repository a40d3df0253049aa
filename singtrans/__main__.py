"""Run the command `singtrans` with `python -m singtrans`."""

from singtrans import interrupt


def main() -> None:
    """Install the signal handlers before slow imports, and run the command line."""
    interrupt.install_early()
    from singtrans.cli import main as command

    command()


if __name__ == "__main__":
    main()
