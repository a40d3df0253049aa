"""Transcription of recordings in several processes of this machine.

Each process loads the model once and does one job after another. While it works, the next job is already sent to it. A
process answers after each job. Therefore, if a process dies, it is known which job was running. This job is tried again
in another process, at most twice. Other jobs are not affected. The outcomes and their order do not depend on the number
of processes.

joblib, concurrent.futures and Pebble are not used, because all processes of a pool share one queue there: if a process
dies while it uses the queue, the whole pool fails. In this module, each process has a separate pipe.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from singtrans import interrupt
from singtrans.batch.jobs import Existing, Outcome, Transcribe, attempt, clean_up, done_before
from singtrans.batch.plan import Job
from singtrans.batch.retries import Retries
from singtrans.errors import UsageError

_JOBS_PER_PROCESS = 2  # the current job and the next one

Factory = Callable[[], Transcribe]
"""Picklable function that makes a transcriber; it is called in the process that uses the transcriber."""


def run(jobs: Sequence[Job], factory: Factory, existing: Existing, processes: int) -> Iterator[Outcome]:
    """Do the jobs in several processes and yield their outcomes in the order of the jobs.

    Args:
        jobs: recordings and their outputs.
        factory: function that makes the transcriber of each process.
        existing: treatment of existing outputs. No process is started for jobs whose outputs are all kept.
        processes: number of processes.

    Raises:
        UsageError: if a transcriber reports that it cannot transcribe any recording.
    """
    clean_up(jobs)
    # Recordings differ in length, so each job goes to the next process that is free.
    waiting = deque(number for number, job in enumerate(jobs) if not done_before(job, existing))
    outcomes: dict[int, Outcome] = {}
    todo = set(waiting)
    with _Pool(jobs, factory, existing, min(processes, len(waiting))) as pool:
        for number, job in enumerate(jobs):
            while number in todo and number not in outcomes:
                pool.send(waiting)
                outcomes.update(pool.receive(waiting))
            yield outcomes.pop(number) if number in todo else Outcome(job)


@dataclass
class _Worker:
    """A process, the parent's end of its pipe, and the numbers of the jobs that it has not finished, in order."""

    process: BaseProcess
    pipe: Connection
    sent: deque[int] = field(default_factory=deque)


class _Pool:
    """The worker processes of a run."""

    def __init__(self, jobs: Sequence[Job], factory: Factory, existing: Existing, size: int) -> None:
        self._jobs, self._factory, self._size = jobs, factory, size
        self._retries = Retries(jobs, existing)
        # A forked copy of a process that has used torch can hang.
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []

    def __enter__(self) -> "_Pool":
        try:
            while len(self._workers) < self._size:
                self._start_worker()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.pipe.close()
            if worker.sent:  # it is stopped during a job, and removes its unfinished file
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join()

    def _start_worker(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, self._factory), daemon=True)
        # A process that does not receive all data about its work prints a traceback, so a signal is delayed.
        with interrupt.waiting():
            if os.name == "posix":
                resource_tracker.ensure_running()  # its start would end `held_back`
            with interrupt.held_back():
                process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours))
        interrupt.check()

    def send(self, waiting: deque[int]) -> None:
        """Send jobs. Each process gets one job before any gets a second one, so that a few jobs are divided evenly."""
        for depth in range(1, _JOBS_PER_PROCESS + 1):
            for worker in self._workers:
                if waiting and len(worker.sent) < depth and not self._must_wait(worker, waiting[0]):
                    number = waiting.popleft()
                    worker.sent.append(number)
                    with suppress(OSError):  # the process has just died; `receive` handles that
                        worker.pipe.send((number, self._jobs[number], self._retries.policy(number)))

    def _must_wait(self, worker: _Worker, number: int) -> bool:
        """Return whether a job must wait until this process is idle, because another process died during the job."""
        return bool(worker.sent) and self._retries.deaths(number) > 0

    def receive(self, waiting: deque[int]) -> dict[int, Outcome]:
        """Wait for answers, and map the numbers of jobs to their outcomes.

        If a process has died, its jobs are put back into ``waiting``, except a job that has failed too often.
        """
        outcomes = {}
        ready = wait([worker.pipe for worker in self._workers])
        for worker in [w for w in self._workers if w.pipe in ready]:
            try:
                number, answer = worker.pipe.recv()
            except (EOFError, OSError):
                outcomes.update(self._replace(worker, waiting))
                continue
            if isinstance(answer, UsageError):
                raise answer
            worker.sent.remove(number)
            outcomes[number] = answer
        return outcomes

    def _replace(self, worker: _Worker, waiting: deque[int]) -> dict[int, Outcome]:
        """Replace a process that died, and return the outcome of its job if this job is not tried again."""
        worker.process.join()
        self._workers.remove(worker)
        outcomes = {}
        if worker.sent:
            number, *others = worker.sent
            waiting.extendleft(reversed(others))
            if self._retries.died(number):
                waiting.appendleft(number)
            else:
                outcomes[number] = Outcome(self._jobs[number], error=self._error(number, worker.process.exitcode))
        self._start_worker()
        return outcomes

    def _error(self, number: int, code: int | None) -> str:
        code = code or 0
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return (
            f"{self._jobs[number].audio}: the process that transcribed it died {self._retries.deaths(number)} times"
            f" ({how}); leave it out, or check whether there is enough memory"
        )


def _work(pipe: Connection, factory: Factory) -> None:
    """Do the jobs that arrive through the pipe until the pipe is closed."""
    # Ctrl-C sends a signal to all processes. It is blocked here, and the first process stops the others.
    interrupt.install()
    try:
        try:
            _answer(pipe, factory())
        except (EOFError, OSError, interrupt.Stopped):
            interrupt.ignore()
    except interrupt.Stopped:
        pass  # a second signal, before all are ignored
    os._exit(0)  # exit without waiting for torch to shut down


def _answer(pipe: Connection, transcriber: Transcribe) -> None:
    while True:
        number, job, existing = pipe.recv()
        answer: Outcome | UsageError
        try:
            answer = attempt(job, transcriber, existing)
        except UsageError as error:
            answer = error
        pipe.send((number, answer))
