"""Retries of jobs whose process died."""

from collections import Counter
from collections.abc import Sequence

from singtrans.batch.jobs import Existing
from singtrans.batch.locations import exists
from singtrans.batch.plan import Job

RETRIES = 2
"""Number of times that a job is tried again after its process died."""


class Retries:
    """Counts deaths, and keeps track of outputs that a process may have written before it died.

    Args:
        jobs: all jobs.
        existing: treatment of outputs that exist.
        repeated: whether a scheduler may repeat a job without being asked.
    """

    def __init__(self, jobs: Sequence[Job], existing: Existing, repeated: bool = False) -> None:
        self._jobs, self._existing, self._repeated = jobs, existing, repeated
        self._deaths: Counter[int] = Counter()
        self._new: dict[int, bool] = {}  # whether a job had no output before its first try

    def deaths(self, number: int) -> int:
        """Return how many times the process of a job has died."""
        return self._deaths[number]

    def died(self, number: int) -> bool:
        """Count a death, and return whether the job is to be tried again."""
        self._deaths[number] += 1
        return self._deaths[number] <= RETRIES

    def policy(self, number: int) -> Existing:
        """Return the treatment of existing outputs for the next try; those of earlier tries are replaced."""
        if number not in self._new:
            self._new[number] = not any(map(exists, self._jobs[number].outputs))
        again = self._repeated or self._deaths[number]
        return Existing.OVERWRITE if again and self._new[number] else self._existing
