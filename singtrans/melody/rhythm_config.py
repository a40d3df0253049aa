"""Tables and weights for estimating rhythm and key, computed from songs."""

import json
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources

import numpy as np

_FILE = "rhythm.json"
_DECIMALS = 2


@dataclass(frozen=True, slots=True, eq=False)
class RhythmTables:
    """Log probabilities of the positions of notes in the bar, counted in songs.

    The first axis is the metre, and the second is the position in the bar. For first and last notes, and for starts and
    ends, the probabilities are divided by those of a uniform distribution over the positions. In `degree` and
    `interval`, they are divided by the probabilities of the same degrees or intervals over all positions.

    Attributes:
        steps: (metres, positions, steps) step from each position to the position of the next note.
        beat_steps: (2, positions in a beat, steps) step from each position in a beat; one table for all simple metres,
            and one for all compound metres.
        first, last: (metres, positions) position of the first and of the last note.
        phrase_start, phrase_end: (metres, positions) position of the first and of the last note of a phrase.
        figure_start: (metres, positions) position of the first note of a figure that recurs.
        repeat_start: (metres, positions) position of the first note of a passage that is sung twice in succession.
        phrase_bars: (metres, bars) length of a phrase in whole bars.
        degree: (metres, positions, 24) scale degree at each position: 12 degrees in major keys, then 12 in minor keys.
        interval: (metres, positions, classes) interval from the previous note at each position.
    """

    steps: np.ndarray
    beat_steps: np.ndarray
    first: np.ndarray
    last: np.ndarray
    phrase_start: np.ndarray
    phrase_end: np.ndarray
    figure_start: np.ndarray
    repeat_start: np.ndarray
    phrase_bars: np.ndarray
    degree: np.ndarray
    interval: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class KeyTables:
    """Log probabilities of scale degrees (semitones above the tonic), counted in songs, and weights of these tables.

    The first axis of each table is the mode: major, then minor.

    Attributes:
        degrees: (2, 12) degree of a note; notes are weighted by their lengths.
        last: (2, 12) degree of the last note.
        first: (2, 12) degree of the first note.
        phrase_end: (2, 12) degree of the last note of a phrase.
        steps: (2, 12, 12) degree of a note (last axis), given the degree of the previous note.
        ending: (2, 12, 12) degrees of the last two notes.
        weights: (7,) weights of the six tables above, in this order, and of the minor mode.
    """

    degrees: np.ndarray
    last: np.ndarray
    first: np.ndarray
    phrase_end: np.ndarray
    steps: np.ndarray
    ending: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class RhythmConfig:
    """Fitted tables and weights for estimating rhythm and key.

    Attributes:
        tables: tables for the rhythm.
        keys: tables for the key.
        weights: (features,) weight of each feature of a hypothesis, in the order of `rhythm_features.NAMES`.
        steady: (6,) weights of the features that distinguish a rhythm from random onsets, in the order of
            `rhythm_search.steady_features`.
    """

    tables: RhythmTables
    keys: KeyTables
    weights: np.ndarray
    steady: np.ndarray = field(default_factory=lambda: np.zeros(6))

    def to_json(self) -> str:
        """Convert to JSON, with the tables rounded to two decimals."""
        content = {
            "tables": {name: _rounded(table) for name, table in _items(self.tables)},
            "keys": {name: _rounded(table) for name, table in _items(self.keys)},
            "weights": np.round(self.weights, 5).tolist(),
            "steady": np.round(self.steady, 5).tolist(),
        }
        return json.dumps(content, separators=(",", ":")) + "\n"


def _items(tables: RhythmTables | KeyTables) -> list[tuple[str, np.ndarray]]:
    return [(item.name, getattr(tables, item.name)) for item in fields(tables)]


def _rounded(table: np.ndarray) -> object:
    return np.round(table, _DECIMALS).tolist()


def config_from_json(text: str) -> RhythmConfig:
    """Convert the result of `RhythmConfig.to_json` to a configuration."""
    content = json.loads(text)
    tables = RhythmTables(**{name: np.array(table) for name, table in content["tables"].items()})
    keys = KeyTables(**{name: np.array(table) for name, table in content["keys"].items()})
    return RhythmConfig(tables, keys, np.array(content["weights"]), np.array(content["steady"]))


@cache
def default_config() -> RhythmConfig:
    """Return the configuration that comes with the package."""
    return config_from_json(resources.files("singtrans.melody").joinpath(_FILE).read_text(encoding="utf-8"))
