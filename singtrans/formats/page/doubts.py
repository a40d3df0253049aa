"""Choice of the notes that a person should check, with reasons.

A note with calibrated probabilities is doubtful if one of them is low. Notes from other programs, or from models
without calibration, have only a confidence, or none. Of those with a confidence, the tenth with the lowest confidence
is doubtful.
"""

import math
from collections.abc import Sequence

from singtrans.notes import DOUBTFUL, Note

SHORT = 0.1  # seconds
BETWEEN = 0.35  # semitones from the nearest integer
_SHARE = 0.1
_CERTAIN = 1.0  # confidence of notes that a person made, and of notes without a confidence


def doubts(notes: Sequence[Note]) -> list[tuple[str, ...]]:
    """Find the reasons to check each note; the tuple of a note is empty if there are none.

    The reasons are ``onset``, ``pitch``, ``octave`` and ``offset`` (that probability is low), and ``unsure`` (the note
    is in the tenth with the lowest confidence). ``short`` (the note is short) and ``between`` (the pitch is between two
    semitones) may follow as explanations.
    """
    limit = _limit([note.confidence for note in notes if note.certainty is None and note.confidence < _CERTAIN])
    return [_reasons(note, limit) for note in notes]


def _limit(confidences: Sequence[float]) -> float:
    """Return the confidence up to which notes are doubtful."""
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
