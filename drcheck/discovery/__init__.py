"""What is out there? One file per source, and a driver that follows what they find.

A source is a module with ``ROLE`` and ``COLLECTORS``. A collector asks and yields facts of one kind; it never
catches. What escapes it becomes a ``Gap`` in the driver, what it read to the end a ``Looked``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from msgspec import Struct

from drcheck.estate import Estate
from drcheck.query import ArmRead, WindowsQuery
from drcheck.topology.base import Fact, Seen, Target
from drcheck.transport.row import Row

T = TypeVar("T")


class WindowsAsk(Protocol):
    """The answers of one Windows machine to queries that were declared beforehand and asked in one process."""

    @property
    def machine(self) -> str:
        """The machine that answered, lower-case FQDN: the target's own endpoint, or one of the hosts it goes via."""

    def rows(self, query: WindowsQuery) -> Sequence[Row]:
        """The rows of one query; raises ``QueryFailed`` when the far side could not answer it."""

    def seen(self, query: WindowsQuery) -> Seen:
        """Provenance for facts made of this query's rows."""


class ArmAsk(Protocol):
    """GET requests to Azure Resource Manager, decoded into msgspec structs as they arrive."""

    def every(self, path: str, api_version: str, of: type[T]) -> Iterator[T]:
        """Every element of a list, page by page."""

    def one(self, path: str, api_version: str, of: type[T]) -> T:
        """One resource."""

    def each(self, paths: Iterable[str], api_version: str, of: type[T]) -> Iterator[T]:
        """One resource per path, in the order of the paths; a few are read side by side, as fast as ARM allows."""

    def seen(self, path: str) -> Seen:
        """Provenance for facts made of that path's answer."""


def as_declared(query: WindowsQuery, _target: Target) -> WindowsQuery:
    """The query itself: it is the same for every target."""
    return query


class WindowsCollector(Struct, frozen=True, kw_only=True):
    """Reads one kind of fact from one machine. Every query it may ask is declared, so that all go in one process."""

    kind: type[Fact]
    queries: tuple[WindowsQuery, ...]
    read: Callable[[WindowsAsk, Target], Iterator[Fact]]
    fill: Callable[[WindowsQuery, Target], WindowsQuery] = as_declared
    """Makes of a declared query what one target is asked (another SQL instance, another name), with an id of its own:
    targets share a machine. ``read`` and ``queries`` go on using the declared one."""

    def asked(self, target: Target) -> tuple[WindowsQuery, ...]:
        """What one target is asked."""
        return tuple(self.fill(query, target) for query in self.queries)


class ArmCollector(Struct, frozen=True, kw_only=True):
    """Reads one kind of fact from Azure Resource Manager. ``target.endpoint`` is a vault's or subscription's ARM id."""

    kind: type[Fact]
    read: Callable[[ArmAsk, Target], Iterator[Fact]]
    reads: tuple[ArmRead, ...] = ()
    """Every GET that ``read`` may make, as templates; another is not sent."""


class EstateCollector(Struct, frozen=True, kw_only=True):
    """Reads one kind of fact from what was declared: estate.yaml and the files it names. Nothing is asked."""

    kind: type[Fact]
    query: str
    """What is read, for provenance."""
    read: Callable[[Estate, Seen], Iterator[Fact]]


Collector: TypeAlias = WindowsCollector | ArmCollector | EstateCollector


class Source(Protocol):
    """What every module of this folder with a ``ROLE`` looks like."""

    ROLE: str
    COLLECTORS: Sequence[Any]
