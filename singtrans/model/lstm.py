"""A stacked bidirectional LSTM over pieces of a sequence, exactly: cut up or whole is the same, at any length.

No context is long enough: a bidirectional LSTM may remember half a minute and more. So its states are carried from
piece to piece instead, to and fro over the sequence. Each pass does one direction of one layer together with the
same direction of the next, which needs nothing more; two layers take three passes:

    forward    layer 1 forward
    backward   layer 1 backward, layer 2 backward
    forward    layer 2 forward

What one pass leaves for the next waits in memory while it is little, and in a temporary file beyond that.
"""

import math
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import IO, TypeAlias, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from singtrans.errors import InputError

_IN_MEMORY = 16_000_000  # bytes that wait in memory: of a recording of a minute and a half


@dataclass(frozen=True, eq=False)
class Piece:
    """Some frames: (frames, width) what the LSTM hears or gives, and (frames, any) what travels with it."""

    joined: np.ndarray
    luggage: np.ndarray


_T = TypeVar("_T")
_R = TypeVar("_R")
_Half: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
"""The input of a layer that is half done, its one half, and the luggage."""


class Recurrent:
    """Runs an LSTM over pieces.

    Args:
        lstm: bidirectional, ``batch_first``, in evaluation mode.
    """

    def __init__(self, lstm: nn.LSTM) -> None:
        self._lstm, self._layers = lstm, lstm.num_layers

    def __call__(self, pieces: Iterable[Piece], pool: Executor | None) -> Iterator[Piece]:
        """What the last layer gives, (frames, 2 * hidden) for each piece, in order.

        Args:
            pieces: of one sequence, in order.
            pool: where the directions are run; without one, here.

        Raises:
            InputError: if the temporary file cannot be written.
        """
        with _Store() as store:
            waiting = [store.put(*half) for half in self._begin(0, pieces, pool)]
            for number in range(1, self._layers + 1):
                backward = number % 2 == 1
                halves = (_half(*store.get(entry)) for entry in (waiting[::-1] if backward else waiting))
                layer = self._finish(number - 1, halves, pool)
                if number < self._layers:
                    waiting = [store.put(*half) for half in self._begin(number, layer, pool)]
                elif backward:
                    waiting = [store.put(piece.joined, piece.luggage) for piece in layer]
                else:
                    yield from layer
                    return
                waiting = waiting[::-1] if backward else waiting
            yield from (Piece(*store.get(entry)) for entry in waiting)

    def _finish(self, layer: int, halves: Iterable[_Half], pool: Executor | None) -> Iterator[Piece]:
        """The second direction of a layer: what the layer gives."""
        return _one_ahead(pool, _Finish(_Direction(self._lstm, layer, layer % 2 == 0)), halves)

    def _begin(self, layer: int, pieces: Iterable[Piece], pool: Executor | None) -> Iterator[_Half]:
        """The first direction of a layer, which runs the same way as the second of the layer before."""
        return _one_ahead(pool, _Begin(_Direction(self._lstm, layer, layer % 2 == 1)), pieces)


def _half(joined: np.ndarray, first: np.ndarray, luggage: np.ndarray) -> _Half:
    return joined, first, luggage


class _Direction:
    """One direction of one layer, with the state that it has reached."""

    def __init__(self, lstm: nn.LSTM, layer: int, backward: bool) -> None:
        suffix = f"_l{layer}" + ("_reverse" if backward else "")
        self._weights = [getattr(lstm, name + suffix) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        self._device = self._weights[0].device
        self._state = [torch.zeros(1, 1, lstm.hidden_size, device=self._device)] * 2
        self.backward = backward

    @torch.inference_mode()
    def __call__(self, joined: np.ndarray) -> np.ndarray:
        """(frames, width) -> (frames, hidden)."""
        x = torch.from_numpy(joined)[None].to(self._device)
        x, *self._state = torch.lstm(self._turned(x), self._state, self._weights, True, 1, 0.0, False, False, True)
        return self._turned(x)[0].cpu().numpy()

    def _turned(self, x: Tensor) -> Tensor:
        return x.flip(1) if self.backward else x


class _Finish:
    """The second direction of a layer, and both joined: forward first."""

    def __init__(self, direction: _Direction) -> None:
        self._direction = direction

    def __call__(self, half: _Half) -> Piece:
        joined, first, luggage = half
        second = self._direction(joined)
        both = (first, second) if self._direction.backward else (second, first)
        return Piece(np.concatenate(both, axis=1), luggage)


class _Begin:
    """The first direction of a layer."""

    def __init__(self, direction: _Direction) -> None:
        self._direction = direction

    def __call__(self, piece: Piece) -> _Half:
        return piece.joined, self._direction(piece.joined), piece.luggage


def _one_ahead(pool: Executor | None, function: Callable[[_T], _R], items: Iterable[_T]) -> Iterator[_R]:
    """``function`` of each item in order, never two at once, for it has a state; the next is done meanwhile."""
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
    """Where arrays lie in the temporary file, and what they are."""

    start: int
    kinds: tuple[tuple[tuple[int, ...], np.dtype], ...]


class _Store:
    """Arrays that wait, in memory up to a limit and in a temporary file beyond."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._end, self._held = 0, 0

    def __enter__(self) -> "_Store":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def put(self, *arrays: np.ndarray) -> tuple[np.ndarray, ...] | _Stored:
        """Keep arrays; what `get` gives them back for, once."""
        size = sum(array.nbytes for array in arrays)
        if self._held + size <= _IN_MEMORY:
            self._held += size
            return arrays
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

    def get(self, entry: tuple[np.ndarray, ...] | _Stored) -> tuple[np.ndarray, ...]:
        """The arrays again."""
        if not isinstance(entry, _Stored):
            self._held -= sum(array.nbytes for array in entry)
            return entry
        assert self._file is not None  # there is an entry for it
        self._file.seek(entry.start)
        contents = [self._file.read(math.prod(shape) * dtype.itemsize) for shape, dtype in entry.kinds]
        return tuple(
            np.frombuffer(content, dtype).reshape(shape).copy()
            for content, (shape, dtype) in zip(contents, entry.kinds, strict=True)
        )
