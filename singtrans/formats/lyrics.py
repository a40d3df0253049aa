"""Lyrics for notes: a text is cut into syllables, one for each note.

    Twin-kle twin-kle lit-tle star
    how I won-der what you are

Words stand apart, hyphens cut them into syllables, ``~`` (or ``_``) holds the syllable before it for one more note,
and a line is a phrase.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from singtrans.errors import InputError
from singtrans.formats.text import read_text

HELD = "~"


@dataclass(frozen=True, slots=True)
class Syllable:
    """What is sung on one note.

    Attributes:
        text: the syllable, ``~`` where the one before is held.
        begins_word: whether a word begins with it.
        ends_word: whether a word ends with it.
        ends_line: whether a phrase ends with it.
    """

    text: str
    begins_word: bool = True
    ends_word: bool = True
    ends_line: bool = False


def read_lyrics(path: str | Path) -> tuple[Syllable, ...]:
    """Syllables of a text file.

    Raises:
        InputError: if it cannot be read or holds no words.
    """
    path = Path(path)
    syllables = parse_lyrics(read_text(path, fallback="cp1252"))
    if not syllables:
        raise InputError(f"{path} holds no lyrics: write words, with hyphens between the syllables of a word.")
    return syllables


def parse_lyrics(text: str) -> tuple[Syllable, ...]:
    """Syllables of a text, in order."""
    found: list[Syllable] = []
    for line in text.split("\n"):
        in_line = [syllable for word in line.split() for syllable in _syllables(word)]
        if in_line:
            last = in_line[-1]
            in_line[-1] = Syllable(last.text, last.begins_word, last.ends_word, True)
        found += in_line
    return tuple(found)


def fit(syllables: Sequence[Syllable], count: int) -> tuple[Syllable | None, ...]:
    """A syllable for each of ``count`` notes, in order; None for notes without one."""
    return (*syllables[:count], *(None,) * (count - len(syllables)))


def _syllables(word: str) -> list[Syllable]:
    # A hyphen that ends or begins a word is none between syllables: it stays with the word.
    parts = re.split(r"(?<=[^-])-(?=[^-])", word)
    parts = [HELD if set(part) <= {"_", HELD} else part for part in parts if part]
    return [Syllable(part, number == 0, number == len(parts) - 1) for number, part in enumerate(parts)]
