"""What the network says about every frame of a recording, or of a piece of one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Posteriors:
    """What the network says about every frame.

    Attributes:
        onset, offset, activity, voicing: (frames,) probabilities.
        pitch: (frames, bins) probabilities, each row summing to 1: where the pitch is, if the frame is voiced.
        hop: seconds from frame to frame; frame 0 is centred on time 0.
        lowest_midi: pitch of bin 0.
        bins_per_semitone: bins in a semitone.
    """

    onset: np.ndarray
    offset: np.ndarray
    activity: np.ndarray
    voicing: np.ndarray
    pitch: np.ndarray
    hop: float
    lowest_midi: float
    bins_per_semitone: float

    def __post_init__(self) -> None:
        frames = len(self.onset)
        shapes = [a.shape for a in (self.onset, self.offset, self.activity, self.voicing)]
        if any(shape != (frames,) for shape in shapes) or self.pitch.ndim != 2 or len(self.pitch) != frames:
            raise ValueError(f"posteriors disagree in shape: {shapes}, pitch {self.pitch.shape}")

    def __len__(self) -> int:
        return len(self.onset)

    @property
    def bin_midi(self) -> np.ndarray:
        """(bins,) fractional MIDI number of each bin."""
        return self.lowest_midi + np.arange(self.pitch.shape[1]) / self.bins_per_semitone

    def __getitem__(self, frames: slice) -> "Posteriors":
        """Some of the frames, as views."""
        return self._with([a[frames] for a in self._arrays])

    @property
    def _arrays(self) -> tuple[np.ndarray, ...]:
        return self.onset, self.offset, self.activity, self.voicing, self.pitch

    def _with(self, arrays: Iterable[np.ndarray]) -> "Posteriors":
        onset, offset, activity, voicing, pitch = arrays
        return Posteriors(onset, offset, activity, voicing, pitch, self.hop, self.lowest_midi, self.bins_per_semitone)


def join(pieces: Sequence[Posteriors]) -> Posteriors:
    """Pieces that follow each other as one, in memory of its own; at least one piece."""
    return pieces[0]._with(map(np.concatenate, zip(*(piece._arrays for piece in pieces), strict=True)))


def as_probabilities(values: np.ndarray) -> np.ndarray:
    """What a network says, of any shape, as doubles from 0 to 1, even a damaged one; what is no number as 0."""
    return np.clip(np.nan_to_num(values.astype(np.float64)), 0.0, 1.0)
