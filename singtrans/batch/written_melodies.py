"""Written melodies with which recordings are compared: one melody for all recordings, or one for each recording."""

from dataclasses import replace
from pathlib import Path

from singtrans.batch.plan import Plan
from singtrans.errors import InputError
from singtrans.formats import find_notes, load_notes, note_stem
from singtrans.formats.conversion import monophonic
from singtrans.notes import Note


class WrittenMelodies:
    """Written melodies of the recordings.

    Args:
        path: file of notes in any format, which is used for all recordings; or folder with one file per recording.
        voice: voice to read from a file with several voices; see `singtrans.formats.ReadOptions`.

    Raises:
        InputError: if the file does not exist or cannot be read, or the folder has no files of notes.
    """

    def __init__(self, path: Path, voice: str | None = None) -> None:
        self._path, self._voice = path, voice
        self._files: dict[str, Path] = {}
        if path.is_dir():
            for file in reversed(find_notes(path)):  # of several formats, the first contains the most
                self._files[note_stem(file).name] = file
            if not self._files:
                raise InputError(f"{path}: there are no files of notes in this folder; give one with written melodies")
        self._only = None if path.is_dir() else self._read(path)

    def of(self, stem: str) -> tuple[Note, ...]:
        """Return the written melody of a recording, as notes that do not overlap.

        Args:
            stem: name of the recording without its ending.

        Raises:
            InputError: if the recording has no written melody, or this cannot be read.
        """
        if self._only is not None:
            return self._only
        if stem not in self._files:
            raise InputError(f"{self._path} has no file of notes named {stem}: add one, or give a single file")
        return self._read(self._files[stem])

    def _read(self, path: Path) -> tuple[Note, ...]:
        notes, _ = monophonic(load_notes(path, voice=self._voice))
        if not notes:
            raise InputError(f"{path} has no notes: give a file with the written melody")
        return notes


def with_melodies(plan: Plan, melodies: WrittenMelodies) -> Plan:
    """Add the written melody of each recording to the options of its job.

    For a recording without a written melody, a line is added to the failures of the plan.
    """
    jobs, failures = [], list(plan.failures)
    for job in plan.jobs:
        try:
            jobs.append(replace(job, options=replace(job.options, reference=melodies.of(job.audio.stem))))
        except InputError as error:
            jobs.append(job)
            failures.append(f"{job.audio}: {error}")
    return replace(plan, jobs=tuple(jobs), failures=tuple(failures))
