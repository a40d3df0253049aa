"""Do jobs in this process, in several processes, or on a cluster."""

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
    """Do the jobs and yield their outcomes in order.

    Args:
        jobs: what to do.
        factory: makes a transcriber; it must be picklable.
        existing: what to do about outputs that exist.
        processes: how many recordings at once.
        scheduler: a cluster's address, or ``local``; None for none.

    Raises:
        UsageError: at once, if the factory cannot make a transcriber.
    """
    transcriber = factory()  # a missing model is reported at once
    if scheduler:
        from singtrans.batch import cluster

        return cluster.run(jobs, factory, existing, scheduler, processes)
    if processes == 1 or len(jobs) < 2:
        return serial.run(jobs, transcriber, existing)
    return parallel.run(jobs, factory, existing, processes)
