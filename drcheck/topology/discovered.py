"""What was asked in a run, and who answered?"""

from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Derived, Fact, Gap, Topology, kinds
from drcheck.topology.declared import DeclaredEndpoint


class DiscoveryRun(Derived, frozen=True, kw_only=True, gc=False):
    """The discovery that everything else rests on. Key: ``run``; there is one where endpoints were declared."""

    SUBJECT: ClassVar[str] = "run"
    FROM: ClassVar[tuple[type[Fact], ...]] = (DeclaredEndpoint,)

    name: str

    @classmethod
    def derive(cls, topology: Topology) -> "Iterator[DiscoveryRun]":
        """The one run."""
        declared = topology.seen(DeclaredEndpoint)
        if declared:
            yield cls(key="run", seen=declared[0].seen, name="discovery")


class Reading(Struct, frozen=True, kw_only=True):
    """How one kind of fact was read at one endpoint: to its end, or not."""

    kind: str
    complete: bool


def readings_at(topology: Topology, endpoint: DeclaredEndpoint) -> tuple[Reading, ...]:
    """What is on record about a declared endpoint; nothing when nobody ever turned to it."""
    known = topology.memo("readings", lambda: _by_scope(topology))
    return known.get(f"{endpoint.role}:{endpoint.endpoint}", ())


def unread(topology: Topology) -> tuple[Gap, ...]:
    """Everything that should have been read and was not, at whatever endpoint, each once."""
    found = {gap.key: gap for gap in topology.gaps}
    for kind in kinds():
        found |= {gap.key: gap for gap in topology.missing(kind)}
    return tuple(found[key] for key in sorted(found))


def _by_scope(topology: Topology) -> dict[str, tuple[Reading, ...]]:
    found: dict[str, list[Reading]] = {}
    for look in topology.looked:
        found.setdefault(look.scope, []).append(Reading(kind=look.kind, complete=True))
    for gap in topology.gaps:
        found.setdefault(gap.scope, []).append(Reading(kind=gap.kind, complete=False))
    return {scope: tuple(readings) for scope, readings in found.items()}
