"""Several processes that train one model, as ``torchrun`` starts them.

Each process computes its share of a batch's excerpts. Gradients are added up over all of them, so the sum of the
shares is the batch that one process alone would have seen, and every process holds the same weights after it.
"""

import os
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor

_PATIENCE = timedelta(hours=12)  # the others wait while the first process validates


@dataclass(frozen=True)
class Processes:
    """Which of how many this process is.

    Attributes:
        rank: 0 to ``count - 1``; the first one writes, validates and speaks.
        count: how many train together.
    """

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this one writes, validates and speaks."""
        return self.rank == 0

    def total(self, values: Tensor) -> Tensor:
        """The sum of every process's ``values``, in place."""
        if self.count > 1:
            torch.distributed.all_reduce(values)
        return values

    def told_by_the_first(self, values: Tensor) -> Tensor:
        """The first process's ``values``, in place; the others wait for it."""
        if self.count > 1:
            torch.distributed.broadcast(values, 0)
        return values


ALONE = Processes()


def join() -> Processes:
    """Meet the other processes that ``torchrun`` has started, if it has; else this process is alone."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Processes()
    if not torch.distributed.is_initialized():
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        backend = "nccl" if torch.cuda.is_available() else "gloo"
        torch.distributed.init_process_group(backend, timeout=_PATIENCE)
    return Processes(torch.distributed.get_rank(), count)


def leave() -> None:
    """Part from the others."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
