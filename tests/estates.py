"""An estate as plain facts, and the changes that turn a healthy one into a case."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec

from drcheck.topology.base import Clock, Fact, Gap, Looked, Seen, Target, Topology, kinds

AS_OF = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
READ = AS_OF - timedelta(minutes=2)


def seen(endpoint: str) -> Seen:
    return Seen(source="test", endpoint=endpoint, query="test", at=READ)


def ago(**span: float) -> datetime:
    """A moment before the end of discovery."""
    return AS_OF - timedelta(**span)


@cache
def asked_of(role: str) -> tuple[str, ...]:
    """The kinds that endpoints of a role are asked for."""
    return tuple(kind.__name__ for kind in kinds() if role == kind.ROLE)


@dataclass(frozen=True, kw_only=True)
class Estate:
    """Facts, gaps and looks that can still be changed; every change gives a new estate."""

    facts: tuple[Fact, ...]
    targets: tuple[Target, ...]
    gaps: tuple[Gap, ...] = ()
    clocks: tuple[Clock, ...] = ()
    as_of: datetime = AS_OF

    def topology(self) -> Topology:
        """Everything that was not lost was read to its end."""
        lost = {(gap.kind, gap.scope) for gap in self.gaps}
        looked = tuple(
            Looked(kind=kind, scope=scope, seen=seen(scope))
            for kind, scope in self.answers()
            if (kind, scope) not in lost
        )
        return Topology(
            facts=self.facts, gaps=self.gaps, looked=looked, targets=self.targets, clocks=self.clocks, as_of=self.as_of
        )

    def answers(self) -> Iterator[tuple[str, str]]:
        """Every (kind, scope) that discovery asks for."""
        for target in self.targets:
            for kind in asked_of(target.role):
                yield kind, target.scope


Change = Callable[[Estate], Estate]


def change(kind: type[Fact], key: str, **fields: Any) -> Change:
    """Give one fact other values; a fact that is not there stays away."""

    def apply(estate: Estate) -> Estate:
        facts = tuple(
            msgspec.structs.replace(fact, **fields) if type(fact) is kind and fact.key == key else fact
            for fact in estate.facts
        )
        return replace(estate, facts=facts)

    return apply


def drop(kind: type[Fact], *keys: str) -> Change:
    """Facts that do not exist: the source was read to its end and did not tell of them. No keys: all of the kind."""

    def apply(estate: Estate) -> Estate:
        gone = [fact for fact in estate.facts if type(fact) is kind and (not keys or fact.key in keys)]
        return replace(estate, facts=tuple(fact for fact in estate.facts if fact not in gone))

    return apply


def add(*facts: Fact) -> Change:
    """More facts; one of the same kind and key is replaced."""
    new = {(type(fact), fact.key) for fact in facts}

    def apply(estate: Estate) -> Estate:
        kept = tuple(fact for fact in estate.facts if (type(fact), fact.key) not in new)
        return replace(estate, facts=(*kept, *facts))

    return apply


def lose(kind: type[Fact] | str, scope: str) -> Change:
    """An answer that never came: its facts are unknown and a gap stands in their place."""
    name = kind if isinstance(kind, str) else kind.__name__

    def apply(estate: Estate) -> Estate:
        role, _, endpoint = scope.partition(":")
        kept = tuple(
            fact
            for fact in estate.facts
            if not (type(fact).__name__ == name and role == fact.ROLE and fact.seen.endpoint == endpoint)
        )
        gap = Gap(kind=name, scope=scope, cause="timeout", reason="no answer", seen=seen(endpoint))
        gaps = (*(one for one in estate.gaps if (one.kind, one.scope) != (name, scope)), gap)
        return replace(estate, facts=kept, gaps=gaps)

    return apply


def cut(kind: type[Fact], scope: str) -> Change:
    """An answer that is not whole: what came of it is known, and a gap stands for the rest."""
    gap = Gap(kind=kind.__name__, scope=scope, cause="damaged", reason="no JSON", seen=seen(scope.partition(":")[2]))
    return lambda estate: replace(estate, gaps=(*estate.gaps, gap))


def at(moment: datetime) -> Change:
    """The same answers, and discovery ended at another time."""
    return lambda estate: replace(estate, as_of=moment)


def skew(endpoint: str, offset: float, uncertainty: float = 0.0) -> Change:
    """A clock that is ahead of ours."""
    clock = Clock(endpoint=endpoint, offset_seconds=offset, uncertainty_seconds=uncertainty, at=READ)
    return lambda estate: replace(estate, clocks=(*estate.clocks, clock))


def reach(role: str, endpoint: str) -> Change:
    """One more endpoint to ask; whatever it is asked, it answers with nothing."""
    return lambda estate: replace(estate, targets=(*estate.targets, Target(role=role, endpoint=endpoint)))


def together(*changes: Change) -> Change:
    """One change after the other."""

    def apply(estate: Estate) -> Estate:
        for each in changes:
            estate = each(estate)
        return estate

    return apply


def unchanged(estate: Estate) -> Estate:
    return estate
