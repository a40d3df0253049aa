"""Functions that readers of projects share: they detect rests, make tracks, and return the content of tracks."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from singtrans.formats.format import Content, Song
from singtrans.formats.lyrics import HELD, Syllable, syllables_of
from singtrans.formats.text import in_order
from singtrans.formats.tracks import Track, choose_tracks
from singtrans.melody.beats import Beats
from singtrans.notes import Note, PitchTrack, Transcription

_RESTS = frozenset(("r", "rest", "ap", "sp", "br", "sil", "pau"))
_HELD = re.compile(r"[-ー+][~*\d]*|")
_HINT = re.compile(r"\s*\[[^\[\]]*\]\s*$")


def is_rest(lyric: str) -> bool:
    """Return whether a lyric means a rest or a breath."""
    return lyric.strip().lower() in _RESTS


def track_of(name: str, sung: Iterable[tuple[Note, str]], unnamed: str, pitch: PitchTrack | None = None) -> Track:
    """Make a track from notes and lyrics.

    Args:
        name: name of the track.
        sung: notes with their lyrics. Lyrics that hold a syllable, such as ``-`` and ``+~``, become held syllables.
        unnamed: default lyric of the program. A track without other lyrics is treated as a track without words.
        pitch: pitch of the notes over time, or None.
    """
    pairs = list(sung)
    texts = {(note.onset, note.pitch): _HINT.sub("", lyric.strip()) for note, lyric in pairs}
    words = {place: Syllable(HELD if _HELD.fullmatch(text) else text) for place, text in texts.items()}
    known = {syllable.text for syllable in words.values()} - {HELD}
    notes = in_order(note for note, _ in pairs)
    return Track(name.strip(), notes, words=words if known - {unnamed} else {}, pitch=pitch)


def content_of(path: Path, tracks: Sequence[Track], voice: str | None) -> Content:
    """Return the notes of the chosen tracks, or a transcription with notes and pitch if the tracks have pitch curves.

    Raises:
        InputError: if there is no track ``voice``, or if it is not clear which track is sung.
    """
    chosen = choose_tracks(path, tracks, voice)
    notes = in_order(note for track in chosen for note in track.notes)
    curves = [track.pitch for track in chosen if track.pitch is not None]
    if not curves:
        return notes
    time = np.concatenate([curve.time for curve in curves])
    order = np.unique(time, return_index=True)[1]
    midi = np.concatenate([curve.midi for curve in curves])[order]
    pitch = PitchTrack(time[order], midi, np.isfinite(midi).astype(float))
    return Transcription(notes, pitch, max((note.offset for note in notes), default=0.0), audio=path.stem)


def song_of(path: Path, tracks: Sequence[Track], voice: str | None, notes: Sequence[Note], beats: Beats | None) -> Song:
    """Return a song with the beats, and with the syllables that the chosen tracks have for the notes."""
    chosen = choose_tracks(path, tracks, voice, warns=False)
    words = {place: word for track in chosen for place, word in track.words.items()}
    return Song(syllables_of(notes, words), beats)
