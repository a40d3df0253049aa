"""Train the models to ship from a pack, from random weights, in two stages.

    python -m recipe.train PACK OUT [--seeds 1 2] [--minutes 9]

1. *learn*: notes from people's labels and made-up singing; from MIR-1K its pitch.
2. *adapt*: the models label MIR-1K's notes, as far as these go with the number of sung syllables
   (`recipe.label_by_words`), and learn from these, too.

Models of several seeds share their batches and differ in random weights and dropout. OUT/adapt/seed-N/last.safetensors
are the results. The same command goes on where it was interrupted. With the same seeds and steps on the same machine
the weights are the same, as far as its libraries compute the same twice; with ``--minutes``, the number of steps
depends on the machine's speed.
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
from singtrans.decoding.config import DecoderConfig
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
        steps: with a batch of `BATCH` excerpts.
        rate: highest learning rate.
        notes_share: part of the excerpts from recordings with notes.
    """

    name: str
    steps: int
    rate: float
    notes_share: float


LEARN = Stage("learn", 3000, 2e-3, 0.7)
ADAPT = Stage("adapt", 2000, 1e-3, 0.85)
LEARN_SHARE = 0.55  # of the time, where that is limited
LAST_SECONDS = 10.0  # that are left for writing
BATCH = 64
DECODER = DecoderConfig(
    onset_weight=1.5625,
    offset_weight=1.25,
    activity_weight=0.1225,
    pitch_weight=0.24,
    note_cost=0.0,
    legato_cost=2.0,
    pitch_tolerance=0.5,
    shortest_note=0.08,
)
"""Costs that were tuned on *valid* for earlier weights; `recipe.tune_decoder` finds others."""
VALIDATE_EVERY = 500  # steps; the state is saved as often


def weighted(data: Data) -> Data:
    """The data with the weights of this recipe."""
    weights = [WEIGHTS.get(entry.source, 1.0) for entry in data.entries]
    return replace(
        data,
        entries=[replace(e, weight=w) for e, w in zip(data.entries, weights, strict=True)],
        recordings=[replace(r, weight=w) for r, w in zip(data.recordings, weights, strict=True)],
    )


@dataclass(frozen=True)
class Recipe:
    """How the recipe is followed.

    Attributes:
        out: folder for everything that is written.
        seeds: of the models.
        steps: of each stage instead of its own; 0 for its own.
        batch: excerpts per step.
        convention: whose corrections the results have; empty for none.
    """

    out: Path
    seeds: Sequence[int] = (1, 2)
    steps: int = 0
    batch: int = BATCH
    convention: str = ""

    def stage(self, stage: Stage, data: Data, *, inits: Sequence[Model] = (), seconds: float = 0.0) -> list[Model]:
        """The models of one stage: trained, trained on, or loaded, if they are done.

        Args:
            stage: which.
            data: what to learn from.
            inits: models to begin with; none for random weights.
            seconds: limit of time; 0 for none.
        """
        folder = self.out / stage.name
        folders = [folder / f"seed-{seed}" for seed in self.seeds]
        if not all((own / "done").is_file() for own in folders):
            steps = self.steps or stage.steps
            config = TrainConfig(
                steps=steps,
                rate=stage.rate,
                warmup=min(300, max(1, steps // 5)),
                validate_every=VALIDATE_EVERY,
                seed=self.seeds[0],
                batch=BatchConfig(size=self.batch, notes_share=stage.notes_share),
                convention=self.convention,
            )
            train(
                data,
                folder,
                (inits[0].config if inits else Config(decoder=DECODER), config),
                inits=inits,
                resume=all((own / "state.pt").is_file() for own in folders),
                listener=Listener(print, _tell),
                seeds=self.seeds,
                seconds=seconds,
            )
            for own in folders:
                (own / "done").touch()
        return [load_model(own / "last.safetensors") for own in folders]


def _tell(progress: Progress) -> None:
    if progress.step % 50 == 0:
        print(f"step {progress.step}: loss {progress.loss:.3f}, rate {progress.rate:.2g}", flush=True)


def follow(recipe: Recipe, pack: Path, minutes: float = 0.0) -> list[Path]:
    """Train from a pack; returns the results' files.

    Raises:
        SingtransError: if the pack cannot be used.
    """
    torch.backends.cudnn.benchmark = True
    began = time.monotonic()
    data = weighted(read_pack(pack))
    total = sum(r.duration for r in data.recordings) / 60
    print(f"{len(data.recordings)} recordings, {total:.0f} min; {time.monotonic() - began:.0f} s", flush=True)
    models = recipe.stage(LEARN, data, seconds=60.0 * minutes * LEARN_SHARE)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    labelled = label(data.recordings, read_words(pack / WORDS), [model.to(device) for model in models])
    elapsed = time.monotonic() - began
    print(f"{labelled.labelled} recordings labelled, {labelled.left} not; {elapsed:.0f} s", flush=True)
    more = replace(data, recordings=labelled.recordings, checksum=f"{data.checksum}-labelled")
    left = 60.0 * minutes - elapsed - LAST_SECONDS if minutes else 0.0
    recipe.stage(ADAPT, more, inits=models, seconds=left)
    print(f"done in {time.monotonic() - began:.0f} s")
    return [recipe.out / ADAPT.name / f"seed-{seed}" / "last.safetensors" for seed in recipe.seeds]


def main() -> None:
    """Train, or say in a line why not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--minutes", type=float, default=0.0, help="limit of time (default: none)")
    parser.add_argument("--steps", type=int, default=0, help="of each stage, instead of its own")
    parser.add_argument("--batch", type=int, default=BATCH, help="excerpts per step (default: %(default)s)")
    parser.add_argument("--convention", default="", help="whose customs the results follow (default: none's)")
    options = parser.parse_args()
    recipe = Recipe(options.out, options.seeds, options.steps, options.batch, options.convention)
    try:
        for path in follow(recipe, options.pack, options.minutes):
            print(path)
    except SingtransError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
