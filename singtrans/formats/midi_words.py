"""Words in MIDI files: lyric events, and text events of karaoke files."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singtrans.formats.encodings import decode_words
from singtrans.formats.lyrics import HELD, Syllable
from singtrans.formats.midi_file import clocks, open_midi
from singtrans.notes import Note

if TYPE_CHECKING:
    from mido import MidiFile

_BETWEEN = b"\x1f"  # a byte that no text contains
AT_NOTE = 0.03
"""Largest distance in seconds between a syllable and the onset of its note."""


def read_words(path: str | Path, notes: Sequence[Note]) -> tuple[Syllable, ...]:
    """Read the lyric events of a file as one syllable for each note; notes without an event hold the previous syllable.

    A karaoke file (``.kar``) may have its words in text events. The result is empty if there are no words.

    Args:
        path: path of the file.
        notes: notes that were read from the file.

    Raises:
        InputError: under the same conditions as for `midi_reader.read`.
    """
    path = Path(path)
    midi = open_midi(path)
    events = words_of(midi, path)
    times = np.array([time for time, _ in events])
    if not len(times) or not notes:
        return ()
    texts: list[str | None] = [None] * len(notes)
    onsets = np.array([note.onset for note in notes])
    for time, (_, text) in zip(times.tolist(), events, strict=True):
        nearest = int(np.abs(onsets - time).argmin())
        if abs(onsets[nearest] - time) <= AT_NOTE and texts[nearest] is None:
            texts[nearest] = text
    return _syllables(texts)


def words_of(midi: "MidiFile", path: Path) -> list[tuple[float, str]]:
    """List the time in seconds and the text of each word; in a karaoke file, words may be text events."""
    return _word_events(midi, "lyrics") or (_word_events(midi, "text") if path.suffix.lower() == ".kar" else [])


def _word_events(midi: "MidiFile", kind: str) -> list[tuple[float, str]]:
    """List the time in seconds and the text of each event with words.

    Texts that begin with ``@`` are headers of karaoke files, and are left out.
    """
    found = []
    for track, clock in zip(midi.tracks, clocks(midi), strict=True):
        now = 0
        for message in track:
            now += message.time
            if message.type == kind and message.text.strip() and not message.text.startswith("@"):
                found.append((clock.seconds(now), message.text))
    found.sort(key=lambda event: event[0])
    return list(zip([time for time, _ in found], _decoded([text for _, text in found]), strict=True)) if found else []


def _decoded(texts: list[str]) -> list[str]:
    """Decode the texts of events, which mido always reads as Latin-1. All texts have the same encoding."""
    content = _BETWEEN.join(text.encode("latin-1", "replace").replace(_BETWEEN, b"") for text in texts)
    try:
        joined = content.decode("utf-8")
    except UnicodeDecodeError:
        joined = decode_words(content)[0]
    return joined.split(_BETWEEN.decode())


def _syllables(texts: list[str | None]) -> tuple[Syllable, ...]:
    """Convert the text of each note to a syllable; a note without text holds the previous syllable.

    There are three common notations. In the first, a text ends with a hyphen if another syllable of the word follows.
    In the second (RP-017), a space before or after a text separates words, and a line begins with ``/`` or a backslash,
    or ends with a line break. In the third, each text is a word.
    """
    known = [text for text in texts if text]
    hyphens = any(len(text.strip()) > 1 and text.strip().endswith("-") for text in known)
    spaced = not hyphens and any(text[-1] in " \r\n" or text[0] in " /\\" for text in known)
    found: list[Syllable] = []
    last = -1  # index of the last syllable that is not held
    for text in texts:
        plain = (text or "").strip().lstrip("/\\").strip()
        if not text or plain in ("", "-", "+", HELD):
            found.append(Syllable(HELD))
            continue
        if spaced and last >= 0 and text[0] in " /\\":
            found[last] = replace(found[last], ends_word=True, ends_line=found[last].ends_line or text[0] != " ")
        begins = last < 0 or found[last].ends_word
        ends = text[-1] in " \r\n" if spaced else not plain.endswith("-")
        found.append(Syllable(plain.rstrip("-") or plain, begins, ends, text[-1] in "\r\n"))
        last = len(found) - 1
    if last >= 0:
        found[last] = replace(found[last], ends_word=True)
    return tuple(found)
