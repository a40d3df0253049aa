"""Projects of OpenUtau (``.ustx``): YAML with 480 ticks per beat, and the sung pitch as a curve.

Projects are written as JSON, which is also valid YAML. The package PyYAML (extra ``openutau``) is needed to read
projects that are not JSON, such as those that OpenUtau writes.
"""

import json
from typing import BinaryIO

from singtrans.formats.format import Format
from singtrans.formats.options import BEATS, JOINED, PLAIN, Options
from singtrans.formats.voicebanks.melody_grid import SungNote, deviations, melody_grid
from singtrans.formats.voicebanks.ustx_reader import CURVE, DEFAULT_LYRIC, RESOLUTION, read, read_song
from singtrans.notes import Transcription

_VERSION = "0.6"
_HELD_LYRIC = "+~"
_STEP = 5  # ticks from point to point of a curve
_FLAT = [{"x": -1, "y": 0, "shape": "io"}, {"x": 1, "y": 0, "shape": "io"}]
"""Pitch points of every note. They add no transitions between notes, because the curve contains the sung pitch."""

_NO_VIBRATO = {"length": 0, "period": 175, "depth": 25, "in": 10, "out": 10, "shift": 0, "drift": 0}


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write a project with one track. It contains the notes, the tempo, the metre, and the sung pitch as a curve."""
    notes, arrangement, tempi = melody_grid(transcription, options, RESOLUTION)
    end = notes[-1].end if notes else 0
    name = options.title_of(transcription.audio) or "Voice"
    changes = [{"position": tick, "bpm": 60e6 / length} for tick, length in tempi.changes(end)]
    metre = arrangement.beats.metre
    signature = {"beat_per_bar": metre.numerator, "beat_unit": metre.denominator}
    points = deviations(transcription, arrangement, notes, _STEP)
    curve = {"xs": list(points), "ys": list(points.values()), "abbr": CURVE}
    part = {
        "name": name,
        "comment": "",
        "track_no": 0,
        "position": 0,
        "duration": max(end, RESOLUTION),
        "notes": [_note(note) for note in notes],
        "curves": [curve] if curve["xs"] else [],
    }
    content = {
        "name": name,
        "comment": "",
        "output_dir": "Vocal",
        "cache_dir": "UCache",
        "ustx_version": _VERSION,
        "resolution": RESOLUTION,
        "bpm": changes[0]["bpm"],
        **signature,
        "time_signatures": [{"bar_position": 0, **signature}],
        "tempos": changes,
        "tracks": [{"track_name": name}],
        "voice_parts": [part],
        "wave_parts": [],
    }
    file.write((json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode())


def _note(note: SungNote) -> dict[str, object]:
    return {
        "position": note.start,
        "duration": note.end - note.start,
        "tone": note.key,
        "lyric": _HELD_LYRIC if note.is_held else note.text or DEFAULT_LYRIC,
        "pitch": {"data": _FLAT, "snap_first": True},
        "vibrato": _NO_VIBRATO,
    }


FORMAT = Format(
    name="ustx",
    description="OpenUtau project: notes, syllables, tempo, metre and the pitch curve",
    endings=(".ustx",),
    aliases=("openutau",),
    read=read,
    read_song=read_song,
    write=write,
    uses=BEATS | {"title", "tempo_map"},
    ends=JOINED,
    precision="0.5 ms at 120 beats per minute, semitones; 4 cents in the curve",
)
