"""Tracks of files that hold several, and the choice of the one that is sung."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from singtrans.errors import InputError
from singtrans.formats.lyrics import Syllable
from singtrans.formats.text import in_order, listed
from singtrans.notes import Note, PitchTrack

_LOG = logging.getLogger(__name__)
_TOUCHING = 0.03  # seconds that notes of one voice may overlap
_VOICE = re.compile(r"voice|vocal|vox|melod|sing|lead|lyric|karaoke|gesang|chant", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Track:
    """The notes of one track.

    Attributes:
        name: what the file calls it.
        notes: in the order of their onsets.
        has_words: whether lyrics stand in it.
        words: (onset, pitch) of a note -> its syllable.
        pitch: how the pitch moves within the notes; None where the file does not say it.
    """

    name: str
    notes: tuple[Note, ...]
    has_words: bool = False
    words: Mapping[tuple[float, float], Syllable] = field(default_factory=dict)
    pitch: PitchTrack | None = None


def choose_track(path: Path, tracks: Sequence[Track], voice: str | None) -> tuple[Note, ...]:
    """The notes of what :func:`choose_tracks` chooses, in the order of their onsets."""
    return in_order(note for track in choose_tracks(path, tracks, voice) for note in track.notes)


def choose_tracks(path: Path, tracks: Sequence[Track], voice: str | None, *, warns: bool = True) -> list[Track]:
    """The track that is sung; all tracks if they do not overlap.

    Args:
        path: the file, for errors.
        tracks: those with notes.
        voice: the name of a track, or its number counted from 1; None for the only one, or the one with lyrics or with
            a name such as Vocals.
        warns: whether a choice that was not asked for is logged.

    Raises:
        InputError: if there is no such track, or several could be the voice.
    """
    if voice is not None:
        wanted = voice.strip().lower()
        for number, track in enumerate(tracks, 1):
            if wanted in (track.name.lower(), str(number)):
                return [track]
        raise InputError(f"{path} has no track {voice!r}: choose one with --voice ({_names(tracks)}).")
    notes = in_order(note for track in tracks for note in track.notes)
    if len(tracks) < 2 or not overlap(notes):
        return list(tracks)
    with_words = [track for track in tracks if track.has_words]
    named = [track for track in tracks if _VOICE.search(track.name)]
    for likely in (with_words, named):
        if len(likely) == 1:
            count, name = len(tracks), likely[0].name or "the one with words"
            if warns:
                _LOG.warning("%s has %d tracks with notes: read %s; choose another with --voice", path, count, name)
            return likely
    raise InputError(f"{path} has {len(tracks)} tracks with notes: choose one with --voice ({_names(tracks)}).")


def overlap(notes: tuple[Note, ...]) -> bool:
    """Whether notes, in the order of their onsets, overlap by more than notes of one voice do."""
    end = 0.0
    for note in notes:
        if note.onset < end - _TOUCHING:
            return True
        end = max(end, note.offset)
    return False


def _names(tracks: Sequence[Track]) -> str:
    return listed([track.name or str(number) for number, track in enumerate(tracks, 1)])
