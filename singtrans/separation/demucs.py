"""The engine ``demucs``. It uses ``demucs.api``, which downloads the weights of Demucs at the first use.

The recording is passed to Demucs in windows of half a minute, because Demucs keeps its whole input in memory and
normalises the level of this input. Neighbouring windows overlap. The first and the last `_CONTEXT_SECONDS` of each
window are not used.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from singtrans.errors import UsageError
from singtrans.extras import need
from singtrans.separation.windows import windows

EXTRA = "demucs"
MODEL = "htdemucs"
_VOICE = "vocals"
_WINDOW_SECONDS, _CONTEXT_SECONDS = 30.0, 2.0


class DemucsSeparator:
    """Separator that uses Demucs.

    Args:
        model: name of a pretrained model.
        separator: object of the class ``demucs.api.Separator``; None to make one with this model.

    Raises:
        UsageError: if Demucs is not installed, or the model cannot be loaded or does not separate voices.
    """

    name = "demucs"

    def __init__(self, model: str = MODEL, separator: Any = None) -> None:
        self._separator = separator or _load(model)
        self.sample_rate = int(self._separator.samplerate)
        if _VOICE not in self._separator.model.sources:
            raise UsageError(f"the Demucs model {model} does not separate the voice: use {MODEL}")

    def __call__(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Separate the voice; see `Separator`."""
        size, context = (round(s * self.sample_rate) for s in (_WINDOW_SECONDS, _CONTEXT_SECONDS))
        for window in windows(blocks, size, size - 2 * context, context):
            yield self._voice(window.samples)[context : context + window.kept]

    def _voice(self, samples: np.ndarray) -> np.ndarray:
        """Return the voice, (n, 2), from samples of the mix, (n, 2)."""
        import torch

        if not samples.any():  # Demucs would divide by the level
            return np.zeros_like(samples)
        _, sources = self._separator.separate_tensor(torch.from_numpy(np.ascontiguousarray(samples.T)))
        return sources[_VOICE].detach().cpu().numpy().T.astype(np.float32, copy=False)


def _load(model: str) -> Any:
    need("demucs", EXTRA, "--separator demucs")
    from demucs.api import LoadModelError, Separator

    try:
        # Without random shifts, the same recording always gives the same voice.
        return Separator(model, shifts=0, progress=False)
    except (LoadModelError, OSError, RuntimeError, ValueError) as error:
        what = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(
            f"the Demucs model {model} cannot be loaded ({what[:200]}): it is downloaded at its first use, so connect"
            " to the internet, or use --separator spleeter"
        ) from error
