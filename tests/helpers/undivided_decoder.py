"""Simple implementation of the search, frame by frame over the whole input, as a reference for the fast search.

The values of the notes are computed from the whole input by functions of the package.
"""

import numpy as np

from singtrans.decoding.boundaries import times
from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.evidence import evidence
from singtrans.decoding.merging import merge
from singtrans.decoding.posteriors import Posteriors
from singtrans.decoding.refinement import measure
from singtrans.decoding.search import Segment
from singtrans.decoding.search_block import Limits
from singtrans.notes import Note


def decode(posteriors: Posteriors, config: DecoderConfig, duration: float) -> tuple[Note, ...]:
    """Find the best sequence of notes.

    Args:
        posteriors: posteriors of the whole recording.
        config: costs and weights.
        duration: length of the recording in seconds; no note ends later.

    Returns:
        Notes in time order that do not overlap. Each note has a positive length and lies between 0 and ``duration``.
    """
    segments, bounds = _search(posteriors, config), limits(posteriors.hop, config)
    # Notes are measured one by one, because the values of a note must not depend on the others.
    found = [measure([segment], posteriors, 0, bounds, config)[0] for segment in segments]
    spans = times(found, posteriors.hop, duration)
    kept = merge([(note, *span) for note, span in zip(found, spans, strict=True)], config)
    return tuple(Note(on, off, note.pitch, note.clarity) for note, on, off in kept)


def _search(posteriors: Posteriors, config: DecoderConfig) -> list[Segment]:
    """Find the best segments by dynamic programming over boundaries between frames.

    Position ``t`` is before frame ``t``. ``silence`` is the best score of all sequences up to ``t`` that end in
    silence. ``ended`` is the best score of all sequences up to ``t`` that end with a note. ``open_[p]`` is the best
    score at the start of the steady part of a note with pitch ``p``, minus the sums of activity and fit up to this
    start. The score of the note up to ``t`` is ``open_[p]`` plus the sums up to ``t``. ``open_`` is updated with a
    delay of the length of the shortest note. Lead-ins and tails of every length are tried.
    """
    frames, bins = posteriors.pitch.shape
    scores = evidence(posteriors, config)
    # A recording may end during a note, so its last position has no evidence for or against an offset.
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
    begun_after = np.zeros(frames + 1, np.int64)  # end of the note before a note that starts here
    silence, before_silence = 0.0, 0
    begin = np.full(frames + 1, -np.inf)
    for t in range(frames + 1):
        ended = -np.inf
        if t >= shortest:
            steady = t - shortest  # latest start of the steady part of a note that is long enough at ``t``
            enter, start = np.full(bins, begin[steady]), np.full(bins, steady)
            if lead := range(max(steady - longest, 0), steady):
                begun = np.array([begin[s] - ornament[s] for s in lead])
                led = begun.max(axis=0) + (ornament[steady] + inner[steady])
                start = np.where(led > enter, lead.start + begun.argmax(axis=0), start)
                enter = np.maximum(enter, led)
            better = enter - total[steady] > open_
            open_[better], open_start[better] = (enter - total[steady])[better], start[better]
            score, start = open_ + total[t], open_start.copy()
            tail[t], tail_start[t] = score + (inner[t] - ornament[t]), open_start
            if longest and t:
                first = max(t - longest, 0)
                tailed = tail[first:t].max(axis=0) + ornament[t]
                begun = np.take_along_axis(tail_start[first:t], tail[first:t].argmax(axis=0)[None], axis=0)[0]
                score, start = np.maximum(score, tailed), np.where(tailed > score, begun, start)
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
    """Return the limits of the search in frames."""
    return Limits(max(1, round(config.shortest_note / hop)), round(config.longest_ornament / hop), config.legato_cost)


def _trace(end: int, ended_start: np.ndarray, ended_bin: np.ndarray, begun_after: np.ndarray) -> list[Segment]:
    """Collect the notes backwards, from the end of the last note; no note ends at position 0."""
    segments = []
    while end > 0:
        start = int(ended_start[end])
        segments.append(Segment(start, end, int(ended_bin[end])))
        end = int(begun_after[start])
    return segments[::-1]
