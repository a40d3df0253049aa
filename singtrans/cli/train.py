"""``singtrans train``."""

from pathlib import Path
from typing import Annotated

import typer

from singtrans import interrupt
from singtrans.console import say


def train(  # noqa: PLR0913 (one parameter an option)
    data: Annotated[list[Path], typer.Argument(metavar="DATA", help="Manifests, or folders of labelled recordings.")],
    out: Annotated[Path, typer.Option("-o", "--output", help="Folder for the model, logs and checkpoints.")],
    steps: Annotated[int, typer.Option(min=1, help="Optimiser steps.")] = 6000,
    batch: Annotated[int, typer.Option(min=1, help="Excerpts a step.")] = 12,
    seconds: Annotated[float, typer.Option(min=1.0, max=60.0, help="Length of an excerpt.")] = 8.0,
    rate: Annotated[float, typer.Option(min=1e-6, max=0.1, help="Highest learning rate.")] = 2e-3,
    validate_every: Annotated[int, typer.Option(min=1, help="Steps between validations and checkpoints.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Start of all chance.")] = 0,
    cache: Annotated[Path | None, typer.Option(help="Folder for decoded audio. Default: OUTPUT/cache.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where this output folder stopped.")] = False,
) -> None:
    """Train a model on recordings with labels.

    A folder is searched for recordings with notes of the same name beside them (song.wav with song.tsv, .csv,
    .mid or .json) or pitch (song.f0.txt). A manifest is a CSV with the columns audio and notes, and optionally
    id, f0, accompaniment, split, singer, source and license.

    \b
    Example:
      singtrans train my-recordings/ -o runs/mine
    """
    from singtrans.training.run import TrainOptions, run_training

    options = TrainOptions(steps, batch, seconds, rate, validate_every, seed)
    try:
        best = run_training(data, out, options, cache, resume, say)
    finally:
        interrupt.check()  # a signal inside torch's C code comes out as an error of torch's
    say(f"the best model is {best}: use it with --model {best}")
