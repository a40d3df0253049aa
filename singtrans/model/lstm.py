"""A stacked bidirectional LSTM that processes a sequence in pieces. The division does not affect the result.

The state of an LSTM can depend on half a minute of the sequence or more, so some context around each piece would not be
sufficient. Instead, the states are passed from piece to piece, forwards and backwards through the sequence. Each pass
runs the second direction of one layer together with the first direction of the next layer. Two layers take three
passes:

    forward    layer 1 forward
    backward   layer 1 backward, layer 2 backward
    forward    layer 2 forward

The results of a pass are kept in memory up to a limit; further results are kept in a temporary file.
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
    """A piece of a sequence: some consecutive frames.

    Attributes:
        features: (frames, width) input or output of a layer.
        pitch: (frames, bins) pitch posterior, which is passed on unchanged.
        half: (frames, hidden) output of the first direction of a layer; None unless only this direction has been run.
    """

    features: np.ndarray
    pitch: np.ndarray
    half: np.ndarray | None = None


_T = TypeVar("_T")
_R = TypeVar("_R")


class PiecewiseLstm:
    """LSTM that processes pieces of a sequence.

    Args:
        engine: engine that runs the directions.
        memory_bytes: size up to which data between layers are kept in memory; further data are kept in a temporary
            file.
    """

    def __init__(self, engine: Engine, memory_bytes: int) -> None:
        self._engine, self._memory_bytes = engine, memory_bytes

    def __call__(self, pieces: Iterable[Chunk], pool: Executor | None) -> Iterator[Chunk]:
        """Yield the output of the last layer, (frames, 2 * hidden) for each piece, in order.

        Args:
            pieces: pieces of one sequence, in order.
            pool: threads that run the directions; None to run them in this thread.

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
        """Run a layer in its first direction, which is also the second direction of the previous layer."""
        direction = self._engine.direction(layer, backward=layer % 2 == 1)
        return _one_ahead(pool, lambda piece: Chunk(piece.features, piece.pitch, direction(piece.features)), pieces)

    def _second_direction(self, layer: int, pieces: Iterable[Chunk], pool: Executor | None) -> Iterator[Chunk]:
        """Run a layer in its second direction, and yield the joined outputs of both directions, forward first."""
        direction = self._engine.direction(layer, backward=layer % 2 == 0)
        return _one_ahead(pool, lambda piece: _joined(direction, piece), pieces)


def _joined(direction: Direction, piece: Chunk) -> Chunk:
    assert piece.half is not None  # the first direction has been run
    second = direction(piece.features)
    both = (piece.half, second) if direction.backward else (second, piece.half)
    return Chunk(np.concatenate(both, axis=1), piece.pitch)


def _one_ahead(pool: Executor | None, function: Callable[[_T], _R], items: Iterable[_T]) -> Iterator[_R]:
    """Apply a stateful function to each item, in order. With a pool, the next result is computed in advance."""
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
    """Position of a piece's arrays in the temporary file, with their shapes and types."""

    start: int
    kinds: tuple[tuple[tuple[int, ...], np.dtype], ...]


class _Store:
    """Storage of pieces: in memory up to a limit, and in a temporary file beyond it."""

    def __init__(self, memory_bytes: int) -> None:
        self._file: IO[bytes] | None = None
        self._end, self._held, self._memory_bytes = 0, 0, memory_bytes

    def __enter__(self) -> "_Store":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def put(self, piece: Chunk) -> Chunk | _Stored:
        """Store a piece, and return an entry for `get`."""
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
        """Return a stored piece. Each piece can be read only once."""
        if isinstance(entry, Chunk):
            self._held -= sum(array.nbytes for array in _arrays(entry))
            return entry
        assert self._file is not None  # the file exists if there is an entry for it
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
