"""The one exception type for everything that a user can cause, and what its messages quote."""


class SingtransError(Exception):
    """Something that the user can mend.

    The message is one sentence that names the file or option, says what is wrong with it, and what to do.
    The command line prints it as it is, without a traceback.
    """


class UsageError(SingtransError):
    """A command that asks for something that cannot be: it is refused before any work starts."""


def shown(name: str) -> str:
    """A name that a file made up, as a message quotes it: on one line and no longer than names are."""
    name = " ".join(name.split())
    return name if len(name) <= 60 else f"{name[:60]} …"
