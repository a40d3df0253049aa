"""Transcription of one recording. The command line, validation and evaluation all use this code."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singtrans import audio
from singtrans.decoding.confidence import FEWEST_NOTES
from singtrans.decoding.decoder import Decoder, pitch_track
from singtrans.decoding.options import DecodingOptions
from singtrans.decoding.posteriors import Posteriors, join
from singtrans.extras import need
from singtrans.model.chunking import DEFAULT, Chunking
from singtrans.model.engine import Engine
from singtrans.model.level import Level, level
from singtrans.model.model_file import StoredModel, read_model
from singtrans.model.shipped import find_model
from singtrans.model.streaming import StreamingModel
from singtrans.notes import PitchTrack, Transcription

if TYPE_CHECKING:
    from singtrans.model.network import Model

_log = logging.getLogger(__name__)

_READING = 0.8  # share of the work that is done when the last block has been read
_SILENT = 1e-12  # RMS amplitude up to which a recording is digital silence


class Transcriber:
    """Transcriber that uses one model for any number of recordings.

    Args:
        model: name of a shipped model, path of a model file, or a loaded model.
        device: ``auto`` or ``cpu`` for the CPU, without torch; ``cuda`` or ``mps``, which need torch. A torch `Model`
            always runs in torch.
        threads: number of parts of a recording that are computed at the same time. This has no influence on the result.
        decoding: options of the decoder.
        progress: function that is called repeatedly with the finished share of the recording, 0 to 1.
        chunking: division of recordings into chunks. This has no influence on the result.

    Raises:
        UsageError: if there is no such model or device.

    Example:
        >>> transcriber = Transcriber()
        >>> path = transcriber("song.wav").save("song.mid")
    """

    def __init__(
        self,
        model: "str | Path | StoredModel | Model" = "default",
        device: str = "auto",
        threads: int = 1,
        decoding: DecodingOptions | None = None,
        progress: Callable[[float], None] = lambda share: None,
        chunking: Chunking = DEFAULT,
    ) -> None:
        self.decoding = decoding or DecodingOptions()
        self._chunking = chunking
        self.progress = progress
        self.model = read_model(find_model(model)) if isinstance(model, str | Path) else model
        engine = _engine(self.model, device)
        _log.debug("model %s, %s, threads %d", self.model.name, type(engine).__name__, threads)
        self._run = StreamingModel(engine, self.model.config, threads, chunking)
        self._run_alone = StreamingModel(engine, self.model.config, 1, chunking)

    def __call__(self, source: audio.Source | np.ndarray, sample_rate: int | None = None) -> Transcription:
        """Transcribe one recording of any length. The samples of a long file are not kept in memory.

        Args:
            source: path of a file, `singtrans.audio.Recording` with a choice of sound track and channel, or array of
                samples as for `transcribe`.
            sample_rate: sample rate of an array, in Hz; None for files.

        Raises:
            InputError: if the file cannot be read.
            ValueError: if the samples cannot be used, or ``sample_rate`` is given for a file.
        """
        if isinstance(source, np.ndarray):
            return self.transcribe(source, sample_rate=sample_rate)
        if sample_rate is not None:
            raise ValueError("sample_rate is only for arrays, because files state their sample rate")
        rate = self.model.config.features.sample_rate
        kept_length = self._chunking.kept_seconds * rate
        loudness, length, kept = Level(rate), 0, []
        reading = audio.Reading(source, rate)
        for block in reading:
            loudness.add(block)
            length += len(block)
            kept.append(block)
            if length > kept_length:
                kept.clear()
        whole = length <= kept_length
        blocks = kept if whole else audio.Reading(source, rate)
        found = self._transcribe(blocks, loudness.value, length, audio.as_recording(source).name)
        summary = reading.summary
        if summary is None:
            return found
        return replace(found, missing=summary.missing, remarks=(summary.remark,) if summary.remark else ())

    def transcribe(self, samples: np.ndarray, name: str = "", *, sample_rate: int | None = None) -> Transcription:
        """Transcribe samples in memory.

        Args:
            samples: (n,) or (n, channels) samples of any level, as for `singtrans.audio.from_array`.
            name: name of the recording, which is stored in the transcription.
            sample_rate: sample rate in Hz; by default the sample rate of the model.

        Raises:
            ValueError: if there are no samples, their shape is wrong, or some are not finite.
        """
        rate = self.model.config.features.sample_rate
        mono = audio.from_array(samples, sample_rate or rate, rate)
        return self._transcribe([mono], level(mono, rate), len(mono), name)

    def posteriors(self, samples: np.ndarray) -> Posteriors:
        """Compute the posteriors of every frame of ``samples``, (n,) mono at the sample rate of the model."""
        loudness = level(samples, self.model.config.features.sample_rate)
        return join(list(self._run([np.asarray(samples, np.float32)], _gain(loudness))))

    def _transcribe(self, blocks: Iterable[np.ndarray], loudness: float, length: int, name: str) -> Transcription:
        """Transcribe ``length`` samples that are given in blocks; ``loudness`` is their level."""
        config = self.model.config
        decoder = Decoder(self.decoding.config(config.decoder), config.confidence)
        midi: list[np.ndarray] = []
        voicing: list[np.ndarray] = []
        _log.debug("%s: %.1f s, level %.3g", name, length / config.features.sample_rate, loudness)
        short = length < self._chunking.short_seconds * config.features.sample_rate
        run = self._run_alone if short else self._run
        duration = length / config.features.sample_rate
        for posteriors in run(self._watched(blocks, length), _gain(loudness)):
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
        """Yield the blocks, and report the progress."""
        read = 0
        for block in blocks:
            yield block
            read += len(block)
            self.progress(_READING * read / max(length, 1))

    def _mixed(self, clarity: float) -> bool | None:
        """Return whether ``clarity`` is too low for a single voice; None if the model has no threshold for this."""
        least = self.model.config.confidence.least_clarity
        return clarity < least if least else None


def _joined(pieces: list[np.ndarray]) -> np.ndarray:
    """Join pieces into one array, and empty the list to save memory, which matters for hours of audio."""
    joined = np.concatenate(pieces)
    pieces.clear()
    return joined


def _gain(loudness: float) -> float:
    """Return the gain that brings a recording to the level of the training data; 0 if the recording is silent."""
    return 1.0 / loudness if loudness > _SILENT else 0.0


def transcribe(
    source: audio.Source | np.ndarray,
    model: str | Path = "default",
    device: str = "auto",
    *,
    sample_rate: int | None = None,
) -> Transcription:
    """Transcribe one recording of singing.

    Args:
        source: audio or video file that soundfile or PyAV can read, or an array of samples, (n,) or (n, channels).
        model: name of a shipped model, or path of a model file.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``; the last two need torch.
        sample_rate: sample rate of an array, in Hz.

    Returns:
        The transcription: the notes and the pitch track. ``transcription.save("song.mid")`` writes it to a file.

    Raises:
        InputError: if the recording cannot be read.
        UsageError: if the model or the device cannot be used.
        ValueError: if the samples cannot be used.

    Example:
        >>> import soundfile
        >>> samples, rate = soundfile.read("song.wav")
        >>> transcription = transcribe(samples, sample_rate=rate)
        >>> [note.name for note in transcription][:3]
        ['C3', 'F3', 'A3']
    """
    return Transcriber(model, device)(source, sample_rate)


def _engine(model: "StoredModel | Model", device: str) -> Engine:
    """Return the runtime for a model on a device. Torch is imported only if it is needed."""
    if isinstance(model, StoredModel) and device in ("auto", "cpu"):
        from singtrans.model.runtime.engine import OnnxEngine

        return OnnxEngine(model)
    need("torch", "train", f"--device {device}")
    from singtrans.model.torch_engine import TorchEngine, choose_device
    from singtrans.model.weights import to_torch

    chosen = choose_device("cpu" if device == "auto" else device)
    return TorchEngine(to_torch(model) if isinstance(model, StoredModel) else model, chosen)
