"""From a recording to a `Transcription`: the one path that the command line, validation and tests use."""

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

_READING = 0.8  # of the work on a recording is done when its last block is read
_SILENT = 1e-12  # RMS amplitude below which a recording holds nothing, not even its own noise


class Transcriber:
    """Transcribes recordings with one model.

    Args:
        model: a shipped model's name, a path to a model file, or a model that is loaded already.
        device: ``auto`` and ``cpu`` run on the CPU, without torch; ``cuda`` and ``mps`` need torch. A torch `Model` is
            always run by torch.
        threads: how many parts of a recording are computed at once; the result does not depend on it.
        decoding: how notes are cut and written.
        progress: called now and then with the share of the recording that is done, 0 to 1.
        chunking: how recordings are divided; the result does not depend on it.

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
        """Transcribe one recording, of any length: memory does not grow with a file's, but for what is found.

        Args:
            source: a path, a `singtrans.audio.Recording` to choose a sound track or a channel, or samples, as
                `transcribe` takes them.
            sample_rate: of samples, in Hz.

        Raises:
            InputError: if the file cannot be read.
            ValueError: if samples are not usable, or ``sample_rate`` is given for a file.
        """
        if isinstance(source, np.ndarray):
            return self.transcribe(source, sample_rate=sample_rate)
        if sample_rate is not None:
            raise ValueError("a file has its own sample rate: give sample_rate with an array only")
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
            samples: (n,) or (n, channels), as `singtrans.audio.from_array` takes them; any level.
            name: of the recording, for the transcription.
            sample_rate: in Hz; the model's by default.

        Raises:
            ValueError: if there are no samples, they have another shape, or not all are finite.
        """
        rate = self.model.config.features.sample_rate
        mono = audio.from_array(samples, sample_rate or rate, rate)
        return self._transcribe([mono], level(mono, rate), len(mono), name)

    def posteriors(self, samples: np.ndarray) -> Posteriors:
        """What the network says about every frame of ``samples``, (n,) mono at the model's rate."""
        loudness = level(samples, self.model.config.features.sample_rate)
        return join(list(self._run([np.asarray(samples, np.float32)], _gain(loudness))))

    def _transcribe(self, blocks: Iterable[np.ndarray], loudness: float, length: int, name: str) -> Transcription:
        """Transcribe ``length`` samples that come in blocks and are as loud as ``loudness``."""
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


def transcribe(
    source: audio.Source | np.ndarray,
    model: str | Path = "default",
    device: str = "auto",
    *,
    sample_rate: int | None = None,
) -> Transcription:
    """Transcribe one recording of singing.

    Args:
        source: any audio or video file that soundfile or PyAV can read, or an array of samples, (n,) or (n, channels).
        model: a shipped model's name or a path to a model file.
        device: ``auto`` or ``cpu``; ``cuda`` and ``mps`` need torch.
        sample_rate: of an array, in Hz.

    Returns:
        The notes and the pitch track; ``.save("song.mid")`` writes them.

    Raises:
        InputError: if the recording cannot be read.
        UsageError: if the model or the device cannot be used.
        ValueError: if samples are not usable.

    Example:
        >>> import soundfile
        >>> samples, rate = soundfile.read("song.wav")
        >>> transcription = transcribe(samples, sample_rate=rate)
        >>> [note.name for note in transcription][:3]
        ['C3', 'F3', 'A3']
    """
    return Transcriber(model, device)(source, sample_rate)


def _engine(model: "StoredModel | Model", device: str) -> Engine:
    """The runtime for a model on a device; torch is imported only where it is needed."""
    if isinstance(model, StoredModel) and device in ("auto", "cpu"):
        from singtrans.model.runtime.engine import OnnxEngine

        return OnnxEngine(model)
    need("torch", "train", f"--device {device}")
    from singtrans.model.torch_engine import TorchEngine, choose_device
    from singtrans.model.weights import to_torch

    chosen = choose_device("cpu" if device == "auto" else device)
    return TorchEngine(to_torch(model) if isinstance(model, StoredModel) else model, chosen)
