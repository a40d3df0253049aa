"""Let models label the notes of recordings whose pitch alone is labelled: training data of voices that have no notes.

    python benchmarks/pseudo_labels.py manifest.csv OUT MODEL [MODEL ...]

The models' posteriors are averaged and decoded at the first one's costs (self-training; Xie et al., "Self-training
with noisy student", CVPR 2020). OUT receives the notes and a ``manifest.csv`` like the given one, in which the
training recordings without notes have these. What the recordings are labelled with stays: pitch is still learnt from
people's labels. A recording in which hardly a frame is decided keeps none.
"""

import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from singtrans import audio
from singtrans.decode import decode
from singtrans.notes import Note
from singtrans.posteriors import Posteriors
from singtrans.training.manifest import Entry, read_entries, write_manifest
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


def main() -> None:
    """Label and write."""
    manifest, out = Path(sys.argv[1]), Path(sys.argv[2])
    transcribers = [Transcriber(path, "cpu") for path in sys.argv[3:]]
    if not transcribers:
        sys.exit(__doc__)
    out.mkdir(parents=True, exist_ok=True)
    made, left_out = [], 0
    for entry in read_entries(manifest):
        if entry.split == "train" and entry.f0 and not entry.notes:
            notes = label(entry, transcribers)
            if notes and np.mean([note.confidence for note in notes]) >= LEAST_CONFIDENCE:
                path = out / f"{entry.id}.tsv"
                lines = [f"{n.onset:.4f}\t{n.offset:.4f}\t{n.pitch:.3f}" for n in notes]
                path.write_text("\n".join(["onset\toffset\tpitch", *lines]) + "\n")
                made.append(replace(entry, notes=path, weight=WEIGHT))
                continue
            left_out += 1
        made.append(entry)
    write_manifest(out / "manifest.csv", made)
    print(f"{sum(e.weight == WEIGHT for e in made)} recordings labelled, {left_out} left without notes")


if __name__ == "__main__":
    main()
