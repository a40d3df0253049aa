"""Many recordings: which there are, where their outputs go, and what became of each."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path, PurePath

from singtrans.audio import AUDIO_SUFFIXES
from singtrans.batch.locations import Place, Url, exists, files_in, is_folder, local, upload
from singtrans.errors import InputError, UsageError
from singtrans.files import sweep
from singtrans.formats import ENDINGS, READ_SUFFIXES, WRITE_SUFFIXES, WRITERS, Options, format_of, save
from singtrans.formats.conversion import remarks_on
from singtrans.formats.registry import check_formats
from singtrans.melody.key import apply_tuning_and_key
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

    audio: Place
    outputs: tuple[Place, ...]
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class Heard:
    """What is worth saying of a transcription: small enough to be kept of a million.

    Attributes:
        seconds: length of the recording.
        notes: how many.
        lowest, highest: MIDI numbers; 0 if there are no notes.
    """

    seconds: float
    notes: int
    lowest: int = 0
    highest: int = 0


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        job: which.
        heard: what was heard; None where the job failed or was skipped.
        written: the outputs that were written: all, or those that were missing.
        error: one line that names the recording and says what is wrong, or empty.
        remarks: lines on what was done to the notes on their way into the formats.
    """

    job: Job
    heard: Heard | None = None
    written: tuple[Place, ...] = ()
    error: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Length of what was transcribed."""
        return self.heard.seconds if self.heard else 0.0

    @property
    def skipped(self) -> bool:
        """Whether all outputs were there already."""
        return self.heard is None and not self.error


@dataclass(frozen=True)
class Plan:
    """All jobs in order, and the inputs of which no job could be made, each with its line."""

    jobs: tuple[Job, ...]
    failures: tuple[str, ...] = field(default=())

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that are written, which are the same for all jobs."""
        return tuple(format_of(output) or "" for output in self.jobs[0].outputs) if self.jobs else ()


def plan(inputs: Sequence[Place], out: Place | None, formats: Sequence[str], options: Options | None = None) -> Plan:
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
        if len(inputs) != 1 or is_folder(inputs[0]) or set(formats) - {ending}:
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
        jobs = [replace(job, options=options) for job in jobs]
    return Plan(tuple(jobs), tuple(failures))


def _is_file_name(out: Place) -> bool:
    """Whether -o means a file: not a folder that is there, and an ending that files of notes or sound have."""
    return out.suffix.lower() in AUDIO_SUFFIXES.union(READ_SUFFIXES, WRITE_SUFFIXES) and not is_folder(out)


def _absolute(path: Place) -> str:
    """One spelling for one path; links stay what they are, for each has outputs of its own."""
    if isinstance(path, Url):
        return path.text
    return os.path.normpath(path.absolute())


def _find(inputs: Sequence[Place]) -> tuple[list[tuple[Place, PurePath]], list[str]]:
    """Each recording once, with its folder relative to the input folder it was found in; and lines of failure."""
    found: dict[str, tuple[Place, PurePath]] = {}
    failures = []
    for path in inputs:
        inside = _inside(path) if is_folder(path) else [(path, Path())]  # if it is missing, reading it will say so
        if not inside:
            failures.append(f"{path}: there are no recordings in this folder; give one that holds audio files")
        for audio, inner in inside:
            found.setdefault(_absolute(audio), (audio, inner))
    return list(found.values()), failures


def _inside(folder: Place) -> list[tuple[Place, PurePath]]:
    """Recordings in a folder and their folders relative to it; no hidden ones (macOS makes ._song.wav), nor our own."""
    recordings = []
    found: Sequence[tuple[Place, PurePath]]
    if isinstance(folder, Url):
        found = files_in(folder)
    else:
        found = [(path, path.relative_to(folder)) for path in sorted(folder.rglob("*"))]
    for path, inner in found:
        hidden = any(part.startswith(".") for part in inner.parts) or path.name.lower().endswith(ENDINGS["wav"])
        if path.suffix.lower() in AUDIO_SUFFIXES and not hidden and (isinstance(path, Url) or path.is_file()):
            recordings.append((path, inner.parent))
    return recordings


def _refuse_clashes(jobs: Sequence[Job]) -> None:
    folders = {folder: _real(folder) for job in jobs for folder in {p.parent for p in job.outputs}}
    recordings = {_absolute(job.audio) for job in jobs}
    writers: dict[Place, Place] = {}
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


def _real(folder: Place) -> Place:
    return folder if isinstance(folder, Url) else Path(os.path.realpath(folder))


def run(jobs: Sequence[Job], transcriber: Callable[[Path], Transcription], existing: Existing) -> Iterator[Outcome]:
    """Do the jobs in order, yielding what became of each; one that fails does not stop the others.

    Raises:
        UsageError: if the transcriber says that no recording at all can be done.
    """
    clean_up(jobs)
    for job in jobs:
        yield attempt(job, transcriber, existing)


def clean_up(jobs: Sequence[Job]) -> None:
    """Remove what runs that were killed have left where outputs go."""
    for folder in {output.parent for job in jobs for output in job.outputs if isinstance(output, Path)}:
        sweep(folder)


def attempt(job: Job, transcriber: Callable[[Path], Transcription], existing: Existing) -> Outcome:
    """Do a job and say what became of it.

    Raises:
        UsageError: if the transcriber says that no recording at all can be done.
    """
    try:
        return _do(job, transcriber, existing)
    except InputError as error:
        line = str(error)
        return Outcome(job, error=line if line.startswith(str(job.audio)) else f"{job.audio}: {line}")
    except UsageError:
        raise
    except Exception as error:  # a fault of ours, which must not cost the other recordings
        what = " ".join(f"{type(error).__name__}: {error}".split())
        return Outcome(job, error=f"{job.audio}: a fault in singtrans ({what}); please report it with the recording")


def done_before(job: Job, existing: Existing) -> bool:
    """Whether nothing is left to do."""
    return existing is Existing.SKIP and all(map(exists, job.outputs))


def _do(job: Job, transcriber: Callable[[Path], Transcription], existing: Existing) -> Outcome:
    if done_before(job, existing):
        return Outcome(job)
    there = [output for output in job.outputs if exists(output)]
    if existing is Existing.REFUSE and there and exists(job.audio):
        raise InputError(f"{there[0]} exists already; use --overwrite or --skip-existing")
    wanted = tuple(o for o in job.outputs if existing is Existing.OVERWRITE or o not in there)
    names = tuple(format_of(output) or "" for output in wanted)
    check_formats(names)
    for output in wanted:
        _check_folder(output.parent)  # before an hour's work, not after it
    with local(job.audio) as audio:  # also what the writers hear of it
        transcription = transcriber(audio)
        options = replace(job.options, audio=audio)
        for output in wanted:
            _save(transcription, output, existing, options)
    heard = _heard(apply_tuning_and_key(transcription, options.tuning, options.key))
    return Outcome(job, heard, wanted, remarks=remarks_on(transcription, names, options))


def _heard(transcription: Transcription) -> Heard:
    numbers = [note.note for note in transcription.notes]
    return Heard(transcription.duration, len(numbers), min(numbers, default=0), max(numbers, default=0))


def _save(transcription: Transcription, output: Place, existing: Existing, options: Options) -> None:
    if isinstance(output, Url):
        with tempfile.TemporaryDirectory(prefix="singtrans-") as folder:
            upload(save(transcription, Path(folder) / output.name, options=options), output)
        return
    _make_folder(output.parent)
    save(transcription, output, overwrite=existing is Existing.OVERWRITE, options=options)


def _check_folder(folder: Place) -> None:
    """Refuse a folder that clearly cannot be written or made; what else is wrong, writing will say."""
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
