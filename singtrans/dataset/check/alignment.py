"""How well labels agree with the pitch measured in their recording: by how much they are off in time and in pitch.

Labels and measurement become frames on one grid; then labels are moved against the measurement, and at each lag the
frames are counted that agree when one constant interval is taken off. Labels that are late by 0.3 s agree best when
they are moved back by it, whatever their pitch; so do labels that are late and an octave off.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.notes import Note, PitchTrack

HOP = 0.02  # seconds between frames
LONGEST_LAG = 5.0  # seconds
LAG = 0.05  # seconds: the tolerance of an onset in every score
_GAIN = 0.02  # share of frames that agree only when labels are moved; below, the lag is chance
_BINS = 10  # a semitone
_RANGE = 128  # semitones to either side
_NEAR = 5  # bins: half a semitone
_MIDDLE = 0.25  # of a note, left out at either end: glides and consonants
_HEARD = 0.5  # of a note's middle, this part must be voiced for its pitch to be measured
_SAME_ONSET = 0.15  # seconds between a labelled and a heard onset of one note, at most
_FEWEST_ONSETS = 10  # of which the lag is measured


@dataclass(frozen=True)
class Fit:
    """Where labels agree best with what is sung.

    Attributes:
        lag: seconds by which labels come late (below 0: early).
        here: share of frames that agree as the labels stand.
        best: the same with the labels moved back by ``lag``.
    """

    lag: float
    here: float
    best: float

    @property
    def late(self) -> float:
        """The lag, or 0 where it is within what a score tolerates or may be chance."""
        return self.lag if abs(self.lag) > LAG and self.best - self.here > _GAIN else 0.0

    @property
    def likely(self) -> float:
        """The lag, small or large, or 0 where it is large and may be chance."""
        return self.lag if abs(self.lag) <= LAG else self.late


def note_frames(notes: Sequence[Note], count: int) -> np.ndarray:
    """(count,) fractional MIDI, NaN between notes: the labels as frames, `HOP` apart, the first at 0 s."""
    frames = np.full(count, np.nan)
    for note in notes:
        frames[round(note.onset / HOP) : max(round(note.offset / HOP), round(note.onset / HOP) + 1)] = note.pitch
    return frames


def track_frames(track: PitchTrack, count: int) -> np.ndarray:
    """(count,) fractional MIDI, NaN where unvoiced: the nearest value of a pitch track at each frame."""
    frames = np.full(count, np.nan)
    if len(track):
        grid = np.arange(count) * HOP
        after = np.clip(np.searchsorted(track.time, grid), 0, len(track) - 1)
        before = np.maximum(after - 1, 0)
        nearest = np.where(grid - track.time[before] < track.time[after] - grid, before, after)
        near = np.abs(track.time[nearest] - grid) <= HOP
        frames[near] = track.midi[nearest[near]]
    return frames


def best_fit(labels: np.ndarray, measured: np.ndarray, *, pitched: bool = True) -> Fit:
    """Move labels against the measured pitch.

    Args:
        labels: (frames,) fractional MIDI, NaN where nothing is labelled.
        measured: (frames,) likewise.
        pitched: whether the labels' pitch counts; without, only where something is sung.
    """
    furthest = min(round(LONGEST_LAG / HOP), len(labels) // 4)
    scores = {shift: _agreement(labels, measured, shift, pitched) for shift in range(-furthest, furthest + 1)}
    # Of equals, the shortest way.
    shift = max(scores, key=lambda s: (scores[s], -abs(s)))
    return Fit(shift * HOP, scores[0], scores[shift])


def _agreement(labels: np.ndarray, measured: np.ndarray, shift: int, pitched: bool) -> float:
    """Share of frames that agree when the labels are moved back by ``shift`` frames."""
    moved = moved_back(labels, shift)
    sung, labelled = np.isfinite(measured), np.isfinite(moved)
    both, neither = sung & labelled, ~sung & ~labelled
    agreeing = both.sum()
    if pitched and agreeing:
        difference = np.round((moved[both] - measured[both] + _RANGE) * _BINS).astype(int)
        counts = np.bincount(np.clip(difference, 0, 2 * _RANGE * _BINS))
        agreeing = np.convolve(counts, np.ones(2 * _NEAR + 1, int)).max()
    return float(agreeing + neither.sum()) / max(1, len(labels))


def moved_back(labels: np.ndarray, shift: int) -> np.ndarray:
    """(frames,) labels ``shift`` frames earlier (below 0: later), NaN where they come to an end."""
    moved = np.full(len(labels), np.nan)
    if shift >= 0:
        moved[: len(labels) - shift] = labels[shift:]
    else:
        moved[-shift:] = labels[:shift]
    return moved


def measured_pitches(notes: Sequence[Note], track: PitchTrack, lag: float = 0.0) -> np.ndarray:
    """(notes,) median of the measured pitch in the middle of each note, fractional MIDI; NaN where hardly any is.

    Args:
        notes: the labels.
        track: the measurement.
        lag: seconds by which the labels come late.
    """
    pitches = np.full(len(notes), np.nan)
    for place, note in enumerate(notes):
        edge = _MIDDLE * note.duration
        first, last = np.searchsorted(track.time, (note.onset + edge - lag, note.offset - edge - lag))
        inside = track.midi[first:last]
        heard = inside[np.isfinite(inside)]
        if len(heard) >= 2 and len(heard) >= _HEARD * len(inside):
            pitches[place] = np.median(heard)
    return pitches


@dataclass(frozen=True)
class OnsetLag:
    """How long after the onsets that are heard labels have theirs.

    It is finer than `Fit.lag`, which counts frames, but includes what a model makes of the labels' convention: it says
    something where recordings of one set are compared.

    Attributes:
        seconds: the median over notes.
        error: the median's standard error, in seconds.
    """

    seconds: float
    error: float


def onset_lag(notes: Sequence[Note], heard: Sequence[Note]) -> OnsetLag | None:
    """The lag of labels that are in time but for a little; None where few of their notes are heard.

    Args:
        notes: the labels.
        heard: what a model hears, in time order.
    """
    if not notes or not heard:
        return None
    labelled, found = (np.array([note.onset for note in some]) for some in (notes, heard))
    after = np.clip(np.searchsorted(found, labelled), 1, max(1, len(found) - 1))
    after = np.minimum(after, len(found) - 1)
    lags = np.stack([labelled - found[after], labelled - found[np.maximum(after - 1, 0)]])
    lags = np.where(np.abs(lags[0]) < np.abs(lags[1]), *lags)
    lags = lags[np.abs(lags) <= _SAME_ONSET]
    if len(lags) < _FEWEST_ONSETS:
        return None
    median = float(np.median(lags))
    # Of normal deviates: from the median deviation to the standard one, and from the mean's error to the median's.
    spread = 1.4826 * float(np.median(np.abs(lags - median)))
    return OnsetLag(median, 1.2533 * spread / len(lags) ** 0.5)
