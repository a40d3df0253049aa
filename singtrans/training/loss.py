"""What the network is told off for: one named term each, summed."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax

from singtrans.config import FeatureConfig
from singtrans.model import HEADS, Logits
from singtrans.training.batches import Batch


@dataclass(frozen=True)
class LossConfig:
    """Weight of each term, and the blur of the pitch target.

    Attributes:
        onset, offset, activity, voicing, pitch: weights.
        pitch_blur: standard deviation of the pitch target in semitones.
    """

    onset: float = 1.0
    offset: float = 1.0
    activity: float = 0.5
    voicing: float = 0.5
    pitch: float = 0.2
    pitch_blur: float = 0.25


def losses(logits: Logits, batch: Batch, features: FeatureConfig, config: LossConfig) -> dict[str, Tensor]:
    """Weighted terms by name; their sum is what is minimised.

    Every term is a mean over the frames whose target is known, so that a batch with few labels does not whisper.
    """
    heads = logits.heads.float()
    each = binary_cross_entropy_with_logits(heads, batch.heads, reduction="none") * batch.head_known
    mean = each.sum(dim=(0, 1)) / batch.head_known.sum(dim=(0, 1)).clamp_min(1.0)
    terms = {name: getattr(config, name) * mean[i] for i, name in enumerate(HEADS)}
    terms["pitch"] = config.pitch * pitch_loss(logits.pitch.float(), batch, features, config.pitch_blur)
    return terms


def pitch_loss(logits: Tensor, batch: Batch, features: FeatureConfig, blur: float) -> Tensor:
    """Cross-entropy to a Gaussian around the pitch, so that the posterior's centroid is the pitch between bins."""
    bins = logits.shape[-1]
    midi = features.lowest_midi + torch.arange(bins, device=logits.device) / features.bins_per_semitone
    distance = (batch.pitch.unsqueeze(-1) - midi) / blur
    target = torch.exp(-0.5 * distance.square())
    mass = target.sum(-1)
    # A pitch beyond the posterior's range has no mass there and cannot be learnt.
    known = batch.pitch_known * (mass > 0.5 * mass.max())
    target = target / mass.clamp_min(1e-6).unsqueeze(-1)
    each = -(target * log_softmax(logits, dim=-1)).sum(-1)
    return (each * known).sum() / known.sum().clamp_min(1.0)
