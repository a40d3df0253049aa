"""Transcribe recordings on many machines with Dask: each worker loads the model once and does one job after the other.

A job whose worker died may have caused it, or may only have been in the worker's queue. It is tried again when no
other job is under way, twice at most. No other job is lost. Only some jobs are with the scheduler at a time, so that
a million of them need no more memory there.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from singtrans.batch.jobs import Existing, Outcome, attempt, clean_up, done_before
from singtrans.batch.plan import Job
from singtrans.batch.processes import Factory
from singtrans.batch.retries import Retries
from singtrans.errors import InputError, UsageError

if TYPE_CHECKING:
    from distributed import Client, Future

_FIRST_WORKER_SECONDS = 60  # to wait for the first worker, which may be starting
_JOBS_PER_WORKER = 20  # that are with the scheduler


def run(
    jobs: Sequence[Job],
    factory: Factory,
    existing: Existing,
    scheduler: str,
    processes: int,
) -> Iterator[Outcome]:
    """Do the jobs on a cluster and yield their outcomes in the order of the jobs.

    A scheduler that was started without ``DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0`` gives a job to four
    workers, one after the other, before it reports a death; each retry is then four tries.

    Args:
        jobs: what to do. Paths are those of the workers: all machines need the same folders, or URLs.
        factory: makes a transcriber on a worker; it must be picklable.
        existing: what to do about outputs that exist.
        scheduler: its address, or ``local`` for a cluster on this machine.
        processes: how many workers a local cluster has.

    Raises:
        UsageError: if there is no such scheduler, or a transcriber reports that no recording at all can be done.
    """
    clean_up(jobs)
    todo = deque(number for number, job in enumerate(jobs) if not done_before(job, existing))
    if not todo:
        yield from map(Outcome, jobs)
        return
    waiting, outcomes = set(todo), {}
    with _client(scheduler, min(processes, len(todo))) as client:
        submitted = _Submitted(client, jobs, factory, existing)
        for number, job in enumerate(jobs):
            while number in waiting and number not in outcomes:
                outcomes.update(submitted.next_outcome(todo))
            yield outcomes.pop(number) if number in waiting else Outcome(job)


class _Submitted:
    """The jobs that are with the scheduler."""

    def __init__(self, client: "Client", jobs: Sequence[Job], factory: Factory, existing: Existing) -> None:
        from distributed import as_completed

        self._client, self._jobs, self._factory = client, jobs, factory
        self._completed = as_completed(raise_errors=False)
        self._numbers: dict[str, int] = {}  # of the jobs, by the keys of their futures
        self._to_retry: deque[int] = deque()
        # Dask may do a job again of its own accord.
        self._retries = Retries(jobs, existing, repeated=existing is Existing.REFUSE)

    def next_outcome(self, todo: deque[int]) -> dict[int, Outcome]:
        """Submit jobs and wait for one; its outcome, unless it is to be tried again."""
        room = max(1, len(self._client.scheduler_info()["workers"])) * _JOBS_PER_WORKER
        while todo and len(self._numbers) < room:
            self._submit(todo.popleft())
        if not self._numbers:
            self._submit(self._to_retry.popleft())
        future = next(self._completed)
        number = self._numbers.pop(future.key)
        outcome = self._outcome(future, number)
        return {number: outcome} if outcome else {}

    def _submit(self, number: int) -> None:
        policy = self._retries.policy(number)
        future = self._client.submit(_do, self._jobs[number], self._factory, policy, pure=False, priority=-number)
        self._numbers[future.key] = number
        self._completed.add(future)

    def _outcome(self, future: "Future", number: int) -> Outcome | None:
        """The outcome of a job; None if it is to be tried again."""
        from distributed import KilledWorker

        job = self._jobs[number]
        try:
            # If the worker has died meanwhile and taken the result with it, this waits until it is done again.
            answer = future.result()
        except KilledWorker:
            if self._retries.died(number):
                self._to_retry.append(number)
                return None
            times = self._retries.deaths(number)
            what = f"its worker died {times} times; leave it out, or check whether there is enough memory"
            return Outcome(job, error=f"{job.audio}: {what}")
        except Exception as error:  # an error of Dask or the network must not stop the other recordings
            what = " ".join(f"{type(error).__name__}: {error}".split())
            return Outcome(job, error=f"{job.audio}: the cluster failed ({what}); see the workers' logs")
        if isinstance(answer, UsageError):
            raise answer
        return answer


def _do(job: Job, factory: Factory, existing: Existing) -> Outcome | UsageError:
    """Do a job on a worker, which keeps its transcriber for the next."""
    from distributed import get_worker

    worker = get_worker()
    kept = getattr(worker, "singtrans", None)
    if kept is None or kept[0] != repr(factory):
        kept = worker.singtrans = (repr(factory), factory())
    try:
        return attempt(job, kept[1], existing)
    except UsageError as error:
        return error


@contextmanager
def _client(scheduler: str, processes: int) -> Iterator["Client"]:
    """Connect to a scheduler, or to one that is started here."""
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        raise UsageError('--scheduler needs Dask: pip install "singtrans[cluster]"') from None
    quiet = {"distributed.logging": {"distributed": "critical"}, "distributed.admin.log-format": "%(message)s"}
    with dask.config.set({"distributed.scheduler.allowed-failures": 0, **quiet}):
        if scheduler == "local":
            with (
                LocalCluster(
                    n_workers=processes, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
                ) as cluster,
                Client(cluster) as client,
            ):
                yield client
            return
        try:
            client = Client(scheduler, timeout=10)
        except (OSError, ValueError) as error:
            what = " ".join(str(error).split())
            raise UsageError(f"--scheduler {scheduler}: cannot be reached ({what}); start `dask scheduler`") from None
        with client:
            try:
                client.wait_for_workers(1, timeout=_FIRST_WORKER_SECONDS)
            except TimeoutError:
                line = f"no workers for {_FIRST_WORKER_SECONDS} s; start `dask worker {scheduler}`"
                raise InputError(f"--scheduler {scheduler}: {line}") from None
            yield client
