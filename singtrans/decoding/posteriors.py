"""Posteriors: the outputs of the network for every frame of a recording, or of a piece of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

_SMALL = 100  # largest number of values that are converted directly


@dataclass(frozen=True, eq=False)
class Posteriors:
    """Outputs of the network for every frame.

    Attributes:
        onset, offset, activity, voicing: (frames,) probabilities that a note begins, that the voice ends, that the
            frame is inside a note, and that the frame is voiced.
        pitch: (frames, bins) probabilities of the pitch, given that the frame is voiced; the sum of each row is 1.
        hop: distance between frames in seconds; frame 0 is centred on time 0.
        lowest_midi: pitch of bin 0.
        bins_per_semitone: number of bins per semitone.
        syllable, ornament, release, nasal: (frames,) probabilities that a new syllable is articulated, that an ornament
            inside a note begins or ends, that a score would end the note, and that a nasal consonant sounds; None if
            the model has no such output.
    """

    onset: np.ndarray
    offset: np.ndarray
    activity: np.ndarray
    voicing: np.ndarray
    pitch: np.ndarray
    hop: float
    lowest_midi: float
    bins_per_semitone: float
    syllable: np.ndarray | None = None
    ornament: np.ndarray | None = None
    release: np.ndarray | None = None
    nasal: np.ndarray | None = None

    def __post_init__(self) -> None:
        frames = len(self.onset)
        shapes = [a.shape for a in (*self._heads, *self._optional) if a is not None]
        if any(shape != (frames,) for shape in shapes) or self.pitch.ndim != 2 or len(self.pitch) != frames:
            raise ValueError(f"posteriors have different lengths: {shapes}, pitch {self.pitch.shape}")

    def __len__(self) -> int:
        return len(self.onset)

    @property
    def bin_midi(self) -> np.ndarray:
        """(bins,) pitch of each bin as a fractional MIDI number."""
        return self.lowest_midi + np.arange(self.pitch.shape[1]) / self.bins_per_semitone

    def __getitem__(self, frames: slice) -> "Posteriors":
        """Return a range of frames; its arrays are views."""
        return self._with(
            [a[frames] for a in (*self._heads, self.pitch)], [None if a is None else a[frames] for a in self._optional]
        )

    def cleaned(self) -> "Posteriors":
        """Return a copy in which `as_probabilities` has been applied to all arrays except ``pitch``."""
        optional = [None if a is None else as_probabilities(a) for a in self._optional]
        return self._with([*map(as_probabilities, self._heads), self.pitch], optional)

    def near(self, frames: np.ndarray, centre: np.ndarray, reach: int) -> np.ndarray:
        """Return the probabilities of the pitch bins near one bin per frame.

        Args:
            frames: (n,) indices of frames.
            centre: (n,) bin for each frame.
            reach: number of bins on each side.

        Returns:
            (n, 2 * reach + 1) probabilities, which are 0 for bins that do not exist.
        """
        bins = self.pitch.shape[1]
        index = centre[:, None] + np.arange(-reach, reach + 1)
        present = np.minimum(np.maximum(index, 0), bins - 1)
        found = as_probabilities(self.pitch[frames[:, None], present])
        return found if np.array_equal(present, index) else np.where(present == index, found, 0.0)

    @property
    def _heads(self) -> tuple[np.ndarray, ...]:
        return self.onset, self.offset, self.activity, self.voicing

    @property
    def _optional(self) -> tuple[np.ndarray | None, ...]:
        return self.syllable, self.ornament, self.release, self.nasal

    def _with(self, arrays: Sequence[np.ndarray], optional: Sequence[np.ndarray | None]) -> "Posteriors":
        grid = self.hop, self.lowest_midi, self.bins_per_semitone
        onset, offset, activity, voicing, pitch = arrays
        return Posteriors(onset, offset, activity, voicing, pitch, *grid, *optional)


def join(pieces: Sequence[Posteriors]) -> Posteriors:
    """Join one or more consecutive pieces, and copy their arrays.

    Raises:
        ValueError: if some pieces have arrays that others lack.
    """
    arrays = [np.concatenate(a) for a in zip(*((*p._heads, p.pitch) for p in pieces), strict=True)]
    optional: list[np.ndarray | None] = []
    for values in zip(*(piece._optional for piece in pieces), strict=True):
        known = [value for value in values if value is not None]
        if known and len(known) < len(values):
            raise ValueError("some pieces of posteriors have arrays that others lack")
        optional.append(np.concatenate(known) if known else None)
    return pieces[0]._with(arrays, optional)


def as_probabilities(values: np.ndarray) -> np.ndarray:
    """Convert values to float64 and clip them to the range 0 to 1; NaN becomes 0.

    Args:
        values: float32 or float16 array of any shape.
    """
    if values.dtype == np.float16 and values.size > _SMALL:
        return _half_probabilities().take(np.ascontiguousarray(values).view(np.uint16))
    return np.fmin(np.fmax(values.astype(np.float64), 0.0), 1.0)


@cache
def _half_probabilities() -> np.ndarray:
    """Return a (65536,) table of the probabilities for all half-precision numbers.

    A look-up in the table is 15 times as fast as a conversion.
    """
    halves = np.arange(65_536, dtype=np.uint16).view(np.float16)
    return np.fmin(np.fmax(halves.astype(np.float64), 0.0), 1.0)
