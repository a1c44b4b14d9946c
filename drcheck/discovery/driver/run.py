"""How does a discovery go on until nothing new is found?"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol

from msgspec import structs

from drcheck.discovery.driver.assignment import Assignment
from drcheck.discovery.driver.board import Board, Job
from drcheck.discovery.driver.work import Told, Visit, Worker
from drcheck.topology.base import Gap, Target, Topology
from drcheck.topology.sharing import Shared

MACHINES_AT_A_TIME = 64
CLOUDS_AT_A_TIME = 8
"""Vaults and subscriptions; each has several requests under way."""


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
        given: what is known already, and who keeps what is read.
        follow: whether what is found is looked at too.
    """

    def __init__(
        self, worker: Worker, board: Board, progress: Progress, given: Assignment | None = None, *, follow: bool
    ) -> None:
        self._worker = worker
        self._board = board
        self._progress = progress
        self._given = given or Assignment()
        self._follow = follow
        self._shared = Shared()
        self._machines = ThreadPoolExecutor(MACHINES_AT_A_TIME, thread_name_prefix="machines")
        self._clouds = ThreadPoolExecutor(CLOUDS_AT_A_TIME, thread_name_prefix="clouds")

    def go(self, first: Iterable[Target]) -> Topology:
        """Look at these targets, and on from there."""
        try:
            self._add(first)
            self._add(self._given.leads)
            self._loop()
            return self._topology()
        finally:
            # After Ctrl-C, what has begun ends by its own deadline (its shell must be deleted); nothing else begins.
            self._machines.shutdown(wait=False, cancel_futures=True)
            self._clouds.shutdown(wait=False, cancel_futures=True)
            self._progress.close()

    def _loop(self) -> None:
        running: set[Future[Visit]] = set()
        while True:
            for job in self._board.ready(nothing_runs=not running):
                for target in job.targets:
                    self._progress.started(target, job.machine)
                pool = self._machines if job.machine else self._clouds
                running.add(pool.submit(self._visit, job))
            if not running:
                return
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                self._take(future.result())

    def _visit(self, job: Job) -> Visit:
        if job.machine:
            return self._worker.machine(job.machine, job.targets, job.known)
        target = job.targets[0]
        return self._worker.declared(target) if target.role == "estate" else self._worker.cloud(target, job.known)

    def _take(self, visit: Visit) -> None:
        self._board.take(visit)
        for told in visit.told:
            self._shared.settle(told.facts)
            if visit.machine:  # of a cloud, each part was kept when it was complete
                clock = None if visit.clock is None else structs.replace(visit.clock, endpoint=visit.machine)
                self._given.keep(told.as_topology(self._worker.now(), [clock] if clock else []))
            self._progress.done(told.target, facts=len(told.facts), gaps=told.gaps, seconds=visit.seconds)
            if self._follow:
                self._add(target for fact in told.facts for target in fact.leads())

    @property
    def _sites(self) -> tuple[str, ...]:
        return (self._given.site,) if self._given.site else ()

    def _add(self, targets: Iterable[Target]) -> None:
        spread = self._worker.estate.spread
        waiting = deque(each for target in targets for each in spread(target))
        while waiting:
            target = waiting.popleft()
            if self._board.add(target):
                self._progress.found(target)
                waiting.extend(each for lead in self._recall(target) for each in spread(lead))

    def _recall(self, target: Target) -> Iterator[Target]:
        """Take what is known already about a target; returns where it leads."""
        if target.role == "estate":
            return
        parts = self._given.earlier.parts(target, self._board.kinds(target.role))
        if parts:
            told = Told(target=target, parts=parts)
            self._board.recall(told)
            self._progress.done(target, facts=len(told.facts), gaps=(), seconds=0.0)
            yield from (lead for fact in told.facts for lead in fact.leads())

    def _topology(self) -> Topology:
        told: list[Told] = list(self._board.told())
        gaps: list[Gap] = [gap for each in told for gap in each.gaps]
        for target, kinds, failure in self._board.untold():
            lost = self._worker.gaps(target, failure, kinds)
            self._progress.done(target, facts=0, gaps=lost, seconds=0.0)
            gaps.extend(lost)
        return Topology(
            facts=(fact for each in told for fact in each.facts),
            gaps=gaps,
            looked=(look for each in told for look in each.looked),
            targets=self._board.targets,
            clocks=({clock.endpoint: clock for clock in (*self._given.earlier.clocks, *self._board.clocks)}).values(),
            as_of=self._worker.now(),
            sites=self._sites,
        )
