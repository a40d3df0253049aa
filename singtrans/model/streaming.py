"""Samples that come in blocks -> posteriors that come in blocks: memory does not grow with the recording.

    blocks ──slices──▶ samples of 5 s ──embed──▶ what the LSTM hears ──recurrent──▶ context ──heads──▶ posteriors

The front end and the convolutions see a few frames around each frame, and every slice has them; the LSTM's states
are carried from slice to slice. So cut up or whole is the same.

Half a second of silence is heard before every recording: an LSTM's first frames depend on how long it has been
listening, and the first notes would on how much silence a recording begins with.

Where there are several threads, each works on a slice of its own. They never wait for each other inside
one, as torch's own threads do, and what a slice gives does not depend on how many there are.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
import torch

from singtrans.decoding.posteriors import Posteriors
from singtrans.model.lstm import Piece, Recurrent
from singtrans.model.network import HEADS, Model

_SLICE_SECONDS = 5.0  # the convolutions of one slice fit into a processor's cache
_LEAD_SECONDS = 0.5  # longer, it would take longer and make no more of a difference

_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, eq=False)
class _Slice:
    """Samples for ``frames`` frames and some around them: ``skip`` before, and any number after."""

    samples: np.ndarray
    skip: int
    frames: int


class Listener:
    """Runs a model over recordings that come in blocks.

    Args:
        model: in evaluation mode, on the device where it is to run.
        threads: how many slices are worked on at once. With more than one, torch's own threads are switched off.
    """

    def __init__(self, model: Model, threads: int = 1) -> None:
        self.model, self.threads = model, threads
        self._device = next(model.parameters()).device
        self._slice = max(1, round(_SLICE_SECONDS / model.config.features.hop_seconds))
        self._lead = round(_LEAD_SECONDS / model.config.features.hop_seconds)

    def __call__(self, blocks: Iterable[np.ndarray], gain: float) -> Iterator[Posteriors]:
        """Posteriors of a recording, in order, up to five seconds each.

        Args:
            blocks: (n,) float32 each, mono at the model's rate; together the recording.
            gain: what the samples are multiplied with: 1 divided by the recording's level. 0 for a recording
                that holds nothing, to which the network need not listen.
        """
        if not gain:
            yield from self._nothing(blocks)
            return
        several = self.threads > 1
        with _Pool(self.threads) if several else nullcontext() as pool:
            slices = self._slices(chain([self._silence()], blocks), np.float32(gain))
            embedded = _in_order(pool, self._embed, slices, self.threads)
            lead = self._lead
            for piece in Recurrent(self.model.network.lstm)(embedded, pool):
                posteriors = self._posteriors(piece)
                if lead < len(posteriors):
                    yield posteriors[lead:]
                lead = max(0, lead - len(posteriors))

    def _silence(self) -> np.ndarray:
        return np.zeros(self._lead * self.model.config.features.hop, np.float32)

    def _nothing(self, blocks: Iterable[np.ndarray]) -> Iterator[Posteriors]:
        frames, bins = self.model.front_end.frames(sum(map(len, blocks))), self.model.config.network.pitch_bins
        for first in range(0, frames, self._slice):
            count = min(self._slice, frames - first)
            yield self._joined(
                np.zeros((count, self.model.network.heads.out_features), np.float32),
                np.full((count, bins), 1.0 / bins, np.float16),
            )

    def _slices(self, blocks: Iterable[np.ndarray], gain: np.float32) -> Iterator[_Slice]:
        hop, margin, reach = self.model.config.features.hop, self.model.front_end.margin, self.model.network.reach
        held, start, first = np.zeros(0, np.float32), 0, 0  # samples, the number of their first, the next frame
        frames = None  # of the recording, once it is known
        for block in _and_end(blocks):
            if block is None:
                frames = self.model.front_end.frames(start + len(held))
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

    @torch.inference_mode()
    def _embed(self, part: _Slice) -> Piece:
        samples = torch.from_numpy(part.samples)[None].to(self._device)
        joined, logits = self.model.network.embed(*self.model.front_end(samples))
        inside = slice(part.skip, part.skip + part.frames)
        # Half precision: a minute's pitch posterior is a megabyte.
        pitch = logits[0, inside].softmax(-1).half().cpu().numpy()
        return Piece(self.model.network.normalise(joined[0, inside]).cpu().numpy(), pitch)

    @torch.inference_mode()
    def _posteriors(self, piece: Piece) -> Posteriors:
        heads = self.model.network.heads(torch.from_numpy(piece.joined).to(self._device)).sigmoid()
        return self._joined(heads.cpu().numpy(), piece.luggage)

    def _joined(self, heads: np.ndarray, pitch: np.ndarray) -> Posteriors:
        features = self.model.config.features
        named = dict(zip(HEADS, np.ascontiguousarray(heads.T), strict=False))  # an old model has not all of them
        return Posteriors(
            **named,
            pitch=pitch,
            hop=features.hop_seconds,
            lowest_midi=features.lowest_midi,
            bins_per_semitone=features.bins_per_semitone,
        )


class _Pool(ThreadPoolExecutor):
    """Threads that each do all of one piece of work; what waits is dropped when the recording is given up."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads, thread_name_prefix="singtrans", initializer=torch.set_num_threads, initargs=(1,))

    def __exit__(self, *_: object) -> None:
        self.shutdown(wait=True, cancel_futures=True)


def _in_order(
    pool: ThreadPoolExecutor | None, function: Callable[[_T], _R], items: Iterable[_T], ahead: int
) -> Iterator[_R]:
    """``function`` of each item, in order; with a pool, up to ``ahead`` more are worked on meanwhile."""
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
    """The items, and None behind the last."""
    yield from items
    yield None


def _padded(samples: np.ndarray, start: int, stop: int) -> np.ndarray:
    """``samples[start:stop]`` with zeros where there are none."""
    inside = samples[max(start, 0) : max(min(stop, len(samples)), 0)]
    return np.pad(inside, (max(-start, 0), stop - max(start, 0) - len(inside)))
