"""``singtrans transcribe``."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from singtrans import interrupt
from singtrans.console import report
from singtrans.errors import SingtransError, UsageError
from singtrans.notes import Transcription
from singtrans.places import place


class Format(StrEnum):
    """Formats that are written."""

    mid = "mid"
    csv = "csv"
    json = "json"


class Device(StrEnum):
    """Where the network runs."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


def transcribe(  # noqa: PLR0913 (one parameter an option)
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT", help="Recordings, or folders of them; also URLs.")],
    out: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            help="Folder for the outputs, made if needed; for a single recording also a file such as tune.mid."
            " Default: beside each recording.",
        ),
    ] = None,
    formats: Annotated[
        list[Format] | None,
        typer.Option("-f", "--format", help="What to write; may be given several times. Default: mid."),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="A shipped model's name (see: singtrans info) or a weight file.")
    ] = "default",
    device: Annotated[Device, typer.Option(help="Where the network runs; auto is cuda if there is one.")] = Device.auto,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace outputs that exist.")] = False,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Keep outputs that exist, and make only what is missing.")
    ] = False,
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=1, metavar="N", help="Recordings at once, each in a process of its own.")
    ] = 1,
    threads: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Threads for one recording. Default: 2 where there are; 1 with --jobs."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Spread the work over a Dask cluster (tcp://host:port), or start one of --jobs workers here (local).",
        ),
    ] = None,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Add a line of JSON for each recording to this file.")
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print failures only.")] = False,
) -> None:
    """Write the notes of recordings of singing.

    Any sound or video file is read; in a folder and its sub-folders, every recording. Existing outputs are refused
    unless you say --overwrite or --skip-existing. A recording that fails does not stop the others.

    \b
    Examples:
      singtrans transcribe song.wav
      singtrans transcribe song.wav -o tune.mid
      singtrans transcribe recordings/ -o notes/ -f mid -f csv
      singtrans transcribe recordings/ -o notes/ --jobs 8 --skip-existing --log run.jsonl
    """
    from singtrans import batch

    if overwrite and skip_existing:
        raise UsageError("--overwrite and --skip-existing contradict each other; use one")
    existing = (
        batch.Existing.OVERWRITE if overwrite else batch.Existing.SKIP if skip_existing else batch.Existing.REFUSE
    )
    threads = threads or (1 if jobs > 1 or scheduler else default_threads())
    factory = partial(LazyTranscriber, model, device.value, threads)
    plan = batch.plan([place(i) for i in inputs], place(out) if out else None, [f.value for f in formats or []])
    outcomes = _run(plan.jobs, factory, existing, jobs, scheduler)
    if log:
        from singtrans.runlog import logged

        outcomes = logged(plan, outcomes, log)
    if not report(plan, outcomes, quiet):
        raise typer.Exit(1)


def _run(plan_jobs, factory, existing, jobs: int, scheduler: str | None):
    """The outcomes, worked out here, in processes or on a cluster."""
    from singtrans import batch

    transcriber = factory()  # so that a model that is missing is said at once
    if scheduler:
        from singtrans import cluster

        return cluster.run(plan_jobs, factory, existing, scheduler, jobs)
    if jobs == 1 or len(plan_jobs) < 2:
        return batch.run(plan_jobs, transcriber, existing)
    from singtrans import workers

    return workers.run(plan_jobs, factory, existing, jobs)


def default_threads() -> int:
    """Two, where there are two processors: what a third could do waits for the first two most of the time."""
    import os

    return min(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


class LazyTranscriber:
    """Loads the model at the first recording that needs it: a folder that is all done costs no torch."""

    def __init__(self, model: str, device: str, threads: int = 1) -> None:
        from singtrans.models import find_model

        self.model, self.device, self.threads, self.transcriber = find_model(model), device, threads, None

    def __call__(self, path: Path) -> Transcription:
        """Transcribe one recording."""
        if self.transcriber is None:
            self.transcriber = self._load()
        try:
            return self.transcriber(path)
        finally:
            interrupt.check()

    def _load(self):
        import torch

        # Torch's own threads spin while they wait for each other: on a busy machine they lose a factor of ten.
        # Several parts of a recording at once gain more.
        torch.set_num_threads(1)
        from singtrans.transcriber import Transcriber

        try:
            return Transcriber(self.model, self.device, self.threads)
        except SingtransError as error:  # without it nothing can be done: not the fault of one recording
            raise UsageError(str(error)) from error
