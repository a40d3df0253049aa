"""The pictures behind the notes: a spectrogram on a semitone scale and the outline of the waveform.

The pictures are computed in advance. If the page computed them, it would open slowly, and the pictures of a recording
of one hour would not fit into a browser's memory.
"""

import base64
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from singtrans.audio.spectrogram import Spectrogram

TILE = 1024
"""Number of frames in one compressed piece of the spectrogram."""

_GREYS = 15  # levels above black


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """Pictures that are drawn behind the notes.

    Attributes:
        spectrogram: level over time and pitch.
        outline: (values,) largest amplitude in each time step, from 0 to 1.
        outline_hop: length of a time step in seconds.
    """

    spectrogram: "Spectrogram"
    outline: np.ndarray
    outline_hop: float

    def fields(self) -> dict[str, object]:
        """Return the JSON fields for the page.

        Arrays of bytes are compressed with zlib and encoded in base64. The rows of the spectrogram are in ascending
        order of pitch.
        """
        level, duration = self.spectrogram.level, self.spectrogram.duration
        tiles = [_greys(level[:, first : first + TILE]) for first in range(0, level.shape[1], TILE)]
        return {
            "lowest": self.spectrogram.lowest,
            "highest": self.spectrogram.highest,
            "rows": level.shape[0],
            "hop": duration / max(1, level.shape[1]),
            "tile": TILE,
            "tiles": [_packed(tile) for tile in tiles],
            "outline": _packed(np.rint(np.clip(self.outline, 0, 1) * 255).astype(np.uint8)),
            "outlineHop": self.outline_hop,
        }


def _greys(level: np.ndarray) -> np.ndarray:
    """Convert levels from 0 to 1 to bytes from 0 to 15; sixteen levels look smooth and compress well."""
    return np.rint(level * _GREYS).astype(np.uint8)


def _packed(values: np.ndarray) -> str:
    return base64.b64encode(zlib.compress(np.ascontiguousarray(values).tobytes(), 9)).decode("ascii")
