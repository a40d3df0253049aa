"""Division of turns into notes. A turn is a syllable that moves to a neighbouring note and back, as in 68 - 69 - 68.

The search often finds a turn as a single note: the onset probability is low at the steps of a turn, because the pitch
changes as it does in an ornament. However, turns differ from ornaments: in a scoop or a fall, the pitch does not
return, and in a mordent, it stays on the upper note for a shorter time than in a turn. Therefore, a note is divided
where its pitch moves to another steady pitch, stays there, and returns.
"""

import numpy as np

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.note_pitch import centroid
from singtrans.decoding.posteriors import Posteriors
from singtrans.decoding.search import Segment

_LEAST_STEP, _MOST_STEP = 0.7, 1.5  # semitones; larger steps mostly have an onset of their own
_RETURN = 0.5  # semitones by which the pitch after the return may differ from the pitch before the step
_LONGEST = 10.0  # seconds; a longer note has no turns, and would need much memory
_FIRST = 0.08  # least length of the first note in seconds; it is often short
_MOST_PARTS = 5  # a note with more steady parts has a slow vibrato
_REACH = 2.0  # semitones from the note's pitch within which the pitch of its frames is measured
_GRID = 0.1  # semitones between the pitches that a part can have
_CHANGE_COST = 1.2  # cost of a change between steady parts, relative to a semitone of deviation for one frame
_VOICED = 0.4  # probability below which the pitch of a frame is not used


def divide_turns(segment: Segment, posteriors: Posteriors, config: DecoderConfig) -> list[Segment]:
    """Divide a segment that contains turns into the notes of the turns.

    Args:
        segment: segment to divide.
        posteriors: posteriors of the frames of the segment.
        config: configuration of the decoder; nothing is divided if ``shortest_turn`` is 0.
    """
    first, others = max(_FIRST, config.shortest_note), max(config.shortest_turn, config.shortest_note)
    if not config.shortest_turn or not first + 2 * others <= len(posteriors) * posteriors.hop <= _LONGEST:
        return [segment]
    pitch = _sung(segment.bin, posteriors)
    if pitch is None:
        return [segment]

    def bin_of(start: int, end: int) -> int:
        found = round((float(np.median(pitch[start:end])) - posteriors.lowest_midi) * posteriors.bins_per_semitone)
        return min(max(found, 0), posteriors.pitch.shape[1] - 1)

    return segment.divided(_turns(pitch, posteriors.hop, first, others), bin_of)


def _sung(centre: int, posteriors: Posteriors) -> np.ndarray | None:
    """Measure the (frames,) pitch of a segment, using only bins that are near the bin ``centre`` of the segment.

    The result is None if the pitch hardly changes, or if more than a fifth of the frames are unvoiced.
    """
    frames = np.arange(len(posteriors))
    reach = round(_REACH * posteriors.bins_per_semitone)
    index = np.clip(centre + np.arange(-reach, reach + 1), 0, posteriors.pitch.shape[1] - 1)
    peak = index[posteriors.pitch[:, index].argmax(axis=1)]
    low, high = np.quantile(peak, (0.1, 0.9))
    if high - low < 0.6 * _LEAST_STEP * posteriors.bins_per_semitone:
        return None
    midi, _ = centroid(posteriors, frames, peak, reach=round(posteriors.bins_per_semitone))
    voiced = np.flatnonzero(posteriors.voicing >= _VOICED)
    if len(voiced) < 0.8 * len(frames):
        return None
    return np.interp(frames, voiced, midi[voiced])


def _turns(pitch: np.ndarray, hop: float, first: float, others: float) -> list[int]:
    """Find the steps of turns in the pitch of a note.

    Args:
        pitch: (frames,) pitch of the note.
        hop: distance between frames in seconds.
        first: least length of the first note of a turn in seconds.
        others: least length of the other notes in seconds.

    Returns:
        The first frames of all notes except the first one.
    """
    starts = _steady_parts(pitch)
    if not 3 <= len(starts) <= _MOST_PARTS:
        return []
    ends = [*starts[1:], len(pitch)]
    middle = [float(np.median(pitch[start:end])) for start, end in zip(starts, ends, strict=True)]
    length = [(end - start) * hop for start, end in zip(starts, ends, strict=True)]
    cuts: set[int] = set()
    for before, here, after in zip(range(len(starts)), range(1, len(starts)), range(2, len(starts)), strict=False):
        steps = abs(middle[here] - middle[before]), abs(middle[here] - middle[after])
        if (
            min(steps) >= _LEAST_STEP
            and max(steps) <= _MOST_STEP
            and abs(middle[after] - middle[before]) <= _RETURN
            and length[before] >= first
            and min(length[here], length[after]) >= others
        ):
            cuts |= {starts[here], starts[after]}
    return sorted(cuts)


def _steady_parts(pitch: np.ndarray) -> list[int]:
    """Divide a pitch curve into parts of constant pitch by dynamic programming, and return their first frames.

    The division minimises the sum of two kinds of costs (Potts model): the deviation of each frame from the constant
    pitch, limited to one semitone, and a fixed cost for each change of the constant pitch.
    """
    levels = np.arange(pitch.min(), pitch.max() + _GRID, _GRID)
    costs = np.minimum(np.abs(pitch[:, None] - levels), 1.0)
    total, own = costs[0].copy(), np.arange(len(levels))
    came = np.empty(costs.shape, np.int64)
    for frame in range(1, len(pitch)):
        best = int(total.argmin())
        changed = total > total[best] + _CHANGE_COST
        came[frame] = np.where(changed, best, own)
        total = np.where(changed, total[best] + _CHANGE_COST, total) + costs[frame]
    level, starts = int(total.argmin()), []
    for frame in range(len(pitch) - 1, 0, -1):
        if came[frame, level] != level:
            starts.append(frame)
            level = int(came[frame, level])
    return [0, *reversed(starts)]
