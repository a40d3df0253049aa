"""Transcribe synthetic songs, choirs, doubled voices and instruments, without separation and with ``--separate auto``.

    python -m benchmarks.made_up_songs [--model MODEL] [--write FOLDER]

Each row is the mean over `SEEDS` pieces of 20 s. The voice is the recipe's formant voice. The instruments are sums of
decaying tones, and the drum is noise. If the programs for `benchmarks.bands` are installed, there are also pieces with
bands, in random styles and with random instruments for the melody. The true notes for COnP are those of the voice, of
the upper voice, or of the instrument that plays the melody. With ``--write``, the pieces are also written as WAV files.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from benchmarks import bands
from benchmarks.tables import table
from recipe.synthesis.melody import SingingStyle
from recipe.synthesis.voices import HOP_SECONDS, f0_curve, formant_voice, random_melody
from singtrans.notes import Note, Transcription, mean_confidence
from singtrans.scoring.metrics import score_notes
from singtrans.separation.song import SeparationOptions, SongTranscriber
from singtrans.transcriber import Transcriber

RATE = 16_000
BAND_SEEDS = range(12)
GROOVES = (
    *(("BossaNova", 4), ("RockBallad", 4), ("Waltz", 3), ("8Beat", 4), ("FolkBallad", 4), ("BigBand", 4)),
    *(("Tango", 4), ("SlowJazz", 4), ("Calypso", 4), ("StringBallad", 4), ("Swing", 4), ("PopBallad", 4)),
)
"""Styles of mma, and the number of beats in a bar of each."""
PROGRAMS = (73, 40, 65, 56, 0, 24, 71, 74, 16, 4, 27, 22)
"""General MIDI program numbers of winds, strings, keys, guitars, an organ and a harmonica."""
SECONDS = 20.0
SEEDS = range(4)
CHORDS = (36, 41, 43, 36)  # MIDI numbers of the roots, two beats each
BEAT = 0.5  # seconds
DOUBLE = 0.02  # seconds by which one of two voices is late


@dataclass(frozen=True)
class Piece:
    """A synthetic recording.

    Attributes:
        samples: (n,) or (n, channels).
        notes: notes of the melody; empty if there is no melody.
        rate: sample rate in Hz.
    """

    samples: np.ndarray
    notes: tuple[Note, ...] = ()
    rate: int = RATE


def backing(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Make a backing, (samples,), of chords of decaying tones with a drum on every beat."""
    found = np.zeros(round(seconds * RATE))
    time = np.arange(RATE) / RATE
    for number, start in enumerate(range(0, len(found) - RATE, round(BEAT * RATE))):
        root = CHORDS[number // 2 % len(CHORDS)]
        for pitch in (root, root + 12, root + 16, root + 19, root + 24):
            found[start : start + RATE] += tone(pitch, time) * np.exp(-3 * time)
        found[start : start + RATE] += 2 * rng.standard_normal(RATE) * np.exp(-30 * time)
    return found


def tone(pitch: float, time: np.ndarray) -> np.ndarray:
    """Make a tone, (samples,), of eight harmonics with a short attack."""
    hz = 440 * 2 ** ((pitch - 69) / 12)
    return sum(np.sin(2 * np.pi * n * hz * time) / n**1.5 for n in range(1, 9)) * np.minimum(1, time / 0.004)


def lead(notes: tuple[Note, ...], seconds: float) -> np.ndarray:
    """Play a melody as decaying tones; return (samples,)."""
    found = np.zeros(round(seconds * RATE))
    for note in notes:
        time = np.arange(round(note.duration * RATE)) / RATE
        start = round(note.onset * RATE)
        room = len(found[start : start + len(time)])
        fade = np.minimum(1, (note.duration - time) / 0.02)
        found[start : start + room] += (tone(note.pitch, time) * np.exp(-1.5 * time) * fade)[:room]
    return found


def melody(rng: np.random.Generator) -> tuple[Note, ...]:
    """Make a random melody."""
    return random_melody(rng, SECONDS, 52.0, 66.0)


def voice(notes: tuple[Note, ...], rng: np.random.Generator) -> np.ndarray:
    """Sing a melody; return (samples,)."""
    return formant_voice(notes, f0_curve(notes, HOP_SECONDS, rng, SingingStyle()), RATE, rng)


def moved(notes: tuple[Note, ...], semitones: float = 0.0, seconds: float = 0.0) -> tuple[Note, ...]:
    """Move a melody in pitch and time."""
    return tuple(
        replace(n, onset=n.onset + seconds, offset=n.offset + seconds, pitch=n.pitch + semitones) for n in notes
    )


def summed(*parts: np.ndarray) -> np.ndarray:
    """Mix parts at equal levels; return (samples,)."""
    length = min(map(len, parts))
    return np.sum([part[:length] / part[:length].std() for part in parts], axis=0)


def _song(rng: np.random.Generator) -> Piece:
    notes = melody(rng)
    return Piece(summed(voice(notes, rng), backing(SECONDS, rng)), notes)


def _solo(rng: np.random.Generator) -> Piece:
    notes = melody(rng)
    return Piece(voice(notes, rng), notes)


def _doubled(rng: np.random.Generator) -> Piece:
    notes = melody(rng)
    return Piece(summed(voice(notes, rng), voice(moved(notes, seconds=DOUBLE), rng)), notes)


def _choir(rng: np.random.Generator) -> Piece:
    notes = melody(rng)
    return Piece(summed(*(voice(moved(notes, semitones), rng) for semitones in (0, -4, -9))), notes)


def _choir_song(rng: np.random.Generator) -> Piece:
    choir = _choir(rng)
    return Piece(summed(choir.samples, backing(SECONDS, rng)), choir.notes)


def _instrument(rng: np.random.Generator) -> Piece:
    notes = melody(rng)
    return Piece(lead(notes, SECONDS), notes)


def _instrumental(rng: np.random.Generator) -> Piece:
    notes = melody(rng)
    return Piece(summed(lead(notes, SECONDS), backing(SECONDS, rng)), notes)


def _backing(rng: np.random.Generator) -> Piece:
    return Piece(backing(SECONDS, rng))


def _arranged(rng: np.random.Generator) -> tuple[bands.Arrangement, tuple[Note, ...], int]:
    """Draw a style with chords, a melody and an instrument."""
    number = int(rng.integers(len(GROOVES)))
    groove, beats = GROOVES[number]
    arrangement = bands.arrange(groove, int(rng.integers(70, 140)), SECONDS, rng, beats)
    lowest = int(rng.integers(50, 62))
    return arrangement, bands.melody(arrangement, rng, lowest, lowest + 14), PROGRAMS[rng.integers(len(PROGRAMS))]


def _band_song(rng: np.random.Generator) -> Piece:
    arrangement, notes, _ = _arranged(rng)
    return Piece(bands.song(bands.sing(notes, rng), bands.backing(arrangement), 0.0), notes, bands.RATE)


def _band(rng: np.random.Generator) -> Piece:
    return Piece(bands.backing(_arranged(rng)[0]), (), bands.RATE)


def _band_with_lead(rng: np.random.Generator) -> Piece:
    arrangement, notes, program = _arranged(rng)
    backing_ = bands.backing(arrangement)
    return Piece(bands.mixed(bands.play(notes, program, len(backing_) / bands.RATE), backing_, 0.0), notes, bands.RATE)


def _lead_alone(rng: np.random.Generator) -> Piece:
    arrangement, notes, program = _arranged(rng)
    return Piece(bands.play(notes, program, arrangement.seconds), notes, bands.RATE)


BANDS: dict[str, Callable[[np.random.Generator], Piece]] = {
    "a voice with a band": _band_song,
    "a band without a melody": _band,
    "a band with a melody": _band_with_lead,
    "a sampled instrument alone": _lead_alone,
}
PIECES: dict[str, Callable[[np.random.Generator], Piece]] = {
    "a voice alone": _solo,
    "a voice with instruments": _song,
    "a voice doubled, 20 ms late": _doubled,
    "three voices in harmony": _choir,
    "three voices with instruments": _choir_song,
    "chords and drum": _backing,
    "an instrument alone": _instrument,
    "instruments with a melody": _instrumental,
}


def rows(model: str, folder: Path) -> Iterator[list[object]]:
    """Transcribe all pieces, with and without ``--separate auto``."""
    transcriber = Transcriber(model, "cpu")
    auto = SongTranscriber(transcriber, SeparationOptions())
    makers = PIECES | ({} if bands.missing_programs() else BANDS)
    for name, make in makers.items():
        found: list[tuple[Piece, Transcription, Transcription]] = []
        for seed in BAND_SEEDS if name in BANDS else SEEDS:
            piece = make(np.random.default_rng(seed))
            path = folder / f"{name.replace(' ', '_')}_{seed}.wav"
            soundfile.write(path, 0.9 * piece.samples / np.abs(piece.samples).max(), piece.rate)
            found.append((piece, transcriber(path), auto(path)))
        separated = sum(t.separation is not None and t.separation.separated for _, _, t in found)
        said = sum(bool(t.remarks) for _, _, t in found)
        for system, index in (("raw", 1), ("auto", 2)):
            these = [f[index] for f in found]
            sure = [c for t in these if (c := mean_confidence(t.notes)) is not None]
            scores = [score_notes(f[0].notes, f[index].notes).conp.f_measure for f in found if f[0].notes]
            yield [
                name,
                system,
                f"{np.mean([len(t.notes) for t in these]):.1f}",
                f"{np.mean(sure):.2f}" if sure else "-",
                f"{np.mean(scores):.3f}" if scores else "-",
                f"{separated} of {len(found)}" if system == "auto" else "",
                f"{said} of {len(found)}" if system == "auto" else "",
            ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Synthetic songs, choirs and instruments.")
    parser.add_argument("--model", default="default", help="a shipped model's name or a weight file")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="folder in which the pieces are kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = options.write or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        head = ["piece", "system", "notes", "mean confidence", "COnP", "separated", "remarks"]
        for line in table(head, rows(options.model, place)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
