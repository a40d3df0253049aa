"""Labels to per-frame targets on the model's frame grid."""

from dataclasses import dataclass

import numpy as np

BOUNDARY_HALF_WIDTH = 0.05  # seconds: a boundary's triangle reaches this far to either side


@dataclass(frozen=True, eq=False)
class Targets:
    """What the network should say about each frame.

    Attributes:
        heads: (frames, 4) onset, offset, activity, voicing, each 0 to 1.
        head_known: (frames, 4) 1 where the target is known.
        pitch: (frames,) MIDI.
        pitch_known: (frames,) 1 where the pitch is known.
    """

    heads: np.ndarray
    head_known: np.ndarray
    pitch: np.ndarray
    pitch_known: np.ndarray


def make_targets(
    notes: np.ndarray | None,
    f0: np.ndarray,
    voiced: np.ndarray,
    time: np.ndarray,
    half_width: float,
    *,
    offsets: bool = True,
) -> Targets:
    """Targets for frames at ``time``.

    Args:
        notes: (notes, 2 or more) onset and offset in seconds, or None where notes are not labelled.
        f0: (frames,) MIDI, NaN where unknown.
        voiced: (frames,) 1, 0, or NaN where unknown.
        time: (frames,) seconds, the frames' centres.
        half_width: seconds; see `BOUNDARY_HALF_WIDTH`.
        offsets: whether it is known where the notes end; if not, neither that is taught nor where there is a note,
            only where one begins.
    """
    frames = len(time)
    heads, known = np.zeros((frames, 4), np.float32), np.zeros((frames, 4), np.float32)
    if notes is not None:
        known[:, : 3 if offsets else 1] = 1.0
        heads[:, 0] = _triangles(notes[:, 0], time, half_width)
        heads[:, 1] = _triangles(notes[:, 1], time, half_width)
        for onset, offset in notes[:, :2]:
            heads[(time >= onset) & (time < offset), 2] = 1.0
    known[:, 3] = np.isfinite(voiced)
    heads[:, 3] = np.nan_to_num(voiced)
    return Targets(heads, known, np.nan_to_num(f0).astype(np.float32), np.isfinite(f0).astype(np.float32))


def _triangles(centres: np.ndarray, time: np.ndarray, half_width: float) -> np.ndarray:
    if not len(centres):
        return np.zeros(len(time))
    centres = np.sort(centres)
    after = np.clip(np.searchsorted(centres, time), 0, len(centres) - 1)
    before = np.maximum(after - 1, 0)
    distance = np.minimum(np.abs(time - centres[after]), np.abs(time - centres[before]))
    return np.clip(1.0 - distance / half_width, 0.0, None)
