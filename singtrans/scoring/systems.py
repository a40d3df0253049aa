"""Where estimates come from: a file, a folder of files, or a model that listens."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from singtrans.errors import InputError
from singtrans.formats import ReadOptions, f0_stem, load_pitch, read_content
from singtrans.notes import Transcription
from singtrans.scoring.references import Labels, Reference, beside, f0_files, note_files


class System(Protocol):
    """Something that says what it found in a recording.

    Attributes:
        name: what reports call it.
        extra: names of estimates for which there is no reference.
    """

    name: str
    extra: tuple[str, ...]

    def __call__(self, reference: Reference) -> Labels | None:
        """What was found, or None if there is nothing of this recording.

        Raises:
            InputError: if what there is cannot be read.
        """


class EstimateFile:
    """One file of notes, or of pitch over time, for the one reference that there is."""

    extra: tuple[str, ...] = ()

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.path, self.name = path, name or str(path)

    def __call__(self, reference: Reference) -> Labels:
        """Read it."""
        if f0_stem(self.path):
            return Labels(pitch=load_pitch(self.path))
        return _read(self.path, beside(self.path), reference, reference.name)


class EstimateFolder:
    """A folder where the estimate of ``sub/song`` is ``sub/song`` with any ending that is read.

    Raises:
        InputError: if it has no estimate of any reference.
    """

    def __init__(self, path: Path, references: Sequence[Reference], name: str | None = None) -> None:
        self.path, self.name = path, name or str(path)
        self._notes, self._f0 = note_files(path), f0_files(path)
        found = {stem.as_posix() for stem in (*self._notes, *self._f0)}
        known = {reference.name for reference in references}
        if not found & known:
            raise InputError(
                f"{path} has no estimate of any of the {len(known)} references (such as {min(known)}):"
                " give it files of the same names."
            )
        self.extra = tuple(sorted(found - known))

    def __call__(self, reference: Reference) -> Labels | None:
        """Read the estimate of one recording."""
        stem = Path(reference.name)
        notes, f0 = self._notes.get(stem), self._f0.get(stem)
        if notes is None and f0 is None:
            return None
        return _read(notes, f0, reference, reference.song)


class Listening:
    """A model that transcribes the recordings."""

    extra: tuple[str, ...] = ()

    def __init__(self, name: str, transcribe: Callable[[Path], Transcription]) -> None:
        self.name, self._transcribe = name, transcribe

    def __call__(self, reference: Reference) -> Labels:
        """Transcribe one recording."""
        if reference.audio is None:
            raise InputError(f"{reference.name} has no recording: name one in the manifest.")
        found = self._transcribe(reference.audio)
        return Labels(found.notes, found.pitch)


def _read(notes: Path | None, f0: Path | None, reference: Reference, song: str | None) -> Labels:
    """Notes, and the pitch track in a file of its own or in singtrans' JSON."""
    if f0 is not None and reference.f0 is not None and f0.samefile(reference.f0):
        f0 = None  # one folder holds truth and estimate: a track must not be compared with itself
    pitch = load_pitch(f0) if f0 else None
    if notes is None:
        return Labels(pitch=pitch)
    content = read_content(notes, ReadOptions(name=song or reference.name.rpartition("/")[2]))
    if isinstance(content, Transcription):
        return Labels(content.notes, content.pitch if pitch is None and len(content.pitch) else pitch)
    return Labels(content, pitch)
