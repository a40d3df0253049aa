"""Train the shipped models on a pack of data, from random weights, in two stages.

    python -m recipe.train PACK OUT [--seeds 1 2] [--minutes 9] [--settle]

1. *learn*: train on the notes of manually labelled singing and of synthetic singing, and on the pitch of MIR-1K.
2. *adapt*: label the notes of MIR-1K with the models, and also train on these labels. A clip gets notes only if their
   number fits the number of sung syllables (`recipe.label_by_words`).

With ``--settle``, a third stage labels MIR-1K again, and also trains on clear songs (``recipe.make_songs --clear``) and
on labels with joined nasals (`recipe.manifest`). The shipped weights were trained without this stage.

Models of several seeds are trained on the same batches, but differ in initial weights and dropout. The results are the
files OUT/adapt/seed-N/last.safetensors. Run the same command again to resume. The same seeds and numbers of steps give
the same weights on a machine whose libraries are deterministic. With ``--minutes``, the number of steps depends on the
speed of the machine.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from recipe.label_by_words import label, read_words
from recipe.manifest import JOINED_NASALS
from recipe.pack import read_pack
from singtrans.decoding.config import DecoderConfig
from singtrans.errors import SingtransError
from singtrans.model.config import Config
from singtrans.model.network import Model
from singtrans.model.weights import load_model
from singtrans.training.batches import BatchConfig
from singtrans.training.config import TrainConfig
from singtrans.training.loop import Data, train
from singtrans.training.progress import Listener, Progress

WORDS = "lyrics.tsv"
PEOPLE = {"ssvd": 1.5, "pjs": 2.0, "utau": 1.0, "mir1k": 1.0}
MADE_UP = {"synthetic": 0.25, "tones": 0.25}
BATCH = 64
VALIDATE_EVERY = 500  # steps between validations, after which the state is saved
LAST_SECONDS = 10.0  # reserved for writing the models, if time is limited
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
"""Costs that were tuned on the split *valid* for earlier weights; `recipe.tune_decoder` tunes them for the new ones."""


@dataclass(frozen=True)
class Stage:
    """One stage of the training.

    Attributes:
        name: name of the stage's folder.
        steps: number of steps with batches of `BATCH` excerpts.
        rate: highest learning rate.
        notes_share: fraction of the excerpts that are from recordings with notes.
        labels: whether the models of the previous stage label the notes of MIR-1K before this stage.
        weights: map from sources to factors by which the probability of drawing their recordings is multiplied; other
            sources are left out.
        time: share of the time limit, relative to the other stages.
        convention: label convention whose corrections are folded into the saved models; empty for no corrections.
        freeze: parts of the network whose weights are not changed; a key of `FREEZABLE`.
    """

    name: str
    steps: int
    rate: float
    notes_share: float
    labels: bool
    weights: Mapping[str, float]
    time: float
    convention: str = ""
    freeze: str = "none"


STAGES = (
    Stage("learn", 3094, 2e-3, 0.7, False, PEOPLE | MADE_UP | {"songs": 0.35}, 0.6),
    Stage("adapt", 2079, 1e-3, 0.85, True, PEOPLE | MADE_UP | {"songs": 0.35}, 0.4, "mir1k"),
)
"""Stages of the shipped weights."""

SETTLE = Stage(
    "settle",
    1034,
    5e-4,
    0.9,
    True,
    PEOPLE | {"pjs": 1.5, "utau": 0.75, JOINED_NASALS: 0.75} | MADE_UP | {"songs": 0.15, "clear-songs": 0.3},
    0.3,
    "mir1k",
    "pitch",
)
"""Third stage, which is not part of the shipped weights (docs/experiments.md)."""


def drawn(data: Data, weights: Mapping[str, float]) -> Data:
    """Select the recordings of the sources in ``weights``, and set the weights of these recordings."""
    pairs = [
        (replace(entry, weight=weights[entry.source]), replace(recording, weight=weights[entry.source]))
        for entry, recording in zip(data.entries, data.recordings, strict=True)
        if entry.source in weights
    ]
    return replace(data, entries=[entry for entry, _ in pairs], recordings=[recording for _, recording in pairs])


@dataclass(frozen=True)
class Recipe:
    """Settings of a run of the recipe.

    Attributes:
        out: folder for all outputs.
        seeds: seeds of the models.
        steps: number of steps in each stage; 0 for the stages' own numbers.
        batch: number of excerpts per step.
        stages: stages in order.
    """

    out: Path
    seeds: Sequence[int] = (1, 2)
    steps: int = 0
    batch: int = BATCH
    stages: Sequence[Stage] = STAGES

    def folders(self, stage: Stage) -> list[Path]:
        """Return the folders of the models of a stage."""
        return [self.out / stage.name / f"seed-{seed}" for seed in self.seeds]

    def is_done(self, stage: Stage) -> bool:
        """Return whether all models of a stage are trained."""
        return all((folder / "done").is_file() for folder in self.folders(stage))

    def models(self, stage: Stage) -> list[Model]:
        """Return the models of a finished stage."""
        return [load_model(folder / "last.safetensors") for folder in self.folders(stage)]

    def train(self, stage: Stage, data: Data, inits: Sequence[Model], seconds: float) -> None:
        """Train the models of a stage, or resume its interrupted training.

        Args:
            stage: stage to train.
            data: training data.
            inits: initial models; none for random weights.
            seconds: time limit; 0 for none.
        """
        steps = self.steps or stage.steps
        config = TrainConfig(
            steps=steps,
            rate=stage.rate,
            warmup=min(300, max(1, steps // 6)),
            validate_every=VALIDATE_EVERY,
            seed=self.seeds[0],
            batch=BatchConfig(size=self.batch, notes_share=stage.notes_share),
            convention=stage.convention,
            freeze=stage.freeze,
        )
        train(
            data,
            self.out / stage.name,
            (inits[0].config if inits else Config(decoder=DECODER), config),
            inits=inits,
            resume=all((folder / "state.pt").is_file() for folder in self.folders(stage)),
            listener=Listener(print, _tell),
            seeds=self.seeds,
            seconds=seconds,
        )
        for folder in self.folders(stage):
            (folder / "done").touch()


def _tell(progress: Progress) -> None:
    if progress.step % 50 == 0:
        print(f"step {progress.step}: loss {progress.loss:.3f}, rate {progress.rate:.2g}", flush=True)


def follow(recipe: Recipe, pack: Path, minutes: float = 0.0) -> list[Path]:
    """Run the unfinished stages on a pack, and return the files of the results.

    Raises:
        SingtransError: if the pack cannot be used.
    """
    torch.backends.cudnn.benchmark = True
    began = time.monotonic()
    everything = read_pack(pack)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    done = [number for number, stage in enumerate(recipe.stages) if recipe.is_done(stage)]
    models = recipe.models(recipe.stages[done[-1]]) if done else []
    for stage in recipe.stages[done[-1] + 1 if done else 0 :]:
        data = drawn(everything, stage.weights)
        total = sum(r.duration for r in data.recordings) / 60
        print(f"{stage.name}: {len(data.recordings)} recordings, {total:.0f} min", flush=True)
        if stage.labels:
            found = label(data.recordings, read_words(pack / WORDS), [model.to(device) for model in models])
            print(f"{found.labelled} recordings labelled, {found.left} not", flush=True)
            data = replace(data, recordings=found.recordings, checksum=f"{data.checksum}-{stage.name}")
        elapsed = time.monotonic() - began
        print(f"{elapsed:.0f} s", flush=True)
        share = stage.time / sum(later.time for later in recipe.stages[recipe.stages.index(stage) :])
        left = max(1.0, (60.0 * minutes - elapsed - LAST_SECONDS) * share) if minutes else 0.0
        recipe.train(stage, data, models, left)
        models = recipe.models(stage)
    print(f"done in {time.monotonic() - began:.0f} s")
    return [folder / "last.safetensors" for folder in recipe.folders(recipe.stages[-1])]


def main() -> None:
    """Train the models; exit with a one-line error message if this fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--minutes", type=float, default=0.0, help="time limit (default: none)")
    parser.add_argument("--steps", type=int, default=0, help="steps of each stage (default: those of the recipe)")
    parser.add_argument("--batch", type=int, default=BATCH, help="excerpts per step (default: %(default)s)")
    parser.add_argument("--settle", action="store_true", help="add the third stage")
    options = parser.parse_args()
    stages = (*STAGES, SETTLE) if options.settle else STAGES
    recipe = Recipe(options.out, options.seeds, options.steps, options.batch, stages)
    try:
        for path in follow(recipe, options.pack, options.minutes):
            print(path)
    except SingtransError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
