"""From a recording to a `Transcription`: the one path that the command, training's validation and tests walk."""

from pathlib import Path

import numpy as np
import torch

from singtrans import audio, decode
from singtrans.errors import UsageError
from singtrans.features import level
from singtrans.model import Model, load_model
from singtrans.models import find_model
from singtrans.notes import Transcription

_CORE_SECONDS = 30.0  # what a chunk contributes
_CONTEXT_SECONDS = 4.0  # what it hears on either side, so that no seam is heard
_BATCH = 4
_SILENT = 1e-12  # RMS amplitude below which a recording holds nothing, not even its own noise


class Transcriber:
    """Listens to recordings with one model.

    Args:
        model: a shipped model's name, a path to a weight file, or a `Model`.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        SingtransError: if there is no such model or device.

    Example:
        >>> transcriber = Transcriber()  # doctest: +SKIP
        >>> transcriber("song.wav").save("song.mid")  # doctest: +SKIP
    """

    def __init__(self, model: str | Path | Model = "default", device: str = "auto") -> None:
        self.device = choose_device(device)
        self.model = model if isinstance(model, Model) else load_model(find_model(model))
        self.model.to(self.device).eval()

    def __call__(self, path: str | Path) -> Transcription:
        """Transcribe one file.

        Raises:
            SingtransError: if the file cannot be read.
        """
        path = Path(path)
        return self.transcribe(audio.load(path, self.model.config.features.sample_rate), path.name)

    def transcribe(self, samples: np.ndarray, name: str = "") -> Transcription:
        """Transcribe ``samples``, (n,) mono at the model's rate.

        Args:
            samples: any level.
            name: what the transcription says it was made of.

        Raises:
            ValueError: if ``samples`` is not one-dimensional or not finite.
        """
        samples = np.asarray(samples, np.float32)
        if samples.ndim != 1 or not np.isfinite(samples).all():
            raise ValueError(f"samples must be one-dimensional and finite, not of shape {samples.shape}")
        config = self.model.config
        duration = len(samples) / config.features.sample_rate
        posteriors = self.posteriors(samples)
        return Transcription(
            notes=decode.decode(posteriors, config.decoder, duration),
            pitch=decode.pitch_track(posteriors, config.decoder),
            duration=duration,
            audio=name,
            model=self.model.name,
        )

    def posteriors(self, samples: np.ndarray) -> decode.Posteriors:
        """What the network says about every frame of ``samples``, (n,) mono at the model's rate."""
        features, bins = self.model.config.features, self.model.config.network.pitch_bins
        frames = self.model.front_end.frames(len(samples))
        heads = np.zeros((frames, 4), np.float32)
        # Half precision: an hour's pitch posterior is 65 MB instead of 130.
        pitch = np.full((frames, bins), 1.0 / bins, np.float16)
        loudness = level(samples, features.sample_rate)
        if loudness > _SILENT:
            for first, last, head, posterior in self._chunks(samples, 1.0 / loudness, frames):
                heads[first:last], pitch[first:last] = head, posterior
        return decode.Posteriors(
            onset=heads[:, 0],
            offset=heads[:, 1],
            activity=heads[:, 2],
            voicing=heads[:, 3],
            pitch=pitch,
            hop=features.hop_seconds,
            lowest_midi=features.lowest_midi,
            bins_per_semitone=features.bins_per_semitone,
        )

    @torch.inference_mode()
    def _chunks(self, samples: np.ndarray, gain: float, frames: int):
        """Yield (first, last, heads, pitch) of every chunk; chunks of one length go through the network together."""
        hop_seconds = self.model.config.features.hop_seconds
        core, context = round(_CORE_SECONDS / hop_seconds), round(_CONTEXT_SECONDS / hop_seconds)
        by_length: dict[int, list[tuple[int, int]]] = {}
        for first in range(0, frames, core):
            low, high = max(first - context, 0), min(first + core + context, frames)
            by_length.setdefault(high - low, []).append((first, low))
        for length, chunks in by_length.items():
            for i in range(0, len(chunks), _BATCH):
                batch = chunks[i : i + _BATCH]
                heard = np.stack([self._slice(samples, low, length) for _, low in batch]) * np.float32(gain)
                logits = self.model(torch.from_numpy(heard).to(self.device))
                heads, pitch = logits.heads.sigmoid().cpu().numpy(), logits.pitch.softmax(-1).cpu().numpy()
                for (first, low), head, posterior in zip(batch, heads, pitch, strict=True):
                    last = min(first + core, frames)
                    inside = slice(first - low, last - low)
                    yield first, last, head[inside], posterior[inside]

    def _slice(self, samples: np.ndarray, first: int, frames: int) -> np.ndarray:
        """Samples for ``frames`` frames from ``first`` on, with the front end's margins, zeros beyond the ends."""
        hop, margin = self.model.config.features.hop, self.model.front_end.margin
        start, stop = first * hop - margin, (first + frames - 1) * hop + margin
        inside = samples[max(start, 0) : min(stop, len(samples))]
        return np.pad(inside, (max(-start, 0), max(stop - len(samples), 0)))


def transcribe(path: str | Path, model: str | Path = "default", device: str = "auto") -> Transcription:
    """Transcribe one recording of singing.

    Args:
        path: any audio or video file that soundfile or PyAV can read.
        model: a shipped model's name or a path to a weight file.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Returns:
        The notes and the pitch track; ``.save("song.mid")`` writes them.

    Raises:
        SingtransError: if the recording, the model or the device cannot be used.
    """
    return Transcriber(model, device)(path)


def choose_device(name: str) -> torch.device:
    """The torch device for ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        UsageError: if it is unknown or this machine has none.
    """
    usable = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        # A short song is done on the CPU before a GPU has woken; only CUDA pays for long ones.
        return torch.device("cuda" if usable["cuda"] else "cpu")
    if name not in usable:
        raise UsageError(f"--device {name}: unknown; use auto, cpu, cuda or mps")
    if not usable[name]:
        raise UsageError(f"--device {name}: this machine's torch cannot use it; use --device cpu")
    return torch.device(name)
