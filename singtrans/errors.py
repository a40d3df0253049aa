"""Exceptions for errors that a user can cause. Each exception has an exit code."""


class SingtransError(Exception):
    """Base class of errors that a user can cause and correct.

    The message is one sentence that names the file or option, the fault, and the remedy. The command line prints it
    without a traceback, and exits with ``exit_code``.
    """

    exit_code = 1


class InputError(SingtransError):
    """One input cannot be used, but other inputs may still be processed."""

    exit_code = 1


class UsageError(SingtransError):
    """The whole command cannot run, because of a wrong option, a missing package, or an unusable model."""

    exit_code = 2


class OutputExistsError(InputError):
    """An output already exists, and neither ``--overwrite`` nor ``--skip-existing`` was given."""
