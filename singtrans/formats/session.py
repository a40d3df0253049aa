"""What a session of the report page adds to JSON: syllables, checked notes, beats and key.

A session is JSON as `json_notes` describes it, and programs that do not know sessions can read it as such. Each note
may have ``"lyric"``, a syllable with a hyphen after it if its word goes on and a slash if its line ends, and
``"checked"``.
The file may have:

    "beats": {"times": [0.0, 1.8, 3.6], "quarters": [0, 3, 6], "metre": "3/4"}, "key": "Bb", "history": {…}

Only the page reads the history, which has the steps for undo and redo.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from singtrans.errors import UsageError
from singtrans.formats.json_file import finite, read_json
from singtrans.formats.lyrics import HELD, Syllable
from singtrans.formats.options import Options
from singtrans.melody.beats import Beats
from singtrans.melody.key import Key, parse_key
from singtrans.melody.metre import parse_metre

_ENDING = ".json"
_MOST_TEXT = 200  # characters of a syllable


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """What a person added to notes on the report page.

    Attributes:
        lyrics: a syllable for each note, `HELD` where a note has none; empty if no note has one.
        checked: numbers of the notes that the person marked as right, counted from 0.
        beats: the beats; None if they are not known.
        key: the key; None if it is not known.
        history: steps for undo and redo; None if the session has none.
    """

    lyrics: tuple[Syllable, ...] = ()
    checked: tuple[int, ...] = ()
    beats: Beats | None = None
    key: Key | None = None
    history: Mapping[str, Any] | None = None

    def options(self, options: Options) -> Options:
        """Return options with this session's values where they state nothing."""
        return replace(
            options,
            lyrics=options.lyrics or self.lyrics,
            checked=options.checked or self.checked,
            beats=options.beats or self.beats,
            signature=options.signature or self.key,
            history=options.history or self.history,
        )


def read_session(path: Path) -> Session:
    """Read what a person added; an empty session if the file is not JSON or has nothing of the kind.

    Raises:
        InputError: if the file cannot be read.
    """
    found = read_json(path) if path.suffix.lower() == _ENDING else None
    if not isinstance(found, dict) or not isinstance(found.get("notes"), list):
        return Session()
    entries = [entry if isinstance(entry, dict) else {} for entry in found["notes"]]
    entries.sort(key=lambda entry: (_time(entry, "onset"), _time(entry, "offset")))
    checked = tuple(number for number, entry in enumerate(entries) if entry.get("checked") is True)
    texts = [str(entry.get("lyric") or "")[:_MOST_TEXT] for entry in entries]
    return Session(
        _syllables(texts), checked, _beats(found.get("beats")), _key(found.get("key")), _history(found.get("history"))
    )


def lyric_text(syllable: Syllable | None) -> str:
    """Convert a syllable to the text of a session; empty for none."""
    if syllable is None:
        return ""
    hyphen = "" if syllable.ends_word or syllable.text == HELD else "-"
    return syllable.text + hyphen + (" /" if syllable.ends_line else "")


def _syllables(texts: list[str]) -> tuple[Syllable, ...]:
    if not any(text.strip() for text in texts):
        return ()
    found, begins = [], True
    for text in texts:
        plain = text.strip()
        ends_line = plain.endswith("/")
        plain = plain.rstrip("/").strip()
        if plain in ("", HELD, "_"):
            found.append(Syllable(HELD, ends_line=ends_line))
            continue
        ends = not plain.endswith("-")
        found.append(Syllable(plain.rstrip("-") or plain, begins, ends, ends_line))
        begins = ends
    return tuple(found)


def _time(entry: dict[str, Any], name: str) -> float:
    try:
        return finite(entry.get(name))
    except (TypeError, ValueError):
        return 0.0


def _beats(found: Any) -> Beats | None:
    """Convert beats; None if they are missing or not what the page writes."""
    try:
        times = np.array([finite(time) for time in found["times"]])
        quarters = np.array([finite(quarter) for quarter in found["quarters"]])
        return Beats(times, quarters, parse_metre(str(found["metre"])))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _history(found: Any) -> dict[str, Any] | None:
    """Return the history if it is JSON that a page can contain: without NaN, which Python's reader accepts."""
    try:
        json.dumps(found, allow_nan=False)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _key(found: Any) -> Key | None:
    try:
        key = parse_key(str(found)) if found else None
    except UsageError:
        return None
    return key if isinstance(key, Key) else None
