"""How a recording is divided for processing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chunking:
    """Sizes that affect memory and speed, but not the result.

    Attributes:
        slice_seconds: length of the slices that are computed one by one. Shorter ones would compute more frames at
            their ends twice; longer ones would take more memory.
        short_seconds: recordings shorter than this are computed by one thread, because more threads would cost time.
        kept_seconds: recordings up to this length are held in memory (64 kB per second) instead of being decoded twice.
        memory_bytes: data between LSTM layers are held in memory up to this size, about a minute and a half of a
            recording, and in a temporary file beyond it.
    """

    slice_seconds: float = 7.0
    short_seconds: float = 25.0
    kept_seconds: float = 300.0
    memory_bytes: int = 16_000_000


DEFAULT = Chunking()
"""The sizes for all recordings."""
