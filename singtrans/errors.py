"""The one exception type for everything that a user can cause."""


class SingtransError(Exception):
    """Something that the user can mend.

    The message is one sentence that names the file or option, says what is wrong with it, and what to do.
    The command line prints it as it is, without a traceback.
    """


class UsageError(SingtransError):
    """A command that asks for something that cannot be: it is refused before any work starts."""
