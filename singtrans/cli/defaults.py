"""Defaults of options, in a file named singtrans.toml in the working folder or in the user's configuration folder.

    [transcribe]
    format = ["mid", "csv"]
    tempo = "auto"
    pitch-bend = true

There is one table per command. The keys of a table are long names of options. The file in the working folder overrides
the user's file, and the command line overrides both.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from singtrans.errors import UsageError
from singtrans.messages import shown

NAME = "singtrans.toml"
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command.

    Attributes:
        parameter: name of the command's parameter.
        several: whether the option may be given several times.
    """

    parameter: str
    several: bool = False


def read_defaults(path: Path, options: Mapping[str, Mapping[str, Option]]) -> dict[str, dict[str, object]]:
    """Read defaults from a file.

    Args:
        path: the file.
        options: options of each command, by their long names without the leading hyphens.

    Returns:
        Values for each command, by the names of its parameters; empty if the file does not exist.

    Raises:
        UsageError: if the file is not TOML, or has an unknown command, an unknown option or an invalid value.
    """
    try:
        if path.is_fifo() or (path.is_file() and path.stat().st_size > _MOST_BYTES):
            raise UsageError(f"{path} has no defaults: remove it")
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except RecursionError:
        raise UsageError(f"{path} is not valid TOML (unclosed brackets): correct it") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): correct or remove it") from None
    except ValueError as error:
        raise UsageError(f"{path} is not TOML ({' '.join(str(error).split())}): correct that line") from None
    found: dict[str, dict[str, object]] = {}
    for command, table in content.items():
        if command not in options or not isinstance(table, dict):
            raise UsageError(f"{path}: [{shown(command)}] is not a command; use one of {', '.join(options)}")
        found[command] = {}
        for key, value in table.items():
            known = options[command]
            if key not in known:
                raise UsageError(f"{path}, [{command}]: {shown(key)} is not an option; use one of {', '.join(known)}")
            found[command][known[key].parameter] = _plain(f"{path}, [{command}]: {key}", value, known[key].several)
    return found


def merged(every: Sequence[Mapping[str, Mapping[str, object]]]) -> dict[str, dict[str, object]]:
    """Merge the defaults of several files; later files override earlier ones."""
    result: dict[str, dict[str, object]] = {}
    for defaults in every:
        for command, values in defaults.items():
            result.setdefault(command, {}).update(values)
    return result


def _plain(where: str, value: object, several: bool) -> object:
    """Convert a value to the type that the command line gives: a list for an option that may be repeated."""
    if several and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    if isinstance(value, bool) and not several:
        return value
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        return [str(value)] if several else str(value)
    kinds = "a text or a list of texts" if several else "a text, a number, true or false"
    raise UsageError(f"{where} must be {kinds}")
