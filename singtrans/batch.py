"""Many recordings: which there are, where their outputs go, and what became of each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from singtrans.audio import AUDIO_SUFFIXES
from singtrans.errors import SingtransError, UsageError
from singtrans.formats import WRITERS, save
from singtrans.notes import Transcription


class Existing(StrEnum):
    """What to do about outputs that are there already."""

    REFUSE = "refuse"
    OVERWRITE = "overwrite"
    SKIP = "skip"


@dataclass(frozen=True)
class Job:
    """One recording and the files to be made of it.

    Attributes:
        audio: the recording.
        outputs: the files to write; the ending says the format.
    """

    audio: Path
    outputs: tuple[Path, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        job: which.
        transcription: what was heard; None where the job failed or was skipped.
        error: one line saying what is wrong, or empty.
    """

    job: Job
    transcription: Transcription | None = None
    error: str = ""

    @property
    def skipped(self) -> bool:
        """Whether all outputs were there already."""
        return self.transcription is None and not self.error


@dataclass(frozen=True)
class Plan:
    """All jobs in order, and the inputs of which no job could be made, each with its line."""

    jobs: tuple[Job, ...]
    failures: tuple[str, ...] = field(default=())


def plan(inputs: Sequence[Path], out: Path | None, formats: Sequence[str]) -> Plan:
    """Find the recordings and name their outputs.

    Outputs lie beside the recording. With ``out`` a folder, they lie there, and recordings found in an input
    folder keep their sub-folders. With one recording and one format, ``out`` may be a file.

    Raises:
        UsageError: if a format is unknown, ``out`` is a file where it cannot be, or two recordings would write
            one output.
    """
    if unknown := [f for f in formats if f not in WRITERS]:
        raise UsageError(f"-f {unknown[0]}: unknown format; use {', '.join(WRITERS)}")
    found, failures = _find(inputs)
    if out is not None and out.suffix[1:].lower() in WRITERS and not out.is_dir():
        if len(inputs) != 1 or inputs[0].is_dir() or list(formats) not in ([], [out.suffix[1:].lower()]):
            raise UsageError(f"-o {out}: a file can hold one recording in one format; give a folder")
        return Plan(tuple(Job(audio, (out,)) for audio, _ in found), tuple(failures))
    jobs = []
    for audio, inner in found:
        folder = audio.parent if out is None else out / inner
        jobs.append(Job(audio, tuple(folder / f"{audio.stem}.{f}" for f in formats or ["mid"])))
    _refuse_clashes(jobs)
    return Plan(tuple(jobs), tuple(failures))


def _find(inputs: Sequence[Path]) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Each recording once, with its folder relative to the input folder it was found in; and lines of failure."""
    found: dict[Path, Path] = {}
    failures = []
    for path in inputs:
        if not path.is_dir():
            found.setdefault(path, Path())  # if it is missing, reading it will say so
            continue
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in AUDIO_SUFFIXES and p.is_file())
        if not inside:
            failures.append(f"{path}: there are no recordings in this folder; give one that holds audio files")
        for audio in inside:
            found.setdefault(audio, audio.parent.relative_to(path))
    return list(found.items()), failures


def _refuse_clashes(jobs: Sequence[Job]) -> None:
    writers: dict[Path, Path] = {}
    for job in jobs:
        for output in job.outputs:
            # Where file names ignore case, Song.wav and song.mp3 clash as well.
            other = writers.setdefault(output.parent / output.name.casefold(), job.audio)
            if other != job.audio:
                raise UsageError(
                    f"{other} and {job.audio} would both write {output}; rename one, or transcribe them apart"
                )


def run(jobs: Sequence[Job], transcriber: Callable[[Path], Transcription], existing: Existing) -> Iterator[Outcome]:
    """Do the jobs in order, yielding what became of each; one that fails does not stop the others."""
    for job in jobs:
        try:
            yield _do(job, transcriber, existing)
        except SingtransError as error:
            yield Outcome(job, error=str(error))


def _do(job: Job, transcriber: Callable[[Path], Transcription], existing: Existing) -> Outcome:
    there = [output for output in job.outputs if output.exists()]
    if existing is Existing.SKIP and len(there) == len(job.outputs):
        return Outcome(job)
    if existing is Existing.REFUSE and there and job.audio.is_file():
        raise SingtransError(f"{there[0]} exists already; use --overwrite or --skip-existing")
    transcription = transcriber(job.audio)
    for output in job.outputs:
        _make_folder(output.parent)
        save(transcription, output)
    return Outcome(job, transcription)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SingtransError(
            f"{folder}: this folder cannot be made ({error.strerror}); choose another with -o"
        ) from None
