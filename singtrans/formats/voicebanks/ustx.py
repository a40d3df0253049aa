"""OpenUtau's projects (``.ustx``): YAML with notes in ticks of 480 a beat, and the sung pitch as a curve.

What is written is JSON, which is YAML too; reading others' files needs the package PyYAML (extra ``openutau``).
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from singtrans.errors import InputError
from singtrans.extras import need
from singtrans.files import read_bytes
from singtrans.formats.format import DEFAULTS, Format, ReadOptions
from singtrans.formats.json_file import finite
from singtrans.formats.options import BEATS, PLAIN, Options
from singtrans.formats.pitch_bend import bends
from singtrans.formats.text import in_order, make_note, refuse
from singtrans.formats.tracks import Track, choose_track
from singtrans.formats.voicebanks.melody_grid import SungNote, TickClock, melody_grid
from singtrans.notes import Note, Transcription

_RESOLUTION = 480
_VERSION = "0.6"
_DEFAULT_LYRIC, _HELD_LYRIC = "a", "+~"
_CURVE = "pitd"  # pitch deviation, in cents
_STEP = 5  # ticks between the points of a curve
_WIDEST = 1200  # cents
_FLAT = [{"x": -1, "y": 0, "shape": "io"}, {"x": 1, "y": 0, "shape": "io"}]
"""Points of a note's own pitch that lead straight from note to note: the curve has all of what was sung."""

_NO_VIBRATO = {"length": 0, "period": 175, "depth": 25, "in": 10, "out": 10, "shift": 0, "drift": 0}


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write a project of one track, with the tempo and metre of its beats, and the pitch track as a curve."""
    notes, arrangement, tempi = melody_grid(transcription, options, _RESOLUTION)
    end = notes[-1].end if notes else 0
    name = options.title_of(transcription.audio) or "Voice"
    changes = [{"position": tick, "bpm": 60e6 / length} for tick, length in tempi.changes(end)]
    metre = arrangement.beats.metre
    signature = {"beat_per_bar": metre.numerator, "beat_unit": metre.denominator}
    part = {
        "name": name,
        "comment": "",
        "track_no": 0,
        "position": 0,
        "duration": max(end, _RESOLUTION),
        "notes": [_note(note) for note in notes],
        "curves": _curves(transcription, arrangement.notes, notes),
    }
    content = {
        "name": name,
        "comment": "",
        "output_dir": "Vocal",
        "cache_dir": "UCache",
        "ustx_version": _VERSION,
        "resolution": _RESOLUTION,
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
        "lyric": _HELD_LYRIC if note.is_held else note.text or _DEFAULT_LYRIC,
        "pitch": {"data": _FLAT, "snap_first": True},
        "vibrato": _NO_VIBRATO,
    }


def _curves(transcription: Transcription, placed: Sequence[Note], notes: Sequence[SungNote]) -> list[dict[str, object]]:
    """How the sung pitch deviates from the notes, in cents; nothing without a pitch track."""
    if not len(transcription.pitch) or not notes:
        return []
    points: dict[int, int] = {}
    for sung, target, note in zip(transcription.notes, placed, notes, strict=True):
        ticks_per_second = (note.end - note.start) / target.duration
        stretch = target.duration / sung.duration
        for bend in bends(sung, transcription.pitch):
            tick = note.start + (bend.seconds - sung.onset) * stretch * ticks_per_second
            place = min(note.end - 1, round(tick)) // _STEP * _STEP
            points[max(place, 0)] = int(np.clip(round(100 * bend.semitones), -_WIDEST, _WIDEST))
    places = sorted(points)
    return [{"xs": places, "ys": [points[place] for place in places], "abbr": _CURVE}]


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of one track.

    Args:
        path: the file.
        request: ``voice``, the name or number of a track, and ``faults``.

    Raises:
        InputError: if the file cannot be read or is not such a project, or has several tracks that could be the voice.
        UsageError: if PyYAML is not installed and the file is not JSON.
    """
    path = Path(path)
    content = _load(path)
    try:
        resolution = finite(content.get("resolution", _RESOLUTION))
        stated = content.get("tempos") or [{"position": 0, "bpm": content.get("bpm", 120)}]
        tempi = [(finite(change["position"]), finite(change["bpm"])) for change in stated]
        clock = TickClock(tempi, resolution)
        names = [str(track.get("track_name", "")) for track in content.get("tracks") or ()]
        parts: dict[int, list[Any]] = {}
        for part in content.get("voice_parts") or ():
            parts.setdefault(int(part.get("track_no", 0)), []).append(part)
    except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError):
        raise InputError(f"{path} is not a project of OpenUtau: save it again.") from None
    tracks = []
    for number in sorted(parts):
        notes = in_order(note for part in parts[number] for note in _notes(path, part, clock, request))
        if notes:
            tracks.append(Track(names[number].strip() if 0 <= number < len(names) else "", notes))
    return choose_track(path, tracks, request.voice)


def _load(path: Path) -> dict[str, Any]:
    text = read_bytes(path).decode("utf-8-sig", "replace")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        yaml = need("yaml", "openutau", f"{path}: reading OpenUtau's projects")
        try:
            content = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except (yaml.YAMLError, ValueError, RecursionError):
            content = None
    if not isinstance(content, dict) or "voice_parts" not in content:
        raise InputError(f"{path} is not a project of OpenUtau: save it again.")
    return content


def _notes(path: Path, part: Any, clock: TickClock, request: ReadOptions) -> Iterator[Note]:
    try:
        offset, entries = finite(part.get("position", 0)), list(part.get("notes") or ())
    except (ValueError, TypeError, AttributeError):
        refuse(InputError(f"{path} has a part that cannot be read: save it again."), request.faults)
        return
    for place, entry in enumerate(entries, 1):
        try:
            start = offset + finite(entry["position"])
            end = start + finite(entry["duration"])
            yield make_note(clock.seconds(start), clock.seconds(end), finite(entry["tone"]))
        except (KeyError, TypeError, ValueError):
            fault = f"entry {place} is not a note: it needs position and duration in ticks, and a tone."
            refuse(InputError(f"{path}: {fault}"), request.faults)


FORMAT = Format(
    name="ustx",
    description="OpenUtau project: notes, syllables, tempo, metre and the pitch curve",
    endings=(".ustx",),
    aliases=("openutau",),
    read=read,
    write=write,
    uses=BEATS | {"title"},
    precision="0.5 ms at 120 beats per minute, semitones; 4 cents in the curve",
)
