"""UltraStar songs, whose times are in beats (usdx.eu/format).

    #BPM:280,5
    #GAP:12350
    : 0 4 7 Hap
    - 8
    E

Beat 0 is at GAP milliseconds. A beat lasts 60 / (BPM * 4) seconds, or 60 / BPM seconds from version 2 on. The line of a
note contains its start and its length in beats, its pitch in semitones above C4 (MIDI 60), and its syllable.
"""

import math
from pathlib import PureWindowsPath
from typing import BinaryIO

from singtrans.formats.format import Format, Sample
from singtrans.formats.options import BEATS, JOINED, PLAIN, Options
from singtrans.formats.score.arrangement import Arrangement, arrange
from singtrans.formats.time_grid import on_steps
from singtrans.formats.titles import printable
from singtrans.formats.ultrastar_reader import audio_names, read, read_song
from singtrans.notes import Transcription

_HIGHEST_BPM = 400  # players and editors expect 200 to 400
_VERSION = "1.1.0"  # first version with #AUDIO, which players that only know #MP3 ignore


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write a song for UltraStar, Vocaluxe and Performous in UTF-8.

    ``#BPM`` is an integer from 200 to 400. If the options contain a tempo, beats or a grid, ``#BPM`` is the stated or
    estimated tempo, multiplied by a power of two. Without tempo, beats and grid, it is 400. A beat lasts 37.5 to 75 ms,
    and the error of times is at most half a beat. A line ends where a line of the lyrics ends; in a song without
    lyrics, it ends where the singer breathes. A note without a syllable gets the text ``~``.
    """
    arrangement = arrange(transcription, options.without_bars)
    is_timed = options.tempo is not None or options.beats is not None or options.quantize
    bpm = _bpm(60 / arrangement.beats.quarter) if is_timed else _HIGHEST_BPM
    notes = arrangement.notes
    gap = round(1000 * notes[0].onset) if notes else 0
    unit = 15 / bpm
    spans = on_steps([((n.onset - gap / 1000) / unit, (n.offset - gap / 1000) / unit) for n in notes])
    recording = transcription.audio.encode("utf-8", "replace").decode()
    # Only the name is written, because a player would open any path.
    recording = PureWindowsPath("".join(c if c.isprintable() else "?" for c in recording)).name
    title, artist = options.title_of(recording) or "Untitled", " ".join(options.artist.split()) or "Unknown"
    lines = [f"#VERSION:{_VERSION}", f"#TITLE:{title}", f"#ARTIST:{artist}"]
    lines += [f"#LANGUAGE:{' '.join(options.language.split())}"] if options.language.strip() else []
    tags = {"CREATOR": "singtrans"} | {printable(name): printable(value) for name, value in options.tags}
    lines += [f"#{name}:{value}" for name, value in tags.items()]
    lines += [f"#MP3:{recording}", f"#AUDIO:{recording}", f"#BPM:{bpm}", f"#GAP:{gap}"]
    for index, (begin, end) in enumerate(spans):
        text = _text(arrangement, index)
        lines.append(f": {begin} {end - begin} {notes[index].note - 60} {text}")
        if index + 1 < len(notes) and _ends_line(arrangement, index):
            lines.append(f"- {end}")
    file.write(("\n".join([*lines, "E"]) + "\n").encode())


def _bpm(tempo: float) -> int:
    """Multiply a tempo by the power of two that gives the highest value up to 400, and round this value."""
    return round(tempo * 2 ** math.floor(math.log2(_HIGHEST_BPM / tempo)))


def _text(arrangement: Arrangement, index: int) -> str:
    """Return the syllable of a note; a space precedes a syllable that begins a word, except at the start of a line."""
    syllable = arrangement.syllables[index]
    if syllable is None:
        return "~"
    inner = index > 0 and syllable.begins_word and not _ends_line(arrangement, index - 1)
    return (" " if inner and syllable.text != "~" else "") + syllable.text


def _ends_line(arrangement: Arrangement, index: int) -> bool:
    syllable = arrangement.syllables[index]
    if syllable is not None:
        return syllable.ends_line
    return arrangement.breaths[index]


__all__ = ["FORMAT", "audio_names", "read", "read_song", "write"]


def _recognises(sample: Sample) -> bool:
    lines = [line.strip() for line in sample.text.split("\n")[:200] if line.strip()]
    return any(line.upper().startswith("#BPM") for line in lines) or bool(
        lines and lines[0].startswith("#") and ":" in lines[0]
    )


FORMAT = Format(
    name="ustar",
    description="UltraStar song: notes, syllables and lines",
    endings=(".txt",),
    aliases=("ultrastar", "txt"),
    read=read,
    read_song=read_song,
    recognises=_recognises,
    write=write,
    uses=(BEATS - {"metre", "pickup", "downbeat"}) | {"title", "artist", "language"},
    ends=JOINED,
    precision="half a beat: 19 ms at #BPM 400, semitones",
)
