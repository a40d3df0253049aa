"""Check of options that name outputs."""

from typing import TypeVar

import typer

from singtrans.errors import UsageError

Output = TypeVar("Output")


def named(param: typer.CallbackParam, value: Output) -> Output:
    """Return the value of an option that names a file or a folder to write.

    It is the callback of options that cannot write to standard output.

    Raises:
        UsageError: if the value is ``-``, which means standard output in other options.
    """
    if str(value) == "-":
        option = max(param.opts, key=len)
        raise UsageError(f"{option} -: this option cannot write to standard output; give the name of a file or folder")
    return value
