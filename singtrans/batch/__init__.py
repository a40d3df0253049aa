"""Transcription of many recordings: jobs, processes, clusters, locations and the run log."""

from singtrans.batch.jobs import Existing, Outcome, Result, attempt, choose_existing, clean_up, done_before, run
from singtrans.batch.plan import Job, Plan, plan

__all__ = [
    "Existing",
    "Job",
    "Outcome",
    "Plan",
    "Result",
    "attempt",
    "choose_existing",
    "clean_up",
    "done_before",
    "plan",
    "run",
]
