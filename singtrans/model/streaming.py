"""Samples in blocks to posteriors in blocks: memory does not grow with the recording.

    blocks ──slices──▶ samples of 7 s ──embed──▶ features ──LSTM──▶ context ──heads──▶ posteriors

The front end and the convolutions look at a few frames around each frame, and every slice has them. The LSTM's states
are carried from slice to slice. So the result does not depend on the slices.

Half a second of silence is put in front of every recording. The output of an LSTM in its first frames depends on how
many frames it has read; without the silence, the first notes would depend on how much silence a recording begins with.

With several threads, each works on a slice of its own. The result does not depend on how many there are.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np

from singtrans.decoding.posteriors import Posteriors
from singtrans.model.chunking import DEFAULT, Chunking
from singtrans.model.config import Config
from singtrans.model.engine import Engine
from singtrans.model.heads import HEADS
from singtrans.model.lstm import Chunk, PiecewiseLstm

_LEAD_SECONDS = 0.5  # longer, it would take longer and make no more of a difference

_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, eq=False)
class _Slice:
    """Samples for ``frames`` frames, and for some more: ``skip`` before them, and any number after them."""

    samples: np.ndarray
    skip: int
    frames: int


class StreamingModel:
    """Runs a model over recordings that come in blocks.

    Args:
        engine: runs the network.
        config: of the model.
        threads: how many slices are computed at once.
        chunking: the length of slices, and the memory between LSTM layers.
    """

    def __init__(self, engine: Engine, config: Config, threads: int = 1, chunking: Chunking = DEFAULT) -> None:
        self._engine, self._config, self._threads = engine, config, threads
        self._memory_bytes = chunking.memory_bytes
        self._slice = max(1, round(chunking.slice_seconds / config.features.hop_seconds))
        self._lead = round(_LEAD_SECONDS / config.features.hop_seconds)

    def __call__(self, blocks: Iterable[np.ndarray], gain: float) -> Iterator[Posteriors]:
        """Posteriors of a recording, in order, up to seven seconds each.

        Args:
            blocks: (n,) float32 each, mono at the model's rate; together the recording.
            gain: factor of the samples: 1 divided by the recording's level. 0 for a recording of silence, for which
                the network is not run.
        """
        if not gain:
            yield from self._silent_posteriors(blocks)
            return
        several = self._threads > 1
        with _Pool(self._threads, self._engine.start_thread) if several else nullcontext() as pool:
            slices = self._slices(chain([self._silence()], blocks), np.float32(gain))
            embedded = _in_order(pool, self._embed, slices, self._threads)
            lead = self._lead
            for piece in PiecewiseLstm(self._engine, self._memory_bytes)(embedded, pool):
                posteriors = self._posteriors(self._engine.probabilities(piece.features), piece.pitch)
                if lead < len(posteriors):
                    yield posteriors[lead:]
                lead = max(0, lead - len(posteriors))

    def _silence(self) -> np.ndarray:
        return np.zeros(self._lead * self._config.features.hop, np.float32)

    def _silent_posteriors(self, blocks: Iterable[np.ndarray]) -> Iterator[Posteriors]:
        frames, bins = self._frames(sum(map(len, blocks))), self._config.network.pitch_bins
        for first in range(0, frames, self._slice):
            count = min(self._slice, frames - first)
            heads = np.zeros((self._engine.heads, count), np.float32)
            yield self._posteriors(heads, np.full((count, bins), 1.0 / bins, np.float16))

    def _frames(self, samples: int) -> int:
        """Frames in a recording: one on every multiple of the hop up to its end."""
        return samples // self._config.features.hop + 1

    def _slices(self, blocks: Iterable[np.ndarray], gain: np.float32) -> Iterator[_Slice]:
        hop, margin, reach = self._config.features.hop, self._engine.margin, self._engine.reach
        held, start, first = np.zeros(0, np.float32), 0, 0  # samples, the number of their first, the next frame
        frames = None  # of the recording, once it is known
        for block in _and_end(blocks):
            if block is None:
                frames = self._frames(start + len(held))
            else:
                held = np.concatenate([held, block])
            while frames is None or first < frames:
                last, high = first + self._slice, first + self._slice + reach
                if frames is not None:
                    last, high = min(last, frames), min(high, frames)
                elif start + len(held) < (high - 1) * hop + margin:
                    break
                low = max(first - reach, 0)
                samples = _padded(held, low * hop - margin - start, (high - 1) * hop + margin - start)
                yield _Slice(samples * gain, first - low, last - first)
                first = last
                needed = max((first - reach) * hop - margin, 0)
                held, start = held[needed - start :], needed

    def _embed(self, part: _Slice) -> Chunk:
        embedded = self._engine.embed(part.samples)
        inside = slice(part.skip, part.skip + part.frames)
        return Chunk(embedded.features[inside], embedded.pitch[inside])

    def _posteriors(self, heads: np.ndarray, pitch: np.ndarray) -> Posteriors:
        features = self._config.features
        return Posteriors(
            **dict(zip(HEADS, heads, strict=False)),  # a model of the old format does not have all of them
            pitch=pitch,
            hop=features.hop_seconds,
            lowest_midi=features.lowest_midi,
            bins_per_semitone=features.bins_per_semitone,
        )


class _Pool(ThreadPoolExecutor):
    """Threads for the slices of one recording; tasks that wait are dropped when the recording is given up."""

    def __init__(self, threads: int, start_thread: Callable[[], None]) -> None:
        super().__init__(threads, thread_name_prefix="singtrans", initializer=start_thread)

    def __exit__(self, *_: object) -> None:
        self.shutdown(wait=True, cancel_futures=True)


def _in_order(
    pool: ThreadPoolExecutor | None, function: Callable[[_T], _R], items: Iterable[_T], ahead: int
) -> Iterator[_R]:
    """``function`` of each item, in order; with a pool, up to ``ahead`` more are computed meanwhile."""
    waiting: deque[Future[_R]] = deque()
    for item in items:
        if pool is None:
            yield function(item)
            continue
        waiting.append(pool.submit(function, item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _and_end(items: Iterable[_T]) -> Iterator[_T | None]:
    """The items, and None after the last."""
    yield from items
    yield None


def _padded(samples: np.ndarray, start: int, stop: int) -> np.ndarray:
    """``samples[start:stop]`` with zeros where there are none."""
    inside = samples[max(start, 0) : max(min(stop, len(samples)), 0)]
    return np.pad(inside, (max(-start, 0), stop - max(start, 0) - len(inside)))
