"""How sure a note is: measurements of it, and the probabilities that a model's calibration makes of them.

Logistic regressions, fitted on validation recordings (``python -m recipe.calibrate``) and stored in the weight file.
The measurements, by the names of `singtrans.decoding.config.CONFIDENCE_FEATURES`:

- onset, offset: log odds of the onset within a frame of where the note begins, of the offset where it ends.
- onset_blurred: mean onset probability three to six frames around the onset, where a clear one leaves nothing.
- inside_onset: log odds of the highest onset probability inside the note, away from both ends.
- syllable, ornament: log odds near the onset; 0 if the model does not know them.
- activity, voicing: mean probabilities of the steady part.
- pitch_mass: mean probability of a pitch within a semitone of the note's; octave_mass: likewise an octave away.
- pitch_spread: semitones, standard deviation of the frames' pitch.
- log_duration: natural logarithm of seconds.
- legato_before, legato_after: 1 if a note touches this one there.
- step_after: how much the note looks like a scoop: short, with a note 0.5 to 3 semitones higher right after it.
- off_semitone: semitones between the pitch and the nearest semitone of the recording's tuning.
- in_tune: how well the recording's notes agree on a tuning, 0 to 1.
- ornaments: how many the note has.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.decoding.config import CONFIDENCE_FEATURES, ConfidenceConfig
from singtrans.decoding.evidence import log_odds
from singtrans.decoding.ornaments import Parts
from singtrans.decoding.posteriors import Posteriors, as_probabilities
from singtrans.notes import Certainty

FEWEST_NOTES = 5
"""Notes below which their mean clarity does not say whether a recording holds one voice."""

_FLOOR = 1e-3
_NEAR = 1  # frames to either side of a boundary in which its evidence is looked for
_AROUND = (3, 6)  # frames from an onset in which a clear one leaves no trace
AROUND = _AROUND[1]
"""Frames before a note and after it that its measurements look at."""

_SCOOP = 0.15  # seconds; notes much longer do not look like scoops
_FRAME_FEATURES = CONFIDENCE_FEATURES[: CONFIDENCE_FEATURES.index("log_duration")]


@dataclass(frozen=True, slots=True)
class NoteContext:
    """What a note's surroundings say about it, once all notes are known.

    Attributes:
        onset, offset: seconds.
        pitch: fractional MIDI number.
        ornaments: how many it has.
    """

    onset: float
    offset: float
    pitch: float
    ornaments: int


def frame_features(parts: Parts, bin_: int, posteriors: Posteriors) -> np.ndarray:
    """(features,) what a note's frames say about it: the measurements before ``log_duration``.

    Args:
        parts: of the note; frames are counted in ``posteriors``.
        bin_: its pitch bin.
        posteriors: with the note's frames and those around it.
    """
    steady, whole = slice(parts.steady, parts.tail), slice(parts.start, parts.end)
    onset = posteriors.onset
    inside = slice(parts.start + _AROUND[0], max(parts.end - _AROUND[0], parts.start + _AROUND[0]))
    octave = round(12 * posteriors.bins_per_semitone)
    mass, spread = _pitch_agreement(posteriors[steady], bin_)
    return np.array(
        [
            _peak_odds(onset, parts.start),
            _ring_mean(onset, parts.start),
            _peak_odds(posteriors.offset, parts.end),
            log_odds(onset[inside].max(initial=0.0, keepdims=True), _FLOOR)[0],
            _peak_odds(posteriors.syllable, parts.start),
            _peak_odds(posteriors.ornament, parts.start),
            as_probabilities(posteriors.activity[whole]).mean(),
            as_probabilities(posteriors.voicing[steady]).mean(),
            mass,
            spread,
            _mass(posteriors[steady], bin_ - octave) + _mass(posteriors[steady], bin_ + octave),
        ]
    )


def all_features(frames: Sequence[np.ndarray], notes: Sequence[NoteContext]) -> np.ndarray:
    """(notes, features) all measurements of a recording's notes.

    Args:
        frames: of each note, as `frame_features` gives them.
        notes: the same notes.
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
    """Probabilities that each note is right.

    Args:
        features: (notes, features) as `all_features` gives them.
        config: a calibration.
    """
    columns = [logistic(features, getattr(config, name)).tolist() for name in Certainty.NAMES]
    return [Certainty(*values) for values in zip(*columns, strict=True)]


def logistic(features: np.ndarray, weights: Sequence[float]) -> np.ndarray:
    """(notes,) probabilities from a constant and one weight per feature."""
    odds = np.clip(weights[0] + features @ np.asarray(weights[1:], np.float64), -30.0, 30.0)
    return 1.0 / (1.0 + np.exp(-odds))


def clarity(parts: Parts, bin_: int, posteriors: Posteriors) -> float:
    """Geometric mean of the evidence for onset, offset, activity and pitch, from 0 to 1; no calibration is needed."""
    onset = as_probabilities(posteriors.onset[max(parts.start - 1, 0) : parts.start + 2]).max()
    offset = as_probabilities(posteriors.offset[parts.end - 1 : parts.end + 2]).max()
    activity = as_probabilities(posteriors.activity[parts.start : parts.end]).mean()
    pitch = _mass(posteriors[parts.steady : parts.tail], bin_)
    return float((onset * offset * activity * min(pitch, 1.0)) ** 0.25)


def _peak_odds(probability: np.ndarray | None, frame: int) -> float:
    """Log odds of the highest probability within a frame; 0 where nothing is known."""
    if probability is None:
        return 0.0
    near = probability[max(frame - _NEAR, 0) : frame + _NEAR + 1]
    return float(log_odds(near.max(initial=0.0, keepdims=True), _FLOOR)[0])


def _ring_mean(probability: np.ndarray, frame: int) -> float:
    first, last = _AROUND
    before = probability[max(frame - last, 0) : max(frame - first + 1, 0)]
    after = probability[frame + first : frame + last + 1]
    ring = as_probabilities(np.concatenate([before, after]))
    return float(ring.mean()) if len(ring) else 0.0


def _mass(posteriors: Posteriors, bin_: int) -> float:
    """Mean probability of a pitch within a semitone of a bin."""
    reach = round(posteriors.bins_per_semitone)
    near = posteriors.pitch[:, max(bin_ - reach, 0) : max(bin_ + reach + 1, 0)]
    return float(as_probabilities(near).sum(axis=1).mean()) if len(posteriors) else 0.0


def _pitch_agreement(posteriors: Posteriors, bin_: int) -> tuple[float, float]:
    """Mean probability of a pitch within a semitone of a bin, and the spread of pitch within two, in semitones."""
    reach = round(2 * posteriors.bins_per_semitone)
    low = max(bin_ - reach, 0)
    near = as_probabilities(posteriors.pitch[:, low : bin_ + reach + 1])
    total = near.sum()
    if not total > 1e-9:
        return 0.0, 0.0
    place = (low + np.arange(near.shape[1])) / posteriors.bins_per_semitone
    mean = (near * place).sum() / total
    return _mass(posteriors, bin_), float(np.sqrt((near * (place - mean) ** 2).sum() / total))
