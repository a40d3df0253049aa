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
        jobs: recordings and their outputs.
        factory: function that makes a transcriber; it must be picklable.
        existing: treatment of existing outputs.
        processes: number of recordings to transcribe at the same time.
        scheduler: address of a cluster, or ``local``; None to work without a cluster.

    Raises:
        UsageError: if the factory cannot make a transcriber. The error is raised before any job starts.
    """
    transcriber = factory()  # a missing model is reported at once
    if scheduler:
        from singtrans.batch import cluster

        return cluster.run(jobs, factory, existing, scheduler, processes)
    if processes == 1 or len(jobs) < 2:
        return serial.run(jobs, transcriber, existing)
    return parallel.run(jobs, factory, existing, processes)
