"""Banks of sung or spoken syllables, analysed by WORLD, for the generator of training songs.

A bank contains the frames of one voice. For each syllable, it also contains the positions of the consonants and of the
vowel. Syllables come from three sources:

- synthesisers, which speak one syllable at a time;
- recordings with labelled vowels (SSVD, PJS, UTAU);
- recordings without labels (MIR-1K). In these, each voiced stretch is used as a syllable, together with the voiceless
  consonant before it.

Times are in seconds, and frames are `HOP_SECONDS` apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recipe.synthesis.melody import HOP_SECONDS
from recipe.synthesis.voices import VoiceFrames, analyse

LONGEST_LEAD = 0.18  # largest length in seconds of consonants before a vowel
VOWEL_BAND = 800.0  # Hz; the power above it rises where a vowel begins (docs/labels.md)
VOWEL_RISE = 10 ** (-12 / 10)  # of its peak
AUDIBLE = 10 ** (-32 / 20)  # linear level relative to a vowel, below which there is only silence or noise
HEAD, TAIL = 10, 8  # frames at the start and end of a labelled vowel that are not held
LEAST_HELD = 6  # frames
CODA_END = 5  # frames of a nasal at the end of a syllable that are not held
NASAL_DROP, NASAL_AUDIBLE = -10.0, -26.0  # level of a nasal relative to its vowel in dB, above `VOWEL_BAND` and overall
LONGEST_STRETCH = 60  # frames
LONGEST_CODA = 40  # frames
MOST_FROM_RECORDING, MOST_CLOSED = 60, 30  # syllables


@dataclass(frozen=True, slots=True)
class Syllable:
    """First frames of the parts of a syllable, in the frames of its bank.

    Attributes:
        first: start of the voiced or voiceless consonants before the vowel.
        nucleus: start of the vowel, which is the onset of a note that begins with this syllable.
        hold, after: start and end of the held part of the vowel.
        unvoiced: end of the voice. The end of the vowel and the voiced consonants after it lie between ``after`` and
            this frame.
        last: first frame after the final voiceless consonants.
        closed: whether the syllable ends with consonants.
        on_coda: whether the final consonant is held instead of the vowel.
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
        """Return the syllable with its final consonant held instead of its vowel."""
        after = self.unvoiced - CODA_END
        return replace(self, hold=after - LEAST_HELD // 2, after=after, on_coda=True)

    def opened(self) -> "Syllable":
        """Return the syllable without its final consonants."""
        return replace(self, unvoiced=self.after + 1, last=self.after + 1, closed=False) if self.closed else self

    def vowel(self) -> "Syllable":
        """Return only the held part of the vowel."""
        return replace(self.opened(), first=self.hold, nucleus=self.hold)

    def moved(self, by: int) -> "Syllable":
        """Move all frames ``by`` frames later."""
        parts = (self.first, self.nucleus, self.hold, self.after, self.unvoiced, self.last)
        return Syllable(*(part + by for part in parts), self.closed)


@dataclass(frozen=True, slots=True, eq=False)
class SyllableBank:
    """A voice and its syllables.

    Attributes:
        name: name of the voice.
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
    """Join the frames of several pieces of one voice."""
    kinds = ("f0", "envelope", "aperiodicity")
    return VoiceFrames(*(np.concatenate([getattr(v, kind) for v in voices]) for kind in kinds), voices[0].sample_rate)


def nucleus_of(voice: VoiceFrames, begin: int, end: int) -> int:
    """Find the first frame of a vowel between two frames: the frame at which the power above `VOWEL_BAND` rises."""
    low = round(VOWEL_BAND / (0.5 * voice.sample_rate) * (voice.envelope.shape[1] - 1))
    power = np.convolve(voice.envelope[begin:end, low:].mean(axis=1), np.ones(3) / 3, "same")
    peak = int(power.argmax())
    below = np.flatnonzero(power[:peak] < VOWEL_RISE * power[peak])
    return begin + (int(below[-1]) + 1 if len(below) else 0)


def ends_sonorously(voice: VoiceFrames, part: Syllable) -> bool:
    """Return whether a syllable ends with a nasal, or another voiced consonant that can be held."""
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
    """Return whether a syllable begins with a voiced consonant."""
    lead = voice.f0[part.first : part.nucleus]
    return len(lead) >= LEAST_HELD and not bool(np.isnan(lead).any())


def spoken_bank(
    name: str,
    syllables: Sequence[tuple[str, bool]],
    speak: Callable[[str], VoiceFrames],
    divide: Callable[[VoiceFrames, bool], object],
    limits: tuple[float, float],
) -> SyllableBank:
    """Make the bank of a synthesiser's voice.

    Args:
        name: name of the voice.
        syllables: phonemes of each syllable, and whether it ends with consonants. Syllables that cannot be spoken are
            left out.
        speak: function that synthesises and analyses one syllable.
        divide: function that finds the parts of a syllable: ``first``, ``voiced``, ``vowel``, ``hold``, ``unvoiced``
            and ``last``.
        limits: lowest and highest MIDI number of the voice.
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
        # In a closed syllable, the coda begins where the power of the vowel falls; an open syllable ends there.
        after = min(max(hold + 1, parts.hold + 1), parts.unvoiced - 1)
        if after - nucleus < 5 or parts.unvoiced - parts.first > 400:
            continue
        part = Syllable(parts.first, nucleus, min(hold, after - 1), after, parts.unvoiced, parts.last, closed)
        voices.append(voice)
        found.append(part.moved(start))
        start += len(voice.f0)
    return SyllableBank(name, join_voices(voices), tuple(found), *limits)


@dataclass(frozen=True, slots=True)
class Vowel:
    """A labelled vowel and the consonants around it, in seconds.

    Attributes:
        earliest: earliest possible start of the consonants before the vowel.
        onset, offset: start and end of the vowel.
        coda: end of the nasal after the vowel in the same syllable; None if there is no nasal.
    """

    earliest: float
    onset: float
    offset: float
    coda: float | None = None

    def moved(self, by: float) -> "Vowel":
        """Move all times ``by`` seconds later."""
        coda = None if self.coda is None else self.coda + by
        return Vowel(self.earliest + by, self.onset + by, self.offset + by, coda)


def labelled_bank(name: str, voice: VoiceFrames, vowels: Sequence[Vowel]) -> SyllableBank:
    """Make the bank of a recording with labelled vowels.

    Args:
        name: name of the voice.
        voice: frames of the whole recording.
        vowels: vowel of each syllable.
    """
    loudness, found = voice.loudness, []
    sounding = ~np.isnan(voice.f0)
    for vowel in vowels:
        onset, offset = vowel.onset, vowel.offset
        nucleus, end = round(onset / HOP_SECONDS), min(round(offset / HOP_SECONDS), len(voice.f0) - 1)
        if end - nucleus < HEAD + TAIL + LEAST_HELD:
            continue
        usual = np.median(loudness[nucleus:end])
        least = max(round(vowel.earliest / HOP_SECONDS), nucleus - round(LONGEST_LEAD / HOP_SECONDS), 0)
        first = nucleus
        while first > least and loudness[first - 1] > AUDIBLE * usual:
            first -= 1
        hold, after = nucleus + HEAD, end - TAIL
        if sounding[hold:after].mean() < 0.95:
            continue
        coda = min(round((vowel.coda or 0.0) / HOP_SECONDS) - TAIL // 2, end + LONGEST_CODA, len(voice.f0))
        if coda - end >= 2 * CODA_END and sounding[after:coda].all():
            found.append(Syllable(first, nucleus, hold, after, coda, coda, closed=True))
        else:
            found.append(Syllable(first, nucleus, hold, after, after + 1, after + 1))
    return _recorded(name, voice, found)


def unlabelled_bank(name: str, voice: VoiceFrames) -> SyllableBank:
    """Make the bank of a recording without labels.

    Each voiced stretch, with the voiceless consonant before it, is a syllable.
    """
    loudness, timbre, found = voice.loudness, voice.timbre(), []
    for first, end in voice.stretches(voiced=True):
        if end - first < HEAD + LEAST_HELD:
            continue
        last = min(end, first + LONGEST_STRETCH)  # later frames may be another syllable
        usual, begin = np.median(loudness[first:last]), first - 2  # two frames at the ends of stretches are left out
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
    """Find a range of at least `LEAST_HELD` frames between two frames in which ``timbre`` changes least."""
    timbre = timbre[begin:end]
    width = max(LEAST_HELD, (end - begin) // 3)
    change = np.concatenate([[0.0], np.cumsum(np.sqrt(np.mean(np.diff(timbre, axis=0) ** 2, axis=1)))])
    if len(change) <= width:
        return begin, end - 1
    start = int(np.argmin(change[width:] - change[:-width]))
    return begin + start, begin + start + width


def _some(parts: Sequence[Syllable], most: int) -> list[Syllable]:
    """Choose at most ``most`` syllables, evenly spaced in the recording."""
    step = max(1.0, len(parts) / most)
    return [parts[int(i * step)] for i in range(min(most, len(parts)))]


def _recorded(name: str, voice: VoiceFrames, found: Sequence[Syllable]) -> SyllableBank:
    """Make a bank that contains only the frames of the syllables.

    The range of the voice is about an octave around the median pitch of the recording.
    """
    closed = _some([part for part in found if part.closed], MOST_CLOSED)
    found = closed + _some([part for part in found if not part.closed], MOST_FROM_RECORDING - len(closed))
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
    """Analyse a recording with WORLD."""
    voice = analyse(samples.astype(np.float64), sample_rate)
    return replace(voice, f0=voice.f0)
