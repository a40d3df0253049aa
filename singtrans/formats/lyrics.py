"""Division of lyrics into syllables, one for each note.

    Twin-kle twin-kle lit-tle star
    how I won-der what you are

Words are separated by spaces. Hyphens, with or without spaces around them, divide words into syllables. ``~`` (or
``_``) holds the previous syllable for one more note. A line is a phrase. Each Chinese character, kana and Hangul block
is a syllable. Time stamps (LRC, SRT), tags and chords in brackets, and headings such as "Chorus" are left out.
"""

import html
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from singtrans.errors import InputError
from singtrans.files import read_bytes
from singtrans.formats.encodings import decode_text
from singtrans.notes import Note

HELD = "~"
_ASS_FIELDS = 9  # number of fields before the text of a dialogue
_LOG = logging.getLogger(__name__)

_TAG = re.compile(r"\[[^\[\]\n]*\]|<[^<>\n]*>|\{\\[^{}\n]*\}")
"""Time stamps and tags of LRC, chords, and markup of subtitles."""

_TIMING = re.compile(r"^\s*(?:\d+\s*|[\d:,.]+\s*-->.*|WEBVTT.*)$")
_HEADING = re.compile(
    r"^\W*(?:verse|strophe|vers|chorus|refrain|pre-?chorus|post-?chorus|bridge|intro|outro|interlude|hook|coda|solo"
    r"|instrumental|couplet|estribillo|ref)\.?\s*\d*\W*(?:x\s*\d+|\d+\s*x)?\W*$",
    re.IGNORECASE,
)
_REPEATED = re.compile(r"[(\[]?\s*(?:\bx\s?\d{1,2}|\b\d{1,2}\s?x)\s*[)\]]?\s*$", re.IGNORECASE)
_SPACED_HYPHEN = re.compile(r"(?<=\w)\s+-{1,3}\s+(?=[\w'’])")
_TRAILING_HYPHEN = re.compile(r"(?<=[^\W\d_])-\s+(?=[^\W\d_])")
_SOFT_HYPHEN = re.compile(r"(?<=\w)[\u00ad\u2027\u00b7](?=\w)")
"""Marks between the syllables of a word: soft hyphen, hyphenation point, middle dot."""

_CHORD = (
    r"[A-H][#b♯♭]?(?:maj|min|mi|dim|aug|sus|add|m|M|\+|°|ø|Δ)?\d{0,2}"
    r"(?:[(]?(?:[#b+-]|sus|add|maj)\d{1,2}[)]?)*(?:/[A-H][#b♯♭]?)?"
)
_CHORDS = re.compile(rf"\s*(?:[|:/x%-]+|N\.?C\.?|{_CHORD})(?:\s+(?:[|:/x%-]+|N\.?C\.?|{_CHORD}))*\s*")
"""A line of chords above the words."""

_READING = re.compile(r"[\u3400-\u9fff々]+[（(]([\u3040-\u30ff]+)[）)]")
"""Kanji with their reading in brackets."""

_WEB_LINE = re.compile(r"\d+\s*Contributors?.*\bLyrics|You might also like", re.IGNORECASE)
_EMBED = re.compile(r"\d*Embed\s*$")
"""Texts on web pages of Genius that are often copied together with the words."""

_CJK = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f"
_CJK_RUN = re.compile(rf"[{_CJK}]+|[^{_CJK}]+")
_SMALL = "ぁぃぅぇぉゃゅょゎっァィゥェォャュョヮッｧｨｩｪｫｬｭｮｯ"
_CJK_SYLLABLE = re.compile(rf"[{_CJK}][{_SMALL}]*")
_LONG = "ーｰ"
_ONE_CJK = re.compile(rf"[{_CJK}{_SMALL}]+")


@dataclass(frozen=True, slots=True)
class Syllable:
    """A syllable, which is sung on one note.

    Attributes:
        text: text of the syllable, or ``~`` if the previous syllable is held.
        begins_word: whether it is the first syllable of a word.
        ends_word: whether it is the last syllable of a word.
        ends_line: whether it is the last syllable of a phrase.
    """

    text: str
    begins_word: bool = True
    ends_word: bool = True
    ends_line: bool = False


def read_lyrics(path: str | Path) -> tuple[Syllable, ...]:
    """Read the syllables of a text file, whose encoding may be Unicode or another common one.

    Raises:
        InputError: if the file cannot be read or has no words.
    """
    path = Path(path)
    decoded = decode_text(read_bytes(path))
    if decoded is None:
        raise InputError(f"{path} is not text: save it as text in UTF-8.")
    if decoded.encoding:
        _LOG.warning("%s was read as %s: save it as UTF-8 if words are wrong", path, decoded.encoding)
    syllables = parse_lyrics(decoded.text)
    if not syllables:
        raise InputError(f"{path} has no lyrics: write words, with hyphens between the syllables of a word.")
    return syllables


def parse_lyrics(text: str) -> tuple[Syllable, ...]:
    """Divide a text into syllables."""
    found: list[Syllable] = []
    for line in _sung_lines(text):
        in_line = [syllable for word in _words(line) for syllable in _syllables(word)]
        if in_line:
            in_line[-1] = replace(in_line[-1], ends_line=True)
        found += in_line
    return tuple(found)


def _sung_lines(text: str) -> Iterator[str]:
    """Yield the lines of a text that can contain words; comments of WebVTT and lines of chords are left out."""
    lines = _EMBED.sub("", text.rstrip()).split("\n")
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.lower().startswith("[script info]"):
        for line in lines:
            if line.startswith("Dialogue:") and line.count(",") >= _ASS_FIELDS:
                yield from re.split(r"\\[Nn]", line.split(",", _ASS_FIELDS)[_ASS_FIELDS])
        return
    if first.startswith("WEBVTT"):
        blocks = [block.split("\n") for block in re.split(r"\n\s*\n", "\n".join(lines))]
        lines = [line for block in blocks if any("-->" in line for line in block) for line in _below_timing(block)]
    chords = [line for line in lines if len(line.split()) > 1 and _CHORDS.fullmatch(line)]
    for line in lines:
        if not _WEB_LINE.match(line.strip()) and not (chords and _CHORDS.fullmatch(line)):
            yield line


def _below_timing(block: list[str]) -> list[str]:
    """Return the lines that follow the times of a WebVTT cue."""
    return block[next(place for place, line in enumerate(block) if "-->" in line) + 1 :]


def is_cjk(text: str) -> bool:
    """Return whether a text is entirely Chinese, Japanese or Korean; such text has no hyphens between syllables."""
    return bool(_ONE_CJK.fullmatch(text))


def has_cjk(text: str) -> bool:
    """Return whether a text has Chinese, Japanese or Korean characters."""
    return bool(_ONE_CJK.search(text))


def fit(syllables: Sequence[Syllable], count: int) -> tuple[Syllable | None, ...]:
    """Assign syllables to ``count`` notes in order. Notes for which no syllable is left get None."""
    return (*syllables[:count], *(None,) * (count - len(syllables)))


def describe_fit(syllables: Sequence[Syllable], count: int) -> str:
    """Describe the notes without syllables, or the syllables without notes; empty if there are neither.

    If there are too few syllables, the description states how the words of a text are divided into syllables.
    """
    if len(syllables) > count:
        return f"{len(syllables) - count} of {len(syllables)} syllables have no note"
    if not syllables or len(syllables) == count:
        return ""
    hint = f"write {HELD} for each further note of a syllable"
    if not all(is_cjk(syllable.text) or syllable.text == HELD for syllable in syllables):
        hint = f"divide words with hyphens, as in twin-kle, and {hint}"
    return f"{count - len(syllables)} of {count} notes have no syllable; in the text, {hint}"


def syllables_of(notes: Sequence[Note], words: Mapping[tuple[float, float], Syllable]) -> tuple[Syllable, ...]:
    """Return a syllable for each note; a note without a syllable holds the syllable before it.

    The result is empty if no note has a syllable.

    Args:
        notes: notes of the song.
        words: map from (onset, pitch) of notes to syllables.
    """
    found = [words.get((note.onset, note.pitch), Syllable(HELD)) for note in notes]
    return tuple(found) if any(syllable.text != HELD for syllable in found) else ()


def _words(line: str) -> list[str]:
    """Return the sung words of a line."""
    if _TIMING.match(line):
        return []
    line = _SOFT_HYPHEN.sub("-", html.unescape(line))
    line = _READING.sub(r"\1", line)
    line = _TAG.sub("" if re.search(r"\w\[[^\]]*\]\w", line) else " ", line)
    if _HEADING.match(line):
        return []
    line = _REPEATED.sub("", line)
    line = _TRAILING_HYPHEN.sub("-", _SPACED_HYPHEN.sub("-", line))
    # A separate mark, such as a dash, is not sung.
    return [word for word in line.split() if any(c.isalnum() or c in "_~" or c in _LONG for c in word)]


def _syllables(word: str) -> list[Syllable]:
    # A hyphen at the start or end of a word does not divide syllables, and is kept.
    parts = [part for part in re.split(r"(?<=[^-])-(?=[^-])", word) if part]
    texts = [text for part in parts for text in _characters(part)]
    texts = [HELD if set(text) <= {"_", HELD} else text for text in texts]
    return [Syllable(text, number == 0, number == len(texts) - 1) for number, text in enumerate(texts)]


def _characters(part: str) -> Iterator[str]:
    """Divide a part of a word into Chinese characters, kana and Hangul blocks; a long-vowel mark holds the syllable."""
    for run in _CJK_RUN.findall(part):
        if not re.match(rf"[{_CJK}]", run):
            if any(c.isalnum() or c in "_~" for c in run) or run == part:
                yield run
            continue
        for syllable in _CJK_SYLLABLE.findall(run):
            yield HELD if syllable[0] in _LONG else syllable
