"""One optimiser step."""

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from singtrans import interrupt
from singtrans.training.batches import Batch
from singtrans.training.config import TrainConfig, learning_rate
from singtrans.training.distributed import ALONE, Processes
from singtrans.training.loss import known_frames, losses
from singtrans.training.state import State


@dataclass(frozen=True)
class Stepped:
    """Result of a step, for the excerpts of all processes.

    Attributes:
        terms: terms of the loss by name, and their ``total``.
        stopping: whether a process has received a signal to stop.
    """

    terms: dict[str, float]
    stopping: bool


Inputs = tuple[Tensor, Tensor]
"""Features of a batch: output of `FrontEnd`."""


def prepare(state: State, batch: Batch) -> tuple[Batch, Inputs]:
    """Move a batch to the device of the model, and compute the features of the batch."""
    moved = Batch(**{f.name: getattr(batch, f.name).to(state.device) for f in dataclasses.fields(batch)})
    with torch.no_grad():
        return moved, state.model.front_end(moved.samples)


def train_step(
    state: State,
    prepared: tuple[Batch, Inputs],
    config: TrainConfig,
    processes: Processes = ALONE,
    over: float = 0.0,
) -> Callable[[], Stepped]:
    """Train on one batch.

    Args:
        state: training state, which is changed in place.
        prepared: result of `prepare` for the share of this process in the batch.
        config: configuration of the training run.
        processes: processes of the training run.
        over: elapsed fraction of the time limit, 0 to 1; the learning rate falls with it.

    Returns:
        A function that waits until the device has finished the step, and returns the result.
    """
    for group in state.optimiser.param_groups:
        group["lr"] = learning_rate(state.step, config, over)
    # Dropout must not depend on whether training was interrupted.
    torch.manual_seed((config.seed * 1_000_003 + state.step) * processes.count + processes.rank)
    model, (batch, inputs) = state.model.train(), prepared
    features = model.config.features
    # Means are over the frames of all processes, so a process with more labels has a greater weight.
    counts = processes.total(known_frames(batch, features, model.config.network.pitch_bins)) / processes.count
    terms, total = descend(state, inputs, batch, config, counts)
    values = torch.stack([*(t.detach() for t in terms.values()), total.detach()])
    values = torch.cat([values, values.new_tensor([float(interrupt.pending())])])
    values = _combine(state.parameters, values, processes)
    advance(state, config)

    def result() -> Stepped:
        *numbers, stopping = values.tolist()
        return Stepped(dict(zip([*terms, "total"], numbers, strict=True)), stopping > 0)

    return result


def descend(
    state: State, inputs: Inputs, batch: Batch, config: TrainConfig, counts: Tensor | None = None
) -> tuple[dict[str, Tensor], Tensor]:
    """Compute the loss for a batch, and the gradients of the loss.

    Args:
        state: training state, whose model must be in training mode.
        inputs: output of the model's front end for the batch.
        batch: targets of the batch, on the device of the model.
        config: configuration of the training run.
        counts: numbers of known frames, as for `losses`.

    Returns:
        Terms of the loss and their sum, as scalars on the device. The function does not wait until they are computed.
    """
    model, device = state.model, state.device
    with torch.autocast(device.type, torch.bfloat16, enabled=config.bf16 and has_bf16(device)):
        logits = model.network(*inputs, convention=batch.convention)
    terms = losses(logits, batch, model.config.features, config.loss, counts)
    total = functools.reduce(torch.add, terms.values())
    state.optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(total)
    return terms, total


def advance(state: State, config: TrainConfig) -> None:
    """Do one step of the optimiser, and update the average of the weights."""
    torch.nn.utils.clip_grad_norm_(state.parameters, config.clip)
    state.optimiser.step()
    state.step += 1
    # At first, the average is a plain mean, so that the random initial weights soon have little influence on it.
    decay = min(config.average, state.step / (state.step + 10))
    with torch.no_grad():
        for kept, new in state.averaged():
            kept.lerp_(new, 1.0 - decay)


def has_bf16(device: torch.device) -> bool:
    """Return whether bfloat16 is faster than single precision on a device."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    # A CPU without instructions for bfloat16 emulates it, which is slower than single precision.
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # some versions of torch lack them
    return device.type == "cpu" and any(getattr(torch.cpu, name, bool)() for name in names)


def _combine(parameters: list[Tensor], values: Tensor, processes: Processes) -> Tensor:
    """Average the gradients (in place) and ``values`` over the processes, and return the averages of ``values``."""
    if processes.count == 1:
        return values
    gradients = [p.grad for p in parameters if p.grad is not None]
    message = processes.total(torch.cat([*(g.reshape(-1) for g in gradients), values])) / processes.count
    *parts, values = torch.split(message, [*(g.numel() for g in gradients), len(values)])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))
    return values
