"""How often the tempo is found under made-up songs with human timing, and their rhythm brought back, in two tables.

    python -m benchmarks.rhythm

The songs are those of the tests (tests/songs.py), with other seeds.
"""

import numpy as np

from benchmarks.tables import publish
from singtrans.melody.beats import Beats
from singtrans.melody.quantize import parse_grid, quantize
from singtrans.melody.tempo import align_beats, estimate_beats
from tests.helpers.songs import Song, song

SONGS = 100
NEAR = 0.04  # of a tempo: closer counts as found
TIMING = 0.025  # seconds: standard deviation of onsets and offsets where the tempo is to be found
ROUGH_TIMING = 0.03  # likewise where the rhythm is
GRIDS = {"1/16": 4, "1/8": 3, "1/8t": "t"}  # grid -> the songs' metre


def tempos() -> dict[str, int]:
    """Songs of 100 whose tempo was found, and whose tempo or its double or half was."""
    rng, exact, related = np.random.default_rng(101), 0, 0
    for _ in range(SONGS):
        tempo, metre = rng.uniform(60, 170), rng.choice([4, 4, 3])
        made = song(rng, tempo, rng.integers(8, 25), metre, jitter=TIMING, drift=rng.choice([0, 0.01, 0.03, 0.05]))
        found = estimate_beats(made.notes, metre)
        away = [abs(found.tempo * factor / tempo - 1) if found else 1.0 for factor in (1, 2, 0.5)]
        exact += away[0] < NEAR
        related += min(away) < NEAR
    return {"the tempo": exact, "the tempo, its double or half": related}


def restored(made: Song, beats: Beats, grid: str) -> np.ndarray:
    """(notes, 2) whether onset and offset lie on their true place in the rhythm after ``--quantize``."""
    places = parse_grid(grid)
    placed = quantize(made.notes, beats, places)
    origin = np.round(beats.position(made.beats[0]))
    return np.abs(places.place(np.array(placed.spans)) - origin - np.array(made.spans)) < 0.01


def main() -> None:
    """Print the tables."""
    rows = [[f"`--tempo auto` found {what}", "", f"{count} of {SONGS} songs"] for what, count in tempos().items()]
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
        f"Onsets and offsets are off by {1000 * TIMING:.0f} ms where the tempo is to be found, which drifts by\n"
        f"up to 5 %, and by {1000 * ROUGH_TIMING:.0f} ms where the rhythm is (normal deviates). The metre is told,\n"
        "and to `--quantize` the tempo."
    )
    publish("Rhythm", "python -m benchmarks.rhythm", ["what", "of", "how often"], rows, note)


if __name__ == "__main__":
    main()
