"""Where does a drill get its time, its patience and its second look from? The real ones, for a real run."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drcheck.discovery.driver import look
from drcheck.drill import Context, Person
from drcheck.estate import Estate
from drcheck.topology.base import Topology


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - a drill measures against this clock


def steady() -> Callable[[], datetime]:
    """A clock that begins at the present time, UTC, and is never set: a step in mid-drill would be part of an RTO."""
    began, at = now(), _passed()

    def tell() -> datetime:
        return began + timedelta(seconds=_passed() - at)

    return tell


def _passed() -> float:
    """Seconds since some moment, those included in which this machine was asleep."""
    asleep_too = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if asleep_too is None else time.clock_gettime(asleep_too)


def context(
    estate: Estate,
    topology: Topology,
    folder: Path,
    say: Callable[[str], None],
    person: Person | None = None,
) -> Context:
    """What a drill of this estate works with.

    Args:
        estate: what is declared.
        topology: what was found in this run.
        folder: where journals and records go.
        say: told how it goes, one line at a time.
        person: who is asked when only a person can do something; ``None``: declared times count.
    """
    clock = steady()
    return Context(
        estate=estate,
        topology=topology,
        folder=folder,
        now=clock,
        wait=time.sleep,
        say=say,
        person=person,
        look=lambda targets, kinds=(): look(estate, targets, now=clock, monotonic=time.monotonic, kinds=kinds),
    )
