"""The worker processes that prepare batches."""

import multiprocessing
import os
import signal
import time

import pytest
from torch.utils.data import Dataset

from singtrans.training.loader import prepared_batches

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX processes")


class Broken(Dataset):
    """A dataset whose batches raise an error."""

    def __getitem__(self, step):
        raise RuntimeError("broken")


class Slow(Dataset):
    """A dataset whose batches take a second."""

    def __getitem__(self, step):
        time.sleep(1.0)
        return step


class Interrupting(Dataset):
    """A dataset that interrupts the main process while it waits for a batch."""

    def __getitem__(self, step):
        os.kill(os.getppid(), signal.SIGINT)
        time.sleep(1.0)
        return step


class ListenerError(Exception):
    """An error of a callback."""


def use(dataset):
    """Use batches in the main program of a process, with the signal handler of Python."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with prepared_batches(dataset, 0, 5) as batches:
        for _ in batches:
            raise ListenerError


@pytest.mark.parametrize("dataset", [Broken(), Slow(), Interrupting()])
def test_a_program_that_fails_ends_in_spite_of_its_workers(dataset):
    process = multiprocessing.get_context("fork").Process(target=use, args=(dataset,))
    process.start()
    process.join(60)
    ended = process.exitcode
    process.kill()
    assert ended == 1
