"""Computation of the pitch that OpenUtau sings, from the pitch points and vibratos of notes and from a curve.

As in OpenUtau, the pitch points define the transitions between notes. Vibratos, and the deviations that the curve
``pitd`` defines, are added to these transitions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from singtrans.formats.json_file import finite
from singtrans.formats.voicebanks.tick_clock import TickClock
from singtrans.notes import Note, PitchTrack

_STEP = 5  # ticks from frame to frame
_MOST_FRAMES = 1_000_000  # limit for damaged projects, which may have notes of years
_WIDEST = 2400.0  # largest deviation of the pitch from its note in cents

_SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "l": lambda share: share,
    "i": lambda share: 1 - np.cos(np.pi / 2 * share),
    "o": lambda share: np.sin(np.pi / 2 * share),
    "io": lambda share: (1 - np.cos(np.pi * share)) / 2,
}
"""Shapes of the pitch curve between two points, as functions of the relative position between them (0 to 1)."""


@dataclass(frozen=True, slots=True)
class DrawnNote:
    """A note of a project.

    Attributes:
        note: note with times in seconds.
        lyric: lyric in the project.
        start, end: start and end in ticks.
        pitch: ``pitch`` object in the project; its points are in milliseconds and tenths of a semitone.
        vibrato: ``vibrato`` object in the project.
    """

    note: Note
    lyric: str
    start: float
    end: float
    pitch: Any = None
    vibrato: Any = None


@dataclass(frozen=True, slots=True)
class _Point:
    tick: float
    cents: float
    shape: str


def drawn_pitch(
    notes: Sequence[DrawnNote], curves: Sequence[tuple[list[float], list[float]]], clock: TickClock
) -> PitchTrack | None:
    """Compute the pitch of a track's notes; return None if there are no curves, pitch points or vibratos.

    Args:
        notes: notes of one track.
        curves: (ticks, cents) for each curve of pitch deviations; both lists have one entry per point.
        clock: conversion of ticks to seconds.
    """
    if not curves and not any(note.pitch or note.vibrato for note in notes):
        return None
    notes = sorted(notes, key=lambda note: note.start)
    first, last = notes[0].start, max(note.end for note in notes)
    ticks = np.arange(first, last, max(_STEP, (last - first) / _MOST_FRAMES))
    tones = np.full(len(ticks), np.nan)
    cents = np.zeros(len(ticks))
    for note in notes:
        tones[_within(ticks, note.start, note.end)] = note.note.pitch
    for place, note in enumerate(notes):
        before = notes[place - 1] if place and notes[place - 1].end >= note.start else None
        _add_points(ticks, cents, note, before, clock)
        _add_vibrato(ticks, cents, note)
    for xs, ys in curves:
        cents += np.interp(ticks, xs, ys, left=0, right=0)
    time = clock.all_seconds(ticks)
    midi = np.clip(tones + np.clip(cents, -_WIDEST, _WIDEST) / 100, 0, 127)
    kept = np.concatenate([[True], np.diff(time) > 0])
    return PitchTrack(time[kept], midi[kept], np.isfinite(midi[kept]).astype(float))


def _within(ticks: np.ndarray, start: float, end: float) -> slice:
    return slice(*np.searchsorted(ticks, (start, end)).tolist())


def _add_points(
    ticks: np.ndarray, cents: np.ndarray, note: DrawnNote, before: DrawnNote | None, clock: TickClock
) -> None:
    """Add to ``cents`` the pitch deviations that the points of a note define."""
    points = _points(note, before, clock)
    rise = 100 * (note.note.pitch - before.note.pitch) if before else 0.0
    for left, right in pairwise(points):
        if right.tick <= left.tick:
            continue
        inside = _within(ticks, left.tick, right.tick)
        share = (ticks[inside] - left.tick) / (right.tick - left.tick)
        drawn = left.cents + (right.cents - left.cents) * _SHAPES.get(left.shape, _SHAPES["io"])(share)
        # Before its start, the previous note sounds, but points are relative to this note.
        cents[inside] += drawn + np.where(ticks[inside] < note.start, rise, 0.0)


def _points(note: DrawnNote, before: DrawnNote | None, clock: TickClock) -> list[_Point]:
    """Return the points of a note, in cents relative to its pitch; the list is empty if any point is invalid.

    If the points begin after the start of the note, a point is added at its start; if they end before the end of the
    note, a point is added at its end.
    """
    try:
        stated = (note.pitch or {}).get("data") or []
        found = [
            _Point(
                clock.tick(note.note.onset + finite(point["x"]) / 1000), 10 * finite(point["y"]), str(point["shape"])
            )
            for point in stated
        ]
        snaps = bool((note.pitch or {}).get("snap_first"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
    if not found:
        return []
    if snaps and before:
        start = 100 * (before.note.pitch - note.note.pitch)
        found[0] = _Point(found[0].tick, start, found[0].shape)
    if found[0].tick > note.start:
        found.insert(0, _Point(note.start, found[0].cents, "l"))
    if found[-1].tick < note.end:
        found.append(_Point(note.end, found[-1].cents, "l"))
    return found


def _add_vibrato(ticks: np.ndarray, cents: np.ndarray, note: DrawnNote) -> None:
    try:
        stated = note.vibrato or {}
        length, period, depth = (finite(stated.get(key, 0)) for key in ("length", "period", "depth"))
        fade_in, fade_out, shift, drift = (finite(stated.get(key, 0)) for key in ("in", "out", "shift", "drift"))
    except (ValueError, AttributeError):
        return
    if not (0 < length <= 100 and period > 0):
        return
    share = length / 100
    begin, in_end, out_start = 1 - share, 1 - share + share * fade_in / 100, 1 - share * fade_out / 100
    inside = _within(ticks, note.start + begin * (note.end - note.start), note.end)
    place = (ticks[inside] - note.start) / (note.end - note.start)
    turns = (place - begin) * 1000 * note.note.duration / period
    swing = depth * np.sin(2 * np.pi * (turns + shift / 100)) + depth * drift / 100
    if in_end > begin:
        swing *= np.clip((place - begin) / (in_end - begin), 0, 1)
    if out_start < 1:
        swing *= np.clip((1 - place) / (1 - out_start), 0, 1)
    cents[inside] += swing
