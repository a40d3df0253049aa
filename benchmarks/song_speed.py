"""Speed and peak memory on songs in stereo at 44.1 kHz, with ``--separate auto`` and one thread.

    python -m benchmarks.song_speed [SECONDS ...] [--tempo]

A song is a synthetic voice with instruments (`benchmarks.made_up_songs`), repeated to a length of SECONDS. The voice is
separated and then transcribed. Times are from the start of a new process to the MIDI file. With ``--tempo``, each song
is also transcribed with ``singtrans --tempo auto``.
"""

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import soxr

from benchmarks.made_up_songs import PIECES
from benchmarks.made_up_songs import RATE as MADE_RATE
from benchmarks.tables import COMMAND, publish

LENGTHS = (240.0, 3600.0)
RATE = 44_100
DELAY = 0.01  # seconds by which the right channel is late


def write_song(path: Path, seconds: float) -> None:
    """Write a song in stereo."""
    piece = PIECES["a voice with instruments"](np.random.default_rng(0))
    mono = soxr.resample(piece.samples / np.abs(piece.samples).max(), MADE_RATE, RATE)
    block = 0.8 * np.stack([mono, np.roll(mono, round(DELAY * RATE))], axis=1)
    left = round(seconds * RATE)
    with soundfile.SoundFile(path, "w", RATE, 2, subtype="PCM_16") as file:
        while left > 0:
            file.write(block[:left])
            left -= len(block)


def measure(path: Path, *options: str) -> tuple[float, float]:
    """Transcribe a song; return the time in seconds and the peak memory in MB."""
    begun = time.perf_counter()
    command = [*COMMAND, "transcribe", path, "--overwrite", "--threads", "1", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert process.stderr
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status or "the voice was separated" not in said:
        raise SystemExit(f"the voice of {path} was not separated: {said}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1000


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="Speed and memory on songs.")
    parser.add_argument("seconds", nargs="*", type=float, default=LENGTHS, help="lengths of the songs")
    parser.add_argument("--tempo", action="store_true", help="also measure --tempo auto")
    options = parser.parse_args()
    rows = []
    for seconds in options.seconds:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "song.flac"
            write_song(path, seconds)
            for words in [(), ("--tempo", "auto")] if options.tempo else [()]:
                took, most = measure(path, *words)
                name = " ".join([f"{seconds:.0f} s", *words])
                rows.append([name, f"{took:.1f} s", f"{seconds / took:.1f}", f"{most:.0f} MB"])
    head = ["song", "time", "times real time", "peak memory"]
    publish("Songs", "python -m benchmarks.song_speed", head, rows)


if __name__ == "__main__":
    main()
