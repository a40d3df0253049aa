"""Learn from folk songs how to find rhythm, metre and key.

    python -m recipe.fit_rhythm singtrans/melody/rhythm.json --jobs 2

The program counts positions in the bar, degrees of the scale and so on in songs of the Essen collection
(`recipe.folk_songs`). It simulates a performance of each song with human timing and the errors of a transcription
(`recipe.performance`), and lists the hypotheses about its rhythm. The weights of the hypotheses' features are fitted by
conditional logistic regression, in which songs with and without a pickup have equal weight. The accuracy on the
validation songs is printed. The result does not depend on the number of jobs.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np

from recipe.folk_songs import FolkSong, all_songs, slip_jigs, split
from recipe.performance import NOISY, Performance, perform
from recipe.rhythm_tables import UNUSABLE, count_key_tables, count_tables, pickup_weights, song_slots
from singtrans.melody.metre_search import METRES
from singtrans.melody.rhythm_config import KeyTables, RhythmConfig, config_from_json
from singtrans.melody.rhythm_features import NAMES
from singtrans.melody.rhythm_search import (
    FEWEST,
    UNKNOWN,
    Search,
    melody_of,
    most_likely,
    search_rhythm,
    steady_features,
)
from singtrans.melody.tempo_curve import SLOTS
from singtrans.melody.tonality import key_features
from singtrans.notes import Note

SAME_TEMPO = 0.08  # difference of the logarithms of two tempi that count as one
KEY_SONGS = 2500  # performances for the key
STEADY_SONGS = 200  # songs that are compared with random onsets
SIMILAR = ({"2/4", "4/4"}, {"6/8", "12/8"})  # metres that differ only in the number of bar lines
MOST_RIGHT = 0.55  # least share of the notes at the right position in the bar in a right hypothesis
JIGS = 5  # each fifth slip jig is for validation
JIG = 0.1  # weight of a slip jig, which is played on instruments, relative to a song
CHUNK = 20  # songs that are sung with one sequence of random numbers

Item = TypeVar("Item")
Result = TypeVar("Result")


def fit_logit(
    groups: Sequence[tuple[np.ndarray, np.ndarray]], importance: np.ndarray | None = None, ridge: float = 1.0
) -> np.ndarray:
    """Fit (features,) weights so that the right rows of each group get most of the probability.

    Args:
        groups: for each group, the features, (rows, features), and whether each row is right, (rows,); at least one row
            must be right.
        importance: (groups,) weight of each group; None if all are equal.
        ridge: penalty of the squared weights of features that are scaled to a standard deviation of 1.
    """
    from scipy.optimize import minimize

    values = np.concatenate([rows for rows, _ in groups])
    right = np.concatenate([truth for _, truth in groups])
    bounds = np.cumsum([0, *(len(rows) for rows, _ in groups)])[:-1]
    scale = np.maximum(values.std(axis=0), 1e-6)
    values = values / scale
    sizes = np.diff(np.append(bounds, len(values)))
    importance = np.ones(len(groups)) if importance is None else importance
    per_row = np.repeat(importance, sizes)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        score = values @ weights
        score = score - np.repeat(np.maximum.reduceat(score, bounds), sizes)
        odds = np.exp(score)
        every, good = np.add.reduceat(odds, bounds), np.add.reduceat(odds * right, bounds)
        chance = odds / np.repeat(every, sizes) - odds * right / np.repeat(np.maximum(good, 1e-300), sizes)
        value = -(importance * np.log(np.maximum(good, 1e-300) / every)).sum() + 0.5 * ridge * weights @ weights
        return float(value), values.T @ (per_row * chance) + ridge * weights

    found = minimize(loss, np.zeros(values.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 400})
    result: np.ndarray = found.x / scale
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A performance of a song, and the hypotheses about its rhythm.

    Attributes:
        song: the song.
        performance: the performance.
        search: the hypotheses, with their features.
        right: (hypotheses,) whether metre, tempo and downbeat are right.
    """

    song: FolkSong
    performance: Performance
    search: Search
    right: np.ndarray


def make_case(song: FolkSong, performance: Performance, config: RhythmConfig) -> Case | None:
    """List the hypotheses about a performance, with their features; return None if there are none."""
    if len(performance.notes) < FEWEST:
        return None
    search = search_rhythm(performance.notes, UNKNOWN, config)
    return Case(song, performance, search, _right(song, performance, search)) if search else None


def _right(song: FolkSong, performance: Performance, search: Search) -> np.ndarray:
    """Return (hypotheses,) whether metre, tempo and the bar positions of most notes are right."""
    metre, true = song_slots(song)
    found = search.found
    known = performance.source >= 0
    true = np.where(known, true[np.maximum(performance.source, 0)], UNUSABLE)
    known &= true > UNUSABLE
    bar = METRES[metre].beats * SLOTS
    tempo = 60 / np.array([curve.period for curve in search.curves])[found.curve]
    share = ((search.aligned.slots[known] - true[known][:, None]) % bar == 0).mean(axis=0)
    return (found.metre == metre) & (np.abs(np.log(tempo / performance.tempo)) < SAME_TEMPO) & (share > MOST_RIGHT)


def make_cases(songs: Sequence[FolkSong], config: RhythmConfig, seed: int, jobs: int = 1) -> list[Case]:
    """Simulate a performance of each song, and list the hypotheses about each performance."""
    return _in_parallel(partial(_sung_cases, config=config), songs, seed, jobs)


def _sung_cases(songs: Sequence[FolkSong], seed: Sequence[int], config: RhythmConfig) -> list[Case]:
    rng = np.random.default_rng(seed)
    cases = (make_case(song, perform(song, rng, NOISY), config) for song in songs)
    return [case for case in cases if case]


def _in_parallel(
    function: Callable[[Sequence[Item], Sequence[int]], Iterable[Result]], items: Sequence[Item], seed: int, jobs: int
) -> list[Result]:
    """Apply a function to chunks of items in several processes; each chunk has its own seed."""
    chunks = [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
    seeds = [(seed, number) for number in range(len(chunks))]
    with ProcessPoolExecutor(jobs) as pool:
        return list(chain.from_iterable(pool.map(function, chunks, seeds)))


def fit_weights(cases: Sequence[Case], jigs: Sequence[Case]) -> np.ndarray:
    """Fit the (features,) weights to songs and slip jigs."""
    used = [case for case in [*cases, *jigs] if case.right.any()]
    importance = pickup_weights([case.song for case in used])
    importance[len(used) - sum(bool(case.right.any()) for case in jigs) :] = JIG
    return fit_logit([(case.search.values, case.right) for case in used], importance)


def fit_key(songs: Sequence[FolkSong], sung: Sequence[FolkSong], rng: np.random.Generator) -> KeyTables:
    """Count the degrees of the scale in songs, and fit the weights of the key's features to simulated performances."""
    tables = count_key_tables(songs)
    groups = []
    for song in sung:
        melody = melody_of(perform(song, rng, NOISY).notes)
        values = key_features(melody.pitches, melody.offsets - melody.onsets, melody.ends, tables)
        groups.append((values, np.arange(24) == song.tonic + 12 * song.minor))
    return replace(tables, weights=fit_logit(groups))


def fit_steady(cases: Sequence[Case], config: RhythmConfig, seed: int, jobs: int = 1) -> np.ndarray:
    """Fit the weights that distinguish the beginnings of songs, of random lengths, from random onsets."""
    performances = [case.performance for case in cases]
    rows = _in_parallel(partial(_steady_rows, config=config), performances, seed, jobs)
    # Two hypotheses about each: that it has a beat, with these features, and that it has none, with zeros.
    groups = [(np.array([values, np.zeros(6)]), np.array([truth, 1 - truth])) for values, truth in rows]
    return fit_logit(groups)


def _steady_rows(
    performances: Sequence[Performance], seed: Sequence[int], config: RhythmConfig
) -> list[tuple[np.ndarray, float]]:
    """Return pairs of features and truth: 1 for the beginning of each performance, 0 for random onsets."""
    rng, rows = np.random.default_rng(seed), []
    for performance in performances:
        count = int(rng.integers(FEWEST, 80))
        sung = performance.notes[:count]
        gaps = rng.lognormal(np.log(rng.uniform(0.2, 0.6)), rng.uniform(0.3, 0.7), len(sung))
        onsets = np.cumsum(gaps)
        random = [
            Note(float(on), float(on + 0.7 * gap), note.pitch)
            for on, gap, note in zip(onsets, np.append(gaps[1:], 0.4), sung, strict=True)
        ]
        for notes, truth in ((sung, 1.0), (random, 0.0)):
            search = search_rhythm(notes, UNKNOWN, config)
            if search:
                rows.append((steady_features(search, config), truth))
    return rows


def report(cases: Sequence[Case], config: RhythmConfig) -> str:
    """Describe how often the best hypothesis is right."""
    found = []
    for case in cases:
        search = case.search
        best = most_likely(search, search.values @ config.weights)
        tempo = 60 / search.curves[search.found.curve[best]].period
        ratio = abs(np.log2(tempo / case.performance.tempo))
        metre = str(METRES[search.found.metre[best]])
        found.append(
            (
                metre == case.song.metre,
                metre == case.song.metre or {metre, case.song.metre} in SIMILAR,
                ratio < 0.1,
                abs(ratio - round(ratio)) < 0.1,
                bool(case.right[best]),
                bool(case.right.any()),
            )
        )
    names = ("metre", "metre or a similar one", "tempo", "tempo or its double or half", "all with the downbeat")
    shares = np.array(found).mean(axis=0)
    return "; ".join(
        f"{name} {share:.3f}" for name, share in zip((*names, "among the hypotheses"), shares, strict=True)
    )


def main() -> None:
    """Fit tables and weights to the songs, and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--songs", type=int, default=1500, help="largest number of performances for the weights")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1, help="number of processes")
    arguments = parser.parse_args()
    rng, jobs = np.random.default_rng(arguments.seed), arguments.jobs
    learn, validation, _ = split(all_songs())
    learn = [learn[index] for index in rng.permutation(len(learn))]
    jigs = slip_jigs()
    validation_jigs, learnt_jigs = jigs[::JIGS], [jig for number, jig in enumerate(jigs) if number % JIGS]
    tables = count_tables([*learn, *learnt_jigs])
    config = RhythmConfig(tables, fit_key(learn, learn[:KEY_SONGS], rng), np.zeros(len(NAMES)))
    config = config_from_json(config.to_json())  # as it is rounded in the file
    cases = make_cases(learn[: arguments.songs], config, arguments.seed, jobs)
    jig_cases = make_cases(learnt_jigs, config, arguments.seed + 1, jobs)
    config = replace(config, weights=fit_weights(cases, jig_cases))
    config = replace(config, steady=fit_steady(cases[:STEADY_SONGS], config, arguments.seed, jobs))
    config = config_from_json(config.to_json())
    arguments.out.write_text(config.to_json(), encoding="utf-8")
    for name, songs in {"songs": validation, "slip jigs": validation_jigs}.items():
        print(f"{name} for validation:", report(make_cases(songs, config, arguments.seed, jobs), config))


if __name__ == "__main__":
    main()
