"""A transcriber that loads its model when a recording first needs it."""

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
    """Two threads where there are two processors; a third would wait for the others most of the time."""
    return min(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


Progress = Callable[[float], None]


def _ignore(_share: float) -> None:
    """No one is told; unlike a lambda it can be pickled."""


class LazyTranscriber:
    """Loads the model at the first recording that needs it: a folder that is done already starts at once.

    Args:
        model: a shipped model's name or a path to a weight file.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: for one recording.
        separation: when to separate a voice from instruments.
        progress: called with the share of the current recording that is done, 0 to 1.
        decoding: how notes are cut and written.

    Raises:
        UsageError: if there is no such model, or the voice is always to be separated and nothing can.
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
            voice: a file to write the separated voice to; None not to keep it.

        Raises:
            InputError: if it cannot be read.
            UsageError: if the model cannot be used, which is no fault of the recording.
        """
        try:
            if self.transcriber is None:
                audio.check(source)  # before the model is loaded
                self.transcriber = self._load()
            return self.transcriber(source, voice)
        finally:
            interrupt.check()

    def _load(self) -> SongTranscriber:
        from singtrans.transcriber import Transcriber

        transcriber = Transcriber(self.model, self.device, self.threads, self.decoding, progress=self.progress)
        return SongTranscriber(transcriber, self.separation, make=partial(make_separator, threads=self.threads))
