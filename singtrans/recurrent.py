"""A stacked bidirectional LSTM over pieces of a sequence, exactly: cut up or whole is the same, at any length.

No context is long enough: a bidirectional LSTM may remember half a minute and more. So its states are carried from
piece to piece instead, to and fro over the sequence. Each pass does one direction of one layer together with the
same direction of the next, which needs nothing more; two layers take three passes:

    forward    layer 1 forward
    backward   layer 1 backward, layer 2 backward
    forward    layer 2 forward

What one pass leaves for the next waits in memory while it is little, and in a temporary file beyond that.
"""

import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from singtrans.errors import SingtransError

_IN_MEMORY = 16_000_000  # bytes that wait in memory: of a recording of a minute and a half


@dataclass(frozen=True, eq=False)
class Piece:
    """Some frames: (frames, width) what the LSTM hears or gives, and (frames, any) what travels with it."""

    joined: np.ndarray
    luggage: np.ndarray


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
            SingtransError: if the temporary file cannot be written.
        """
        with _Store() as store:
            # In `waiting`, a piece for each entry: the input of the layer that is half done, its one half, the luggage.
            waiting = [store.put(*arrays) for arrays in self._pass(0, ((p, None) for p in pieces), pool)]
            for number in range(1, self._layers + 1):
                backward = number % 2 == 1
                entries = (store.get(entry) for entry in (waiting[::-1] if backward else waiting))
                results = self._pass(number, ((Piece(a[0], a[2]), a[1]) for a in entries), pool)
                if number == self._layers and not backward:
                    yield from (Piece(a[0], a[2]) for a in results)
                    return
                waiting = [store.put(*arrays) for arrays in results]
                waiting = waiting[::-1] if backward else waiting
            yield from (Piece(a[0], a[2]) for a in map(store.get, waiting))

    def _pass(self, number: int, entries: Iterable[tuple], pool: Executor | None) -> Iterator[tuple]:
        """One pass: finishes layer ``number - 1`` and begins layer ``number``, where there are such."""
        if number:
            entries = _one_ahead(pool, _Finish(_Direction(self._lstm, number - 1, number % 2 == 1)), entries)
        if number < self._layers:
            return _one_ahead(pool, _Begin(_Direction(self._lstm, number, number % 2 == 1)), entries)
        return ((piece.joined, np.zeros((0, 0), np.float32), piece.luggage) for piece, _ in entries)


class _Direction:
    """One direction of one layer, with the state that it has reached."""

    def __init__(self, lstm: nn.LSTM, layer: int, backward: bool) -> None:
        suffix = f"_l{layer}" + ("_reverse" if backward else "")
        self._weights = [getattr(lstm, name + suffix) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        self._device = self._weights[0].device
        self._state = (torch.zeros(1, 1, lstm.hidden_size, device=self._device),) * 2
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

    def __call__(self, entry: tuple[Piece, np.ndarray]) -> tuple[Piece, None]:
        piece, first = entry
        second = self._direction(piece.joined)
        both = (first, second) if self._direction.backward else (second, first)
        return Piece(np.concatenate(both, axis=1), piece.luggage), None


class _Begin:
    """The first direction of a layer."""

    def __init__(self, direction: _Direction) -> None:
        self._direction = direction

    def __call__(self, entry: tuple[Piece, None]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        piece = entry[0]
        return piece.joined, self._direction(piece.joined), piece.luggage


def _one_ahead(pool: Executor | None, function: object, items: Iterable) -> Iterator:
    """``function`` of each item in order, never two at once, for it has a state; the next is done meanwhile."""
    if pool is None:
        yield from map(function, items)
        return
    future = None
    for item in items:
        done, future = future, None
        result = done.result() if done else None
        future = pool.submit(function, item)
        if done:
            yield result
    if future:
        yield future.result()


class _Store:
    """Arrays that wait, in memory up to a limit and in a temporary file beyond."""

    def __init__(self) -> None:
        self._file, self._end, self._held = None, 0, 0

    def __enter__(self) -> "_Store":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def put(self, *arrays: np.ndarray) -> tuple:
        """Keep arrays; what `get` gives them back for, once."""
        size = sum(array.nbytes for array in arrays)
        if self._held + size <= _IN_MEMORY:
            self._held += size
            return arrays
        entry = (self._end, [(array.shape, array.dtype) for array in arrays])
        try:
            self._file = self._file or tempfile.TemporaryFile()  # noqa: SIM115 (closed with the store)
            self._file.seek(self._end)
            for array in arrays:
                self._file.write(np.ascontiguousarray(array).data)
            self._end = self._file.tell()
        except OSError as error:
            raise SingtransError(
                f"the temporary file for a long recording cannot be written in {tempfile.gettempdir()}"
                f" ({error.strerror}); free some space or set TMPDIR"
            ) from error
        return entry

    def get(self, entry: tuple) -> tuple[np.ndarray, ...]:
        """The arrays again."""
        if isinstance(entry[0], np.ndarray):
            self._held -= sum(array.nbytes for array in entry)
            return entry
        start, kinds = entry
        self._file.seek(start)
        return tuple(
            np.frombuffer(self._file.read(int(np.prod(shape)) * dtype.itemsize), dtype).reshape(shape).copy()
            for shape, dtype in kinds
        )
