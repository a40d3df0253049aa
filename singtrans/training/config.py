"""Configuration of a training run, without the configuration of the model."""

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
"""Map from values of ``freeze`` to the parts of the network whose weights are not changed."""


@dataclass(frozen=True)
class TrainConfig:
    """Configuration of a training run.

    Attributes:
        steps: optimiser steps.
        rate: highest learning rate.
        warmup: number of steps in which the learning rate rises to ``rate``. After that, it falls along a half cosine,
            to a fiftieth of ``rate`` at the last step.
        weight_decay: weight decay of AdamW.
        clip: largest norm of the gradient; a gradient with a larger norm is scaled down.
        average: decay of the running average of the weights; the averaged weights are validated and saved.
        validate_every: number of steps between validations; the state is saved at each validation.
        patience: number of successive validations without improvement after which training stops; 0 to continue to the
            last step.
        seed: random seed.
        bf16: whether to compute in bfloat16 if the processor supports it.
        freeze: key of `FREEZABLE` that selects the parts of the network to leave unchanged.
        init: checksum of the initial model; empty for random weights.
        blend: share of the trained model in the saved models. Each saved weight is ``blend`` times the trained weight
            plus ``1 - blend`` times the initial weight. With values below 1, less accuracy is lost on recordings that
            are unlike the training data.
        convention: label convention whose corrections are folded into the saved models; empty for no corrections.
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
    blend: float = 1.0
    convention: str = ""
    batch: BatchConfig = field(default_factory=BatchConfig)
    augmentation: AugmentConfig = field(default_factory=AugmentConfig)
    loss: LossConfig = field(default_factory=LossConfig)


def learning_rate(step: int, config: TrainConfig, over: float = 0.0) -> float:
    """Return the learning rate of a step. Without a time limit, it depends only on the step.

    Args:
        step: number of the step, from 0.
        config: configuration of the training run.
        over: elapsed fraction of the time limit, 0 to 1.
    """
    if step < config.warmup:
        return config.rate * (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.rate * annealing(max(done, over))


def annealing(done: float) -> float:
    """Return the learning rate as a fraction of the highest rate.

    It falls from 1 to a fiftieth along a half cosine.

    Args:
        done: fraction of the steps after the warm-up, or of the time limit, that has passed, 0 to 1.
    """
    return 0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))
