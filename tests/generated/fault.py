"""What can be wrong with a drawn estate: one change of its facts, and exactly what must be found because of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from drcheck.topology.base import Fact, Gap
from drcheck.verdict import Verdict
from tests.estates import Estate, seen

FactT = TypeVar("FactT", bound=Fact)
Expected = dict[tuple[str, str], Verdict]
"""Verdicts by check and subject key: all that is to be found that is neither PASS nor NOT_APPLICABLE."""
Edits = dict[tuple[type[Fact], str], Fact | None]
"""Facts by kind and key as they are to be; ``None``: it is not there."""


@dataclass(frozen=True)
class Drawn:
    """An estate whose facts can be looked up."""

    estate: Estate

    @cached_property
    def facts(self) -> Mapping[tuple[type[Fact], str], Fact]:
        """Every fact by kind and key."""
        return {(type(fact), fact.key): fact for fact in self.estate.facts}

    @cached_property
    def _kinds(self) -> Mapping[type[Fact], Sequence[Fact]]:
        kinds: dict[type[Fact], list[Fact]] = {}
        for fact in self.estate.facts:
            kinds.setdefault(type(fact), []).append(fact)
        return kinds

    def all(self, kind: type[FactT], **fields: object) -> list[FactT]:
        """The facts of a kind that have these values in their fields."""
        facts: Sequence[FactT] = self._kinds.get(kind, ())  # type: ignore[assignment]  # grouped by exact type
        if len(fields) == 1:
            ((field, value),) = fields.items()
            return self._by(kind, field).get(value, [])  # type: ignore[return-value]  # grouped by exact type
        return [fact for fact in facts if all(getattr(fact, name) == value for name, value in fields.items())]

    def get(self, kind: type[FactT], key: str) -> FactT:
        """The fact with this key."""
        return self.facts[kind, key]  # type: ignore[return-value]  # by exact type

    def _by(self, kind: type[Fact], field: str) -> Mapping[object, list[Fact]]:
        known: dict[tuple[type[Fact], str], Mapping[object, list[Fact]]] = self._indexes
        if (kind, field) not in known:
            groups: dict[object, list[Fact]] = {}
            for fact in self._kinds.get(kind, ()):
                groups.setdefault(getattr(fact, field), []).append(fact)
            known[kind, field] = groups
        return known[kind, field]

    @cached_property
    def _indexes(self) -> dict[tuple[type[Fact], str], Mapping[object, list[Fact]]]:
        return {}


class Seeded(Struct, frozen=True, kw_only=True):
    """One fault at one place.

    Two faults may be in one estate unless they share an object: something that is changed, or judged otherwise, because
    of both. ``claims`` names further objects, where facts do not show that two faults would come together.
    """

    edits: Edits
    expects: Expected
    lost: tuple[tuple[str, str], ...] = ()
    """Answers (kind, scope) that never came."""
    claims: frozenset[str] = frozenset()

    def objects(self) -> frozenset[str]:
        """All that it touches."""
        return frozenset((*(key for _, key in self.edits), *(key for _, key in self.expects), *self.claims))


Places = Callable[[Drawn], Sequence[Any]]
Seeding = Callable[[Drawn, Any], Seeded]


class Fault(Struct, frozen=True):
    """A kind of fault: where it can be, and what it is there."""

    name: str
    checks: frozenset[str]
    """Whose finding it is meant to be; what else it must bring is in ``Seeded.expects``."""
    places: Places
    seed: Seeding


def judged(check: str, *keys: str, verdict: Verdict = Verdict.FAIL) -> Expected:
    """One verdict of a check for several subjects."""
    return {(check, key): verdict for key in keys}


def edited(*facts: Fact, **fields: Any) -> Edits:
    """These facts with other values."""
    return {(type(fact), fact.key): msgspec.structs.replace(fact, **fields) for fact in facts}


def gone(*facts: Fact) -> Edits:
    """These facts do not exist."""
    return {(type(fact), fact.key): None for fact in facts}


def of(kind: type[FactT], where: Callable[[FactT], bool] = lambda _: True) -> Places:
    """Every fact of a kind that is as said."""
    return lambda drawn: [fact for fact in drawn.all(kind) if where(fact)]


def simple(name: str, places: Places, *checks: str, verdict: Verdict = Verdict.FAIL, **fields: Any) -> Fault:
    """A fact has other values, and these checks find that on it. A value may be made of the fact."""

    def seed(_: Drawn, fact: Fact) -> Seeded:
        values = {field: value(fact) if callable(value) else value for field, value in fields.items()}
        found = {(check, fact.key): verdict for check in checks}
        return Seeded(edits=edited(fact, **values), expects=found)

    return Fault(name, frozenset(checks), places, seed)


def spoiled(drawn: Drawn, faults: Iterable[Seeded]) -> Estate:
    """The estate with these faults in it."""
    faults = tuple(faults)
    facts = dict(drawn.facts)
    for fault in faults:
        for place, fact in fault.edits.items():
            facts.pop(place, None)
            if fact is not None:
                facts[place] = fact
    lost = frozenset(answer for fault in faults for answer in fault.lost)
    left = tuple(fact for fact in facts.values() if _answer(fact) not in lost) if lost else tuple(facts.values())
    return replace(drawn.estate, facts=left, gaps=tuple(_gap(*answer) for answer in sorted(lost)))


def _answer(fact: Fact) -> tuple[str, str]:
    return type(fact).__name__, f"{fact.ROLE}:{fact.seen.endpoint}"


def _gap(kind: str, scope: str) -> Gap:
    return Gap(kind=kind, scope=scope, cause="timeout", reason="no answer", seen=seen(scope.partition(":")[2]))


def apart(faults: Iterable[Seeded]) -> Iterator[Seeded]:
    """Those faults that may be in one estate: each that shares no object with one before it."""
    taken: set[str] = set()
    for fault in faults:
        objects = fault.objects()
        if not objects & taken:
            taken |= objects
            yield fault
