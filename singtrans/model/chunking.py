"""Division of a recording for processing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chunking:
    """Sizes that affect memory and speed, but not the result.

    Attributes:
        slice_seconds: length of the slices that are computed one by one. With shorter slices, more frames at their ends
            are computed twice; longer slices take more memory.
        shared_seconds: upper limit of that length if several threads compute slices at once, each with its own memory.
        short_seconds: length below which a recording is computed by one thread, because more threads would take longer.
        kept_seconds: length up to which a recording is kept in memory (64 kB per second) instead of being decoded
            twice.
        memory_bytes: size up to which data between LSTM layers are kept in memory, which is enough for about a minute
            and a half of a recording. Further data are kept in a temporary file.
    """

    slice_seconds: float = 7.0
    shared_seconds: float = 3.5
    short_seconds: float = 25.0
    kept_seconds: float = 300.0
    memory_bytes: int = 16_000_000


DEFAULT = Chunking()
"""The sizes for all recordings."""
