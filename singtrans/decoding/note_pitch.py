"""Measurement of the sung pitch of notes: the centre of a vibrato, or a robust mean if there is no vibrato."""

import numpy as np

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.evidence import pitch_fit
from singtrans.decoding.posteriors import Posteriors, as_probabilities
from singtrans.decoding.spans import Spans

VIBRATO_RATES = np.arange(4.0, 8.01, 0.25)
"""Rates of vibrato in Hz (Prame, "Measurements of the vibrato rate of ten singers", JASA 1994)."""

_FEWEST_PERIODS = 2.0  # least number of periods of a vibrato, as opposed to a bend
_UNKNOWNS = 5  # parameters of a line with a sinusoid: level, slope, extent, phase and rate
_VIBRATO_SHARE = 0.6  # least share of the residual of a line that a vibrato must explain
_LEAST_EXTENT = 0.15  # semitones; for a smaller extent, `common_pitches` is accurate enough
_VIBRATO_REACH = 2.0  # semitones; largest distance of a vibrato from the median
_GLIDE = 14.0  # semitones per second; a frame whose pitch changes at this speed has half the weight
_AGREEMENT = 0.8  # semitones; standard deviation of frames around the common pitch
_ROUNDS = 20  # largest number of iterations; in a long slow glide, more would move the pitch away
_LEAST_WEIGHT = 1e-6  # least total weight of the frames of a note from which its pitch can be measured


def centroid(
    posteriors: Posteriors, frames: np.ndarray, centre: np.ndarray, reach: int
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the mean pitch and the total probability of the pitch posterior near a bin of each frame.

    Args:
        posteriors: posteriors that have the frames.
        frames: (n,) indices of frames in ``posteriors``.
        centre: (n,) bin for each frame.
        reach: number of bins on each side that are used.

    Returns:
        Two arrays: (n,) mean pitches as fractional MIDI numbers, and (n,) total probabilities. If the total probability
        is 0, the mean pitch is the pitch of the centre.
    """
    near = posteriors.near(frames, centre, reach)
    mass = near.sum(axis=1)
    index = centre[:, None] + np.arange(-reach, reach + 1)
    midi = posteriors.lowest_midi + index / posteriors.bins_per_semitone
    return np.where(mass > 0, (near * midi).sum(axis=1) / np.maximum(mass, 1e-12), midi[:, reach]), mass


def span_pitch(posteriors: Posteriors, config: DecoderConfig, start: int, end: int) -> float:
    """Measure the sung pitch in the frames from ``start`` up to, but not including, ``end``.

    Args:
        posteriors: posteriors that have these frames.
        config: configuration of the decoder.
        start, end: indices of frames in ``posteriors``.
    """
    bin_ = best_bin(posteriors, config, start, end)
    return float(note_pitches(np.array([start]), np.array([end]), np.array([bin_]), posteriors, config)[0])


def best_bin(posteriors: Posteriors, config: DecoderConfig, start: int, end: int) -> int:
    """Find the pitch bin that best fits the frames from ``start`` up to, but not including, ``end``."""
    return int(pitch_fit(posteriors[start:end], config).sum(axis=0).argmax())


def note_pitches(
    start: np.ndarray, end: np.ndarray, bins: np.ndarray, posteriors: Posteriors, config: DecoderConfig
) -> np.ndarray:
    """Measure the sung pitch of notes: the centre of a vibrato, or a robust mean if there is no vibrato.

    The pitch of each frame is measured near the pitch that the search found for the note. Therefore, if the peak of a
    frame's posterior is an octave away, the frame has a low weight, but its pitch is not wrong. Singers glide into
    notes and out of them, and a short note may be little more than a glide. The intended pitch is the pitch at which
    the voice stays, so frames in which the pitch changes fast have a lower weight.

    Args:
        start, end: (notes,) indices of frames in ``posteriors``; the end is not included.
        bins: (notes,) pitch bins from the search.
        posteriors: posteriors that have these frames.
        config: configuration of the decoder.

    Returns:
        (notes,) fractional MIDI numbers.
    """
    trim = (config.edge * (end - start)).astype(np.int64)  # less than half, so that at least one frame is left
    # One more frame on each side is used to compute the speed of the pitch at the ends.
    wider = Spans(start + trim - 1, end - trim + 1)
    present = np.minimum(np.maximum(wider.frames, 0), len(posteriors) - 1)
    reach = round(1.5 * posteriors.bins_per_semitone)
    # The window of each frame is centred on the peak near the note's pitch, because an off-centre window would bias it.
    index = np.clip(bins[:, None] + np.arange(-reach, reach + 1), 0, posteriors.pitch.shape[1] - 1)[wider.owner]
    peak = posteriors.pitch[present[:, None], index].argmax(axis=1)
    midi, mass = centroid(
        posteriors, present, index[np.arange(len(peak)), peak], reach=round(posteriors.bins_per_semitone)
    )
    inside = np.flatnonzero((wider.place > 0) & (wider.place < wider.length[wider.owner] - 1))
    # Beside an unvoiced frame, whose pitch is only a guess, a weight may be too low, but other frames remain.
    speed = np.abs(midi[inside + 1] - midi[inside - 1]) / (2.0 * posteriors.hop)
    weight = (mass * as_probabilities(posteriors.voicing[present]))[inside]
    spans, midi = Spans(start + trim, end - trim), midi[inside]

    pitch = posteriors.bin_midi[bins]
    known = spans.sums(weight) > _LEAST_WEIGHT
    if not known.any():
        return pitch
    kept = known[spans.owner]
    spans, midi, weight, speed = spans.of(known), midi[kept], weight[kept], speed[kept]
    swung = vibrato_centres(spans, midi, weight, posteriors.hop)
    common = common_pitches(spans, midi, weight / (1.0 + (speed / _GLIDE) ** 2))
    pitch[known] = np.where(np.isnan(swung), common, swung)
    return pitch


def common_pitches(spans: Spans, midi: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Compute a robust mean of the pitch of each note. Frames whose pitch is far from the mean have little weight.

    This is an M-estimate with Welsch's weights (Dennis and Welsch 1978) that starts from the median. Like a median, it
    is not affected by outliers; like a mean, it uses all other frames. With a narrower weight function, the result for
    a short vibrato would be its maximum. With a wider one, a glide into the note would affect the result.

    Args:
        spans: frames of each note.
        midi: (n,) pitch of the frames.
        weight: (n,) weights of the frames, 0 or more, with a sum above 0 for each note.

    Returns:
        (notes,) fractional MIDI numbers.
    """
    centre, total = weighted_medians(spans, midi, weight), spans.sums(weight)
    moving = np.ones(len(spans), bool)
    for _ in range(_ROUNDS):
        near = weight * np.exp(-0.5 * ((midi - centre[spans.owner]) / _AGREEMENT) ** 2)
        mass = spans.sums(near)
        moving &= mass > 1e-9 * total  # otherwise, the median is in a wide gap between two pitches
        nearer = np.where(moving, spans.sums(near * midi) / np.where(moving, mass, 1.0), centre)
        moving &= np.abs(nearer - centre) >= 1e-6
        centre = nearer
        if not moving.any():
            break
    return centre


def vibrato_centres(spans: Spans, midi: np.ndarray, weight: np.ndarray, hop: float) -> np.ndarray:
    """Compute the centre of the vibrato of each note. The number of periods need not be a whole number.

    An incomplete period would bias a median. Therefore, a line and a sinusoid are fitted to the pitch by least squares
    at each vibrato rate, and the rate with the smallest error is used. The result is the pitch of the line in the
    middle of the note.

    Args:
        spans: frames of each note.
        midi: (n,) pitch of the frames.
        weight: (n,) weights of the frames, 0 or more, with a sum above 0 for each note.
        hop: distance between frames in seconds.

    Returns:
        (notes,) fractional MIDI numbers; NaN for notes without vibrato.
    """
    owner, median = spans.owner, weighted_medians(spans, midi, weight)
    away = midi - median[owner]
    near = weight * (np.abs(away) < _VIBRATO_REACH)
    mass = spans.sums(near)
    agreed = mass > 0.5 * spans.sums(weight)  # otherwise, the frames have no common pitch
    mass = np.where(agreed, mass, 1.0)
    # Frames of low weight must not count fully, so this is a number of frames of equal weight with the same total.
    effective = np.where(agreed, mass**2 / np.where(agreed, spans.sums(near**2), 1.0), 0.0)
    # The time is relative to its weighted mean, so that level and slope of the line are independent.
    time = spans.place * hop
    time = time - (spans.sums(near * time) / mass)[owner]
    spread = spans.sums(near * time**2)
    level = spans.sums(near * away) / mass
    slope = spans.sums(near * time * away) / np.where(spread > 0.0, spread, 1.0)
    bent = spans.sums(near * (away - level[owner] - slope[owner] * time) ** 2)
    # Most notes have no vibrato. The mean square of a sinusoid is half the square of its extent.
    wavy = (effective > _UNKNOWNS + 1) & (bent >= 0.4 * _LEAST_EXTENT**2 * mass)
    centres = np.full(len(spans), np.nan)
    for number in np.flatnonzero(wavy):
        own = slice(spans.first[number], spans.first[number] + spans.length[number])
        centre = _swing(away[own], near[own], time[own], float(bent[number]), hop)
        if centre is not None:
            centres[number] = median[number] + centre
    return centres


def _swing(away: np.ndarray, weight: np.ndarray, time: np.ndarray, bent: float, hop: float) -> float | None:
    """Compute the centre of one note's vibrato relative to its median pitch; return None if there is no vibrato.

    Args:
        away: (frames,) deviations from the median pitch in semitones.
        weight: (frames,) weights of the frames.
        time: (frames,) times in seconds, with a weighted mean of 0.
        bent: weighted sum of the squared residuals of the best line without a sinusoid.
        hop: distance between frames in seconds.
    """
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    rates = VIBRATO_RATES[(effective * hop * VIBRATO_RATES >= _FEWEST_PERIODS) & (VIBRATO_RATES * hop < 0.5)]
    if not len(rates):
        return None
    # Least squares by the normal equations, which are well conditioned for two periods or more.
    turn = 2 * np.pi * rates[:, None] * time
    columns = np.empty((len(rates), 4, len(time)))
    columns[:, 0], columns[:, 1] = 1.0, time
    np.cos(turn, out=columns[:, 2])
    np.sin(turn, out=columns[:, 3])
    weighted = columns * weight
    products = weighted @ columns.transpose(0, 2, 1)  # (rates, 4, 4)
    try:
        fits = np.linalg.solve(products, (weighted @ away)[..., None])[..., 0]
    except np.linalg.LinAlgError:
        return None  # the frames with weight have too few periods
    unexplained = bent / (effective - 2)
    left = (weight * (away - (fits[:, None] @ columns)[:, 0]) ** 2).sum(axis=1) / (effective - _UNKNOWNS)
    best = int(np.argmin(left))
    centre, extent = float(fits[best, 0]), float(np.hypot(*fits[best, 2:]))
    if left[best] > (1.0 - _VIBRATO_SHARE) * unexplained or not _LEAST_EXTENT < extent < _VIBRATO_REACH:
        return None
    return centre if abs(centre) < extent else None


def weighted_medians(spans: Spans, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Compute (spans,) weighted medians, interpolated between values."""
    order = np.lexsort((values, spans.owner))
    values, weights = values[order], weights[order]
    middle = spans.running_sums(weights) - 0.5 * weights
    half = 0.5 * spans.sums(weights)
    below = spans.sums(
        (middle <= half[spans.owner]).astype(np.int64)
    )  # the middles ascend, so these are the first ones
    left = spans.first + np.maximum(below - 1, 0)
    right = spans.first + np.minimum(below, spans.length - 1)
    gap = middle[right] - middle[left]
    share = np.where(gap > 0.0, (half - middle[left]) / np.where(gap > 0.0, gap, 1.0), 0.0)
    return values[left] + np.where(below > 0, share, 0.0) * (values[right] - values[left])
