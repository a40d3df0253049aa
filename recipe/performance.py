"""Simulated performances of songs, with the timing, drift and breaths of a singer, and errors of a transcription."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recipe.folk_songs import FolkSong
from singtrans.melody.metre import parse_metre
from singtrans.notes import Note

SHORTEST_MEAN, LONGEST_MEAN = 0.2, 0.9  # seconds; limits of the mean length of notes that a person can sing


@dataclass(frozen=True, slots=True)
class Style:
    """Properties of a performance.

    Attributes:
        tempo: median tempo in beats per minute; all tempi lie between 60 and 140.
        spread: standard deviation of the logarithm of the tempo.
        timing: standard deviation of onsets in seconds.
        drift: largest relative change of the tempo.
        breath: shortest and longest breath at the end of a phrase in seconds; the breath shortens the last note of the
            phrase.
        delay: longest delay of a phrase after a breath in seconds.
        missed, extra, merged: approximate shares of the notes that the transcription misses, splits in two, or joins to
            the previous one.
        wrong: share of the notes whose pitch is wrong by a semitone.
        consonant: longest silence in seconds before a consonant. The share of notes that end with such a silence is
            random in each song.
    """

    tempo: float = 96.0
    spread: float = 0.22
    timing: float = 0.025
    drift: float = 0.05
    breath: tuple[float, float] = (0.2, 0.45)
    delay: float = 0.1
    missed: float = 0.0
    extra: float = 0.0
    merged: float = 0.0
    wrong: float = 0.0
    consonant: float = 0.0


CLEAN = Style()
NOISY = Style(missed=0.02, extra=0.02, merged=0.02, wrong=0.02, consonant=0.2)


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """A performance.

    Attributes:
        notes: the notes, with the errors of a transcription.
        source: (notes,) index, in the song, of the first song note that each note contains; -1 for the second part of a
            split note.
        tempo: median tempo in beats of the metre per minute.
        times: (quarters,) times in seconds of successive quarter notes, the first of which is at position `first`.
        first: position in the song, in quarter notes, of the first of these times.
    """

    notes: tuple[Note, ...]
    source: np.ndarray
    tempo: float
    times: np.ndarray
    first: float


def perform(song: FolkSong, rng: np.random.Generator, style: Style = CLEAN) -> Performance:
    """Simulate a performance of a song."""
    beat = float(parse_metre(song.metre).beat)
    starts = np.array([float(note.start) for note in song.notes])
    lengths = np.array([float(note.length) for note in song.notes])
    tempo = _tempo(lengths.mean() / beat, rng, style)
    first, last = np.floor(starts[0]) - 1, np.ceil(starts[-1] + lengths[-1]) + 2
    quarters = np.arange(first, last + 1)
    period = 60 / tempo / beat
    cycle, phase, drift = rng.uniform(20, 50), rng.uniform(0, 2 * np.pi), rng.uniform(0, style.drift)
    steps = period * (1 + drift * np.sin(2 * np.pi * quarters[:-1] / cycle + phase))
    times = np.append(0.0, np.cumsum(steps))
    times += rng.uniform(0.2, 2.0) - np.interp(starts[0], quarters, times)
    onsets = np.interp(starts, quarters, times)
    ends = np.interp(starts + lengths, quarters, times)
    gaps = np.zeros(len(onsets))
    for index, note in enumerate(song.notes[:-1]):
        if note.ends_phrase:
            length = ends[index] - onsets[index]
            gaps[index] = min(rng.uniform(*style.breath), length / 2)
            delay = rng.uniform(0, style.delay)
            onsets[index + 1 :] += delay
            ends[index + 1 :] += delay
            times[quarters > note.start] += delay
    onsets = onsets + rng.normal(0, style.timing, len(onsets))
    onsets = np.maximum.accumulate(onsets + np.arange(len(onsets)) * 1e-4)
    ends = ends - gaps - rng.choice([0.0, 0.05], len(ends)) + rng.normal(0, style.timing, len(ends))
    if style.consonant:
        closures = rng.uniform(0, style.consonant, len(ends)) * (rng.random(len(ends)) < rng.random())
        ends = ends - np.clip(closures, 0, (ends - onsets) / 2)
    ends = np.minimum(ends, np.append(onsets[1:], np.inf))
    ends = np.maximum(ends, onsets + 0.03)
    ends = np.minimum(ends, np.append(onsets[1:], np.inf))
    ends = np.maximum(ends, onsets + 1e-4)
    pitches = np.array([note.pitch for note in song.notes]) + rng.normal(0, 0.1, len(onsets))
    pitches += rng.choice([-1, 1], len(onsets)) * (rng.random(len(onsets)) < style.wrong)
    sung = times[(quarters >= starts[0] - 1) & (quarters <= starts[-1] + 1)]
    tempo = 60 / beat / float(np.median(np.diff(sung)))
    notes, source = _transcribed(onsets, ends, pitches, rng, style)
    return Performance(notes, source, tempo, times, float(first))


def _tempo(mean: float, rng: np.random.Generator, style: Style) -> float:
    """Draw a tempo between 60 and 140 at which notes whose mean length is ``mean`` beats can be sung."""
    for _ in range(100):
        tempo = float(np.exp(rng.normal(np.log(style.tempo), style.spread)))
        if 60 <= tempo <= 140 and SHORTEST_MEAN <= mean * 60 / tempo <= LONGEST_MEAN:
            return tempo
    return float(np.clip(60 * mean / 0.45, 60, 140))


def _transcribed(
    onsets: np.ndarray, ends: np.ndarray, pitches: np.ndarray, rng: np.random.Generator, style: Style
) -> tuple[tuple[Note, ...], np.ndarray]:
    """Add the errors of a transcription."""
    notes: list[Note] = []
    source: list[int] = []
    for index, (onset, end, pitch) in enumerate(zip(onsets, ends, pitches, strict=True)):
        chance = rng.random(3)
        if chance[0] < style.missed and end - onset < 0.4:
            continue
        touches = bool(notes) and onset - notes[-1].offset < 0.1
        if touches and chance[1] < _merge_chance(style, notes[-1].pitch, pitch):
            notes[-1] = Note(notes[-1].onset, float(end), notes[-1].pitch)
            continue
        if chance[2] < style.extra and end - onset > 0.25:
            cut = onset + (end - onset) * rng.uniform(0.2, 0.8)
            notes += [Note(float(onset), float(cut), float(pitch)), Note(float(cut), float(end), float(pitch + 0.6))]
            source += [index, -1]
            continue
        notes.append(Note(float(onset), float(end), float(pitch)))
        source.append(index)
    return tuple(notes), np.array(source)


def _merge_chance(style: Style, before: float, pitch: float) -> float:
    """Return the probability that two touching notes are joined, which is higher for a repeated pitch."""
    return 3 * style.merged if abs(before - pitch) < 0.5 else style.merged / 3


def song_lengths(songs: Sequence[FolkSong]) -> np.ndarray:
    """Return the number of notes in each song, (songs,)."""
    return np.array([len(song.notes) for song in songs])
