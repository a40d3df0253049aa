"""Synthetic singing with exactly known notes: two voices that sing the melodies of ``melody``.

Time is in seconds and pitch is a fractional MIDI number; Hz is used only internally. All random choices use the
generator ``rng`` of the caller. A real voice is re-synthesised with WORLD (Morise, Yokomori and Ozawa 2016), which
needs the extra ``recipe``; the formant voice only needs numpy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recipe.synthesis.melody import (
    HOP_SECONDS,
    JOINED_SECONDS,
    SingingStyle,
    draw_attacks,
    draw_level,
    f0_curve,
    is_repeat,
    phrases,
    random_melody,
    span,
)
from singtrans.notes import Note
from singtrans.pitch import hz_to_midi, midi_to_hz

__all__ = [
    "HOP_SECONDS",
    "SingingStyle",
    "VoiceFrames",
    "analyse",
    "f0_curve",
    "formant_voice",
    "random_melody",
    "render",
    "resing",
]

SILENCE = 1e-12  # power of an empty spectrum; WORLD takes its logarithm
SHORTEST_VOWEL = 12  # frames: 60 ms
STEADY_REACH = 5  # frames before and after a frame that are compared (50 ms)
STEADY_SHARE = 0.6  # share of the voiced frames, those with the smallest changes, that can be steady
PEAK = 0.7  # about -3 dB of full scale
# The first four formants of i, e, a, o, u in Hz (after Peterson and Barney 1952), and their bandwidths.
VOWEL_FORMANTS = np.array(
    [
        [290, 2400, 3050, 3800],
        [480, 2100, 2700, 3700],
        [760, 1250, 2550, 3600],
        [500, 900, 2500, 3500],
        [330, 850, 2400, 3450],
    ]
)
FORMANT_BANDWIDTHS = np.array([80.0, 100.0, 140.0, 200.0])


@dataclass(frozen=True, slots=True, eq=False)
class VoiceFrames:
    """Analysis of a recording by WORLD, which separates pitch, spectral envelope and noise.

    Attributes:
        f0: (frames,) fractional MIDI, NaN where unvoiced; frame ``i`` is at ``i * HOP_SECONDS``.
        envelope: (frames, bins) spectral envelope of the power, float32, from 0 Hz to half the sample rate.
        aperiodicity: (frames, bins) fraction of noise, 0 to 1, float32.
        sample_rate: Hz.
    """

    f0: np.ndarray
    envelope: np.ndarray
    aperiodicity: np.ndarray
    sample_rate: int

    @property
    def loudness(self) -> np.ndarray:
        """Loudness of each frame, (frames,): square root of the power averaged over frequency."""
        return np.sqrt(self.envelope.mean(axis=1))

    def stretches(self, voiced: bool) -> list[tuple[int, int]]:
        """Find voiced stretches of 60 ms or more, or unvoiced consonants of 15 ms or more.

        Returns:
            For each of them, the first frame and the first frame after it.
        """
        sounding = ~np.isnan(self.f0)
        if not sounding.any():
            return []
        loudness = self.loudness
        low = 0.1 if voiced else 0.02  # relative to a typical vowel; lower levels are breath and noise
        chosen = (sounding == voiced) & (loudness > low * np.median(loudness[sounding]))
        edges = np.flatnonzero(np.diff(chosen, prepend=False, append=False))
        trim, least = (2, SHORTEST_VOWEL) if voiced else (0, 3)  # WORLD is unreliable at the ends of a vowel
        pairs = zip(edges[::2] + trim, edges[1::2] - trim, strict=True)
        return [(int(first), int(last)) for first, last in pairs if last - first >= least]

    def timbre(self, bands: int = 24) -> np.ndarray:
        """Compute levels in dB, (frames, bands), in bands of equal width below 5 kHz.

        The levels of a frame are relative to their mean.
        """
        top = round(5000 / (0.5 * self.sample_rate) * (self.envelope.shape[1] - 1))
        edges = np.linspace(0, top, bands + 1).astype(int)[:-1]
        level = 10 * np.log10(np.add.reduceat(self.envelope[:, :top], edges, axis=1) + SILENCE)
        return level - level.mean(axis=1, keepdims=True)

    def steady(self) -> list[tuple[int, int]]:
        """Find the parts of voiced stretches whose sound is steady for 60 ms or more.

        If there are no such parts, return all voiced stretches.
        """
        reach, voiced = STEADY_REACH, self.stretches(voiced=True)
        if not voiced:
            return []
        sums = np.cumsum(np.pad(self.timbre(), ((reach, reach), (0, 0)), mode="edge"), axis=0, dtype=float)
        means = (sums[reach:] - sums[:-reach]) / reach
        change = np.sqrt(np.mean((means[reach:] - means[:-reach]) ** 2, axis=1))[: len(self.f0)]
        most = np.quantile(np.concatenate([change[first:last] for first, last in voiced]), STEADY_SHARE)
        found = []
        for first, last in voiced:
            calm = np.concatenate([[False], change[first:last] <= most, [False]])
            edges = np.flatnonzero(np.diff(calm)) + first
            found += [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= SHORTEST_VOWEL]
        return found or voiced

    def warped(self, factor: float) -> "VoiceFrames":
        """Multiply the frequencies of the formants by ``factor``, which is above 1 for a shorter vocal tract."""
        bins = np.arange(self.envelope.shape[1])
        source = np.minimum(bins / factor, bins[-1])
        low = source.astype(int)
        high, part = np.minimum(low + 1, bins[-1]), (source - low).astype(np.float32)
        moved = [(1 - part) * kind[:, low] + part * kind[:, high] for kind in (self.envelope, self.aperiodicity)]
        return replace(self, envelope=moved[0], aperiodicity=moved[1])


def analyse(voice: np.ndarray, sample_rate: int, *, careful: bool = False) -> VoiceFrames:
    """Analyse a recording of one voice with WORLD (dio or harvest, stonemask, cheaptrick, d4c).

    Args:
        voice: (samples,) mono samples, -1..1.
        sample_rate: Hz, 16000 or more.
        careful: whether to find the pitch with harvest instead of dio. Harvest detects voiced consonants that dio
            misses, but takes 25 times as long, which is a seventh of the recording's length.

    Returns:
        The frames. ``resing`` does not modify them, so they can be used several times.

    Raises:
        ValueError: if the recording is not one-dimensional, or is shorter than 0.1 s.
    """
    import pyworld

    if voice.ndim != 1 or len(voice) < 0.1 * sample_rate:
        raise ValueError(f"a voice must be (samples,) and at least 0.1 s long, not {voice.shape} at {sample_rate} Hz")
    samples = np.ascontiguousarray(voice, dtype=np.float64)
    track = pyworld.harvest if careful else pyworld.dio
    rough, time = track(samples, sample_rate, f0_ceil=1100.0, frame_period=1000 * HOP_SECONDS)
    hertz = pyworld.stonemask(samples, rough, time, sample_rate)
    envelope = pyworld.cheaptrick(samples, hertz, time, sample_rate).astype(np.float32)
    aperiodicity = pyworld.d4c(samples, hertz, time, sample_rate).astype(np.float32)
    voiced = (hertz > 0) & (aperiodicity[:, 0] < 0.5)  # d4c treats voiceless frames as noise only
    f0 = hz_to_midi(np.where(voiced, hertz, np.nan))
    return VoiceFrames(f0, envelope, aperiodicity, sample_rate)


def render(voice: VoiceFrames, source: np.ndarray, f0: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Use WORLD to synthesise frames of a voice, in any order and at any speed, with a given pitch curve.

    Args:
        voice: the voice.
        source: (frames,) fractional index of the frame of ``voice`` to use; negative for silence.
        f0: (frames,) fractional MIDI, NaN where unvoiced.
        gain: (frames,) linear.

    Returns:
        (samples,) float32 at the voice's rate, ``frames * HOP_SECONDS`` long, not normalised.
    """
    import pyworld

    index = np.clip(source, 0, len(voice.f0) - 1)
    low = index.astype(int)
    high = np.minimum(low + 1, len(voice.f0) - 1)
    part = (index - low)[:, None]
    envelope = (1 - part) * voice.envelope[low] + part * voice.envelope[high]
    aperiodicity = (1 - part) * voice.aperiodicity[low] + part * voice.aperiodicity[high]
    voiced = ~np.isnan(f0)
    jumps = np.flatnonzero((np.abs(np.diff(source)) > 4) & voiced[1:] & voiced[:-1]) + 1
    for jump in jumps.tolist():  # vowels are cross-faded over 50 ms
        first, last = max(0, jump - 5), min(len(f0), jump + 5)
        if voiced[first:last].all():
            mix = np.linspace(0, 1, last - first)[:, None]
            envelope[first:last] = envelope[first] ** (1 - mix) * envelope[last - 1] ** mix
            aperiodicity[first:last] = (1 - mix) * aperiodicity[first] + mix * aperiodicity[last - 1]
    envelope = envelope * (gain * (source >= 0))[:, None] ** 2 + SILENCE
    hertz = np.where(voiced, midi_to_hz(np.nan_to_num(f0)), 0.0)
    samples = pyworld.synthesize(hertz, envelope, aperiodicity, voice.sample_rate, 1000 * HOP_SECONDS)
    length = round(len(f0) * HOP_SECONDS * voice.sample_rate)
    return np.pad(samples, (0, max(0, length - len(samples))))[:length].astype(np.float32)


class _SteadyPieces:
    """Steady pieces of a voice, from which a random one can be drawn for a note."""

    def __init__(self, voice: VoiceFrames) -> None:
        self.pieces = voice.steady()
        timbre = voice.timbre()
        self._timbres = [timbre[first:last].mean(axis=0) for first, last in self.pieces]
        lengths = np.sqrt([last - first for first, last in self.pieces])
        self._shares = lengths / lengths.sum()

    def draw(self, rng: np.random.Generator) -> tuple[int, int]:
        """Draw a random piece; longer ones are more likely."""
        return self.pieces[rng.choice(len(self.pieces), p=self._shares)]

    def other(self, than: tuple[int, int], rng: np.random.Generator) -> tuple[int, int]:
        """Draw a few pieces, and return the one that is least similar to ``than``."""
        drawn = rng.choice(len(self.pieces), size=4, p=self._shares)
        known = self._timbres[self.pieces.index(than)]
        return self.pieces[max(drawn, key=lambda i: float(np.sum((self._timbres[i] - known) ** 2)))]


def resing(voice: VoiceFrames, notes: Sequence[Note], rng: np.random.Generator, style: SingingStyle) -> np.ndarray:
    """Sing new notes with a real voice: stretch and loop its vowels, and give them the pitch of ``f0_curve``.

    At the attacks of `draw_attacks`, the level dips and a new vowel starts. If there is no gap before an attack, the
    previous vowel is kept with the probability ``style.same_vowel_share``. If a legato note has no attack and repeats a
    pitch, its vowel differs from the vowel of the note before it. All other legato notes without an attack are slurred.
    Gaps may contain an unvoiced consonant of the recording.

    Args:
        voice: result of ``analyse``. The singing sounds natural within about an octave of the original pitch.
        notes: at least one note, in time order, not overlapping, and in the range of a voice.
        rng: random generator.
        style: style of the notes.

    Returns:
        (samples,) float32 samples at the voice's rate, 0.2 s longer than the notes, with a peak of 0.7.

    Raises:
        ValueError: if notes overlap, there are none, or the voice has no voiced stretch of 60 ms.
    """
    vowels, consonants = _SteadyPieces(voice), voice.stretches(voiced=False)
    if not vowels.pieces or not notes:
        raise ValueError("re-singing needs at least one note and a voiced stretch of 60 ms in the recording")
    curve = f0_curve(notes, HOP_SECONDS, rng, style)
    f0 = np.concatenate([curve, np.full(round(0.2 / HOP_SECONDS), np.nan)])
    attacks = draw_attacks(notes, rng, style)
    gain = draw_level(notes, attacks, len(f0), rng, style)
    source = np.full(len(f0), -1.0)
    loudness = voice.loudness
    usual = np.median(loudness[~np.isnan(voice.f0)])
    position, before, vowel = 0.0, Note(-2.0, -1.0, 0.0), vowels.pieces[0]
    for note, attack in zip(notes, attacks, strict=True):
        first, last = span(note)
        joined = note.onset - before.offset < JOINED_SECONDS
        if joined and not attack and is_repeat(before, note):
            vowel, position = vowels.other(vowel, rng), 0.0  # only the vowel marks the start of the note
        elif not (attack and joined and rng.random() < style.same_vowel_share) and (attack or rng.random() < 0.3):
            vowel = vowels.draw(rng)
            position = rng.uniform(0, vowel[1] - vowel[0])
        # The vowel is played forwards and backwards, so that long notes have no jumps.
        way = position + rng.uniform(0.4, 1.2) * np.arange(last - first + 1)
        reach = vowel[1] - vowel[0] - 1
        source[first:last] = vowel[0] + reach - np.abs(reach - way[:-1] % (2 * reach))
        position = way[-1]
        room = first - int(max(before.offset, 0.0) / HOP_SECONDS) - 1
        if room >= 4 and consonants and rng.random() < style.consonant_share:
            begin, end = consonants[rng.integers(len(consonants))]
            count = min(room, end - begin, round(rng.uniform(0.03, 0.15) / HOP_SECONDS))
            source[first - count : first] = np.arange(end - count, end)
            gain[first - count : first] = rng.uniform(0.5, 1) * np.hanning(count + 2)[1:-1] ** 0.25
        before = note
    voiced = ~np.isnan(f0) & (source >= 0)
    # Most changes of loudness in the recording are removed, because the notes have other ones.
    gain[voiced] *= (usual / loudness[source[voiced].astype(int)]) ** 0.8
    samples = render(voice, source, f0, gain)
    return samples * np.float32(PEAK / max(np.abs(samples).max(), 1e-9))


def formant_voice(
    notes: Sequence[Note], f0: np.ndarray, sample_rate: int, rng: np.random.Generator, style: SingingStyle | None = None
) -> np.ndarray:
    """Synthesise vowels as harmonics with four formants, add breath, and use bursts of noise as consonants.

    Args:
        notes: at least one note, in time order and not overlapping. The notes determine vowels, levels and consonants.
        f0: (frames,) fractional MIDI every ``HOP_SECONDS`` from ``f0_curve`` for the notes, NaN where unvoiced; C2 to
            C6.
        sample_rate: Hz.
        rng: random generator.
        style: style of the attacks and of the vowels; None for the usual style.

    Returns:
        (samples,) float32, ``len(f0) * HOP_SECONDS`` long, peak 0.7.

    Raises:
        ValueError: if notes overlap or nothing in ``f0`` is voiced.
    """
    voiced = ~np.isnan(f0)
    if not voiced.any():
        raise ValueError("nothing to sing: no frame of f0 is voiced")
    frames, samples = np.arange(len(f0)), round(len(f0) * HOP_SECONDS * sample_rate)
    at = np.arange(samples) / (HOP_SECONDS * sample_rate)
    hertz = midi_to_hz(np.interp(frames, frames[voiced], f0[voiced]))
    style = style or SingingStyle()
    attacks = draw_attacks(notes, rng, style)
    level = draw_level(notes, attacks, len(f0), rng, style) * voiced
    formants = _vowels(notes, attacks, len(f0), rng, style)
    phase = 2 * np.pi * np.cumsum(np.interp(at, frames, hertz)) / sample_rate
    tilt = rng.uniform(0.8, 1.4)
    turn = np.exp(1j * phase)
    wave, song = np.ones_like(turn), np.zeros(samples)
    for harmonic in range(1, int(min(8000, 0.5 * sample_rate) / hertz.min()) + 1):
        partial = harmonic * hertz
        strength = _resonance(partial, formants) * harmonic**-tilt * (partial < min(8000, 0.45 * sample_rate))
        wave *= turn  # this takes less time than the sine of each harmonic
        song += np.interp(at, frames, strength * level) * wave.imag
    song /= max(np.abs(song).max(), 1e-9)
    breath = np.diff(rng.standard_normal(samples + 1))  # its spectrum rises with frequency, like that of breath
    song += rng.uniform(0.001, 0.015) * np.interp(at, frames, level) * breath
    bursts = np.zeros(len(f0))
    for phrase, before in zip(phrases(notes), [None, *phrases(notes)], strict=False):
        first = span(phrase[0])[0]
        room = first - (span(before[-1])[1] if before else 0) - 1
        count = min(room, round(rng.uniform(0.02, 0.09) / HOP_SECONDS))
        if count >= 3 and rng.random() < style.consonant_share:
            bursts[first - count : first] = rng.uniform(0.01, 0.1) * np.hanning(count + 2)[1:-1]
    song += np.interp(at, frames, bursts) * breath
    return (song * (PEAK / np.abs(song).max())).astype(np.float32)


def _vowels(
    notes: Sequence[Note], attacks: Sequence[bool], count: int, rng: np.random.Generator, style: SingingStyle
) -> np.ndarray:
    """Compute formants, (count, 4) in Hz, of random vowels. Each vowel glides to the next vowel within 60 ms."""
    throat = rng.uniform(0.9, 1.25)
    drawn = rng.integers(len(VOWEL_FORMANTS), size=len(notes))
    for number in range(1, len(notes)):
        joined = notes[number].onset - notes[number - 1].offset < JOINED_SECONDS
        if not joined:
            continue
        if attacks[number] and style.same_vowel_share:
            if rng.random() < style.same_vowel_share:
                drawn[number] = drawn[number - 1]
        elif not attacks[number] and is_repeat(notes[number - 1], notes[number]):
            drawn[number] = (drawn[number - 1] + rng.integers(1, len(VOWEL_FORMANTS))) % len(VOWEL_FORMANTS)
    vowels = np.repeat(drawn, 2)
    margins = [min(0.03, note.duration / 4) for note in notes]
    edges = [(n.onset + margin, n.offset - margin) for n, margin in zip(notes, margins, strict=True)]
    at = np.ravel(edges) / HOP_SECONDS
    return throat * np.stack([np.interp(np.arange(count), at, VOWEL_FORMANTS[vowels, k]) for k in range(4)], 1)


def _resonance(hertz: np.ndarray, formants: np.ndarray) -> np.ndarray:
    """Compute the gain (frames,) of a cascade of ``formants`` (frames, 4) at ``hertz`` (frames,), after Fant (1960)."""
    square, bandwidth = hertz[:, None] ** 2, FORMANT_BANDWIDTHS
    return np.prod(formants**2 / np.sqrt((formants**2 - square) ** 2 + square * bandwidth**2), axis=1)
