"""Reading of Synthesizer V Studio projects: notes, syllables, tempo, metre, and pitch deviations drawn by the user."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from singtrans.errors import InputError
from singtrans.files import read_bytes
from singtrans.formats.format import DEFAULTS, Content, ReadOptions, Song
from singtrans.formats.json_file import finite
from singtrans.formats.stated_beats import StatedMetre
from singtrans.formats.text import make_note, refuse
from singtrans.formats.tracks import Track
from singtrans.formats.voicebanks.project import content_of, is_rest, song_of, track_of
from singtrans.formats.voicebanks.tick_clock import TickClock, last_metre
from singtrans.notes import Note, PitchTrack

BLICKS = 705_600_000
"""Number of blicks in a quarter note."""

DEFAULT_LYRIC = "la"
DEVIATION = "pitchDelta"
"""Name of the parameter that contains the pitch deviations in cents."""

_FRAME_SECONDS = 0.005
_MOST_FRAMES = 1_000_000  # limit for damaged projects, which may have notes of years
_WIDEST = 2400.0  # largest deviation of the pitch from its note in cents


@dataclass(frozen=True)
class _Project:
    """Content of a project: its tracks without the empty ones, the conversion of ticks to seconds, and the metre."""

    tracks: list[Track]
    clock: TickClock
    metre: StatedMetre


@dataclass(frozen=True, slots=True)
class _Placed:
    """A group of notes, and the shifts in time and in pitch that a reference to this group states."""

    group: Any
    shift: float  # blicks
    rise: float  # semitones


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> Content:
    """Read the notes of one track, including notes in groups, and the pitch deviations that the user has drawn.

    Transitions and vibratos that the program adds are not stored in a project, so they are not read.

    Args:
        path: path of the file.
        request: options, of which ``voice`` (the name or number of a track) and ``faults`` are used.

    Raises:
        InputError: if the file cannot be read or is not a project of Synthesizer V Studio, or if it is not clear which
            track is sung.
    """
    path = Path(path)
    return content_of(path, _project(path, request).tracks, request.voice)


def read_song(path: Path, notes: Sequence[Note], request: ReadOptions = DEFAULTS) -> Song:
    """Read the beats of a project, and the syllables of its notes.

    Raises:
        InputError: under the same conditions as for :func:`read`.
    """
    project = _project(path, request)
    end = project.clock.tick(max((note.offset for note in notes), default=0.0))
    return song_of(path, project.tracks, request.voice, notes, project.clock.beats(end, project.metre))


def _project(path: Path, request: ReadOptions) -> _Project:
    try:
        # Older programs end the file with a null character.
        content = json.loads(read_bytes(path).decode("utf-8-sig").rstrip("\0 \r\n\t"))
        time = content["time"]
        clock = TickClock([(finite(change["position"]), finite(change["bpm"])) for change in time["tempo"]], BLICKS)
        library = {group["uuid"]: group for group in content.get("library") or ()}
        tracks = list(content["tracks"])
        metre = last_metre(time.get("meter") or (), ("index", "numerator", "denominator"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(f"{path} is not a project of Synthesizer V Studio: save it again.") from None
    found = []
    for track in tracks:
        try:
            groups = _groups(track, library)
        except (KeyError, TypeError, AttributeError, ValueError):
            refuse(InputError(f"{path} has a track that cannot be read: save it again."), request.faults)
            continue
        sung = list(_notes(path, groups, clock, request))
        if sung:
            pitch = _pitch([note for note, _ in sung], groups, clock)
            found.append(track_of(str(track.get("name", "")), sung, DEFAULT_LYRIC, pitch))
    return _Project(found, clock, metre)


def _groups(track: Any, library: dict[str, Any]) -> list[_Placed]:
    """Return the main group of a track, and the groups of the library to which the track refers.

    Instrumental groups are left out.
    """
    references = [(track["mainGroup"], track.get("mainRef") or {})]
    references += [
        (library[reference["groupID"]], reference)
        for reference in track.get("groups") or ()
        if reference["groupID"] in library
    ]
    return [
        _Placed(group, finite(reference.get("blickOffset", 0)), finite(reference.get("pitchOffset", 0)))
        for group, reference in references
        if not reference.get("isInstrumental") and isinstance(group["notes"], list)
    ]


def _notes(path: Path, groups: Sequence[_Placed], clock: TickClock, request: ReadOptions) -> Iterator[tuple[Note, str]]:
    entries = [(entry, placed) for placed in groups for entry in placed.group["notes"]]
    for place, (entry, placed) in enumerate(entries, 1):
        try:
            start = finite(entry["onset"]) + placed.shift
            end, pitch = start + finite(entry["duration"]), finite(entry["pitch"]) + placed.rise
            lyric = str(entry.get("lyrics") or "")
            if is_rest(lyric):
                continue
            pitch += finite(entry.get("detune", 0)) / 100
            yield make_note(clock.seconds(start), clock.seconds(end), pitch), lyric
        except (KeyError, TypeError, AttributeError, ValueError):
            fault = f"entry {place} is not a note: it needs onset and duration in blicks, and a pitch."
            refuse(InputError(f"{path}: {fault}"), request.faults)


def _pitch(notes: Sequence[Note], groups: Sequence[_Placed], clock: TickClock) -> PitchTrack | None:
    """Compute the pitch of notes, including the pitch deviations of their groups; None if no group has deviations."""
    curves = [curve for placed in groups if (curve := _deviations(placed))]
    if not curves:
        return None
    first, last = min(note.onset for note in notes), max(note.offset for note in notes)
    time = np.arange(first, last, max(_FRAME_SECONDS, (last - first) / _MOST_FRAMES))
    midi = np.full(len(time), np.nan)
    for note in notes:
        midi[slice(*np.searchsorted(time, (note.onset, note.offset)).tolist())] = note.pitch
    blicks = clock.all_ticks(time)
    cents = sum(np.interp(blicks, xs, ys, left=0, right=0) for xs, ys in curves)
    midi = np.clip(midi + np.clip(cents, -_WIDEST, _WIDEST) / 100, 0, 127)
    return PitchTrack(time, midi, np.isfinite(midi).astype(float))


def _deviations(placed: _Placed) -> tuple[list[float], list[float]] | None:
    """Return the points of a group's pitch curve in blicks and cents; None if it has no points or invalid ones."""
    try:
        points = [finite(value) for value in placed.group["parameters"][DEVIATION]["points"]]
    except (KeyError, TypeError, ValueError):
        return None
    xs, ys = [placed.shift + x for x in points[::2]], points[1::2]
    return (xs, ys) if xs and len(xs) == len(ys) and xs == sorted(xs) else None
