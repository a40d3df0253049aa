"""Which notes a person should look at, and why.

A note that states its certainty is doubtful where one of its probabilities is low. Notes from models without
calibration and from other programs state only a confidence, or none; of those, the least sure tenth is doubtful.
"""

import math
from collections.abc import Sequence

from singtrans.notes import DOUBTFUL, Note

SHORT = 0.1  # seconds
BETWEEN = 0.35  # semitones from the nearest integer
_SHARE = 0.1
_CERTAIN = 1.0  # confidence of notes that a person made or that come without one


def doubts(notes: Sequence[Note]) -> list[tuple[str, ...]]:
    """Find the reasons to check each note; an empty tuple where there is none.

    The reasons are ``onset``, ``pitch``, ``octave`` and ``offset`` (a low probability), ``unsure`` (among the least
    sure tenth), and as explanations after one of these ``short`` and ``between`` (two semitones).
    """
    limit = _limit([note.confidence for note in notes if note.certainty is None and note.confidence < _CERTAIN])
    return [_reasons(note, limit) for note in notes]


def _limit(confidences: Sequence[float]) -> float:
    """Confidence up to which a note belongs to the least sure tenth, or is below what counts as sure anyway."""
    if not confidences:
        return -1.0
    tenth = sorted(confidences)[max(0, math.ceil(_SHARE * len(confidences)) - 1)]
    return tenth if min(confidences) < max(confidences) else min(tenth, math.nextafter(DOUBTFUL, 0.0))


def _reasons(note: Note, limit: float) -> tuple[str, ...]:
    unsure = ("unsure",) if note.confidence <= limit else ()
    found = note.certainty.doubts if note.certainty is not None else unsure
    if not found:
        return ()
    relative = note.pitch - note.tuning
    short = ("short",) if note.duration < SHORT else ()
    between = ("between",) if abs(relative - round(relative)) > BETWEEN else ()
    return (*found, *short, *between)
