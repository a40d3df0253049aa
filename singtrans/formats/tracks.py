"""Tracks of a file, and the choice of the track that is sung."""

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
_TOUCHING = 0.03  # largest overlap of the notes of one voice in seconds
_VOICE = re.compile(r"voice|vocal|vox|melod|sing|lead|lyric|karaoke|gesang|chant", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Track:
    """The notes of one track.

    Attributes:
        name: name of the track in the file.
        notes: notes in the order of their onsets.
        has_words: whether the track has lyrics.
        words: map from (onset, pitch) of notes to syllables.
        pitch: sung pitch of the notes over time; None if the file does not contain it.
    """

    name: str
    notes: tuple[Note, ...]
    has_words: bool = False
    words: Mapping[tuple[float, float], Syllable] = field(default_factory=dict)
    pitch: PitchTrack | None = None


def choose_track(path: Path, tracks: Sequence[Track], voice: str | None) -> tuple[Note, ...]:
    """Return the notes of the tracks from :func:`choose_tracks`, in the order of their onsets."""
    return in_order(note for track in choose_tracks(path, tracks, voice) for note in track.notes)


def choose_tracks(path: Path, tracks: Sequence[Track], voice: str | None, *, warns: bool = True) -> list[Track]:
    """Choose the sung track, or all tracks if they do not overlap.

    Args:
        path: path of the file, for messages.
        tracks: tracks with notes.
        voice: name of a track, or its number, counted from 1. If this is None and tracks overlap, the only track with
            lyrics is chosen, or else the only track with a name such as Vocals.
        warns: whether to log a warning if one of several overlapping tracks is chosen without ``voice``.

    Raises:
        InputError: if no track has the name or number ``voice``, or if it is not clear which track is sung.
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
    """Return whether any note starts more than 0.03 s before an earlier note ends.

    Args:
        notes: notes in the order of their onsets.
    """
    end = 0.0
    for note in notes:
        if note.onset < end - _TOUCHING:
            return True
        end = max(end, note.offset)
    return False


def _names(tracks: Sequence[Track]) -> str:
    return listed([track.name or str(number) for number, track in enumerate(tracks, 1)])
