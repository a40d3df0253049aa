"""Train the models to ship from a pack, from random weights, in two stages.

    python -m recipe.train PACK OUT [--seeds 1 2] [--minutes 9] [--resume]

1. *learn*: notes from people's labels and made-up singing; from MIR-1K its pitch.
2. *adapt*: the models label MIR-1K's notes, as far as these go with the number of sung syllables
   (`recipe.label_by_words`), and learn from these, too.

Models of several seeds share their batches and differ in random weights and dropout. OUT/adapt/seed-N/best.safetensors
are the results. With the same seeds and steps on the same machine the weights are the same, as far as its libraries
compute the same twice; with ``--minutes``, the number of steps depends on the machine's speed.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from recipe.label_by_words import label, read_words
from recipe.pack import read_pack
from singtrans.errors import SingtransError
from singtrans.model.config import Config
from singtrans.model.network import Model
from singtrans.model.weights import load_model
from singtrans.training.batches import BatchConfig
from singtrans.training.config import TrainConfig
from singtrans.training.loop import Data, Listener, Progress, train

WORDS = "lyrics.tsv"
WEIGHTS = {"ssvd": 1.5, "pjs": 2.0, "songs": 0.35, "synthetic": 0.25, "tones": 0.25}
"""Source -> how often its recordings are drawn, relative to their length; 1 for those that are not named."""


@dataclass(frozen=True)
class Stage:
    """One stage of the training.

    Attributes:
        name: of its folder.
        steps: with a batch of 64 excerpts.
        rate: highest learning rate.
        notes_share: part of the excerpts from recordings with notes.
        share: part of the time, where that is limited.
    """

    name: str
    steps: int
    rate: float
    notes_share: float
    share: float


LEARN = Stage("learn", 3000, 2e-3, 0.7, 0.58)
ADAPT = Stage("adapt", 2000, 1e-3, 0.85, 0.42)
BATCH = 64
DEFAULT_CONVENTION = ""


def weighted(data: Data) -> Data:
    """The data with the weights of this recipe."""
    weights = [WEIGHTS.get(entry.source, 1.0) for entry in data.entries]
    return replace(
        data,
        entries=[replace(e, weight=w) for e, w in zip(data.entries, weights, strict=True)],
        recordings=[replace(r, weight=w) for r, w in zip(data.recordings, weights, strict=True)],
    )


def run_stage(
    stage: Stage,
    data: Data,
    out: Path,
    seeds: Sequence[int],
    *,
    inits: Sequence[Model] = (),
    options: argparse.Namespace,
) -> list[Model]:
    """Train the models of one stage, or load them if it is done."""
    folders = [out / stage.name / f"seed-{seed}" for seed in seeds]
    if not all((folder / "done").is_file() for folder in folders):
        config = TrainConfig(
            steps=options.steps or stage.steps,
            rate=stage.rate,
            warmup=min(300, (options.steps or stage.steps) // 5),
            validate_every=500,
            seed=seeds[0],
            batch=BatchConfig(size=options.batch, notes_share=stage.notes_share),
            convention=options.convention,
        )
        resume = any((folder / "state.pt").is_file() for folder in folders)
        seconds = 60.0 * options.minutes * stage.share
        train(
            data,
            out / stage.name,
            (inits[0].config if inits else Config(), config),
            inits=inits,
            resume=resume,
            listener=Listener(print, _teller()),
            seeds=seeds,
            seconds=seconds,
        )
        for folder in folders:
            (folder / "done").touch()
    return [load_model(folder / "best.safetensors") for folder in folders]


def _teller():
    began = time.monotonic()

    def tell(progress: Progress) -> None:
        if progress.step % 50 == 0:
            print(f"step {progress.step}: loss {progress.loss:.3f}, {time.monotonic() - began:.0f} s", flush=True)

    return tell


def recipe(options: argparse.Namespace) -> None:
    """Both stages.

    Raises:
        SingtransError: if the pack cannot be used.
    """
    torch.backends.cudnn.benchmark = True
    began = time.monotonic()
    data = weighted(read_pack(options.pack))
    minutes = sum(r.duration for r in data.recordings) / 60
    print(f"{len(data.recordings)} recordings, {minutes:.0f} min, read in {time.monotonic() - began:.0f} s", flush=True)
    models = run_stage(LEARN, data, options.out, options.seeds, options=options)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    words = read_words(options.pack / WORDS)
    labelled = label(data.recordings, words, [model.to(device) for model in models])
    print(
        f"{labelled.labelled} recordings labelled, {labelled.left} left; {time.monotonic() - began:.0f} s", flush=True
    )
    more = replace(data, recordings=labelled.recordings, checksum=data.checksum + "-labelled")
    run_stage(ADAPT, more, options.out, options.seeds, inits=models, options=options)
    print(f"done in {time.monotonic() - began:.0f} s")


def main() -> None:
    """Train, or say in a line why not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--minutes", type=float, default=0.0, help="limit of time (default: none)")
    parser.add_argument("--steps", type=int, default=0, help="of each stage, for trying it out")
    parser.add_argument("--batch", type=int, default=BATCH, help="excerpts per step (default: %(default)s)")
    parser.add_argument("--convention", default=DEFAULT_CONVENTION)
    try:
        recipe(parser.parse_args())
    except SingtransError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
