"""Decide when to separate a voice from instruments, and which notes to keep.

A model that was trained on single voices finds notes of low clarity in songs with instruments. Therefore, if the mean
clarity of the notes is low, the voice is separated, and the separated voice is transcribed, too. Its notes replace the
notes of the mix if three conditions hold:

- The separated sound is a voice.
- The rest of the recording is instruments and not noise.
- The notes of the separated voice are clearer than the notes of the mix. If the instruments are loud, it is enough that
  they are as clear.

The notes of a single voice are not replaced, because they would become worse if the recording is noisy.
"""

import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from singtrans import audio
from singtrans.errors import UsageError
from singtrans.extras import install_command
from singtrans.notes import Separation, Transcription, mean_confidence
from singtrans.separation.balance import Balance
from singtrans.separation.band_tempo import find_band_tempo
from singtrans.separation.choices import Engine, Separate
from singtrans.separation.config import SongConfig
from singtrans.separation.engines import EXTRAS, check_engine, make_separator
from singtrans.separation.separator import Separator
from singtrans.separation.voice_file import VOICE_ENDING, VoiceFile, write_voice

_INSTRUMENT = "hardly any voice can be separated from the instruments, so these may be notes of an instrument"
_NO_VOICE = (
    "hardly any voice is left without the instruments, so no notes are written; to write them, use --separate never"
)
_MIXED = "does not sound like a single voice, and separating the voice does not help; many notes may be wrong"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SeparationOptions:
    """Options for separating the voice.

    Attributes:
        separate: whether to separate the voice; with ``auto``, only in recordings that sound like songs.
        engine: engine to use.
        tempo: whether to find the tempo of the instruments in songs whose voice was separated.
    """

    separate: Separate = Separate.AUTO
    engine: Engine = Engine.SPLEETER
    tempo: bool = False

    def check(self, *, needed: bool = False) -> None:
        """Check that the engine is installed if it will certainly be used.

        Args:
            needed: whether the voice will be written to a file.

        Raises:
            UsageError: if the engine is not installed, or if the voice will be written but is never separated.
        """
        if needed and self.separate is Separate.NEVER:
            raise UsageError("--write-voice needs a separated voice: leave out --separate never")
        if needed or self.separate is Separate.ALWAYS:
            check_engine(self.engine)


class SongTranscriber:
    """Transcriber of recordings of a voice, with or without instruments.

    Args:
        transcribe: function that transcribes a recording of a single voice.
        options: options for separating the voice.
        config: thresholds.
        make: function that loads an engine. It is called when the engine is first needed.
    """

    def __init__(
        self,
        transcribe: Callable[[audio.Source], Transcription],
        options: SeparationOptions,
        config: SongConfig | None = None,
        make: Callable[[Engine], Separator] = make_separator,
    ) -> None:
        self._transcribe, self._options, self._config, self._make = transcribe, options, config or SongConfig(), make
        self._separator: Separator | None = None

    def __call__(self, source: audio.Source, voice: Path | None = None) -> Transcription:
        """Transcribe one recording.

        Args:
            source: the recording.
            voice: file to which the separated voice is written, even if its notes are not kept; None not to write it.
                If the voice is never separated, this must be None.

        Raises:
            InputError: if the recording cannot be read.
            UsageError: if the voice must be separated but the engine cannot be used.
        """
        if self._options.separate is Separate.ALWAYS:
            return self._with_tempo(source, self._separated(source, voice, None))
        mix = self._transcribe(source)
        if self._options.separate is Separate.NEVER:
            return mix
        return self._with_tempo(source, self._choose(source, voice, mix))

    def _with_tempo(self, source: audio.Source, found: Transcription) -> Transcription:
        """Add the tempo of the instruments to the notes of a separated voice if the options ask for it."""
        if not (self._options.tempo and found.notes and found.separation and found.separation.separated):
            return found
        return replace(found, separation=replace(found.separation, tempo=find_band_tempo(source)))

    def _choose(self, source: audio.Source, voice: Path | None, mix: Transcription) -> Transcription:
        sure = sureness(mix)
        known = Separation(mix_confidence=sure)
        if voice is not None:
            self._loaded()  # here, a missing engine is an error, not a remark
        if not self._doubtful(mix, sure):
            if voice is not None:
                write_voice(source, self._loaded(), voice)
            return replace(mix, separation=known)
        try:
            self._loaded()
        except UsageError as error:
            return _with(mix, known, self._unseparated(error) if self._song(mix, sure) else "")
        return self._separated(source, voice, mix)

    def _doubtful(self, mix: Transcription, sure: float | None) -> bool:
        """Return whether a recording may be a song."""
        return bool(mix.mixed) or (sure is not None and sure < self._config.doubtful)

    def _song(self, mix: Transcription, sure: float | None) -> bool:
        """Return whether a recording is clearly not a single voice; use the model's own threshold if there is one."""
        return mix.mixed if mix.mixed is not None else sure is not None and sure < self._config.song

    def _separated(self, source: audio.Source, voice: Path | None, mix: Transcription | None) -> Transcription:
        """Transcribe the separated voice; return its notes, or the notes of ``mix`` if those are better."""
        with tempfile.TemporaryDirectory(prefix="singtrans-") as folder:
            separator = self._loaded()
            path = Path(folder) / f"song{VOICE_ENDING}"
            written = write_voice(source, separator, voice, path, self._config.instruments)
            found = self._transcribe(path)
        summary = written.summary
        found = replace(
            found,
            audio=audio.as_recording(source).name,
            missing=summary.missing if summary else "",
            remarks=(summary.remark,) if summary and summary.remark else (),
        )
        outcome = Separation(
            engine=separator.name,
            mix_confidence=sureness(mix) if mix else None,
            voice_confidence=sureness(found),
        )
        _log.info("%s: %s, %s", found.audio, outcome, written.balance)
        return self._verdict(outcome, written, found, mix)

    def _verdict(
        self, outcome: Separation, voice: VoiceFile, found: Transcription, mix: Transcription | None
    ) -> Transcription:
        separated = replace(outcome, separated=True)
        kept = f"the voice was separated from the instruments ({outcome.engine})"
        if mix is None:
            return _with(found, separated, kept)
        before, after = outcome.mix_confidence, outcome.voice_confidence
        if voice.balance.share < self._config.quietest and (before or 0.0) < self._config.melody:
            return _with(replace(found, notes=()), separated, _NO_VOICE)
        if voice.balance.purity < self._config.purity:
            return _with(mix, outcome, _INSTRUMENT)
        if separated_is_better(before, after, voice.balance, self._config):
            return _with(found, separated, kept)
        return _with(mix, outcome, _MIXED if self._song(mix, before) else "")

    def _loaded(self) -> Separator:
        if self._separator is None:
            self._separator = self._make(self._options.engine)
        return self._separator

    def _unseparated(self, error: UsageError) -> str:
        """Return the warning for a song whose voice cannot be separated."""
        try:
            check_engine(self._options.engine)
        except UsageError:
            remedy = f"to separate the voice first, use {install_command(EXTRAS[self._options.engine])}"
        else:
            remedy = str(error)
        return f"this sounds like a voice with instruments, so some notes may be those of instruments: {remedy}"


def separated_is_better(mix: float | None, voice: float | None, balance: Balance, config: SongConfig) -> bool:
    """Return whether to keep the notes of the separated voice instead of the notes of the mix.

    Args:
        mix, voice: results of `sureness` for the notes of the mix and of the voice.
        balance: levels of the voice and of the rest of the recording.
        config: thresholds.
    """
    with_instruments = balance.instruments > config.audible and balance.noise < config.noise
    gain = 0.0 if balance.instruments > config.loud else config.gain
    return with_instruments and balance.purity >= config.purity and (voice or 0.0) >= (mix or 0.0) + gain


def sureness(found: Transcription) -> float | None:
    """Return the mean clarity of the notes, or their mean confidence if the clarity is unknown; None without notes."""
    return mean_confidence(found.notes) if found.clarity is None else found.clarity


def _with(found: Transcription, separation: Separation, remark: str) -> Transcription:
    remarks = (*found.remarks, remark) if remark else found.remarks
    return replace(found, separation=separation, remarks=remarks)
