"""Which sites could be recovered: everything that runs there, with what it needs to come back elsewhere?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from drcheck.recoverability.links import ELSEWHERE, MOST, concluded, grave, link
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.declared import Application, Site
from drcheck.topology.membership import applications_of_group
from drcheck.topology.sites import site_of
from drcheck.topology.sql import AvailabilityReplica
from drcheck.topology.workload import machines_of
from drcheck.verdict import Finding, Recoverability, SiteRecoverability, loud, proven


def site_recoverability(
    topology: Topology, findings: Sequence[Finding], answers: Iterable[Recoverability], *, everything: bool
) -> tuple[SiteRecoverability, ...]:
    """One answer for each declared site, by name.

    In the way of a site stands what stands in the way of the applications that run there (machines, or the primary
    replica of their data), and what was found on anything else at the site.

    Args:
        topology: what is declared, and where machines run.
        findings: every finding of the run.
        answers: those for the applications.
        everything: nothing was left out by a selection; otherwise no site is called recoverable.
    """
    there = _residents(topology)
    known = {one.application: one for one in answers}
    wrong, good = loud(findings), {name for _, name in proven(findings)}
    return tuple(
        _answer(
            site,
            wrong,
            [known[name] for name in sorted(there[site.name])],
            good=site.name in good,
            everything=everything,
        )
        for site in sorted(topology.seen(Site), key=lambda one: one.name)
    )


def _answer(
    site: Site, findings: Sequence[Finding], residents: Sequence[Recoverability], *, good: bool, everything: bool
) -> SiteRecoverability:
    here = [one for one in findings if one.subject.site == site.name]
    unlisted = [one for one in findings if one.subject.kind == "gap" and one.subject.site != site.name]
    own = [link(one) for one in grave([*here, *unlisted]) if not one.check.startswith(ELSEWHERE)]
    theirs = [each for one in sorted(residents, key=lambda app: app.tier) for each in one.links]
    answer, links = concluded(site.name, list(dict.fromkeys([*theirs, *own])), proven=good, everything=everything)
    return SiteRecoverability(
        site=site.name,
        role=site.role,
        answer=answer,
        applications=tuple(one.application for one in residents),
        links=tuple(links[:MOST]),
        more=max(0, len(links) - MOST),
    )


def _residents(topology: Topology) -> Mapping[str, set[str]]:
    """The applications of each site; one of which it is not known where it runs may run at any."""
    found: dict[str, set[str]] = {site.name: set() for site in topology.seen(Site)}
    for application in topology.seen(Application):
        try:
            names = {site_of(topology, host).name for host in _places(topology, application)}
        except Unknown:
            names = set(found)
        for name in names:
            found[name].add(application.name)
    return found


def _places(topology: Topology, application: Application) -> Iterator[str]:
    """The hosts of its machines and of the primary replicas of its data."""
    yield from {machine.host for machine in machines_of(topology, application)}
    for replica in topology.seen(AvailabilityReplica):
        if replica.role == "PRIMARY" and application in applications_of_group(topology, replica.group):
            yield replica.host
