"""Random melodies for synthetic singing, with their attacks and pitch curves.

Time is in seconds and pitch is a fractional MIDI number. All random choices use the generator ``rng`` of the caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from singtrans.notes import Note

HOP_SECONDS = 0.005  # seconds between the frames of a voice
JOINED_SECONDS = 0.01  # a shorter gap is not audible, so the notes are legato
RANDOM_JOINS = {"rest": 0.1, "gap": 0.25, "legato": 0.35, "repeat": 0.2, "melisma": 0.1}


@dataclass(frozen=True, slots=True)
class SingingStyle:
    """Style of the notes. Pairs are ranges from which a value is drawn for each note; shares are probabilities.

    Attributes:
        glide: length of the portamento between legato notes (5 % to 95 % of the interval), in seconds.
        overshoot: largest overshoot after a step, and largest preparation before it, as a fraction of the interval.
        vibrato_rate: rate of the vibrato in Hz.
        vibrato_extent: half of the vibrato's peak-to-peak extent in semitones.
        vibrato_share: share of the long notes that have vibrato.
        vibrato_seconds: length of the shortest note with vibrato.
        drift: standard deviation in semitones of the slow drift (about 1 s), whose mean is zero.
        fluctuation: standard deviation in semitones of the fast fluctuation (below about 20 Hz).
        scoop: largest distance in semitones by which a phrase starts below its first pitch.
        scoop_share: share of the phrases that start with a scoop.
        consonant_share: share of the gaps that have an unvoiced consonant.
        reattack_share: probability that a legato note with a new pitch starts with a dip in level and a new vowel.
        dip: depth in dB of the dip before an attack without a gap. Smoothing reduces it to about two thirds.
        vowel_share: probability that a legato note that repeats a pitch starts with a new vowel but without a dip.
        same_vowel_share: probability that a legato note with an attack keeps the previous vowel.
    """

    glide: tuple[float, float] = (0.06, 0.14)
    overshoot: float = 0.15
    vibrato_rate: tuple[float, float] = (4.5, 7.0)
    vibrato_extent: tuple[float, float] = (0.2, 1.2)
    vibrato_share: float = 0.6
    vibrato_seconds: float = 0.4
    drift: float = 0.04
    fluctuation: float = 0.03
    scoop: float = 1.5
    scoop_share: float = 0.4
    consonant_share: float = 0.6
    reattack_share: float = 0.3
    dip: tuple[float, float] = (8.0, 20.0)
    vowel_share: float = 0.0
    same_vowel_share: float = 0.0


def random_melody(
    rng: np.random.Generator, seconds: float = 10.0, low: float = 50.0, high: float = 67.0
) -> tuple[Note, ...]:
    """Draw a plausible melody with rests, short gaps, legato, repeated notes and fast melismas.

    Args:
        rng: random generator.
        seconds: length of the melody; the last note ends before it.
        low: lowest pitch, fractional MIDI; the whole melody may be mistuned by up to half a semitone.
        high: highest pitch, fractional MIDI.

    Returns:
        Notes of 0.1 to 1.5 s in time order that do not overlap; joined notes have exactly the same boundary.

    Raises:
        ValueError: if ``seconds`` is below 2.5 or the range is below four semitones.
    """
    if seconds < 2.5 or high - low < 4:
        raise ValueError(f"a melody needs at least 2.5 s and 4 semitones, not {seconds} s and {low} to {high}")
    mode = rng.choice([(0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)])
    steps = np.arange(np.ceil(low), np.floor(high) + 1)
    scale = steps[np.isin((steps - rng.integers(12)) % 12, mode)] + rng.uniform(-0.5, 0.5)
    beat, place, time = rng.uniform(0.25, 0.7), int(rng.integers(len(scale))), rng.uniform(0.1, 0.5)
    notes: list[Note] = []
    while True:
        join = rng.choice(list(RANDOM_JOINS), p=list(RANDOM_JOINS.values())) if notes else "legato"
        if join == "rest":
            time += rng.uniform(0.2, 1.2)
        elif join == "gap":
            time += rng.uniform(0.04, 0.2)
        elif join == "repeat" and rng.random() < 0.6:  # the others have an attack, but no gap
            time += rng.uniform(0.03, 0.08)
        for _ in range(rng.integers(3, 8) if join == "melisma" else 1):
            if join != "repeat":
                place = _next_place(place, len(scale), 1 if join == "melisma" else 4, rng)
            length = rng.choice([0.5, 1.0, 1.0, 1.5, 2.0, 3.0]) * beat * rng.uniform(0.9, 1.1)
            length = rng.uniform(0.1, 0.2) if join == "melisma" else float(np.clip(length, 0.1, 1.5))
            if time + length > seconds:
                return tuple(notes)
            notes.append(Note(time, time + length, float(scale[place] + rng.normal(0, 0.08))))
            time = notes[-1].offset


def _next_place(place: int, count: int, leap: int, rng: np.random.Generator) -> int:
    """Draw another degree of a scale with ``count`` degrees, at most ``leap`` away; near degrees are more likely."""
    near = [other for other in range(count) if 0 < abs(other - place) <= leap]
    weights = np.array([1 / abs(other - place) for other in near])
    return int(rng.choice(near, p=weights / weights.sum()))


def f0_curve(notes: Sequence[Note], hop_seconds: float, rng: np.random.Generator, style: SingingStyle) -> np.ndarray:
    """Make a pitch curve of notes, with portamento, overshoot, vibrato, scoops, drift and fluctuation.

    Apart from the drift, the mean over the middle half of every note is the note's pitch. Overshoot is an oscillation
    of a second-order system with the constants of Saitou, Unoki and Akagi (2005). Preparation is overshoot mirrored in
    time.

    Args:
        notes: notes in time order, not overlapping; a gap below 10 ms is legato.
        hop_seconds: time between frames; frame ``i`` is at ``i * hop_seconds``.
        rng: random generator.
        style: style of the notes.

    Returns:
        (frames,) fractional MIDI, NaN where silent. The array ends directly before the end of the last note.

    Raises:
        ValueError: if notes overlap or are out of order.
    """
    count = int(np.ceil(notes[-1].offset / hop_seconds - 1e-6)) if notes else 0
    time = np.arange(count) * hop_seconds + 1e-9  # a frame on a boundary belongs to the later note
    curve = np.full(count, np.nan)
    drift = style.drift * smooth_noise(count, 1.0 / hop_seconds, rng)
    for phrase in phrases(notes):
        first, last = np.searchsorted(time, (phrase[0].onset, phrase[-1].offset))
        curve[first:last] = _phrase_curve(phrase, time[first:last], rng, style) + drift[first:last]
    return curve


def phrases(notes: Sequence[Note]) -> list[list[Note]]:
    """Group consecutive notes that have no gap (or a gap below 10 ms) between them.

    Raises:
        ValueError: if notes overlap or are out of order.
    """
    groups: list[list[Note]] = []
    for note in notes:
        gap = note.onset - groups[-1][-1].offset if groups else np.inf
        if gap < -1e-6:
            raise ValueError(f"notes overlap: {groups[-1][-1]} and {note}")
        if gap < JOINED_SECONDS:
            groups[-1].append(note)
        else:
            groups.append([note])
    return groups


def _phrase_curve(phrase: list[Note], time: np.ndarray, rng: np.random.Generator, style: SingingStyle) -> np.ndarray:
    """Return the pitch of one unbroken phrase, (frames,) fractional MIDI without drift, at ``time`` (frames,)."""
    reached = np.zeros((len(phrase) + 1, len(time)))  # progress of the glide at each boundary, 0..1
    reached[0] = 1.0
    bends = style.fluctuation * smooth_noise(len(time), 0.05 / (time[1] - time[0]) if len(time) > 1 else 1, rng)
    for number, (old, new) in enumerate(pairwise(phrase), 1):
        glide = min(rng.uniform(*style.glide), 0.6 * old.duration, 0.6 * new.duration)
        since = time - new.onset
        reached[number] = 1 / (1 + np.exp(np.clip(-5.9 / glide * since, -50, 50)))
        amounts = np.clip(new.pitch - old.pitch, -4, 4) * rng.uniform(0, style.overshoot, 2)
        bends += amounts[0] * _ringing(since - glide / 4, 34.8, 0.542)
        bends -= amounts[1] * _ringing(-since - glide / 4, 29.2, 0.668)
    if rng.random() < style.scoop_share:
        fall = min(rng.uniform(0.03, 0.08), phrase[0].duration / 6)
        bends -= rng.uniform(0.2, 1) * style.scoop * np.exp(-(time - phrase[0].onset) / fall)
    for note in phrase:
        if note.duration >= style.vibrato_seconds and rng.random() < style.vibrato_share:
            bends += _vibrato(note, time, rng, style)
    weights = reached[:-1] - reached[1:]  # (notes, frames) weight of each note in the pitch
    pitches = np.array([note.pitch for note in phrase])
    curve = pitches @ weights + bends
    for _ in range(4):  # each iteration reduces the error of short adjacent notes to about a tenth
        curve += (pitches - [_middle_mean(curve, time, note) for note in phrase]) @ weights
    return curve


def _middle_mean(curve: np.ndarray, time: np.ndarray, note: Note) -> float:
    quarter = note.duration / 4
    inside = (time >= note.onset + quarter) & (time < note.offset - quarter)
    if not inside.any():
        inside = np.arange(len(time)) == np.argmin(np.abs(time - note.onset - 2 * quarter))
    return float(curve[inside].mean())


def _ringing(since: np.ndarray, omega: float, damping: float) -> np.ndarray:
    """Compute the (frames,) impulse response of a damped second-order system, with a peak near 1."""
    after = np.maximum(since, 0)
    return 2.2 * np.exp(-damping * omega * after) * np.sin(omega * np.sqrt(1 - damping**2) * after)


def _vibrato(note: Note, time: np.ndarray, rng: np.random.Generator, style: SingingStyle) -> np.ndarray:
    """Compute (frames,) semitones of vibrato, which starts after a delay, grows, and fades before the note ends."""
    delay = rng.uniform(0.1, 0.35) * min(note.duration, 1.0)
    since = time - note.onset - delay
    swell = np.clip(since / 0.2, 0, 1) * np.clip((note.offset - time) / 0.08, 0, 1)
    rate = rng.uniform(*style.vibrato_rate) * (1 + rng.uniform(-0.05, 0.1) * since)
    return rng.uniform(*style.vibrato_extent) * swell * np.sin(2 * np.pi * rate * since)


def smooth_noise(count: int, width: float, rng: np.random.Generator) -> np.ndarray:
    """Draw (count,) noise of mean 0 and standard deviation 1 that changes over about ``width`` frames."""
    window = np.hanning(max(1, round(width)) + 2)
    noise = rng.standard_normal(count + len(window) - 1)
    return np.convolve(noise, window / np.sqrt((window**2).sum()), "valid")


def span(note: Note) -> tuple[int, int]:
    """Return the first frame of a note and the first frame after it, counted as in ``f0_curve``."""
    return int(np.ceil(note.onset / HOP_SECONDS - 1e-6)), int(np.ceil(note.offset / HOP_SECONDS - 1e-6))


def is_repeat(old: Note, new: Note) -> bool:
    """Return whether a note repeats the previous pitch, within half a semitone."""
    return abs(new.pitch - old.pitch) < 0.5


def draw_attacks(notes: Sequence[Note], rng: np.random.Generator, style: SingingStyle) -> list[bool]:
    """Decide for each note whether it has an attack; notes without an attack are slurred to the previous note."""
    attacks = []
    for phrase in phrases(notes):
        attacks.append(True)
        for old, new in pairwise(phrase):
            share = 1.0 - style.vowel_share if is_repeat(old, new) else style.reattack_share
            attacks.append(rng.random() < share)
    return attacks


def draw_level(
    notes: Sequence[Note], attacks: list[bool], count: int, rng: np.random.Generator, style: SingingStyle
) -> np.ndarray:
    """Draw the (count,) linear gain every ``HOP_SECONDS``, with loudness, attacks and releases of notes."""
    time = np.arange(count) * HOP_SECONDS
    level = np.zeros(count)
    floor = 0.0  # fraction of a note's loudness at its onset, in the dip before it
    for number, note in enumerate(notes):
        first, last = span(note)
        shape = np.full(last - first, rng.uniform(0.5, 1.0))
        if attacks[number]:
            rise = min(rng.uniform(0.02, 0.06), note.duration / 3)
            shape *= _ramp((time[first:last] - note.onset) / rise, floor, least=0.0 if floor else 0.1)
        if number + 1 == len(notes) or attacks[number + 1]:
            fall = min(rng.uniform(0.03, 0.12), note.duration / 3)
            joined = number + 1 < len(notes) and notes[number + 1].onset - note.offset < HOP_SECONDS * 2
            floor = 10 ** (-rng.uniform(*style.dip) / 20) * joined
            shape *= _ramp((note.offset - time[first:last]) / fall, floor)
        level[first:last] = shape
    window = np.hanning(7)  # the gain is smoothed over 30 ms
    smooth = np.convolve(level, window / window.sum(), "same")
    return smooth * np.exp(0.1 * smooth_noise(count, 0.5 / HOP_SECONDS, rng))


def _ramp(way: np.ndarray, floor: float, least: float = 0.0) -> np.ndarray:
    """Return a quarter of a sine that rises from ``floor`` at ``way`` = 0 to 1 at ``way`` = 1.

    Values of ``way`` below ``least`` are replaced by ``least``.
    """
    return floor + (1 - floor) * np.sin(np.pi / 2 * np.clip(way, least, 1))
