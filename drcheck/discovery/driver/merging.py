"""What do the shards of several sites say together? What one discovery would have, or a gap that says why not."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import msgspec
from msgspec import Struct, structs

from drcheck.discovery.driver.assignment import ELSEWHERE, NO_SITE, Share, facts_by_scope
from drcheck.errors import UsageError
from drcheck.topology.base import Clock, Fact, Gap, Looked, Seen, Target, Topology
from drcheck.topology.declared import Site

MISSING = "missing-shard"
"""Cause of a gap at what nobody asked, because its site has no shard."""
NOT_KNOWN = "not-known"
"""Cause of a gap at what its own site's shard did not know of; ``--leads`` tells it."""
CONFLICT = "conflict"
"""Cause of a gap where two shards read different things to their end."""
SHARD = "Shard"
"""Stands for a kind of fact in the gap that a whole shard leaves."""

Place: TypeAlias = tuple[str, str]
"""A kind of fact and a scope."""


class _Said(Struct, frozen=True, kw_only=True):
    """What one shard says of one place."""

    end: Gap | Looked
    facts: tuple[Fact, ...]
    sites: tuple[str, ...]

    @property
    def content(self) -> frozenset[bytes]:
        """What was read, whenever and by whatever question it was."""
        return frozenset(
            msgspec.json.encode({**msgspec.to_builtins(fact), "seen": None}, order="sorted") for fact in self.facts
        )


def merge(shards: Sequence[Topology]) -> Topology:
    """Join the shards of several sites, in any order.

    What two shards read to its end, and differently, is a gap, unless it is something that grows with time: of that the
    later answer stands; so is what none of them asked, and every declared site
    without a shard.

    Raises:
        UsageError: something is no shard, or there are two of one site.
    """
    sites = _sites(shards)
    said = [_together(place, all_said) for place, all_said in _by_place(shards).items()]
    facts = [fact for one in said for fact in one.facts]
    declared = [fact for fact in facts if isinstance(fact, Site)]
    targets = _targets(shards)
    share = Share(declared, "")
    owners = {target.scope: share.owner(target, target.via) for target in targets}
    as_of = max(shard.as_of for shard in shards)
    without = sorted({site.name for site in declared} - set(sites))
    gaps = [_explained(one.end, owners, sites) for one in said if isinstance(one.end, Gap)]
    return Topology(
        facts=facts,
        gaps=[*gaps, *(_absent(site, as_of) for site in without)],
        looked=[one.end for one in said if isinstance(one.end, Looked)],
        targets=targets,
        clocks=_clocks(shards),
        as_of=as_of,
        sites=sites if without else (),
    )


def _sites(shards: Sequence[Topology]) -> tuple[str, ...]:
    if any(not shard.sites for shard in shards):
        raise UsageError("only shards can be merged: what drcheck discover --site wrote")
    sites = [site for shard in shards for site in shard.sites]
    twice = sorted({site for site in sites if sites.count(site) > 1})
    if twice:
        raise UsageError(f"there are several shards of {', '.join(twice)}; merge the latest of each site")
    return tuple(sorted(sites))


def _by_place(shards: Iterable[Topology]) -> dict[Place, list[_Said]]:
    places: dict[Place, list[_Said]] = {}
    for shard in shards:
        told = facts_by_scope(shard)
        ends: list[Gap | Looked] = [*shard.looked, *shard.gaps]
        for end in ends:
            place = (end.kind, end.scope)
            said = _Said(end=end, facts=tuple(told.get(place, ())), sites=shard.sites)
            places.setdefault(place, []).append(said)
    return places


def _together(place: Place, said: Sequence[_Said]) -> _Said:
    """What is said best about a place; of what nobody asked, the gap of whoever said so first by name."""
    looks = sorted((one for one in said if isinstance(one.end, Looked)), key=_order)
    grows = any(fact.GROWS for one in looks for fact in one.facts)
    if looks and not grows and len({one.content for one in looks}) > 1:
        between = " and ".join(sorted(site for one in looks for site in one.sites))
        seen = looks[-1].end.seen
        reason = f"the shards of {between} read different things there"
        gap = Gap(kind=place[0], scope=place[1], cause=CONFLICT, reason=reason, seen=seen)
        return structs.replace(looks[-1], end=gap)
    tried = sorted((one for one in said if _asked(one)), key=_order)
    return (looks or tried or sorted(said, key=_order))[-1]


def _order(said: _Said) -> tuple[datetime, tuple[str, ...]]:
    """Later is better; names decide between equals, so that the order of the shards does not."""
    return (said.end.seen.at, said.sites)


def _asked(said: _Said) -> bool:
    return isinstance(said.end, Gap) and said.end.cause not in (ELSEWHERE, NO_SITE)


def _explained(gap: Gap, owners: Mapping[str, str | None], merged: Sequence[str]) -> Gap:
    """Why nobody asked, now that all shards are known."""
    if gap.cause != ELSEWHERE:
        return gap
    owner = owners.get(gap.scope) or ""
    if owner in merged:
        reason = f"the shard of site {owner} did not know of it; run it again with --leads of the others"
        return structs.replace(gap, cause=NOT_KNOWN, reason=reason)
    return structs.replace(gap, cause=MISSING, reason=f"there is no shard of site {owner}")


def _absent(site: str, at: datetime) -> Gap:
    seen = Seen(source="drcheck", endpoint=site, query="-", at=at)
    reason = f"there is no shard of site {site}"
    return Gap(kind=SHARD, scope=f"site:{site}", cause=MISSING, reason=reason, seen=seen)


def _targets(shards: Iterable[Topology]) -> tuple[Target, ...]:
    via: dict[tuple[str, str], set[str]] = {}
    for shard in shards:
        for target in shard.targets:
            via.setdefault((target.role, target.endpoint), set()).update(target.via)
    return tuple(
        Target(role=role, endpoint=endpoint, via=tuple(sorted(names))) for (role, endpoint), names in via.items()
    )


def _clocks(shards: Iterable[Topology]) -> tuple[Clock, ...]:
    """Of each endpoint, the clock as it was compared last."""
    clocks = sorted((clock for shard in shards for clock in shard.clocks), key=lambda clock: clock.at)
    return tuple({clock.endpoint: clock for clock in clocks}.values())
