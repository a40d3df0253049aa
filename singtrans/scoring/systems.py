"""Sources of estimates: a file, a folder, or a model that transcribes the recordings."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from singtrans.audio import Recording
from singtrans.errors import InputError
from singtrans.formats import ReadOptions, f0_stem, load_pitch, read_content
from singtrans.notes import Transcription
from singtrans.scoring.reference_files import f0_files, note_files, pitch_file_beside, unread_texts
from singtrans.scoring.references import Annotations, Reference


class System(Protocol):
    """A source of one estimate per recording.

    Attributes:
        name: name of the system in reports.
        extra: names of estimates that have no reference.
    """

    name: str
    extra: tuple[str, ...]

    def __call__(self, reference: Reference) -> Annotations | None:
        """Return the estimate for a recording, or None if there is none.

        Raises:
            InputError: if the estimate cannot be read.
        """


class EstimateFile:
    """Estimate for a single reference: a file of notes, or a file of pitch over time."""

    extra: tuple[str, ...] = ()

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.path, self.name = path, name or str(path)

    def __call__(self, reference: Reference) -> Annotations:
        """Read the file."""
        if f0_stem(self.path):
            return Annotations(pitch=load_pitch(self.path, guesses=True))
        return _read(self.path, pitch_file_beside(self.path), reference, reference.name)


class EstimateFolder:
    """Folder of estimates. The estimate for ``sub/song`` is the file ``sub/song`` with any readable suffix.

    Raises:
        InputError: if the folder has no estimate for any reference.
    """

    def __init__(self, path: Path, references: Sequence[Reference], name: str | None = None) -> None:
        self.path, self.name = path, name or str(path)
        self._notes, self._f0 = note_files(path), f0_files(path)
        self._texts = unread_texts(path, {*self._notes, *self._f0})
        estimated = {stem.as_posix() for stem in (*self._notes, *self._f0)}
        known = {reference.name for reference in references}
        if not estimated & known:
            raise InputError(
                f"{path} has no estimate of any of the {len(known)} references (such as {min(known)}):"
                " give it files of the same names."
            )
        self.extra = tuple(sorted(estimated - known))

    def __call__(self, reference: Reference) -> Annotations | None:
        """Read the estimate for one recording."""
        stem = Path(reference.name)
        # Reading a text in which no notes were recognised shows which line is wrong.
        notes, f0 = self._notes.get(stem) or self._texts.get(stem), self._f0.get(stem)
        if notes is None and f0 is None:
            return None
        return _read(notes, f0, reference, reference.song)


class ModelSystem:
    """A model that transcribes the recordings."""

    extra: tuple[str, ...] = ()

    def __init__(self, name: str, transcribe: Callable[[Path | Recording], Transcription]) -> None:
        self.name, self._transcribe = name, transcribe

    def __call__(self, reference: Reference) -> Annotations:
        """Transcribe one recording."""
        if reference.audio is None:
            raise InputError(f"{reference.name} has no recording: name one in the manifest.")
        transcription = self._transcribe(reference.audio)
        return Annotations(transcription.notes, transcription.pitch)


def _read(notes: Path | None, f0: Path | None, reference: Reference, song: str | None) -> Annotations:
    """Read notes, and read the pitch track from a separate file or from singtrans' JSON."""
    if f0 is not None and reference.f0 is not None and f0.samefile(reference.f0):
        f0 = None  # the folder has both references and estimates, and a track must not be compared with itself
    pitch = load_pitch(f0, guesses=True) if f0 else None
    if notes is None:
        return Annotations(pitch=pitch)
    by_name = ReadOptions(name=song or reference.name.rpartition("/")[2])
    content = read_content(notes, reference.reading.or_else(by_name))
    if isinstance(content, Transcription):
        return Annotations(content.notes, content.pitch if pitch is None and len(content.pitch) else pitch)
    return Annotations(content, pitch)
