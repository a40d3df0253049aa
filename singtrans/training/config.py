"""How to train: everything but the model's own configuration."""

import math
from dataclasses import dataclass, field

from singtrans.training.augment import AugmentConfig
from singtrans.training.batches import BatchConfig
from singtrans.training.loss import LossConfig

FREEZABLE = {
    "none": (),
    "pitch": ("pitch_head",),
    "early": ("pitch_head", "band_convolutions", "spectrum_convolution"),
    "boundaries": (
        "band_convolutions",
        "band_embedding",
        "spectrum_convolution",
        "spectrum_embedding",
        "normalise",
        "lstm",
        "heads",
        "corrections",
    ),
}
"""What ``freeze`` can name -> the network's parts that keep the weights they began with."""


@dataclass(frozen=True)
class TrainConfig:
    """How to train.

    Attributes:
        steps: optimiser steps.
        rate: highest learning rate.
        warmup: steps until it is reached; a half cosine takes it to a fiftieth at the last step.
        weight_decay, clip: of AdamW; largest gradient norm.
        average: decay of the running average of the weights, which is what is validated and kept.
        validate_every: steps; the state is saved as often.
        patience: stop after this many validations without a better one; 0 goes on to the last step.
        seed: start of all chance.
        bf16: compute in bfloat16 where the processor can.
        freeze: a key of `FREEZABLE`.
        init: checksum of the model that training begins with; empty for random weights.
        convention: whose corrections the models that are kept have; empty for those of none.
    """

    steps: int = 6000
    rate: float = 2e-3
    warmup: int = 300
    weight_decay: float = 1e-2
    clip: float = 1.0
    average: float = 0.999
    validate_every: int = 500
    patience: int = 0
    seed: int = 0
    bf16: bool = True
    freeze: str = "none"
    init: str = ""
    convention: str = ""
    batch: BatchConfig = field(default_factory=BatchConfig)
    augmentation: AugmentConfig = field(default_factory=AugmentConfig)
    loss: LossConfig = field(default_factory=LossConfig)


def learning_rate(step: int, config: TrainConfig, over: float = 0.0) -> float:
    """Rate at a step: a pure function of it, unless time runs short.

    Args:
        step: that is to be done.
        config: of the training.
        over: part of the time that is over.
    """
    if step < config.warmup:
        return config.rate * (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.rate * annealing(max(done, over))


def annealing(done: float) -> float:
    """Part of the highest rate when this part of the training is done: a half cosine from 1 to a fiftieth."""
    return 0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))
