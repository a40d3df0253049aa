"""Transcribe recordings one after the other, and report the outcome of each."""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from singtrans.audio import Recording
from singtrans.batch.locations import Place, Url, exists, is_folder, local, upload
from singtrans.batch.plan import Job, formats_of
from singtrans.errors import InputError, OutputExistsError, UsageError
from singtrans.files import sweep
from singtrans.formats import Options, save
from singtrans.formats.conversion import remarks_on
from singtrans.formats.registry import check_formats
from singtrans.melody.key import apply_tuning_and_key
from singtrans.notes import Transcription
from singtrans.separation.voice_file import is_voice

Transcribe = Callable[..., Transcription]
"""Function that transcribes one recording, which is given as a path or a `Recording`.

If it is called with ``voice=path``, it also writes the separated voice to this path.
"""

_log = logging.getLogger(__name__)


class Existing(StrEnum):
    """Treatment of existing outputs."""

    REFUSE = "refuse"
    OVERWRITE = "overwrite"
    SKIP = "skip"


def choose_existing(overwrite: bool, skip_existing: bool) -> Existing:
    """Combine the options ``--overwrite`` and ``--skip-existing``.

    Raises:
        UsageError: if both are True.
    """
    if overwrite and skip_existing:
        raise UsageError("--overwrite and --skip-existing contradict each other; use one")
    return Existing.OVERWRITE if overwrite else Existing.SKIP if skip_existing else Existing.REFUSE


@dataclass(frozen=True, slots=True)
class Result:
    """Summary of a transcription, which is so small that a million summaries fit in memory.

    Attributes:
        seconds: length of the recording in seconds.
        notes: number of notes.
        lowest, highest: MIDI numbers of the lowest and the highest note; 0 if there are no notes.
        separated: whether the voice was separated from instruments before it was transcribed.
    """

    seconds: float
    notes: int
    lowest: int = 0
    highest: int = 0
    separated: bool = False


@dataclass(frozen=True)
class Outcome:
    """Outcome of a job.

    Attributes:
        job: the job.
        result: summary of the transcription; None if the job failed or was skipped.
        written: outputs that were written; with ``--skip-existing``, only those that did not exist before.
        error: one line that names the recording and the fault; empty if the job did not fail.
        incomplete: description of the part that could not be decoded; empty if the transcription is complete.
        remarks: one line for each choice that was made when the recording was read, and for each change to the notes
            that an output format required.
        refused: whether the job failed because an output exists.
    """

    job: Job
    result: Result | None = None
    written: tuple[Place, ...] = ()
    error: str = ""
    incomplete: str = ""
    remarks: tuple[str, ...] = ()
    refused: bool = False

    @property
    def seconds(self) -> float:
        """Length of the transcribed recording in seconds."""
        return self.result.seconds if self.result else 0.0

    @property
    def skipped(self) -> bool:
        """Whether the job was skipped because all its outputs existed."""
        return self.result is None and not self.error

    @property
    def failure(self) -> str:
        """Description of the error or of the missing part of the recording, in one line; empty if there is neither."""
        return self.error or (f"{self.job.audio}: {self.incomplete}" if self.incomplete else "")


def run(jobs: Sequence[Job], transcriber: Transcribe, existing: Existing) -> Iterator[Outcome]:
    """Do the jobs in order and yield their outcomes. If a job fails, the others are still done.

    Raises:
        UsageError: if the transcriber reports that it cannot transcribe any recording.
    """
    clean_up(jobs)
    for job in jobs:
        yield attempt(job, transcriber, existing)


def clean_up(jobs: Sequence[Job]) -> None:
    """Remove unfinished files of killed runs from the output folders."""
    for folder in {output.parent for job in jobs for output in job.outputs if isinstance(output, Path)}:
        sweep(folder)


def attempt(job: Job, transcriber: Transcribe, existing: Existing) -> Outcome:
    """Do a job and return its outcome.

    Raises:
        UsageError: if the transcriber reports that it cannot transcribe any recording.
    """
    try:
        return _do(job, transcriber, existing)
    except InputError as error:
        _log.debug("%s failed", job.audio, exc_info=True)
        line = str(error) if str(error).startswith(str(job.audio)) else f"{job.audio}: {error}"
        return Outcome(job, error=line, refused=isinstance(error, OutputExistsError))
    except UsageError:
        raise
    except Exception as error:  # a bug in singtrans must not stop the other recordings
        _log.debug("%s failed", job.audio, exc_info=True)
        what = " ".join(f"{type(error).__name__}: {error}".split())
        hint = "run it again with --debug, and report what it prints"
        return Outcome(job, error=f"{job.audio}: internal error ({what}); {hint}")


def done_before(job: Job, existing: Existing) -> bool:
    """Return whether all outputs of a job exist, and existing outputs are kept."""
    return existing is Existing.SKIP and all(map(exists, job.outputs))


def _do(job: Job, transcriber: Transcribe, existing: Existing) -> Outcome:
    if done_before(job, existing):
        return Outcome(job)
    there = [output for output in job.outputs if exists(output)]
    if existing is Existing.REFUSE and there and exists(job.audio):
        raise OutputExistsError(f"{there[0]} already exists; use --overwrite or --skip-existing")
    wanted = tuple(o for o in job.outputs if existing is Existing.OVERWRITE or o not in there)
    names = formats_of(wanted)
    check_formats(names)
    for output in wanted:
        _check_folder(output.parent)  # checked first, because transcribing may take an hour
    with local(job.audio) as path:
        audio = job.selection.of(path)
        transcription = _transcribe(transcriber, audio, [output for output in wanted if is_voice(output)])
        options = replace(job.options, audio=audio)
        for output in wanted:
            if not is_voice(output):
                _save(transcription, output, existing, options)
    result = _result(apply_tuning_and_key(transcription, options.tuning, options.key))
    remarks = (*transcription.remarks, *remarks_on(transcription, names, options))
    return Outcome(job, result, wanted, incomplete=transcription.missing, remarks=remarks)


def _result(transcription: Transcription) -> Result:
    numbers = [note.note for note in transcription.notes]
    separated = transcription.separation is not None and transcription.separation.separated
    return Result(transcription.duration, len(numbers), min(numbers, default=0), max(numbers, default=0), separated)


def _transcribe(transcriber: Transcribe, audio: Path | Recording, voices: Sequence[Place]) -> Transcription:
    """Transcribe a recording, and write its separated voice if this is one of the outputs."""
    if not voices:
        return transcriber(audio)
    if not isinstance(voices[0], Url):
        _make_folder(voices[0].parent)
        return transcriber(audio, voice=voices[0])
    with tempfile.TemporaryDirectory(prefix="singtrans-") as folder:
        path = Path(folder) / voices[0].name
        transcription = transcriber(audio, voice=path)
        upload(path, voices[0])
    return transcription


def _save(transcription: Transcription, output: Place, existing: Existing, options: Options) -> None:
    if isinstance(output, Url):
        with tempfile.TemporaryDirectory(prefix="singtrans-") as folder:
            upload(save(transcription, Path(folder) / output.name, options=options), output)
        return
    _make_folder(output.parent)
    save(transcription, output, overwrite=existing is Existing.OVERWRITE, options=options)


def _check_folder(folder: Place) -> None:
    """Check that a folder is writable or can be created; some problems appear only when a file is written."""
    if isinstance(folder, Url):
        return
    nearest = next((p for p in (folder, *folder.parents) if os.path.lexists(p)), folder)
    if not is_folder(nearest):
        raise InputError(f"nothing can be written in {folder} ({nearest} is not a folder); choose another with -o")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"nothing can be written in {folder} (no permission); choose another folder with -o")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {folder} cannot be made ({error.strerror}); choose another with -o") from None
