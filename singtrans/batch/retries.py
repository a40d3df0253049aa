"""Decide what happens to a job whose process died."""

from collections import Counter
from collections.abc import Sequence

from singtrans.batch.jobs import Existing
from singtrans.batch.locations import exists
from singtrans.batch.plan import Job

RETRIES = 2
"""How often a job is tried again after its process died."""


class Retries:
    """Counts deaths, and keeps track of outputs that a process may have written before it died.

    Args:
        jobs: all jobs.
        existing: what to do about outputs that exist.
        repeated: whether a job may be done again by others, without being given again.
    """

    def __init__(self, jobs: Sequence[Job], existing: Existing, repeated: bool = False) -> None:
        self._jobs, self._existing, self._repeated = jobs, existing, repeated
        self._deaths: Counter[int] = Counter()
        self._new: dict[int, bool] = {}  # whether a job had no output when it was first given

    def deaths(self, number: int) -> int:
        """How often the process of a job died."""
        return self._deaths[number]

    def died(self, number: int) -> bool:
        """Count a death; whether the job is to be tried again."""
        self._deaths[number] += 1
        return self._deaths[number] <= RETRIES

    def policy(self, number: int) -> Existing:
        """What to do about outputs of a job that is about to be given: its own of an earlier try are replaced."""
        if number not in self._new:
            self._new[number] = not any(map(exists, self._jobs[number].outputs))
        again = self._repeated or self._deaths[number]
        return Existing.OVERWRITE if again and self._new[number] else self._existing
