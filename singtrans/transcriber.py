"""From a recording to a `Transcription`: the one path that the command, training's validation and tests walk."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from singtrans import audio
from singtrans.decoding.confidence import FEWEST_NOTES
from singtrans.decoding.decoder import Decoder, pitch_track
from singtrans.decoding.options import DecodingOptions
from singtrans.decoding.posteriors import Posteriors, join
from singtrans.errors import UsageError
from singtrans.model.features import Level, level
from singtrans.model.network import Model
from singtrans.model.shipped import find_model
from singtrans.model.streaming import Listener
from singtrans.model.weights import load_model
from singtrans.notes import PitchTrack, Transcription

_KEPT_SECONDS = 300.0  # a recording up to this length is held in memory (19 MB) instead of being decoded twice
_SHORT_SECONDS = 25.0
_READING = 0.8  # of the work on a recording is done when its last block is read
_SILENT = 1e-12  # RMS amplitude below which a recording holds nothing, not even its own noise


class Transcriber:
    """Listens to recordings with one model.

    Args:
        model: a shipped model's name, a path to a weight file, or a `Model`.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: how many parts of a recording are worked on at once; it has no part in the result. With more than
            one, torch's own threads are switched off.
        decoding: how notes are cut and written.
        progress: called now and then with the share of the recording that is done, 0 to 1.

    Raises:
        InputError: if there is no such model or device.

    Example:
        >>> transcriber = Transcriber()
        >>> path = transcriber("song.wav").save("song.mid")
    """

    def __init__(
        self,
        model: str | Path | Model = "default",
        device: str = "auto",
        threads: int = 1,
        decoding: DecodingOptions | None = None,
        progress: Callable[[float], None] = lambda share: None,
    ) -> None:
        self.decoding = decoding or DecodingOptions()
        self.progress = progress
        self.device = choose_device(device)
        self.model = model if isinstance(model, Model) else load_model(find_model(model))
        self.model.to(self.device).eval()
        self._listen = Listener(self.model, threads)
        self._listen_alone = Listener(self.model)

    def __call__(self, source: audio.Source) -> Transcription:
        """Transcribe one file, of any length: memory does not grow with it, but for what is found.

        Args:
            source: a path, or a `singtrans.audio.Recording` to choose a sound track or a channel.

        Raises:
            InputError: if the file cannot be read.
        """
        rate = self.model.config.features.sample_rate
        loudness, length, kept = Level(rate), 0, []
        reading = audio.Reading(source, rate)
        for block in reading:
            loudness.add(block)
            length += len(block)
            kept.append(block)
            if length > _KEPT_SECONDS * rate:
                kept.clear()
        whole = length <= _KEPT_SECONDS * rate
        blocks = kept if whole else audio.Reading(source, rate)
        found = self._transcribe(blocks, loudness.value, length, audio.as_recording(source).name)
        summary = reading.summary
        if summary is None:
            return found
        return replace(found, missing=summary.missing, remarks=(summary.remark,) if summary.remark else ())

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
        loudness = level(samples, self.model.config.features.sample_rate)
        return self._transcribe([samples], loudness, len(samples), name)

    def posteriors(self, samples: np.ndarray) -> Posteriors:
        """What the network says about every frame of ``samples``, (n,) mono at the model's rate."""
        loudness = level(samples, self.model.config.features.sample_rate)
        return join(list(self._listen([np.asarray(samples, np.float32)], _gain(loudness))))

    def _transcribe(self, blocks: Iterable[np.ndarray], loudness: float, length: int, name: str) -> Transcription:
        """Transcribe ``length`` samples that come in blocks and are as loud as ``loudness``."""
        config = self.model.config
        decoder = Decoder(self.decoding.config(config.decoder), config.confidence)
        midi: list[np.ndarray] = []
        voicing: list[np.ndarray] = []
        # Too short to be shared out: a second thread would cost more than it does.
        short = length < _SHORT_SECONDS * config.features.sample_rate
        listen = self._listen_alone if short else self._listen
        duration = length / config.features.sample_rate
        for posteriors in listen(self._watched(blocks, length), _gain(loudness)):
            decoder.add(posteriors)
            track = pitch_track(posteriors, config.decoder)
            midi.append(track.midi)
            voicing.append(track.voicing)
            found = sum(map(len, midi)) * config.features.hop_seconds
            self.progress(_READING + (1 - _READING) * found / max(duration, found))
        notes = self.decoding.written(decoder.finish(duration))
        return Transcription(
            notes=notes,
            pitch=PitchTrack(
                time=np.arange(sum(map(len, midi))) * config.features.hop_seconds,
                midi=_joined(midi),
                voicing=_joined(voicing),
            ),
            duration=duration,
            audio=name,
            model=self.model.name,
            clarity=decoder.clarity if notes else None,
            mixed=self._mixed(decoder.clarity) if len(notes) >= FEWEST_NOTES else None,
        )

    def _watched(self, blocks: Iterable[np.ndarray], length: int) -> Iterator[np.ndarray]:
        """The blocks, of which the progress is told."""
        read = 0
        for block in blocks:
            yield block
            read += len(block)
            self.progress(_READING * read / max(length, 1))

    def _mixed(self, clarity: float) -> bool | None:
        """Whether notes are less clear than those of one voice alone; None if the model does not know how clear."""
        least = self.model.config.confidence.least_clarity
        return clarity < least if least else None


def _joined(pieces: list[np.ndarray]) -> np.ndarray:
    """The pieces as one array; the list is emptied, since those of hours take as much memory as the whole."""
    joined = np.concatenate(pieces)
    pieces.clear()
    return joined


def _gain(loudness: float) -> float:
    """What brings a recording to the level that the network knows; 0 if it holds nothing."""
    return 1.0 / loudness if loudness > _SILENT else 0.0


def transcribe(path: str | Path, model: str | Path = "default", device: str = "auto") -> Transcription:
    """Transcribe one recording of singing.

    Args:
        path: any audio or video file that soundfile or PyAV can read.
        model: a shipped model's name or a path to a weight file.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Returns:
        The notes and the pitch track; ``.save("song.mid")`` writes them.

    Raises:
        InputError: if the recording, the model or the device cannot be used.
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
