"""Faults of what people prepared, and of what is told about machines besides replication."""

from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.azure_governance import Runbook
from drcheck.topology.cluster import FailoverCluster, ValidationReport
from drcheck.topology.declared import DeclaredEndpoint, DrillNetwork, Site
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.hyperv_replica import ReplicaServer, ReplicationProvider
from drcheck.topology.links import SiteLink
from drcheck.topology.network import Connection
from drcheck.topology.prepared import BreakGlass, DataFile, DrillController, QuorumDesign, RecoveryKit
from drcheck.topology.site_recovery import NetworkMapping, ProtectedItem, RecoveryPlan
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica
from drcheck.topology.sql_upkeep import DatabaseUpkeep, HealthSession
from drcheck.topology.tls import HostTls
from drcheck.topology.vmm import VmmServer, VmmVm, VmNetwork
from drcheck.topology.vmm_fabric import VmConfiguration, VmmNode
from drcheck.topology.windows_host import VirtualHardDisk
from drcheck.verdict import Verdict
from tests import estate_fabric as fabric
from tests import estate_facts as facts
from tests import estate_prepared as prepared
from tests.estate_replica_hosts import FOREIGN, provider
from tests.estates import ago, seen
from tests.generated.fabric_faults import HELD, SENT, of_managed, with_vm
from tests.generated.fault import Drawn, Edits, Fault, Seeded, Seeding, edited, judged, of, simple
from tests.generated.kinship import links_of, machine, undrilled
from tests.generated.site_recovery_faults import ITEMS, acting

LONE = of(HyperVVm, lambda vm: "AUX" in vm.name)
"""Machines of no application."""


def twin(drawn: Drawn, vm: HyperVVm) -> Seeded:
    """A machine of the same name runs at the other site."""
    known, vm_id = drawn.get(VmmVm, vm.vm_id), f"88{vm.vm_id[2:]}"
    host = next(one.host for one in drawn.all(ReplicaServer) if ".lds." in one.host and same_lab(one.host, vm.host))
    made = replace(vm, key=f"{vm_id}@{host}", seen=replace(vm.seen, endpoint=host), vm_id=vm_id, host=host)
    told = replace(known, key=vm_id, vmm_id=f"vmm-{vm_id}", host=host)
    places = [site.key for site in drawn.all(Site) if any(same_lab(name, vm.host) for name in site.hosts)]
    found = judged("DR-CLN-102", *(key for key in places if not key.startswith("dublin")))
    return Seeded(edits={(HyperVVm, made.key): made, (VmmVm, vm_id): told}, expects=found)


def same_lab(left: str, right: str) -> bool:
    """Are two names of one deployment?"""
    return left.split(".")[-2:] == right.split(".")[-2:]


def impatient(drawn: Drawn, cluster: FailoverCluster) -> Seeded:
    return Seeded(edits=edited(cluster, cross_site_threshold=9), expects=judged("DR-CLU-102", cluster.key))


def undesigned(drawn: Drawn, design: QuorumDesign) -> Seeded:
    cluster = drawn.all(FailoverCluster, name=design.name)[0]
    return Seeded(edits=edited(design, dynamic_quorum=False), expects=judged("DR-CLU-004", cluster.key))


def one_host(drawn: Drawn, server: VmmServer) -> Seeded:
    """The nodes of VMM's cluster are two machines on one host."""
    vms = neighbours(drawn)
    nodes = [drawn.get(VmmNode, host) for host in server.nodes]
    changed: Edits = {}
    for node, vm in zip(nodes, vms, strict=True):
        changed |= edited(node, vm_id=vm.vm_id)
    return Seeded(edits=changed, expects=judged("DR-CLU-101", server.key))


def neighbours(drawn: Drawn) -> list[HyperVVm]:
    """Two machines on one host."""
    by_host: dict[str, list[HyperVVm]] = {}
    for vm in drawn.all(HyperVVm):
        if ".lon." in vm.host:
            by_host.setdefault(vm.host, []).append(vm)
    return next((vms[:2] for vms in by_host.values() if len(vms) > 1), [])


def crowded(drawn: Drawn) -> list[VmmServer]:
    return drawn.all(VmmServer, highly_available=True) if neighbours(drawn) else []


def undecided(drawn: Drawn, plan: RecoveryPlan) -> Seeded:
    """What is to become of a copied controller's roles nobody decided."""
    first = next(group.items[0] for group in plan.groups if group.items)
    made = prepared.drill_controller(drawn.get(ProtectedItem, first).name, fsmo="")
    return Seeded(edits={(DrillController, made.key): made}, expects=judged("DR-IDN-005", made.key))


def rewritten(drawn: Drawn, plan: RecoveryPlan) -> Seeded:
    groups = acting(name="Something new")(plan)
    return Seeded(edits=edited(plan, groups=groups), expects=undrilled(drawn, plan))


def at_home(drawn: Drawn, plan: RecoveryPlan) -> Seeded:
    """A plan's script is on a server of the primary site."""
    lab = ".".join(next(iter(drawn.all(Site, role="primary"))).hosts[0].split(".")[1:])
    groups = acting(detail=f"\\\\fs7.{lab}\\scripts\\dns.ps1")(plan)
    found = judged("DR-VHA-005", plan.key) | undrilled(drawn, plan)
    return Seeded(edits=edited(plan, groups=groups), expects=found)


def extended(drawn: Drawn, link: VmReplication) -> Seeded:
    """A third copy that is not well."""
    made = replace(link, key=f"{link.vm_id}@{link.host}/Extended", relationship="Extended", vss_enabled=True)
    claims = frozenset({link.key, f"{link.vm_id}@{link.host}", f"hyperv:{link.host}"})
    return Seeded(edits={(VmReplication, made.key): made}, expects=judged("DR-HVR-102", made.key), claims=claims)


def astray(drawn: Drawn, link: VmReplication) -> Seeded:
    vm = drawn.get(HyperVVm, f"{link.vm_id}@{link.host}")
    return Seeded(edits=edited(vm, disks=("C:\\Moved\\disk.vhdx",)), expects=judged("DR-HVR-103", link.host))


def no_pool(drawn: Drawn, network: VmNetwork) -> Seeded:
    vm = next(one for one in drawn.all(VmmVm) if one.seen.endpoint == network.seen.endpoint)
    adapter = fabric.adapter(network_id=network.key, mac_address="")
    made = fabric.configured(vm.key, vm.name, adapter, server=network.seen.endpoint)
    changed = edited(network, logical_network_id="ln-corp")
    return Seeded(edits={**changed, (VmConfiguration, made.key): made}, expects=judged("DR-IPC-001", network.key))


def one_address(drawn: Drawn, server: VmmServer) -> Seeded:
    """Two VMM servers gave out the same MAC address."""
    pair = (drawn.all(VmmServer)[0], server)
    card = fabric.adapter(ip_address_type="Dynamic")
    made = [fabric.configured(f"mac-{one.key}", f"MAC-{one.name}", card, server=one.key) for one in pair]
    found = judged("DR-IPC-101", *(one.key for one in pair))
    return Seeded(edits={(VmConfiguration, one.key): one for one in made}, expects=found)


def populated(drawn: Drawn) -> list[VmNetwork]:
    """Networks of VMM servers that have machines."""
    busy = {vm.seen.endpoint for vm in drawn.all(VmmVm)}
    return [one for one in drawn.all(VmNetwork) if one.seen.endpoint in busy]


def silent(drawn: Drawn, item: ProtectedItem) -> Seeded:
    """Its last figure is a day old, and it is said to be well."""
    found = judged("DR-RPL-004", item.key) | judged("DR-RPL-001", item.key, verdict=Verdict.UNKNOWN)
    return Seeded(edits=edited(item, rpo_calculated=ago(days=1)), expects=found)


def unreachable(drawn: Drawn, attempt: Connection) -> Seeded:
    """WinRM is closed on the host with the replica of a VMM server."""
    ids = {one.vm_id for one in drawn.all(VmReplication, host=attempt.to) if of_managed(one)}
    servers = [server.key for server in drawn.all(VmmServer) if server.vm_id in ids]
    found = judged("DR-NET-006", attempt.key) | judged("DR-VMM-006", *servers)
    return Seeded(edits=edited(attempt, outcome="timed-out"), expects=found)


def weak(drawn: Drawn, told: HostTls) -> Seeded:
    frameworks = tuple(replace(one, strong_crypto=0) for one in told.frameworks)
    return Seeded(edits=edited(told, frameworks=frameworks), expects=judged("DR-SEC-003", f"tls:{told.key}"))


def unkept(check: str, field: str) -> Seeding:
    """On no replica of a group something was done for its databases lately."""

    def seed(drawn: Drawn, group: AvailabilityGroup) -> Seeded:
        hosts = {one.host for one in drawn.all(AvailabilityReplica) if one.group == group.key}
        told = [one for one in drawn.all(DatabaseUpkeep) if one.host in hosts and one.name in group.databases]
        return Seeded(edits=edited(*told, **{field: 99999}), expects=judged(check, group.key))

    return seed


def forgotten(_: Drawn, report: ValidationReport) -> Seeded:
    return Seeded(edits=edited(report, written=ago(days=400)), expects=judged("DR-CLU-005", report.cluster))


def retired(drawn: Drawn, plan: RecoveryPlan) -> Seeded:
    """A plan starts a runbook of a language version that nobody supports."""
    known = drawn.all(Runbook)[0]
    made = replace(known, key=f"{known.key}-{plan.name}".lower(), name=f"Old-{plan.name}", runbook_type="Python2")
    groups = acting(detail=made.key, action_type="AutomationRunbookActionDetails")(plan)
    found = judged("DR-SUP-103", made.key) | undrilled(drawn, plan)
    return Seeded(edits={**edited(plan, groups=groups), (Runbook, made.key): made}, expects=found)


def azure_drills(drawn: Drawn) -> list[DrillNetwork]:
    return drawn.all(DrillNetwork, platform="azure") if drawn.all(NetworkMapping) else []


def short_of(drawn: Drawn, network: DrillNetwork) -> Seeded:
    """A drill network without the subnets of production."""
    own = drawn.get(VirtualNetwork, network.name)
    return Seeded(edits=edited(own, subnets=()), expects=judged("DR-NET-103", network.key))


def unasked(_: Drawn, site: Site) -> Seeded:
    """An endpoint that somebody declared, and to which nobody ever turned."""
    name = f"hv-new.{site.key}.lab"
    made = DeclaredEndpoint(key=f"hyperv:{name}", seen=seen("estate"), role="hyperv", endpoint=name)
    return Seeded(edits={(DeclaredEndpoint, made.key): made}, expects=judged("DR-GOV-004", "run"))


def churning(drawn: Drawn, item: ProtectedItem) -> Seeded:
    """The host counts more changes of a protected machine than Site Recovery takes."""
    vm = machine(drawn, item)
    made = replace(
        facts.replication(vm.vm_id, vm.name, vm.host, "Primary"), seen=vm.seen, certificate="AA01",
        primary_server=vm.host, replica_server="azure", current_replica_server="", average_bytes=16 << 30,
        maximum_bytes=16 << 30,
    )  # fmt: skip
    engine = provider(made.key, FOREIGN)
    edits: Edits = {(VmReplication, made.key): made, (ReplicationProvider, engine.key): engine}
    return Seeded(edits=edits, expects=judged("DR-BWC-001", item.key))


def narrow(drawn: Drawn, link: SiteLink) -> Seeded:
    found = judged("DR-BWC-002", link.key) | judged("DR-BWC-003", link.key)
    return Seeded(edits=edited(link, mbps=0.0001), expects=found)


def used(drawn: Drawn) -> list[SiteLink]:
    """Links over which something is sent."""
    hosts = {one.host for one in drawn.all(VmReplication, mode="Primary")}
    keys = {key for host in hosts for key in links_of(drawn, host)}
    return [link for link in drawn.all(SiteLink) if link.key in keys]


def large(drawn: Drawn, link: VmReplication) -> Seeded:
    """The file of a disk is so large that to send it again takes more than a day."""
    disk = drawn.get(VirtualHardDisk, f"{link.host}/{link.replicated_disks[0].lower()}")
    return Seeded(edits=edited(disk, file_bytes=10**18), expects=judged("DR-BWC-003", *links_of(drawn, link.host)))


FAULTS: Sequence[Fault] = (
    Fault("more changes than are taken", frozenset({"DR-BWC-001"}), ITEMS, churning),
    Fault("narrow link", frozenset({"DR-BWC-002"}), used, narrow),
    Fault("disk too large to send again", frozenset({"DR-BWC-003"}), SENT, large),
    Fault("endpoint never asked", frozenset({"DR-GOV-004"}), of(Site), unasked),
    Fault("one name at two sites", frozenset({"DR-CLN-102"}), LONE, twin),
    Fault("heartbeats impatient", frozenset({"DR-CLU-102"}), of(FailoverCluster), impatient),
    Fault("quorum not as designed", frozenset({"DR-CLU-004"}), of(QuorumDesign), undesigned),
    Fault("nodes on one host", frozenset({"DR-CLU-101"}), crowded, one_host),
    simple("kit incomplete", of(RecoveryKit), "DR-GOV-102", parts=lambda kit: kit.parts[1:]),
    simple("data out of date", of(DataFile), "DR-SUP-102", as_of=date(2026, 1, 1)),
    simple("credential never tried", of(BreakGlass), "DR-IDN-004", tested=None),
    Fault("roles undecided", frozenset({"DR-IDN-005"}), of(RecoveryPlan), undecided),
    Fault("plan changed after its drill", frozenset({"DR-PLN-009"}), of(RecoveryPlan), rewritten),
    Fault("script at the primary site", frozenset({"DR-VHA-005"}), of(RecoveryPlan), at_home),
    simple("resynchronised by hand", SENT, "DR-HVR-006", verdict=Verdict.WARN, auto_resync=False),
    with_vm("version of no host", "DR-HVR-101", HELD, version="99.0"),
    Fault("third copy unwell", frozenset({"DR-HVR-102"}), HELD, extended),
    Fault("replica astray", frozenset({"DR-HVR-103"}), HELD, astray),
    Fault("static address without a pool", frozenset({"DR-IPC-001"}), populated, no_pool),
    Fault("one MAC address twice", frozenset({"DR-IPC-101"}), lambda drawn: drawn.all(VmmServer)[1:], one_address),
    simple("session stopped", of(HealthSession), "DR-SQL-103", running=False),
    Fault("backups stopped", frozenset({"DR-SQL-102"}), of(AvailabilityGroup), unkept("DR-SQL-102", "log_minutes")),
    Fault("never checked", frozenset({"DR-SQL-105"}), of(AvailabilityGroup), unkept("DR-SQL-105", "check_minutes")),
    Fault("validated long ago", frozenset({"DR-CLU-005"}), of(ValidationReport), forgotten),
    Fault("runtime retired", frozenset({"DR-SUP-103"}), of(RecoveryPlan), retired),
    Fault("subnet forgotten", frozenset({"DR-NET-103"}), azure_drills, short_of),
    Fault("weak TLS", frozenset({"DR-SEC-003"}), of(HostTls), weak),
    Fault("silence", frozenset({"DR-RPL-004"}), ITEMS, silent),
    Fault("operators shut out", frozenset({"DR-VMM-006"}), of(Connection, lambda one: one.port == 5986), unreachable),
)
