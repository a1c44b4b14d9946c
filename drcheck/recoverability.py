"""Which applications could be recovered, and what is the first thing in the way? Findings in, one answer each out.

What brings an application back comes in an order: the machinery (VMM and its database, for whatever Site Recovery
fails over through VMM), then what the application needs, then the application itself. Only what is critical or high
stands in the way. Whatever could not be listed may belong to any application, so it leaves all of them unknown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from drcheck.topology.base import Topology
from drcheck.topology.cluster import ClusterNode
from drcheck.topology.declared import Application, application_of
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.topology.vmm import VmmVm
from drcheck.verdict import Finding, Link, Recoverability, Severity, Verdict

MOST = 20
"""Links that are kept; the findings have them all."""
GRAVE = (Severity.CRITICAL, Severity.HIGH)
ORDER = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.WAIVED)
ANSWERS = {Verdict.FAIL: "not recoverable", Verdict.UNKNOWN: "unknown", Verdict.WAIVED: "at an accepted risk"}
MACHINERY = ("DR-VMM-", "DR-VHA-", "DR-SQL-001", "DR-SQL-002")
"""Checks on VMM and its database, by the beginning of their ids."""
THROUGH_VAULT = ("vault", "replication policy", "Site Recovery provider", "container mapping", "protection container")
"""Subjects that everything Site Recovery protects depends on."""
ELSEWHERE = ("DR-DRL-", "DR-CLN-", "DR-GOV-", "DR-NET-003", "DR-NET-004")
"""Checks on rehearsals, what they leave and what is written down, which stand in nobody's way."""
UNCLAIMED = ("VM", "protected item", "VM replication", "recovery points", "recovery plan")
"""Machines, and plans of machines, that no declared application claims."""
NOT_JUDGED = "nothing about it was seen to be good"


def recoverability(topology: Topology, findings: Sequence[Finding], *, everything: bool) -> tuple[Recoverability, ...]:
    """One answer for each declared application, by name.

    A finding on something that several applications share counts for those that facts connect with it: the machines
    of a recovery plan, of a host or a cluster, and whatever goes through a vault. What nothing connects with some of
    them (directory, names, quotas, SQL Server …) may concern any, and counts for all.

    Args:
        topology: what is declared, and what connects machines with what they share.
        findings: every finding of the run.
        everything: nothing was left out by a selection; otherwise no application is called recoverable.
    """
    known = {application.name: application for application in topology.seen(Application)}
    shares = _Shares(topology, known.values())
    of: dict[str, list[Finding]] = {}
    for finding in findings:
        for name in shares.concerned(finding):
            of.setdefault(name, []).append(finding)
    return tuple(
        _answer(application, _before(application, known, of), of, everything=everything)
        for application in sorted(known.values(), key=lambda one: one.name)
    )


class _Shares:
    """Which applications does a finding concern?"""

    def __init__(self, topology: Topology, applications: Iterable[Application]) -> None:
        self._all = tuple(one.name for one in applications)
        self._replicated = tuple(
            one.name for one in topology.seen(Application) if one.method == "site-recovery" and not one.always_on
        )
        self._plans: dict[str, set[str]] = {}
        for plan in topology.seen(RecoveryPlan):
            items = (topology.get(ProtectedItem, key) for key in plan.items)
            self._plans[plan.key] = self._named(topology, ((one.vm_id, one.name) for one in items if one))
        self._hosts: dict[str, set[str]] = {}
        for vm in topology.seen(VmmVm):
            self._hosts.setdefault(vm.host, set()).update(self._named(topology, [(vm.key, vm.name)]))
        self._clusters: dict[str, set[str]] = {}
        for node in topology.seen(ClusterNode):
            self._clusters.setdefault(node.cluster, set()).update(self._hosts.get(node.host, set()))

    def concerned(self, finding: Finding) -> Iterable[str]:
        """Names of applications."""
        subject = finding.subject
        if subject.application or subject.kind == Application.SUBJECT:
            return (subject.application or subject.key,)
        if subject.kind == "gap":
            return self._all
        if finding.check.startswith(MACHINERY) or subject.kind in THROUGH_VAULT:
            return self._replicated
        by_kind = {"recovery plan": self._plans, "Hyper-V host": self._hosts, "cluster": self._clusters}
        connected = by_kind.get(subject.kind, {}).get(subject.key, set())
        if connected or subject.kind in UNCLAIMED or finding.check.startswith(ELSEWHERE):
            return connected
        return self._all

    def _named(self, topology: Topology, machines: Iterable[tuple[str, str]]) -> set[str]:
        owners = (application_of(topology, vm_id, name) for vm_id, name in machines)
        return {owner.name for owner in owners if owner}


def _before(
    application: Application, known: Mapping[str, Application], of: Mapping[str, Sequence[Finding]]
) -> Iterator[Finding]:
    """What stands in the way, in the order of the recovery, everything once."""
    said: set[tuple[str, str]] = set()
    chain = [*_needs(application, known, set()), application]
    found = [finding for one in chain for finding in _grave(of.get(one.name, ()))]
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


def _grave(findings: Iterable[Finding]) -> Iterator[Finding]:
    wrong = [one for one in findings if one.verdict in ORDER and one.severity in GRAVE]
    yield from sorted(wrong, key=lambda one: (ORDER.index(one.verdict), GRAVE.index(one.severity), one.check))


def _answer(
    application: Application, found: Iterable[Finding], of: Mapping[str, Sequence[Finding]], *, everything: bool
) -> Recoverability:
    own = list(found)
    worst = min((ORDER.index(one.verdict) for one in own), default=len(ORDER))
    links = [_link(one) for one in own]
    mine = (one for one in of.get(application.name, ()) if one.subject.application == application.name)
    proven = any(one.verdict is Verdict.PASS for one in mine)
    if not (proven and everything) and worst > ORDER.index(Verdict.UNKNOWN):
        reason = NOT_JUDGED if everything else "only a selection was judged"
        links.insert(0, Link(check="", verdict=Verdict.UNKNOWN, subject=application.name, message=reason))
        worst = ORDER.index(Verdict.UNKNOWN)
    answer = "recoverable" if worst == len(ORDER) else ANSWERS[ORDER[worst]]
    links.sort(key=lambda link: link.verdict is not ORDER[worst])
    return Recoverability(
        application=application.name,
        tier=application.tier,
        answer=answer,
        links=tuple(links[:MOST]),
        more=max(0, len(links) - MOST),
    )


def _link(finding: Finding) -> Link:
    return Link(check=finding.check, verdict=finding.verdict, subject=finding.subject.name, message=finding.message)
