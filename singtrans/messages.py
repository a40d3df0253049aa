"""Formatting of messages: counts, lists, lengths of time, and lines that are safe to print."""

import os
from collections.abc import Iterable, Sequence


def shown(name: str) -> str:
    """Put a name from a file on one line, and cut it after 60 characters, so that it can be part of a message."""
    name = " ".join(name.split())
    return name if len(name) <= 60 else f"{name[:60]} …"


def printable(line: str) -> str:
    """Escape all characters that cannot be printed, such as line breaks and control codes in file names."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)


def counted(number: int, noun: str, plural: str = "") -> str:
    """Format a number with its noun; ``plural`` is for nouns with an irregular plural.

    >>> counted(1, "note"), counted(2, "note"), counted(2, "entry", "entries")
    ('1 note', '2 notes', '2 entries')
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def listed(names: Iterable[object], most: int = 5) -> str:
    """Join names with commas. A long list is cut after ``most`` names, and the number of the others is added.

    >>> listed(["a", "b"])
    'a, b'
    >>> listed("abcdefgh", most=3)
    'a, b, c and 5 more'
    """
    texts = [str(name) for name in names]
    rest = len(texts) - most
    return ", ".join(texts) if rest <= 0 else f"{', '.join(texts[:most])} and {rest} more"


def braced(paths: Sequence[object]) -> str:
    """Combine paths that differ only in their endings, using braces as in a shell.

    >>> braced(["out/song.mid", "out/song.csv", "out/song.labels.txt"])
    'out/song.{mid,csv,labels.txt}'
    >>> braced(["song.mid"])
    'song.mid'
    """
    texts = [str(path) for path in paths]
    common = os.path.commonprefix(texts)  # noqa: RUF071 (characters, not folders)
    stem = common[: common.rfind(".") + 1]
    endings = [text[len(stem) :] for text in texts]
    if len(texts) < 2 or stem.endswith(("/.", "\\.")) or any(c in ending for ending in endings for c in "/\\"):
        return ", ".join(texts)
    return f"{stem}{{{','.join(endings)}}}" if stem else ", ".join(texts)


def length(seconds: float) -> str:
    """Format a length of time.

    >>> length(4.25), length(75), length(7300)
    ('4.2 s', '1 min 15 s', '2 h 01 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min {rest:02} s"


def printable_title(text: str) -> str:
    """Escape dollar signs, with which matplotlib marks formulas, and replace unprintable characters with ``?``."""
    text = text.encode("utf-8", "replace").decode().replace("$", r"\$")
    return "".join(c if c.isprintable() else "?" for c in text)
