"""From posteriors to the scores that the search adds up; see `singtrans.decoding.decoder` for the formula."""

import numpy as np

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.posteriors import Posteriors, as_probabilities
from singtrans.decoding.search_block import Evidence


def evidence(posteriors: Posteriors, config: DecoderConfig) -> Evidence:
    """The scores of some frames; each frame's depend on no other frame."""
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
    """Natural log odds of probabilities that are clipped to ``floor`` and ``1 - floor`` first."""
    p = np.minimum(np.maximum(as_probabilities(probability), floor), 1.0 - floor)
    return np.log(p) - np.log1p(-p)


def pitch_fit(posteriors: Posteriors, config: DecoderConfig) -> np.ndarray:
    """(frames, bins): weighted log likelihood, at most 0, of each frame under a note of each pitch."""
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
    """(frames, bins): the same under an ornament of a note of each pitch, which may be at any pitch around it."""
    below, above = _ornament_reaches(posteriors, config)
    sums = _padded(posteriors.pitch, below + 1, above).cumsum(axis=1)
    near = sums[:, below + above + 1 :] - sums[:, : posteriors.pitch.shape[1]]
    near *= config.ornament_fit
    return _fit(near, as_probabilities(posteriors.voicing)[:, None], config)


def ornament_gain(frames: np.ndarray, bins: np.ndarray, posteriors: Posteriors, config: DecoderConfig) -> np.ndarray:
    """(n,) `ornament_fit` less `pitch_fit` of some frames, each under a note of one pitch.

    Args:
        frames: (n,) as they are counted in ``posteriors``.
        bins: (n,) the pitch of each.
        posteriors: with these frames.
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
    """Likelihood of pitches around a note's, bin by bin; the middle is the note's own."""
    reach = int(3.0 * config.pitch_tolerance * posteriors.bins_per_semitone)
    offsets = np.arange(-reach, reach + 1) / posteriors.bins_per_semitone
    return np.exp(-0.5 * (offsets / config.pitch_tolerance) ** 2)


def _ornament_reaches(posteriors: Posteriors, config: DecoderConfig) -> tuple[int, int]:
    """Bins that a note's ornaments reach below and above its pitch."""
    bins = posteriors.bins_per_semitone
    return round(config.ornament_below * bins), round(config.ornament_above * bins)


def _padded(pitch: np.ndarray, below: int, above: int) -> np.ndarray:
    """Probabilities of pitch with bins of 0 below and above."""
    padded = np.zeros((len(pitch), below + pitch.shape[1] + above))
    padded[:, below : below + pitch.shape[1]] = as_probabilities(pitch)
    return padded


def _fit(near: np.ndarray, voicing: np.ndarray, config: DecoderConfig) -> np.ndarray:
    """Weighted log likelihood of frames of which ``near`` lies where it should; ``near`` is overwritten."""
    # An unvoiced frame (a consonant, a breath) says nothing about the note's pitch.
    told = voicing * (1.0 - config.pitch_floor)
    likelihood = np.minimum(near, 1.0, out=near)
    likelihood *= told
    likelihood += 1.0 - told
    np.log(likelihood, out=likelihood)
    likelihood *= config.pitch_weight
    return likelihood


def inner_scores(posteriors: Posteriors, config: DecoderConfig) -> np.ndarray:
    """(frames,) score of a boundary inside a note: for it an ornament's beginning or end, against it a new syllable."""
    floor = config.decision_floor
    # A model that does not tell ornaments from notes calls their boundaries onsets.
    boundary = posteriors.onset if posteriors.ornament is None else posteriors.ornament
    # Most syllables begin with a consonant, and many consonants are unvoiced.
    syllable = 1.0 - as_probabilities(posteriors.voicing) if posteriors.syllable is None else posteriors.syllable
    return (
        config.ornament_weight * log_odds(boundary, floor)
        - config.syllable_weight * log_odds(syllable, floor)
        - config.ornament_cost
    )
