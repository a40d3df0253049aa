"""From posteriors to the scores that the search adds up; see `singtrans.decoding.decoder` for the formula."""

import numpy as np

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.posteriors import Posteriors, as_probabilities
from singtrans.decoding.search_block import Evidence


def evidence(posteriors: Posteriors, config: DecoderConfig) -> Evidence:
    """The scores of some frames; each frame's depend on no other frame."""
    floor = config.decision_floor
    activity = config.activity_weight * log_odds(posteriors.activity, floor)[:, None]
    gain = pitch_fit(posteriors, config) + activity
    ornaments = config.longest_ornament > 0.0
    return Evidence(
        onset=config.onset_weight * log_odds(posteriors.onset, floor) - config.note_cost,
        offset=config.offset_weight * log_odds(posteriors.offset, floor),
        gain=gain,
        inner=inner_scores(posteriors, config),
        ornament=ornament_fit(posteriors, config) + activity if ornaments else gain,
    )


def log_odds(probability: np.ndarray, floor: float) -> np.ndarray:
    """Natural log odds of probabilities that are clipped to ``floor`` and ``1 - floor`` first."""
    p = np.clip(as_probabilities(probability), floor, 1.0 - floor)
    return np.log(p) - np.log1p(-p)


def pitch_fit(posteriors: Posteriors, config: DecoderConfig) -> np.ndarray:
    """(frames, bins): weighted log likelihood, at most 0, of each frame under a note of each pitch."""
    kernel = _tolerance(posteriors, config)
    padded = np.pad(as_probabilities(posteriors.pitch), ((0, 0), (len(kernel) // 2,) * 2))
    near = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=1) @ kernel
    return _fit(near, as_probabilities(posteriors.voicing)[:, None], config)


def ornament_fit(posteriors: Posteriors, config: DecoderConfig) -> np.ndarray:
    """(frames, bins): the same under an ornament of a note of each pitch, which may be at any pitch around it."""
    below, above = _ornament_reaches(posteriors, config)
    sums = np.pad(as_probabilities(posteriors.pitch), ((0, 0), (below + 1, above))).cumsum(axis=1)
    bins = posteriors.pitch.shape[1]
    near = sums[:, below + above + 1 :] - sums[:, :bins]
    return _fit(config.ornament_fit * near, as_probabilities(posteriors.voicing)[:, None], config)


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


def _fit(near: np.ndarray, voicing: np.ndarray, config: DecoderConfig) -> np.ndarray:
    # An unvoiced frame (a consonant, a breath) says nothing about the note's pitch.
    likelihood = 1.0 - voicing * (1.0 - config.pitch_floor) * (1.0 - np.clip(near, 0.0, 1.0))
    return config.pitch_weight * np.log(likelihood)


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
