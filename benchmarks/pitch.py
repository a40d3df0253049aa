"""Pitch error of a model in cents, on notes of known pitch from C2 to C6.

    python -m benchmarks.pitch [--model MODEL] [--step 1.0] [--lowest 36] [--highest 84] [--vibrato 1.0]

Each recording is one note of 1.2 s between silences. The pitch of the note is a semitone plus a random offset. The note
is found if a transcribed note covers more than half of it. The error is the pitch error of the transcribed note with
the largest overlap. Errors above six semitones are counted as octave errors, and are left out of the mean. The column
``split`` is the number of notes that were transcribed as several notes.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.phenomena import seed_of
from benchmarks.singer import RATE, VOWELS, Timbre, sing
from benchmarks.tables import table
from recipe.synthesis.melody import HOP_SECONDS
from singtrans.notes import Note
from singtrans.training.augment import add_at_snr
from singtrans.transcriber import Transcriber

LOW, HIGH = 36, 84  # C2 and C6
SECONDS, SILENCE = 1.2, 0.5  # length of a note, and of the silence before and after it
EDGE = 0.03  # seconds of attack and decay
VIBRATO_RATE = 5.0  # Hz; whole periods in the note and in its middle half, so that the mean of both is the note's pitch
DRIFT = 0.3  # semitones below the note's pitch at its start, and above it at its end
OCTAVE = 6.0  # semitones; larger errors are octave errors
# A throat of 0 omits the vowel. The breath has the level of a quiet room.
TIMBRES = {
    "sung vowel": Timbre(),
    "30 harmonics": Timbre(throat=0.0, harmonics=30, jitter=0.0, shimmer=0.0, breath=-60.0),
    "6 harmonics": Timbre(throat=0.0, harmonics=6, jitter=0.0, shimmer=0.0, breath=-60.0),
    "sine": Timbre(throat=0.0, harmonics=1, jitter=0.0, shimmer=0.0, breath=-60.0),
}


@dataclass(frozen=True, slots=True)
class Manner:
    """Vibrato and drift of the note in semitones, and its level above white noise in dB."""

    vibrato: float = 0.0
    drift: float = 0.0
    snr: float = 60.0


def manners(vibrato: float) -> dict[str, Manner]:
    """Map each manner of the table to its parameters; ``vibrato`` is in semitones above and below the note."""
    return {
        "plain": Manner(),
        "vibrato": Manner(vibrato=vibrato),
        "drift": Manner(drift=DRIFT),
        "20 dB SNR": Manner(snr=20.0),
        "vibrato, drift, 20 dB SNR": Manner(vibrato, DRIFT, 20.0),
    }


def tone(pitch: float, timbre: Timbre, manner: Manner, rng: np.random.Generator) -> np.ndarray:
    """Make (samples,) float32 at 16 kHz: one note from ``SILENCE`` to ``SILENCE + SECONDS`` seconds."""
    frames = round(SECONDS / HOP_SECONDS)
    time = (np.arange(frames) + 0.5) * HOP_SECONDS
    swing = np.sin(2 * np.pi * (VIBRATO_RATE * time + rng.random()))
    f0 = pitch + manner.vibrato * swing + manner.drift * (2 * time / SECONDS - 1)
    level = np.minimum(1, np.minimum(time, SECONDS - time) / EDGE)
    vowels = np.tile(VOWELS[rng.integers(len(VOWELS))], (frames, 1))
    note = sing(f0, level, vowels, timbre, rng)
    quiet = round(SILENCE * RATE)
    noise = rng.standard_normal(len(note) + 2 * quiet).astype(np.float32)
    # The ratio is computed over the note alone, without the silence around it.
    hiss = (add_at_snr(note, noise[quiet:-quiet], manner.snr) - note).std() / noise[quiet:-quiet].std()
    return np.pad(note, quiet) + hiss * noise


def read(notes: tuple[Note, ...]) -> tuple[Note | None, bool]:
    """Return the note that covers more than half of the true note, or None, and whether several notes overlap it."""
    over = [min(n.offset, SILENCE + SECONDS) - max(n.onset, SILENCE) for n in notes]
    inside = [note for note, seconds in zip(notes, over, strict=True) if seconds > EDGE]
    best = int(np.argmax(over)) if over else -1
    return (notes[best] if over and over[best] > SECONDS / 2 else None), len(inside) > 1


def row(errors: list[float], missed: int, split: int) -> list[object]:
    """Format the cells of a row; ``errors`` are those of the found notes, in semitones."""
    tuned = 100 * np.abs([e for e in errors if abs(e) <= OCTAVE])
    figures = [f"{tuned.mean():.1f}", f"{tuned.max():.1f}"] if len(tuned) else ["-", "-"]
    return [len(errors) + missed, *figures, len(errors) - len(tuned), missed, split]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Pitch error of a model in cents.")
    parser.add_argument("--model", default="default", help="a shipped model's name or a weight file")
    parser.add_argument("--step", type=float, default=1.0, help="semitones between the notes")
    parser.add_argument("--lowest", type=float, default=LOW, help="MIDI number of the lowest note")
    parser.add_argument("--highest", type=float, default=HIGH, help="MIDI number of the highest note")
    parser.add_argument("--vibrato", type=float, default=1.0, help="extent above and below the note, in semitones")
    options = parser.parse_args()
    transcriber = Transcriber(options.model, "cpu")
    everything: list[float] = []

    def rows() -> Iterator[list[object]]:
        for sound, timbre in TIMBRES.items():
            for name, manner in manners(options.vibrato).items():
                errors, missed, split = [], 0, 0
                for number, semitone in enumerate(np.arange(options.lowest, options.highest + 1e-9, options.step)):
                    rng = np.random.default_rng(seed_of("pitch", sound, name, number))
                    pitch = float(np.clip(semitone + rng.uniform(-0.5, 0.5), options.lowest, options.highest))
                    note, several = read(transcriber.transcribe(tone(pitch, timbre, manner, rng)).notes)
                    split += several
                    missed += note is None
                    errors += [note.pitch - pitch] if note else []
                everything.extend(e for e in errors if abs(e) <= OCTAVE)
                yield [sound, name, *row(errors, missed, split)]

    head = ["sound", "manner", "notes", "mean error, cents", "worst, cents", "octave errors", "missed", "split"]
    for line in table(head, rows()):
        print(line, flush=True)
    if everything:
        cents = 100 * np.array(everything)
        print(f"\nall: {np.abs(cents).mean():.1f} cents mean absolute error; with signs, {cents.mean():+.1f} cents")


if __name__ == "__main__":
    main()
