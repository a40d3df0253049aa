"""A transcriber that loads its model only when it transcribes its first recording."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from singtrans import audio, interrupt
from singtrans.decoding.options import DecodingOptions
from singtrans.model.shipped import find_model
from singtrans.notes import Transcription
from singtrans.separation.engines import make_separator
from singtrans.separation.song import SeparationOptions, SongTranscriber


def default_threads() -> int:
    """Return the default number of threads: 2 if there are two or more processors, otherwise 1.

    A third thread would mostly wait for the others.
    """
    return min(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


Progress = Callable[[float], None]


def _ignore(_share: float) -> None:
    """Ignore the progress. Unlike a lambda, this function can be pickled."""


class LazyTranscriber:
    """Transcriber that loads its model only when it transcribes its first recording.

    If all recordings of a folder have already been transcribed, no model is loaded.

    Args:
        model: name of a shipped model, or path of a weight file.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: number of threads for one recording.
        separation: whether and how to separate the voice from instruments.
        progress: function that is called with the finished share of the current recording, 0 to 1.
        decoding: options of the decoder.

    Raises:
        UsageError: if there is no such model, or ``separation`` needs a program that is not installed.
    """

    def __init__(
        self,
        model: str,
        device: str = "auto",
        threads: int = 1,
        separation: SeparationOptions | None = None,
        progress: Progress = _ignore,
        decoding: DecodingOptions | None = None,
    ) -> None:
        self.progress, self.decoding = progress, decoding
        self.model, self.device, self.threads = find_model(model), device, threads
        self.separation = separation or SeparationOptions()
        self.separation.check()
        self.transcriber: SongTranscriber | None = None

    def __call__(self, source: audio.Source, voice: Path | None = None) -> Transcription:
        """Transcribe one recording.

        Args:
            source: the recording.
            voice: file to which the separated voice is written; None if it is not to be written.

        Raises:
            InputError: if the recording cannot be read.
            UsageError: if the model cannot be used.
        """
        try:
            if self.transcriber is None:
                audio.check(source)  # a missing file is reported before the model is loaded
                self.transcriber = self._load()
            return self.transcriber(source, voice)
        finally:
            interrupt.check()

    def _load(self) -> SongTranscriber:
        from singtrans.transcriber import Transcriber

        transcriber = Transcriber(self.model, self.device, self.threads, self.decoding, progress=self.progress)
        return SongTranscriber(transcriber, self.separation, make=partial(make_separator, threads=self.threads))
