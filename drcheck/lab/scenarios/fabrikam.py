"""Highly available VMM on a stretched cluster, its database in an availability group over both sites; healthy."""

import random
from datetime import UTC, datetime

from drcheck.lab.azure.build import (
    add_plan,
    add_vnet,
    boot_group,
    make_azure,
    map_network,
    peer,
    protect,
    protect_cloud,
    runbook_action,
    vnet_id,
    vnet_named,
)
from drcheck.lab.azure.surroundings import surround
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.fabric import AgDatabase, AgReplica, AvailabilityGroup, SqlInstance
from drcheck.lab.state.world import Cloud, Cluster, VmmServer, World
from drcheck.lab.telling.building import (
    ISOLATED_SWITCH,
    Place,
    add_address,
    add_broker,
    add_cluster,
    add_disk_witness,
    add_group,
    add_host,
    add_isolated_switch,
    add_resource,
    add_share_witness,
    add_vm,
    add_vm_network,
    replicate,
    trust_each_other,
    vm_named,
)
from drcheck.lab.telling.canaries import CANARY, CONTROLLER, stand_guard
from drcheck.lab.telling.estates import (
    AZURE_HOSTS,
    DAY,
    App,
    Held,
    declare_applications,
    declare_vault,
    expect_of_drills,
    look_from,
    record_plan_drill,
    record_replica_drill,
    step,
    web_probe,
)
from drcheck.lab.telling.forest import add_domain
from drcheck.lab.telling.preparations import Preparations, prepare
from drcheck.lab.telling.remembered import remember

EXPECT: tuple[tuple[str, str, str], ...] = ()

VMM = "vmm.fabrikam.lab"
LISTENER = "ag-vmm.fabrikam.lab"
VMM_NODES = ("vmm-lon1", "vmm-lon2", "vmm-lds1", "vmm-lds2")
SQL_NODES = ("sql-lon1", "sql-lds1")
LEEDS = "hv-lds1.fabrikam.lab"
LEEDS_DC = "lds-dc01.fabrikam.lab"
GROUPS = {"ag-vmm": "VirtualManagerDB", "ag-ops": "OperationsManager"}
"""Availability group -> database."""
SUBNETS = {"front": 1, "back": 2}

ORDERS = (("ID-DC01", "back"), ("ORD-DB01", "back"), ("ORD-APP01", "back"), ("ORD-WEB01", "front"))
"""VMs that Site Recovery protects, in boot order, each with its VM network."""

SERVICES = {"ID-DC01": "NTDS", "ORD-DB01": "MSSQLSERVER", "ORD-APP01": "OrderService", "ORD-WEB01": "W3SVC"}

APPLICATIONS = (
    App(
        name="directory", tier=1, owner="Platform team", vms=("LDS-DC*", CANARY, CONTROLLER), method="none",
        always_on=True,
    ),
    App(name="identity", tier=1, owner="Platform team", vms=("ID-*",)),
    App(name="orders", tier=1, owner="Order desk", vms=("ORD-*",), needs=("identity",)),
    App(
        name="operations", tier=2, owner="Platform team", vms=(), method="availability-group",
        databases=("OperationsManager",),
    ),
    App(
        name="files", tier=2, owner="Workplace team", vms=("FS*",), needs=("directory",), method="hyperv-replica"
    ),
)  # fmt: skip

PREPARED = Preparations(
    site="leeds",
    needs=(LEEDS_DC,),
    domain="fabrikam.lab",
    controller=("ID-DC01", "id-lon-dc01.fabrikam.lab"),
    clusters={
        "vmmcl.fabrikam.lab": {"witness": "share"},
        "sqlcl.fabrikam.lab": {"witness": "share", "votes": {"sql-lon1.fabrikam.lab": 1, "sql-lds1.fabrikam.lab": 1}},
        "hvlon.fabrikam.lab": {"witness": "disk"},
    },
)


def host(name: str) -> str:
    """FQDN of a machine."""
    return f"{name}.fabrikam.lab"


def build(seed: int = 0, *, now: float | None = None) -> World:
    """The healthy estate; ``now`` fixes the dates of earlier drills, for tests."""
    moment = LabClock().now() if now is None else now
    world = World(name="fabrikam", seed=seed, random=random.Random(seed))
    _vmm_cluster(world)
    _database(world)
    _hosts(world)
    _machines(world, moment)
    _azure(world)
    _declare(world)
    _history(world, moment)
    return world


def _site(name: str) -> str:
    return "London" if "-lon" in name else "Leeds"


def _stretched(world: World, name: str, nodes: tuple[str, ...], role: str) -> Cluster:
    """A cluster over both sites, its witness at a third."""
    hosts = [add_host(world, host(node), role) for node in nodes]
    # The database cluster was made on a German machine: names of its core group are no use for finding it.
    language = "de" if role == "sql" else "en"
    cluster = add_cluster(world, host(name), hosts, sites=[_site(node) for node in nodes], language=language)
    cluster.preferred_site = "London"
    add_share_witness(world, cluster, f"\\\\fs-mcr1.fabrikam.lab\\{name}-witness")
    return cluster


def _vmm_cluster(world: World) -> None:
    cluster = _stretched(world, "vmmcl", VMM_NODES, "vmm")
    add_group(world, cluster, "vmm", "GenericService")
    add_resource(world, cluster, "vmm", "Network Name", "vmm").parameters |= {"DnsName": "vmm", "HostRecordTTL": 300}
    add_address(world, cluster, "IP Address of vmm", "vmm")
    add_resource(world, cluster, "VMM Service vmm", "Generic Service", "vmm")
    next(group for group in cluster.groups if group.name == "vmm").preferred = [host(node) for node in VMM_NODES]
    server = VmmServer(
        name=VMM,
        host=host(VMM_NODES[0]),
        nodes=[host(node) for node in VMM_NODES],
        database_server=LISTENER,
        database_instance="MSSQLSERVER",
        service_account="FABRIKAM\\svc-vmm",
        dkm_container="CN=VMMDKM,CN=System,DC=fabrikam,DC=lab",
        library=[host("fs-mcr1")],
    )
    server.clouds.append(
        Cloud(
            id=world.id_for("cloud", "production"),
            name="production",
            host_groups=["All Hosts\\London"],
            dr_protected=True,
        )
    )
    server.clouds.append(
        Cloud(id=world.id_for("cloud", "replicated"), name="replicated", host_groups=["All Hosts\\London"])
    )
    for name in SUBNETS:
        add_vm_network(world, server, name).isolation = "VLANNetwork"
    world.vmm.append(server)


def _database(world: World) -> None:
    cluster = _stretched(world, "sqlcl", SQL_NODES, "sql")
    for node in SQL_NODES:
        world.sql.append(SqlInstance(host=host(node), databases=list(GROUPS.values()), cluster=cluster.name))
    for name, database in GROUPS.items():
        world.groups.append(_group(world, name, database))
    vmm, ops = world.groups
    vmm.listener = LISTENER
    away = ops.replicas[1]
    away.availability_mode, away.failover_mode, away.lag_seconds = "ASYNCHRONOUS_COMMIT", "MANUAL", 4.0
    add_group(world, cluster, "ag-vmm", "Unknown")
    add_resource(world, cluster, "ag-vmm", "SQL Server Availability Group", "ag-vmm")
    listener = add_resource(world, cluster, "ag-vmm_listener", "Network Name", "ag-vmm")
    listener.parameters |= {"DnsName": "ag-vmm", "RegisterAllProvidersIP": 0, "HostRecordTTL": 300}
    add_address(world, cluster, "ag-vmm_address", "ag-vmm")


def _group(world: World, name: str, database: str) -> AvailabilityGroup:
    """A group over both sites, synchronous and automatic."""
    return AvailabilityGroup(
        id=world.id_for("availability group", name),
        name=name,
        databases=[AgDatabase(id=world.id_for("database", database), name=database)],
        replicas=[
            AgReplica(
                id=world.id_for("replica", name, node),
                host=host(node),
                role="SECONDARY" if place else "PRIMARY",
            )
            for place, node in enumerate(SQL_NODES)
        ],
    )


def _hosts(world: World) -> None:
    nodes = [add_host(world, host(f"hv-lon{one}"), "hyperv", group="All Hosts\\London") for one in (1, 2)]
    cluster = add_cluster(world, host("hvlon"), nodes)
    cluster.in_vmm = True
    add_disk_witness(world, cluster)
    add_broker(world, cluster, "HVLON-BROKER")
    add_isolated_switch(world, add_host(world, LEEDS, "hyperv"))


def _machines(world: World, now: float) -> None:
    cluster = next(one for one in world.clusters if one.in_vmm)
    clouds = {cloud.name: cloud.id for cloud in world.vmm[0].clouds}
    networks = {network.name: network for network in world.vmm[0].networks}
    for number, (name, network) in enumerate(ORDERS):
        node = world.hosts[cluster.nodes[number % 2].host]
        place = Place(host=node, cluster=cluster, cloud_id=clouds["production"], network=networks[network])
        add_vm(world, name, place, data_disks=1, services=(SERVICES[name],))
    node = world.hosts[cluster.nodes[0].host]
    place = Place(host=node, cluster=cluster, cloud_id=clouds["replicated"], network=networks["back"])
    files = add_vm(world, "FS01", place, data_disks=2, services=("LanmanServer",))
    replicate(files, world.hosts[LEEDS], last_test=now - 30 * DAY).app_consistent_hours = 4
    files.nics[0].failover_address = "10.20.0.11"
    trust_each_other(world, [world.hosts[node.host] for node in cluster.nodes], [world.hosts[LEEDS]], now=now)
    directory = add_vm(world, "LDS-DC01", Place(host=world.hosts[LEEDS]), services=("NTDS", "DNS"))
    add_host(world, LEEDS_DC, "identity", vm=directory)
    add_domain(world, "fabrikam.lab", {host("id-lon-dc01"): "London", LEEDS_DC: "Leeds"})
    world.paths.outside |= AZURE_HOSTS


def _azure(world: World) -> None:
    make_azure(world, region="ukwest", vault="vault-fabrikam")
    for name, second in (("vnet-recovery", 60), ("vnet-hub", 61), ("vnet-drill", 99)):
        subnets = {subnet: f"10.{second}.{third}.0/24" for subnet, third in SUBNETS.items()}
        add_vnet(world, name, [f"10.{second}.0.0/16"], subnets)
    vnet_named(world, "vnet-drill").tags["drcheck"] = "isolated"
    surround(world, zone="fabrikam.internal")
    peer(world, "vnet-recovery", "vnet-hub")
    protect_cloud(world, "production")
    for network in SUBNETS:
        map_network(world, network, "vnet-recovery")
    for name, network in ORDERS:
        protect(world, vm_named(world, name), subnet=network, last_test_days=30)
    plan = add_plan(world, "rp-orders", [[name] for name, _ in ORDERS], last_test_days=30)
    account = f"{world.id_for('subscription')}/resourceGroups/rg-automation/providers/Microsoft.Automation"
    runbook = f"/subscriptions/{account}/automationAccounts/aa-dr/runbooks/Warm-OrderCache"
    boot_group(plan, len(ORDERS)).end.append(runbook_action("Warm the order cache", runbook))


def _declare(world: World) -> None:
    world.estate |= {
        "sites": {
            "london": {"role": "primary", "hosts": ["*-lon*.fabrikam.lab"], "ad_sites": ["London"]},
            "leeds": {"role": "secondary", "hosts": ["*-lds*.fabrikam.lab", LEEDS_DC], "ad_sites": ["Leeds"]},
            "manchester": {"role": "witness", "hosts": ["*-mcr*.fabrikam.lab"]},
            "azure-ukwest": {"role": "azure", "regions": ["ukwest"]},
        },
        "links": [{"between": ["london", "leeds"], "mbps": 500}],
        "policy": {"tiers": {1: {"look_back": "90m"}, 2: {"look_back": "2h"}}},
        "endpoints": {"vmm": [VMM], "hyperv": [LEEDS], "identity": [LEEDS_DC]},
        "reachability": {
            "leeds": look_from([LEEDS], [f"{LISTENER}:1433", f"{LEEDS_DC}:389"], dns=[LEEDS_DC], names=[VMM, LISTENER])
        },
        "windows": {
            "hosts": {
                VMM: {"via": [host(node) for node in VMM_NODES]},
                LISTENER: {"via": [host(node) for node in SQL_NODES]},
            }
        },
        "sequence": [
            step("sql", LISTENER, "Database on call", 10),
            step("vmm", VMM, "Platform on call", 10),
            step("sql", "ag-ops", "Database on call", 20, manual=True),
            step("manual", "FS01", "Workplace team", 30, manual=True),
            step("plan", "rp-orders", "Order desk", 60),
        ],
        "drills": [
            {
                "name": "files",
                "kind": "hyperv-replica",
                "vm": vm_named(world, "FS01").id,
                "switch": ISOLATED_SWITCH,
                "probes": [{"kind": "heartbeat"}, {"kind": "service", "name": "LanmanServer"}],
                "rto": "8h",
                "rpo": "1h",
                "seconds": 600,
            },
            {
                "name": "orders-plan",
                "kind": "recovery-plan",
                "vault": "vault-fabrikam",
                "plan": "rp-orders",
                "network": vnet_id(world, "vnet-drill"),
                "allowed_actions": ["Warm the order cache"],
                "probes": [web_probe("ORD-WEB01")],
                "rto": "4h",
                "rpo": "15m",
                "seconds": 1800,
            },
        ],
    }
    declare_applications(world, APPLICATIONS)
    declare_vault(world)
    stand_guard(world, LEEDS, "vnet-drill")


def _history(world: World, now: float) -> None:
    """Successful drills of everything, all within the intervals of their tiers."""
    prepare(world, PREPARED, now=now)
    applications: dict[str, dict[str, object]] = world.estate["applications"]  # type: ignore[assignment]  # a section
    day = datetime.fromtimestamp(now - 30 * DAY, UTC).date()
    applications["operations"] |= {"drill_method": "planned-switchover", "drilled": day}
    remember(world)
    expect_of_drills(world, authors={}, changed={"orders": 45}, switchovers={"operations": "365d"}, now=now)
    files = Held(name="files-quarterly", days_ago=30, rto=420, rpo=250)
    record_replica_drill(world, files, vm_named(world, "FS01").id, now=now)
    orders = Held(name="orders-quarterly", days_ago=30, rto=1800, rpo=120)
    members = [vm_named(world, name).id for name, _ in ORDERS]
    record_plan_drill(world, orders, "rp-orders", members, now=now)
