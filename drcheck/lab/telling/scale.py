"""How does a scenario become as large as a real estate? More hosts, clusters, machines and vaults of the same kinds.

What is added is healthy and declared: its machines are protected, planned, drilled and owned by an application, so
that a healthy scenario stays healthy at any size. A VMM server can be registered in one vault only, so every further
vault comes with a VMM server of its own, on its own clusters.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import cast

from drcheck.lab.azure.build import (
    add_vault,
    add_vnet,
    fabric_of,
    map_network,
    protect,
    protect_cloud,
    register_vmm,
    vault_of,
)
from drcheck.lab.azure.state import Plan, PlanGroup, ProtectedItem, azure_of
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.fabric import SqlInstance
from drcheck.lab.state.world import Cloud, Cluster, Host, Vm, VmmServer, VmNetwork, World
from drcheck.lab.telling.building import (
    ISOLATED_SWITCH,
    Place,
    add_broker,
    add_cluster,
    add_host,
    add_share_witness,
    add_vm,
    add_vm_network,
    replicate,
    trust_each_other,
)
from drcheck.lab.telling.estates import DAY, App, Held, Section, record_plan_drill, record_replica_drill, step

NODES = 16
"""Nodes of a cluster that is added."""
PLANNED = 90
"""Machines of a recovery plan that is added; Site Recovery takes 100."""
OWNER = "Platform team"


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large an estate is to become in all; 0: as large as the scenario makes it."""

    hosts: int = 0
    """Hyper-V hosts."""
    vms: int = 0
    vaults: int = 0

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return any((self.hosts, self.vms, self.vaults))


def grow(world: World, size: Size) -> World:
    """Make an estate larger, in place.

    Raises:
        ValueError: the scenario is larger already, has no Azure half, or has nowhere to replicate a VMM server to.
    """
    if not size:
        return world
    _check(world, size)
    hosts = size.hosts - len(_hypervisors(world)) if size.hosts else max(size.vaults, -(-size.vms // 50))
    deployments = [_deployment(world, number) for number in range(1, max(1, size.vaults) + 1)]
    shares = _shares(hosts, len(deployments))
    places = [_Site.of(world, server, share) for server, share in zip(deployments, shares, strict=True)]
    for number, place in enumerate(places[1:], 2):
        _management_vm(world, place, number)
    missing = max(0, size.vms - len(world.vms)) if size.vms else 0
    for place, share in zip(places, _shares(missing, len(places)), strict=True):
        _populate(world, place, share)
    return world


@dataclass(kw_only=True)
class _Site:
    """What was added for one VMM server."""

    server: VmmServer
    network: VmNetwork
    clusters: list[tuple[Cluster, Cloud]]

    @classmethod
    def of(cls, world: World, server: VmmServer, hosts: int) -> "_Site":
        """Add clusters with so many hosts, a cloud on each, and a network with room for their machines."""
        number = world.vmm.index(server) + 1
        network, block = add_vm_network(world, server, f"scale-{number}"), f"10.{128 + number}.0.0"
        vnet = add_vnet(world, f"vnet-scale-{number}", [f"{block}/16"], {network.name: f"{block}/18"})
        map_network(world, network.name, vnet.name)
        sizes = [min(NODES, hosts - start) for start in range(0, hosts, NODES)]
        clusters = [_cluster(world, server, number, nodes) for number, nodes in enumerate(sizes, 1)]
        return cls(server=server, network=network, clusters=clusters)

    def spots(self, world: World) -> Iterator[Place]:
        """Where machines go, one after another, round all hosts for ever."""
        return cycle(
            Place(host=world.hosts[node.host], cluster=cluster, cloud_id=cloud.id, network=self.network)
            for cluster, cloud in self.clusters
            for node in cluster.nodes
        )


def _check(world: World, size: Size) -> None:
    if world.azure is None or not world.vmm:
        raise ValueError(f"the scenario {world.name} has no VMM server or no vault to multiply")
    have = {"hosts": len(_hypervisors(world)), "vms": len(world.vms), "vaults": len(azure_of(world).vaults)}
    for what, asked in (("hosts", size.hosts), ("vms", size.vms), ("vaults", size.vaults)):
        if asked and asked < have[what]:
            raise ValueError(f"the scenario {world.name} has {have[what]} {what} already, more than {asked}")
    if size.hosts and size.hosts - have["hosts"] < max(1, size.vaults):
        raise ValueError(f"{size.hosts} hosts are too few: beyond the {have['hosts']} there are, every vault needs one")


def _hypervisors(world: World) -> list[Host]:
    return [host for host in world.hosts.values() if "hyperv" in host.roles]


def _shares(whole: int, parts: int) -> list[int]:
    """As equal as possible."""
    return [whole // parts + (number < whole % parts) for number in range(parts)]


def _deployment(world: World, number: int) -> VmmServer:
    """The VMM server of a vault: the scenario's own for the first, a new one that is registered for the others."""
    if number <= len(azure_of(world).vaults):
        return world.vmm[number - 1]
    for host in world.hosts.values():
        host.vmm = host.vmm or (world.vmm[0].name if host.host_group else "")
    name = f"vmm{number:02}.{_domain(world)}"
    server = VmmServer(name=name, host=name, database_server=name, database_instance="MSSQLSERVER")
    world.vmm.append(server)
    register_vmm(world, server, add_vault(world, f"vault-dr-{number}"))
    vaults = cast("Section", world.estate["azure"])["vaults"]
    azure, vault = azure_of(world), azure_of(world).vaults[-1]
    place: Section = {"subscription": azure.subscription, "resource_group": vault.resource_group, "name": vault.name}
    cast("list[Section]", vaults).append(place)
    return server


def _domain(world: World) -> str:
    return world.vmm[0].host.partition(".")[2]


def _cluster(world: World, server: VmmServer, number: int, nodes: int) -> tuple[Cluster, Cloud]:
    """A cluster in a host group of its own, and a protected cloud on it."""
    label = f"s{world.vmm.index(server) + 1}c{number:02}"
    group = f"All Hosts\\Scale\\{label.upper()}"
    names = [f"hv-{label}n{one:02}.{_domain(world)}" for one in range(1, nodes + 1)]
    hosts = [add_host(world, name, "hyperv", group=group) for name in names]
    for host in hosts:
        host.vmm = server.name
    cluster = add_cluster(world, f"cl-{label}.{_domain(world)}", hosts)
    cluster.in_vmm = True
    add_share_witness(world, cluster, f"\\\\fs-scale.{_domain(world)}\\witness-{label}")
    cloud = Cloud(id=world.id_for("cloud", label), name=label, host_groups=[group], dr_protected=True)
    server.clouds.append(cloud)
    protect_cloud(world, label)
    return cluster, cloud


def _management_vm(world: World, place: _Site, number: int) -> None:
    """The VM of a further VMM server, with its database, replicated like the first one's and drilled."""
    isolated = (host for host in world.hosts.values() if any(each.name == ISOLATED_SWITCH for each in host.switches))
    replica = next(isolated, None)
    if replica is None:
        raise ValueError(f"the scenario {world.name} has no host to replicate a VMM server to")
    spot, (cluster, _) = next(place.spots(world)), place.clusters[0]
    add_broker(world, cluster, f"{cluster.name.partition('.')[0].upper()}-BROKER")
    now, name = LabClock().now(), place.server.host
    home = Place(host=spot.host, cluster=spot.cluster, network=spot.network)
    vm = add_vm(world, f"VMM{number:02}", home, data_disks=1, services=("SCVMMService", "MSSQLSERVER"))
    replicate(vm, replica, last_test=now - 12 * DAY).app_consistent_hours = 4
    trust_each_other(world, [world.hosts[node.host] for node in cluster.nodes], [replica], now=now)
    for site in cast("dict[str, Section]", world.estate["reachability"]).values():
        cast("list[str]", site["names"]).append(name)
    add_host(world, name, "vmm", "sql", vm=vm)
    world.sql.append(SqlInstance(host=name, databases=[place.server.database_name]))
    cast("dict[str, list[str]]", world.estate["endpoints"])["vmm"].append(name)
    cast("list[Section]", world.estate["sequence"]).insert(0, step("vmm", name, OWNER, 15, manual=True))
    _own(world, App(name=f"fabric-{number}", tier=1, owner=OWNER, vms=(vm.name,), method="hyperv-replica"))
    record_replica_drill(world, Held(name=f"vmm-{number}", days_ago=12, rto=1260, rpo=240), vm.id, now=now)


def _own(world: World, app: App) -> None:
    cast("Section", world.estate["applications"])[app.name] = app.declare()


def _populate(world: World, place: _Site, vms: int) -> None:
    """Add machines over all hosts of a site, in plans and applications of at most ``PLANNED``."""
    spots = place.spots(world)
    number = world.vmm.index(place.server) + 1
    for group, start in enumerate(range(0, vms, PLANNED), 1):
        prefix, members = f"S{number}-{group:03}-", range(start + 1, min(start + PLANNED, vms) + 1)
        machines = [add_vm(world, f"{prefix}{one:05}", next(spots), services=("LanmanServer",)) for one in members]
        items = [protect(world, vm, last_test_days=40) for vm in machines]
        _plan(world, f"rp-s{number}-{group:03}", machines, items)
        app = App(name=f"scale-{number}-{group:03}", tier=3, owner=OWNER, vms=(f"{prefix}*",))
        _own(world, app)


def _plan(world: World, name: str, machines: Sequence[Vm], items: Sequence[ProtectedItem]) -> None:
    cloud = machines[0].cloud_id
    boot = [PlanGroup(items=[item.name for item in part]) for part in (items[:10], items[10:]) if part]
    groups = [PlanGroup(kind="Shutdown"), PlanGroup(kind="Failover"), *boot]
    plan = Plan(name=name, fabric=fabric_of(world, cloud).name, groups=groups, last_test_age=40 * DAY)
    vault_of(world, cloud).plans.append(plan)
    cast("list[Section]", world.estate["sequence"]).append(step("plan", name, OWNER, 90))
    held = Held(name=f"{name}-quarterly", days_ago=40, rto=300, rpo=180)
    record_plan_drill(world, held, name, [vm.id for vm in machines], now=LabClock().now())
