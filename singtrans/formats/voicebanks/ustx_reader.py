"""Reading of OpenUtau projects: notes, syllables, tempo, metre, and the pitch that the user has drawn."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from singtrans.errors import InputError
from singtrans.extras import need
from singtrans.files import read_bytes
from singtrans.formats.format import DEFAULTS, Content, ReadOptions, Song
from singtrans.formats.json_file import finite
from singtrans.formats.stated_beats import StatedMetre
from singtrans.formats.text import make_note, refuse
from singtrans.formats.tracks import Track
from singtrans.formats.voicebanks.drawn_pitch import DrawnNote, drawn_pitch
from singtrans.formats.voicebanks.project import content_of, is_rest, song_of, track_of
from singtrans.formats.voicebanks.tick_clock import TickClock, last_metre
from singtrans.notes import Note

RESOLUTION = 480
DEFAULT_LYRIC = "a"
CURVE = "pitd"
"""Name of the curve that contains the pitch deviations in cents."""


@dataclass(frozen=True)
class _Project:
    """Content of a project: its tracks without the empty ones, the conversion of ticks to seconds, and the metre."""

    tracks: list[Track]
    clock: TickClock
    metre: StatedMetre


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> Content:
    """Read the notes of one track, and compute their pitch from pitch points, vibratos and curves.

    Args:
        path: path of the file.
        request: options, of which ``voice`` (the name or number of a track) and ``faults`` are used.

    Raises:
        InputError: if the file cannot be read or is not a project of OpenUtau, or if it is not clear which track is
            sung.
        UsageError: if PyYAML is not installed and the file is not JSON.
    """
    path = Path(path)
    return content_of(path, _project(path, request).tracks, request.voice)


def read_song(path: Path, notes: Sequence[Note], request: ReadOptions = DEFAULTS) -> Song:
    """Read the beats of a project, and the syllables of its notes.

    Raises:
        InputError, UsageError: under the same conditions as for :func:`read`.
    """
    project = _project(path, request)
    end = project.clock.tick(max((note.offset for note in notes), default=0.0))
    return song_of(path, project.tracks, request.voice, notes, project.clock.beats(end, project.metre))


def _project(path: Path, request: ReadOptions) -> _Project:
    content = _load(path)
    try:
        resolution = finite(content.get("resolution", RESOLUTION))
        stated = content.get("tempos") or [{"position": 0, "bpm": content.get("bpm", 120)}]
        clock = TickClock([(finite(change["position"]), finite(change["bpm"])) for change in stated], resolution)
        names = [str(track.get("track_name", "")) for track in content.get("tracks") or ()]
        parts: dict[int, list[Any]] = {}
        for part in content.get("voice_parts") or ():
            parts.setdefault(int(part.get("track_no", 0)), []).append(part)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise InputError(f"{path} is not a project of OpenUtau: save it again.") from None
    tracks = []
    for number in sorted(parts):
        drawn = [entry for part in parts[number] for entry in _entries(path, part, clock, request)]
        name = names[number] if 0 <= number < len(names) else ""
        if drawn:
            curves = [curve for part in parts[number] for curve in _curves(part)]
            sung = [(entry.note, entry.lyric) for entry in drawn]
            tracks.append(track_of(name, sung, DEFAULT_LYRIC, drawn_pitch(drawn, curves, clock)))
    metres = content.get("time_signatures") or [content]
    return _Project(tracks, clock, last_metre(metres, ("bar_position", "beat_per_bar", "beat_unit")))


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


def _entries(path: Path, part: Any, clock: TickClock, request: ReadOptions) -> Iterator[DrawnNote]:
    try:
        offset, entries = finite(part.get("position", 0)), list(part.get("notes") or ())
    except (ValueError, TypeError, AttributeError):
        refuse(InputError(f"{path} has a part that cannot be read: save it again."), request.faults)
        return
    for place, entry in enumerate(entries, 1):
        try:
            start = offset + finite(entry["position"])
            end, lyric = start + finite(entry["duration"]), str(entry.get("lyric") or "")
            if is_rest(lyric):
                continue
            note = make_note(clock.seconds(start), clock.seconds(end), finite(entry["tone"]))
            yield DrawnNote(note, lyric, start, end, entry.get("pitch"), entry.get("vibrato"))
        except (KeyError, TypeError, ValueError, AttributeError):
            fault = f"entry {place} is not a note: it needs position and duration in ticks, and a tone."
            refuse(InputError(f"{path}: {fault}"), request.faults)


def _curves(part: Any) -> Iterator[tuple[list[float], list[float]]]:
    """Yield the points of each valid pitch curve of a part, in ticks and cents."""
    try:
        offset = finite(part.get("position", 0))
        for curve in part.get("curves") or ():
            if curve.get("abbr") == CURVE and curve.get("xs"):
                ticks, cents = [offset + finite(x) for x in curve["xs"]], [finite(y) for y in curve["ys"]]
                if len(ticks) == len(cents) and ticks == sorted(ticks):
                    yield ticks, cents
    except (ValueError, KeyError, TypeError, AttributeError):
        return
