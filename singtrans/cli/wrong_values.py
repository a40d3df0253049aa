"""Messages of one line for options with a wrong value."""

from typing import Any

import typer

from singtrans.errors import UsageError
from singtrans.messages import shown


def wrong_value(error: typer.BadParameter) -> UsageError | None:
    """Return an error that names the option, its value, and the values that the option accepts.

    typer checks numbers and choices with pydantic, whose messages do not name the value and all limits. If the error
    has another cause, None is returned.
    """
    param: Any = error.param
    details: Any = getattr(error.__cause__, "errors", None)
    if getattr(param, "param_type_name", "") != "option" or details is None:
        return None
    detail = details()[0]
    choices = getattr(getattr(param, "type_descriptor", None), "choices", None)
    if choices:
        wanted = _alternatives([str(choice.value) for choice in choices])
    elif detail["type"].startswith(("int", "float", "greater", "less")):
        wanted = _number(param.min, param.max, whole=detail["type"].startswith("int"))
    else:
        return None
    return UsageError(f"{max(param.opts, key=len)} {shown(str(detail['input']))}: give {wanted}")


def _alternatives(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]


def _number(least: int | float | None, most: int | float | None, whole: bool) -> str:
    """Describe the numbers that an option accepts. Limits that are integers belong to options for whole numbers."""
    kind = "a whole number" if whole or isinstance(least, int) or isinstance(most, int) else "a number"
    if least is not None and most is not None:
        return f"{kind} from {least:g} to {most:g}"
    if least is not None:
        return f"{kind} of at least {least:g}"
    return f"{kind} of at most {most:g}" if most is not None else kind
