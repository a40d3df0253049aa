"""Tune the decoder's costs on validation recordings, and write a model with the tuned costs.

    python -m recipe.tune_decoder DATA MODEL OUT.safetensors [--cache FOLDER] [--rounds N] [--processes N]

This is a coordinate search over `DecoderConfig`: every cost is lowered and raised in turn, and each change that raises
the target is kept, until no change raises the target. The target is the mean of one value per data set:

- The value of RAVDESS is the mean of two figures: the share of clips with the right number of notes, and one minus the
  note error rate. Only every sixth clip is used.
- The value of each other set is the mean of COn, COff, COnP and COnPOff, each of which is a mean over files. These sets
  are the validation splits of SSVD and PJS, the UTAU voices that are not used for training, the sung words, and the
  synthetic melodies of `recipe.validation_sets.synthetic_recordings`. The constant error of SSVD's pitch labels is
  subtracted from the labels.
"""

import argparse
import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from recipe.manifest import UTAU_VALID
from recipe.posterior_cache import Kept, PosteriorCache, default_processes
from recipe.validation_sets import SSVD_SHARP, Recording, recordings, synthetic_recordings
from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.decoder import decode
from singtrans.formats import load_notes
from singtrans.model.config import Config
from singtrans.model.model_file import change_config, read_metadata
from singtrans.notes import Note
from singtrans.scoring.metrics import f_measures, score_notes, shift_hz
from singtrans.scoring.sequences import score_sequence

EVERY = 6
"""Only every sixth clip of RAVDESS is used, because its 12 actors sing the same tune."""

MOVES = {
    "note_cost": (-0.5, 0.5),
    "legato_cost": (-0.5, 0.5),
    "onset_weight": (0.8, 1.25),
    "offset_weight": (0.8, 1.25),
    "activity_weight": (0.7, 1.4),
    "pitch_weight": (0.7, 1.4),
    "ornament_cost": (-1.0, 1.0),
    "longest_ornament": (-0.04, 0.04),
    "pitch_tolerance": (0.8, 1.25),
    "shortest_note": (-0.02, 0.02),
    "edge": (-0.05, 0.05),
    "ornament_weight": (0.7, 1.4),
    "syllable_weight": (-0.15, 0.15),
    "ornament_fit": (0.8, 1.2),
    "ornament_below": (-0.5, 0.5),
    "ornament_above": (-0.5, 0.5),
    "pitch_floor": (0.6, 1.6),
    "decision_floor": (0.4, 2.5),
}
"""Two changes of each cost, down and up. They are added to costs in `ADDED`; other costs are multiplied by them."""

ADDED = frozenset(name for name, moves in MOVES.items() if moves[0] < 0.0)
WITHIN = {"shortest_note": (0.04, 0.16), "edge": (0.0, 0.4), "longest_ornament": (0.0, 0.36)}
START = {
    "longest_nasal": 0.25,
    "shortest_turn": 0.15,
    "syllable_peak": 0.3,
    "shortest_syllable": 0.25,
    "longest_ornament": 0.16,
    "note_cost": 1.5,
    "onset_weight": 1.56,
    "offset_weight": 1.0,
    "pitch_weight": 0.32,
}
"""Initial costs for a model whose decoder does not find ornaments yet; they were tuned for a similar model."""

GAIN = 0.0005
"""Smallest improvement that is kept; a smaller one can be due to a few notes."""


@dataclasses.dataclass(frozen=True, eq=False)
class Item:
    """A recording for tuning.

    Attributes:
        recording: recording with its labels.
        kept: cached posteriors of the recording.
        notes: true notes, if known.
    """

    recording: Recording
    kept: Kept
    notes: tuple[Note, ...] | None

    @property
    def source(self) -> str:
        """Name of the data set."""
        return self.recording.source

    def figures(self, config: DecoderConfig) -> list[float]:
        """Compute the recording's figures, from which the target is computed."""
        found = decode(self.kept.posteriors, config, self.kept.duration)
        if self.notes is not None:
            return list(f_measures(score_notes(self.notes, found)).values())
        score = score_sequence(self.recording.semitones or (), [note.pitch for note in found])
        return [float(score.right_count), 1.0 - score.errors / score.count]


def items(found: Sequence[Recording], cache: PosteriorCache) -> list[Item]:
    """Make the items for tuning: recordings with their posteriors and true notes."""
    read = []
    for recording in found:
        notes = load_notes(recording.notes, name=recording.id) if recording.notes else None
        if notes is not None and recording.source == "ssvd":
            notes = shift_hz(notes, -SSVD_SHARP)
        read.append(Item(recording, cache(recording), notes))
    return read


def chosen(found: Sequence[Recording]) -> list[Recording]:
    """Select the validation recordings for tuning."""
    clips = [recording for recording in found if recording.source == "ravdess"][::EVERY]
    parts = {"ssvd": {"valid"}, "pjs": {"valid"}, "utau": UTAU_VALID, "words": {""}}
    return [*(r for r in found if r.notes and r.part in parts[r.source]), *clips]


class Tuner:
    """Computation of the target in several processes, each of which decodes a part of the recordings.

    Args:
        pools: pools of one process each; `tuner` assigns recordings to the processes.
    """

    def __init__(self, pools: Sequence[ProcessPoolExecutor]) -> None:
        self._pools = pools

    def figures(self, config: DecoderConfig) -> dict[str, np.ndarray]:
        """Compute the figures of each data set as means over files."""
        rows: dict[str, list[list[float]]] = defaultdict(list)
        for future in [pool.submit(_figures, config) for pool in self._pools]:
            for source, values in future.result():
                rows[source].append(values)
        return {source: np.mean(values, axis=0) for source, values in sorted(rows.items())}

    def target(self, config: DecoderConfig) -> float:
        """Compute the target: the mean of the figures of each data set, averaged over the data sets."""
        return float(np.mean([figures.mean() for figures in self.figures(config).values()]))


@contextmanager
def tuner(model: Path, folder: Path, found: Sequence[Recording], processes: int) -> Iterator[Tuner]:
    """Yield a `Tuner`; its processes end when the context is left."""
    PosteriorCache(folder, model).fill(list(found), processes)
    pools = [
        ProcessPoolExecutor(1, initializer=_start, initargs=(model, folder, found[i::processes]))
        for i in range(processes)
    ]
    try:
        yield Tuner(pools)
    finally:
        for pool in pools:
            pool.shutdown(cancel_futures=True)


_items: list[Item] = []  # recordings of this process


def _start(model: Path, folder: Path, found: Sequence[Recording]) -> None:
    _items[:] = items(found, PosteriorCache(folder, model))


def _figures(config: DecoderConfig) -> list[tuple[str, list[float]]]:
    return [(item.source, item.figures(config)) for item in _items]


def moved(config: DecoderConfig, name: str, move: float) -> DecoderConfig | None:
    """Change one cost of a configuration; return None if the result is out of range."""
    value = getattr(config, name) + move if name in ADDED else getattr(config, name) * move
    lowest, highest = WITHIN.get(name, (-np.inf, np.inf))
    if not lowest <= round(value, 5) <= highest:
        return None
    try:
        return dataclasses.replace(config, **{name: round(value, 5)})
    except ValueError:
        return None


def search(target: Tuner, config: DecoderConfig, rounds: int) -> DecoderConfig:
    """Find the best configuration by changing single costs.

    Args:
        target: object that computes the target.
        config: initial configuration.
        rounds: largest number of rounds, in each of which all changes are tried.
    """
    best = target.target(config)
    for _ in range(rounds):
        improved = False
        for name, moves in MOVES.items():
            for move in moves:
                tried = moved(config, name, move)
                if tried is None or (score := target.target(tried)) <= best + GAIN:
                    continue
                config, best, improved = tried, score, True
                print(f"{best:.4f} {name} {getattr(config, name):.5g}", flush=True)
                break
        if not improved:
            break
    return config


def arguments() -> argparse.Namespace:
    """Parse the options of the command line."""
    parser = argparse.ArgumentParser(description="Tune the decoder's costs on validation recordings.")
    parser.add_argument("data", type=Path, help="folder of the sets")
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("cache/posteriors"), help="folder for posteriors")
    parser.add_argument("--rounds", type=int, default=10, help="largest number of rounds")
    parser.add_argument("--processes", type=int, default=default_processes())
    return parser.parse_args()


def main() -> None:
    """Tune the costs, print the scores, and write the model."""
    options = arguments()
    config = Config.from_json(read_metadata(options.model)["config"], str(options.model))
    decoder = config.decoder
    if not decoder.longest_ornament:
        decoder = dataclasses.replace(decoder, **START)
    found = [*chosen(recordings(options.data)), *synthetic_recordings(options.cache / "melodies")]
    with tuner(options.model, options.cache, found, options.processes) as target:
        print("before", {k: v.round(4).tolist() for k, v in target.figures(config.decoder).items()}, flush=True)
        tuned = search(target, decoder, options.rounds)
        print("after", {k: v.round(4).tolist() for k, v in target.figures(tuned).items()})
    change_config(options.model, options.out, dataclasses.replace(config, decoder=tuned))


if __name__ == "__main__":
    main()
