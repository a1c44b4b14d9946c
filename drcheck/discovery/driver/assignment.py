"""What is this discovery to do itself? For which site, and what is known already, from when?

A discovery may be one of several: a *shard* asks only the endpoints of one declared site, because only a machine there
reaches them. And it may go on where an earlier one stopped: what that one read to its end, recently, is not asked
again.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from drcheck.discovery.driver.work import Failure, Part, forget
from drcheck.estate import SiteSpec
from drcheck.topology.base import Clock, Fact, Looked, Target, Topology, matches
from drcheck.topology.declared import Site

ELSEWHERE = "elsewhere"
"""Cause of a gap at an endpoint that another shard asks."""
NO_SITE = "no-site"
"""Cause of a gap at an endpoint that no shard asks, because nobody declared where it is."""


class Earlier:
    """What an earlier discovery read to its end and is still young enough.

    Args:
        known: what it left; of two looks at one thing the later one counts.
        since: what was read before is forgotten.
    """

    def __init__(self, known: Iterable[Topology] = (), since: datetime | None = None) -> None:
        self._looks: dict[tuple[str, str], Looked] = {}
        self._facts: dict[tuple[str, str], tuple[Fact, ...]] = {}
        self._clocks: dict[str, Clock] = {}
        for topology in known:
            self._learn(topology, since)

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """How far clocks were off then."""
        return tuple(self._clocks.values())

    def parts(self, target: Target, kinds: Iterable[str]) -> tuple[Part, ...]:
        """What is known about a target, of these kinds."""
        found = ((kind, self._looks.get((kind, target.scope))) for kind in sorted(kinds))
        return tuple(
            Part(kind=kind, facts=self._facts.get((kind, target.scope), ()), end=look) for kind, look in found if look
        )

    def _learn(self, topology: Topology, since: datetime | None) -> None:
        told = facts_by_scope(topology)
        for look in topology.looked:
            place = (look.kind, look.scope)
            known = self._looks.get(place)
            if (since is None or look.seen.at >= since) and (known is None or look.seen.at >= known.seen.at):
                self._looks[place] = look
                self._facts[place] = tuple(told.get(place, ()))
        for clock in topology.clocks:
            if since is None or clock.at >= since:
                self._clocks[clock.endpoint] = clock


class Assignment(Struct, frozen=True, kw_only=True):
    """What one discovery is to do."""

    site: str = ""
    """Ask only this site's endpoints; empty means everybody's."""
    leads: tuple[Target, ...] = ()
    """Endpoints that were found elsewhere, by other shards."""
    earlier: Earlier = Earlier()
    keep: Callable[[Topology], None] = forget
    """Called with every part as it is read, by several threads, so that a discovery that dies leaves what it had."""


def facts_by_scope(topology: Topology) -> dict[tuple[str, str], list[Fact]]:
    """Facts by kind and by the scope of the target that told them."""
    told: dict[tuple[str, str], list[Fact]] = {}
    for fact in topology.facts:
        kind = type(fact)
        told.setdefault((kind.__name__, f"{kind.ROLE}:{fact.seen.endpoint}"), []).append(fact)
    return told


class Share:
    """Which endpoints does a shard leave to others?

    A machine is asked by the site that claims its name (``hosts``, ``names``: what facts would tell is not known yet);
    a name that no site claims (a cluster's, a listener's) by the site of the first machine that answers for it; Azure
    by the first declared site whose role is ``azure``, else by the first one. What several sites claim, or none, is
    asked by no shard: a site is never guessed.

    Args:
        sites: as they were declared.
        site: the shard's; empty means that nothing is left to others.
    """

    def __init__(self, sites: Sequence[SiteSpec] | Sequence[Site], site: str) -> None:
        self._sites = sites
        self._site = site

    def left(self, target: Target, machines: Sequence[str]) -> Failure | None:
        """Why this shard does not ask a target; ``None`` when it does. ``machines`` can answer for it."""
        if not self._site or target.role == "estate":
            return None
        owner = self.owner(target, machines)
        if owner == self._site:
            return None
        if owner is None:
            reason = f"{target.endpoint} belongs to no declared site, or to several: no shard asks it"
            return Failure(cause=NO_SITE, reason=reason)
        return Failure(cause=ELSEWHERE, reason=f"belongs to site {owner}; this is the shard of {self._site}")

    def owner(self, target: Target, machines: Sequence[str]) -> str | None:
        """The site whose shard asks a target; ``None`` when there is none, or more than one."""
        if target.endpoint.startswith("/"):  # an ARM id; names of machines never do
            clouds = [site.name for site in self._sites if site.role == "azure"]
            return next(iter([*clouds, *(site.name for site in self._sites)]), None)
        for name in (target.host, *machines):
            claims = [site.name for site in self._sites if matches(name, (*site.hosts, *site.names))]
            if claims:
                return claims[0] if len(claims) == 1 else None
        return None
