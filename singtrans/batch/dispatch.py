"""Do jobs here, in several processes, or on a cluster."""

from collections.abc import Iterator, Sequence

from singtrans.batch import jobs as serial
from singtrans.batch import processes as parallel
from singtrans.batch.jobs import Existing, Outcome
from singtrans.batch.plan import Job


def run_jobs(
    jobs: Sequence[Job],
    factory: parallel.Factory,
    existing: Existing,
    processes: int = 1,
    scheduler: str | None = None,
) -> Iterator[Outcome]:
    """What becomes of each job, in order: done here, in several processes, or on a cluster.

    Args:
        jobs: what to do.
        factory: makes a transcriber; it must be picklable.
        existing: what to do about outputs that are there.
        processes: how many recordings at once.
        scheduler: a cluster's address, or ``local``; None for none.

    Raises:
        UsageError: at once, if the factory makes none.
    """
    transcriber = factory()  # so that a model that is missing is said at once
    if scheduler:
        from singtrans.batch import cluster

        return cluster.run(jobs, factory, existing, scheduler, processes)
    if processes == 1 or len(jobs) < 2:
        return serial.run(jobs, transcriber, existing)
    return parallel.run(jobs, factory, existing, processes)
