"""The search as it was first written, frame by frame and all at once: what the fast one must equal exactly.

What a note that it finds is worth comes of functions that it shares with the other, which are tested on their own.
"""

from dataclasses import dataclass

import numpy as np

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.posteriors import Posteriors, as_probabilities
from singtrans.decoding.refinement import between_frames, common_pitch, vibrato_centre
from singtrans.notes import Note, PitchTrack

_BLOCK = 4096  # frames whose pitch fit is held in memory at once


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
    return tuple(
        Note(on, off, _note_pitch(segment, posteriors, config), _confidence(segment, posteriors))
        for segment, (on, off) in zip(segments, times, strict=True)
        if off > on
    )


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


def _log_odds(probability: np.ndarray, floor: float) -> np.ndarray:
    p = np.clip(np.nan_to_num(probability.astype(np.float64)), floor, 1.0 - floor)
    return np.log(p) - np.log1p(-p)


def _pitch_fit(posteriors: Posteriors, config: DecoderConfig, first: int, last: int) -> np.ndarray:
    """(last - first, bins): weighted log likelihood, at most 0, of each frame under a note of each pitch."""
    reach = 3.0 * config.pitch_tolerance * posteriors.bins_per_semitone
    offsets = np.arange(-int(reach), int(reach) + 1) / posteriors.bins_per_semitone
    kernel = np.exp(-0.5 * (offsets / config.pitch_tolerance) ** 2)
    pitch = np.nan_to_num(posteriors.pitch[first:last].astype(np.float64))
    padded = np.pad(pitch, ((0, 0), (len(kernel) // 2, len(kernel) // 2)))
    near = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=1) @ kernel
    voicing = np.clip(np.nan_to_num(posteriors.voicing[first:last, None].astype(np.float64)), 0.0, 1.0)
    # An unvoiced frame (a consonant, a breath) says nothing about the note's pitch.
    likelihood = 1.0 - voicing * (1.0 - config.pitch_floor) * (1.0 - np.clip(near, 0.0, 1.0))
    return config.pitch_weight * np.log(likelihood)


def _search(posteriors: Posteriors, config: DecoderConfig) -> list[_Segment]:
    """The best segments, by dynamic programming over boundaries between frames.

    Position ``t`` lies before frame ``t``. ``silence`` is the best score of everything before ``t`` that ends in
    silence, ``ended`` that of everything that ends with a note. ``open_[p]`` is the best score with which a note
    of pitch ``p`` can have begun, less all activity and fit summed up to its start, so that adding the sums up to
    ``t`` gives the score of the note up to ``t``; it lags behind by the shortest note.
    """
    frames, bins = posteriors.pitch.shape
    onset = config.onset_weight * _log_odds(posteriors.onset, config.decision_floor) - config.note_cost
    # A recording may stop in the middle of a note: its very end is neither for nor against an offset.
    offset = np.append(config.offset_weight * _log_odds(posteriors.offset, config.decision_floor), 0.0)
    activity = config.activity_weight * _log_odds(posteriors.activity, config.decision_floor)
    shortest = max(1, round(config.shortest_note / posteriors.hop))

    open_ = np.full(bins, -np.inf)
    open_start = np.zeros(bins, np.int64)
    ended_bin = np.zeros(frames + 1, np.int64)
    ended_start = np.full(frames + 1, -1, np.int64)
    begun_after = np.zeros(frames + 1, np.int64)  # where the note before a note that begins here ended
    silence, before_silence = 0.0, 0
    score_begin = np.full(frames + 1, -np.inf)
    history = np.zeros((shortest + 1, bins))  # sums at the last positions, a ring
    total, gain = np.zeros(bins), np.zeros((0, bins))
    for t in range(frames + 1):
        if t > 0:
            total = total + gain[(t - 1) % _BLOCK]
        if t % _BLOCK == 0 and t < frames:
            last = min(frames, t + _BLOCK)
            gain = _pitch_fit(posteriors, config, t, last) + activity[t:last, None]
        history[t % (shortest + 1)] = total
        ended = -np.inf
        if t >= shortest:
            s = t - shortest
            candidate = score_begin[s] - history[s % (shortest + 1)]
            better = candidate > open_
            open_[better] = candidate[better]
            open_start[better] = s
            score = open_ + total
            best = int(score.argmax())
            ended = score[best] + offset[t]
            ended_bin[t], ended_start[t] = best, open_start[best]
        if t < frames:
            legato = ended - config.legato_cost
            begun_after[t] = t if legato > silence else before_silence
            score_begin[t] = max(legato, silence) + onset[t]
        if ended > silence:
            silence, before_silence = ended, t
    return _trace(before_silence, ended_start, ended_bin, begun_after)


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


def _confidence(segment: _Segment, posteriors: Posteriors) -> float:
    """Geometric mean of the evidence for onset, offset, activity and pitch."""
    onset = as_probabilities(posteriors.onset[max(segment.start - 1, 0) : segment.start + 2]).max(initial=0.0)
    offset = as_probabilities(posteriors.offset[max(segment.end - 1, 0) : segment.end + 2]).max(initial=0.0)
    inside = slice(segment.start, segment.end)
    activity = as_probabilities(posteriors.activity[inside]).mean()
    reach = round(posteriors.bins_per_semitone)
    low = max(segment.bin - reach, 0)
    pitch = as_probabilities(posteriors.pitch[inside, low : segment.bin + reach + 1]).sum(axis=1).mean()
    return float((onset * offset * activity * min(pitch, 1.0)) ** 0.25)
