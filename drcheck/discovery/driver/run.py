"""How does a discovery go on until nothing new is found?"""

from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol

from drcheck.discovery.driver.board import Board, Job
from drcheck.discovery.driver.work import Told, Visit, Worker
from drcheck.topology.base import Gap, Target, Topology

MOST_THREADS = 32


class Progress(Protocol):
    """Told how discovery goes, by one thread."""

    def found(self, target: Target) -> None:
        """Something to look at was found."""

    def started(self, target: Target, machine: str) -> None:
        """A target is being asked about; ``machine`` is empty when no Windows machine is asked."""

    def done(self, target: Target, *, facts: int, gaps: Sequence[Gap], seconds: float) -> None:
        """A target was read, or nobody could be asked about it."""

    def close(self) -> None:
        """Discovery is over, or was interrupted."""


class Silent:
    """A progress that tells nobody."""

    def found(self, target: Target) -> None:
        """Say nothing."""

    def started(self, target: Target, machine: str) -> None:
        """Say nothing."""

    def done(self, target: Target, *, facts: int, gaps: Sequence[Gap], seconds: float) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Say nothing."""


class Run:
    """One discovery.

    Args:
        worker: visits places.
        board: says which.
        progress: told as it goes.
        follow: whether what is found is looked at too.
    """

    def __init__(self, worker: Worker, board: Board, progress: Progress, *, follow: bool) -> None:
        self._worker = worker
        self._board = board
        self._progress = progress
        self._follow = follow

    def go(self, first: Iterable[Target]) -> Topology:
        """Look at these targets, and on from there."""
        pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="discovery")
        try:
            self._add(first)
            self._loop(pool)
            return self._topology()
        finally:
            # After Ctrl-C, what has begun ends by its own deadline (its shell must be deleted); nothing else begins.
            pool.shutdown(wait=False, cancel_futures=True)
            self._progress.close()

    def _loop(self, pool: ThreadPoolExecutor) -> None:
        running: set[Future[Visit]] = set()
        while True:
            for job in self._board.ready(nothing_runs=not running):
                for target in job.targets:
                    self._progress.started(target, job.machine)
                running.add(pool.submit(self._visit, job))
            if not running:
                return
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                self._take(future.result())

    def _visit(self, job: Job) -> Visit:
        if job.machine:
            return self._worker.machine(job.machine, job.targets)
        target = job.targets[0]
        return self._worker.declared(target) if target.role == "estate" else self._worker.cloud(target)

    def _take(self, visit: Visit) -> None:
        self._board.take(visit)
        for told in visit.told:
            self._progress.done(told.target, facts=len(told.facts), gaps=told.gaps, seconds=visit.seconds)
            if self._follow:
                self._add(target for fact in told.facts for target in fact.leads())

    def _add(self, targets: Iterable[Target]) -> None:
        for target in targets:
            if self._board.add(target):
                self._progress.found(target)

    def _topology(self) -> Topology:
        told: list[Told] = list(self._board.told())
        gaps: list[Gap] = [gap for each in told for gap in each.gaps]
        for target, failure in self._board.silent():
            lost = self._worker.gaps(target, failure)
            self._progress.done(target, facts=0, gaps=lost, seconds=0.0)
            gaps.extend(lost)
        return Topology(
            facts=(fact for each in told for fact in each.facts),
            gaps=gaps,
            looked=(look for each in told for look in each.looked),
            targets=self._board.targets,
            clocks=self._board.clocks,
            as_of=self._worker.now(),
        )
