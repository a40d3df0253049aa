"""Computation of posteriors in blocks, so that memory use does not grow with the length of the recording.

    blocks ──slices──▶ samples of 7 s ──embed──▶ features ──LSTM──▶ context ──heads──▶ posteriors

For each frame, the front end and the convolutions use a few frames before and after it. Therefore, every slice includes
a few additional frames at both ends. The states of the LSTM are passed from slice to slice. In this way, the division
into slices has no effect on the result.

Half a second of silence is added before every recording, because the first outputs of an LSTM depend on the number of
frames before them. Without the added silence, the first notes would depend on the length of the silence with which the
recording begins.

Several threads can compute different slices at the same time. The number of threads has no effect on the result.
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

_LEAD_SECONDS = 0.5  # a longer lead would take more time without further effect

_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, eq=False)
class _Slice:
    """Samples for ``frames`` frames, and for additional frames: ``skip`` frames before them, and some after them."""

    samples: np.ndarray
    skip: int
    frames: int


class StreamingModel:
    """Model that processes recordings in blocks.

    Args:
        engine: engine that runs the network.
        config: configuration of the model.
        threads: number of slices that are computed at the same time.
        chunking: sizes, of which the length of slices and the memory limit between LSTM layers are used.
    """

    def __init__(self, engine: Engine, config: Config, threads: int = 1, chunking: Chunking = DEFAULT) -> None:
        self._engine, self._config, self._threads = engine, config, threads
        self._memory_bytes = chunking.memory_bytes
        seconds = min(chunking.slice_seconds, chunking.shared_seconds) if threads > 1 else chunking.slice_seconds
        self._slice = max(1, round(seconds / config.features.hop_seconds))
        self._lead = round(_LEAD_SECONDS / config.features.hop_seconds)

    def __call__(self, blocks: Iterable[np.ndarray], gain: float) -> Iterator[Posteriors]:
        """Yield the posteriors of a recording in order, in pieces that are at most as long as a slice.

        Args:
            blocks: blocks of the recording, (n,) float32 each, mono at the model's sample rate.
            gain: factor by which the samples are multiplied: 1 divided by the level of the recording. If the recording
                is silent, the factor is 0, and the network is not run.
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
        """Return the number of frames of a recording: one at every multiple of the hop up to the end."""
        return samples // self._config.features.hop + 1

    def _slices(self, blocks: Iterable[np.ndarray], gain: np.float32) -> Iterator[_Slice]:
        hop, margin, reach = self._config.features.hop, self._engine.margin, self._engine.reach
        held, start, first = np.zeros(0, np.float32), 0, 0  # samples, index of the first one, next frame
        frames = None  # number of frames of the recording, when it is known
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
            **dict(zip(HEADS, heads, strict=False)),  # models of the old format lack some heads
            pitch=pitch,
            hop=features.hop_seconds,
            lowest_midi=features.lowest_midi,
            bins_per_semitone=features.bins_per_semitone,
        )


class _Pool(ThreadPoolExecutor):
    """Threads for the slices of one recording. If processing stops early, tasks that have not started are cancelled."""

    def __init__(self, threads: int, start_thread: Callable[[], None]) -> None:
        super().__init__(threads, thread_name_prefix="singtrans", initializer=start_thread)

    def __exit__(self, *_: object) -> None:
        self.shutdown(wait=True, cancel_futures=True)


def _in_order(
    pool: ThreadPoolExecutor | None, function: Callable[[_T], _R], items: Iterable[_T], ahead: int
) -> Iterator[_R]:
    """Apply a function to each item, in order. With a pool, up to ``ahead`` results are computed in advance."""
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
    """Yield the items, and then None."""
    yield from items
    yield None


def _padded(samples: np.ndarray, start: int, stop: int) -> np.ndarray:
    """Return ``samples[start:stop]``, with zeros outside the array."""
    inside = samples[max(start, 0) : max(min(stop, len(samples)), 0)]
    return np.pad(inside, (max(-start, 0), stop - max(start, 0) - len(inside)))
