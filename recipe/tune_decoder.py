"""Tune the decoder's costs on validation recordings and write a model that carries them.

    python -m recipe.tune_decoder manifest.csv MODEL OUT.safetensors [SOURCE=HZ ...] [--left-out SOURCE=MODEL ...]

A coordinate search over `DecoderConfig`: every cost is moved up and down in turn, and a move that raises the
target is kept, until none does. The target is the mean over data sets of COn + COff + COnP + COnPOff (mean over
files). SOURCE=HZ adds a constant to a data set's pitch labels, for those known to be sharp.

``--left-out`` has a model that has heard nothing of a data set listen to all of it but its test part, as a data set of
its own: costs that suit voices and labels which were learnt from need not suit others.
"""

import argparse
import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.arguments import manifest, source_and_hz, source_and_word
from singtrans import audio
from singtrans.dataset.manifest import Entry
from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.decoder import Posteriors, decode
from singtrans.formats import load_notes
from singtrans.model.config import Config
from singtrans.model.weights import load_model, read_metadata, save_model
from singtrans.notes import Note
from singtrans.scoring.metrics import mean_scores, score_notes, shift_hz
from singtrans.transcriber import Transcriber

MOVES = {
    "onset_weight": (0.8, 1.25),
    "offset_weight": (0.8, 1.25),
    "activity_weight": (0.7, 1.4),
    "pitch_weight": (0.7, 1.4),
    "note_cost": (-0.5, 0.5),
    "legato_cost": (-0.5, 0.5),
    "pitch_tolerance": (0.8, 1.25),
    "pitch_floor": (0.6, 1.6),
    "shortest_note": (-0.02, 0.02),
    "edge": (-0.05, 0.05),
    "decision_floor": (0.4, 2.5),
}
ADDED = {"note_cost", "legato_cost", "shortest_note", "edge"}  # the others are multiplied

Item = tuple[Posteriors, float, tuple[Note, ...]]


def listen(entries: Iterable[Entry], model: Path, shifts: dict[str, float]) -> dict[str, list[Item]]:
    """Posteriors, duration and true notes of recordings with notes, by data set."""
    transcriber = Transcriber(model, "cpu")
    rate = transcriber.model.config.features.sample_rate
    found: dict[str, list[Item]] = defaultdict(list)
    for entry in entries:
        if entry.notes:
            samples = audio.load(entry.audio, rate)
            notes = shift_hz(load_notes(entry.notes, name=entry.name), shifts.get(entry.source, 0.0))
            found[entry.source].append((transcriber.posteriors(samples), len(samples) / rate, notes))
    return found


def figures(items: dict[str, list[Item]], config: DecoderConfig) -> dict[str, np.ndarray]:
    """COn, COff, COnP, COnPOff of each data set, means over files."""
    result = {}
    for source, recordings in items.items():
        mean = mean_scores([score_notes(true, decode(p, config, d)) for p, d, true in recordings])
        result[source] = np.array([s.f_measure for s in (mean.con, mean.coff, mean.conp, mean.conpoff)])
    return result


def target(items: dict[str, list[Item]], config: DecoderConfig) -> float:
    """What is raised."""
    return float(np.mean([f.sum() for f in figures(items, config).values()]))


def search(items: dict[str, list[Item]], config: DecoderConfig) -> DecoderConfig:
    """The best configuration that single moves reach."""
    best, improved = target(items, config), True
    while improved:
        improved = False
        for name, moves in MOVES.items():
            for move in moves:
                value = getattr(config, name) + move if name in ADDED else getattr(config, name) * move
                if name in {"shortest_note", "edge"} and not 0.0 <= value <= 0.4:
                    continue
                tried = dataclasses.replace(config, **{name: round(value, 5)})
                score = target(items, tried)
                # Less than this is within the noise of a handful of notes.
                if score > best + 0.0005:
                    config, best, improved = tried, score, True
                    print(f"{best / 4:.4f} {name} {value:.5g}", flush=True)
                    break
    return config


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description="Tune the decoder's costs on validation recordings.")
    parser.add_argument("entries", type=manifest, metavar="MANIFEST")
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "shifts", nargs="*", type=source_and_hz, metavar="SOURCE=HZ", help="pitch labels are moved by this"
    )
    parser.add_argument("--left-out", action="append", default=[], type=source_and_word, metavar="SOURCE=MODEL")
    return parser.parse_intermixed_args()


def main() -> None:
    """Tune, print, write."""
    options = arguments()
    entries, shifts = options.entries, dict(options.shifts)
    items = listen((entry for entry in entries if entry.split == "valid"), options.model, shifts)
    for source, path in options.left_out:
        these = (entry for entry in entries if entry.source == source and entry.split != "test")
        items |= {f"{name}, left out": found for name, found in listen(these, Path(path), shifts).items()}
    model = load_model(options.model)
    print("before", {k: v.round(4).tolist() for k, v in figures(items, model.config.decoder).items()})
    tuned = search(items, model.config.decoder)
    print("after", {k: v.round(4).tolist() for k, v in figures(items, tuned).items()})
    model.config = Config(model.config.features, model.config.network, tuned)
    kept = {k: v for k, v in read_metadata(options.model).items() if k not in {"config", "sha256", "format"}}
    save_model(model, options.out, kept)


if __name__ == "__main__":
    main()
