"""The pitch that was sung in notes: the centre of a vibrato, else the pitch that most of a note is near to."""

import numpy as np

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.evidence import pitch_fit
from singtrans.decoding.posteriors import Posteriors, as_probabilities
from singtrans.decoding.spans import Spans

VIBRATO_RATES = np.arange(4.0, 8.01, 0.25)
"""Hz: how fast singers' vibrato is (Prame, "Measurements of the vibrato rate of ten singers", JASA 1994)."""

_FEWEST_PERIODS = 2.0  # of a vibrato that can be told from a bend
_UNKNOWNS = 5  # of a line with a sinusoid: level, slope, extent, phase, rate
_VIBRATO_SHARE = 0.6  # of what a line leaves unexplained that a vibrato must explain
_LEAST_EXTENT = 0.15  # semitones to either side; `common_pitches` is good enough for less
_VIBRATO_REACH = 2.0  # semitones from the median; what lies further off is no part of a vibrato
_GLIDE = 14.0  # semitones a second; a frame whose pitch moves so fast has half a say in the note's
_AGREEMENT = 0.8  # semitones, standard deviation of the pitches that are taken for tries at one
_ROUNDS = 20  # of bringing a pitch to the middle of those near to it; in a long slow glide it would go on, away
_LEAST_WEIGHT = 1e-6  # of all frames of a note together whose pitch can be read


def centroid(
    posteriors: Posteriors, frames: np.ndarray, centre: np.ndarray, reach: int
) -> tuple[np.ndarray, np.ndarray]:
    """Where the pitch posterior lies near to a bin, and how much of it does.

    Args:
        posteriors: with the frames that are asked for.
        frames: (n,) which frames, as they are counted in ``posteriors``.
        centre: (n,) the bin of each.
        reach: bins to either side that count.

    Returns:
        (n,) the mean, fractional MIDI numbers, the centre's own where nothing is near; and (n,) the probability.
    """
    near = posteriors.near(frames, centre, reach)
    mass = near.sum(axis=1)
    index = centre[:, None] + np.arange(-reach, reach + 1)
    midi = posteriors.lowest_midi + index / posteriors.bins_per_semitone
    return np.where(mass > 0, (near * midi).sum(axis=1) / np.maximum(mass, 1e-12), midi[:, reach]), mass


def span_pitch(posteriors: Posteriors, config: DecoderConfig, start: int, end: int) -> float:
    """The pitch that is sung between two frames, of which the second is not included.

    Args:
        posteriors: with these frames.
        config: how the pitch is read.
        start, end: frames, as they are counted in ``posteriors``.
    """
    bin_ = best_bin(posteriors, config, start, end)
    return float(note_pitches(np.array([start]), np.array([end]), np.array([bin_]), posteriors, config)[0])


def best_bin(posteriors: Posteriors, config: DecoderConfig, start: int, end: int) -> int:
    """The bin of the pitch that fits best between two frames, of which the second is not included."""
    return int(pitch_fit(posteriors[start:end], config).sum(axis=0).argmax())


def note_pitches(
    start: np.ndarray, end: np.ndarray, bins: np.ndarray, posteriors: Posteriors, config: DecoderConfig
) -> np.ndarray:
    """The pitch that was sung between onset and offset: the centre of a vibrato, else what most of it is near to.

    Every frame's pitch is read near the pitch that the search found for the note as a whole, so a frame whose
    posterior peaks an octave away has little weight instead of a wrong opinion. Singers glide into notes and out of
    them, and of a short note there may be hardly more than the glide; where the pitch stands still is where they meant
    it to be. So a frame counts the less the faster the pitch moves.

    Args:
        start, end: (notes,) frames, as they are counted in ``posteriors``, of which the second is not included.
        bins: (notes,) the pitch that the search found.
        posteriors: with these frames.
        config: how the pitch is read.

    Returns:
        (notes,) fractional MIDI numbers.
    """
    trim = (config.edge * (end - start)).astype(np.int64)  # less than half, so a frame is left
    # One frame more on either side, to see how fast the pitch moves at the ends.
    wider = Spans(start + trim - 1, end - trim + 1)
    present = np.minimum(np.maximum(wider.frames, 0), len(posteriors) - 1)
    reach = round(1.5 * posteriors.bins_per_semitone)
    # Centring each frame's window on its own peak near the note's pitch keeps the window's edges from biasing it.
    index = np.clip(bins[:, None] + np.arange(-reach, reach + 1), 0, posteriors.pitch.shape[1] - 1)[wider.owner]
    peak = posteriors.pitch[present[:, None], index].argmax(axis=1)
    midi, mass = centroid(
        posteriors, present, index[np.arange(len(peak)), peak], reach=round(posteriors.bins_per_semitone)
    )
    inside = np.flatnonzero((wider.place > 0) & (wider.place < wider.length[wider.owner] - 1))
    # Beside an unvoiced frame, whose pitch is a guess, a frame may count for less than it should: others are left.
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
    """The pitch that most of each note is near to: a mean in which what lies far off does not count.

    An M-estimate with Welsch's weights (Dennis and Welsch 1978), which begins at the median. Like a median, it is not
    moved by frames that are no part of the note; like a mean, it uses all frames that are. Narrower, it would take the
    crest of a short vibrato for the pitch; wider, the glide into a note for a part of it.

    Args:
        spans: the frames of each note.
        midi: (n,) pitch of these frames.
        weight: (n,) how much each counts, 0 or more; more than 0 in the sum of each note.

    Returns:
        (notes,) fractional MIDI numbers.
    """
    centre, total = weighted_medians(spans, midi, weight), spans.sums(weight)
    moving = np.ones(len(spans), bool)
    for _ in range(_ROUNDS):
        near = weight * np.exp(-0.5 * ((midi - centre[spans.owner]) / _AGREEMENT) ** 2)
        mass = spans.sums(near)
        moving &= mass > 1e-9 * total  # else the median lies in a wide gap between two pitches, near to neither
        nearer = np.where(moving, spans.sums(near * midi) / np.where(moving, mass, 1.0), centre)
        moving &= np.abs(nearer - centre) >= 1e-6
        centre = nearer
        if not moving.any():
            break
    return centre


def vibrato_centres(spans: Spans, midi: np.ndarray, weight: np.ndarray, hop: float) -> np.ndarray:
    """The pitch around which the vibrato of each note swings, whether or not its periods are whole.

    A median leans to the side on which an unfinished period lies. So a line and a sinusoid are fitted to the pitch by
    least squares, at the rate that explains most; the pitch is the line's in the middle.

    Args:
        spans: the frames of each note.
        midi: (n,) pitch of these frames.
        weight: (n,) how much each counts, 0 or more; not all 0 in a note.
        hop: seconds from frame to frame.

    Returns:
        (notes,) fractional MIDI numbers; NaN where there is no vibrato to be seen.
    """
    owner, median = spans.owner, weighted_medians(spans, midi, weight)
    away = midi - median[owner]
    near = weight * (np.abs(away) < _VIBRATO_REACH)
    mass = spans.sums(near)
    agreed = mass > 0.5 * spans.sums(weight)  # else the frames agree on no pitch
    mass = np.where(agreed, mass, 1.0)
    # As many frames of equal weight as these are worth: periods that nobody hears are none.
    heard = np.where(agreed, mass**2 / np.where(agreed, spans.sums(near**2), 1.0), 0.0)
    # The line around the weighted mean of time: its level and slope are independent.
    time = spans.place * hop
    time = time - (spans.sums(near * time) / mass)[owner]
    spread = spans.sums(near * time**2)
    level = spans.sums(near * away) / mass
    slope = spans.sums(near * time * away) / np.where(spread > 0.0, spread, 1.0)
    bent = spans.sums(near * (away - level[owner] - slope[owner] * time) ** 2)
    # Most notes are straight: a sinusoid of the least extent has a mean square of half its square.
    wavy = (heard > _UNKNOWNS + 1) & (bent >= 0.4 * _LEAST_EXTENT**2 * mass)
    centres = np.full(len(spans), np.nan)
    for number in np.flatnonzero(wavy):
        own = slice(spans.first[number], spans.first[number] + spans.length[number])
        centre = _swing(away[own], near[own], time[own], float(bent[number]), hop)
        if centre is not None:
            centres[number] = median[number] + centre
    return centres


def _swing(away: np.ndarray, weight: np.ndarray, time: np.ndarray, bent: float, hop: float) -> float | None:
    """The centre of one vibrato; None if it is none.

    Args:
        away: (frames,) semitones.
        weight: (frames,) how much each counts.
        time: (frames,) seconds; the weighted mean is 0.
        bent: weighted sum of the squares that a line leaves unexplained.
        hop: seconds from frame to frame.
    """
    heard = float(weight.sum() ** 2 / (weight**2).sum())
    rates = VIBRATO_RATES[(heard * hop * VIBRATO_RATES >= _FEWEST_PERIODS) & (VIBRATO_RATES * hop < 0.5)]
    if not len(rates):
        return None
    # Least squares by the normal equations, which two periods and more make well conditioned.
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
        return None  # frames of no weight leave less than what is to be found
    unexplained = bent / (heard - 2)
    left = (weight * (away - (fits[:, None] @ columns)[:, 0]) ** 2).sum(axis=1) / (heard - _UNKNOWNS)
    best = int(np.argmin(left))
    centre, extent = float(fits[best, 0]), float(np.hypot(*fits[best, 2:]))
    if left[best] > (1.0 - _VIBRATO_SHARE) * unexplained or not _LEAST_EXTENT < extent < _VIBRATO_REACH:
        return None
    return centre if abs(centre) < extent else None


def weighted_medians(spans: Spans, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(spans,) the value with half of a span's weight on either side, interpolated between neighbours."""
    order = np.lexsort((values, spans.owner))
    values, weights = values[order], weights[order]
    middle = spans.running_sums(weights) - 0.5 * weights
    half = 0.5 * spans.sums(weights)
    below = spans.sums((middle <= half[spans.owner]).astype(np.int64))  # as the middles rise, the first ones
    left = spans.first + np.maximum(below - 1, 0)
    right = spans.first + np.minimum(below, spans.length - 1)
    gap = middle[right] - middle[left]
    share = np.where(gap > 0.0, (half - middle[left]) / np.where(gap > 0.0, gap, 1.0), 0.0)
    return values[left] + np.where(below > 0, share, 0.0) * (values[right] - values[left])
