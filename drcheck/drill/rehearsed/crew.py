"""How are several parts of a drill worked on at once, within limits, and how do all end when one of them has to?"""

import concurrent.futures
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import local
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct

from drcheck.drill import Look
from drcheck.drill.timing.waiting import ATTENTION_SECONDS
from drcheck.errors import DrcheckError, DrillFailed
from drcheck.estate import Limits
from drcheck.topology.base import Fact, Target, Topology, Unknown

T = TypeVar("T")
Trouble: TypeAlias = DrcheckError | Unknown
"""What may go wrong in an estate. Anything else is a mistake of ours."""


class Task(Struct, Generic[T], frozen=True, kw_only=True):
    """One part's work. ``place``: ``hyperv:<host>``, ``vault:<ARM id>``, or empty when it puts a load on neither."""

    name: str
    place: str
    work: Callable[[], T]


class Crew:
    """Works on the parts of one drill.

    Args:
        limits: how many parts may be worked on at once: in all, on one host, in one vault.
        pause: pauses for so many seconds, and raises when all work has to end.
    """

    def __init__(self, limits: Limits, pause: Callable[[float], None]) -> None:
        self._limits = limits
        self._pause = pause
        self._reason = ""

    def wait(self, seconds: float) -> None:
        """How a part pauses.

        Raises:
            DrillFailed: another part, or whoever holds the drill, has ended the work.
        """
        if self._reason:
            raise DrillFailed(self._reason)
        self._pause(seconds)

    def work(
        self,
        tasks: Sequence[Task[T]],
        ends: Callable[[Task[T], T | Trouble], str] = lambda _task, _done: "",
        attend: Callable[[], None] = lambda: None,
    ) -> list[T | Trouble]:
        """Do everything, each task as soon as there is room for it, in the order given.

        Args:
            tasks: what is to be done.
            ends: told what became of a task, says why the work on all others has to end; empty: it goes on.
            attend: called all the time; what it raises ends the work, and is raised here when every task has ended.

        Returns:
            What became of each task, in the order given: what trouble it met, or what it gave.
        """
        done: dict[int, T | Trouble] = {}
        try:
            pool = ThreadPoolExecutor(max(1, self._limits.parallel), thread_name_prefix="drill part")
            with pool, self._ending_all():
                self._work(pool, tasks, done, ends, attend)
        finally:
            reason, self._reason = self._reason, ""
        not_started = DrillFailed(f"not started: {reason}")
        return [done.get(number, not_started) for number in range(len(tasks))]

    def _work(
        self,
        pool: ThreadPoolExecutor,
        tasks: Sequence[Task[T]],
        done: dict[int, T | Trouble],
        ends: Callable[[Task[T], T | Trouble], str],
        attend: Callable[[], None],
    ) -> None:
        waiting = list(range(len(tasks)))
        running: dict[Future[T], int] = {}
        while running or (waiting and not self._reason):
            for number in list(self._next(tasks, waiting, list(running.values()))):
                waiting.remove(number)
                running[pool.submit(tasks[number].work)] = number
            attend()
            ended = concurrent.futures.wait(running, timeout=ATTENTION_SECONDS, return_when=FIRST_COMPLETED).done
            for future in ended:
                number = running.pop(future)
                became: T | Trouble = _became(future)
                done[number] = became
                self._reason = self._reason or ends(tasks[number], became)

    def _next(self, tasks: Sequence[Task[T]], waiting: Sequence[int], running: Sequence[int]) -> Iterator[int]:
        """The tasks that there is room for now."""
        if self._reason:
            return
        taken = [tasks[number].place for number in running]
        for number in waiting:
            place = tasks[number].place
            if len(taken) < self._limits.parallel and taken.count(place) < self._most(place):
                taken.append(place)
                yield number

    def _most(self, place: str) -> int:
        kind = place.partition(":")[0]
        return {"hyperv": self._limits.per_host, "vault": self._limits.per_vault}.get(kind, self._limits.parallel)

    @contextmanager
    def _ending_all(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._reason = f"the drill was ended by {type(error).__name__}"
            raise


def _became(future: "Future[T]") -> T | Trouble:
    trouble = future.exception()
    if isinstance(trouble, DrcheckError | Unknown):
        return trouble
    return future.result()


class SharedLook:
    """Looks at each place once while many parts ask about it together; otherwise every look is a new one.

    Args:
        look: really looks.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self._here = local()

    def __call__(self, targets: tuple[Target, ...], kinds: tuple[type[Fact], ...] = ()) -> Topology:
        """What the targets say; see ``Look``."""
        known: dict[object, Topology] | None = getattr(self._here, "known", None)
        if known is None:
            return self._look(targets, kinds)
        if (targets, kinds) not in known:
            known[targets, kinds] = self._look(targets, kinds)
        return known[targets, kinds]

    @contextmanager
    def once(self) -> Iterator[None]:
        """On this thread, ask the same only once from here on."""
        self._here.known = {}
        try:
            yield
        finally:
            self._here.known = None
