"""What exists in this estate? Starts from what is declared, asks, follows what it finds, until nothing new is found.

Sources run side by side in a pool of threads; a dead endpoint costs its own deadline once and holds up nobody. Every
(target, kind of fact) ends as exactly one look or one gap.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from msgspec import structs

from drcheck import discovery
from drcheck.discovery.driver.assignment import Assignment, Earlier, Share
from drcheck.discovery.driver.board import Board
from drcheck.discovery.driver.merging import merge
from drcheck.discovery.driver.reach import Answers, Transports, arm_client, transports, windows_endpoint
from drcheck.discovery.driver.redaction import Redactor
from drcheck.discovery.driver.run import Progress, Run, Silent
from drcheck.discovery.driver.work import Sourced, Sources, Worker
from drcheck.estate import Estate
from drcheck.extensions import modules
from drcheck.topology.base import Fact, Target, Topology

__all__ = [
    "Answers",
    "Assignment",
    "Earlier",
    "Progress",
    "Transports",
    "arm_client",
    "discover",
    "look",
    "merge",
    "sources",
    "survey",
    "windows_endpoint",
]

DECLARED = Target(role="estate", endpoint="estate")


def discover(
    estate: Estate,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    progress: Progress,
    via: Transports | None = None,
    given: Assignment | None = None,
) -> Topology:
    """Everything that can be found out about an estate, or what is assigned of it.

    Args:
        estate: what is declared.
        now: the time, in UTC.
        monotonic: seconds of a clock that only moves forward.
        progress: told as it goes.
        via: how to ask; by default over WinRM and ARM.
        given: which site is asked, and what is known already; by default all, and nothing.
    """
    given = given or Assignment()
    worker = structs.replace(_worker(estate, now, monotonic, via), keep=given.keep)
    board = _board(estate, worker.sources, given.site)
    return Run(worker, board, progress, given, follow=True).go((DECLARED,))


def look(
    estate: Estate,
    targets: Sequence[Target],
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    via: Transports | None = None,
    kinds: Collection[type[Fact]] = (),
) -> Topology:
    """What some targets say now, with what is declared; nothing that they reveal is followed.

    Args:
        estate: what is declared.
        targets: what to look at.
        now: the time, in UTC.
        monotonic: seconds of a clock that only moves forward.
        via: how to ask; by default over WinRM and ARM.
        kinds: what to ask about, for whoever looks again and again; everything when empty. What was not asked about is
            unknown afterwards.
    """
    worker = _worker(estate, now, monotonic, via)
    if kinds:
        worker = structs.replace(worker, sources=_only(worker.sources, kinds))
    return Run(worker, _board(estate, worker.sources), Silent(), follow=False).go((DECLARED, *targets))


def survey(
    estate: Estate,
    kinds: Collection[type[Fact]],
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    via: Transports | None = None,
) -> Topology:
    """Some kinds of facts from everywhere: what reveals further places is asked as well, and followed.

    Args:
        estate: what is declared.
        kinds: what to ask about. What was not asked about is unknown afterwards.
        now: the time, in UTC.
        monotonic: seconds of a clock that only moves forward.
        via: how to ask; by default over WinRM and ARM.
    """
    worker = _worker(estate, now, monotonic, via)
    feeding = {sourced.collector.kind for listed in worker.sources.values() for sourced in listed}
    wanted = {*kinds, *(kind for kind in feeding if kind.FEEDS)}
    worker = structs.replace(worker, sources=_only(worker.sources, wanted))
    return Run(worker, _board(estate, worker.sources), Silent(), follow=True).go((DECLARED,))


def _only(known: Sources, kinds: Collection[type[Fact]]) -> Sources:
    """The collectors of some kinds, and all that read what is declared: nothing is asked for it."""
    return {
        role: [each for each in listed if role == DECLARED.role or each.collector.kind in kinds]
        for role, listed in known.items()
    }


def sources() -> Sources:
    """Every collector by the role it asks, from the modules of this package's folder."""
    found: dict[str, list[Sourced]] = {}
    for module in modules(discovery):
        role = getattr(module, "ROLE", None)
        if role is not None:
            name = module.__name__.rpartition(".")[2]
            listed = found.setdefault(role, [])
            listed.extend(Sourced(source=name, collector=collector) for collector in module.COLLECTORS)
    return found


def _worker(
    estate: Estate, now: Callable[[], datetime], monotonic: Callable[[], float], via: Transports | None
) -> Worker:
    return Worker(
        estate=estate,
        sources=sources(),
        transports=via or transports(estate, now=now, monotonic=monotonic),
        now=now,
        monotonic=monotonic,
        redactor=Redactor(estate.secrets),
    )


def _board(estate: Estate, known: Sources, site: str = "") -> Board:
    on_machines = frozenset(role for role, listed in known.items() if any(sourced.on_machine for sourced in listed))
    kinds = {role: frozenset(sourced.kind for sourced in listed) for role, listed in known.items()}
    share = Share(estate.sites, site)
    return Board(on_machines=on_machines, kinds=kinds, via=estate.windows.via, left=share.left)
