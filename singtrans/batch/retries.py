"""Retries of jobs whose process died."""

from collections import Counter
from collections.abc import Sequence

from singtrans.batch.jobs import Existing
from singtrans.batch.locations import exists
from singtrans.batch.plan import Job

RETRIES = 2
"""Largest number of times that a job is tried again after its process has died."""


class Retries:
    """Counter of the processes that died during each job, which also decides how existing outputs are treated.

    If a job had no outputs before its first try, all its outputs come from earlier tries, and a retry overwrites them.

    Args:
        jobs: all jobs.
        existing: treatment of outputs that existed before the first try.
        repeated: whether the scheduler may repeat a job on its own.
    """

    def __init__(self, jobs: Sequence[Job], existing: Existing, repeated: bool = False) -> None:
        self._jobs, self._existing, self._repeated = jobs, existing, repeated
        self._deaths: Counter[int] = Counter()
        self._new: dict[int, bool] = {}  # whether a job had no output before its first try

    def deaths(self, number: int) -> int:
        """Return the number of processes that have died during a job."""
        return self._deaths[number]

    def died(self, number: int) -> bool:
        """Count the death of a job's process, and return whether the job must be tried again."""
        self._deaths[number] += 1
        return self._deaths[number] <= RETRIES

    def policy(self, number: int) -> Existing:
        """Return the treatment of existing outputs in the next try; outputs of earlier tries are overwritten."""
        if number not in self._new:
            self._new[number] = not any(map(exists, self._jobs[number].outputs))
        again = self._repeated or self._deaths[number]
        return Existing.OVERWRITE if again and self._new[number] else self._existing
