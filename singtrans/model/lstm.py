"""A stacked bidirectional LSTM over the pieces of a sequence of any length; the result does not depend on the cuts.

No context around a piece would be long enough: a bidirectional LSTM may remember half a minute and more. So its states
are carried from piece to piece, forwards and backwards over the sequence. Each pass runs the second direction of one
layer together with the first direction of the next, which needs nothing more. Two layers take three passes:

    forward    layer 1 forward
    backward   layer 1 backward, layer 2 backward
    forward    layer 2 forward

What one pass leaves for the next is kept in memory while it is little, and in a temporary file beyond that.
"""

import math
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import IO, TypeVar

import numpy as np

from singtrans.errors import InputError
from singtrans.model.engine import Direction, Engine


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some frames of a sequence.

    Attributes:
        features: (frames, width) input or output of a layer.
        pitch: (frames, bins) the pitch posterior, which is only passed on.
        half: (frames, hidden) output of a layer's first direction, until the second is there.
    """

    features: np.ndarray
    pitch: np.ndarray
    half: np.ndarray | None = None


_T = TypeVar("_T")
_R = TypeVar("_R")


class PiecewiseLstm:
    """Runs an LSTM over pieces.

    Args:
        engine: runs its directions.
        memory_bytes: data between layers are held in memory up to this size, and in a temporary file beyond it.
    """

    def __init__(self, engine: Engine, memory_bytes: int) -> None:
        self._engine, self._memory_bytes = engine, memory_bytes

    def __call__(self, pieces: Iterable[Chunk], pool: Executor | None) -> Iterator[Chunk]:
        """The output of the last layer, (frames, 2 * hidden) for each piece, in order.

        Args:
            pieces: of one sequence, in order.
            pool: where the directions are run; without one, in this thread.

        Raises:
            InputError: if the temporary file cannot be written.
        """
        layers = self._engine.layers
        with _Store(self._memory_bytes) as store:
            waiting = [store.put(piece) for piece in self._first_direction(0, pieces, pool)]
            for number in range(1, layers + 1):
                backward = number % 2 == 1
                halves = (store.get(entry) for entry in (waiting[::-1] if backward else waiting))
                outputs = self._second_direction(number - 1, halves, pool)
                if number < layers:
                    waiting = [store.put(piece) for piece in self._first_direction(number, outputs, pool)]
                elif backward:
                    waiting = [store.put(piece) for piece in outputs]
                else:
                    yield from outputs
                    return
                waiting = waiting[::-1] if backward else waiting
            yield from (store.get(entry) for entry in waiting)

    def _first_direction(self, layer: int, pieces: Iterable[Chunk], pool: Executor | None) -> Iterator[Chunk]:
        """The direction of a layer that runs as the second direction of the layer before."""
        direction = self._engine.direction(layer, backward=layer % 2 == 1)
        return _one_ahead(pool, lambda piece: Chunk(piece.features, piece.pitch, direction(piece.features)), pieces)

    def _second_direction(self, layer: int, pieces: Iterable[Chunk], pool: Executor | None) -> Iterator[Chunk]:
        """The other direction of a layer, and its output: both directions, forward first."""
        direction = self._engine.direction(layer, backward=layer % 2 == 0)
        return _one_ahead(pool, lambda piece: _joined(direction, piece), pieces)


def _joined(direction: Direction, piece: Chunk) -> Chunk:
    assert piece.half is not None  # the first direction has been run
    second = direction(piece.features)
    both = (piece.half, second) if direction.backward else (second, piece.half)
    return Chunk(np.concatenate(both, axis=1), piece.pitch)


def _one_ahead(pool: Executor | None, function: Callable[[_T], _R], items: Iterable[_T]) -> Iterator[_R]:
    """Apply a function that has a state to each item, in order; with a pool, the next result is computed meanwhile."""
    if pool is None:
        yield from map(function, items)
        return
    waiting: list[Future[_R]] = []
    for item in items:
        results = [future.result() for future in waiting]
        waiting = [pool.submit(function, item)]
        yield from results
    yield from (future.result() for future in waiting)


@dataclass(frozen=True)
class _Stored:
    """Where a piece's arrays are in the temporary file, with their shapes and types."""

    start: int
    kinds: tuple[tuple[tuple[int, ...], np.dtype], ...]


class _Store:
    """Pieces that wait, in memory up to a limit and in a temporary file beyond."""

    def __init__(self, memory_bytes: int) -> None:
        self._file: IO[bytes] | None = None
        self._end, self._held, self._memory_bytes = 0, 0, memory_bytes

    def __enter__(self) -> "_Store":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def put(self, piece: Chunk) -> Chunk | _Stored:
        """Keep a piece; `get` takes what this returns."""
        arrays = _arrays(piece)
        size = sum(array.nbytes for array in arrays)
        if self._held + size <= self._memory_bytes:
            self._held += size
            return piece
        entry = _Stored(self._end, tuple((array.shape, array.dtype) for array in arrays))
        try:
            self._file = self._file or tempfile.TemporaryFile()  # noqa: SIM115 (closed with the store)
            self._file.seek(self._end)
            for array in arrays:
                self._file.write(np.ascontiguousarray(array).data)
            self._end = self._file.tell()
        except OSError as error:
            raise InputError(
                f"the temporary file for a long recording cannot be written in {tempfile.gettempdir()}"
                f" ({error.strerror}); free some space or set TMPDIR"
            ) from error
        return entry

    def get(self, entry: Chunk | _Stored) -> Chunk:
        """The piece again, once."""
        if isinstance(entry, Chunk):
            self._held -= sum(array.nbytes for array in _arrays(entry))
            return entry
        assert self._file is not None  # there is an entry for it
        self._file.seek(entry.start)
        contents = [self._file.read(math.prod(shape) * dtype.itemsize) for shape, dtype in entry.kinds]
        return Chunk(
            *(
                np.frombuffer(content, dtype).reshape(shape).copy()
                for content, (shape, dtype) in zip(contents, entry.kinds, strict=True)
            )
        )


def _arrays(piece: Chunk) -> list[np.ndarray]:
    return [array for array in (piece.features, piece.pitch, piece.half) if array is not None]
