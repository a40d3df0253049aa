"""What a note is worth: its exact times, its sung pitch and its confidence, once the search has found its frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.decoding.confidence import clarity, frame_features
from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.evidence import pitch_fit
from singtrans.decoding.ornaments import Parts
from singtrans.decoding.posteriors import Posteriors, as_probabilities
from singtrans.decoding.search import Segment
from singtrans.notes import FALL, GRACE, SCOOP

VIBRATO_RATES = np.arange(4.0, 8.01, 0.25)
"""Hz: how fast singers' vibrato is (Prame, "Measurements of the vibrato rate of ten singers", JASA 1994)."""

_FEWEST_PERIODS = 2.0  # of a vibrato that can be told from a bend
_UNKNOWNS = 5  # of a line with a sinusoid: level, slope, extent, phase, rate
_VIBRATO_SHARE = 0.6  # of what a line leaves unexplained that a vibrato must explain
_LEAST_EXTENT = 0.15  # semitones to either side; `common_pitch` is good enough for less
_VIBRATO_REACH = 2.0  # semitones from the median; what lies further off is no part of a vibrato
_GLIDE = 14.0  # semitones a second; a frame whose pitch moves so fast has half a say in the note's
_AGREEMENT = 0.8  # semitones, standard deviation of the pitches that are taken for tries at one
_ROUNDS = 20  # of bringing a pitch to the middle of those near to it; in a long slow glide it would go on, away

REACH = 4
"""Frames before a boundary's own and after it whose posteriors have a say in where it is: 80 ms at the default hop."""

_BOUNDARY = 2  # frames to either side of a boundary in which the release is looked for
_BLUR = 2.5  # frames, standard deviation; how far a label's triangle reaches to either side, at the default hop
_STEP = 0.125  # frames
_PLACES = np.arange(-1.5, 1.5 + _STEP / 2, _STEP)
_NEARNESS = np.exp(-0.5 * ((np.arange(-REACH, REACH + 1) - _PLACES[:, None]) / _BLUR) ** 2)  # (places, frames)


@dataclass(frozen=True, slots=True)
class FoundOrnament:
    """An ornament of a note: frames, finer than the grid, and fractional MIDI number."""

    onset: float
    offset: float
    pitch: float
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A segment with its values.

    Attributes:
        start, end: frames; the note lasts from the first up to the second, without it.
        onset, offset: the same, finer than the frames; they may contradict the neighbours'.
        pitch: fractional MIDI number.
        clarity: 0 to 1, how clear the evidence for the note is.
        features: (features,) as `singtrans.decoding.confidence.frame_features` gives them.
        ornaments: in time order.
        release: probability that a score ends the note before at this one's start, and this one at its own end;
            None if the model does not know.
    """

    start: int
    end: int
    onset: float
    offset: float
    pitch: float
    clarity: float
    features: np.ndarray
    ornaments: tuple[FoundOrnament, ...] = ()
    release: tuple[float, float] | None = None


def measure(segment: Segment, parts: Parts, posteriors: Posteriors, first: int, config: DecoderConfig) -> Found:
    """The values of a segment.

    Args:
        segment: counts frames from the recording's start.
        parts: where its steady part lies, likewise.
        posteriors: with the segment's frames, `REACH` more before them and one more than that after them, where the
            recording has them.
        first: the recording's frame that ``posteriors`` start with.
        config: how the pitch is read.
    """
    here = Parts(parts.start - first, parts.steady - first, parts.tail - first, parts.end - first)
    steady = Segment(here.steady, here.tail, segment.bin)
    release = posteriors.release
    pitch = note_pitch(steady, posteriors, config)
    return Found(
        segment.start,
        segment.end,
        between_frames(posteriors.onset, segment.start, first),
        between_frames(posteriors.offset, segment.end, first),
        pitch,
        clarity(here, segment.bin, posteriors),
        frame_features(here, segment.bin, posteriors),
        _ornaments(parts, pitch, posteriors, first, config),
        None if release is None else (_near(release, here.start), _near(release, here.end)),
    )


def _ornaments(
    parts: Parts, pitch: float, posteriors: Posteriors, first: int, config: DecoderConfig
) -> tuple[FoundOrnament, ...]:
    """Lead-in and tail, each with the pitch that is sung in it."""
    found = []
    for start, end in ((parts.start, parts.steady), (parts.tail, parts.end)):
        if start == end:
            continue
        sung = span_pitch(posteriors, config, start - first, end - first)
        before = end == parts.steady
        kind = (SCOOP if sung < pitch else GRACE) if before else FALL
        found.append(FoundOrnament(float(start), float(end), sung, kind))
    return tuple(found)


def _near(probability: np.ndarray, frame: int) -> float:
    """The highest probability within `_BOUNDARY` frames."""
    near = probability[max(frame - _BOUNDARY, 0) : frame + _BOUNDARY + 1]
    return float(as_probabilities(near).max(initial=0.0))


def span_pitch(posteriors: Posteriors, config: DecoderConfig, start: int, end: int) -> float:
    """The pitch that is sung between two frames, of which the second is not included.

    Args:
        posteriors: with these frames.
        config: how the pitch is read.
        start, end: frames, as they are counted in ``posteriors``.
    """
    fit = pitch_fit(posteriors[start:end], config).sum(axis=0)
    return note_pitch(Segment(start, end, int(fit.argmax())), posteriors, config)


def times(found: Sequence[Found], hop: float, duration: float) -> list[tuple[float, float]]:
    """Onset and offset of each note in seconds, in order and inside the recording.

    Args:
        found: all notes of a recording, in order.
        hop: seconds from frame to frame.
        duration: of the recording, in seconds.
    """
    if not found:
        return []
    grid = np.array([(f.start, f.end) for f in found]).ravel()
    fine = np.array([(f.onset, f.offset) for f in found]).ravel()
    # Boundaries alternate: onset, offset, onset ... Where a note follows with no gap, offset and onset are one
    # boundary, of which both heads know.
    offsets = np.arange(1, len(grid) - 1, 2)
    joined = offsets[grid[offsets] == grid[offsets + 1]]
    fine[joined] = fine[joined + 1] = 0.5 * (fine[joined] + fine[joined + 1])
    fine[offsets] = np.minimum(fine[offsets], fine[offsets + 1])
    shortest = np.tile([0.5, 0.0], len(found))[:-1]  # frames: a note, then a gap
    # What is out of order goes back to the frame grid, which is in order, until all is.
    while len(wrong := np.flatnonzero(np.diff(fine) < shortest)):
        back = np.concatenate([wrong, wrong + 1])
        back = np.concatenate([back, joined[np.isin(joined, back)] + 1, joined[np.isin(joined + 1, back)]])
        fine[back] = grid[back]
    times = np.minimum(np.maximum(fine, 0.0) * hop, duration)
    return [(float(on), float(off)) for on, off in times.reshape(-1, 2)]


def between_frames(probability: np.ndarray, frame: int, first: int) -> float:
    """Where a boundary is, in fractional frames, at most 1.5 frames from the one that the search chose.

    It is where the probability nearby, `REACH` frames to either side, is highest after a blur. For one of the labels'
    triangles that is its peak. Where the network hesitates between two places 60 to 100 ms apart, it lies between them,
    nearer to the likelier one. Where the recording begins or ends nearby, as many frames count on either side as there
    are on both: those that are missing would push it inwards.

    Args:
        probability: (frames,) from the recording's frame ``first`` on, with `REACH` frames around ``frame`` where the
            recording has them; what is no number is none.
        frame: the recording's frame that the search chose.
        first: the recording's frame that ``probability`` begins with.

    Returns:
        Frames from the recording's start.
    """
    here = frame - first
    reach = min(REACH, here, len(probability) - 1 - here)
    if reach < 1:
        return float(frame)
    near = np.zeros(2 * REACH + 1)
    near[REACH - reach : REACH + reach + 1] = as_probabilities(probability[here - reach : here + reach + 1])
    blurred = (_NEARNESS * near).sum(axis=1)
    best = int(blurred.argmax())
    if not blurred[best] > 0.0:
        return float(frame)
    place = frame + float(_PLACES[best])
    if not 0 < best < len(blurred) - 1:
        return place
    before, top, after = (float(value) for value in blurred[best - 1 : best + 2])
    bend = 2.0 * top - before - after
    return place + 0.5 * _STEP * (after - before) / bend if bend > 0.0 else place


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
    bins = posteriors.pitch.shape[1]
    index = centre[:, None] + np.arange(-reach, reach + 1)
    near = as_probabilities(posteriors.pitch[frames[:, None], np.clip(index, 0, bins - 1)])
    near = np.where((index >= 0) & (index < bins), near, 0.0)
    mass = near.sum(axis=1)
    midi = posteriors.lowest_midi + index / posteriors.bins_per_semitone
    return np.where(mass > 0, (near * midi).sum(axis=1) / np.maximum(mass, 1e-12), midi[:, reach]), mass


def note_pitch(segment: Segment, posteriors: Posteriors, config: DecoderConfig) -> float:
    """The pitch that was sung between onset and offset: the centre of a vibrato, else what most of it is near to.

    Every frame's pitch is read near the pitch that the search found for the note as a whole, so a frame whose
    posterior peaks an octave away has little weight instead of a wrong opinion. Singers glide into notes and out of
    them, and of a short note there may be hardly more than the glide; where the pitch stands still is where they meant
    it to be. So a frame counts the less the faster the pitch moves.
    """
    trim = int(config.edge * (segment.end - segment.start))  # less than half, so a frame is left
    # One frame more on either side, to see how fast the pitch moves at the ends.
    frames = np.arange(segment.start + trim - 1, segment.end - trim + 1)
    present = np.clip(frames, 0, len(posteriors) - 1)
    reach = round(1.5 * posteriors.bins_per_semitone)
    # Centring each frame's window on its own peak near the note's pitch keeps the window's edges from biasing it.
    index = np.clip(segment.bin + np.arange(-reach, reach + 1), 0, posteriors.pitch.shape[1] - 1)
    peak = index[posteriors.pitch[np.ix_(present, index)].argmax(axis=1)]
    midi, mass = centroid(posteriors, present, peak, reach=round(posteriors.bins_per_semitone))
    # Beside an unvoiced frame, whose pitch is a guess, a frame may count for less than it should: others are left.
    speed = np.abs(midi[2:] - midi[:-2]) / (2.0 * posteriors.hop)
    midi, weight = midi[1:-1], (mass * as_probabilities(posteriors.voicing[present]))[1:-1]
    if not weight.sum() > 1e-6:
        return float(posteriors.bin_midi[segment.bin])
    swung = vibrato_centre(midi, weight, posteriors.hop)
    return common_pitch(midi, weight / (1.0 + (speed / _GLIDE) ** 2)) if swung is None else swung


def common_pitch(midi: np.ndarray, weight: np.ndarray) -> float:
    """The pitch that most of a note is near to: a mean in which what lies far off does not count.

    An M-estimate with Welsch's weights (Dennis and Welsch 1978), which begins at the median. It is as deaf to what is
    no part of the note as a median, and makes use of all that is, as a mean does. Narrower, it would take the crest of
    a short vibrato for the pitch; wider, the glide into a note for a part of it.

    Args:
        midi: (frames,) pitch.
        weight: (frames,) how much each counts, 0 or more; more than 0 in sum.

    Returns:
        A fractional MIDI number.
    """
    centre = _weighted_median(midi, weight)
    for _ in range(_ROUNDS):
        near = weight * np.exp(-0.5 * ((midi - centre) / _AGREEMENT) ** 2)
        if not near.sum() > 1e-9 * weight.sum():
            break  # the median lies in a wide gap between two pitches, near to neither
        before, centre = centre, float((near * midi).sum() / near.sum())
        if abs(centre - before) < 1e-6:
            break
    return centre


def vibrato_centre(midi: np.ndarray, weight: np.ndarray, hop: float) -> float | None:
    """The pitch around which a vibrato swings, whether or not its periods are whole.

    A median leans to the side on which an unfinished period lies. So a line and a sinusoid are fitted to the pitch by
    least squares, at the rate that explains most; the pitch is the line's in the middle.

    Args:
        midi: (frames,) pitch.
        weight: (frames,) how much each counts, 0 or more, not all 0.
        hop: seconds from frame to frame.

    Returns:
        A fractional MIDI number; None where there is no vibrato to be seen.
    """
    median = _weighted_median(midi, weight)
    near = weight * (np.abs(midi - median) < _VIBRATO_REACH)
    if not near.sum() > 0.5 * weight.sum():
        return None  # the frames agree on no pitch
    # As many frames of equal weight as these are worth: periods that nobody hears are none.
    heard = float(near.sum() ** 2 / (near**2).sum())
    rates = VIBRATO_RATES[(heard * hop * VIBRATO_RATES >= _FEWEST_PERIODS) & (VIBRATO_RATES * hop < 0.5)]
    if not len(rates) or heard <= _UNKNOWNS + 1:
        return None
    time = np.arange(len(midi)) * hop
    time = time - (near * time).sum() / near.sum()
    root = np.sqrt(near)
    y = (midi - median) * root
    line = np.stack([root, time * root], axis=-1)
    bent = float(((y - line @ np.linalg.lstsq(line, y, rcond=None)[0]) ** 2).sum())
    if bent < 0.4 * _LEAST_EXTENT**2 * near.sum():
        return None  # most notes: a sinusoid of that extent has a mean square of half its square
    unexplained = bent / (heard - 2)
    turn = 2 * np.pi * rates[:, None] * time
    waves = np.stack([np.cos(turn), np.sin(turn)], axis=-1) * root[:, None]
    columns = np.concatenate([np.broadcast_to(line, (len(rates), *line.shape)), waves], axis=-1)
    fits = np.linalg.pinv(columns) @ y  # (rates, 4)
    left = ((y - np.einsum("rfc,rc->rf", columns, fits)) ** 2).sum(axis=1) / (heard - _UNKNOWNS)
    best = int(np.argmin(left))
    centre, extent = float(fits[best, 0]), float(np.hypot(*fits[best, 2:]))
    if left[best] > (1.0 - _VIBRATO_SHARE) * unexplained or not _LEAST_EXTENT < extent < _VIBRATO_REACH:
        return None
    return median + centre if abs(centre) < extent else None


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """The value with half the weight on either side, interpolated between neighbours."""
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    middle = np.cumsum(weights) - 0.5 * weights
    return float(np.interp(0.5 * weights.sum(), middle, values))
