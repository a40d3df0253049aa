"""Many recordings: which there are, where their outputs go, and what became of each."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from singtrans.audio import AUDIO_SUFFIXES
from singtrans.conversion import remarks_on
from singtrans.errors import SingtransError, UsageError
from singtrans.formats import ENDINGS, READ_SUFFIXES, WRITE_SUFFIXES, WRITERS, Options, format_of, save
from singtrans.notes import Transcription


class Existing(StrEnum):
    """What to do about outputs that are there already."""

    REFUSE = "refuse"
    OVERWRITE = "overwrite"
    SKIP = "skip"


def choose_existing(overwrite: bool, skip_existing: bool) -> Existing:
    """What the two options together ask for.

    Raises:
        UsageError: if they contradict each other.
    """
    if overwrite and skip_existing:
        raise UsageError("--overwrite and --skip-existing contradict each other; use one")
    return Existing.OVERWRITE if overwrite else Existing.SKIP if skip_existing else Existing.REFUSE


@dataclass(frozen=True)
class Job:
    """One recording and the files to be made of it.

    Attributes:
        audio: the recording.
        outputs: the files to write; the ending says the format.
        options: how they are written.
    """

    audio: Path
    outputs: tuple[Path, ...]
    options: Options = field(default_factory=Options)


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        job: which.
        transcription: what was heard; None where the job failed or was skipped.
        written: the outputs that were written: all, or those that were missing.
        error: one line that names the recording and says what is wrong, or empty.
        remarks: lines on what was done to the notes on their way into the formats.
    """

    job: Job
    transcription: Transcription | None = None
    written: tuple[Path, ...] = ()
    error: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Length of what was transcribed."""
        return self.transcription.duration if self.transcription else 0.0

    @property
    def skipped(self) -> bool:
        """Whether all outputs were there already."""
        return self.transcription is None and not self.error


@dataclass(frozen=True)
class Plan:
    """All jobs in order, and the inputs of which no job could be made, each with its line."""

    jobs: tuple[Job, ...]
    failures: tuple[str, ...] = field(default=())


def plan(inputs: Sequence[Path], out: Path | None, formats: Sequence[str], options: Options | None = None) -> Plan:
    """Find the recordings and name their outputs.

    Outputs lie beside the recording. With ``out`` a folder, they lie there, and recordings found in an input
    folder keep their sub-folders. With one recording and one format, ``out`` may be a file.

    Raises:
        UsageError: if a format is unknown, ``out`` is a file where it cannot be, two recordings would write
            one output, or an output would take the place of a recording.
    """
    if unknown := [f for f in formats if f not in WRITERS]:
        raise UsageError(f"-f {unknown[0]}: unknown format; use {', '.join(WRITERS)}")
    found, failures = _find(inputs)
    if out is not None and _is_file_name(out):
        ending = format_of(out)
        if ending is None:
            raise UsageError(f"-o {out}: {out.suffix} is not written; use {', '.join(WRITERS)}, or give a folder")
        if len(inputs) != 1 or _is_folder(inputs[0]) or set(formats) - {ending}:
            raise UsageError(f"-o {out}: a file can hold one recording in one format; give a folder")
        jobs = [Job(audio, (out,)) for audio, _ in found]
    else:
        jobs = []
        for audio, inner in found:
            folder = audio.parent if out is None else out / inner
            names = dict.fromkeys(f"{audio.stem}{ENDINGS[f]}" for f in formats or ["mid"])
            jobs.append(Job(audio, tuple(folder / name for name in names)))
    _refuse_clashes(jobs)
    if options is not None:
        jobs = [replace(job, options=replace(options, audio=job.audio)) for job in jobs]
    return Plan(tuple(jobs), tuple(failures))


def _is_file_name(out: Path) -> bool:
    """Whether -o means a file: not a folder that is there, and an ending that files of notes or sound have."""
    return out.suffix.lower() in AUDIO_SUFFIXES.union(READ_SUFFIXES, WRITE_SUFFIXES) and not _is_folder(out)


def _is_folder(path: Path) -> bool:
    with suppress(OSError):  # a name too long, for one: using it will say so
        return path.is_dir()
    return False


def _absolute(path: Path) -> str:
    """One spelling for one path; links stay what they are, for each has outputs of its own."""
    return os.path.normpath(path.absolute())


def _find(inputs: Sequence[Path]) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Each recording once, with its folder relative to the input folder it was found in; and lines of failure."""
    found: dict[str, tuple[Path, Path]] = {}
    failures = []
    for path in inputs:
        inside = _inside(path) if _is_folder(path) else [(path, Path())]  # if it is missing, reading it will say so
        if not inside:
            failures.append(f"{path}: there are no recordings in this folder; give one that holds audio files")
        for audio, inner in inside:
            found.setdefault(_absolute(audio), (audio, inner))
    return list(found.values()), failures


def _inside(folder: Path) -> list[tuple[Path, Path]]:
    """Recordings in a folder and their folders relative to it; no hidden ones (macOS makes ._song.wav), nor our own."""
    recordings = []
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in inner.parts) or path.name.lower().endswith(ENDINGS["wav"])
        if path.suffix.lower() in AUDIO_SUFFIXES and not hidden and path.is_file():
            recordings.append((path, inner.parent))
    return recordings


def _refuse_clashes(jobs: Sequence[Job]) -> None:
    folders = {folder: Path(os.path.realpath(folder)) for job in jobs for folder in {p.parent for p in job.outputs}}
    recordings = {_absolute(job.audio) for job in jobs}
    writers: dict[Path, Path] = {}
    for job in jobs:
        for output in job.outputs:
            if _absolute(output) in recordings:
                raise UsageError(f"{output} is itself a recording to be read; choose another place with -o")
            # Where file names ignore case, Song.wav and song.mp3 clash as well.
            other = writers.setdefault(folders[output.parent] / output.name.casefold(), job.audio)
            if other != job.audio:
                raise UsageError(
                    f"{other} and {job.audio} would both write {output}; rename one, or transcribe them apart"
                )


def run(jobs: Sequence[Job], transcriber: Callable[[Path], Transcription], existing: Existing) -> Iterator[Outcome]:
    """Do the jobs in order, yielding what became of each; one that fails does not stop the others.

    Raises:
        UsageError: if the transcriber says that no recording at all can be done.
    """
    for job in jobs:
        try:
            yield _do(job, transcriber, existing)
        except UsageError:
            raise
        except SingtransError as error:
            line = str(error)
            yield Outcome(job, error=line if line.startswith(str(job.audio)) else f"{job.audio}: {line}")


def _do(job: Job, transcriber: Callable[[Path], Transcription], existing: Existing) -> Outcome:
    there = [output for output in job.outputs if os.path.lexists(output)]
    if existing is Existing.SKIP and len(there) == len(job.outputs):
        return Outcome(job)
    if existing is Existing.REFUSE and there and os.path.lexists(job.audio):
        raise SingtransError(f"{there[0]} exists already; use --overwrite or --skip-existing")
    wanted = tuple(o for o in job.outputs if existing is Existing.OVERWRITE or o not in there)
    for output in wanted:
        _check_folder(output.parent)  # before an hour's work, not after it
    transcription = transcriber(job.audio)
    for output in wanted:
        _make_folder(output.parent)
        save(transcription, output, overwrite=existing is Existing.OVERWRITE, options=job.options)
    names = tuple(format_of(output) or "" for output in wanted)
    return Outcome(job, transcription, wanted, remarks=remarks_on(transcription, names, job.options))


def _check_folder(folder: Path) -> None:
    """Refuse a folder that clearly cannot be written or made; what else is wrong, writing will say."""
    nearest = next((p for p in (folder, *folder.parents) if os.path.lexists(p)), folder)
    if not _is_folder(nearest):
        raise SingtransError(f"nothing can be written in {folder} ({nearest} is not a folder); choose another with -o")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise SingtransError(f"nothing can be written in {folder} (no permission); choose another folder with -o")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SingtransError(f"the folder {folder} cannot be made ({error.strerror}); choose another with -o") from None
