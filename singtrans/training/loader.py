"""Worker processes that prepare the batches of a training run in advance."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch.utils.data import DataLoader, Dataset

from singtrans import interrupt
from singtrans.training.batches import Batch


@contextmanager
def prepared_batches(batches: Dataset[Batch], first: int, last: int) -> Iterator[Iterator[Batch]]:
    """Start the worker processes, and end them when the context is left.

    Args:
        batches: dataset whose item ``step`` is the batch of that step.
        first: first step.
        last: step before which the batches end.

    Yields:
        An iterator over the batches of the steps ``first`` to ``last - 1``.
    """
    gpu = torch.cuda.is_available()
    # With a CPU, one process prepares batches while this one trains, because more processes would compete for the
    # cores. With a GPU, all cores are free, and one process could not prepare batches fast enough.
    workers = min(15, max(1, (os.cpu_count() or 2) - 1)) if gpu else 1
    loader = DataLoader(
        batches,
        batch_size=None,
        sampler=range(first, last),
        num_workers=workers,
        prefetch_factor=4,
        worker_init_fn=_leave_signals_to_the_parent,
    )
    prepared = iter(loader)
    try:
        yield prepared
    finally:
        # The traceback of an exception can keep the iterator, and thus the workers, until the program exits. Python
        # would then send SIGTERM to the workers, which they ignore, and wait for them forever.
        prepared._shutdown_workers()  # type: ignore[attr-defined]  # torch has no public method for this


def _leave_signals_to_the_parent(_worker: int) -> None:
    # Ctrl-C sends a signal to every process of the terminal. The parent ends the workers.
    interrupt.ignore()
    # Errors of the worker are passed to the parent as exceptions. Other messages are only caused by the parent's exit.
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 (it stays open until the worker ends)
