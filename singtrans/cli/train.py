"""``singtrans train``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from singtrans import interrupt
from singtrans.cli.console import training_progress


class Freeze(StrEnum):
    """What keeps the weights it began with."""

    none = "none"
    pitch = "pitch"
    early = "early"
    boundaries = "boundaries"


def train(  # noqa: PLR0913 (one parameter an option)
    data: Annotated[list[Path], typer.Argument(metavar="DATA", help="Manifests, or folders of labelled recordings.")],
    out: Annotated[Path, typer.Option("-o", "--output", help="Folder for the model, logs and checkpoints.")],
    init: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", help="Begin with this model, a shipped one's name or a weight file. Default: from nothing."
        ),
    ] = None,
    freeze: Annotated[
        Freeze,
        typer.Option(
            help="Leave as they are in MODEL: the part that hears pitch, all before the LSTM's inputs, or all but the"
            " part that hears pitch."
        ),
    ] = Freeze.none,
    steps: Annotated[int | None, typer.Option(min=1, help="Optimiser steps. Default: 6000; 600 with --init.")] = None,
    rate: Annotated[
        float | None, typer.Option(min=1e-6, max=0.1, help="Highest learning rate. Default: 0.002; 0.0005 with --init.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Excerpts a step.")] = 12,
    seconds: Annotated[float, typer.Option(min=1.0, max=60.0, help="Length of an excerpt.")] = 8.0,
    validate_every: Annotated[
        int | None,
        typer.Option(min=1, help="Steps between validations and checkpoints. Default: 500; 100 with --init."),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            min=0, help="Stop after so many validations without a better one; 0 never. Default: 0; 4 with --init."
        ),
    ] = None,
    accompaniment: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Mix recordings from here in as background.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Start of all chance.")] = 0,
    cache: Annotated[Path | None, typer.Option(help="Folder for decoded audio. Default: OUTPUT/cache.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where this output folder stopped.")] = False,
) -> None:
    """Train a model on recordings with labels, from nothing or from a model.

    A folder is searched for recordings with notes of the same name beside them (song.wav with song.tsv, .csv, .mid,
    .json and so on), pitch (song.f0.txt) or times of notes alone (song.times.csv). A manifest is a CSV with the
    columns audio and notes, f0 or times, and optionally id, accompaniment, split, singer, source, license, weight and
    boundaries. The output folder receives the best model, a model card, logs and curves. Ctrl-C saves; --resume goes
    on.

    \b
    Examples:
      singtrans train my-recordings/ -o runs/mine --init default
      singtrans train my-recordings/ -o runs/mine --init default --resume
      singtrans train train.csv more.csv -o runs/new --accompaniment karaoke-tracks/
      torchrun --nproc-per-node 2 -m singtrans train train.csv -o runs/new
    """
    from singtrans.model.shipped import find_model
    from singtrans.training.run import TrainOptions, run_training

    options = TrainOptions(
        steps=steps,
        batch=batch,
        seconds=seconds,
        rate=rate,
        validate_every=validate_every,
        patience=patience,
        seed=seed,
        init=find_model(init) if init else None,
        freeze=freeze.value,
        accompaniment=accompaniment,
        cache=cache,
        resume=resume,
    )
    try:
        with training_progress() as listener:
            run_training(data, out, options, listener)
    finally:
        interrupt.check()  # a signal inside torch's C code comes out as an error of torch's
