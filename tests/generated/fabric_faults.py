"""Faults of Hyper-V hosts and replicas, of VMM, of clusters, of SQL Server and of the directory."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from drcheck.topology.base import Fact
from drcheck.topology.cluster import ClusterGroup, ClusterNetworkName, ClusterNode, ClusterResource, FailoverCluster
from drcheck.topology.declared import Site
from drcheck.topology.hyperv import HyperVVm, VmReplication, VmSwitch
from drcheck.topology.hyperv_replica import ReplicaServer, VmRecoveryPoints
from drcheck.topology.identity import ControllerService, DomainController, ReplicationPartner
from drcheck.topology.network import Connection, NameAnswer
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica, SqlDatabase, SqlInstance
from drcheck.topology.sql_objects import AgListener, MirroringEndpoint, SqlJob
from drcheck.topology.vmm import Cloud, VmmServer, VmmVm
from drcheck.topology.vmm_fabric import VmmAgent, VmmNode
from drcheck.topology.windows_host import HyperVHost, MachineCertificate, ReplicaListenerRule
from drcheck.verdict import Verdict
from tests import estate_servers as servers
from tests.estates import ago
from tests.generated.fault import Drawn, Fault, Places, Seeded, edited, gone, judged, of, simple


def of_managed(one: VmReplication | HyperVVm) -> bool:
    """Is this the VMM server's own machine?"""
    return one.name.startswith("VMM")


def replications(mode: str) -> Places:
    """One side of the replications of what is no VMM server."""
    return of(VmReplication, lambda one: one.mode == mode and not of_managed(one))


SENT, HELD = replications("Primary"), replications("Replica")
STRETCHED = of(FailoverCluster, lambda one: "sql" not in one.key)
"""Clusters on which no availability group is."""


def with_vm(name: str, check: str, places: Places, **fields: Any) -> Fault:
    """The VM of a replication has other values on that host."""

    def seed(drawn: Drawn, link: VmReplication) -> Seeded:
        vm = drawn.get(HyperVVm, f"{link.vm_id}@{link.host}")
        values = {field: value(vm) if callable(value) else value for field, value in fields.items()}
        return Seeded(edits=edited(vm, **values), expects=judged(check, link.key))

    return Fault(name, frozenset({check}), places, seed)


def no_points(drawn: Drawn, link: VmReplication) -> Seeded:
    points = drawn.get(VmRecoveryPoints, f"{link.vm_id}@{link.host}")
    return Seeded(edits=edited(points, newest_app_consistent=None), expects=judged("DR-HVR-007", link.key))


def from_host(drawn: Drawn, host: str) -> list[str]:
    """What a host sends."""
    return [one.key for one in drawn.all(VmReplication, mode="Primary") if one.host == host]


def senders(kind: type[Fact]) -> Places:
    """Facts of hosts that send replicas."""

    def places(drawn: Drawn) -> list[Fact]:
        hosts = {one.host for one in drawn.all(VmReplication, mode="Primary")}
        return [fact for fact in drawn.all(kind) if fact.where in hosts]

    return places


def not_received(drawn: Drawn, server: ReplicaServer) -> Seeded:
    return Seeded(edits=edited(server, enabled=False), expects=judged("DR-HVR-008", *from_host(drawn, server.host)))


def closed(drawn: Drawn, rule: ReplicaListenerRule) -> Seeded:
    found = judged("DR-HVR-008", *from_host(drawn, rule.host), verdict=Verdict.WARN)
    return Seeded(edits=edited(rule, enabled=False), expects=found)


def no_broker(drawn: Drawn, broker: ClusterResource) -> Seeded:
    return Seeded(edits=edited(broker, state="Failed"), expects=judged("DR-HVR-003", broker.cluster))


def brokers(drawn: Drawn) -> list[ClusterResource]:
    """Brokers of clusters that send or receive replicas."""
    hosts = {one.host for one in drawn.all(VmReplication)}
    busy = {node.cluster for node in drawn.all(ClusterNode) if node.host in hosts}
    found = drawn.all(ClusterResource, resource_type="Virtual Machine Replication Broker")
    return [one for one in found if one.cluster in busy]


def certificate(drawn: Drawn, held: MachineCertificate) -> Seeded:
    return Seeded(edits=edited(held, not_after=ago(days=-9)), expects=judged("DR-SEC-002", held.host))


def no_room(drawn: Drawn, site: Site) -> Seeded:
    hosts = [one for one in drawn.all(HyperVHost) if any(one.host.endswith(name[1:]) for name in site.hosts)]
    return Seeded(edits=edited(*hosts, memory_bytes=5 << 30), expects=judged("DR-CAP-001", site.key))


def sites(drawn: Drawn) -> list[Site]:
    """Sites that hold the replica of a VMM server, which is larger than what a small host has left."""
    hosts = [one.host for one in drawn.all(VmReplication, mode="Replica") if of_managed(one)]
    return [site for site in drawn.all(Site) if any(host.endswith(end[1:]) for host in hosts for end in site.hosts)]


def switched(drawn: Drawn, switch: VmSwitch) -> Seeded:
    return Seeded(
        edits=edited(switch, switch_type="Internal"), expects=judged("DR-NET-003", f"hyperv:{switch.name.lower()}")
    )


def no_witness(drawn: Drawn, cluster: FailoverCluster) -> Seeded:
    found = judged("DR-CLU-002", cluster.key) | judged("DR-CLU-003", cluster.key)
    return Seeded(edits=edited(cluster, witness_state="Failed"), expects=found)


def lost_witness(drawn: Drawn, cluster: FailoverCluster) -> Seeded:
    """The witness is at no declared site: nobody can say which losses the cluster bears."""
    found = judged("DR-GOV-003", f"witness:{cluster.key}")
    for check in ("DR-CLU-002", "DR-CLU-003"):
        found |= judged(check, cluster.key, verdict=Verdict.UNKNOWN)
    place = "\\\\fs9.nowhere.lab\\witness"
    return Seeded(edits=edited(cluster, witness="share", witness_place=place), expects=found)


def one_domain(drawn: Drawn, node: ClusterNode) -> Seeded:
    """Where no other node of the site has its own domain, the cluster takes its sites for one."""
    found = judged("DR-CLU-001", node.cluster)
    if sum(one.fault_domain_site == "Leeds" for one in drawn.all(ClusterNode, cluster=node.cluster)) == 1:
        found |= judged("DR-CLU-102", node.cluster, verdict=Verdict.UNKNOWN)
    return Seeded(edits=edited(node, fault_domain_site="London"), expects=found)


def old_windows(drawn: Drawn, node: ClusterNode) -> Seeded:
    return Seeded(edits=edited(node, build=9600), expects=judged("DR-SUP-002", f"windows:{node.host}"))


def suspended(drawn: Drawn, link: VmReplication) -> Seeded:
    """The replica of a VMM server's own machine stands still."""
    server = next(one for one in drawn.all(VmmServer) if one.vm_id == link.vm_id)
    found = judged("DR-HVR-001", link.key) | judged("DR-VMM-002", server.key)
    return Seeded(edits=edited(link, state="Suspended"), expects=found)


def in_cloud(drawn: Drawn, vm: VmmVm) -> Seeded:
    """The VMM server's own machine is in a cloud that it protects."""
    server = next(one for one in drawn.all(VmmServer) if one.vm_id == vm.key)
    cloud = next(one.key for one in drawn.all(Cloud) if one.seen.endpoint == vm.seen.endpoint and "gold" in one.key)
    return Seeded(edits=edited(vm, cloud_id=cloud), expects=judged("DR-VMM-001", server.key))


def agent(drawn: Drawn, told: VmmAgent) -> Seeded:
    return Seeded(edits=edited(told, state="NotResponding"), expects=judged("DR-VMM-003", told.host))


def fixed_role(drawn: Drawn, group: ClusterGroup) -> Seeded:
    server = next(
        one for one in drawn.all(VmmServer, highly_available=True) if one.seen.endpoint == group.seen.endpoint
    )
    return Seeded(edits=edited(group, failover_threshold=0), expects=judged("DR-VHA-002", server.key))


def other_keys(drawn: Drawn, node: VmmNode) -> Seeded:
    server = next(one for one in drawn.all(VmmServer, highly_available=True) if node.host in one.nodes)
    return Seeded(edits=edited(node, dkm_container="CN=Other"), expects=judged("DR-VHA-003", server.key))


def beside_group(drawn: Drawn, instance: SqlInstance) -> Seeded:
    made = servers.database(instance.key, "Forgotten", "")
    return Seeded(edits={(SqlDatabase, made.key): made}, expects=judged("DR-SQL-006", instance.key))


def group_of(drawn: Drawn, instance: str) -> AvailabilityGroup:
    """The group of which an instance holds a replica."""
    host = instance.partition("\\")[0]
    replica = next(one for one in drawn.all(AvailabilityReplica) if one.host == host)
    return drawn.get(AvailabilityGroup, replica.group)


def no_job(drawn: Drawn, job: SqlJob) -> Seeded:
    return Seeded(edits=gone(job), expects=judged("DR-SQL-007", group_of(drawn, job.instance).key))


def unlike(drawn: Drawn, instance: SqlInstance) -> Seeded:
    group = group_of(drawn, instance.key)
    return Seeded(edits=edited(instance, collation="Turkish"), expects=judged("DR-SQL-106", group.key))


def long_memory(drawn: Drawn, listener: AgListener) -> Seeded:
    """Clients remember for too long where the listener is."""
    name = next(
        one for one in drawn.all(ClusterNetworkName, dns_name=listener.name.partition(".")[0])
        if listener.name == f"{one.dns_name}.{one.dns_suffix}"
    )  # fmt: skip
    return Seeded(edits=edited(name, ttl_seconds=1200), expects=judged("DR-SQL-008", listener.key))


def by_hand(drawn: Drawn, replica: AvailabilityReplica) -> Seeded:
    """Nothing fails the group over by itself, and no step says who does."""
    return Seeded(edits=edited(replica, failover_mode="MANUAL"), expects=judged("DR-SQL-005", replica.group))


def split(drawn: Drawn, cluster: FailoverCluster) -> Seeded:
    """A cluster of a group has an even number of votes: each site is half of them."""
    found = {(check, cluster.key): Verdict.FAIL for check in ("DR-SQL-009", "DR-CLU-002", "DR-CLU-003")}
    hosts = {node.host for node in drawn.all(ClusterNode, cluster=cluster.key)}
    groups = {one.group for one in drawn.all(AvailabilityReplica) if one.host in hosts}
    return Seeded(
        edits=edited(cluster, witness="none", witness_place=""), expects=found | judged("DR-SQL-005", *groups)
    )


def no_catalogue(drawn: Drawn, controller: DomainController) -> Seeded:
    return Seeded(edits=edited(controller, global_catalog=False), expects=judged("DR-IDN-001", controller.domain))


def not_received_ad(drawn: Drawn, partner: ReplicationPartner) -> Seeded:
    return Seeded(edits=edited(partner, last_result=5), expects=judged("DR-IDN-002", partner.host))


def unresolved(drawn: Drawn, answer: NameAnswer) -> Seeded:
    return Seeded(
        edits=edited(answer, outcome="no-such-name", addresses=()), expects=judged("DR-IDN-003", f"name:{answer.name}")
    )


def secondary(kind: type[Fact]) -> Places:
    """Facts of what is not the primary side of a group."""
    return of(kind, lambda one: not one.is_primary if isinstance(one, DatabaseReplica) else one.role == "SECONDARY")  # type: ignore[attr-defined]  # of a replica


FAULTS: Sequence[Fault] = (
    Fault("no room at the recovery site", frozenset({"DR-CAP-001"}), sites, no_room),
    Fault(
        "one fault domain",
        frozenset({"DR-CLU-001"}),
        of(ClusterNode, lambda one: one.fault_domain_site == "Leeds"),
        one_domain,
    ),
    Fault("witness down", frozenset({"DR-CLU-002", "DR-CLU-003"}), STRETCHED, no_witness),
    Fault("witness nowhere", frozenset({"DR-GOV-003"}), STRETCHED, lost_witness),
    Fault("broker down", frozenset({"DR-HVR-003"}), brokers, no_broker),
    simple("replication critical", SENT, "DR-HVR-001", health="Critical"),
    simple("cycles missed", SENT, "DR-HVR-002", missed_count=10, successful_count=90),
    with_vm("disk left out", "DR-HVR-004", SENT, disks=lambda vm: (*vm.disks, "E:\\new.vhdx")),
    with_vm(
        "no switch for tests",
        "DR-HVR-005",
        HELD,
        adapters=lambda vm: (replace(vm.adapters[0], test_replica_switch=""),),
    ),
    with_vm("replica too small", "DR-HVR-104", HELD, processors=1),
    Fault("no consistent point kept", frozenset({"DR-HVR-007"}), HELD, no_points),
    Fault("primary receives nothing", frozenset({"DR-HVR-008"}), senders(ReplicaServer), not_received),
    Fault("primary's firewall closed", frozenset({"DR-HVR-008"}), senders(ReplicaListenerRule), closed),
    Fault(
        "no global catalogue",
        frozenset({"DR-IDN-001"}),
        of(DomainController, lambda one: ".lds." in one.host),
        no_catalogue,
    ),
    Fault("directory not replicated", frozenset({"DR-IDN-002"}), of(ReplicationPartner), not_received_ad),
    Fault(
        "name not resolved",
        frozenset({"DR-IDN-003"}),
        of(NameAnswer, lambda one: not one.name.startswith("ag")),
        unresolved,
    ),
    simple("time from nobody", of(ControllerService), "DR-IDN-101", time_type="NoSync"),
    Fault(
        "switch for drills not private",
        frozenset({"DR-NET-003"}),
        of(VmSwitch, lambda one: one.switch_type == "Private"),
        switched,
    ),
    simple("destination silent", of(Connection, lambda one: one.port == 443), "DR-NET-006", outcome="timed-out"),
    simple("anybody may send", of(ReplicaServer), "DR-SEC-001", from_any_server=True),
    Fault("certificate expires", frozenset({"DR-SEC-002"}), of(MachineCertificate), certificate),
    simple("replica disconnected", secondary(AvailabilityReplica), "DR-SQL-003", connected_state="DISCONNECTED"),
    simple("replica not ready", secondary(DatabaseReplica), "DR-SQL-004", failover_ready=False),
    Fault(
        "nobody fails the group over",
        frozenset({"DR-SQL-005"}),
        of(AvailabilityReplica, lambda one: one.role == "PRIMARY"),
        by_hand,
    ),
    Fault("database beside the group", frozenset({"DR-SQL-006"}), of(SqlInstance), beside_group),
    Fault("job on one instance", frozenset({"DR-SQL-007"}), of(SqlJob), no_job),
    Fault("listener remembered", frozenset({"DR-SQL-008"}), of(AgListener), long_memory),
    Fault("even votes", frozenset({"DR-SQL-009"}), of(FailoverCluster, lambda one: "sql" in one.key), split),
    simple("long redo queue", secondary(DatabaseReplica), "DR-SQL-101", redo_queue_kb=10**9),
    simple("endpoint stopped", of(MirroringEndpoint), "DR-SQL-104", state="STOPPED"),
    Fault("instances unlike", frozenset({"DR-SQL-106"}), of(SqlInstance), unlike),
    Fault(
        "Windows out of support",
        frozenset({"DR-SUP-002"}),
        of(ClusterNode, lambda one: "hv" not in one.cluster),
        old_windows,
    ),
    Fault("role stays", frozenset({"DR-VHA-002"}), of(ClusterGroup), fixed_role),
    Fault(
        "keys elsewhere", frozenset({"DR-VHA-003"}), of(VmmNode, lambda one: one.name in ("vmma", "vmmb")), other_keys
    ),
    Fault(
        "VMM in its own cloud", frozenset({"DR-VMM-001"}), of(VmmVm, lambda one: one.name.startswith("VMM")), in_cloud
    ),
    Fault(
        "VMM's replica stands still",
        frozenset({"DR-VMM-002"}),
        of(VmReplication, lambda one: one.mode == "Primary" and of_managed(one)),
        suspended,
    ),
    Fault("VMM agent silent", frozenset({"DR-VMM-003"}), of(VmmAgent), agent),
    simple("cloud without hosts", of(Cloud, lambda one: "gold" in one.key), "DR-VMM-101", host_groups=()),
)
