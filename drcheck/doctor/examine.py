"""How is every endpoint examined? By a discovery that follows what it finds, with an eye on how each question fared.

The driver is the same; only the way to ask differs. Before a machine is asked for the first time, name, port and
certificate are looked at. What reveals further endpoints is asked in full, all else for one object.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import TypeVar

from msgspec.structs import replace

from drcheck.discovery import ArmAsk, ArmCollector, WindowsCollector
from drcheck.discovery.driver import Transports, discover, sources, windows_endpoint
from drcheck.discovery.driver.reach import transports
from drcheck.discovery.driver.run import Silent
from drcheck.doctor import State, Symptom, Topic, azure, connect, leases, unmet, windows
from drcheck.doctor.connect import Place
from drcheck.errors import AnswerError, DrcheckError, QueryFailed, TransportError
from drcheck.estate import Estate
from drcheck.permissions.uses import SQL_RIGHTS, RunKind
from drcheck.query import ArmRead, Cmdlet, Sql, WindowsQuery
from drcheck.topology.base import Seen, Target, Topology
from drcheck.transport.winrm import Answers, WinRmEndpoint, collect

T = TypeVar("T")


def examine(estate: Estate, *, now: Callable[[], datetime], monotonic: Callable[[], float]) -> tuple[Symptom, ...]:
    """Every requirement at every endpoint that is declared or found, in the order of endpoints."""
    rounds = _Rounds(estate, now)
    asking = transports(estate, now=now, monotonic=monotonic)
    via = Transports(collect=rounds.ask, arm=lambda target: rounds.visit(target, asking))
    topology = discover(estate, now=now, monotonic=monotonic, progress=Silent(), via=via)
    told = rounds.told({gap.kind for gap in topology.gaps if gap.cause == QueryFailed.cause})
    drills = azure.run_kind(estate) is RunKind.DRILL
    return (*told, *_unexplained(topology, told), *(leases.judge(estate, now) if drills else ()))


def _unexplained(topology: Topology, told: Sequence[Symptom]) -> Iterator[Symptom]:
    """What was not read although nothing stood in the way: a mistake of ours, which must not look like health.

    That an answer makes no sense is no wonder: we have cut it short.
    """
    explained = any(symptom.state is State.MISSING for symptom in told)
    kinds: dict[tuple[str, str], list[str]] = {}
    for gap in topology.gaps:
        if gap.cause == "internal" or not (explained or gap.cause in (AnswerError.cause, EnoughSeen.cause)):
            kinds.setdefault((gap.scope, f"({gap.cause}): {gap.reason}"), []).append(gap.kind)
    for (scope, why), lost in sorted(kinds.items()):
        yield unmet(scope, Topic.QUERY, f"{', '.join(lost)} not read {why}", "Report it with this line")


class _Rounds:
    """What is known of each endpoint so far; used by several threads."""

    def __init__(self, estate: Estate, now: Callable[[], datetime]) -> None:
        self._estate = estate
        self._now = now
        self._lock = threading.Lock()
        self._symptoms: dict[str, dict[Symptom, None]] = {}
        self._reached: dict[str, TransportError | None] = {}
        self._heard: dict[str, tuple[Answers, tuple[WindowsQuery, ...]]] = {}
        self._full = _leading_queries()

    def told(self, unread: Collection[str]) -> tuple[Symptom, ...]:
        """Everything, endpoint by endpoint.

        Args:
            unread: the kinds of facts that nobody could tell. What one machine fails to answer and another answers
                for it (a passive node's VMM service, say) is nothing to be put right.
        """
        needed = _queries_of(unread)
        for name, (answers, queries) in self._heard.items():
            self._note(name, windows.judge(answers, queries, needed, self._estate.policy.clock_skew_max))
        return tuple(symptom for name in sorted(self._symptoms) for symptom in self._symptoms[name])

    def ask(self, machine: str, queries: Sequence[WindowsQuery]) -> Answers:
        """Ask a machine, and note how it went."""
        endpoint = self._endpoint(machine)
        self._reach(
            Place(
                label=str(endpoint),
                name=endpoint.name,
                address=endpoint.address or endpoint.name,
                port=endpoint.port,
                ca_file=self._estate.windows.host(machine).ca_file,
                seconds=endpoint.connect_seconds,
            )
        )
        asked = [*(self._brief(query) for query in queries), *_rights(queries)]
        try:
            answers = collect(endpoint, asked, now=self._now)
        except TransportError as error:
            self._note(str(endpoint), [windows.let_in(error)])
            raise
        self._hear(str(endpoint), answers, asked)
        return windows.as_if_whole(answers)

    def _endpoint(self, machine: str) -> WinRmEndpoint:
        try:
            return windows_endpoint(self._estate, machine)
        except TransportError as error:
            self._note(error.endpoint, [windows.let_in(error)])
            raise

    @contextmanager
    def visit(self, target: Target, asking: Transports) -> Iterator[Callable[[str], ArmAsk]]:
        """Read a vault or a subscription, and note how it went."""
        self._reach(azure.place(self._estate))
        known: list[Symptom] = []
        if target.role == "vault":
            known = list(azure.judge_vault(self._estate, target.endpoint, self._now))
        errors: list[tuple[str, DrcheckError]] = []
        with asking.arm(target) as ask:
            yield lambda source: _Noting(ask(source), target, errors)
        told = azure.denied(target, errors, azure.run_kind(self._estate))
        said = " ".join(symptom.what.lower() for symptom in known)
        self._note(target.endpoint, [*known, *(one for one in told if _action(one) not in said)])

    def _reach(self, place: Place) -> None:
        """Look at an endpoint once; raises what stands in the way, every time."""
        with self._lock:
            known = place.label in self._reached
        if not known:
            symptoms, error = connect.reach(place, self._now)
            self._note(place.label, symptoms)
            with self._lock:
                self._reached[place.label] = error
        failed = self._reached[place.label]
        if failed is not None:
            raise type(failed)(failed.endpoint, failed.what, failed.remedy)

    def _hear(self, endpoint: str, answers: Answers, asked: Sequence[WindowsQuery]) -> None:
        """Keep what a machine said; what it says at a later visit is added."""
        with self._lock:
            before, queries = self._heard.get(endpoint, (answers, ()))
            whole = replace(before, answers={**before.answers, **answers.answers})
            self._heard[endpoint] = (whole, tuple({query.id: query for query in (*queries, *asked)}.values()))

    def _note(self, endpoint: str, symptoms: Iterable[Symptom]) -> None:
        found = tuple(symptoms)
        with self._lock:
            self._symptoms.setdefault(endpoint, {}).update(dict.fromkeys(found))

    def _brief(self, query: WindowsQuery) -> WindowsQuery:
        if isinstance(query, Cmdlet) and windows.declared_id(query) not in self._full:
            return replace(query, limit=1)
        return query


class EnoughSeen(DrcheckError):
    """One resource of many was read, which shows that they can be."""

    cause = "enough"


class _Noting:
    """An ``ArmAsk`` that reads no more than it must, and remembers what it met with."""

    def __init__(self, ask: ArmAsk, target: Target, errors: list[tuple[str, DrcheckError]]) -> None:
        self._ask = ask
        self._target = target
        self._errors = errors
        self._full = _leading_reads(target.role)

    def every(self, path: str, api_version: str, of: type[T]) -> Iterator[T]:
        """Every element of a list that leads on, else the first."""
        with self._noted(path):
            found = self._ask.every(path, api_version, of)
            yield from found if self._leads(path, api_version) else islice(found, 1)

    def one(self, path: str, api_version: str, of: type[T]) -> T:
        """One resource."""
        with self._noted(path):
            return self._ask.one(path, api_version, of)

    def each(self, paths: Iterable[str], api_version: str, of: type[T]) -> Iterator[T]:
        """One resource per path where that leads on, else the first; the collector then ends here."""
        for path in paths:
            yield self.one(path, api_version, of)
            if not self._leads(path, api_version):
                raise EnoughSeen

    def seen(self, path: str) -> Seen:
        """Provenance."""
        return self._ask.seen(path)

    def _leads(self, path: str, api_version: str) -> bool:
        return any(read.covers(path, api_version, self._target.endpoint) for read in self._full)

    @contextmanager
    def _noted(self, path: str) -> Iterator[None]:
        try:
            yield
        except DrcheckError as error:
            self._errors.append((path, error))
            raise


def _queries_of(kinds: Collection[str]) -> frozenset[str]:
    """Ids of the queries that facts of these kinds are made of."""
    collectors = [sourced.collector for listed in sources().values() for sourced in listed]
    return frozenset(
        query.id
        for collector in collectors
        if isinstance(collector, WindowsCollector) and collector.kind.__name__ in kinds
        for query in collector.queries
    )


def _leading_queries() -> frozenset[str]:
    """Ids of the queries whose answers reveal endpoints."""
    collectors = [sourced.collector for listed in sources().values() for sourced in listed]
    return frozenset(
        query.id
        for collector in collectors
        if isinstance(collector, WindowsCollector) and collector.kind.FEEDS
        for query in collector.queries
    )


def _leading_reads(role: str) -> tuple[ArmRead, ...]:
    collectors = [sourced.collector for sourced in sources().get(role, ())]
    return tuple(
        read
        for collector in collectors
        if isinstance(collector, ArmCollector) and collector.kind.FEEDS
        for read in collector.reads
    )


def _rights(queries: Sequence[WindowsQuery]) -> Iterator[Sql]:
    """A question about its rights for every SQL Server instance that is asked anything."""
    for instance in sorted({query.instance for query in queries if isinstance(query, Sql)}):
        yield replace(SQL_RIGHTS, id=f"{SQL_RIGHTS.id}@{instance}", instance=instance)


def _action(symptom: Symptom) -> str:
    """The action that was denied, in lower case; the whole text when there is none."""
    words = (word.lower() for word in symptom.what.split())
    return next((word for word in words if word.startswith("microsoft.")), symptom.what.lower())
