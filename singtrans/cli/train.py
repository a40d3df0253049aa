"""``singtrans train``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from singtrans import interrupt
from singtrans.cli.commands import DATA, OUTPUT, TRAINING
from singtrans.cli.console import training_progress
from singtrans.cli.outputs import named
from singtrans.cli.read_options import Pattern
from singtrans.errors import UsageError


class Freeze(StrEnum):
    """Weights that are not trained."""

    none = "none"
    pitch = "pitch"
    early = "early"
    boundaries = "boundaries"


def train(  # noqa: PLR0913 (one parameter per option)
    data: Annotated[list[Path], typer.Argument(metavar="DATA", help="Manifests, or folders of labelled recordings.")],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            callback=named,
            help="Folder for the model, logs and checkpoints.",
            rich_help_panel=OUTPUT,
        ),
    ],
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the training in this folder.", rich_help_panel=OUTPUT)
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the training in this folder.", rich_help_panel=OUTPUT)
    ] = False,
    adapt: Annotated[
        bool,
        typer.Option(
            "--adapt",
            help="Adapt a model to one or a few recordings in a few minutes. This changes defaults: --init default,"
            " --freeze early, and fewer steps at a lower rate.",
            rich_help_panel=TRAINING,
        ),
    ] = False,
    init: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Initial model: the name of a shipped model, or a weight file. Default: random weights.",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    freeze: Annotated[
        Freeze | None,
        typer.Option(
            help="Part of the initial model that is not trained. pitch: the pitch head. early: the pitch head and the"
            " convolutions before the LSTM. boundaries: everything but the pitch head. Default: none (early with"
            " --adapt).",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Number of training steps. Default: 6000 (600 with --init, 60 with --adapt).",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            min=1e-6,
            max=0.1,
            metavar="RATE",
            help="Peak learning rate. Default: 0.002 (0.0005 with --init, 0.0003 with --adapt).",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Number of excerpts per step. Default: 12 (8 with --adapt).",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option(min=1.0, max=60.0, metavar="S", help="Length of an excerpt in seconds.", rich_help_panel=TRAINING),
    ] = 8.0,
    validate_every: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Number of steps between validations. Default: 500 (100 with --init, 30 with --adapt).",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Stop after this many validations without improvement; 0 means never. Default: 0 (4 with --init).",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Random seed.", rich_help_panel=TRAINING)] = 0,
    accompaniment: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder of recordings that are mixed into the excerpts as accompaniment.",
            rich_help_panel=DATA,
        ),
    ] = None,
    pattern: Pattern = "",
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            callback=named,
            help="Folder for decoded recordings. Default: cache in the output folder.",
            rich_help_panel=DATA,
        ),
    ] = None,
) -> None:
    """Train a model on labelled recordings.

    If DATA is a folder, each label file is beside its recording. For song.wav, notes are in song.csv (or .tsv, .mid,
    .json and others), pitch is in song.f0.txt, and onsets and offsets without pitch are in song.times.csv. A manifest
    is a CSV file with the column audio and at least one of the columns notes, f0 and times; docs/labels.md lists the
    optional columns. The best model, a model card, logs and curves are written to the output folder. Ctrl-C stops the
    training and saves its state; --resume continues the training.

    \b
    Examples:
      singtrans train my-recordings/ -o runs/mine --init default
      singtrans train my-recordings/ -o runs/mine --init default --resume
      singtrans train corrected.csv -o my-model --adapt
      singtrans train train.csv more.csv -o runs/new --accompaniment tracks/
      torchrun --nproc-per-node 2 -m singtrans train train.csv -o runs/new
    """
    from singtrans.extras import need
    from singtrans.model.shipped import find_model

    if resume and overwrite:
        raise UsageError("--resume and --overwrite contradict each other; use one of them")
    need("torch", "train", "training")
    from singtrans.training.run import TrainOptions, run_training

    options = TrainOptions(
        steps=steps,
        batch=batch,
        seconds=seconds,
        rate=rate,
        validate_every=validate_every,
        patience=patience,
        seed=seed,
        init=find_model(init or "default") if init or adapt else None,
        freeze=freeze.value if freeze else None,
        accompaniment=accompaniment,
        cache=cache,
        pattern=pattern,
        resume=resume,
        overwrite=overwrite,
        adapt=adapt,
    )
    try:
        with training_progress() as listener:
            run_training(data, out, options, listener)
    finally:
        interrupt.check()  # after a signal, torch's C code may raise another error
