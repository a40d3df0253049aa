"""Session files of the report page: notes with syllables, beats, a key, and marks on the notes that were checked.

A session is JSON as in `json_notes`, so every program that reads this JSON can read sessions. Each note may also have
``"checked"`` and ``"lyric"``. A lyric is a syllable, followed by a hyphen if its word continues, and by a slash if its
line ends. The file may also have these fields:

    "beats": {"times": [0.0, 1.8, 3.6], "quarters": [0, 3, 6], "metre": "3/4"}, "key": "Bb", "history": {…}

The history contains the steps for undo and redo. Only the page reads it.
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
_MOST_TEXT = 200  # largest number of characters of a syllable


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """Data that a person has added to notes on the report page.

    Attributes:
        lyrics: one syllable for each note, up to the last note with a syllable; `HELD` for notes without one.
        checked: indices of the notes that the person marked as right.
        beats: the beats, or None if unknown.
        key: the key, or None if unknown.
        history: steps for undo and redo; None if the session has none.
    """

    lyrics: tuple[Syllable, ...] = ()
    checked: tuple[int, ...] = ()
    beats: Beats | None = None
    key: Key | None = None
    history: Mapping[str, Any] | None = None

    def options(self, options: Options) -> Options:
        """Return options in which values that are not set are taken from this session."""
        return replace(
            options,
            lyrics=options.lyrics or self.lyrics,
            checked=options.checked or self.checked,
            beats=options.beats or self.beats,
            signature=options.signature or self.key,
            history=options.history or self.history,
        )


def read_session(path: Path) -> Session:
    """Read a session; the session is empty if the file is not JSON, or contains none of these data.

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
    """Convert a syllable to its text in a session; None gives an empty text."""
    if syllable is None:
        return ""
    hyphen = "" if syllable.ends_word or syllable.text == HELD else "-"
    return syllable.text + hyphen + (" /" if syllable.ends_line else "")


def _syllables(texts: list[str]) -> tuple[Syllable, ...]:
    """Convert the texts of notes to syllables, up to the last text; notes without text hold the previous syllable."""
    last = max((number for number, text in enumerate(texts, 1) if text.strip()), default=0)
    found, begins = [], True
    for text in texts[:last]:
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
    """Convert beats; return None if they are missing or invalid."""
    try:
        times = np.array([finite(time) for time in found["times"]])
        quarters = np.array([finite(quarter) for quarter in found["quarters"]])
        return Beats(times, quarters, parse_metre(str(found["metre"])))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _history(found: Any) -> dict[str, Any] | None:
    """Return the history if it is strict JSON, without NaN, which Python's reader accepts but a page cannot contain."""
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
