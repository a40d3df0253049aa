"""The exceptions that a user can cause, each with its exit code."""


class SingtransError(Exception):
    """Base of everything that a user can cause and correct.

    The message is one sentence: which file or option, what is wrong with it, and what to do. The command line
    prints it without a traceback and exits with ``exit_code``.
    """

    exit_code = 1


class InputError(SingtransError):
    """One input cannot be used; the others can."""

    exit_code = 1


class UsageError(SingtransError):
    """Nothing can be done at all: a wrong option, a missing package, or an unusable model."""

    exit_code = 2


class OutputExistsError(InputError):
    """An output exists, and neither ``--overwrite`` nor ``--skip-existing`` was given."""
