"""Many recordings: jobs, processes, clusters, locations and the run log."""

from singtrans.batch.jobs import (
    Existing,
    Heard,
    Job,
    Outcome,
    Plan,
    attempt,
    choose_existing,
    clean_up,
    done_before,
    plan,
    run,
)

__all__ = [
    "Existing",
    "Heard",
    "Job",
    "Outcome",
    "Plan",
    "attempt",
    "choose_existing",
    "clean_up",
    "done_before",
    "plan",
    "run",
]
