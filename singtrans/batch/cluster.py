"""Many recordings on many machines, by Dask: each of its workers loads the model once and takes job after job.

A job whose worker died may be what killed it, or may only have been in its queue: it is tried again when nothing else
is under way, twice at most, and if its worker dies then too, it has failed. Nothing else is lost. Jobs are handed to
the scheduler some at a time, so that a million of them cost it nothing.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from singtrans.batch import Existing, Job, Outcome, attempt, clean_up, done_before
from singtrans.batch.processes import Factory
from singtrans.errors import InputError, UsageError

if TYPE_CHECKING:
    from distributed import Client, Future

RETRIES = 2
"""How often a job is tried again whose worker died. Each of these may be several tries of a scheduler that was
started without ``DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0``: it gives a job to four workers by default."""

_PATIENCE = 60  # seconds to wait for the first worker, which may be starting
_AHEAD = 20  # jobs that are with the scheduler, for each worker


def run(
    jobs: Sequence[Job],
    factory: Factory,
    existing: Existing,
    scheduler: str,
    processes: int,
) -> Iterator[Outcome]:
    """Do the jobs on a cluster; what became of each, in the order of the jobs.

    Args:
        jobs: what to do. Paths are those of the workers: all machines need the same folders, or URLs.
        factory: makes a transcriber on a worker; it must be picklable.
        existing: what to do about outputs that are there.
        scheduler: its address, or ``local`` for a cluster on this machine.
        processes: how many workers a local cluster has.

    Raises:
        UsageError: if there is no such scheduler, or a transcriber says that no recording at all can be done.
    """
    clean_up(jobs)
    todo = deque(number for number, job in enumerate(jobs) if not done_before(job, existing))
    if not todo:
        yield from map(Outcome, jobs)
        return
    waiting, outcomes = set(todo), {}
    with _client(scheduler, min(processes, len(todo))) as client:
        crew = _Crew(client, jobs, factory, existing)
        for number, job in enumerate(jobs):
            while number in waiting and number not in outcomes:
                outcomes.update(crew.turn(todo))
            yield outcomes.pop(number) if number in waiting else Outcome(job)


class _Crew:
    """The jobs that are with the scheduler."""

    def __init__(self, client: "Client", jobs: Sequence[Job], factory: Factory, existing: Existing) -> None:
        from distributed import as_completed

        self._client, self._jobs, self._factory, self._existing = client, jobs, factory, existing
        self._completed = as_completed(raise_errors=False)
        self._given: dict[str, int] = {}
        self._suspects: deque[int] = deque()
        self._deaths: dict[int, int] = {}

    def turn(self, todo: deque[int]) -> dict[int, Outcome]:
        """Hand out jobs, and wait for one to be done."""
        room = max(1, len(self._client.scheduler_info()["workers"])) * _AHEAD
        while todo and len(self._given) < room:
            self._give(todo.popleft())
        if not self._given:
            self._give(self._suspects.popleft())
        future = next(self._completed)
        number = self._given.pop(future.key)
        outcome = self._outcome(future, number)
        return {number: outcome} if outcome else {}

    def _give(self, number: int) -> None:
        future = self._client.submit(
            _do, self._jobs[number], self._factory, self._policy(number), pure=False, priority=-number
        )
        self._given[future.key] = number
        self._completed.add(future)

    def _policy(self, number: int) -> Existing:
        # A job that is done again, by Dask or by us, finds what the worker wrote before it died.
        if self._existing is Existing.REFUSE and self._fresh(number):
            return Existing.OVERWRITE
        return self._existing

    def _fresh(self, number: int) -> bool:
        from singtrans.batch.locations import exists

        return number in self._deaths or not any(map(exists, self._jobs[number].outputs))

    def _outcome(self, future: "Future", number: int) -> Outcome | None:
        """What became of a job; None if it is to be tried again."""
        from distributed import KilledWorker

        job = self._jobs[number]
        try:
            # If the worker has died meanwhile and taken the result with it, this waits until it is done again.
            answer = future.result()
        except KilledWorker:
            self._deaths[number] = self._deaths.get(number, 0) + 1
            if self._deaths[number] <= RETRIES:
                self._suspects.append(number)
                return None
            what = f"its worker died {self._deaths[number]} times; leave it out, or see whether memory is short"
            return Outcome(job, error=f"{job.audio}: {what}")
        except Exception as error:  # whatever Dask or the network comes up with must not cost the other recordings
            what = " ".join(f"{type(error).__name__}: {error}".split())
            return Outcome(job, error=f"{job.audio}: the cluster could not do it ({what}); see the workers' logs")
        if isinstance(answer, UsageError):
            raise answer
        return answer


def _do(job: Job, factory: Factory, existing: Existing) -> Outcome | UsageError:
    """Done on a worker, which keeps its transcriber."""
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
    """A client of a scheduler, or of one of our own."""
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
                client.wait_for_workers(1, timeout=_PATIENCE)
            except TimeoutError:
                line = f"--scheduler {scheduler}: no workers for {_PATIENCE} s; start `dask worker {scheduler}`"
                raise InputError(line) from None
            yield client
