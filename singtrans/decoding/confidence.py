"""Confidence of notes: features of each note, and probabilities that are computed from the features.

The probabilities are computed by logistic regressions. Their weights are fitted on validation recordings (``python -m
recipe.calibrate``) and stored in the weight file. `singtrans.decoding.config.CONFIDENCE_FEATURES` lists the names of
the features:

- onset: log odds of the highest onset probability at the start of the note, at most one frame away.
- offset: log odds of the highest offset probability at the end of the note, at most one frame away.
- onset_blurred: mean onset probability at a distance of three to six frames from the start; it is low for a clear
  onset.
- inside_onset: log odds of the highest onset probability inside the note, except near its ends.
- syllable, ornament: log odds of the highest probability of these outputs at the start of the note, at most one frame
  away; 0 if the model has no such output.
- activity: mean probability in the whole note.
- voicing: mean probability in the steady part.
- pitch_mass: mean probability, in the steady part, of a pitch within a semitone of the note.
- octave_mass: mean probability, in the steady part, of a pitch within a semitone of the octaves above and below.
- pitch_spread: standard deviation of the pitch in the steady part, within two semitones of the note, in semitones.
- log_duration: natural logarithm of the duration in seconds.
- legato_before: 1 if there is no gap before the note, otherwise 0.
- legato_after: 1 if there is no gap after the note, otherwise 0.
- step_after: similarity of the note to a scoop, 0 to 1. A scoop is a short note that is followed, without a gap, by a
  note 0.5 to 3 semitones higher.
- off_semitone: distance of the pitch from the nearest semitone of the recording's tuning, in semitones.
- in_tune: agreement of the recording's notes with a common tuning, 0 to 1.
- ornaments: number of ornaments of the note.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.decoding.config import CONFIDENCE_FEATURES, ConfidenceConfig
from singtrans.decoding.evidence import log_odds
from singtrans.decoding.ornaments import Parts
from singtrans.decoding.posteriors import Posteriors
from singtrans.decoding.spans import Spans, around
from singtrans.notes import Certainty

FEWEST_NOTES = 5
"""Smallest number of notes with which it can be judged, from their mean clarity, if a recording has a single voice."""

_FLOOR = 1e-3
_NEAR = 1  # number of frames on each side of a boundary that are searched for its evidence
_AROUND = (3, 6)  # distances in frames from an onset at which the probability is low if the onset is clear
AROUND = _AROUND[1]
"""Number of frames before and after a note that are used to compute its features."""

_SCOOP = 0.15  # seconds; much longer notes are not similar to scoops
_FRAME_FEATURES = CONFIDENCE_FEATURES[: CONFIDENCE_FEATURES.index("log_duration")]


@dataclass(frozen=True, slots=True)
class NoteContext:
    """Values of a note that are used to compute the features of this note and of its neighbours.

    Attributes:
        onset, offset: start and end in seconds.
        pitch: fractional MIDI number.
        ornaments: number of ornaments.
    """

    onset: float
    offset: float
    pitch: float
    ornaments: int


def frame_features(parts: Parts, bins: np.ndarray, posteriors: Posteriors) -> np.ndarray:
    """Compute the features that depend on frames, (notes, features). These are the features before ``log_duration``.

    Args:
        parts: parts of the notes, as indices of frames in ``posteriors``.
        bins: (notes,) pitch bins of the notes.
        posteriors: posteriors from `Posteriors.cleaned`, with the frames of the notes and those around them.
    """
    whole, steady = Spans(parts.start, parts.end), Spans(parts.steady, parts.tail)
    frames = steady.frames
    inside = (whole.place >= _AROUND[0]) & (whole.place < whole.length[whole.owner] - _AROUND[0])
    mass, spread = _pitch_agreement(steady, bins, posteriors)
    octave = round(12 * posteriors.bins_per_semitone)
    octave_mass = [_near_pitch(steady, bins + shift, posteriors, 1.0).sum(axis=1) for shift in (-octave, octave)]
    return np.column_stack(
        [
            _peak_odds(posteriors.onset, parts.start),
            _ring_means(posteriors.onset, parts.start),
            _peak_odds(posteriors.offset, parts.end),
            log_odds(whole.maxima(np.where(inside, posteriors.onset[whole.frames], 0.0)), _FLOOR),
            _peak_odds(posteriors.syllable, parts.start),
            _peak_odds(posteriors.ornament, parts.start),
            whole.means(posteriors.activity[whole.frames]),
            steady.means(posteriors.voicing[frames]),
            mass,
            spread,
            steady.means(octave_mass[0] + octave_mass[1]),
        ]
    )


def all_features(frames: Sequence[np.ndarray], notes: Sequence[NoteContext]) -> np.ndarray:
    """Compute all features of the notes of a recording, (notes, features).

    Args:
        frames: for each note, its row of the result of `frame_features`.
        notes: further values of the same notes.
    """
    if not notes:
        return np.zeros((0, len(CONFIDENCE_FEATURES)))
    onset, offset, pitch = (np.array([getattr(n, name) for n in notes]) for name in ("onset", "offset", "pitch"))
    duration = offset - onset
    joined = np.append(onset[1:] - offset[:-1] < 1e-3, False)
    step = np.append(np.diff(pitch), 0.0)
    scoop = joined & (step > 0.5) & (step < 3.0)
    turn = np.exp(2j * np.pi * pitch)
    mean = (turn * duration).sum() / duration.sum()
    off = np.angle(turn * np.conj(mean)) / (2 * np.pi) if abs(mean) > 1e-9 else np.zeros(len(pitch))
    return np.column_stack(
        [
            np.array(frames),
            np.log(np.maximum(duration, 1e-3)),
            np.insert(joined[:-1], 0, False),
            joined,
            scoop * np.exp(-duration / _SCOOP),
            np.abs(off),
            np.full(len(notes), abs(mean)),
            [n.ornaments for n in notes],
        ]
    )


def certainties(features: np.ndarray, config: ConfidenceConfig) -> list[Certainty]:
    """Compute the probabilities that the properties of each note are right.

    Args:
        features: (notes, features) result of `all_features`.
        config: calibration of the model.
    """
    columns = [logistic(features, getattr(config, name)).tolist() for name in Certainty.NAMES]
    return [Certainty(*values) for values in zip(*columns, strict=True)]


def logistic(features: np.ndarray, weights: Sequence[float]) -> np.ndarray:
    """Compute (notes,) probabilities by logistic regression; ``weights`` has a constant and one weight per feature."""
    odds = np.clip(weights[0] + features @ np.asarray(weights[1:], np.float64), -30.0, 30.0)
    return 1.0 / (1.0 + np.exp(-odds))


def clarity(parts: Parts, features: np.ndarray, posteriors: Posteriors) -> np.ndarray:
    """Compute the clarity of each note, (notes,), which needs no calibration.

    The clarity is the geometric mean of the evidence for onset, offset, activity and pitch, from 0 to 1.

    Args:
        parts: parts of the notes, as indices of frames in ``posteriors``.
        features: (notes, features) result of `frame_features`.
        posteriors: posteriors from `Posteriors.cleaned`, with the frames of the notes and those around them.
    """
    activity, mass = (features[:, _FRAME_FEATURES.index(name)] for name in ("activity", "pitch_mass"))
    onset, offset = _peaks(posteriors.onset, parts.start), _peaks(posteriors.offset, parts.end)
    return (onset * offset * activity * np.minimum(mass, 1.0)) ** 0.25


def _peaks(probability: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Find the highest probability at most one frame away from each of the given frames, (notes,)."""
    return around(probability, frames, _NEAR).max(axis=1)


def _peak_odds(probability: np.ndarray | None, frames: np.ndarray) -> np.ndarray:
    """Compute the log odds of the result of `_peaks`, (notes,); 0 if there are no probabilities."""
    return np.zeros(len(frames)) if probability is None else log_odds(_peaks(probability, frames), _FLOOR)


def _ring_means(probability: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Compute the mean probability in two ranges of frames, before and after each of the given frames, (notes,)."""
    distances = np.arange(_AROUND[0], _AROUND[1] + 1)
    index = frames[:, None] + np.concatenate([-distances, distances])
    present = (index >= 0) & (index < len(probability))
    ring = np.where(present, probability[np.clip(index, 0, len(probability) - 1)], 0.0)
    return ring.sum(axis=1) / np.maximum(present.sum(axis=1), 1)


def _near_pitch(spans: Spans, bins: np.ndarray, posteriors: Posteriors, semitones: float) -> np.ndarray:
    """Return the probabilities of the bins near the bin of each span, in all its frames, (n, 2 * reach + 1)."""
    return posteriors.near(spans.frames, bins[spans.owner], round(semitones * posteriors.bins_per_semitone))


def _pitch_agreement(spans: Spans, bins: np.ndarray, posteriors: Posteriors) -> tuple[np.ndarray, np.ndarray]:
    """Compute the mean probability of pitches near the bin of each span, and the standard deviation of the pitch.

    The probability is for pitches within one semitone of the bin. The standard deviation is computed within two
    semitones.
    """
    near = _near_pitch(spans, bins, posteriors, 2.0)
    reach, middle = round(posteriors.bins_per_semitone), near.shape[1] // 2
    mass = spans.means(near[:, middle - reach : middle + reach + 1].sum(axis=1))
    total = spans.sums(near.sum(axis=1))
    known = total > 1e-9
    total = np.where(known, total, 1.0)
    place = (np.arange(near.shape[1]) - middle) / posteriors.bins_per_semitone
    mean = spans.sums((near * place).sum(axis=1)) / total
    spread = spans.sums((near * (place - mean[spans.owner][:, None]) ** 2).sum(axis=1)) / total
    return mass, np.where(known, np.sqrt(spread), 0.0)
