"""Which applications does a finding concern?"""

from collections.abc import Iterable, Iterator, Mapping

from drcheck.recoverability.links import ELSEWHERE
from drcheck.topology.availability import group_of_vmm
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.cluster import ClusterNode
from drcheck.topology.declared import Application
from drcheck.topology.membership import application_of, applications_of_group
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica, SqlInstance
from drcheck.topology.sql_objects import AgListener, MirroringEndpoint
from drcheck.topology.vmm import VmmServer, VmmVm
from drcheck.verdict import Finding

MACHINERY = ("DR-VMM-", "DR-VHA-", "DR-SQL-001", "DR-SQL-002")
"""Checks on VMM and its database, by the beginning of their ids."""
THROUGH_VAULT = ("vault", "replication policy", "Site Recovery provider", "container mapping", "protection container")
"""Subjects that everything Site Recovery protects depends on."""
UNCLAIMED = ("VM", "protected item", "VM replication", "recovery points", "recovery plan")
"""Machines, and plans of machines, that no declared application claims."""


class Shares:
    """What facts connect with applications: a plan, a host, a cluster, an availability group and its parts."""

    def __init__(self, topology: Topology, applications: Iterable[Application]) -> None:
        declared = tuple(applications)
        self._all = tuple(one.name for one in declared)
        self._replicated = tuple(one.name for one in declared if one.method == "site-recovery" and not one.always_on)
        hosts: dict[str, set[str]] = {}
        for vm in topology.seen(VmmVm):
            hosts.setdefault(vm.host, set()).update(_owners(topology, [(vm.key, vm.name)]))
        groups = {group.key: self._of_group(topology, group) for group in topology.seen(AvailabilityGroup)}
        data: dict[str, set[str]] = {}
        for replica in topology.seen(AvailabilityReplica):
            data.setdefault(replica.host, set()).update(groups.get(replica.group, self._all))
        clusters: dict[str, set[str]] = {}
        for node in topology.seen(ClusterNode):
            clusters.setdefault(node.cluster, set()).update(hosts.get(node.host, ()), data.get(node.host, ()))
        self._connected: Mapping[tuple[str, str], Iterable[str]] = {
            **{("recovery plan", plan.key): _owners_of_plan(topology, plan) for plan in topology.seen(RecoveryPlan)},
            **{("Hyper-V host", host): names for host, names in hosts.items()},
            **{("cluster", cluster): names for cluster, names in clusters.items()},
            **{("availability group", group): names for group, names in groups.items()},
            **{(part.SUBJECT, part.key): groups.get(part.group, ()) for part in _parts(topology)},
            **{(one.SUBJECT, one.key): data.get(one.host, ()) for one in topology.seen(SqlInstance)},
            **{(one.SUBJECT, one.key): data.get(one.host, ()) for one in topology.seen(MirroringEndpoint)},
        }

    def concerned(self, finding: Finding) -> Iterable[str]:
        """Names of applications; what nothing connects with some of them may concern any."""
        subject = finding.subject
        if subject.application or subject.kind == Application.SUBJECT:
            return (subject.application or subject.key,)
        if subject.kind == "gap":
            return self._all
        if finding.check.startswith(MACHINERY) or subject.kind in THROUGH_VAULT:
            return self._replicated
        connected = self._connected.get((subject.kind, subject.key), ())
        if connected or subject.kind in UNCLAIMED or finding.check.startswith(ELSEWHERE):
            return connected
        return self._all

    def _of_group(self, topology: Topology, group: AvailabilityGroup) -> Iterable[str]:
        """Whose data it holds: on VMM's depends everything that VMM fails over, and nobody's may be anybody's."""
        names = {one.name for one in _applications(topology, group.key)}
        if any(group_of_vmm(topology, server) == group for server in topology.seen(VmmServer)):
            names.update(self._replicated)
        return names or self._all


def _parts(topology: Topology) -> Iterator[AvailabilityReplica | DatabaseReplica | AgListener]:
    """What an availability group consists of."""
    yield from topology.seen(AvailabilityReplica)
    yield from topology.seen(DatabaseReplica)
    yield from topology.seen(AgListener)


def _applications(topology: Topology, group: str) -> Iterable[Application]:
    try:
        return applications_of_group(topology, group)
    except Unknown:
        return ()


def _owners_of_plan(topology: Topology, plan: RecoveryPlan) -> set[str]:
    items = (topology.get(ProtectedItem, key) for key in plan.items)
    return _owners(topology, ((one.vm_id, one.name) for one in items if one))


def _owners(topology: Topology, machines: Iterable[tuple[str, str]]) -> set[str]:
    """The applications that are known to claim some of these machines."""
    found = set()
    for vm_id, name in machines:
        try:
            owner = application_of(topology, vm_id, name)
        except Unknown:
            continue
        if owner:
            found.add(owner.name)
    return found
