"""Sizes of the pieces in which a recording is processed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chunking:
    """Sizes that affect memory and speed, but not the result.

    Attributes:
        slice_seconds: length of the slices that are computed one by one. With shorter slices, more frames at their ends
            are computed twice; longer slices take more memory.
        shared_seconds: upper limit of the length of slices if several threads compute slices at the same time, because
            each thread needs its own memory.
        short_seconds: length of a recording below which only one thread is used, because more threads would take
            longer.
        kept_seconds: length up to which a recording is kept in memory (64 kB per second) instead of being decoded
            twice.
        memory_bytes: number of bytes of data between LSTM layers that are kept in memory. The default is enough for
            about a minute and a half of a recording. Further data are kept in a temporary file.
    """

    slice_seconds: float = 7.0
    shared_seconds: float = 3.5
    short_seconds: float = 25.0
    kept_seconds: float = 300.0
    memory_bytes: int = 16_000_000


DEFAULT = Chunking()
"""The default sizes."""
