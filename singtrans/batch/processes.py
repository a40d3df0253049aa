"""Many recordings in several processes of this machine.

Each process loads the model once and is given one job after the other, the next while it works on the one before.
It answers after each, so that it is known what a process was at when it died: that job is given to another, twice
at most, since it may be what kills. Nothing else is lost, and what comes out, its order and every number in it do
not depend on how many processes there are.

joblib and concurrent.futures give up a whole pool when one of its processes dies, without saying of what.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from singtrans import interrupt
from singtrans.batch import Existing, Job, Outcome, attempt, clean_up, done_before
from singtrans.batch.jobs import Transcribe
from singtrans.batch.locations import exists
from singtrans.errors import UsageError
from singtrans.logs import show_logs

RETRIES = 2
"""How often a job is tried again whose process died."""

_AHEAD = 2  # jobs that a process has been given: the one it works on, and the next

Factory = Callable[[], Transcribe]
"""Makes a transcriber in the process that is to use it; it must be picklable."""


def run(jobs: Sequence[Job], factory: Factory, existing: Existing, processes: int) -> Iterator[Outcome]:
    """Do the jobs in several processes; what became of each, in the order of the jobs.

    Args:
        jobs: what to do.
        factory: makes each process's transcriber.
        existing: what to do about outputs that are there; jobs with nothing left to do cost no process.
        processes: how many.

    Raises:
        UsageError: if a transcriber says that no recording at all can be done.
    """
    clean_up(jobs)
    # Short and long recordings mixed: whichever process is free takes the next.
    waiting = deque(number for number, job in enumerate(jobs) if not done_before(job, existing))
    outcomes: dict[int, Outcome] = {}
    todo = set(waiting)
    with _Crew(jobs, factory, existing, min(processes, len(waiting))) as crew:
        for number, job in enumerate(jobs):
            while number in todo and number not in outcomes:
                crew.give(waiting)
                outcomes.update(crew.take(waiting))
            yield outcomes.pop(number) if number in todo else Outcome(job)


@dataclass
class _Worker:
    """A process, our end of its pipe, and the numbers of the jobs that it has been given, in order."""

    process: BaseProcess
    pipe: Connection
    given: deque[int] = field(default_factory=deque)


class _Crew:
    """The processes at work."""

    def __init__(self, jobs: Sequence[Job], factory: Factory, existing: Existing, size: int) -> None:
        self._jobs, self._factory, self._existing, self._size = jobs, factory, existing, size
        # A forked copy of a process that has used torch can hang.
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []
        self._deaths: dict[int, int] = {}
        self._clean: set[int] = set()  # jobs that had no output when they were first given

    def __enter__(self) -> "_Crew":
        try:
            while len(self._workers) < self._size:
                self._hire()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.pipe.close()
            if worker.given:  # stopped in the middle: what it was writing is removed on its way out
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join()

    def _hire(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, self._factory), daemon=True)
        with interrupt.held_back():
            process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours))

    def give(self, waiting: deque[int]) -> None:
        """Hand out jobs, first one to each process, so that few jobs are shared out evenly."""
        for depth in range(1, _AHEAD + 1):
            for worker in self._workers:
                if waiting and len(worker.given) < depth and not self._suspect(worker, waiting[0]):
                    number = waiting.popleft()
                    worker.given.append(number)
                    with suppress(OSError):  # it has just died: taking its answer will say so
                        worker.pipe.send((number, self._jobs[number], self._policy(number)))

    def _policy(self, number: int) -> Existing:
        """What to do about outputs: those that a process wrote before it died are ours to replace."""
        if number in self._deaths:
            return Existing.OVERWRITE if number in self._clean else self._existing
        if not any(map(exists, self._jobs[number].outputs)):
            self._clean.add(number)
        return self._existing

    def _suspect(self, worker: _Worker, number: int) -> bool:
        """Whether a process must be free for a job: with one that a process died of, it waits for no other."""
        return bool(worker.given) and number in self._deaths

    def take(self, waiting: deque[int]) -> dict[int, Outcome]:
        """Wait for answers; the jobs of a process that died go back to ``waiting``, or have failed."""
        outcomes = {}
        ready = wait([worker.pipe for worker in self._workers])
        for worker in [w for w in self._workers if w.pipe in ready]:
            try:
                number, answer = worker.pipe.recv()
            except (EOFError, OSError):
                outcomes.update(self._bury(worker, waiting))
                continue
            if isinstance(answer, UsageError):
                raise answer
            worker.given.remove(number)
            outcomes[number] = answer
        return outcomes

    def _bury(self, worker: _Worker, waiting: deque[int]) -> dict[int, Outcome]:
        worker.process.join()
        self._workers.remove(worker)
        outcomes = {}
        if worker.given:
            number, *others = worker.given
            waiting.extendleft(reversed(others))
            self._deaths[number] = self._deaths.get(number, 0) + 1
            if self._deaths[number] <= RETRIES:
                waiting.appendleft(number)
            else:
                outcomes[number] = Outcome(self._jobs[number], error=self._epitaph(number, worker.process.exitcode))
        self._hire()
        return outcomes

    def _epitaph(self, number: int, code: int | None) -> str:
        code = code or 0
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return (
            f"{self._jobs[number].audio}: the process that transcribed it died {self._deaths[number]} times ({how});"
            " leave it out, or see whether memory is short"
        )


def _work(pipe: Connection, factory: Factory) -> None:
    """The life of a process: jobs come through the pipe until it is closed."""
    interrupt.install()  # but for Ctrl-C, which is held back: it reaches all, and the first process stops the others
    show_logs()
    try:
        try:
            _answer(pipe, factory())
        except (EOFError, OSError, interrupt.Stopped):
            interrupt.ignore()
    except interrupt.Stopped:
        pass  # a second signal, before all are ignored
    os._exit(0)  # without waiting for torch to take itself apart


def _answer(pipe: Connection, transcriber: Transcribe) -> None:
    while True:
        number, job, existing = pipe.recv()
        answer: Outcome | UsageError
        try:
            answer = attempt(job, transcriber, existing)
        except UsageError as error:
            answer = error
        pipe.send((number, answer))
