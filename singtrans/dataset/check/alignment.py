"""Comparison of labels with the measured pitch of their recording, in time and in pitch.

The labels and the measured pitch are sampled on the same grid of frames. The labels are then shifted by many lags, and
for each lag, the frames in which they agree with the measured pitch are counted. A constant interval between the two
pitches is allowed. Therefore, labels that are 0.3 s late agree best after they have been moved 0.3 s earlier, even if
they are also an octave off.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.notes import Note, PitchTrack

HOP = 0.02  # seconds between frames
LONGEST_LAG = 5.0  # seconds
LAG = 0.05  # seconds; tolerance of onsets in scoring
_GAIN = 0.02  # least gain in agreement for a lag to be significant
_BINS = 10  # per semitone
_RANGE = 128  # semitones on each side
_NEAR = 5  # bins: half a semitone
_MIDDLE = 0.25  # share of a note that is ignored at each end (glides, consonants)
_MIN_VOICED = 0.5  # share of a note's middle that must be voiced to measure its pitch
_SAME_ONSET = 0.15  # seconds; largest distance of matching onsets
_MIN_ONSETS = 10  # least number of onsets for measuring the onset lag
_NEAR_ONSET = 0.08  # largest distance in seconds of onsets that agree
_FEW_ONSETS = 0.4  # least share of onsets that must agree with a transcription for onsets to be used
_ONSET_GAIN = 0.05  # least gain in agreeing onsets that confirms a lag


@dataclass(frozen=True)
class Fit:
    """Best agreement of labels with the measured pitch.

    Attributes:
        lag: delay of the labels in seconds, which is negative if they are early.
        here: share of frames in which labels and measured pitch agree, without moving the labels.
        best: share of frames in which they agree after the labels have been moved earlier by ``lag``.
        confirmed: result of `onsets_confirm`; True if it was not computed.
    """

    lag: float
    here: float
    best: float
    confirmed: bool = True

    @property
    def late(self) -> float:
        """The lag, or 0 unless the lag is larger than the tolerance of scoring, significant and confirmed."""
        return self.lag if abs(self.lag) > LAG and self.best - self.here > _GAIN and self.confirmed else 0.0

    @property
    def likely(self) -> float:
        """The lag if it is within the tolerance of scoring; the value of `late` for a larger lag."""
        return self.lag if abs(self.lag) <= LAG else self.late


def note_frames(notes: Sequence[Note], count: int) -> np.ndarray:
    """Sample notes every `HOP` seconds from 0; return (count,) pitches as fractional MIDI, NaN between notes."""
    frames = np.full(count, np.nan)
    for note in notes:
        frames[round(note.onset / HOP) : max(round(note.offset / HOP), round(note.onset / HOP) + 1)] = note.pitch
    return frames


def track_frames(track: PitchTrack, count: int) -> np.ndarray:
    """Sample a pitch track every `HOP` seconds from 0; return (count,) nearest values as fractional MIDI or NaN."""
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
    """Find the lag with the best agreement of labels and measured pitch.

    Args:
        labels: (frames,) labelled pitch as fractional MIDI, NaN where nothing is labelled.
        measured: (frames,) measured pitch as fractional MIDI, NaN where unvoiced.
        pitched: whether to compare pitch, or only voicing.
    """
    furthest = min(round(LONGEST_LAG / HOP), len(labels) // 4)
    scores = {shift: _agreement(labels, measured, shift, pitched) for shift in range(-furthest, furthest + 1)}
    # If scores are equal, the smallest lag is used.
    shift = max(scores, key=lambda s: (scores[s], -abs(s)))
    return Fit(shift * HOP, scores[0], scores[shift])


def onsets_confirm(labels: Sequence[Note], transcribed: Sequence[Note], lag: float) -> bool:
    """Return whether the onsets confirm that the labels are late by ``lag`` seconds.

    In a melody with only one pitch, the pitch agrees at every lag, so a few wrong offsets can determine the best lag.
    Therefore, clearly more of the labelled onsets must agree with transcribed onsets after the shift than before. If
    few onsets agree in both cases, the lag counts as confirmed only if the melody has more than one pitch.
    """
    onsets = np.array([note.onset for note in labels])
    known = np.array([note.onset for note in transcribed])
    here, moved = _onset_agreement(onsets, known), _onset_agreement(onsets - lag, known)
    if max(here, moved) < _FEW_ONSETS:
        return bool(np.ptp([note.pitch for note in labels]) >= 1.0)
    return moved > here + _ONSET_GAIN


def _onset_agreement(onsets: np.ndarray, known: np.ndarray) -> float:
    """Compute the share of the labelled onsets that are near a transcribed onset."""
    if not len(onsets) or not len(known):
        return 0.0
    return float((np.abs(onsets[:, None] - known[None, :]).min(axis=1) <= _NEAR_ONSET).mean())


def _agreement(labels: np.ndarray, measured: np.ndarray, shift: int, pitched: bool) -> float:
    """Compute the share of frames in which labels and measured pitch agree, with labels ``shift`` frames earlier."""
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
    """Move (frames,) labels ``shift`` frames earlier, or later if negative; fill the empty frames with NaN."""
    moved = np.full(len(labels), np.nan)
    if shift >= 0:
        moved[: len(labels) - shift] = labels[shift:]
    else:
        moved[-shift:] = labels[:shift]
    return moved


def measured_pitches(notes: Sequence[Note], track: PitchTrack, lag: float = 0.0) -> np.ndarray:
    """Compute the median of the measured pitch in the middle of each note, (notes,) fractional MIDI.

    The median is NaN if too few frames are voiced.

    Args:
        notes: labelled notes.
        track: measured pitch track.
        lag: delay of the labels in seconds.
    """
    pitches = np.full(len(notes), np.nan)
    for index, note in enumerate(notes):
        edge = _MIDDLE * note.duration
        first, last = np.searchsorted(track.time, (note.onset + edge - lag, note.offset - edge - lag))
        inside = track.midi[first:last]
        voiced = inside[np.isfinite(inside)]
        if len(voiced) >= 2 and len(voiced) >= _MIN_VOICED * len(inside):
            pitches[index] = np.median(voiced)
    return pitches


@dataclass(frozen=True)
class OnsetLag:
    """Lag of labelled onsets relative to transcribed onsets.

    It is more exact than `Fit.lag`, which is a whole number of frames, but it depends on the label convention and on
    the model. Therefore, only differences between recordings of the same data set are meaningful.

    Attributes:
        seconds: median over notes.
        error: standard error of the median in seconds.
    """

    seconds: float
    error: float


def onset_lag(notes: Sequence[Note], transcription: Sequence[Note]) -> OnsetLag | None:
    """Measure the onset lag of labels that have no large lag; return None if few onsets match.

    Args:
        notes: labelled notes.
        transcription: transcribed notes in time order.
    """
    if not notes or not transcription:
        return None
    labelled, found = (np.array([note.onset for note in some]) for some in (notes, transcription))
    after = np.clip(np.searchsorted(found, labelled), 1, max(1, len(found) - 1))
    after = np.minimum(after, len(found) - 1)
    lags = np.stack([labelled - found[after], labelled - found[np.maximum(after - 1, 0)]])
    lags = np.where(np.abs(lags[0]) < np.abs(lags[1]), *lags)
    lags = lags[np.abs(lags) <= _SAME_ONSET]
    if len(lags) < _MIN_ONSETS:
        return None
    median = float(np.median(lags))
    # These factors convert median deviations to standard deviations, and to the error of a median, if errors are
    # normal.
    spread = 1.4826 * float(np.median(np.abs(lags - median)))
    return OnsetLag(median, 1.2533 * spread / len(lags) ** 0.5)
