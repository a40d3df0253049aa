"""Transcription of recordings on many machines with Dask.

Each worker loads the model once and does one job after another. When a worker dies, Dask reports jobs as failed. Such a
job may be the cause of the death, or may only have been waiting in the worker's queue. It is tried again, at most
twice, while no other job is running. Other jobs are not affected. Only a limited number of jobs are submitted to the
scheduler at a time, so that the memory of the scheduler does not grow with the number of jobs.
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
from singtrans.extras import install_command

if TYPE_CHECKING:
    from distributed import Client, Future

_FIRST_WORKER_SECONDS = 60  # time limit for the first worker to start
_JOBS_PER_WORKER = 20  # jobs submitted to the scheduler at a time, for each worker


def run(
    jobs: Sequence[Job],
    factory: Factory,
    existing: Existing,
    scheduler: str,
    processes: int,
) -> Iterator[Outcome]:
    """Do the jobs on a cluster and yield their outcomes in the order of the jobs.

    If the scheduler was not started with ``DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0``, it gives a job to another
    worker after each death, and reports a failure only after the fourth death. Each retry then consists of four tries.

    Args:
        jobs: recordings and their outputs. The workers use the same paths; therefore, either all machines have the same
            folders, or the paths are URLs.
        factory: function that makes a transcriber on a worker; it must be picklable.
        existing: treatment of existing outputs.
        scheduler: address of the scheduler, or ``local`` for a cluster on this machine.
        processes: number of workers of a local cluster.

    Raises:
        UsageError: if the scheduler cannot be reached, or a transcriber reports that it cannot transcribe any
            recording.
        InputError: if no worker connects to the scheduler in time.
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
    """The jobs that have been submitted to the scheduler."""

    def __init__(self, client: "Client", jobs: Sequence[Job], factory: Factory, existing: Existing) -> None:
        from distributed import as_completed

        self._client, self._jobs, self._factory = client, jobs, factory
        self._completed = as_completed(raise_errors=False)
        self._numbers: dict[str, int] = {}  # key of a future -> number of its job
        self._to_retry: deque[int] = deque()
        # Dask may repeat a job without being asked.
        self._retries = Retries(jobs, existing, repeated=existing is Existing.REFUSE)

    def next_outcome(self, todo: deque[int]) -> dict[int, Outcome]:
        """Submit jobs, wait for one of them to end, and return its outcome with its number as the key.

        The result is empty if the job must be tried again.
        """
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
        """Return the outcome of a job; None if the job must be tried again."""
        from distributed import KilledWorker

        job = self._jobs[number]
        try:
            # If the worker died before it sent the result, this call waits until the job has been repeated.
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
    """Do a job on a worker, and keep the transcriber for the worker's next job."""
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
    """Yield a client of the scheduler; if ``scheduler`` is ``local``, start a cluster on this machine first."""
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        raise UsageError(f"--scheduler needs Dask: {install_command('cluster')}") from None
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
