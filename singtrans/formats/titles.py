"""Titles of songs, derived from the names of their recordings."""

import re
from pathlib import PurePath

_STREAM = "stdin"  # name of a recording that is read from standard input
_TRACK_NUMBER = re.compile(r"0\d{1,2}[\s._-]+(?=\D)")


def readable_title(recording: str) -> str:
    """Turn the name of a recording into a title, which is empty for a recording from standard input.

    >>> readable_title("my_song-final.wav")
    'My song final'
    >>> readable_title("01 - Jean-Luc sings.mp3")
    'Jean-Luc sings'
    """
    stem = "" if recording == _STREAM else PurePath(recording).stem
    stem = _TRACK_NUMBER.sub("", stem, count=1) if _TRACK_NUMBER.match(stem) else stem
    words = stem.replace("_", " ")
    if " " not in stem.strip():
        words = words.replace("-", " ")
    title = " ".join(words.split()) or stem
    return title[:1].upper() + title[1:]


def printable(text: str) -> str:
    """Replace characters that cannot be printed with question marks, and replace each run of spaces with one space."""
    text = " ".join(text.split()).encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else "?" for c in text)
