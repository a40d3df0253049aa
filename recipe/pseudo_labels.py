"""Let models label the notes of recordings whose pitch alone is labelled: training data of voices that have no notes.

    python -m recipe.pseudo_labels manifest.csv OUT MODEL [MODEL ...]

The models' posteriors are averaged and decoded at the first one's costs (self-training; Xie et al., "Self-training
with noisy student", CVPR 2020). OUT receives the notes and a ``manifest.csv`` like the given one, in which the
training recordings with neither notes nor times have these, and `WEIGHT` of their weight. The pitch that they are
labelled with stays. A recording of whose notes the models are not confident enough keeps none.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from benchmarks.arguments import manifest
from recipe.song_files import write_notes
from singtrans import audio
from singtrans.dataset.manifest import Entry, write_manifest
from singtrans.decoding.decoder import decode
from singtrans.decoding.posteriors import Posteriors
from singtrans.notes import Note
from singtrans.transcriber import Transcriber

WEIGHT = 0.35  # people's labels are to be heard more often
LEAST_CONFIDENCE = 0.6  # mean over a recording's notes


def mean_posteriors(heard: Sequence[Posteriors]) -> Posteriors:
    """The mean of what several models say about the same recording."""
    means = {
        f.name: np.mean([getattr(p, f.name) for p in heard], axis=0)
        for f in fields(Posteriors)
        if isinstance(getattr(heard[0], f.name), np.ndarray)
    }
    return replace(heard[0], **means)


def label(entry: Entry, transcribers: Sequence[Transcriber]) -> tuple[Note, ...]:
    """The notes that the models hear."""
    config = transcribers[0].model.config
    samples = audio.load(entry.audio, config.features.sample_rate)
    heard = mean_posteriors([transcriber.posteriors(samples) for transcriber in transcribers])
    return decode(heard, config.decoder, len(samples) / config.features.sample_rate)


def is_wanted(entry: Entry) -> bool:
    """Whether a recording is learnt from and has no boundaries of people's."""
    return entry.split == "train" and bool(entry.f0) and not (entry.notes or entry.times)


def load(paths: Sequence[str]) -> list[Transcriber]:
    """The models, which must hear alike: their posteriors are averaged bin by bin and frame by frame."""
    transcribers = [Transcriber(path, "cpu") for path in paths]
    configs = [transcriber.model.config for transcriber in transcribers]
    if len({(config.features, config.network.pitch_bins) for config in configs}) > 1:
        sys.exit("the models differ in front end or pitch bins: only what is heard alike can be averaged")
    return transcribers


def main() -> None:
    """Label and write."""
    parser = argparse.ArgumentParser(description="Let models label recordings whose pitch alone is labelled.")
    parser.add_argument("entries", type=manifest, metavar="MANIFEST")
    parser.add_argument("out", type=Path)
    parser.add_argument("models", nargs="+", metavar="MODEL")
    options = parser.parse_args()
    if (options.out / "manifest.csv").exists():
        sys.exit(f"{options.out / 'manifest.csv'} exists: choose another folder")
    entries, transcribers = options.entries, load(options.models)
    made, labelled, left_out = [], 0, 0
    for entry in entries:
        notes = label(entry, transcribers) if is_wanted(entry) else ()
        if notes and np.mean([note.confidence for note in notes]) >= LEAST_CONFIDENCE:
            path = options.out / f"{entry.id.replace('/', '-')}-{labelled:05}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_notes(path, notes)
            made.append(replace(entry, notes=path, weight=entry.weight * WEIGHT))
            labelled += 1
        else:
            made.append(entry)
            left_out += is_wanted(entry)
    options.out.mkdir(parents=True, exist_ok=True)
    write_manifest(options.out / "manifest.csv", made)
    print(f"{labelled} recordings labelled, {left_out} left without notes")


if __name__ == "__main__":
    main()
