"""Number of songs whose tempo is found from the notes of the voice, from the instruments, or from both.

    python -m benchmarks.song_tempo [--songs 24] [--model MODEL]

The songs are made by `benchmarks.bands`: a synthetic voice and a band of equal loudness, in different styles. The tempo
of a song is constant. The first row uses only the notes of the voice, which ``--separate auto`` gives. The second row
uses these notes and the instruments. The last row uses only the instruments, whose tempo the beat tracker finds.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from benchmarks import bands
from benchmarks.made_up_songs import GROOVES
from benchmarks.tables import table
from singtrans.melody.rhythm_search import RhythmRequest, find_rhythm
from singtrans.melody.tempo import CONFIDENT
from singtrans.melody.tempo_curve import multiple_near
from singtrans.separation.song import SeparationOptions, SongTranscriber
from singtrans.transcriber import Transcriber

SECONDS = 40.0
SLOWEST, FASTEST = 66, 144  # beats per minute
FIRST = 2000  # random seed of the first song
RIGHT = 0.01  # largest relative error of a tempo
FOUND = 0.04  # the same for notes, whose timing is less exact


@dataclass(frozen=True, slots=True)
class Found:
    """Tempi of one song in beats per minute; None if no tempo was found.

    Attributes:
        true: tempo of the song.
        notes: tempo found from the notes.
        both: tempo found from the notes and the instruments.
        band: tempo found from the instruments by the beat tracker.
    """

    true: float
    notes: float | None
    both: float | None
    band: float | None


def measure(model: str, count: int) -> Iterator[Found]:
    """Make songs, and find their tempi."""
    transcribe = SongTranscriber(Transcriber(model, "cpu"), SeparationOptions(tempo=True))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "song.wav"
        for seed in range(count):
            rng = np.random.default_rng(FIRST + seed)
            groove, beats = GROOVES[seed % len(GROOVES)]
            arrangement = bands.arrange(groove, int(rng.integers(SLOWEST, FASTEST)), SECONDS, rng, beats)
            voice = bands.sing(bands.melody(arrangement, rng), rng)
            soundfile.write(path, bands.song(voice, bands.backing(arrangement), 0.0), bands.RATE)
            found = transcribe(path)
            band = found.separation.tempo if found.separation else None
            alone = find_rhythm(found.notes)
            both = find_rhythm(found.notes, RhythmRequest(pulse=band)) if band else alone
            tempo = both.beats.tempo if both else None
            yield Found(
                arrangement.tempo,
                alone.beats.tempo if alone and alone.confidence.beat >= CONFIDENT else None,
                multiple_near(tempo, band) if tempo and band else tempo,
                band,
            )


def row(name: str, tempi: list[tuple[float, float | None]], near: float) -> list[object]:
    """Count the tempi that are right, half or double the true tempo, otherwise wrong, and missing."""
    known = [found / true for true, found in tempi if found]
    right = sum(abs(ratio - 1) < near for ratio in known)
    double = sum(min(abs(ratio / 2 - 1), abs(ratio * 2 - 1)) < near for ratio in known)
    return [name, right, double, len(known) - right - double, len(tempi) - len(known)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Tempo of songs with instruments.")
    parser.add_argument("--songs", type=int, default=24)
    parser.add_argument("--model", default="default", help="a shipped model's name or a weight file")
    options = parser.parse_args()
    if missing := bands.missing_programs():
        sys.exit(f"these programs are missing: {', '.join(missing)}")
    found = list(measure(options.model, options.songs))
    rows = [
        row("notes", [(f.true, f.notes) for f in found], FOUND),
        row("notes and instruments", [(f.true, f.both) for f in found], RIGHT),
        row("instruments alone", [(f.true, f.band) for f in found], RIGHT),
    ]
    for line in table(["tempo found in", "right", "half or double", "other", "none"], rows):
        print(line)


if __name__ == "__main__":
    main()
