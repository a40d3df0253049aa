"""Teach the model ten corrections of one recording, and score it on other recordings of that voice.

    python -m benchmarks.teaching OUT

The voice is synthetic (`benchmarks.singer`), rough, and in a hall with noise, so that the shipped model makes mistakes.
The first ten wrong notes of one recording are corrected, as a person does on the report page. The session is saved
beside the recording, and the two commands that the page prints are run in that folder without changes. Other recordings
of the voice, and ``sample_audio``, are scored before and after.
"""

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.singer import RATE, VOWELS, Timbre, level_curve, sing, vowel_curve
from recipe.synthesis.melody import HOP_SECONDS, SingingStyle, f0_curve, random_melody
from singtrans import Note, Transcriber
from singtrans.dataset.manifest import read_entries
from singtrans.formats.teaching import teaching_commands
from singtrans.scoring.metrics import f_measures, score_notes
from tests.helpers.corrections import correct, write_session

CORRECTIONS = 10
SECONDS = 40.0
TAUGHT, OTHERS = 2, (12, 13, 14, 15)
"""Random seeds of the recording that is corrected, and of those that are scored."""

VOICE = Timbre(throat=1.08, jitter=0.03, shimmer=0.2, breath=-16.0, damping=0.8)
STYLE = SingingStyle(glide=(0.15, 0.25), overshoot=0.3, scoop=3.5, scoop_share=1.0, vibrato_extent=(0.6, 1.5))
DIP = 0.0, 4.0  # dB
ECHO, WET, SNR = 1.2, 0.9, 12.0  # seconds, relative level of the echo, dB
SAMPLES = Path(__file__).parents[1] / "sample_audio"


def recording(seed: int) -> tuple[tuple[Note, ...], np.ndarray]:
    """Make a recording of the voice; return its notes and its samples, of shape (samples,)."""
    rng = np.random.default_rng(seed)
    notes = random_melody(rng, SECONDS, 52.0, 66.0)
    curve = f0_curve(notes, HOP_SECONDS, rng, STYLE)
    vowels = vowel_curve(notes, rng.integers(len(VOWELS), size=len(notes)).tolist(), len(curve))
    voice = sing(curve, level_curve(notes, len(curve), rng, DIP), vowels, VOICE, rng)
    return notes, in_a_hall(voice, rng)


def in_a_hall(voice: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add noise, and an echo that decays by 60 dB in `ECHO` seconds, to a voice, (samples,)."""
    length = round(ECHO * RATE)
    echo = np.random.default_rng(0).standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    size = len(voice) + length
    wet = np.fft.irfft(np.fft.rfft(voice, size) * np.fft.rfft(echo / np.linalg.norm(echo), size), size)[: len(voice)]
    sound = voice + WET * wet
    sound = sound + rng.standard_normal(len(sound)) * np.sqrt(np.mean(sound**2) / 10 ** (SNR / 10))
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the experiment and print the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="new folder for the recording and the model")
    folder = parser.parse_args(argv).out
    folder.mkdir(parents=True)
    notes, samples = recording(TAUGHT)
    soundfile.write(folder / "song.wav", samples, RATE)
    found = Transcriber()(folder / "song.wav")
    fixed, count = correct(notes, found.notes, CORRECTIONS)
    write_session(type(found)(fixed, found.pitch, found.duration, "song.wav"), folder / "song.session.json")
    print(f"{count} corrections among {len(notes)} notes")
    report("before", "default")
    began = time.monotonic()
    for command in teaching_commands("song.wav", "song.session.json"):
        print(f"$ {command}", flush=True)
        subprocess.run([sys.executable, "-m", *shlex.split(command)], cwd=folder, check=True)
    print(f"{time.monotonic() - began:.0f} s")
    report("after", str(folder / "my-model" / "best.safetensors"))


def report(title: str, model: str) -> None:
    """Print the scores of a model."""
    transcriber = Transcriber(model)
    made = {f"recording {seed}": recording(seed) for seed in (TAUGHT, *OTHERS)}
    rows = {name: _scores(true, transcriber.transcribe(sound).notes) for name, (true, sound) in made.items()}
    rows["mean of the others"] = np.mean(list(rows.values())[1:], axis=0)
    rows["sample_audio"] = np.mean(
        [_scores(entry.load_notes(), transcriber(entry.audio).notes) for entry in read_entries(SAMPLES)], axis=0
    )
    print(f"{title:<20} {'COn':>6} {'COnP':>6} {'COnPOff':>8}")
    for name, values in rows.items():
        print(f"{name:<20} {values[0]:6.3f} {values[1]:6.3f} {values[2]:8.3f}", flush=True)


def _scores(true: Sequence[Note], found: Sequence[Note]) -> np.ndarray:
    scores = f_measures(score_notes(true, found))
    return np.array([scores[name] for name in ("COn", "COnP", "COnPOff")])


if __name__ == "__main__":
    main()
