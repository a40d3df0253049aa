"""Computation of the scores of frames from posteriors; `singtrans.decoding.decoder` describes the scores."""

import numpy as np

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.posteriors import Posteriors, as_probabilities
from singtrans.decoding.search_block import Evidence


def evidence(posteriors: Posteriors, config: DecoderConfig) -> Evidence:
    """Compute the scores of the given frames. The scores of a frame do not depend on other frames."""
    floor = config.decision_floor
    activity = config.activity_weight * log_odds(posteriors.activity, floor)[:, None]
    gain = pitch_fit(posteriors, config)
    gain += activity
    ornament = gain
    if config.longest_ornament > 0.0:
        ornament = ornament_fit(posteriors, config)
        ornament += activity
    return Evidence(
        onset=config.onset_weight * log_odds(posteriors.onset, floor) - config.note_cost,
        offset=config.offset_weight * log_odds(posteriors.offset, floor),
        gain=gain,
        inner=inner_scores(posteriors, config),
        ornament=ornament,
    )


def log_odds(probability: np.ndarray, floor: float) -> np.ndarray:
    """Compute the natural log odds of probabilities after clipping them to ``floor`` and ``1 - floor``."""
    p = np.minimum(np.maximum(as_probabilities(probability), floor), 1.0 - floor)
    return np.log(p) - np.log1p(-p)


def pitch_fit(posteriors: Posteriors, config: DecoderConfig) -> np.ndarray:
    """Compute the weighted log likelihood of each frame for notes in each pitch bin, (frames, bins), at most 0."""
    kernel, bins = _tolerance(posteriors, config), posteriors.pitch.shape[1]
    half = len(kernel) // 2
    padded = _padded(posteriors.pitch, half, half)
    near = padded[:, half : half + bins] * kernel[half]
    for distance in range(1, half + 1):  # the kernel is symmetric
        both = padded[:, half - distance : half - distance + bins] + padded[:, half + distance : half + distance + bins]
        both *= kernel[half + distance]
        near += both
    return _fit(near, as_probabilities(posteriors.voicing)[:, None], config)


def ornament_fit(posteriors: Posteriors, config: DecoderConfig) -> np.ndarray:
    """Compute the weighted log likelihood of each frame for ornaments of notes in each pitch bin, (frames, bins)."""
    below, above = _ornament_reaches(posteriors, config)
    sums = _padded(posteriors.pitch, below + 1, above).cumsum(axis=1)
    near = sums[:, below + above + 1 :] - sums[:, : posteriors.pitch.shape[1]]
    near *= config.ornament_fit
    return _fit(near, as_probabilities(posteriors.voicing)[:, None], config)


def ornament_gain(frames: np.ndarray, bins: np.ndarray, posteriors: Posteriors, config: DecoderConfig) -> np.ndarray:
    """Compute `ornament_fit` minus `pitch_fit`, (n,), for some frames and for one note pitch per frame.

    Args:
        frames: (n,) indices of frames in ``posteriors``.
        bins: (n,) pitch bin of the note for each frame.
        posteriors: posteriors that have these frames.
        config: costs and weights.
    """
    kernel, (below, above) = _tolerance(posteriors, config), _ornament_reaches(posteriors, config)
    half = len(kernel) // 2
    reach = max(half, below, above)
    near = posteriors.near(frames, bins, reach)
    steady = (near[:, reach - half : reach + half + 1] * kernel).sum(axis=1)
    ornament = config.ornament_fit * near[:, reach - below : reach + above + 1].sum(axis=1)
    voicing = as_probabilities(posteriors.voicing[frames])
    return _fit(ornament, voicing, config) - _fit(steady, voicing, config)


def _tolerance(posteriors: Posteriors, config: DecoderConfig) -> np.ndarray:
    """Compute the likelihood of each bin around a note's pitch; the bin of the note's pitch is in the middle."""
    reach = int(3.0 * config.pitch_tolerance * posteriors.bins_per_semitone)
    offsets = np.arange(-reach, reach + 1) / posteriors.bins_per_semitone
    return np.exp(-0.5 * (offsets / config.pitch_tolerance) ** 2)


def _ornament_reaches(posteriors: Posteriors, config: DecoderConfig) -> tuple[int, int]:
    """Return how many bins below and above a note's pitch the pitch of its ornaments can be."""
    bins = posteriors.bins_per_semitone
    return round(config.ornament_below * bins), round(config.ornament_above * bins)


def _padded(pitch: np.ndarray, below: int, above: int) -> np.ndarray:
    """Add bins with probability 0 below the lowest and above the highest bin."""
    padded = np.zeros((len(pitch), below + pitch.shape[1] + above))
    padded[:, below : below + pitch.shape[1]] = as_probabilities(pitch)
    return padded


def _fit(near: np.ndarray, voicing: np.ndarray, config: DecoderConfig) -> np.ndarray:
    """Compute the weighted log likelihood from the probability of a fitting pitch, ``near``, which is overwritten."""
    # An unvoiced frame, such as a consonant or a breath, has no information about the pitch of the note.
    informative = voicing * (1.0 - config.pitch_floor)
    likelihood = np.minimum(near, 1.0, out=near)
    likelihood *= informative
    likelihood += 1.0 - informative
    np.log(likelihood, out=likelihood)
    likelihood *= config.pitch_weight
    return likelihood


def inner_scores(posteriors: Posteriors, config: DecoderConfig) -> np.ndarray:
    """Compute the (frames,) scores of a boundary between a note's steady part and its lead-in or tail.

    The beginning or end of an ornament is evidence for such a boundary, and a new syllable is evidence against it.
    """
    floor = config.decision_floor
    # A model without an output for ornaments has high onset probabilities at their boundaries.
    boundary = posteriors.onset if posteriors.ornament is None else posteriors.ornament
    # Without an output for syllables, unvoiced frames are used, because many syllables begin with an unvoiced
    # consonant.
    syllable = 1.0 - as_probabilities(posteriors.voicing) if posteriors.syllable is None else posteriors.syllable
    return (
        config.ornament_weight * log_odds(boundary, floor)
        - config.syllable_weight * log_odds(syllable, floor)
        - config.ornament_cost
    )
