"""Tables of positions in the bar and of degrees of the scale, counted in folk songs."""

from collections.abc import Sequence

import numpy as np

from recipe.folk_songs import FolkSong
from singtrans.melody.metre_search import LONGEST, METRES
from singtrans.melody.rhythm_config import KeyTables, RhythmTables
from singtrans.melody.rhythm_features import INTERVALS, MOST_BARS, Melody, figure_starts, repeat_starts
from singtrans.melody.tempo_curve import SLOTS, TICKS

UNUSABLE = -10_000
"""Value for the position of a note that is not at one of the `SLOTS` positions in a beat."""

_MOST = 4 * SLOTS  # positions in the longest bar
_TICK_SLOTS = ({0: 0, 3: 1, 4: 2, 6: 3, 8: 4, 9: 5}, {0: 0, 2: 1, 4: 2, 6: 3, 8: 4, 10: 5})
_RARE = {5: 3}  # map from metres that few songs have to similar metres
_PICKUP_SHARE = 0.5  # of the songs of a metre


def pickup_weights(songs: Sequence[FolkSong]) -> np.ndarray:
    """Return (songs,) weights; in each metre, songs with a pickup have half of the total weight.

    Without weights, the share of songs with a pickup would depend on the collection: it is 0.79 for 4/4 in the Essen
    collection.
    """
    metres = np.array([song.metre for song in songs])
    has_pickup = np.array([song.notes[0].start < 0 for song in songs])
    weights = np.ones(len(songs))
    for metre in set(metres.tolist()):
        inside = metres == metre
        share = has_pickup[inside].mean()
        if 0 < share < 1:
            found = np.where(has_pickup[inside], _PICKUP_SHARE / share, (1 - _PICKUP_SHARE) / (1 - share))
            weights[inside] = found
    return weights


def song_slots(song: FolkSong) -> tuple[int, np.ndarray]:
    """Return a song's metre as an index in `METRES`, and the positions of its notes; some positions are `UNUSABLE`."""
    metre = [str(metre) for metre in METRES].index(song.metre)
    beat, table = METRES[metre].beat, _TICK_SLOTS[METRES[metre].is_compound]
    found = []
    for note in song.notes:
        ticks = note.start / beat * TICKS
        known = ticks.denominator == 1 and int(ticks) % TICKS in table
        found.append(int(ticks) // TICKS * SLOTS + table[int(ticks) % TICKS] if known else UNUSABLE)
    return metre, np.array(found)


def count_tables(songs: Sequence[FolkSong]) -> RhythmTables:
    """Count the positions in the bar at which notes of each kind start; songs have the weights of `pickup_weights`."""
    steps = np.zeros((len(METRES), _MOST, LONGEST + 1))
    first, last, start, end, figure, repeat = (np.full((len(METRES), _MOST), 0.3) for _ in range(6))
    bars = np.full((len(METRES), MOST_BARS), 3.0)
    degree = np.zeros((len(METRES), _MOST, 24))
    interval = np.zeros((len(METRES), _MOST, INTERVALS))
    for song, weight in zip(songs, pickup_weights(songs).tolist(), strict=True):
        metre, slots = song_slots(song)
        bar = METRES[metre].beats * SLOTS
        pitches = np.array([note.pitch for note in song.notes])
        melody = Melody(np.zeros(len(pitches)), np.zeros(len(pitches)), pitches, song.tonic, song.minor)
        known = slots > UNUSABLE
        place = slots % bar
        pairs = known[1:] & known[:-1]
        apart = np.clip(np.diff(slots), 0, LONGEST)
        np.add.at(steps, (metre, place[:-1][pairs], apart[pairs]), weight)
        np.add.at(degree, (metre, place[known], melody.degrees[known]), weight)
        np.add.at(interval, (metre, place[1:][known[1:]], melody.intervals[1:][known[1:]]), weight)
        first[metre, place[0]] += weight
        last[metre, place[-1]] += weight
        ends = np.flatnonzero([note.ends_phrase for note in song.notes[:-1]])
        np.add.at(end, (metre, place[ends]), weight)
        np.add.at(start, (metre, place[ends + 1]), weight)
        heads = slots[np.append(0, ends + 1)]
        np.add.at(bars, (metre, np.clip(np.rint(np.diff(heads) / bar), 0, MOST_BARS - 1).astype(int)), weight)
        positions = np.array([float(note.start) for note in song.notes]) / float(METRES[metre].beat)
        np.add.at(figure, (metre, place[figure_starts(pitches, positions)]), weight)
        np.add.at(repeat, (metre, place[repeat_starts(pitches, positions)]), weight)
    _fill_rare(steps, first, last, start, end, figure, repeat, degree, interval)
    for rare, like in _RARE.items():
        bars[rare] = bars[like]
    return RhythmTables(
        _step_table(steps),
        _beat_steps(steps),
        *(_relative(x) for x in (first, last, start, end, figure, repeat)),
        np.log(bars / bars.sum(axis=1, keepdims=True)),
        _ratios(degree),
        _ratios(interval),
    )


def _fill_rare(*tables: np.ndarray) -> None:
    """Copy the counts of each rare metre from a similar metre.

    The counts of the first beat are copied from the first beat of the similar metre. The counts of every other beat are
    copied from its last beat.
    """
    for table in tables:
        for rare, like in _RARE.items():
            beats, known = METRES[rare].beats, METRES[like].beats
            for beat in range(beats):
                source = 0 if beat == 0 else known - 1
                table[rare, beat * SLOTS : (beat + 1) * SLOTS] = table[like, source * SLOTS : (source + 1) * SLOTS]


def _step_table(counts: np.ndarray) -> np.ndarray:
    """Convert counts to log probabilities, smoothed with the counts in similar metres.

    For each position, these are the counts at the same position in every beat of all metres of the same kind (simple or
    compound).
    """
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
    """Convert counts to (2, positions in a beat, steps) log probabilities for all simple and all compound metres."""
    found = np.zeros((2, SLOTS, counts.shape[2]))
    for metre, place in np.ndindex(len(METRES), _MOST):
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
    shares = np.where(np.arange(_MOST) < bars, counts, 0.0)
    shares = shares / shares.sum(axis=1, keepdims=True)
    return np.log(np.maximum(shares, 1e-4) * bars)


def _ratios(counts: np.ndarray) -> np.ndarray:
    """Convert (metres, positions, classes) counts to log ratios of the probabilities at a position and overall."""
    anywhere = counts.sum(axis=1, keepdims=True)
    general = (anywhere + 1) / (anywhere + 1).sum(axis=2, keepdims=True)
    smoothed = counts + 15 * general
    found: np.ndarray = np.log(smoothed / smoothed.sum(axis=2, keepdims=True) / general)
    return found


def count_key_tables(songs: Sequence[FolkSong]) -> KeyTables:
    """Count the degrees of the scale in songs, and return their log probabilities."""
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
