"""What a fact is, what a gap is, and what may be concluded from them.

Three kinds of entry make up a topology. A ``Fact`` is something that was read. A ``Looked`` says that one source
was read to its end, which turns the absence of facts into evidence. A ``Gap`` says that something should have been
read and was not. ``seen`` gives what was read, whatever else is missing; ``all`` gives it only when nothing can be
missing, and raises ``Unknown`` otherwise. There is no third way to ask.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property, partial
from itertools import chain, compress, islice
from operator import attrgetter, lt, ne
from typing import Any, ClassVar, TypeVar

from msgspec import Struct


class Unknown(Exception):
    """What a check needs could not be observed."""

    def __init__(self, reason: str, gaps: "Sequence[Gap]" = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.gaps = tuple(gaps)


class Seen(Struct, frozen=True, kw_only=True, gc=False):
    """Where, by which question and when (UTC) something was read."""

    ALIKE: ClassVar[bool] = True

    source: str
    endpoint: str
    query: str
    at: datetime


class Target(Struct, frozen=True, kw_only=True, gc=False, order=True):
    """One place to look: a role (``vmm``, ``hyperv``, ``cluster``, ``sql``, ``vault``, ``azure``) at an endpoint.

    ``endpoint`` is a name in lower case: a host's FQDN, a cluster's, an ARM id, or ``estate``. ``via`` lists the hosts
    that can answer for it, in the order in which they are tried; empty means the endpoint itself.
    """

    role: str
    endpoint: str
    via: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        r"""The machine that is asked: what is before ``\`` and an instance, or before ``>`` and what it looks at."""
        return self.endpoint.partition(">")[0].partition("\\")[0]

    @property
    def instance(self) -> str:
        """The instance of SQL Server; ``MSSQLSERVER`` is the default one."""
        return self.endpoint.partition("\\")[2] or "MSSQLSERVER"

    @property
    def scope(self) -> str:
        """The key under which gaps and looks of this target are filed."""
        return f"{self.role}:{self.endpoint}"


class Fact(Struct, frozen=True, kw_only=True, gc=False, tag_field="kind"):
    """Something that was read from the estate. ``key`` is an id of the far side, unique within its kind.

    Class attributes say how far the absence of such facts may be trusted:

    ``ROLE``: the role of the endpoints that are asked for facts of this kind.
    ``FEEDS``: the roles whose endpoints facts of this kind reveal (see ``leads``). When facts of a feeding kind may
    be missing, nobody can say that every endpoint of the fed role was asked.
    ``SUBJECT``: the field's term for one such thing, used in findings.
    ``GROWS``: does the same source say more of it as time goes by? Of two answers the later one stands.
    """

    ROLE: ClassVar[str] = ""
    FEEDS: ClassVar[tuple[str, ...]] = ()
    SUBJECT: ClassVar[str] = ""
    GROWS: ClassVar[bool] = False

    key: str
    seen: Seen

    def leads(self) -> Iterator[Target]:
        """Where else to look, now that this is known."""
        yield from ()

    @property
    def title(self) -> str:
        """The name people use for it; falls back to the key."""
        return str(getattr(self, "name", "") or self.key)

    @property
    def where(self) -> str:
        """The host or Azure region that decides its site; empty when it has none."""
        return str(getattr(self, "host", ""))


class Derived(Fact, frozen=True, kw_only=True, gc=False):
    """Something that follows from facts. It is worked out when it is asked for; nobody reads, follows or stores it.

    ``FROM``: the kinds that decide which such things there are. While facts of one of them may be missing, nobody can
    list them all, and a gap there is a gap here.
    """

    FROM: ClassVar[tuple[type[Fact], ...]] = ()

    @classmethod
    def derive(cls, topology: "Topology") -> "Iterator[Derived]":
        """Every such thing that what was seen leads to; a gap is nothing to raise here, it is part of the answer."""
        raise NotImplementedError


class Gap(Struct, frozen=True, kw_only=True, gc=False):
    """Facts of one kind that should have been read at one scope and were not."""

    kind: str
    scope: str
    cause: str
    reason: str
    seen: Seen

    @property
    def key(self) -> str:
        """Names the gap in a report; stable from run to run."""
        return f"{self.kind}@{self.scope}"


class Looked(Struct, frozen=True, kw_only=True, gc=False):
    """A source was read to its end: what it did not tell about this kind at this scope does not exist."""

    kind: str
    scope: str
    seen: Seen


class Clock(Struct, frozen=True, kw_only=True, gc=False):
    """How far an endpoint's clock is ahead of ours, in seconds, and the bound on that figure's error."""

    endpoint: str
    offset_seconds: float
    uncertainty_seconds: float
    at: datetime


T = TypeVar("T")
_key = attrgetter("key")
_endpoint = attrgetter("seen.endpoint")
FactT = TypeVar("FactT", bound=Fact)


class Topology:
    """Everything that is known about an estate at one moment, and everything that is known to be missing.

    Args:
        facts: what was read.
        gaps: what should have been read and was not.
        looked: which sources were read to their end.
        targets: every endpoint that was found, asked or not.
        clocks: clock offsets measured on the way.
        as_of: the end of discovery; every age is computed against it.
        sites: the only sites whose endpoints were asked; empty means that all were.
    """

    def __init__(  # noqa: PLR0913 - what a topology consists of
        self,
        *,
        facts: Iterable[Fact] = (),
        gaps: Iterable[Gap] = (),
        looked: Iterable[Looked] = (),
        targets: Iterable[Target] = (),
        clocks: Iterable[Clock] = (),
        as_of: datetime,
        sites: Iterable[str] = (),
    ) -> None:
        self._every = _by_kind(facts)
        self.facts = tuple(chain.from_iterable(self._every.values()))
        self.gaps = tuple(sorted(gaps, key=lambda gap: (gap.kind, gap.scope)))
        self.looked = tuple(sorted(looked, key=lambda look: (look.kind, look.scope)))
        self.targets = tuple({target.scope: target for target in sorted(targets, reverse=True)}.values())[::-1]
        self.clocks = tuple(sorted(clocks, key=lambda clock: clock.endpoint))
        self.as_of = as_of
        self.sites = tuple(sorted(sites))

    def seen(self, kind: type[FactT], scope: str | None = None) -> tuple[FactT, ...]:
        """Every fact of a kind that was read (at one scope), one per key. Proves presence, never absence.

        What two scopes told has one key and is to be found at both: a role at a subscription is one at each vault.
        """
        if scope is not None:
            index = self.memo(("scope", kind), lambda: self._by_scope(kind))
            return index.get(scope, ())  # type: ignore[return-value]  # grouped by exact type
        if issubclass(kind, Derived):
            return self.memo(("derived", kind), lambda: tuple(kind.derive(self)))  # type: ignore[arg-type]  # its own
        return self._distinct(kind)

    def where(self, kind: type[FactT], field: str, value: object) -> tuple[FactT, ...]:
        """Every fact of a kind that was seen with this value in a field. Like ``seen``, it never proves absence."""
        index = self._by_field.get((kind, field))
        if index is None:
            index = self._by_field[kind, field] = _grouped(self.seen(kind), field)
        found = index.get(value, ())
        return found if isinstance(found, tuple) else (found,)

    def memo(self, question: Hashable, answer: Callable[[], T]) -> T:
        """What ``answer`` gave when the question was first asked: a topology never changes, so one answer is enough.

        Ten thousand subjects that each search ten thousand facts would be a hundred million comparisons.
        """
        try:
            known: T = self._answers[question]
        except KeyError:
            known = self._answers[question] = answer()
        return known

    def get(self, kind: type[FactT], key: str) -> FactT | None:
        """The fact with this key, if it was seen. ``None`` proves nothing; use ``need`` or ``all``."""
        index = self._by_key.get(kind)
        if index is None:
            index = self._by_key[kind] = {fact.key: fact for fact in self._distinct(kind)}
        return index.get(key)  # type: ignore[return-value]  # keyed by exact type

    def need(self, kind: type[FactT], key: str) -> FactT:
        """The fact with this key; raises ``Unknown`` when it may exist unseen, and ``KeyError`` when it cannot."""
        fact = self.get(kind, key)
        if fact is None:
            self.require(kind)
            raise KeyError(key)
        return fact

    def all(self, kind: type[FactT], scope: str | None = None) -> tuple[FactT, ...]:
        """Every fact of a kind (at one scope), with the assurance that there are no others.

        Raises:
            Unknown: something that could have told of such a fact was not read.
        """
        self.require(kind, scope)
        return self.seen(kind, scope)

    def require(self, kind: type[Fact], scope: str | None = None) -> None:
        """Raise ``Unknown`` unless every source that tells of this kind (at this scope) was read to its end."""
        gaps = self.missing(kind, scope)
        if gaps:
            listed = "; ".join(f"{gap.key}: {gap.reason}" for gap in gaps[:3])
            more = f" (and {len(gaps) - 3} more)" if len(gaps) > 3 else ""
            raise Unknown(f"{kind.__name__} could not be read everywhere: {listed}{more}", gaps)

    def missing(self, kind: type[Fact], scope: str | None = None) -> tuple[Gap, ...]:
        """What stands between us and knowing every fact of this kind (at this scope)."""
        if scope is not None:
            return self._at(kind, scope)
        cached = self._missing.get(kind)
        if cached is None:
            cached = self._missing[kind] = tuple(self._everywhere(kind))
        return cached

    def looked_at(self, kind: type[Fact], scope: str) -> bool:
        """Was this scope read to its end for this kind?"""
        return (kind.__name__, scope) in self._looks

    def _at(self, kind: type[Fact], scope: str) -> tuple[Gap, ...]:
        gap = self._gaps.get((kind.__name__, scope))
        if gap is not None:
            return (gap,)
        if self.looked_at(kind, scope):
            return ()
        seen = Seen(source="drcheck", endpoint=scope.partition(":")[2], query="-", at=self.as_of)
        return (Gap(kind=kind.__name__, scope=scope, cause="never-asked", reason="was never asked", seen=seen),)

    def _everywhere(self, kind: type[Fact]) -> Iterator[Gap]:
        """Gaps of the kind at every known endpoint, and of every kind that may reveal further endpoints."""
        if issubclass(kind, Derived):
            yield from {gap.key: gap for source in kind.FROM for gap in self.missing(source)}.values()
            return
        done: set[type[Fact]] = set()
        waiting = [kind]
        while waiting:
            current = waiting.pop()
            done.add(current)
            scopes = {target.scope for target in self.targets if target.role == current.ROLE}
            scopes |= {gap.scope for gap in self.gaps if gap.kind == current.__name__}
            for scope in sorted(scopes):
                yield from self._at(current, scope)
            feeding = self.memo(("feeding", current.ROLE), partial(_feeding, current.ROLE))
            waiting.extend(other for other in feeding if other not in done and other not in waiting)

    @cached_property
    def _answers(self) -> dict[Hashable, Any]:
        return {}

    @cached_property
    def _missing(self) -> dict[type[Fact], tuple[Gap, ...]]:
        return {}

    def _distinct(self, kind: type[FactT]) -> tuple[FactT, ...]:
        """Only of kinds that are asked about: to look for doubles among all facts of a large estate takes a while."""
        found = self._by_kind.get(kind)
        if found is None:
            found = self._by_kind[kind] = _one_per_key(self._every.get(kind, ()))
        return found  # type: ignore[return-value]  # grouped by exact type

    @cached_property
    def _by_kind(self) -> dict[type[Fact], tuple[Fact, ...]]:
        return {}

    @cached_property
    def _by_key(self) -> dict[type[Fact], dict[str, Fact]]:
        return {}

    @cached_property
    def _by_field(self) -> dict[tuple[type[Fact], str], dict[object, Any]]:
        return {}

    def _by_scope(self, kind: type[Fact]) -> dict[str, tuple[Fact, ...]]:
        groups: dict[str, dict[str, Fact]] = {}
        for fact in self._every.get(kind, ()):
            groups.setdefault(f"{kind.ROLE}:{fact.seen.endpoint}", {}).setdefault(fact.key, fact)
        return {scope: tuple(group.values()) for scope, group in groups.items()}

    @cached_property
    def _gaps(self) -> dict[tuple[str, str], Gap]:
        return {(gap.kind, gap.scope): gap for gap in self.gaps}

    @cached_property
    def _looks(self) -> frozenset[tuple[str, str]]:
        return frozenset((look.kind, look.scope) for look in self.looked)


def _by_kind(facts: Iterable[Fact]) -> dict[type[Fact], tuple[Fact, ...]]:
    """Facts in canonical order: by kind, then by key, then by the endpoint that told them."""
    groups: dict[type[Fact], list[Fact]] = {}
    for fact in facts:
        groups.setdefault(type(fact), []).append(fact)
    ordered: dict[type[Fact], tuple[Fact, ...]] = {}
    for kind in sorted(groups, key=lambda each: each.__name__):
        group = groups.pop(kind)
        keys = list(map(_key, group))
        if not all(map(lt, keys, islice(keys, 1, None))):  # those of a snapshot are in order already
            # By the endpoint, then by the key: sorting is stable, and pairs of both would take as much as the facts.
            group.sort(key=_endpoint)
            group.sort(key=_key)
        ordered[kind] = tuple(group)
    return ordered


def _one_per_key(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The first of those that have one key and therefore stand side by side; mostly all of them."""
    keys = list(map(_key, facts))
    later = list(map(ne, keys[1:], keys))
    return facts if all(later) else tuple(compress(facts, [True, *later]))


def _grouped(facts: Iterable[FactT], field: str) -> dict[object, FactT | tuple[FactT, ...]]:
    """Facts by the value of a field; a tuple only where there are several, for mostly there is one."""
    groups: dict[object, FactT | tuple[FactT, ...]] = {}
    several: dict[object, list[FactT]] = {}
    for fact in facts:
        value = getattr(fact, field)
        first = groups.setdefault(value, fact)
        if first is not fact:
            several.setdefault(value, [first]).append(fact)  # type: ignore[list-item]  # no tuple is in there yet
    return groups | {value: tuple(group) for value, group in several.items()}


def _feeding(role: str) -> tuple[type[Fact], ...]:
    return tuple(kind for kind in kinds() if role in kind.FEEDS)


def kinds() -> tuple[type[Fact], ...]:
    """Every kind of fact that has been imported, in name order."""
    found: list[type[Fact]] = []
    waiting = [Fact]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.ROLE:
                found.append(kind)
    return tuple(sorted(found, key=lambda kind: kind.__name__))


def same_host(left: str, right: str) -> bool:
    """Do two host names mean one machine? A short name equals the first label of a full one."""
    if left == right:
        return True
    left, right = left.lower().rstrip("."), right.lower().rstrip(".")
    if "." in left and "." in right:
        return left == right
    return left.partition(".")[0] == right.partition(".")[0]


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Does a name match one of the shell patterns, ignoring case?"""
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)
