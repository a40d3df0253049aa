"""Reading of JSON files with clear errors."""

import json
import math
from pathlib import Path

from singtrans.errors import InputError
from singtrans.files import read_bytes


def read_json(path: Path) -> object:
    """Read the content of a JSON file in UTF-8.

    Raises:
        InputError: if the file cannot be read or is not JSON. The message names the line.
    """
    try:
        return json.loads(read_bytes(path).decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}, line {error.lineno}, is not JSON ({error.msg}): export it again, or correct that line."
        ) from None
    except (ValueError, RecursionError):  # not text, a number with thousands of digits, or too many nested brackets
        raise InputError(f"{path} is not JSON in UTF-8: export it again.") from None


def finite(value: object) -> float:
    """Convert a JSON number to a float.

    Raises:
        ValueError: if the value is not a finite number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError("the number is too large") from None
    if not math.isfinite(number):
        raise ValueError(f"{number} is not finite")
    return number
