"""The rhythm of sung notes: tempo, metre, downbeat, pickup and note values, found by one search.

Beats are tracked at several tempi (`beat_tracking`). Each combination of tracked beats, metre and downbeat is a
hypothesis, for which the positions of all notes are found (`metre_search`). The log odds of a hypothesis are a linear
combination of its features (`rhythm_features`), with weights that were learnt from folk songs. The most likely rhythm
is chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from singtrans.melody.beat_tracking import track_beats
from singtrans.melody.metre import Metre
from singtrans.melody.metre_search import METRES, Alignments, Hypotheses, align, hypotheses
from singtrans.melody.rhythm import Rhythm, RhythmConfidence, make_rhythm
from singtrans.melody.rhythm_config import RhythmConfig, default_config
from singtrans.melody.rhythm_features import Melody, features
from singtrans.melody.tempo_curve import (
    BAND_RATIOS,
    SLOTS,
    TICKS,
    TempoCurve,
    find_pulses,
    related,
    smoothed,
    ticks_of,
)
from singtrans.melody.tonality import key_probabilities
from singtrans.notes import LONGEST_SONG, Note

FEWEST = 6
"""Smallest number of notes from which a rhythm can be found."""

_VALUES = ("onset", "offset", "note")
_MOST = 400  # notes at the start from which metre and tempo are found
_SAME_TEMPO = 0.06  # difference of the logarithms of two tempi that count as one
_CANDIDATES = 12  # hypotheses whose equals are added up
_CONTRADICTION = 60.0  # penalty per beat between a hypothesis and the stated pickup or downbeat

_OTHER_LEVEL = 2.0  # penalty for each octave between the tempo and the pulse of the instruments


@dataclass(frozen=True, slots=True)
class RhythmRequest:
    """Parts of a rhythm that are known before the search.

    Attributes:
        metre: metre; None to find it.
        tempo: beats of the metre per minute; None to find it.
        pickup: beats before the first bar line; 0 if the first note begins a bar; None to find it.
        downbeat: time in seconds of a note that begins a bar; None to find it.
        pulse: tempo of the instruments in beats per minute; None if unknown. The tempo of the melody is expected to be
            this tempo, or a simple multiple or fraction of this tempo.
    """

    metre: Metre | None = None
    tempo: float | None = None
    pickup: Fraction | None = None
    downbeat: float | None = None
    pulse: float | None = None


UNKNOWN = RhythmRequest()
"""Request in which no part of the rhythm is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """Hypotheses about the rhythm of a melody, and their features.

    Attributes:
        melody: the melody.
        curves: tracked beats.
        found: hypotheses.
        aligned: positions of the notes under each hypothesis.
        values: (hypotheses, features) values of the features.
    """

    melody: Melody
    curves: Sequence[TempoCurve]
    found: Hypotheses
    aligned: Alignments
    values: np.ndarray


def find_rhythm(
    notes: Sequence[Note], request: RhythmRequest = UNKNOWN, config: RhythmConfig | None = None
) -> Rhythm | None:
    """Find the rhythm of sung notes.

    Args:
        notes: notes in time order, without overlaps.
        request: parts of the rhythm that are known.
        config: tables and weights; None for the configuration that comes with the package.

    Returns:
        The most likely rhythm; None if there are fewer than `FEWEST` notes, if they last longer than `LONGEST_SONG`, or
        if there are no hypotheses.
    """
    if len(notes) < FEWEST or notes[-1].onset > LONGEST_SONG:
        return None
    config = config or default_config()
    search = search_rhythm(notes[:_MOST], request, config)
    if search is None:
        return None
    scores = search.values @ config.weights + _preference(search, request)
    return _rhythm(notes, search, request, scores, config)


def search_rhythm(notes: Sequence[Note], request: RhythmRequest, config: RhythmConfig) -> Search | None:
    """List the hypotheses about the rhythm of sung notes, with their features; return None if there are none."""
    melody = melody_of(notes)
    onsets, offsets = melody.onsets, melody.offsets
    key = int(key_probabilities(melody.pitches, offsets - onsets, melody.ends, config.keys).argmax())
    melody = replace(melody, tonic=key % 12, minor=key >= 12)
    known = _known_metre(request.metre)
    kinds = [0, 1] if known is None else [int(METRES[known].is_compound)]
    tracks = [(period, kind) for kind in kinds for period in _periods(onsets, offsets, request, kind)]
    curves = track_beats(onsets, offsets, tracks, config.tables.beat_steps)
    found = hypotheses(curves, range(len(METRES)) if known is None else [known], any_tempo=bool(request.tempo))
    if not len(found):
        return None
    aligned = align(curves, found, config.tables.steps)
    return Search(melody, curves, found, aligned, features(melody, curves, found, aligned, config.tables))


def _periods(onsets: np.ndarray, offsets: np.ndarray, request: RhythmRequest, compound: int) -> list[float]:
    """List the beat lengths, in seconds, near which beats are tracked."""
    if request.tempo:
        return [60 / request.tempo]
    if request.pulse:
        return related([60 / request.pulse], BAND_RATIOS[compound])
    return related(find_pulses(onsets, offsets))


def most_likely(search: Search, scores: np.ndarray) -> int:
    """Return the index of the most likely hypothesis.

    Tracks of similar tempi often lead to the same rhythm, so the probabilities of equal rhythms are added.

    Args:
        search: hypotheses about a melody.
        scores: (hypotheses,) log odds.
    """
    odds = _odds(scores)
    best = np.argsort(-scores, kind="stable")[:_CANDIDATES]
    return int(best[int(np.argmax([odds[_same_rhythm(search, index)].sum() for index in best]))])


def _same_rhythm(search: Search, index: int) -> np.ndarray:
    """Return (hypotheses,) booleans: whether tempo, metre and downbeat agree with the hypothesis at ``index``."""
    found, slots = search.found, search.aligned.slots
    apart = (slots - slots[:, [index]]) % found.bar[index]
    return _same_tempo(search, index) & (found.metre == found.metre[index]) & ((apart == 0).mean(axis=0) > 0.5)


def _same_tempo(search: Search, index: int) -> np.ndarray:
    """Return (hypotheses,) booleans: whether the tempo agrees with the hypothesis at ``index``."""
    tempi = np.log([curve.period for curve in search.curves])[search.found.curve]
    same: np.ndarray = np.abs(tempi - tempi[index]) < _SAME_TEMPO
    return same


def melody_of(notes: Sequence[Note]) -> Melody:
    """Convert notes to a melody. Its key is not estimated, but set to C major."""
    onsets, offsets, pitches = (np.array([getattr(note, name) for note in notes]) for name in _VALUES)
    return Melody(onsets, offsets, pitches, 0, False)


def steady_features(search: Search, config: RhythmConfig) -> np.ndarray:
    """Compute features that distinguish a rhythm from random onsets.

    Log likelihoods are means over the hypotheses, weighted by the probabilities of the hypotheses.

    Returns:
        (6,) features. The first three are 1, the log likelihood of the positions divided by the number of notes, and
        the log likelihood of the onset times divided by the number of notes. The others are the products of these three
        with the square root of the number of notes.
    """
    odds, count = _odds(search.values @ config.weights), len(search.melody.onsets)
    values = np.array([1.0, odds @ search.aligned.likelihood / count, odds @ search.aligned.timing / count])
    return np.append(values, values * np.sqrt(count))


def _odds(scores: np.ndarray) -> np.ndarray:
    """Convert (hypotheses,) log odds to probabilities."""
    odds = np.exp(scores - scores.max())
    return np.asarray(odds / odds.sum())


def _known_metre(metre: Metre | None) -> int | None:
    """Return the index in `METRES` of a metre with the same number and kind of beats, or of 4/4 if there is none."""
    if metre is None:
        return None
    alike = [index for index, known in enumerate(METRES) if _kind(known) == _kind(metre)]
    return alike[0] if alike else METRES.index(Metre(4, 4))


def _kind(metre: Metre) -> tuple[int, bool]:
    return metre.beats, metre.is_compound


def _preference(search: Search, request: RhythmRequest) -> np.ndarray:
    """Return (hypotheses,) penalties for contradicting the known pickup, downbeat or pulse; penalties are negative."""
    found, slots = search.found, search.aligned.slots
    bar = found.bar / SLOTS
    penalty = np.zeros(len(found))
    stated = []
    if request.pickup is not None:
        stated.append((0, float(request.pickup)))
    if request.downbeat is not None:
        stated.append((int(np.abs(search.melody.onsets - request.downbeat).argmin()), 0.0))
    for note, beats in stated:
        away = (ticks_of(slots[note], found.is_compound) / TICKS + beats) % bar
        penalty -= _CONTRADICTION * np.minimum(away, bar - away)
    if request.pulse is not None and request.tempo is None:
        beats_per_minute = 60 / np.array([curve.period for curve in search.curves])[found.curve]
        penalty -= _OTHER_LEVEL * np.abs(np.log2(beats_per_minute / request.pulse))
    return penalty


def _steadiness(search: Search, config: RhythmConfig) -> float:
    """Return the probability that the onsets follow a beat, instead of being random."""
    score = float(config.steady @ steady_features(search, config))
    return float(1 / (1 + np.exp(-np.clip(score, -30, 30))))


def _rhythm(
    notes: Sequence[Note], search: Search, request: RhythmRequest, scores: np.ndarray, config: RhythmConfig
) -> Rhythm:
    """Make the rhythm of the most likely hypothesis."""
    found, best = search.found, most_likely(search, scores)
    curve, slots = search.curves[found.curve[best]], search.aligned.slots[:, best]
    metre = request.metre or METRES[found.metre[best]]
    onsets, offsets = (np.array([getattr(note, name) for note in notes]) for name in _VALUES[:2])
    if len(notes) > len(slots):  # notes after the first `_MOST`
        (curve,) = track_beats(onsets, offsets, [(curve.period, curve.compound)], config.tables.beat_steps)
        chosen = replace(found.take(np.array([best])), curve=np.array([0]))
        slots = align([curve], chosen, config.tables.steps).slots[:, 0]
    starts = _ascending(ticks_of(slots, curve.compound))
    bar = TICKS * metre.beats
    if _kind(metre) != _kind(METRES[found.metre[best]]):  # a metre without tables
        starts = starts - TICKS * _downbeat(starts, onsets, metre.beats)
    starts = starts - bar * (starts[0] // bar)
    curve = smoothed(onsets, offsets, starts / TICKS, curve.period)
    ends = _ends(starts, offsets - onsets, curve.periods)
    confidence = _confidence(search, request, scores, _steadiness(search, config))
    return make_rhythm(metre, starts * metre.beat / TICKS, ends * metre.beat / TICKS, curve.times, onsets, confidence)


def _ascending(starts: np.ndarray) -> np.ndarray:
    """Move notes that share a position, so that each note starts at least one tick after the previous one."""
    order = np.arange(len(starts))
    return np.maximum.accumulate(starts - order) + order


def _ends(starts: np.ndarray, lengths: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """Return (notes,) ends in ticks.

    The length of a note is rounded up to whole beats. The note ends after this length, or at the start of the next
    note if that is earlier.
    """
    sung = starts + np.ceil(lengths / periods) * TICKS
    return np.append(np.minimum(starts[1:], sung[:-1]), sung[-1]).astype(int)


def _downbeat(starts: np.ndarray, onsets: np.ndarray, beats: int) -> int:
    """Choose the beat of a bar for which the notes that start on it have the largest total length."""
    on_beat = starts % TICKS == 0
    lengths = np.append(np.diff(onsets), 1.0).clip(0.0, 2.0)
    sums = np.bincount(starts[on_beat] // TICKS % beats, lengths[on_beat], minlength=beats)
    return int(sums.argmax())


def _confidence(search: Search, request: RhythmRequest, scores: np.ndarray, steady: float) -> RhythmConfidence:
    """For each part of the rhythm, add the probabilities of the hypotheses in which it is as in the best hypothesis."""
    odds, best = _odds(scores), most_likely(search, scores)
    metre = search.found.metre == search.found.metre[best]
    respects = (_same_tempo(search, best), metre, _same_rhythm(search, best))
    shares = [float(odds[agree].sum()) for agree in respects]
    if request.tempo is not None:
        steady, shares[0] = 1.0, 1.0
    elif request.pulse is not None:
        steady = 1.0
    return RhythmConfidence(steady, *(min(1.0, steady * share) for share in shares))
