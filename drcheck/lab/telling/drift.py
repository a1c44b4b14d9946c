"""How do estates drift away from being recoverable? Each function breaks one thing and says what must be found.

A finding is (check id, subject key, verdict). Subject keys are ids as the far side knows them: VM ids, ARM ids in
lower case, ``<VM id>@<host>/Simple`` for a side of a replication; what could not be read goes by
``<kind of fact>@<role>:<endpoint>``.
"""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatch, fnmatchcase
from itertools import chain

from drcheck.lab.azure.build import (
    item_id,
    item_named,
    network_named,
    peer,
    plan_id,
    plan_named,
    stall,
    unmap_network,
    unprotect,
    vnet_id,
)
from drcheck.lab.azure.state import azure_of
from drcheck.lab.state.fabric import AgReplica
from drcheck.lab.state.world import Cluster, Disk, Vm, World
from drcheck.lab.telling.building import ISOLATED_SWITCH, vm_named
from drcheck.lab.telling.remembered import fell_behind

Finding = tuple[str, str, str]
Findings = Iterator[Finding]

HYPERV_FACTS = ("HyperVVm", "VmReplication", "VmSwitch")


def fail(check: str, subject: str) -> Finding:
    """A fault that must be proven."""
    return check, subject.lower() if "@" not in subject else subject, "FAIL"


def unknown(check: str, subject: str) -> Finding:
    """Something that nobody can say."""
    return check, subject, "UNKNOWN"


def both_sides(vm: Vm) -> list[str]:
    """Keys of the two sides of a VM's replication."""
    assert vm.replication is not None  # noqa: S101 - a scenario that breaks what it has not built is wrong
    hosts = (vm.replication.primary_host, vm.replication.replica_host)
    return [f"{vm.id}@{host}/Simple" for host in hosts]


# The VMM server and its database


def vmm_in_protected_cloud(world: World, vm_name: str, cloud: str) -> Findings:
    """Somebody assigned the VMM server's VM to a cloud that Site Recovery protects."""
    vm_named(world, vm_name).cloud_id = next(one.id for one in world.vmm[0].clouds if one.name == cloud)
    yield fail("DR-VMM-001", world.vmm[0].name)


def database_moved_away(world: World, machine: str) -> Findings:
    """VMM's database moved to a machine that no declared step brings back and nothing protects."""
    server = world.vmm[0]
    server.database_server = machine
    instance = next(one for one in world.sql if one.host == machine)
    instance.databases.append(server.database_name)
    yield fail("DR-SQL-001", server.name)
    yield fail("DR-VMM-005", server.name)


# Hyper-V Replica


def replica_stalled(world: World, vm_name: str, *, hours: float, now: float) -> Findings:
    """Replication stopped with an error hours ago, and nobody resumed it."""
    vm = vm_named(world, vm_name)
    assert vm.replication is not None  # noqa: S101 - see both_sides
    vm.replication.stalled_since = now - hours * 3600
    vm.replication.state, vm.replication.health = "Error", "Critical"
    vm.replication.errors = 3
    for side in both_sides(vm):
        yield fail("DR-HVR-001", side)
        yield fail("DR-HVR-002", side)
    if 0 < 2 * vm.replication.app_consistent_hours < hours:
        yield fail("DR-HVR-007", both_sides(vm)[1])
    if any(host.vm_id == vm.id and "vmm" in host.roles for host in world.hosts.values()):
        yield fail("DR-VMM-002", world.vmm[0].name)


def broker_failed(cluster: Cluster) -> Findings:
    """The Replica Broker's resource has failed; its group still looks online."""
    broker = next(one for one in cluster.resources if one.resource_type == "Virtual Machine Replication Broker")
    broker.state = "Failed"
    yield fail("DR-HVR-003", cluster.id)


# Site Recovery: items, plans, networks


def network_unmapped(world: World, network: str) -> Findings:
    """The mapping of a VM network was deleted: what is on it comes back connected to nothing."""
    unmap_network(world, network)
    identifier = network_named(world, network).id
    for vm in world.vms.values():
        if vm.cloud_id and any(nic.network_id == identifier for nic in vm.nics) and has_item(world, vm):
            yield fail("DR-NET-001", item_id(world, vm.name))
            yield fail("DR-ASR-005", item_id(world, vm.name))
            yield from _undrilled(world, vm.name)


def _undrilled(world: World, vm_name: str) -> Findings:
    """The plans that hold a machine are no longer those that were drilled."""
    item = item_named(world, vm_name).name
    for plan in (plan for vault in azure_of(world).vaults for plan in vault.plans):
        if item in plan.item_names():
            yield fail("DR-PLN-009", plan_id(world, plan.name))


def has_item(world: World, vm: Vm) -> bool:
    """Does Site Recovery protect a VM?"""
    try:
        item_named(world, vm.name)
    except LookupError:
        return False
    return True


def disk_added(world: World, vm_name: str) -> Findings:
    """A disk was added to a protected VM; Site Recovery does not replicate it."""
    vm = vm_named(world, vm_name)
    folder = vm.disks[0].path.rpartition("\\")[0]
    vm.disks.append(Disk(path=f"{folder}\\{vm.name}-new.vhdx", replicated=False))
    yield fail("DR-ASR-004", item_id(world, vm_name))


def never_protected(world: World, vm_name: str) -> Findings:
    """A VM of tier 1 or 2 is in a protected cloud, and nobody enabled its replication."""
    vm = vm_named(world, vm_name)
    yield from _undrilled(world, vm_name)
    unprotect(world, vm)
    yield fail("DR-VMM-004", vm.id)
    yield fail("DR-PLN-001", vm.id)
    yield from unknown_sums(world, vm)


def unknown_sums(world: World, vm: Vm) -> Findings:
    """A machine that no step brings back: how long its application takes is anybody's guess."""
    applications = world.estate["applications"]
    assert isinstance(applications, dict)  # noqa: S101 - every scenario declares applications
    for name, application in applications.items():
        if any(fnmatch(vm.name, pattern) for pattern in application["vms"]):
            yield unknown("DR-PLN-010", name)


def item_behind(world: World, vm_name: str, *, hours: float) -> Findings:
    """Replication to Azure stopped hours ago."""
    stall(world, vm_named(world, vm_name), hours * 3600)
    yield fail("DR-RPL-001", item_id(world, vm_name))
    yield fail("DR-RPL-003", item_id(world, vm_name))
    fell_behind(world, [vm_named(world, vm_name).id], nights=2, seconds=hours * 3600)
    yield fail("DR-RPL-002", vm_named(world, vm_name).id)
    yield fail("DR-RPL-005", _application(world, vm_name))
    item = item_named(world, vm_name).name
    for plan in (plan for vault in azure_of(world).vaults for plan in vault.plans):
        if item in plan.item_names():
            yield fail("DR-PLN-003", plan_id(world, plan.name))


def _application(world: World, vm_name: str) -> str:
    """The application that claims a machine by its name."""
    declared = world.estate["applications"]
    assert isinstance(declared, dict)  # noqa: S101 - every scenario declares applications
    return str(next(name for name, app in declared.items() if any(fnmatch(vm_name, one) for one in app["vms"])))


def action_without_types(world: World, plan: str) -> Findings:
    """A plan was saved by a tool that dropped the failover types of an action: it never runs again."""
    action = next(one for group in plan_named(world, plan).groups for one in (*group.start, *group.end))
    action.failover_types = []
    yield fail("DR-PLN-007", plan_id(world, plan))
    yield fail("DR-PLN-009", plan_id(world, plan))


def action_without_directions(world: World, plan: str) -> Findings:
    """The same with the directions."""
    action = next(one for group in plan_named(world, plan).groups for one in (*group.start, *group.end))
    action.directions = []
    yield fail("DR-PLN-007", plan_id(world, plan))
    yield fail("DR-PLN-009", plan_id(world, plan))


def needed_last(world: World, plan: str, vm_names: Sequence[str]) -> Findings:
    """Machines that the others need were moved to the plan's last group."""
    items = [item_named(world, name).name for name in vm_names]
    groups = plan_named(world, plan).groups
    for group in groups:
        group.items = [name for name in group.items if name not in items]
    groups[-1].items += items
    yield from _started_late(world, vm_names)
    yield fail("DR-PLN-004", plan_id(world, plan))
    yield fail("DR-PLN-009", plan_id(world, plan))


def _started_late(world: World, vm_names: Sequence[str]) -> Findings:
    controllers = world.estate.get("drill_controllers", {})
    assert isinstance(controllers, dict)  # noqa: S101 - a section of names
    for name in vm_names:
        if name in controllers:
            yield fail("DR-IDN-005", name)


def retired_method(world: World, vm_name: str) -> Findings:
    """A VM is still protected from one VMM cloud to another, a scenario that was retired on 1 March 2023."""
    item = item_named(world, vm_name)
    item.provider = "HyperVReplica2012R2"
    yield fail("DR-SUP-001", item_id(world, vm_name))
    for check in ("DR-RPL-001", "DR-RPL-004"):
        yield unknown(check, item_id(world, vm_name).lower())  # that provider's items tell no RPO


# Drills


def drill_network_peered(world: World, drill: str, production: str) -> Findings:
    """The isolated VNet was peered with production."""
    peer(world, drill, production)
    for check in ("DR-NET-003", "DR-NET-004"):
        yield fail(check, f"azure:{vnet_id(world, drill)}")


def drill_switch_external(world: World) -> Findings:
    """The isolated switch was given an uplink."""
    for host in world.hosts.values():
        for switch in host.switches:
            if switch.name == ISOLATED_SWITCH:
                switch.switch_type, switch.uplinks = "External", ["Intel(R) Ethernet Controller X550"]
    yield fail("DR-NET-003", f"hyperv:{ISOLATED_SWITCH}")


def step_forgotten(world: World, vm_name: str) -> Findings:
    """No step of the declared sequence brings back a machine that Hyper-V Replica protects."""
    steps = world.estate["sequence"]
    assert isinstance(steps, list)  # noqa: S101 - every scenario declares a sequence
    steps[:] = [step for step in steps if step["target"] != vm_name]
    yield fail("DR-PLN-001", vm_named(world, vm_name).id)
    yield from unknown_sums(world, vm_named(world, vm_name))


def locked_in(world: World, site: str) -> Findings:
    """What the first hour needs was tidied away into the safe of the site that may be lost; the kit with it."""
    credentials, kit = world.estate["break_glass"], world.estate["recovery_kit"]
    assert isinstance(credentials, dict)  # noqa: S101 - every scenario declares them
    assert isinstance(kit, dict)  # noqa: S101
    for name, credential in credentials.items():
        credential["kept_at"] = [site]
        yield fail("DR-IDN-004", name)
    for part in kit.values():
        part["kept_at"] = [site]
    yield fail("DR-GOV-102", "recovery kit")


# Clusters and availability groups


def witness_at(cluster: Cluster, path: str) -> Findings:
    """The file share witness moved to one of the sites it should decide between."""
    witness = next(one for one in cluster.resources if one.name == cluster.quorum_resource)
    witness.parameters["SharePath"] = path
    yield fail("DR-CLU-003", cluster.id)
    yield fail("DR-CLU-002", cluster.id)


def dynamic_quorum_off(cluster: Cluster) -> Findings:
    """Switched off for a night's work at the network, and never on again."""
    cluster.dynamic_quorum = 0
    yield fail("DR-CLU-004", cluster.id)


def heartbeat_slackened(cluster: Cluster) -> Findings:
    """After a night of alarms somebody let the cluster wait for minutes before it believes that a site is gone."""
    cluster.settings |= {"CrossSiteDelay": 4000, "CrossSiteThreshold": 40}
    yield fail("DR-CLU-102", cluster.id)


def nodes_down(world: World, cluster: Cluster, names: Sequence[str]) -> Findings:
    """Every node of VMM's cluster at one site is down."""
    for node in cluster.nodes:
        if node.host in names:
            node.state, node.dynamic_weight = "Down", 0
            world.hosts[node.host].up = False
    yield fail("DR-VHA-001", world.vmm[0].name)
    yield fail("DR-CLU-001", cluster.id)
    for check in ("DR-CLU-101", "DR-VHA-003", "DR-VHA-004"):
        yield unknown(check, world.vmm[0].name)  # their registries cannot be asked
    for name in names:
        yield unknown("DR-SEC-003", f"NodeTls@vmm-node:{name}")


def replica_dropped(world: World, group_name: str, host: str) -> Findings:
    """The replica at the other site was removed from the availability group of VMM's database."""
    group = next(one for one in world.groups if one.name == group_name)
    group.replicas = [one for one in group.replicas if one.host != host]
    yield fail("DR-SQL-001", world.vmm[0].name)
    yield "DR-SQL-006", f"{host}\\MSSQLSERVER", "FAIL"
    for cluster in world.clusters:
        # What is left on that node is failed over by hand, and it still votes.
        if any(node.host == host for node in cluster.nodes):
            yield fail("DR-SQL-009", cluster.id)


def replica_suspended(world: World, group_name: str, host: str, *, hours: float) -> Findings:
    """Data movement to a replica was suspended for maintenance, and never resumed."""
    group = next(one for one in world.groups if one.name == group_name)
    replica = next(one for one in group.replicas if one.host == host)
    _suspend(replica, hours)
    yield fail("DR-SQL-003", replica.id)
    for database in group.databases:
        yield fail("DR-SQL-004", f"{replica.id}/{database.id}")


def _suspend(replica: AgReplica, hours: float) -> None:
    replica.suspended, replica.health, replica.lag_seconds = True, "NOT_HEALTHY", hours * 3600


# What does not answer


def _site_of(world: World, host: str) -> str:
    sites: dict[str, dict[str, list[str]]] = world.estate["sites"]  # type: ignore[assignment]  # a section of it
    return next(name for name, site in sites.items() if any(fnmatchcase(host, one) for one in site.get("hosts", ())))


def _unknown_names(world: World) -> Findings:
    """Who runs what where is compared over all sites where machines run."""
    sites: dict[str, dict[str, object]] = world.estate["sites"]  # type: ignore[assignment]  # a section of it
    yield from (unknown("DR-CLN-102", name) for name, site in sites.items() if site["role"] in ("primary", "secondary"))


def tls_switched_off(world: World, host: str) -> Findings:
    """A hardening guide of another product was followed to the letter, and a little further."""
    world.hosts[host].tls = {"1.0": 0, "1.1": 0, "1.2": 0}
    yield fail("DR-SEC-003", f"tls:{host}")


def host_silent(world: World, name: str, how: str) -> Findings:
    """A Hyper-V host does not answer drcheck: what only it could tell is unknown."""
    world.hosts[name].fault = how
    for check in (
        "DR-BWC-103",
        "DR-CLN-003",
        "DR-HVR-001",
        "DR-HVR-002",
        "DR-HVR-004",
        "DR-HVR-005",
        "DR-HVR-006",
        "DR-HVR-007",
        "DR-HVR-008",
        "DR-HVR-101",
        "DR-HVR-102",
        "DR-HVR-104",
        "DR-RPL-004",
        "DR-RPL-103",
    ):
        yield unknown(check, f"VmReplication@hyperv:{name}")
    for check in ("DR-HVR-103", "DR-SEC-001", "DR-SEC-002"):
        yield unknown(check, f"ReplicaServer@hyperv:{name}")
    yield unknown("DR-SEC-003", f"HostTls@hyperv:{name}")
    for check in ("DR-CLN-005", "DR-GOV-105", "DR-RPL-101"):
        yield unknown(check, f"HyperVVm@hyperv:{name}")
    yield unknown("DR-SUP-002", f"HyperVHost@hyperv:{name}")
    yield unknown("DR-CAP-001", _site_of(world, name))
    yield from _unknown_names(world)
    yield unknown("DR-NET-006", f"ReplicaServer@hyperv:{name}")
    yield unknown("DR-ASR-001", name)
    for vm in world.vms.values():
        if vm.host != name:
            continue
        yield unknown("DR-GOV-105", f"vm:{vm.id}@{name}")
        if has_item(world, vm):
            yield unknown("DR-BWC-001", item_id(world, vm.name).lower())
            yield unknown("DR-ASR-003", item_id(world, vm.name).lower())
            yield unknown("DR-ASR-004", item_id(world, vm.name).lower())
            yield unknown("DR-ASR-008", item_id(world, vm.name).lower())


def settle(*faults: Findings) -> tuple[Finding, ...]:
    """Apply faults in order; each must be found once."""
    return tuple(dict.fromkeys(chain.from_iterable(faults)))
