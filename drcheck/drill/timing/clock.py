"""Where does a drill get its time, its patience and its second look from? The real ones, for a real run."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from drcheck.discovery.driver import look
from drcheck.drill import Context, Person
from drcheck.estate import Estate
from drcheck.topology.base import Topology


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - a drill measures against this clock


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
    return Context(
        estate=estate,
        topology=topology,
        folder=folder,
        now=now,
        wait=time.sleep,
        say=say,
        person=person,
        look=lambda targets, kinds=(): look(estate, targets, now=now, monotonic=time.monotonic, kinds=kinds),
    )
