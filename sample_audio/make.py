"""Make the recordings in this folder: public-domain melodies, sung by espeak-ng's voices through WORLD.

espeak-ng speaks every syllable, and WORLD analyses it. The consonants keep their length and come before the beat. The
vowel is held for the length of the note, at the pitch of ``f0_curve``. Therefore, the notes are known exactly. As in
manual labels, a note begins with its vowel, even if a voiced consonant comes before it. This program needs espeak-ng on
the path, and the extra ``train``.
"""

import csv
import shutil
import subprocess
import sys
import tempfile
import zlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
import soxr

from recipe.synthesis.voices import HOP_SECONDS, SingingStyle, VoiceFrames, analyse, f0_curve, render
from singtrans.notes import Note

HERE = Path(__file__).parent
VOICED_ONSET, UNVOICED_ONSET, CLOSURE = (
    0.1,
    0.1,
    0.02,
)  # seconds: longest consonants before a vowel, and the pause before them
LEAD = 0.4  # seconds of silence before the first beat
# Manual labels have onsets where the level of this band rises to this value: in PJS within 5 ms after k, t, s, n, m,
# r, d, b, g and z (medians; 22 ms later after the glide of w), and in SSVD 3 ms before.
VOWEL_BAND, VOWEL_RISE = 800.0, -12.0  # lowest frequency in Hz; level in dB relative to its peak
VOWEL_HOP = 0.005  # seconds
VOWEL_SEARCH = 0.2  # longest time in seconds from the start of voicing to the vowel
LEAST_VOWEL = 0.05  # least length in seconds of a note after its consonants


@dataclass(frozen=True, slots=True)
class Song:
    """One recording to make.

    A score is ``phonemes midi/beats[,midi/beats...]`` for each syllable, in espeak-ng's phonemes of the
    voice's language; several pitches are slurred on one vowel, and ``- beats`` is a rest.
    """

    file: str
    score: str
    voice: str  # name of the voice in espeak-ng
    warp: float  # factor of the formants
    beat: float  # seconds
    style: SingingStyle
    sample_rate: int = 22050
    phone: bool = False  # whether it is recorded in a room with a telephone


@dataclass(frozen=True, slots=True)
class Syllable:
    """Frames of one spoken syllable: consonant, voiced onset, held vowel, voiced tail, unvoiced tail."""

    first: int
    voiced: int  # start of voicing
    vowel: int  # frame in which the vowel is nearly at its full level; it is on the beat
    hold: int  # frame that is held
    unvoiced: int  # end of voicing
    last: int


SONGS = (
    Song(
        "frere_jacques.flac",
        "fR'E 65/1 R@ 67/1 Z'a 69/1 k@ 65/1 fR'E 65/1 R@ 67/1 Z'a 69/1 k@ 65/.8 - .2 "
        "d'OR 69/1 m'e 70/1 v'u 72/1.7 - .3 d'OR 69/1 m'e 70/1 v'u 72/1.6 - .4 "
        "s'O 72/.5 n'e 74/.5 l'e 72/.5 m'a 70/.5 t'i 69/1 n@ 65/1 "
        "s'O 72/.5 n'e 74/.5 l'e 72/.5 m'a 70/.5 t'i 69/1 n@ 65/.8 - .2 "
        "d'iN 65/1 d'aN 60/1 d'ON 65/1.7 - .3 d'iN 65/1 d'aN 60/1 d'ON 65/2",
        "fr+f2",
        1.06,
        0.44,
        SingingStyle(vibrato_extent=(0.2, 0.5), scoop=0.8),
    ),
    Song(
        "ode_to_joy.ogg",
        "m'i 54/1 m'i 54/1 f'a 55/1 s'ol 57/1 s'ol 57/1 f'a 55/1 m'i 54/1 r'e 52/1 "
        "d'o 50/1 d'o 50/1 r'e 52/1 m'i 54/1 m'i 54/1.5 r'e 52/.5 r'e 52/1.6 - .4 "
        "m'i 54/1 m'i 54/1 f'a 55/1 s'ol 57/1 s'ol 57/1 f'a 55/1 m'i 54/1 r'e 52/1 "
        "d'o 50/1 d'o 50/1 r'e 52/1 m'i 54/1 r'e 52/1.5 d'o 50/.5 d'o 50/2",
        "it+m3",
        0.96,
        0.42,
        SingingStyle(vibrato_share=0.3, vibrato_extent=(0.15, 0.4)),
        44100,
    ),
    Song(
        "amazing_grace.wav",
        "a# 48/1 m'eI 53/2 zIN 57/.5,53/.5 gr'eIs 57/2 h'aU 55/1 sw'i:t 53/2 D@ 50/1 s'aUnd 48/1.8 - .2 "
        "D'at 48/1 s'eIvd 53/2 @ 57/.5,53/.5 r'EtS 57/2 l'aIk 55/1 m'i: 57/.5,60/3",
        "en-us+m7",
        0.93,
        0.58,
        SingingStyle(glide=(0.1, 0.2), vibrato_share=1.0, vibrato_extent=(0.4, 0.9), scoop=2.0, scoop_share=0.9),
    ),
    Song(
        "twinkle_phone.mp3",
        "tw'IN 67/1 k@l 67/1 tw'IN 74/1 k@l 74/1 l'I 76/1 t@l 76/1 st'A@ 74/1.7 - .3 "
        "h'aU 72/1 aI 72/1 w'Vn 71/1 d@ 71/1 w'0t 69/1 ju: 69/1 A@ 67/1.6 - .4 "
        "'Vp 74/1 @ 74/1 b'Vv 72/1 D@ 72/1 w'3:ld 71/1 s'oU 71/1 h'aI 69/2",
        "en-gb+f4",
        1.12,
        0.47,
        SingingStyle(vibrato_share=0.15, vibrato_extent=(0.15, 0.3), scoop=0.6, drift=0.07),
        44100,
        True,
    ),
)


@cache
def speak(phonemes: str, voice: str) -> VoiceFrames:
    """Return one syllable as spoken by espeak-ng and analysed by WORLD."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "syllable.wav"
        command = ["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), f"[[{phonemes}]]"]
        subprocess.run(command, check=True, capture_output=True)
        samples, sample_rate = soundfile.read(path)
    return analyse(samples, sample_rate, careful=True)


def divide(frames: VoiceFrames, closed: bool) -> Syllable:
    """Find the parts of a syllable by loudness and voicing; an open syllable ends where its vowel becomes quiet."""
    level = 20 * np.log10(np.convolve(frames.loudness, np.ones(3) / 3, "same") + 1e-9)
    sounding = ~np.isnan(frames.f0)
    peak = int(np.argmax(np.where(sounding, level, -200)))
    level -= level[peak]
    silent = np.flatnonzero(~sounding | (level < -30))
    voiced = int(max(silent[silent < peak], default=-1)) + 1
    unvoiced = int(min(silent[silent > peak], default=len(level)))
    loud = np.flatnonzero(level > -3.5)
    loud = loud[(loud >= voiced) & (loud < unvoiced)]
    if not closed:
        unvoiced = int(loud[-1]) + 1
    first = voiced
    while first > 0 and level[first - 1] > -45:
        first -= 1
    last = unvoiced
    while closed and last < len(level) and level[last] > -40:
        last += 1
    hold = int(loud[0] + 0.35 * (min(peak + 12, loud[-1]) - loud[0]))
    return Syllable(first, voiced, int(loud[0]), hold, unvoiced, last)


@dataclass(frozen=True, slots=True)
class Sung:
    """A syllable, its position in the joined voice, and its notes."""

    parts: Syllable
    start: int
    lead: float  # length in seconds of the consonants before voicing
    notes: tuple[Note, ...]


def arrange(song: Song, rng: np.random.Generator) -> tuple[VoiceFrames, list[Sung]]:
    """Speak every syllable and place the notes, each voiced from its consonants to those of the next syllable."""
    tokens = song.score.split()
    voices, sung, time, start, tuning = [], [], LEAD, 0, rng.uniform(-0.3, 0.3)
    for phonemes, places in zip(tokens[::2], tokens[1::2], strict=True):
        if phonemes == "-":
            time += float(places) * song.beat
            continue
        voices.append(speak(phonemes, song.voice))
        parts = divide(voices[-1], closed=phonemes[-1] in "bdfgklmnpstvzNSZR")
        early = min((parts.vowel - parts.voiced) * HOP_SECONDS, VOICED_ONSET)
        lead = min((parts.voiced - parts.first) * HOP_SECONDS, UNVOICED_ONSET)
        notes = []
        for number, place in enumerate(places.split(",")):
            midi, beats = map(float, place.split("/"))
            onset, end = time - (early if number == 0 else 0), time + beats * song.beat
            notes.append(Note(onset, end, midi + tuning + rng.normal(0, 0.07)))
            time = end
        if sung:  # the previous note ends where the consonants of this one start
            tail = (sung[-1].parts.last - sung[-1].parts.unvoiced) * HOP_SECONDS
            room = tail + lead + CLOSURE if tail + lead > 0.015 else 0.0
            *others, before = sung[-1].notes
            end = min(before.offset, notes[0].onset - room)
            if room == 0 and before.offset > notes[0].onset - 0.03:
                end = notes[0].onset
            sung[-1] = Sung(
                sung[-1].parts,
                sung[-1].start,
                sung[-1].lead,
                (*others, Note(before.onset, end, before.pitch)),
            )
        sung.append(Sung(parts, start, lead, tuple(notes)))
        start += len(voices[-1].f0)
    kinds = ("f0", "envelope", "aperiodicity")
    joined = [np.concatenate([getattr(voice, kind) for voice in voices]) for kind in kinds]
    return VoiceFrames(*joined, voices[0].sample_rate).warped(song.warp), sung


def shorten(frames: np.ndarray, most: int) -> np.ndarray:
    """Reduce (n,) frames to at most ``most`` steps."""
    return np.linspace(frames[0], frames[-1], most) if len(frames) > most else frames


def evenness(voice: VoiceFrames, sung: list[Sung]) -> np.ndarray:
    """Return (syllables,) gains that make the loudness of vowels more equal, as a singer does."""
    power = []
    for syllable in sung:
        hertz = 440 * 2 ** ((syllable.notes[0].pitch - 69) / 12)
        envelope = voice.envelope[syllable.start + syllable.parts.hold]
        bins = np.arange(1, 4000 // hertz) * hertz * 2 * (len(envelope) - 1) / voice.sample_rate
        power.append(envelope[np.round(bins).astype(int)].mean())
    return (np.array(power) / np.median(power)) ** -0.3


def vowel_power(samples: np.ndarray, rate: int) -> np.ndarray:
    """Compute (frames,) power every `VOWEL_HOP` in a band in which vowels are loud and voiced consonants are not."""
    band = scipy.signal.butter(4, VOWEL_BAND, "highpass", fs=rate, output="sos")
    window = np.hanning(round(0.016 * rate))
    power = np.convolve(scipy.signal.sosfilt(band, samples) ** 2, window, "same")
    # A frame need not be a whole number of samples long.
    return power[np.round(np.arange(int(len(samples) / rate / VOWEL_HOP)) * VOWEL_HOP * rate).astype(int)]


def rise(power: np.ndarray, start: int = 0) -> float | None:
    """Return seconds from the first frame to the last rise of power to its peak; None if it is always near the peak.

    Args:
        power: (frames,) result of `vowel_power`.
        start: first frame of the search for the peak.
    """
    if len(power) <= start:
        return None
    peak = start + int(power[start:].argmax())
    below = np.flatnonzero(power[:peak] < 10 ** (VOWEL_RISE / 10) * power[peak])
    return (int(below[-1]) + 0.5) * VOWEL_HOP if len(below) else None


def from_vowels(samples: np.ndarray, rate: int, sung: list[Sung]) -> list[Note]:
    """Return the notes, in which each syllable starts with its vowel instead of the start of voicing.

    Raises:
        ValueError: if the consonants leave too little of a note.
    """
    power, notes = vowel_power(samples, rate), []
    for syllable in sung:
        first, *slurred = syllable.notes
        end = min(first.offset, first.onset + 1.5 * VOWEL_SEARCH)
        begin = round(first.onset / VOWEL_HOP)
        rises = rise(power[begin : round(end / VOWEL_HOP)])
        late = 0.0 if rises is None else float(np.clip(begin * VOWEL_HOP + rises - first.onset, 0.0, VOWEL_SEARCH))
        if late > first.duration - LEAST_VOWEL:
            raise ValueError("a note has no room for its consonants")
        notes += [replace(first, onset=first.onset + late), *slurred]
    return notes


def hold(parts: Syllable) -> tuple[int, int]:
    """Return the frames between which the vowel is held: a single one here, so that the vowel does not change."""
    return parts.hold, parts.hold


def sing(song: Song, rng: np.random.Generator) -> tuple[np.ndarray, int, list[Note]]:
    """Return the samples, their rate, and the true notes."""
    voice, sung = arrange(song, rng)
    f0 = f0_curve([note for syllable in sung for note in syllable.notes], HOP_SECONDS, rng, song.style)
    f0 = np.concatenate([f0, np.full(round(0.6 / HOP_SECONDS), np.nan)])
    source, gain = np.full(len(f0), -1.0), np.zeros(len(f0))
    for syllable, even in zip(sung, evenness(voice, sung), strict=True):
        parts, start = syllable.parts, syllable.start
        begin, end = (round(t / HOP_SECONDS) for t in (syllable.notes[0].onset, syllable.notes[-1].offset))
        first = begin - round(syllable.lead / HOP_SECONDS)
        source[first:begin] = start + np.arange(parts.voiced - (begin - first), parts.voiced)
        tail = parts.last - parts.unvoiced
        source[end : end + tail] = start + np.arange(parts.unvoiced, parts.last)
        gain[first : end + tail] = even * 10 ** (rng.normal(0, 1.0) / 20)
        # Consonants keep their speed at both ends of the note. Between them, the vowel is held and varies slightly.
        length = end - begin
        held, after = hold(parts)
        head = shorten(np.arange(parts.voiced, held), length * 2 // 5)
        coda = shorten(np.arange(after, parts.unvoiced), length * 2 // 5)
        turns = np.linspace(0, 1, max(0, length - len(head) - len(coda)), endpoint=False)
        sway = held + (after - held) * turns + 1.5 * np.sin(2 * np.pi * turns)
        source[begin:end] = start + np.concatenate([head, sway, coda])
        swell = 1 + 0.25 * np.sin(np.pi * np.arange(length) / length)  # a note becomes louder and softer
        gain[begin:end] *= swell
    gain = np.convolve(gain, np.hanning(7) / np.hanning(7).sum(), "same")
    samples = render(voice, source, f0, gain).astype(np.float64)
    return samples, voice.sample_rate, from_vowels(samples, voice.sample_rate, sung)


def by_phone(samples: np.ndarray, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """Simulate a small room, the microphone of a telephone, hum and hiss."""
    time = np.arange(round(0.4 * sample_rate)) / sample_rate
    echoes = rng.standard_normal(len(time)) * np.exp(-time / 0.06) * (time > 0.004)
    wet = scipy.signal.fftconvolve(samples, echoes / np.sqrt((echoes**2).sum()))[: len(samples)]
    band = scipy.signal.butter(2, (180, 6000), "bandpass", fs=sample_rate, output="sos")
    heard = scipy.signal.sosfilt(band, samples + 0.35 * wet)
    time = np.arange(len(samples)) / sample_rate
    hum = sum(np.sin(2 * np.pi * 50 * n * time) / n for n in (1, 2, 3, 5))
    hiss = scipy.signal.sosfilt(band, rng.standard_normal(len(samples)))
    return heard + np.abs(heard).max() * (0.004 * hum + 0.006 * hiss)


def make(song: Song, folder: Path) -> Path:
    """Sing one song and write the recording and its notes."""
    rng = np.random.default_rng(zlib.crc32(song.file.encode()))  # each singer has a different tuning
    samples, sample_rate, notes = sing(song, rng)
    samples = soxr.resample(samples, sample_rate, song.sample_rate)
    if song.phone:
        samples = by_phone(samples, song.sample_rate, rng)
    samples *= 0.7 / np.abs(samples).max()
    path = folder / song.file
    subtype = {".ogg": "VORBIS", ".mp3": "MPEG_LAYER_III"}.get(path.suffix, "PCM_16")
    with soundfile.SoundFile(path, "w", song.sample_rate, 1, subtype) as out:
        for block in np.array_split(samples, len(samples) // 16384):  # libsndfile's Vorbis fails with long writes
            out.write(block)
    with path.with_suffix(".notes.csv").open("w", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["onset", "offset", "pitch"])
        rows.writerows([f"{n.onset:.4f}", f"{n.offset:.4f}", f"{n.pitch:.3f}"] for n in notes)
    return path


def main() -> int:
    """Make all songs beside this script, or in the given folder."""
    if shutil.which("espeak-ng") is None:
        print("espeak-ng is missing: install it (Debian: apt-get install espeak-ng)", file=sys.stderr)
        return 1
    for song in SONGS:
        print(make(song, Path(sys.argv[1]) if len(sys.argv) > 1 else HERE))
    return 0


if __name__ == "__main__":
    sys.exit(main())
