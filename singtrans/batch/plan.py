"""Find the recordings, and choose the paths of their outputs."""

import difflib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from singtrans.audio import AUDIO_SUFFIXES
from singtrans.audio.recording import Selection
from singtrans.batch.locations import Place, Url, files_in, is_folder
from singtrans.errors import UsageError
from singtrans.formats import ENDINGS, READ_SUFFIXES, WRITE_SUFFIXES, WRITERS, Options, format_of
from singtrans.separation.voice_file import VOICE_ENDING, is_voice

# Files with these endings are outputs and labels, and are not counted as ignored files.
_NOTES_SUFFIXES = {*READ_SUFFIXES, *WRITE_SUFFIXES} - {".txt", ".pdf"}

_SIMILAR = 0.65  # similarity to a known ending above which an unknown ending is probably misspelt


@dataclass(frozen=True)
class Job:
    """One recording and the files to write for it.

    Attributes:
        audio: the recording.
        outputs: files to write; the ending of each name determines the format.
        options: options of the formats.
        selection: track and channel of the recording to read.
    """

    audio: Place
    outputs: tuple[Place, ...]
    options: Options = field(default_factory=Options)
    selection: Selection = field(default_factory=Selection)


@dataclass(frozen=True)
class Plan:
    """The jobs of a command, in order.

    Attributes:
        jobs: jobs, one for each recording.
        failures: error messages of one line each, for example for a folder without recordings.
        passed_over: file name endings of the ignored files in the input folders, each with the number of such files.
    """

    jobs: tuple[Job, ...]
    failures: tuple[str, ...] = field(default=())
    passed_over: tuple[tuple[str, int], ...] = field(default=())

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats to write, which are the same for all jobs."""
        return formats_of(self.jobs[0].outputs) if self.jobs else ()


def formats_of(outputs: Sequence[Place]) -> tuple[str, ...]:
    """Return the format of each output, except the separated voice."""
    return tuple(format_of(output) or "" for output in outputs if not is_voice(output))


@dataclass
class _Found:
    """Result of a search: recordings with their folders inside the input folder, failures, and numbers of other files.

    The other files are counted by their endings.
    """

    recordings: dict[str, tuple[Place, PurePath]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)


def plan(
    inputs: Sequence[Place],
    out: Place | None,
    formats: Sequence[str],
    options: Options | None = None,
    selection: Selection | None = None,
    *,
    voice: bool = False,
) -> Plan:
    """Find the recordings, and choose the paths of their outputs.

    By default, outputs are written to the folder of the recording. If ``out`` is a folder, outputs are written there,
    in the same sub-folders as the recordings in the input folder. For one recording and one format, ``out`` may be a
    file. If ``voice`` is True, the separated voice of each recording is an additional output.

    Raises:
        UsageError: if a format is unknown, ``out`` is a file but there are several outputs, ``out`` is a file of
            another format, the ending of ``out`` is misspelt, two recordings have the same output, or an output would
            replace a recording.
    """
    if unknown := [f for f in formats if f not in WRITERS]:
        raise UsageError(f"-f {unknown[0]}: unknown format; use {', '.join(WRITERS)}")
    found = _find(inputs)
    alone = len(inputs) == 1 and not is_folder(inputs[0])
    if out is not None and _is_file_name(out):
        _check_file(out, formats, alone)
        outputs: dict[Place, tuple[Place, ...]] = {audio: (out,) for audio, _ in found.recordings.values()}
    else:
        if out is not None and alone:
            _refuse_misspelt_ending(out)
        outputs = {
            audio: _outputs(audio, audio.parent if out is None else out / inner, formats)
            for audio, inner in found.recordings.values()
        }
    if voice:
        outputs = {audio: (*names, _voice(audio, names[0], out)) for audio, names in outputs.items()}
    options, selection = options or Options(), selection or Selection()
    jobs = [Job(audio, names, options, selection) for audio, names in outputs.items()]
    _refuse_clashes(jobs)
    return Plan(tuple(jobs), tuple(found.failures), tuple(found.passed_over.most_common()))


def find_recordings(inputs: Sequence[Place]) -> Plan:
    """Find the recordings as `plan` does, and return jobs without outputs."""
    found = _find(inputs)
    jobs = tuple(Job(audio, ()) for audio, _ in found.recordings.values())
    return Plan(jobs, tuple(found.failures), tuple(found.passed_over.most_common()))


def _outputs(audio: Place, folder: Place, formats: Sequence[str]) -> tuple[Place, ...]:
    names = dict.fromkeys(f"{audio.stem}{ENDINGS[f]}" for f in formats or ["mid"])
    return tuple(folder / name for name in names)


def _voice(audio: Place, output: Place, out: Place | None) -> Place:
    """Return the path for a separated voice, which has the folder and the stem of the other outputs."""
    return output.parent / f"{output.stem if output == out else audio.stem}{VOICE_ENDING}"


def _is_file_name(out: Place) -> bool:
    """Return whether ``out`` is a file. It must have an ending for notes or sound, and not be an existing folder."""
    return out.suffix.lower() in AUDIO_SUFFIXES.union(READ_SUFFIXES, WRITE_SUFFIXES) and not is_folder(out)


def _check_file(out: Place, formats: Sequence[str], alone: bool) -> None:
    """Check that the file ``out`` can hold the output; ``alone`` states whether there is a single recording."""
    ending = format_of(out)
    if ending is None:
        raise UsageError(f"-o {out}: {out.suffix} is not an output format; use {', '.join(WRITERS)}, or give a folder")
    if not alone or len(set(formats)) > 1:
        raise UsageError(f"-o {out}: a file can hold one recording in one format; give a folder")
    if formats and formats[0] != ending:
        raise UsageError(
            f"-o {out}: this name has the ending of the format {ending}, but the requested format is {formats[0]};"
            f" use the ending {ENDINGS[formats[0]]}"
        )


def _refuse_misspelt_ending(out: Place) -> None:
    """Refuse a folder whose name ends almost like an output file, such as ``tune.mdi``, unless the folder exists."""
    known = [ending.rpartition(".")[2] for ending in ENDINGS.values()]
    near = difflib.get_close_matches(out.suffix.lower()[1:], known, n=1, cutoff=_SIMILAR)
    if near and not is_folder(out):
        raise UsageError(
            f"-o {out}: {out.suffix} is not an output format; did you mean .{near[0]}?"
            " If this is the name of a folder, make the folder first"
        )


def _absolute(path: Place) -> str:
    """Normalise a path. Symbolic links are not followed, because each link has separate outputs."""
    if isinstance(path, Url):
        return path.text
    return os.path.normpath(path.absolute())


def _find(inputs: Sequence[Place]) -> _Found:
    """Find the recordings of all inputs; each recording is listed only once."""
    found = _Found()
    for path in inputs:
        if not is_folder(path):
            found.recordings.setdefault(_absolute(path), (path, Path()))  # a missing file is reported when it is read
            continue
        inside, others = _search(path)
        found.passed_over.update(others)
        if not inside:
            seen = f" ({count_endings(others.most_common())})" if others else ""
            found.failures.append(
                f"{path}: there are no recordings in this folder{seen}; give a folder with audio files"
            )
        for audio, inner in inside:
            found.recordings.setdefault(_absolute(audio), (audio, inner))
    return found


def count_endings(counts: Sequence[tuple[str, int]]) -> str:
    """Format the number of files with each ending, as in ``12 .txt, 1 .pdf``.

    After the first five endings, the remaining files are counted together, as in ``3 others``.
    """
    parts = [f"{count} {ending or 'without an ending'}" for ending, count in counts[:5]]
    rest = sum(count for _, count in counts[5:])
    return ", ".join([*parts, f"{rest} others"] if rest else parts)


def _search(folder: Place) -> tuple[list[tuple[Place, PurePath]], Counter[str]]:
    """List the recordings in a folder with their sub-folders, and count the other files by their endings.

    Hidden files (such as ._song.wav, which macOS creates), outputs of singtrans and label files are neither listed nor
    counted.
    """
    recordings: list[tuple[Place, PurePath]] = []
    others: Counter[str] = Counter()
    files: Sequence[tuple[Place, PurePath]]
    if isinstance(folder, Url):
        files = files_in(folder)
    else:
        files = [(path, path.relative_to(folder)) for path in sorted(folder.rglob("*"))]
    for path, inner in files:
        hidden = any(part.startswith(".") for part in inner.parts)
        ours = path.name.lower().endswith((ENDINGS["wav"], VOICE_ENDING))
        if hidden or ours or not (isinstance(path, Url) or path.is_file()):
            continue
        suffix = path.suffix.lower()
        if suffix in AUDIO_SUFFIXES:
            recordings.append((path, inner.parent))
        elif suffix not in _NOTES_SUFFIXES:
            others[suffix] += 1
    return recordings, others


def _refuse_clashes(jobs: Sequence[Job]) -> None:
    """Refuse jobs that would write the same output, or overwrite a recording."""
    folders = {folder: _real(folder) for job in jobs for folder in {p.parent for p in job.outputs}}
    recordings = {_absolute(job.audio) for job in jobs}
    writers: dict[Place, Place] = {}
    for job in jobs:
        for output in job.outputs:
            if _absolute(output) in recordings:
                raise UsageError(f"{output} is one of the input recordings; choose another place with -o")
            # On file systems that ignore case, the outputs of Song.wav and song.mp3 are the same.
            other = writers.setdefault(folders[output.parent] / output.name.casefold(), job.audio)
            if other != job.audio:
                raise UsageError(
                    f"{other} and {job.audio} would both write {output}; rename one, or transcribe them separately"
                )


def _real(folder: Place) -> Place:
    return folder if isinstance(folder, Url) else Path(os.path.realpath(folder))
