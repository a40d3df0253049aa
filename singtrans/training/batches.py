"""Batches of random augmented excerpts of labelled recordings.

Excerpt ``i`` of batch ``step`` depends only on the seed, the step and ``i``. Therefore, an interrupted training run
resumes with the same batches as without the interruption, and several processes can share one batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from singtrans.model.config import FeatureConfig
from singtrans.model.level import level
from singtrans.training.augment import AugmentConfig, augment, change_speed, coloured_noise
from singtrans.training.recordings import F0_HOP, Recording
from singtrans.training.targets import BOUNDARY_HALF_WIDTH, Targets, make_targets


@dataclass(frozen=True)
class Batch:
    """Excerpts with their targets.

    Attributes:
        samples: (batch, n) samples for `FrontEnd`.
        heads, head_known: (batch, frames, 8), as in `Targets`.
        pitch, pitch_known: (batch, frames), as in `Targets`.
        convention: (batch,) number of the label convention of each excerpt; -1 for none.
    """

    samples: Tensor
    heads: Tensor
    head_known: Tensor
    pitch: Tensor
    pitch_known: Tensor
    convention: Tensor


@dataclass(frozen=True)
class BatchConfig:
    """Composition of a batch.

    Attributes:
        size: number of excerpts.
        seconds: length of each excerpt.
        notes_share: fraction of the excerpts that are drawn from recordings with note labels, if there are also
            recordings without note labels.
        half_width: half of the width, in seconds, of the triangular target around each boundary.
        unnamed: fraction of the excerpts whose label convention is hidden from the network, so that it also works
            without a convention.
    """

    size: int = 12
    seconds: float = 8.0
    notes_share: float = 0.65
    half_width: float = BOUNDARY_HALF_WIDTH
    unnamed: float = 0.2


class Excerpts(Dataset[Batch]):
    """Dataset whose item ``step`` is the batch of that training step.

    Args:
        recordings: training recordings, at least one.
        features: feature configuration of the model being trained.
        batch: composition of a batch.
        augmentation: probabilities and strengths of the augmentations.
        seed: random seed.
        backgrounds: (n,) int16 each; sounds that are mixed in, besides the accompaniments of the recordings.
        share: rank of this process and number of processes. This process makes the excerpts ``rank``, ``rank + count``,
            ``rank + 2 * count`` and so on.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        features: FeatureConfig,
        batch: BatchConfig,
        augmentation: AugmentConfig,
        seed: int,
        *,
        backgrounds: Sequence[np.ndarray] = (),
        share: tuple[int, int] = (0, 1),
    ) -> None:
        self.features, self.batch, self.augmentation, self.seed = features, batch, augmentation, seed
        self.frames = round(batch.seconds / features.hop_seconds)
        self.margin = features.longest_window // 2
        noted = [r for r in recordings if r.notes is not None]
        others = [r for r in recordings if r.notes is None]
        # A head without labels must not be trained on silence only, because it would learn a low probability
        # everywhere.
        has_offsets = any(r.offsets for r in noted)
        has_kind = [any(getattr(r, kind) is not None for r in recordings) for kind in ("syllables", "ornaments")]
        # One value for each of `HEADS`. The head for nasals is only trained by `recipe.nasal_head`.
        trained = [bool(noted), has_offsets, has_offsets, True, *has_kind, has_offsets, False]
        self.trained_heads = np.array(trained, np.float32)
        self.conventions = conventions_of(recordings)
        self.pools = [(pool, _weights(pool)) for pool in (noted, others) if pool]
        noted_share = batch.notes_share if noted and others else 1.0
        self.pool_probability = [noted_share, 1.0 - noted_share][: len(self.pools)]
        self.backgrounds = [r.accompaniment for r in recordings if r.accompaniment is not None] + list(backgrounds)
        self.mine = range(share[0], batch.size, share[1])

    def __getitem__(self, step: int) -> Batch:
        """Make the excerpts that this process contributes to the batch of a training step."""
        excerpts = [self._excerpt(np.random.default_rng([self.seed, step, index])) for index in self.mine]
        targets = [t for _, t, _ in excerpts]
        return Batch(
            samples=torch.from_numpy(np.stack([s for s, _, _ in excerpts])),
            heads=torch.from_numpy(np.stack([t.heads for t in targets])),
            head_known=torch.from_numpy(np.stack([t.head_known for t in targets])),
            pitch=torch.from_numpy(np.stack([t.pitch for t in targets])),
            pitch_known=torch.from_numpy(np.stack([t.pitch_known for t in targets])),
            convention=torch.tensor([number for _, _, number in excerpts]),
        )

    def _excerpt(self, rng: np.random.Generator) -> tuple[np.ndarray, Targets, int]:
        pool, weights = self.pools[rng.choice(len(self.pools), p=self.pool_probability)]
        recording = pool[rng.choice(len(pool), p=weights)]
        config = self.augmentation
        semitones = rng.uniform(-config.speed, config.speed) if rng.random() < config.speed_probability else 0.0
        ratio = 2.0 ** (semitones / 12.0)
        # Excerpts may start shortly before the recording, so that its first frames are also used.
        start = rng.uniform(-0.3, max(0.0, recording.duration - self.batch.seconds * ratio + 0.3))
        samples = self._cut(recording.samples, start, ratio)
        time = start + np.arange(self.frames) * self.features.hop_seconds * ratio
        targets = self._targets(recording, time, start, ratio)
        if rng.random() < config.silence_probability:
            samples = coloured_noise(len(samples), rng)
            targets = Targets(
                np.zeros_like(targets.heads),
                np.broadcast_to(self.trained_heads, targets.head_known.shape),
                targets.pitch,
                np.zeros_like(targets.pitch_known),
            )
        background = None
        if self.backgrounds and rng.random() < config.background_probability:
            music = self.backgrounds[rng.integers(len(self.backgrounds))]
            start = rng.uniform(0.0, len(music) / self.features.sample_rate)
            background = self._cut(np.tile(music, 2 + 2 * len(samples) // len(music)), start, 1.0)
        samples = augment(samples, background, self.features.sample_rate, config, rng)
        loudness = level(samples, self.features.sample_rate) * 10.0 ** (rng.normal(0.0, config.level) / 20.0)
        named = recording.convention in self.conventions and rng.random() >= self.batch.unnamed
        number = self.conventions.index(recording.convention) if named else -1
        return (samples / max(loudness, 1e-9)).astype(np.float32), targets, number

    def _cut(self, samples: np.ndarray, start: float, ratio: float) -> np.ndarray:
        """Cut an excerpt from ``start`` (in seconds), with the front end's margins, and speed it up by ``ratio``."""
        rate = self.features.sample_rate
        wanted = (self.frames - 1) * self.features.hop + 2 * self.margin
        length = int(np.ceil(wanted * ratio)) + 8
        first = round(start * rate - self.margin * ratio)
        inside = samples[max(first, 0) : max(first + length, 0)].astype(np.float32) / 32768.0
        cut = np.pad(inside, (min(max(-first, 0), length), 0))[:length]
        cut = np.pad(cut, (0, length - len(cut)))
        if ratio != 1.0:
            cut = change_speed(cut, ratio)
        return np.pad(cut, (0, max(0, wanted - len(cut))))[:wanted]

    def _targets(self, recording: Recording, time: np.ndarray, start: float, ratio: float) -> Targets:
        f0 = _sample_f0(recording.f0, time) + 12.0 * np.log2(ratio)
        nearest = np.clip(np.round(time / F0_HOP).astype(int), 0, len(recording.voiced) - 1)
        beyond = (time < 0) | (time > recording.duration)
        voiced = np.where(beyond, 0.0, recording.voiced[nearest])
        notes = None
        if recording.notes is not None:
            notes = np.column_stack([(recording.notes[:, :2] - start) / ratio, recording.notes[:, 2]])
        played = (time - start) / ratio
        f0 = np.where(beyond, np.nan, f0)
        return make_targets(
            notes,
            f0,
            voiced,
            played,
            self.batch.half_width,
            offsets=recording.offsets,
            syllables=None if recording.syllables is None else (recording.syllables - start) / ratio,
            ornaments=None if recording.ornaments is None else (recording.ornaments - start) / ratio,
        )


def conventions_of(recordings: Sequence[Recording]) -> list[str]:
    """Return the sorted names of the label conventions of the notes; an empty list if there are fewer than two."""
    names = sorted({r.convention for r in recordings if r.notes is not None})
    return names if len(names) > 1 else []


def _weights(pool: Sequence[Recording]) -> np.ndarray:
    """Return the probability of each recording, which is proportional to its length and weight."""
    seconds = np.array([r.duration * r.weight for r in pool])
    return seconds / seconds.sum()


def _sample_f0(f0: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Sample ``f0``, which has a value every `F0_HOP` seconds, at ``time``.

    Values are interpolated between known neighbours that are less than 2 semitones apart. Otherwise, the value of the
    nearest frame is used.
    """
    position = np.clip(time / F0_HOP, 0, len(f0) - 1)
    low = np.minimum(position.astype(int), len(f0) - 1)
    high = np.minimum(low + 1, len(f0) - 1)
    part = position - low
    linear = (1.0 - part) * f0[low] + part * f0[high]
    # A leap between neighbours is an error or a new note, so no value between them is used.
    steady = np.isfinite(linear) & (np.abs(f0[low] - f0[high]) < 2.0)
    return np.where(steady, linear, np.where(part < 0.5, f0[low], f0[high]))
