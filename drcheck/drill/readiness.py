"""May a drill be held now, and how long would it take? The one judgement that plans show and that drills obey."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from msgspec import Struct, structs

from drcheck.drill import Context, Failover
from drcheck.drill.planning.announcement import CLEAN_UP, Announced
from drcheck.drill.planning.capacity import shortages
from drcheck.drill.planning.estimate import Estimate, estimates, work_seconds
from drcheck.drill.planning.permission import Times, deadline, obstacles, too_large
from drcheck.drill.rehearsed.announced import by_hand
from drcheck.drill.rehearsed.people import own_steps
from drcheck.drill.signing import unusable
from drcheck.errors import DrillFailed
from drcheck.estate import DrillSpec


class Readiness(Struct, frozen=True, kw_only=True):
    """What stands against a drill, before isolation and the target's own state are looked at."""

    announced: Announced
    estimates: tuple[Estimate, ...]
    times: Times
    refused: tuple[str, ...]
    short: tuple[str, ...]
    """What there is too little room for; told after isolation, which matters more."""
    deadline: datetime | None
    """When its work is ended, UTC; ``None``: there is no limit."""


def readiness(spec: DrillSpec, failover: Failover, context: Context, executor: str) -> Readiness:
    """Judge who allowed it, when it would be over, how much it brings up, and whether there is room for that.

    Args:
        spec: the drill.
        failover: what it fails over.
        context: the drill's surroundings.
        executor: who would hold it.
    """
    loads, estate, target = failover.loads(), context.estate, failover.subject.key
    announced = failover.announced()
    people = tuple(by_hand(own_steps(spec, context.topology, target)))
    announced = structs.replace(announced, work=(*announced.work, *people))
    found = estimates(announced, target, context.topology, estate.policy)
    last = sum(one.seconds for one in found if one.stage == CLEAN_UP)
    times = Times(
        start=context.now(),
        work_seconds=work_seconds((one for one in found if one.waited), spec.limits.parallel),
        clean_up_seconds=max(last, estate.policy.drill_clean_up),
    )
    refused = (
        *obstacles(spec, estate, executor, times),
        *unusable(estate),
        *too_large(spec, sum(load.machines for load in loads)),
    )
    return Readiness(
        announced=announced,
        estimates=found,
        times=times,
        refused=refused,
        short=shortages(loads, context.topology, estate.policy),
        deadline=deadline(spec, estate, times),
    )


class Deadline:
    """Ends the work at its next pause when its time is over.

    Args:
        now: the time, UTC.
        wait: pauses for so many seconds.
    """

    def __init__(self, now: Callable[[], datetime], wait: Callable[[float], None]) -> None:
        self._now = now
        self._wait = wait
        self.at: datetime | None = None
        """UTC; ``None``: there is no end."""
        self._running = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """A stretch that has to end in time; the clean-up is outside of it."""
        self._running = True
        try:
            yield
        finally:
            self._running = False

    def wait(self, seconds: float) -> None:
        """Pause, as a drill does between two looks at its own work.

        Raises:
            DrillFailed: the time is over.
        """
        self._insist()
        self._wait(seconds)
        self._insist()

    def _insist(self) -> None:
        if self._running and self.at is not None and self._now() >= self.at:
            raise DrillFailed(f"its time was over at {self.at:%Y-%m-%d %H:%M:%S} UTC (limits, window or blackout)")
