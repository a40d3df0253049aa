"""`python -m singtrans` is the command `singtrans`."""

from singtrans import interrupt


def main() -> None:
    """Entry point: heeds signals before anything that takes time is imported."""
    interrupt.install_early()
    from singtrans.cli import main as command

    command()


if __name__ == "__main__":
    main()
