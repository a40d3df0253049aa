"""The search written plainly, frame by frame and all at once: the fast one must equal it exactly.

The values of the notes that it finds come from functions that it shares with the other, which are tested on their own.
"""

from dataclasses import dataclass

import numpy as np

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.evidence import evidence, evidence_of
from singtrans.decoding.ornaments import Parts, split
from singtrans.decoding.posteriors import Posteriors, as_probabilities
from singtrans.decoding.refinement import between_frames, common_pitch, vibrato_centre
from singtrans.decoding.search_block import Limits
from singtrans.notes import Note, PitchTrack


@dataclass(frozen=True, slots=True)
class _Segment:
    """A note on the frame grid: frames ``start`` to ``end - 1``, with the pitch bin that fits it best."""

    start: int
    end: int
    bin: int


def decode(posteriors: Posteriors, config: DecoderConfig, duration: float) -> tuple[Note, ...]:
    """The best sequence of notes.

    Args:
        posteriors: of ``frames`` frames.
        config: costs and weights.
        duration: of the recording in seconds; no note ends later.

    Returns:
        Notes in time order, never overlapping, each of positive length and inside 0..duration.
    """
    segments = _search(posteriors, config)
    times = _times(segments, posteriors, duration)
    notes = []
    for segment, (on, off) in zip(segments, times, strict=True):
        if off > on:
            parts = _parts(segment, posteriors, config)
            steady = _Segment(parts.steady, parts.tail, segment.bin)
            pitch = _note_pitch(steady, posteriors, config)
            notes.append(Note(on, off, pitch, _confidence(segment, steady, posteriors)))
    return tuple(notes)


def _parts(segment: _Segment, posteriors: Posteriors, config: DecoderConfig) -> Parts:
    """Where a note's ornaments meet its steady part; `split` is tested on its own."""
    frames = posteriors[segment.start : segment.end]
    return split(segment, evidence_of(segment.bin, frames, config), limits(posteriors.hop, config))


def pitch_track(posteriors: Posteriors, config: DecoderConfig) -> PitchTrack:
    """The sung pitch of every frame: the posterior's peak, by its centroid between bins; NaN where unvoiced."""
    peak = posteriors.pitch.argmax(axis=1)
    midi, _ = _centroid(posteriors, np.arange(len(posteriors)), peak, reach=round(posteriors.bins_per_semitone))
    voicing = posteriors.voicing.astype(np.float64)
    return PitchTrack(
        time=np.arange(len(posteriors)) * posteriors.hop,
        midi=np.where(voicing > config.voiced, midi, np.nan),
        voicing=voicing,
    )


def _search(posteriors: Posteriors, config: DecoderConfig) -> list[_Segment]:
    """The best segments, by dynamic programming over boundaries between frames.

    Position ``t`` lies before frame ``t``. ``silence`` is the best score of everything before ``t`` that ends in
    silence, ``ended`` that of everything that ends with a note. ``open_[p]`` is the best score with which the steady
    part of a note of pitch ``p`` can have begun, less all activity and fit summed up to its start, so that adding the
    sums up to ``t`` gives the score of the note up to ``t``; it lags behind by the shortest note. Lead-ins and tails
    are tried at every length.
    """
    frames, bins = posteriors.pitch.shape
    scores = evidence(posteriors, config)
    # A recording may stop in the middle of a note: its very end is neither for nor against an offset.
    offset, inner = np.append(scores.offset, 0.0), np.append(scores.inner, -np.inf)
    bounds = limits(posteriors.hop, config)
    shortest, longest = bounds.shortest, bounds.ornament
    total = np.concatenate([np.zeros((1, bins)), scores.gain]).cumsum(axis=0)
    ornament = np.concatenate([np.zeros((1, bins)), scores.ornament]).cumsum(axis=0)

    open_ = np.full(bins, -np.inf)
    open_start = np.zeros(bins, np.int64)
    tail, tail_start = np.full((frames + 1, bins), -np.inf), np.zeros((frames + 1, bins), np.int64)
    ended_bin = np.zeros(frames + 1, np.int64)
    ended_start = np.full(frames + 1, -1, np.int64)
    begun_after = np.zeros(frames + 1, np.int64)  # where the note before a note that begins here ended
    silence, before_silence = 0.0, 0
    begin = np.full(frames + 1, -np.inf)
    for t in range(frames + 1):
        ended = -np.inf
        if t >= shortest:
            steady = t - shortest  # where the steady part of a note that is long enough by now can begin
            enter, start = np.full(bins, begin[steady]), np.full(bins, steady)
            for s in range(max(steady - longest, 0), steady):
                led = ((begin[s] - ornament[s]) + ornament[steady]) + inner[steady]
                better = led > enter
                enter[better], start[better] = led[better], s
            better = enter - total[steady] > open_
            open_[better], open_start[better] = (enter - total[steady])[better], start[better]
            score, start = open_ + total[t], open_start.copy()
            tail[t], tail_start[t] = (score + inner[t]) - ornament[t], open_start
            for u in range(max(t - longest, 0), t):
                tailed = tail[u] + ornament[t]
                better = tailed > score
                score, start = np.where(better, tailed, score), np.where(better, tail_start[u], start)
            best = int(score.argmax())
            ended = score[best] + offset[t]
            ended_bin[t], ended_start[t] = best, start[best]
        if t < frames:
            legato = ended - config.legato_cost
            begun_after[t] = t if legato > silence else before_silence
            begin[t] = max(legato, silence) + scores.onset[t]
        if ended > silence:
            silence, before_silence = ended, t
    return _trace(before_silence, ended_start, ended_bin, begun_after)


def limits(hop: float, config: DecoderConfig) -> Limits:
    """What the search is bound to, in frames."""
    return Limits(max(1, round(config.shortest_note / hop)), round(config.longest_ornament / hop), config.legato_cost)


def _trace(end: int, ended_start: np.ndarray, ended_bin: np.ndarray, begun_after: np.ndarray) -> list[_Segment]:
    """Walk back from the last note's end; position 0 ends no note."""
    segments = []
    while end > 0:
        start = int(ended_start[end])
        segments.append(_Segment(start, end, int(ended_bin[end])))
        end = int(begun_after[start])
    return segments[::-1]


def _times(segments: list[_Segment], posteriors: Posteriors, duration: float) -> list[tuple[float, float]]:
    """Onset and offset of each segment in seconds, finer than the frames, in order and inside the recording."""
    if not segments:
        return []
    grid = np.array([(s.start, s.end) for s in segments], np.float64).ravel()
    heads = posteriors.onset, posteriors.offset
    fine = np.array(  # tested on its own
        [between_frames(head, frame, 0) for s in segments for head, frame in zip(heads, (s.start, s.end), strict=True)]
    )
    # Boundaries alternate: onset, offset, onset ... Where a note follows with no gap, offset and onset are one
    # boundary, of which both heads know.
    offsets = np.arange(1, len(grid) - 1, 2)
    joined = offsets[grid[offsets] == grid[offsets + 1]]
    fine[joined] = fine[joined + 1] = 0.5 * (fine[joined] + fine[joined + 1])
    fine[offsets] = np.minimum(fine[offsets], fine[offsets + 1])
    shortest = np.tile([0.5, 0.0], len(segments))[:-1]  # frames: a note, then a gap
    # What is out of order goes back to the frame grid, which is in order, until all is.
    while len(wrong := np.flatnonzero(np.diff(fine) < shortest)):
        back = np.concatenate([wrong, wrong + 1])
        back = np.concatenate([back, joined[np.isin(joined, back)] + 1, joined[np.isin(joined + 1, back)]])
        if (fine[back] == grid[back]).all():
            break
        fine[back] = grid[back]
    times = np.minimum(np.maximum(fine, 0.0) * posteriors.hop, duration)
    return [(float(on), float(off)) for on, off in times.reshape(-1, 2)]


def _centroid(
    posteriors: Posteriors, frames: np.ndarray, centre: np.ndarray, reach: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean pitch and mass of the posterior within ``reach`` bins of ``centre``, for each of ``frames``."""
    bins = posteriors.pitch.shape[1]
    index = centre[:, None] + np.arange(-reach, reach + 1)
    near = as_probabilities(posteriors.pitch[frames[:, None], np.clip(index, 0, bins - 1)])
    near = np.where((index >= 0) & (index < bins), near, 0.0)
    mass = near.sum(axis=1)
    midi = posteriors.lowest_midi + index / posteriors.bins_per_semitone
    return np.where(mass > 0, (near * midi).sum(axis=1) / np.maximum(mass, 1e-12), midi[:, reach]), mass


def _note_pitch(segment: _Segment, posteriors: Posteriors, config: DecoderConfig) -> float:
    """The pitch that was sung between onset and offset: a robust mean over the note's middle.

    Every frame's pitch is read near the pitch that the search found for the note as a whole, so a frame whose
    posterior peaks an octave away has little weight instead of a wrong opinion. A frame counts the less the faster the
    pitch moves.
    """
    length = segment.end - segment.start
    trim = min(int(config.edge * length), (length - 1) // 2)
    note = slice(segment.start + trim, segment.end - trim)
    everywhere = np.arange(len(posteriors))
    reach = round(1.5 * posteriors.bins_per_semitone)
    # Centring each frame's window on its own peak near the note's pitch keeps the window's edges from biasing it.
    index = np.clip(segment.bin + np.arange(-reach, reach + 1), 0, posteriors.pitch.shape[1] - 1)
    peak = index[posteriors.pitch[:, index].argmax(axis=1)]
    midi, mass = _centroid(posteriors, everywhere, peak, reach=round(posteriors.bins_per_semitone))
    weight = mass * as_probabilities(posteriors.voicing)
    if not weight[note].sum() > 1e-6:
        return float(posteriors.bin_midi[segment.bin])
    swung = vibrato_centre(midi[note], weight[note], posteriors.hop)  # tested on its own
    if swung is not None:
        return swung
    speed = np.abs(np.gradient(np.pad(midi, 1, mode="edge"))[1:-1]) / posteriors.hop  # semitones a second
    return common_pitch(midi[note], (weight / (1 + (speed / 14) ** 2))[note])  # tested on its own


def _confidence(segment: _Segment, steady: _Segment, posteriors: Posteriors) -> float:
    """Geometric mean of the evidence for onset, offset, activity and pitch."""
    onset = as_probabilities(posteriors.onset[max(segment.start - 1, 0) : segment.start + 2]).max(initial=0.0)
    offset = as_probabilities(posteriors.offset[max(segment.end - 1, 0) : segment.end + 2]).max(initial=0.0)
    activity = as_probabilities(posteriors.activity[segment.start : segment.end]).mean()
    reach = round(posteriors.bins_per_semitone)
    low = max(segment.bin - reach, 0)
    near = posteriors.pitch[steady.start : steady.end, low : segment.bin + reach + 1]
    pitch = as_probabilities(near).sum(axis=1).mean()
    return float((onset * offset * activity * min(pitch, 1.0)) ** 0.25)
