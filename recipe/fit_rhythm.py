"""Learn to find rhythm, metre and key, from folk songs.

    python -m recipe.fit_rhythm singtrans/melody/rhythm.json

The program counts positions in the bar, degrees of the scale and so on in songs of the Essen collection
(`recipe.folk_songs`). It simulates a performance of each song with human timing and the errors of a transcription
(`recipe.performance`), and lists the hypotheses about it. The weights of their features are fitted by conditional
logistic regression. The accuracy on the validation songs is printed.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from recipe.folk_songs import FolkSong, all_songs, split
from recipe.performance import NOISY, Performance, perform
from singtrans.melody.metre_search import LONGEST, METRES
from singtrans.melody.rhythm_config import KeyTables, RhythmConfig, RhythmTables, config_from_json
from singtrans.melody.rhythm_features import INTERVALS, MOST_BARS, NAMES, Melody, figure_starts
from singtrans.melody.rhythm_search import FEWEST, UNKNOWN, Search, melody_of, search_rhythm, steady_features
from singtrans.melody.tempo_curve import SLOTS, TICKS
from singtrans.melody.tonality import key_features
from singtrans.notes import Note

UNUSABLE = -10_000  # position of a note that is between the positions of `SLOTS`
SAME_TEMPO = 0.08  # difference of the logarithms of two tempi that count as one
STEADY_SONGS = 600  # songs that are compared with random onsets
MOST_RIGHT = 0.55  # least share of the notes at the right position in the bar in a right hypothesis
MOST = 4 * SLOTS  # positions in the longest bar
_TICK_SLOTS = ({0: 0, 3: 1, 4: 2, 6: 3, 8: 4, 9: 5}, {0: 0, 2: 1, 4: 2, 6: 3, 8: 4, 10: 5})
_SMOOTH = 0.5  # count that is added to each step
_RARE = {4: 3, 5: 3}  # map from metres that few songs have to similar metres


def song_slots(song: FolkSong) -> tuple[int, np.ndarray]:
    """Return a song's metre as an index in `METRES`, and the positions of its notes, some of which are `UNUSABLE`."""
    metre = [str(metre) for metre in METRES].index(song.metre)
    beat, table = METRES[metre].beat, _TICK_SLOTS[METRES[metre].is_compound]
    found = []
    for note in song.notes:
        ticks = note.start / beat * TICKS
        known = ticks.denominator == 1 and int(ticks) % TICKS in table
        found.append(int(ticks) // TICKS * SLOTS + table[int(ticks) % TICKS] if known else UNUSABLE)
    return metre, np.array(found)


def count_tables(songs: Sequence[FolkSong]) -> RhythmTables:
    """Count the positions in the bar at which notes of each kind start."""
    steps = np.zeros((len(METRES), MOST, LONGEST + 1))
    first, last, start, end, figure = (np.full((len(METRES), MOST), 0.3) for _ in range(5))
    bars = np.full((len(METRES), MOST_BARS), 3.0)
    degree = np.zeros((len(METRES), MOST, 24))
    interval = np.zeros((len(METRES), MOST, INTERVALS))
    for song in songs:
        metre, slots = song_slots(song)
        bar = METRES[metre].beats * SLOTS
        pitches = np.array([note.pitch for note in song.notes])
        melody = Melody(np.zeros(len(pitches)), np.zeros(len(pitches)), pitches, song.tonic, song.minor)
        known = slots > UNUSABLE
        place = slots % bar
        pairs = known[1:] & known[:-1]
        apart = np.clip(np.diff(slots), 0, LONGEST)
        np.add.at(steps, (metre, place[:-1][pairs], apart[pairs]), 1)
        np.add.at(degree, (metre, place[known], melody.degrees[known]), 1)
        np.add.at(interval, (metre, place[1:][known[1:]], melody.intervals[1:][known[1:]]), 1)
        first[metre, place[0]] += 1
        last[metre, place[-1]] += 1
        ends = np.flatnonzero([note.ends_phrase for note in song.notes[:-1]])
        np.add.at(end, (metre, place[ends]), 1)
        np.add.at(start, (metre, place[ends + 1]), 1)
        heads = slots[np.append(0, ends + 1)]
        np.add.at(bars, (metre, np.clip(np.rint(np.diff(heads) / bar), 0, MOST_BARS - 1).astype(int)), 1)
        positions = np.array([float(note.start) for note in song.notes]) / float(METRES[metre].beat)
        np.add.at(figure, (metre, place[figure_starts(pitches, positions)]), 1)
    _fill_rare(steps, first, last, start, end, figure, degree, interval)
    for rare, like in _RARE.items():
        bars[rare] = bars[like]
    return RhythmTables(
        _step_table(steps),
        _beat_steps(steps),
        *(_relative(x) for x in (first, last, start, end, figure)),
        np.log(bars / bars.sum(axis=1, keepdims=True)),
        _ratios(degree),
        _ratios(interval),
    )


def _fill_rare(*tables: np.ndarray) -> None:
    """Fill the counts of rare metres from a similar one: its first beat, and its last beat for all other beats."""
    for table in tables:
        for rare, like in _RARE.items():
            beats, known = METRES[rare].beats, METRES[like].beats
            for beat in range(beats):
                source = 0 if beat == 0 else known - 1
                table[rare, beat * SLOTS : (beat + 1) * SLOTS] = table[like, source * SLOTS : (source + 1) * SLOTS]


def _step_table(counts: np.ndarray) -> np.ndarray:
    """Convert counts to log probabilities, smoothed towards those of the same position in similar beats."""
    found = np.full(counts.shape, np.log(1e-6))
    for metre in range(len(METRES)):
        kin = [m for m in range(len(METRES)) if METRES[m].is_compound == METRES[metre].is_compound]
        for place in range(METRES[metre].beats * SLOTS):
            alike = sum(counts[m, p] for m in kin for p in range(place % SLOTS, METRES[m].beats * SLOTS, SLOTS))
            general = (alike + 0.05) / (alike + 0.05).sum()
            row = counts[metre, place] + 20 * general
            found[metre, place] = np.log(row / row.sum())
    found[:, :, 0] = -25.0
    return found


def _beat_steps(counts: np.ndarray) -> np.ndarray:
    """Convert counts to (2, positions in a beat, steps) log probabilities of any beat in simple and compound metres."""
    found = np.zeros((2, SLOTS, counts.shape[2]))
    for metre, place in np.ndindex(len(METRES), MOST):
        if metre not in _RARE:
            found[int(METRES[metre].is_compound), place % SLOTS] += counts[metre, place]
    found[:, :, 1:] += 0.1
    shares = found / found.sum(axis=2, keepdims=True)
    result: np.ndarray = np.log(np.maximum(shares, 1e-6))
    result[:, :, 0] = -25.0
    return result


def _relative(counts: np.ndarray) -> np.ndarray:
    """Convert (metres, positions) counts to log probabilities relative to a uniform distribution over the positions."""
    bars = np.array([metre.beats * SLOTS for metre in METRES])[:, None]
    shares = np.where(np.arange(MOST) < bars, counts, 0.0)
    shares = shares / shares.sum(axis=1, keepdims=True)
    return np.log(np.maximum(shares, 1e-4) * bars)


def _ratios(counts: np.ndarray) -> np.ndarray:
    """Convert (metres, positions, classes) counts to log probabilities relative to those over all positions."""
    anywhere = counts.sum(axis=1, keepdims=True)
    general = (anywhere + 1) / (anywhere + 1).sum(axis=2, keepdims=True)
    smoothed = counts + 15 * general
    found: np.ndarray = np.log(smoothed / smoothed.sum(axis=2, keepdims=True) / general)
    return found


def count_key_tables(songs: Sequence[FolkSong]) -> KeyTables:
    """Count the degrees of the scale."""
    degrees_, last, first, phrase_end = (np.full((2, 12), 2.0) for _ in range(4))
    steps, ending = np.full((2, 12, 12), 0.3), np.full((2, 12, 12), 0.3)
    for song in songs:
        mode = int(song.minor)
        degrees = np.array([(note.pitch - song.tonic) % 12 for note in song.notes])
        np.add.at(degrees_[mode], degrees, [float(note.length) for note in song.notes])
        last[mode, degrees[-1]] += 1
        first[mode, degrees[0]] += 1
        np.add.at(phrase_end[mode], degrees[[note.ends_phrase for note in song.notes]], 1)
        np.add.at(steps[mode], (degrees[:-1], degrees[1:]), 1)
        ending[mode, degrees[-2], degrees[-1]] += 1
    logs = [np.log(table / table.sum(axis=1, keepdims=True)) for table in (degrees_, last, first, phrase_end)]
    step_logs = np.log(steps / steps.sum(axis=2, keepdims=True))
    end_logs = np.log(ending / ending.sum(axis=(1, 2), keepdims=True))
    return KeyTables(*logs, step_logs, end_logs, np.zeros(7))


def fit_logit(groups: Sequence[tuple[np.ndarray, np.ndarray]], ridge: float = 1.0) -> np.ndarray:
    """Fit (features,) weights so that the right rows of each group get most of the probability.

    Args:
        groups: for each group, (rows, features) and (rows,) whether each row is right; at least one row is.
        ridge: strength of the penalty of large weights, relative to their standard deviation.
    """
    from scipy.optimize import minimize

    values = np.concatenate([rows for rows, _ in groups])
    right = np.concatenate([truth for _, truth in groups])
    bounds = np.cumsum([0, *(len(rows) for rows, _ in groups)])[:-1]
    scale = np.maximum(values.std(axis=0), 1e-6)
    values = values / scale
    sizes = np.diff(np.append(bounds, len(values)))

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        score = values @ weights
        score = score - np.repeat(np.maximum.reduceat(score, bounds), sizes)
        odds = np.exp(score)
        every, good = np.add.reduceat(odds, bounds), np.add.reduceat(odds * right, bounds)
        chance = odds / np.repeat(every, sizes) - odds * right / np.repeat(np.maximum(good, 1e-300), sizes)
        value = -np.log(np.maximum(good, 1e-300) / every).sum() + 0.5 * ridge * weights @ weights
        return float(value), values.T @ chance + ridge * weights

    found = minimize(loss, np.zeros(values.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 400})
    result: np.ndarray = found.x / scale
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Hypotheses about a performance.

    Attributes:
        song: the song.
        performance: the performance.
        search: hypotheses about it.
        right: (hypotheses,) whether metre, tempo and downbeat are right.
    """

    song: FolkSong
    performance: Performance
    search: Search
    right: np.ndarray


def make_case(song: FolkSong, performance: Performance, config: RhythmConfig) -> Case | None:
    """List the hypotheses about a performance, with their features; None if there are none."""
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


def make_cases(songs: Sequence[FolkSong], config: RhythmConfig, rng: np.random.Generator) -> list[Case]:
    """Simulate a performance of each song, and list the hypotheses about it."""
    cases = (make_case(song, perform(song, rng, NOISY), config) for song in songs)
    return [case for case in cases if case]


def fit_key(songs: Sequence[FolkSong], sung: Sequence[FolkSong], rng: np.random.Generator) -> KeyTables:
    """Count the degrees of the scale in songs, and fit the weights of the key's features to some performances."""
    tables = count_key_tables(songs)
    groups = []
    for song in sung:
        melody = melody_of(perform(song, rng, NOISY).notes)
        values = key_features(melody.pitches, melody.offsets - melody.onsets, melody.ends, tables)
        groups.append((values, np.arange(24) == song.tonic + 12 * song.minor))
    return replace(tables, weights=fit_logit(groups))


def fit_steady(cases: Sequence[Case], config: RhythmConfig, rng: np.random.Generator) -> np.ndarray:
    """Fit the weights that distinguish beginnings of songs, of any length, from random onsets."""
    rows = []
    for case in cases:
        count = int(rng.integers(FEWEST, 80))
        sung = case.performance.notes[:count]
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
    # There are two hypotheses about each: one with a beat and these features, and one without a beat and with zeros.
    groups = [(np.array([values, np.zeros(6)]), np.array([truth, 1 - truth])) for values, truth in rows]
    return fit_logit(groups)


def report(cases: Sequence[Case], config: RhythmConfig) -> str:
    """Describe how often the best hypothesis is right."""
    found = []
    for case in cases:
        search = case.search
        best = int((search.values @ config.weights).argmax())
        tempo = 60 / search.curves[search.found.curve[best]].period
        ratio = abs(np.log2(tempo / case.performance.tempo))
        metre = str(METRES[search.found.metre[best]]) == case.song.metre
        found.append(
            (metre, ratio < 0.1, abs(ratio - round(ratio)) < 0.1, bool(case.right[best]), bool(case.right.any()))
        )
    names = ("metre", "tempo", "tempo or its double or half", "all with the downbeat", "among the hypotheses")
    shares = np.array(found).mean(axis=0)
    return "; ".join(f"{name} {share:.3f}" for name, share in zip(names, shares, strict=True))


def main() -> None:
    """Fit tables and weights to the songs, and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--songs", type=int, default=3000, help="number of performances for fitting the weights")
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    learn, validation, _ = split(all_songs())
    learn = [learn[index] for index in rng.permutation(len(learn))]
    config = RhythmConfig(count_tables(learn), fit_key(learn, learn[: arguments.songs], rng), np.zeros(len(NAMES)))
    config = config_from_json(config.to_json())  # as it is rounded in the file
    cases = make_cases(learn[: arguments.songs], config, rng)
    weights = fit_logit([(case.search.values, case.right) for case in cases if case.right.any()])
    config = replace(config, weights=weights)
    config = replace(config, steady=fit_steady(cases[:STEADY_SONGS], config, rng))
    arguments.out.write_text(config.to_json(), encoding="utf-8")
    print("songs learnt from:", report(cases, config))
    print("songs for validation:", report(make_cases(validation, config, rng), config))


if __name__ == "__main__":
    main()
