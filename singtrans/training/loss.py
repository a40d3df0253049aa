"""Training loss: a weighted sum of named terms."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax

from singtrans.model.config import FeatureConfig
from singtrans.model.heads import HEADS
from singtrans.model.network import Logits
from singtrans.training.batches import Batch


@dataclass(frozen=True)
class LossConfig:
    """Weights of the terms, and width of the pitch target.

    Attributes:
        onset, offset, activity, voicing, syllable, ornament, release, nasal, pitch: weight of each term.
        pitch_blur: standard deviation of the pitch target in semitones.
    """

    onset: float = 1.0
    offset: float = 1.0
    activity: float = 0.5
    voicing: float = 0.5
    syllable: float = 0.5
    ornament: float = 0.5
    release: float = 0.5
    nasal: float = 0.5
    pitch: float = 0.2
    pitch_blur: float = 0.25


def known_frames(batch: Batch, features: FeatureConfig, bins: int) -> Tensor:
    """Count the frames with a known target, for each of `HEADS` and for the pitch, (9,).

    The target of the pitch is known if the pitch is labelled and within the range of the ``bins`` pitch bins.
    """
    pitch = _pitch_known(batch, features, bins).sum().reshape(1)
    return torch.cat([batch.head_known.sum(dim=(0, 1)), pitch])


def losses(
    logits: Logits, batch: Batch, features: FeatureConfig, config: LossConfig, counts: Tensor | None = None
) -> dict[str, Tensor]:
    """Compute the weighted terms of the loss, by name. Training minimises their sum.

    Every term is a mean over the frames with a known target, so that batches with few labels have the same weight as
    other batches.

    Args:
        logits: output of the network for the batch.
        batch: excerpts and their targets.
        features: feature configuration of the model.
        config: weights of the terms.
        counts: (9,) numbers of frames by which the sums are divided; None to count the frames of this batch with
            `known_frames`.
    """
    bins = logits.pitch.shape[-1]
    counts = (known_frames(batch, features, bins) if counts is None else counts).clamp_min(1.0)
    heads = logits.heads.float()
    each = binary_cross_entropy_with_logits(heads, batch.heads, reduction="none") * batch.head_known
    mean = each.sum(dim=(0, 1)) / counts[: len(HEADS)]
    terms = {name: getattr(config, name) * mean[i] for i, name in enumerate(HEADS)}
    entropy = _pitch_entropy(logits.pitch.float(), batch.pitch, features, config.pitch_blur)
    known = _pitch_known(batch, features, bins)
    terms["pitch"] = config.pitch * (entropy * known).sum() / counts[len(HEADS)]
    return terms


def _pitch_known(batch: Batch, features: FeatureConfig, bins: int) -> Tensor:
    """Return (batch, frames) values that are 1 where the pitch is known and within the range of the bins."""
    highest = features.lowest_midi + (bins - 1) / features.bins_per_semitone
    return batch.pitch_known * ((batch.pitch >= features.lowest_midi) & (batch.pitch <= highest))


def _pitch_entropy(logits: Tensor, pitch: Tensor, features: FeatureConfig, blur: float) -> Tensor:
    """Compute the cross-entropy of the predicted pitch, (batch, frames), with a Gaussian around the pitch as target.

    With such a target, the centroid of the predicted distribution can lie between bins.
    """
    midi = features.lowest_midi + torch.arange(logits.shape[-1], device=logits.device) / features.bins_per_semitone
    target = torch.exp(-0.5 * ((pitch.unsqueeze(-1) - midi) / blur).square())
    target = target / target.sum(-1, keepdim=True).clamp_min(1e-6)
    return -(target * log_softmax(logits, dim=-1)).sum(-1)
