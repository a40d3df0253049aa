"""Training of one model by several processes that ``torchrun`` starts.

Each process computes the loss of its share of the excerpts of a batch. The gradients of all processes are combined.
Therefore, all processes have the same weights after each step. Apart from dropout, these are the weights that a single
process would have after a step with the whole batch.
"""

import os
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor

_PATIENCE = timedelta(hours=12)  # time limit for the other processes, which wait while the first process validates


@dataclass(frozen=True)
class Processes:
    """The processes of a training run.

    Attributes:
        rank: number of this process, from 0 to ``count - 1``. Process 0 writes, validates and prints.
        count: number of processes.
    """

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes, validates and prints."""
        return self.rank == 0

    def total(self, values: Tensor) -> Tensor:
        """Sum ``values`` over all processes, in place."""
        if self.count > 1:
            torch.distributed.all_reduce(values)
        return values

    def broadcast(self, values: Tensor) -> Tensor:
        """Copy the ``values`` of the first process to all others, in place."""
        if self.count > 1:
            torch.distributed.broadcast(values, 0)
        return values


ALONE = Processes()


def join() -> Processes:
    """Connect to the other processes that ``torchrun`` started; without ``torchrun``, return a single process."""
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
    """Disconnect from the other processes."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
