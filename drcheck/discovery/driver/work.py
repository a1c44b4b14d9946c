"""What did one place tell? Runs the collectors of its targets; every failure becomes a gap that says why."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from drcheck.discovery import ArmCollector, Collector, EstateCollector, WindowsCollector
from drcheck.discovery.driver.permitted import PermittedArm
from drcheck.discovery.driver.reach import Answers, Transports
from drcheck.discovery.driver.redaction import Redactor
from drcheck.errors import (
    AuthenticationFailed,
    Deadline,
    DrcheckError,
    NameNotResolved,
    Refused,
    TlsFailed,
)
from drcheck.estate import Estate
from drcheck.query import Sql, WindowsQuery
from drcheck.topology.base import Clock, Fact, Gap, Looked, Seen, Target, Topology
from drcheck.transport.row import Row

OUT_OF_REACH = (NameNotResolved, Refused, Deadline, TlsFailed, AuthenticationFailed)
"""What the next question to the same endpoint would only run into again."""


def forget(_part: Topology) -> None:
    """Keep nothing."""


class Sourced(Struct, frozen=True, kw_only=True):
    """A collector and the name of the source it belongs to."""

    source: str
    collector: Collector

    @property
    def kind(self) -> str:
        """The kind of fact it reads, as gaps and looks name it."""
        return self.collector.kind.__name__

    @property
    def on_machine(self) -> bool:
        """Is it asked on a Windows machine?"""
        return isinstance(self.collector, WindowsCollector)


Sources: TypeAlias = Mapping[str, Sequence[Sourced]]
"""Role -> its collectors, in a stable order."""
Known: TypeAlias = AbstractSet[tuple[str, str]]
"""Scopes and kinds of fact that were read to their end already."""


class Failure(Struct, frozen=True, kw_only=True):
    """Why something was not read. ``out_of_reach``: asking there again is pointless."""

    cause: str
    reason: str
    out_of_reach: bool = False


class Part(Struct, frozen=True, kw_only=True):
    """What was told about one kind of fact: the facts, and how it ended."""

    kind: str
    facts: tuple[Fact, ...]
    end: Gap | Looked


class Told(Struct, frozen=True, kw_only=True):
    """What one target told: a part for every collector."""

    target: Target
    parts: tuple[Part, ...]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Every fact."""
        return tuple(fact for part in self.parts for fact in part.facts)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read to its end."""
        return tuple(part.end for part in self.parts if isinstance(part.end, Gap))

    @property
    def looked(self) -> tuple[Looked, ...]:
        """What could."""
        return tuple(part.end for part in self.parts if isinstance(part.end, Looked))

    def as_topology(self, as_of: datetime, clocks: Iterable[Clock] = ()) -> Topology:
        """It as a part of what a discovery finds."""
        return Topology(
            facts=self.facts, gaps=self.gaps, looked=self.looked, targets=(self.target,), clocks=clocks, as_of=as_of
        )


class Visit(Struct, frozen=True, kw_only=True):
    """The end of one visit to a machine, a cloud or the estate's files."""

    machine: str
    targets: tuple[Target, ...]
    told: tuple[Told, ...] = ()
    failure: Failure | None = None
    """Nobody could be asked anything."""
    clock: Clock | None = None
    seconds: float = 0.0


class _Heard:
    """A ``WindowsAsk`` over answers that have arrived."""

    def __init__(
        self, answers: Answers, target: Target, sourced: "Sourced", machine: str, wanted: Callable[[WindowsQuery], bool]
    ) -> None:
        self._answers = answers
        self._target = target
        self._sourced = sourced
        self._machine = machine
        self._wanted = wanted
        self._read: dict[str, WindowsQuery] = {}
        self._seen: dict[str, Seen] = {}

    @property
    def machine(self) -> str:
        """What the machine calls itself, if that is a full name; a cluster's name leads to one of several machines."""
        return self._answers.host if "." in self._answers.host else self._machine

    def rows(self, query: WindowsQuery) -> Sequence[Row]:
        """The rows of one query; a sample too many has none."""
        asked = self._asked(query)
        if not self._wanted(asked):
            return ()
        self._read[asked.id] = asked
        return self._answers.rows(asked)

    def incomplete(self) -> str:
        """Why what was read may lack rows; an answer that the collector had no use for lacks nothing."""
        return "; ".join(reason for query in self._read.values() if (reason := self._answers.incomplete(query)))

    def seen(self, query: WindowsQuery) -> Seen:
        """Provenance for facts made of this query's rows: one for all of them."""
        seen = self._seen.get(query.id)
        if seen is None:
            asked = self._asked(query)
            at = self._answers.at(asked)
            seen = Seen(source=self._sourced.source, endpoint=self._target.endpoint, query=str(asked), at=at)
            self._seen[query.id] = seen
        return seen

    def _asked(self, query: WindowsQuery) -> WindowsQuery:
        collector = self._sourced.collector
        return collector.fill(query, self._target) if isinstance(collector, WindowsCollector) else query


class Worker(Struct, frozen=True, kw_only=True):
    """Visits places; safe to be used by several threads."""

    estate: Estate
    sources: Sources
    transports: Transports
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    redactor: Redactor
    """Sees everything that is told before anybody else does."""
    keep: Callable[[Topology], None] = forget
    """Called by several threads with each part of what a cloud tells, as it is complete: it may take long."""

    def machine(self, machine: str, targets: tuple[Target, ...], known: Known = frozenset()) -> Visit:
        """Ask a machine everything that several targets need, except what is known, in one process."""
        began = self.monotonic()
        queries = {
            query.id: query
            for target in targets
            for sourced in self._due(target, known)
            if isinstance(sourced.collector, WindowsCollector)
            for query in sourced.collector.asked(target)
            if self._wanted(query, machine, targets)
        }
        try:
            answers = self.transports.collect(machine, tuple(queries.values()))
        except Exception as error:  # noqa: BLE001 - whatever it is, it must end as a gap and stop nobody else
            failure = self._failure(error)
            return Visit(machine=machine, targets=targets, failure=failure, seconds=self.monotonic() - began)
        told = tuple(self._read_machine(answers, target, machine, targets, known) for target in targets)
        clock = answers.clock
        return Visit(machine=machine, targets=targets, told=told, clock=clock, seconds=self.monotonic() - began)

    def cloud(self, target: Target, known: Known = frozenset()) -> Visit:
        """Ask Azure Resource Manager for everything about one vault or subscription, except what is known."""
        began = self.monotonic()

        try:
            with self.transports.arm(target) as ask:

                def read(sourced: Sourced) -> Iterator[Fact]:
                    if isinstance(sourced.collector, ArmCollector):
                        asking = PermittedArm(ask(sourced.source), sourced.collector, target)
                        yield from sourced.collector.read(asking, target)

                told = self._gather(target, self._due(target, known), read, keep=self.keep)
        except Exception as error:  # noqa: BLE001 - as for a machine
            gaps = self.gaps(target, self._failure(error), {sourced.kind for sourced in self._due(target, known)})
            told = Told(target=target, parts=tuple(Part(kind=gap.kind, facts=(), end=gap) for gap in gaps))
        return Visit(machine="", targets=(target,), told=(told,), seconds=self.monotonic() - began)

    def declared(self, target: Target) -> Visit:
        """Read what is declared; nothing is asked."""

        def read(sourced: Sourced) -> Iterator[Fact]:
            if isinstance(sourced.collector, EstateCollector):
                yield from sourced.collector.read(self.estate, self._seen(sourced, target))

        return Visit(machine="", targets=(target,), told=(self._gather(target, self.sources[target.role], read),))

    def gaps(self, target: Target, failure: Failure, kinds: AbstractSet[str]) -> tuple[Gap, ...]:
        """A gap for every one of these kinds of fact, which the target would have told."""
        return tuple(
            self._gap(sourced, target, failure) for sourced in self.sources[target.role] if sourced.kind in kinds
        )

    def _due(self, target: Target, known: Known) -> Sequence[Sourced]:
        return [sourced for sourced in self.sources[target.role] if (target.scope, sourced.kind) not in known]

    def _read_machine(
        self, answers: Answers, target: Target, machine: str, targets: tuple[Target, ...], known: Known
    ) -> Told:
        def wanted(query: WindowsQuery) -> bool:
            return self._wanted(query, machine, targets)

        def read(sourced: Sourced) -> Iterator[Fact]:
            if isinstance(sourced.collector, WindowsCollector):
                heard = _Heard(answers, target, sourced, machine, wanted)
                yield from sourced.collector.read(heard, target)
                if heard.incomplete():
                    raise _IncompleteError(heard.incomplete())

        return self._gather(target, self._due(target, known), read)

    def _wanted(self, query: WindowsQuery, machine: str, targets: tuple[Target, ...]) -> bool:
        """A series goes on for as long as policy wants; instances on a machine share a quarter of its deadline."""
        if not isinstance(query, Sql) or query.sample <= 1:
            return True
        instances = {each.instance.lower() for each in targets if each.role == "sql"}
        share = self.estate.windows.host(machine).total_seconds / 4 / max(1, len(instances))
        waited = (query.sample - 1) * query.wait_seconds
        return query.sample <= self.estate.policy.sql_lag_samples and waited <= share

    def _gather(
        self,
        target: Target,
        due: Sequence[Sourced],
        read: Callable[[Sourced], Iterator[Fact]],
        keep: Callable[[Topology], None] = forget,
    ) -> Told:
        parts: list[Part] = []
        lost: Failure | None = None
        for sourced in due:
            facts: list[Fact] = []
            failure = lost or self._drain(read(sourced), facts)
            end = self._look(sourced, target) if failure is None else self._gap(sourced, target, failure)
            parts.append(Part(kind=sourced.kind, facts=self.redactor.facts(facts), end=end))
            keep(Told(target=target, parts=tuple(parts[-1:])).as_topology(self.now()))
            lost = failure if failure is not None and failure.out_of_reach else None
        return Told(target=target, parts=tuple(parts))

    def _drain(self, told: Iterable[Fact], facts: list[Fact]) -> Failure | None:
        try:
            for fact in told:
                facts.append(fact)  # noqa: PERF402 - what was told before a failure stays
        except Exception as error:  # noqa: BLE001 - a collector may fail in any way, and none of them is silence
            return self._failure(error)
        return None

    def _look(self, sourced: Sourced, target: Target) -> Looked:
        return Looked(kind=sourced.kind, scope=target.scope, seen=self._seen(sourced, target))

    def _gap(self, sourced: Sourced, target: Target, failure: Failure) -> Gap:
        return Gap(
            kind=sourced.kind,
            scope=target.scope,
            cause=failure.cause,
            reason=failure.reason,
            seen=self._seen(sourced, target),
        )

    def _seen(self, sourced: Sourced, target: Target) -> Seen:
        return Seen(source=sourced.source, endpoint=target.endpoint, query=_question(sourced, target), at=self.now())

    def _failure(self, error: Exception) -> Failure:
        """One line for people, without secrets: an error nobody foresaw may carry anything."""
        text = self.redactor.text(" ".join(str(error).split()))
        if isinstance(error, DrcheckError):
            cause = str(getattr(error, "cause", type(error).__name__))
            return Failure(cause=cause, reason=text, out_of_reach=isinstance(error, OUT_OF_REACH))
        return Failure(cause="internal", reason=f"{type(error).__name__}: {text}; please report this as a bug")


def _question(sourced: Sourced, target: Target) -> str:
    """What was asked, in one line."""
    collector = sourced.collector
    if isinstance(collector, WindowsCollector):
        return "; ".join(
            str(query) for query in collector.asked(target) if not isinstance(query, Sql) or query.sample <= 1
        )
    return collector.query if isinstance(collector, EstateCollector) else f"every {collector.kind.__name__}"


class _IncompleteError(DrcheckError):
    """Rows came, and there are more that did not."""

    cause = "incomplete"
