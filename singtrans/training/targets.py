"""Convert labels to per-frame targets on the model's frame grid."""

from dataclasses import dataclass

import numpy as np

from singtrans.model.heads import HEADS

ONSET, OFFSET, ACTIVITY, VOICING, SYLLABLE, ORNAMENT, RELEASE, NASAL = range(len(HEADS))
BOUNDARY_HALF_WIDTH = 0.05  # seconds; half of the width of the triangular target around each boundary
JOINED_GAP = 0.3  # seconds; in a score, a shorter gap is not a rest, so the note lasts until the next onset


@dataclass(frozen=True, eq=False)
class Targets:
    """Training targets of each frame.

    Attributes:
        heads: (frames, 8) probabilities in the order of `singtrans.model.HEADS`.
        head_known: (frames, 8) 1 where the target is known, else 0. It is never known for nasals (`recipe.nasal_head`).
        pitch: (frames,) MIDI pitch.
        pitch_known: (frames,) 1 where the pitch is known, else 0.
    """

    heads: np.ndarray
    head_known: np.ndarray
    pitch: np.ndarray
    pitch_known: np.ndarray


def make_targets(  # noqa: PLR0913 (one parameter for each kind of label)
    notes: np.ndarray | None,
    f0: np.ndarray,
    voiced: np.ndarray,
    time: np.ndarray,
    half_width: float,
    *,
    offsets: bool = True,
    syllables: np.ndarray | None = None,
    ornaments: np.ndarray | None = None,
) -> Targets:
    """Make the targets for frames at ``time``.

    Args:
        notes: (notes, 2 or more) onset and offset in seconds, or None if notes are not labelled.
        f0: (frames,) MIDI pitch, NaN where unknown.
        voiced: (frames,) 1 if voiced, 0 if unvoiced, NaN if unknown.
        time: (frames,) centres of the frames in seconds.
        half_width: half of the width, in seconds, of the triangular target around each boundary.
        offsets: whether the offsets are known. If they are not, there are no targets for offsets, activity and
            releases.
        syllables: (n,) times in seconds at which syllables begin; None if unknown.
        ornaments: (n,) times in seconds of the boundaries between ornaments and their main notes; None if unknown.
    """
    frames = len(time)
    heads = np.zeros((frames, len(HEADS)), np.float32)
    known = np.zeros((frames, len(HEADS)), np.float32)
    if notes is not None:
        known[:, [ONSET] + [OFFSET, ACTIVITY, RELEASE] * offsets] = 1.0
        heads[:, ONSET] = _triangles(notes[:, 0], time, half_width)
        heads[:, OFFSET] = _triangles(notes[:, 1], time, half_width)
        heads[:, RELEASE] = _triangles(score_ends(notes), time, half_width)
        for onset, offset in notes[:, :2]:
            heads[(time >= onset) & (time < offset), ACTIVITY] = 1.0
    known[:, VOICING] = np.isfinite(voiced)
    heads[:, VOICING] = np.nan_to_num(voiced)
    for head, times in ((SYLLABLE, syllables), (ORNAMENT, ornaments)):
        if times is not None:
            known[:, head] = 1.0
            heads[:, head] = _triangles(times, time, half_width)
    return Targets(heads, known, np.nan_to_num(f0).astype(np.float32), np.isfinite(f0).astype(np.float32))


def score_ends(notes: np.ndarray) -> np.ndarray:
    """Compute the times in seconds at which the notes would end in a score, (notes,).

    A note ends at its sung offset if a rest of at least `JOINED_GAP` seconds follows. Otherwise, it ends at the next
    onset.

    Args:
        notes: (notes, 2 or more) onset and offset in seconds, in time order.
    """
    if not len(notes):
        return np.zeros(0)
    following = np.append(notes[1:, 0], np.inf)
    joined = (following - notes[:, 1] < JOINED_GAP) & (following > notes[:, 0])
    return np.where(joined, following, notes[:, 1])


def _triangles(centres: np.ndarray, time: np.ndarray, half_width: float) -> np.ndarray:
    if not len(centres):
        return np.zeros(len(time))
    centres = np.sort(centres)
    after = np.clip(np.searchsorted(centres, time), 0, len(centres) - 1)
    before = np.maximum(after - 1, 0)
    distance = np.minimum(np.abs(time - centres[after]), np.abs(time - centres[before]))
    return np.clip(1.0 - distance / half_width, 0.0, None)
