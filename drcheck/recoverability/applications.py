"""Which applications could be recovered? Whatever could not be listed may belong to any, and leaves all unknown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from drcheck.recoverability.links import MOST, concluded, grave, link
from drcheck.recoverability.shares import MACHINERY, Shares
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application
from drcheck.verdict import Finding, Recoverability, loud, proven


def recoverability(topology: Topology, findings: Sequence[Finding], *, everything: bool) -> tuple[Recoverability, ...]:
    """One answer for each declared application, by name.

    A finding on something that several applications share counts for those that facts connect with it: the machines
    of a recovery plan, of a host or a cluster, the data of an availability group, and whatever goes through a vault.
    What nothing connects with some of them (directory, names, quotas …) may concern any, and counts for all.

    Args:
        topology: what is declared, and what connects machines with what they share.
        findings: every finding of the run.
        everything: nothing was left out by a selection; otherwise no application is called recoverable.
    """
    known = {application.name: application for application in topology.seen(Application)}
    shares = Shares(topology, known.values())
    of: dict[str, list[Finding]] = {}
    for finding in loud(findings):
        for name in shares.concerned(finding):
            of.setdefault(name, []).append(finding)
    good = {name for name, _ in proven(findings)}
    return tuple(
        _answer(application, _before(application, known, of), good=application.name in good, everything=everything)
        for application in sorted(known.values(), key=lambda one: one.name)
    )


def _answer(application: Application, before: Iterable[Finding], *, good: bool, everything: bool) -> Recoverability:
    found = [link(one) for one in before]
    answer, links = concluded(application.name, found, proven=good, everything=everything)
    return Recoverability(
        application=application.name,
        tier=application.tier,
        answer=answer,
        links=tuple(links[:MOST]),
        more=max(0, len(links) - MOST),
    )


def _before(
    application: Application, known: Mapping[str, Application], of: Mapping[str, Sequence[Finding]]
) -> Iterator[Finding]:
    """What stands in the way, in the order of the recovery, everything once."""
    said: set[tuple[str, str]] = set()
    chain = [*_needs(application, known, set()), application]
    found = [finding for one in chain for finding in grave(of.get(one.name, ()))]
    for finding in sorted(found, key=_place):
        place = (finding.check, finding.subject.key)
        if place not in said:
            said.add(place)
            yield finding


def _place(finding: Finding) -> int:
    """The machinery first; what could not be listed last; the rest stays in the order of the chain."""
    if finding.subject.kind == "gap":
        return 2
    return 0 if finding.check.startswith(MACHINERY) else 1


def _needs(application: Application, known: Mapping[str, Application], done: set[str]) -> Iterator[Application]:
    """Everything it needs, what those need first; a circle is entered once."""
    done.add(application.name)
    for name in application.depends_on:
        needed = known.get(name)
        if needed is not None and name not in done:
            yield from _needs(needed, known, done)
            yield needed
