"""Share of correct tempi, and of correctly quantised notes, on synthetic songs with human timing.

    python -m benchmarks.rhythm

The songs are made by `tests.helpers.songs`, with other seeds than in the tests.
"""

import numpy as np

from benchmarks.tables import publish
from singtrans.melody.beats import Beats
from singtrans.melody.metre import Metre
from singtrans.melody.quantize import parse_grid, quantize
from singtrans.melody.rhythm_search import RhythmRequest, find_rhythm
from singtrans.melody.tempo import align_beats
from tests.helpers.songs import Song, song

SONGS = 100
NEAR = 0.04  # relative error up to which a tempo is correct
TIMING = 0.025  # seconds, standard deviation of onsets and offsets for estimating the tempo
ROUGH_TIMING = 0.03  # standard deviation in seconds for quantizing
PREFERRED = 140  # beats per minute; higher tempi are mostly written as their half
GRIDS = {"1/16": 4, "1/8": 3, "1/8t": "t"}  # map from grids to the metre of the songs


def tempos() -> list[tuple[str, int, int]]:
    """Return (description, number of songs, number of songs whose tempo was found)."""
    rng, found = np.random.default_rng(101), []
    for _ in range(SONGS):
        tempo, metre = rng.uniform(60, 170), rng.choice([4, 4, 3])
        made = song(rng, tempo, rng.integers(8, 25), metre, jitter=TIMING, drift=rng.choice([0, 0.01, 0.03, 0.05]))
        rhythm = find_rhythm(made.notes, RhythmRequest(Metre(int(metre), 4)))
        ratio = rhythm.beats.tempo / tempo if rhythm else np.inf
        found.append((tempo > PREFERRED, *(abs(ratio * factor - 1) < NEAR for factor in (1, 2, 0.5))))
    fast, exact = np.array(found)[:, 0], np.array(found)[:, 1]
    related = np.array(found)[:, 1:].any(axis=1)
    return [
        (f"the tempo, from 60 to {PREFERRED}", int((~fast).sum()), int(exact[~fast].sum())),
        (f"the tempo, from {PREFERRED} to 170", int(fast.sum()), int(exact[fast].sum())),
        ("the tempo, its double or half", SONGS, int(related.sum())),
    ]


def restored(made: Song, beats: Beats, grid: str) -> np.ndarray:
    """Return whether ``--quantize`` moves each onset and each offset to its true position, (notes, 2)."""
    grid_ = parse_grid(grid)
    placed = quantize(made.notes, beats, grid_)
    origin = np.round(beats.position(made.beats[8])) - 8  # the time before the first note has another tempo
    return np.abs(grid_.positions(np.array(placed.spans)) - origin - np.array(made.spans)) < 0.01


def main() -> None:
    """Print the tables."""
    rows = [[f"`--tempo auto` found {what}", f"{songs} songs", f"{count} songs"] for what, songs, count in tempos()]
    for grid, metre in GRIDS.items():
        rng, right = np.random.default_rng(103), []
        for _ in range(SONGS):
            tempo = rng.uniform(60, 140)
            made = song(rng, tempo, metre=metre, jitter=ROUGH_TIMING)
            right.append(restored(made, align_beats(tempo, made.notes), grid))
        starts, both = np.concatenate(right)[:, 0].mean(), np.concatenate(right).all(axis=1).mean()
        cells = f"{starts:.1%} of onsets, {both:.1%} of notes with their offsets"
        rows.append([f"`--quantize {grid}` restored", f"{sum(map(len, right))} notes", cells])
    note = (
        f"In the tests of the tempo, onsets and offsets have random errors of {1000 * TIMING:.0f} ms\n"
        "(standard deviation), and the tempo drifts by up to 5 %. If the true tempo is above\n"
        f"{PREFERRED}, half of it is mostly found. In the tests of quantising, the errors are\n"
        f"{1000 * ROUGH_TIMING:.0f} ms, and the tempo is given. The metre is always given."
    )
    publish("Rhythm", "python -m benchmarks.rhythm", ["correct result", "tested on", "achieved for"], rows, note)


if __name__ == "__main__":
    main()
