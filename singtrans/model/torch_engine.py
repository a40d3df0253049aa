"""Engine that runs the network with torch, on a GPU or during training."""

import numpy as np
import torch
from torch import Tensor

from singtrans.errors import UsageError
from singtrans.model.engine import Embedded
from singtrans.model.network import Model


def choose_device(name: str) -> torch.device:
    """Return the torch device for ``cpu``, ``cuda`` or ``mps``.

    Raises:
        UsageError: if the name is unknown, or if torch cannot use such a device on this machine.
    """
    usable = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name not in usable:
        raise UsageError(f"--device {name}: unknown; use auto, cpu, cuda or mps")
    if not usable[name]:
        raise UsageError(f"--device {name}: this machine's torch cannot use it; use --device cpu")
    return torch.device(name)


class TorchEngine:
    """A `singtrans.model.engine.Engine` that runs a torch module.

    Args:
        model: model, which is put into evaluation mode and moved to the device.
        device: device that runs the network.
    """

    def __init__(self, model: Model, device: torch.device) -> None:
        self._model, self._device = model.to(device).eval(), device
        self.margin, self.reach = model.front_end.margin, model.network.reach
        self.layers, self.heads = model.network.lstm.num_layers, model.network.heads.out_features

    @torch.inference_mode()
    def embed(self, samples: np.ndarray) -> Embedded:
        """See `singtrans.model.engine.Engine`."""
        network = self._model.network
        features, logits = network.embed(*self._model.front_end(torch.from_numpy(samples)[None].to(self._device)))
        return Embedded(network.normalise(features)[0].cpu().numpy(), logits[0].softmax(dim=-1).half().cpu().numpy())

    def direction(self, layer: int, *, backward: bool) -> "_TorchDirection":
        """See `singtrans.model.engine.Engine`."""
        suffix = f"_l{layer}" + ("_reverse" if backward else "")
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return _TorchDirection([getattr(self._model.network.lstm, name + suffix) for name in names], backward)

    @torch.inference_mode()
    def probabilities(self, context: np.ndarray) -> np.ndarray:
        """See `singtrans.model.engine.Engine`."""
        logits = self._model.network.heads(torch.from_numpy(context).to(self._device))
        return logits.sigmoid().T.contiguous().cpu().numpy()

    def start_thread(self) -> None:
        """Limit torch to one thread, because its threads use processor time while they wait for each other."""
        torch.set_num_threads(1)


class _TorchDirection:
    """A `singtrans.model.engine.Direction`."""

    def __init__(self, weights: list[Tensor], backward: bool) -> None:
        self.backward = backward
        self._weights = weights
        self._state = [torch.zeros(1, 1, weights[1].shape[1], device=weights[1].device)] * 2

    @torch.inference_mode()
    def __call__(self, features: np.ndarray) -> np.ndarray:
        """See `singtrans.model.engine.Direction`."""
        x = torch.from_numpy(features)[None].to(self._weights[0].device)
        y, *self._state = torch.lstm(self._turned(x), self._state, self._weights, True, 1, 0.0, False, False, True)
        return self._turned(y)[0].cpu().numpy()

    def _turned(self, x: Tensor) -> Tensor:
        return x.flip(1) if self.backward else x
