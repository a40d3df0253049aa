"""Banks of sung or spoken syllables, analysed by WORLD, for the generator of training songs.

A bank contains the frames of one voice and, for each of its syllables, the positions of its parts. Syllables come from
three sources: synthesisers (one spoken syllable each), recordings with labelled vowels (SSVD, PJS, UTAU), and
recordings without labels (MIR-1K), whose voiced stretches are taken together with the voiceless consonant before them.

Times are in seconds; a frame lasts `HOP_SECONDS`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recipe.synthesis.melody import HOP_SECONDS
from recipe.synthesis.voices import VoiceFrames, analyse

LONGEST_LEAD = 0.18  # seconds of consonant before a vowel
VOWEL_BAND = 800.0  # Hz; the power above it rises where a vowel begins (docs/labels.md)
VOWEL_RISE = 10 ** (-12 / 10)  # of its peak
AUDIBLE = 10 ** (-32 / 20)  # linear, of a vowel's loudness: below it there is silence or noise of the room
HEAD, TAIL = 10, 8  # frames of a labelled vowel that are not held: its beginning and its end
LEAST_HELD = 6  # frames
CODA_END = 5  # frames of a nasal at the end of a syllable that are not held
NASAL_DROP, NASAL_AUDIBLE = -10.0, -26.0  # dB above `VOWEL_BAND`, and over all, of a nasal against its vowel
LONGEST_STRETCH = 60  # frames
MOST_FROM_RECORDING = 60  # syllables


@dataclass(frozen=True, slots=True)
class Syllable:
    """First frames of a syllable's parts, in the frames of its bank.

    Attributes:
        first: of the consonants before the vowel, voiced or not.
        nucleus: of the vowel; a note that this syllable begins has its onset here.
        hold, after: the vowel is held between these two.
        unvoiced: where the voice ends; between ``after`` and it lie the end of the vowel and voiced consonants.
        last: past the last frame of the voiceless consonants that end the syllable.
        closed: whether it ends with consonants.
        on_coda: whether it is held on the consonant at its end instead of on its vowel.
    """

    first: int
    nucleus: int
    hold: int
    after: int
    unvoiced: int
    last: int
    closed: bool = False
    on_coda: bool = False

    def held_on_coda(self) -> "Syllable":
        """The same syllable, held shortly before its voice ends instead of on its vowel."""
        after = self.unvoiced - CODA_END
        return replace(self, hold=after - LEAST_HELD // 2, after=after, on_coda=True)

    def opened(self) -> "Syllable":
        """The same syllable without the consonants at its end."""
        return replace(self, unvoiced=self.after + 1, last=self.after + 1, closed=False) if self.closed else self

    def vowel(self) -> "Syllable":
        """Its held vowel alone."""
        return replace(self.opened(), first=self.hold, nucleus=self.hold)

    def moved(self, by: int) -> "Syllable":
        """The syllable in frames that begin ``by`` frames earlier."""
        parts = (self.first, self.nucleus, self.hold, self.after, self.unvoiced, self.last)
        return Syllable(*(part + by for part in parts), self.closed)


@dataclass(frozen=True, slots=True, eq=False)
class SyllableBank:
    """A voice and its syllables.

    Attributes:
        name: of the voice.
        voice: frames of all syllables, one after another.
        syllables: positions of the syllables.
        low, high: range of the voice in MIDI numbers.
    """

    name: str
    voice: VoiceFrames
    syllables: tuple[Syllable, ...]
    low: float
    high: float


def join_voices(voices: Sequence[VoiceFrames]) -> VoiceFrames:
    """Frames of several pieces of one voice, one after another."""
    kinds = ("f0", "envelope", "aperiodicity")
    return VoiceFrames(*(np.concatenate([getattr(v, kind) for v in voices]) for kind in kinds), voices[0].sample_rate)


def nucleus_of(voice: VoiceFrames, begin: int, end: int) -> int:
    """The first frame of a vowel between two frames: where the power above `VOWEL_BAND` rises."""
    low = round(VOWEL_BAND / (0.5 * voice.sample_rate) * (voice.envelope.shape[1] - 1))
    power = np.convolve(voice.envelope[begin:end, low:].mean(axis=1), np.ones(3) / 3, "same")
    peak = int(power.argmax())
    below = np.flatnonzero(power[:peak] < VOWEL_RISE * power[peak])
    return begin + (int(below[-1]) + 1 if len(below) else 0)


def ends_sonorously(voice: VoiceFrames, part: Syllable) -> bool:
    """Whether a syllable ends with a nasal, or another voiced consonant that can be held."""
    if not part.closed or part.unvoiced - part.hold < 3 * CODA_END:
        return False
    low = round(VOWEL_BAND / (0.5 * voice.sample_rate) * (voice.envelope.shape[1] - 1))
    vowel = voice.envelope[part.hold : part.hold + LEAST_HELD]
    coda = voice.envelope[part.unvoiced - 2 * CODA_END : part.unvoiced - CODA_END]
    if np.isnan(voice.f0[part.unvoiced - 2 * CODA_END : part.unvoiced - CODA_END]).any():
        return False
    drop, whole = (10 * np.log10(coda[:, cut].mean() / vowel[:, cut].mean()) for cut in (slice(low, None), slice(None)))
    return bool(drop < NASAL_DROP and whole > NASAL_AUDIBLE)


def begins_voiced(voice: VoiceFrames, part: Syllable) -> bool:
    """Whether a syllable begins with a voiced consonant."""
    lead = voice.f0[part.first : part.nucleus]
    return len(lead) >= LEAST_HELD and not bool(np.isnan(lead).any())


def spoken_bank(
    name: str,
    syllables: Sequence[tuple[str, bool]],
    speak: Callable[[str], VoiceFrames],
    divide: Callable[[VoiceFrames, bool], object],
    limits: tuple[float, float],
) -> SyllableBank:
    """The bank of a synthesiser's voice.

    Args:
        name: of the voice.
        syllables: phonemes, and whether they end with consonants; those that cannot be spoken are left out.
        speak: synthesises and analyses one syllable.
        divide: finds its parts: ``first``, ``voiced``, ``vowel``, ``hold``, ``unvoiced`` and ``last``.
        limits: MIDI numbers between which it is sung.
    """
    voices, found, start = [], [], 0
    for phonemes, closed in syllables:
        try:
            voice = speak(phonemes)
            parts = divide(voice, closed)
        except (LookupError, ValueError, IndexError):
            continue
        nucleus = nucleus_of(voice, parts.voiced, max(parts.unvoiced, parts.voiced + 1))
        hold = max(parts.hold, nucleus + 4)
        # Where a syllable is closed, its coda begins where the vowel's power has fallen; an open one ends with it.
        after = min(max(hold + 1, parts.hold + 1), parts.unvoiced - 1)
        if after - nucleus < 5 or parts.unvoiced - parts.first > 400:
            continue
        part = Syllable(parts.first, nucleus, min(hold, after - 1), after, parts.unvoiced, parts.last, closed)
        voices.append(voice)
        found.append(part.moved(start))
        start += len(voice.f0)
    return SyllableBank(name, join_voices(voices), tuple(found), *limits)


def labelled_bank(name: str, voice: VoiceFrames, vowels: Sequence[tuple[float, float, float]]) -> SyllableBank:
    """The bank of a recording whose vowels are labelled.

    Args:
        name: of the voice.
        voice: of the whole recording.
        vowels: for each syllable in seconds where its consonants may begin at the earliest, where its vowel begins, and
            where that ends.
    """
    loudness, found = voice.loudness, []
    sounding = ~np.isnan(voice.f0)
    for earliest, onset, offset in vowels:
        nucleus, end = round(onset / HOP_SECONDS), min(round(offset / HOP_SECONDS), len(voice.f0) - 1)
        if end - nucleus < HEAD + TAIL + LEAST_HELD:
            continue
        usual = np.median(loudness[nucleus:end])
        least = max(round(earliest / HOP_SECONDS), nucleus - round(LONGEST_LEAD / HOP_SECONDS), 0)
        first = nucleus
        while first > least and loudness[first - 1] > AUDIBLE * usual:
            first -= 1
        hold, after = nucleus + HEAD, end - TAIL
        if sounding[hold:after].mean() < 0.95:
            continue
        found.append(Syllable(first, nucleus, hold, after, after + 1, after + 1))
    return _recorded(name, voice, found)


def unlabelled_bank(name: str, voice: VoiceFrames) -> SyllableBank:
    """The bank of a recording without labels: voiced stretches, each with the voiceless consonant before it."""
    loudness, timbre, found = voice.loudness, voice.timbre(), []
    for first, end in voice.stretches(voiced=True):
        if end - first < HEAD + LEAST_HELD:
            continue
        last = min(end, first + LONGEST_STRETCH)  # what comes later may be another syllable
        usual, begin = np.median(loudness[first:last]), first - 2  # stretches leave out two frames at their edges
        least = max(first - round(LONGEST_LEAD / HOP_SECONDS), 0)
        while begin > least and np.isnan(voice.f0[begin - 1]) and loudness[begin - 1] > AUDIBLE * usual:
            begin -= 1
        nucleus = nucleus_of(voice, max(first - 2, 0), last)
        if nucleus + HEAD + LEAST_HELD > last:
            continue
        calm = _calmest(timbre, nucleus + HEAD // 2, last)
        found.append(Syllable(max(begin, 0), nucleus, *calm, calm[1] + 1, calm[1] + 1))
    return _recorded(name, voice, found)


def _calmest(timbre: np.ndarray, begin: int, end: int) -> tuple[int, int]:
    """The `LEAST_HELD` frames or more between two whose sound changes least; ``timbre`` as of `VoiceFrames`."""
    timbre = timbre[begin:end]
    width = max(LEAST_HELD, (end - begin) // 3)
    change = np.concatenate([[0.0], np.cumsum(np.sqrt(np.mean(np.diff(timbre, axis=0) ** 2, axis=1)))])
    if len(change) <= width:
        return begin, end - 1
    start = int(np.argmin(change[width:] - change[:-width]))
    return begin + start, begin + start + width


def _recorded(name: str, voice: VoiceFrames, found: Sequence[Syllable]) -> SyllableBank:
    """A bank with the frames of the syllables alone, sung near the recording's own pitch."""
    found = list(found)
    if len(found) > MOST_FROM_RECORDING:
        step = len(found) / MOST_FROM_RECORDING
        found = [found[int(i * step)] for i in range(MOST_FROM_RECORDING)]
    if not found:
        raise ValueError(f"{name}: no syllable found")
    pieces, moved, start = [], [], 0
    for part in found:
        rows = slice(max(part.first - 1, 0), part.last + 1)
        piece = VoiceFrames(voice.f0[rows], voice.envelope[rows], voice.aperiodicity[rows], voice.sample_rate)
        pieces.append(piece)
        moved.append(part.moved(start - rows.start))
        start += len(piece.f0)
    centre = float(np.nanmedian(voice.f0))
    return SyllableBank(name, join_voices(pieces), tuple(moved), centre - 6.0, centre + 7.0)


def analyse_recording(samples: np.ndarray, sample_rate: int) -> VoiceFrames:
    """Analyse a recording; keep short unvoiced gaps in its pitch."""
    voice = analyse(samples.astype(np.float64), sample_rate)
    return replace(voice, f0=voice.f0)
