"""Use WORLD to synthesise planned songs from banks of syllables. The labels of these songs are known exactly.

The labels are the notes, the starts of syllables, the boundaries between an ornament and the rest of its note, and the
pitch of every frame. A note begins with a vowel or a slur. It ends where the voice ends, or where the next note begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from recipe.synthesis.manner import Manner
from recipe.synthesis.melody import HOP_SECONDS, SingingStyle, _ringing, _vibrato, smooth_noise
from recipe.synthesis.plans import Piece, PlannedSyllable
from recipe.synthesis.syllables import Syllable, SyllableBank, begins_voiced, ends_sonorously
from recipe.synthesis.voices import VoiceFrames, render
from singtrans.notes import Note

LONGEST_CONSONANT = 0.2  # seconds before a vowel
LEAST_VOICE = 0.05  # least length in seconds of a note after its consonants
TAIL = 0.4  # seconds of silence after the song
MIDDLE = 0.25  # share of a piece at each end that is ignored in its mean pitch
DIP_DB = (4.0, 16.0)
DIP_FALL, DIP_RISE = (0.02, 0.1), (0.015, 0.06)  # seconds before and after the onset
CREAK_PITCH, CREAK_LEVEL = 0.5, 0.3  # standard deviations from frame to frame, in semitones and nepers
SEMITONE_REACH = 5.0  # slope of the logistic function; 5 % to 95 % of a glide take 5.9 / slope of its length


@dataclass(frozen=True, slots=True, eq=False)
class SungSong:
    """A recording whose labels are known exactly.

    Attributes:
        samples: (n,) float32 mono samples with a peak of 0.7.
        sample_rate: Hz.
        notes: notes in time order.
        syllables, ornaments: times in seconds at which syllables start, and at which ornaments begin or end, in order.
        f0: (frames,) MIDI pitch every `HOP_SECONDS` from 0, NaN where unvoiced.
    """

    samples: np.ndarray
    sample_rate: int
    notes: tuple[Note, ...]
    syllables: tuple[float, ...]
    ornaments: tuple[float, ...]
    f0: np.ndarray


@dataclass(slots=True)
class _Placed:
    """A syllable at its position in the song.

    Attributes:
        plan: planned syllable.
        parts: syllable of the bank that is used.
        first: frame of the song at which the syllable starts.
        nucleus: frame at which the vowel starts.
        end: frame at which the voice ends.
        tail: number of voiceless frames after the end.
    """

    plan: PlannedSyllable
    parts: Syllable
    first: int
    nucleus: int
    end: int
    tail: int


def sing(
    bank: SyllableBank, plan: Sequence[PlannedSyllable], manner: Manner, style: SingingStyle, rng: np.random.Generator
) -> SungSong:
    """Sing a plan.

    Args:
        bank: bank of the voice.
        plan: syllables of the song, at least one.
        manner: style of the song.
        style: style of portamento, vibrato and drift.
        rng: random generator.

    Raises:
        ValueError: if a note is too short for its consonants.
    """
    count = round((plan[-1].offset + TAIL) / HOP_SECONDS)
    placed = _place(bank, plan, manner, rng)
    source, gain = np.full(count, -1.0), np.zeros(count)
    loudness = bank.voice.loudness
    for one in placed:
        _lay(one, loudness, (source, gain), manner, rng)
    for one in placed:
        if one.plan.join == "dip" and one.first == one.nucleus:
            _dip(gain, one.nucleus, rng)
    curve = _curve(placed, count, manner, style, rng)
    if manner.creak:
        curve = curve + manner.creak * CREAK_PITCH * rng.standard_normal(count)
        gain *= np.exp(manner.creak * CREAK_LEVEL * rng.standard_normal(count))
    inside = np.zeros(count, bool)
    for one in placed:
        inside[one.nucleus : one.end] = True
    sounding = ~np.isnan(bank.voice.f0)[np.clip(source, 0, None).astype(int)]
    voiced = (source >= 0) & (sounding | inside) & np.isfinite(curve)
    for one in placed:  # the voiceless end of a vowel is a consonant or a breath
        hold_end = one.nucleus + int(0.6 * (one.end - one.nucleus))
        rest = slice(hold_end, one.end)
        if one.parts.closed:
            voiced[rest] &= sounding[rest]
    gain = np.convolve(gain, np.hanning(9)[1:-1] / np.hanning(9).sum(), "same")
    gain *= np.exp(0.08 * smooth_noise(count, 0.4 / HOP_SECONDS, rng))
    f0 = np.where(voiced, curve, np.nan)
    samples = render(bank.voice, source, f0, gain)
    samples *= np.float32(0.7 / max(float(np.abs(samples).max()), 1e-9))
    notes, ornaments = _labels(placed)
    return SungSong(
        samples,
        bank.voice.sample_rate,
        notes,
        tuple(one.nucleus * HOP_SECONDS for one in placed),
        ornaments,
        f0,
    )


def _place(
    bank: SyllableBank, plan: Sequence[PlannedSyllable], manner: Manner, rng: np.random.Generator
) -> list[_Placed]:
    """Choose a syllable of the bank for each planned syllable, and make room for its consonants."""
    closed = [s for s in bank.syllables if s.closed]
    opened = [s for s in bank.syllables if not s.closed] or list(bank.syllables)
    sonorous = [s for s in bank.syllables if begins_voiced(bank.voice, s)]
    timbre = bank.voice.timbre() if any(one.join == "hiatus" for one in plan) else np.zeros((0, 0))
    placed: list[_Placed] = []
    for one in plan:
        pool = closed if one.closed and closed else opened
        if manner.voiced and rng.random() < manner.voiced:
            pool = [s for s in sonorous if s.closed == one.closed] or sonorous or pool
        parts = pool[rng.integers(len(pool))]
        if one.join and placed and not placed[-1].parts.on_coda:
            before = placed[-1]
            before.parts, before.tail = before.parts.opened(), 0
            parts = before.parts.vowel() if one.join == "dip" else _other_vowel(bank, timbre, before.parts, rng)
        elif manner.held_nasals and rng.random() < manner.held_nasals and ends_sonorously(bank.voice, parts):
            parts = parts.held_on_coda()
        nucleus = round(one.onset / HOP_SECONDS)
        lead = min(parts.nucleus - parts.first, round(LONGEST_CONSONANT / HOP_SECONDS), nucleus)
        first = nucleus - lead
        tail = min(parts.last - parts.unvoiced, 30)
        end = round(one.offset / HOP_SECONDS)
        if placed and not placed[-1].plan.rest:
            before = placed[-1]
            voiceless = lead > 2 and bool(np.isnan(bank.voice.f0[parts.nucleus - lead]))
            closure = int(rng.integers(1, 7)) if voiceless else 0
            # Consonants shorten the previous note, but a part of its last piece must remain.
            room = round((before.plan.notes[-1].pieces[-1].onset + LEAST_VOICE) / HOP_SECONDS)
            if first - closure - before.tail < room:
                before.tail, closure = max(0, min(before.tail, (nucleus - room) // 2)), 0
                first = min(nucleus, max(first, room + before.tail))
            before.end = first - closure - before.tail
        placed.append(_Placed(one, parts, first, nucleus, end, tail))
    for here, after in pairwise(placed):
        if here.plan.rest:  # the voiceless end and the next consonants are both in the gap
            here.tail = max(0, min(here.tail, after.first - here.end - 1))
            if here.end > after.first:
                after.first = min(here.end, after.nucleus)
    return placed


def _other_vowel(bank: SyllableBank, timbre: np.ndarray, before: Syllable, rng: np.random.Generator) -> Syllable:
    """Choose a vowel of the bank, without consonants, whose timbre differs from the end of the previous syllable.

    Args:
        bank: bank of the voice.
        timbre: (frames, bands) timbre of the bank's voice, as in `VoiceFrames`.
        before: previous syllable.
        rng: random generator.
    """
    drawn = [bank.syllables[i] for i in rng.integers(len(bank.syllables), size=4)]
    known = timbre[before.after]
    return max(drawn, key=lambda s: float(np.sum((timbre[s.hold] - known) ** 2))).vowel()


def _dip(gain: np.ndarray, onset: int, rng: np.random.Generator) -> None:
    """Lower ``gain`` (frames,) around an onset, in place."""
    depth = 10 ** (-rng.uniform(*DIP_DB) / 20)
    fall, rise = (max(2, round(rng.uniform(*seconds) / HOP_SECONDS)) for seconds in (DIP_FALL, DIP_RISE))
    shape = np.concatenate([np.cos(np.pi / 2 * np.arange(fall) / fall), np.sin(np.pi / 2 * np.arange(rise) / rise)])
    first = max(0, onset - fall)
    inside = slice(first, min(onset + rise, len(gain)))
    gain[inside] *= depth + (1 - depth) * shape[first - (onset - fall) :][: inside.stop - first]


def _lay(
    one: _Placed, loudness: np.ndarray, song: tuple[np.ndarray, np.ndarray], manner: Manner, rng: np.random.Generator
) -> None:
    """Write the frames and the loudness of a syllable to ``source`` and ``gain`` of the song.

    Args:
        one: the syllable and its position.
        loudness: (frames,) loudness of the bank's voice.
        song: the arrays ``source`` and ``gain``, both (frames,), which are changed.
        manner: style of the song.
        rng: random generator.
    """
    source, gain = song
    parts, length = one.parts, one.end - one.nucleus
    lead = one.nucleus - one.first
    source[one.first : one.nucleus] = np.arange(parts.nucleus - lead, parts.nucleus)
    head = _shorten(np.arange(parts.nucleus, parts.hold), length * 2 // 5)
    coda = np.arange(parts.after, parts.unvoiced)
    if parts.closed:  # sung nasals and liquids may be held
        stretch = rng.uniform(1.0, manner.nasal)
        coda = np.linspace(coda[0], coda[-1], max(1, round(len(coda) * stretch)))
    coda = _shorten(coda, length * 2 // 5)
    held = max(0, length - len(head) - len(coda))
    changing = rng.random() < 0.4  # a diphthong, or a held vowel that changes
    turns = np.linspace(0, 1, held, endpoint=False)
    if changing:
        middle = parts.hold + (parts.after - parts.hold) * turns
    else:
        reach = max(parts.after - parts.hold, 1)
        way = rng.uniform(0, reach) + rng.uniform(0.2, 0.9) * np.arange(held)
        middle = parts.hold + reach - np.abs(reach - way % (2 * reach)) if held else turns
        if held and parts.closed:  # the vowel must end at the start of the coda
            share = np.clip((np.arange(held) - held + 12) / 12, 0, 1)
            middle = (1 - share) * middle + share * parts.after
    source[one.nucleus : one.end] = np.concatenate([head, middle, coda])[:length]
    source[one.end : one.end + one.tail] = np.arange(parts.unvoiced, parts.unvoiced + one.tail)
    usual = max(float(np.median(loudness[parts.hold : parts.after + 1])), 1e-9)
    if parts.on_coda:  # the coda stays quieter than the vowel before it
        usual = max(float(np.quantile(loudness[parts.nucleus : parts.hold], 0.7)), 1e-9)
    even = 10 ** (rng.normal(0, 2.0) / 20) / usual
    gain[one.first : one.end + one.tail] = even
    # In a held vowel, most changes of loudness of the recording are removed.
    middle_frames = slice(one.nucleus + len(head), one.nucleus + len(head) + held)
    here = loudness[np.clip(source[middle_frames], 0, None).astype(int)]
    if not parts.on_coda:
        gain[middle_frames] *= (usual / np.maximum(here, 0.2 * usual)) ** 0.7
    swell = 1 + rng.uniform(-0.2, 0.4) * np.sin(np.pi * np.arange(length) / max(length, 1))
    gain[one.nucleus : one.end] *= swell
    if one.plan.rest:
        fade = min(rng.uniform(0.005, 0.03) if one.plan.glottal else rng.uniform(0.03, 0.15), length * HOP_SECONDS / 3)
        frames = max(1, round(fade / HOP_SECONDS))
        ramp = np.sin(np.pi / 2 * np.linspace(1, 0, frames, endpoint=False))
        gain[one.end - frames : one.end] *= ramp
        gain[one.end : one.end + one.tail] *= 0.5
    if lead < 3 and rng.random() < 0.5:  # an initial vowel often has a glottal attack or a soft one
        frames = min(int(rng.integers(3, 10)), length // 3)
        gain[one.nucleus : one.nucleus + frames] *= np.sin(np.pi / 2 * np.linspace(0.15, 1, frames))


def _shorten(frames: np.ndarray, most: int) -> np.ndarray:
    """Reduce a sequence of frames to at most ``most`` frames."""
    return np.linspace(frames[0], frames[-1], most) if len(frames) > most else frames.astype(float)


def _curve(
    placed: Sequence[_Placed], count: int, manner: Manner, style: SingingStyle, rng: np.random.Generator
) -> np.ndarray:
    """Compute the pitch of the song, (count,) fractional MIDI with NaN between phrases."""
    curve = np.full(count, np.nan)
    phrase: list[_Placed] = []
    for one in placed:
        phrase.append(one)
        if one.plan.rest:
            begin, end = phrase[0].first, one.end
            time = np.arange(begin, end) * HOP_SECONDS
            curve[begin:end] = _phrase(phrase, time, manner, style, rng)
            phrase = []
    drift = style.drift * smooth_noise(count, 1.0 / HOP_SECONDS, rng)
    tremor = smooth_noise(count, 0.11 / HOP_SECONDS, rng) * manner.tremble
    return curve + drift + tremor


def _phrase(
    phrase: Sequence[_Placed], time: np.ndarray, manner: Manner, style: SingingStyle, rng: np.random.Generator
) -> np.ndarray:
    """Compute the pitch of one phrase, (frames,) fractional MIDI, at ``time`` (frames,) seconds."""
    pieces = [piece for one in phrase for note in one.plan.notes for piece in note.pieces]
    ends = [*(piece.onset for piece in pieces[1:]), phrase[-1].end * HOP_SECONDS]
    reached = np.zeros((len(pieces) + 1, len(time)))
    reached[0] = 1.0
    bends = style.fluctuation * smooth_noise(len(time), 0.05 / HOP_SECONDS, rng)
    for number in range(1, len(pieces)):
        old, new = pieces[number - 1], pieces[number]
        room = min(new.onset - old.onset, ends[number] - new.onset)
        glide = new.glide if new.glide is not None else min(rng.uniform(*style.glide), 0.6 * room)
        since = time - new.onset
        reached[number] = 1 / (1 + np.exp(np.clip(-5.9 / max(glide, 0.01) * since, -50, 50)))
        amounts = np.clip(new.pitch - old.pitch, -4, 4) * rng.uniform(0, style.overshoot, 2)
        bends += amounts[0] * _ringing(since - glide / 4, 34.8, 0.542)
        bends -= amounts[1] * _ringing(-since - glide / 4, 29.2, 0.668)
    if rng.random() < style.scoop_share:
        fall = min(rng.uniform(0.03, 0.08), (ends[0] - pieces[0].onset) / 6)
        bends -= rng.uniform(0.2, 1) * style.scoop * np.exp(-(time - time[0]) / fall)
    for one in phrase:
        for note in one.plan.notes:
            bends += _held(note.pieces, note.offset, time, manner, style, rng)
    weights = reached[:-1] - np.minimum(reached[1:], reached[:-1])
    weights[-1] = reached[-2] if len(pieces) > 1 else 1.0
    total = weights.sum(axis=0)
    pitches = np.array([piece.pitch for piece in pieces])
    curve = (pitches @ weights) / np.maximum(total, 1e-6) + bends
    return curve + _endings(phrase[-1], time)


def _held(
    pieces: Sequence[Piece],
    offset: float,
    time: np.ndarray,
    manner: Manner,
    style: SingingStyle,
    rng: np.random.Generator,
) -> np.ndarray:
    """Compute the vibrato and the arch on the longest piece of a note, (frames,) in semitones."""
    ends = [*(piece.onset for piece in pieces[1:]), offset]
    longest = int(np.argmax([end - piece.onset for piece, end in zip(pieces, ends, strict=True)]))
    main = Note(pieces[longest].onset, ends[longest], pieces[longest].pitch)
    bends = np.zeros(len(time))
    if main.duration >= style.vibrato_seconds and rng.random() < style.vibrato_share:
        bends += _vibrato(main, time, rng, style)
    if manner.arch:
        way = np.clip((time - main.onset) / main.duration, 0, 1)
        shape = np.sin(np.pi * way) - 2 / np.pi if rng.random() < 0.5 else 0.5 - way
        inside = (time >= main.onset) & (time < main.offset)
        bends += manner.arch * rng.uniform(0.2, 1.0) * shape * inside
    return bends


def _endings(last: _Placed, time: np.ndarray) -> np.ndarray:
    """Compute the change of pitch at the end of a phrase, (frames,) in semitones.

    This is a fall, a creak an octave below the pitch, or no change.
    """
    end = last.end * HOP_SECONDS
    seconds, depth = last.plan.fall
    if depth:
        return -depth * np.clip((time - (end - seconds)) / seconds, 0, 1) ** 1.5
    if last.plan.glottal:
        return np.where(time > end - 0.04, -12.0, 0.0)
    return np.zeros(len(time))


def _labels(placed: Sequence[_Placed]) -> tuple[tuple[Note, ...], tuple[float, ...]]:
    """Return the sung notes, and the times that separate ornaments from the rest of their notes."""
    notes, ornaments = [], []
    for one in placed:
        end = one.end * HOP_SECONDS
        for number, note in enumerate(one.plan.notes):
            last = number == len(one.plan.notes) - 1
            onset = one.nucleus * HOP_SECONDS if number == 0 else note.onset
            notes.append(Note(onset, end if last else min(note.offset, end), note.pitch))
            ornaments += [piece.onset for piece in note.pieces if piece.kind == "ornament" and piece.onset < end]
        if one.plan.fall[1]:
            ornaments.append(end - one.plan.fall[0])
    if any(note.duration < LEAST_VOICE / 2 for note in notes):
        raise ValueError("a note has no room for its consonants")
    return tuple(notes), tuple(sorted(ornaments))


def tilted(voice: VoiceFrames, octave_db: float) -> VoiceFrames:
    """Tilt the spectrum of a voice above 500 Hz, which makes it brighter, as in shouting, or darker."""
    hertz = np.linspace(0, voice.sample_rate / 2, voice.envelope.shape[1])
    octaves = np.log2(np.maximum(hertz, 500.0) / 500.0)
    return replace(voice, envelope=(voice.envelope * 10 ** (octave_db * octaves / 10)).astype(np.float32))
