"""Standalone VMM in a VM, its database beside it, replicated London to Leeds; forty VMs protected to Azure; healthy."""

import random

from drcheck.lab.azure.build import (
    add_plan,
    add_vnet,
    boot_group,
    make_azure,
    manual_action,
    map_network,
    peer,
    protect,
    protect_cloud,
    script_action,
    vnet_id,
    vnet_named,
)
from drcheck.lab.azure.surroundings import surround
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.fabric import SqlInstance
from drcheck.lab.state.world import Cloud, VmmServer, World
from drcheck.lab.telling.building import (
    ISOLATED_SWITCH,
    Place,
    add_broker,
    add_cluster,
    add_disk_witness,
    add_host,
    add_isolated_switch,
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
    accept,
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

VMM = "vmm01.lon.contoso.lab"
LEEDS = "hv-lds1.lds.contoso.lab"
LEEDS_DC = "lds-dc01.lds.contoso.lab"
CLOUDS = {"gold": ["HVCL1"], "silver": ["HVCL1", "HVCL2"], "bronze": ["HVCL2"]}
SUBNETS = {"corp": 1, "db": 2, "dmz": 3}

MACHINES: dict[str, tuple[tuple[str, int, str], ...]] = {
    "gold": (
        ("ID-DC", 2, "corp"),
        ("PAY-SQL", 2, "db"),
        ("PAY-APP", 2, "corp"),
        ("PAY-WEB", 2, "dmz"),
        ("WEB-DB", 1, "db"),
    ),
    "silver": (
        ("WEB-API", 2, "corp"),
        ("WEB-FE", 4, "dmz"),
        ("ERP-DB", 1, "db"),
        ("ERP-APP", 3, "corp"),
        ("ERP-WEB", 1, "dmz"),
        ("ERP-BAT", 1, "corp"),
        ("MAIL-MBX", 3, "corp"),
    ),
    "bronze": (
        ("FILE-SRV", 4, "corp"),
        ("INT-DB", 1, "db"),
        ("INT-WEB", 2, "dmz"),
        ("MON-SRV", 3, "corp"),
        ("BLD-AGT", 6, "corp"),
    ),
}
"""Per cloud: name prefix, how many, VM network. Forty in all."""

APPLICATIONS = (
    App(
        name="fabric-management", tier=1, owner="Platform team", vms=("VMM01",), needs=("directory",),
        method="hyperv-replica",
    ),
    App(
        name="directory", tier=1, owner="Platform team", vms=("LDS-DC*", CANARY, CONTROLLER), method="none",
        always_on=True,
    ),
    App(name="identity", tier=1, owner="Platform team", vms=("ID-*",)),
    App(name="payments", tier=1, owner="Payments desk", vms=("PAY-*",), needs=("identity",)),
    App(name="web", tier=1, owner="Digital team", vms=("WEB-*",), needs=("identity", "payments")),
    App(name="erp", tier=2, owner="Finance systems", vms=("ERP-*",), needs=("identity",)),
    App(name="mail", tier=2, owner="Workplace team", vms=("MAIL-*",), needs=("identity",)),
    App(name="files", tier=3, owner="Workplace team", vms=("FILE-*",), needs=("identity",)),
    App(name="intranet", tier=3, owner="Workplace team", vms=("INT-*",), needs=("identity",)),
    App(name="monitoring", tier=3, owner="Platform team", vms=("MON-*",)),
    App(name="build", tier=3, owner="Engineering", vms=("BLD-*",), needs=("identity",)),
)  # fmt: skip

PREPARED = Preparations(
    site="leeds",
    needs=(LEEDS_DC, LEEDS),
    domain="lon.contoso.lab",
    controller=("ID-DC01", "id-dc01.lon.contoso.lab"),
    clusters={"hvcl1.lon.contoso.lab": {"witness": "disk"}, "hvcl2": {"witness": "share"}},
)

PLANS: dict[str, tuple[tuple[str, ...], ...]] = {
    "rp-payments": (("ID-DC",), ("PAY-SQL",), ("PAY-APP",), ("PAY-WEB",)),
    "rp-corporate": (
        ("WEB-DB", "ERP-DB", "INT-DB"),
        ("WEB-API", "ERP-APP", "ERP-BAT", "MAIL-MBX", "FILE-SRV"),
        ("WEB-FE", "ERP-WEB", "INT-WEB", "MON-SRV", "BLD-AGT"),
    ),
}
"""Boot groups by name prefix."""


def build(seed: int = 0, *, now: float | None = None) -> World:
    """The healthy estate; ``now`` fixes the dates of earlier drills, for tests."""
    moment = LabClock().now() if now is None else now
    world = World(name="contoso", seed=seed, random=random.Random(seed))
    server = _vmm(world)
    _hosts(world)
    _fabric_machines(world, moment)
    _workload(world, server)
    _azure(world)
    _plans(world)
    _declare(world)
    _history(world, moment)
    return world


def _vmm(world: World) -> VmmServer:
    server = VmmServer(name=VMM, host=VMM, database_server=VMM, database_instance="MSSQLSERVER")
    for name, groups in CLOUDS.items():
        paths = [f"All Hosts\\London\\{group}" for group in groups]
        server.clouds.append(Cloud(id=world.id_for("cloud", name), name=name, host_groups=paths, dr_protected=True))
    for name in SUBNETS:
        add_vm_network(world, server, name)
    world.vmm.append(server)
    return server


def _hosts(world: World) -> None:
    for cluster, numbers in (("hvcl1", (1, 2, 3)), ("hvcl2", (4, 5, 6))):
        group = f"All Hosts\\London\\{cluster.upper()}"
        nodes = [add_host(world, f"hv-lon{one}.lon.contoso.lab", "hyperv", group=group) for one in numbers]
        built = add_cluster(world, f"{cluster}.lon.contoso.lab", nodes)
        built.in_vmm = True
    first, second = world.clusters
    add_disk_witness(world, first)
    add_share_witness(world, second, "\\\\fs-lon1.lon.contoso.lab\\witness-hvcl2")
    add_broker(world, first, "HVCL1-BROKER")
    add_isolated_switch(world, add_host(world, LEEDS, "hyperv"))


def _fabric_machines(world: World, now: float) -> None:
    """The VMM server's VM, and the domain controller that is always on in Leeds."""
    host, leeds = world.hosts["hv-lon1.lon.contoso.lab"], world.hosts[LEEDS]
    place = Place(host=host, cluster=world.clusters[0], network=world.vmm[0].networks[0])
    vm = add_vm(world, "VMM01", place, data_disks=1, services=("SCVMMService", "MSSQLSERVER"))
    replicate(vm, leeds, last_test=now - 12 * DAY).app_consistent_hours = 4
    vm.nics[0].failover_address = "10.20.0.10"
    trust_each_other(world, [world.hosts[node.host] for node in world.clusters[0].nodes], [leeds], now=now)
    add_host(world, VMM, "vmm", "sql", vm=vm)
    world.sql.append(SqlInstance(host=VMM, databases=["VirtualManagerDB"]))
    directory = add_vm(world, "LDS-DC01", Place(host=leeds), services=("NTDS", "DNS"))
    add_host(world, LEEDS_DC, "identity", vm=directory)
    london = [f"id-dc0{one}.lon.contoso.lab" for one in (1, 2)]
    # What the nodes of the clusters are called after; the controller in Leeds has the suffix of its own site.
    add_domain(world, "lon.contoso.lab", dict.fromkeys(london, "London") | {LEEDS_DC: "Leeds"})
    world.paths.outside |= AZURE_HOSTS


def _workload(world: World, server: VmmServer) -> None:
    """Forty VMs, spread over the nodes of the clusters that their cloud stands on."""
    networks = {network.name: network for network in server.networks}
    clouds = {cloud.name: cloud for cloud in server.clouds}
    clusters = {cluster.name.partition(".")[0].upper(): cluster for cluster in world.clusters}
    number = 0
    for cloud, kinds in MACHINES.items():
        for prefix, count, network in kinds:
            for one in range(1, count + 1):
                cluster = clusters[CLOUDS[cloud][number % len(CLOUDS[cloud])]]
                host = world.hosts[cluster.nodes[number % len(cluster.nodes)].host]
                place = Place(host=host, cluster=cluster, cloud_id=clouds[cloud].id, network=networks[network])
                vm = add_vm(
                    world, f"{prefix}{one:02}", place, data_disks=int(network == "db"), services=_services(network)
                )
                vm.nics[0].static = network == "db"
                number += 1


def _services(network: str) -> tuple[str, ...]:
    return {"db": ("MSSQLSERVER",), "dmz": ("W3SVC",)}.get(network, ("LanmanServer",))


def _azure(world: World) -> None:
    make_azure(world)
    for name, second in (("vnet-recovery", 50), ("vnet-hub", 40), ("vnet-drill", 99)):
        subnets = {subnet: f"10.{second}.{third}.0/24" for subnet, third in SUBNETS.items()}
        add_vnet(world, name, [f"10.{second}.0.0/16"], subnets).tags["owner"] = "platform"
    peer(world, "vnet-recovery", "vnet-hub")
    vnet_named(world, "vnet-drill").tags["drcheck"] = "isolated"
    surround(world, zone="contoso.internal")
    for cloud in CLOUDS:
        protect_cloud(world, cloud)
    for network in SUBNETS:
        map_network(world, network, "vnet-recovery")
    names = {network.id: network.name for network in world.vmm[0].networks}
    for vm in world.vms.values():
        if vm.cloud_id:
            protect(world, vm, subnet=names[vm.nics[0].network_id], last_test_days=40)


def members(world: World, prefixes: tuple[str, ...]) -> list[str]:
    """Names of the VMs with one of these prefixes."""
    return [vm.name for vm in world.vms.values() if vm.name.startswith(prefixes)]


def _plans(world: World) -> None:
    for name, groups in PLANS.items():
        plan = add_plan(world, name, [members(world, group) for group in groups], last_test_days=40)
        last = boot_group(plan, len(groups))
        last.end.append(script_action("Point DNS at Azure", "\\\\vmm01\\MSSCVMMLibrary\\Scripts\\Set-Dns.ps1"))
        if name == "rp-corporate":
            question = manual_action(
                "Confirm payments", "Confirm with the payments desk that a test payment goes through."
            )
            boot_group(plan, 1).start.append(question)


def _declare(world: World) -> None:
    drill = vnet_id(world, "vnet-drill")
    world.estate |= {
        "sites": {
            "london": {"role": "primary", "hosts": ["*.lon.contoso.lab"]},
            "leeds": {"role": "secondary", "hosts": ["*.lds.contoso.lab"]},
            "azure-uksouth": {"role": "azure", "regions": ["uksouth"]},
        },
        "links": [{"between": ["london", "leeds"], "mbps": 500}],
        "endpoints": {"vmm": [VMM], "hyperv": [LEEDS], "identity": [LEEDS_DC]},
        "reachability": {
            "leeds": look_from(
                [LEEDS, LEEDS_DC], [f"{LEEDS_DC}:389", f"{LEEDS}:5986"], dns=[LEEDS_DC], names=[VMM, LEEDS]
            )
        },
        "sequence": [
            step("vmm", VMM, "Platform on call", 15, manual=True),
            step("plan", "rp-payments", "Payments desk", 60),
            step("manual", "Confirm payments", "Payments desk", 15, manual=True),
            step("plan", "rp-corporate", "Platform on call", 90),
        ],
        "scenarios": ["site-loss", "vmm-loss"],
        "drills": [
            {
                "name": "vmm-first",
                "kind": "hyperv-replica",
                "vm": vm_named(world, "VMM01").id,
                "switch": ISOLATED_SWITCH,
                "probes": [{"kind": "heartbeat"}, {"kind": "service", "name": "SCVMMService"}],
                "scenarios": ["vmm-loss"],
                "rto": "30m",
                "rpo": "15m",
                "seconds": 600,
            },
            {
                "name": "payments-plan",
                "kind": "recovery-plan",
                "vault": "vault-dr",
                "plan": "rp-payments",
                "network": drill,
                "allowed_actions": ["Point DNS at Azure"],
                "probes": [web_probe("PAY-WEB01")],
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
    """Successful drills of everything, all within the intervals of their tiers; and what somebody accepted."""
    prepare(world, PREPARED, now=now)
    remember(world)
    accept(world, "DR-PLN-001", vm_named(world, "MON-SRV01").id, now=now)
    expect_of_drills(
        world,
        authors={"payments": "Payments architect", "erp": "ERP lead"},
        changed={"erp": 50, "payments": 35},
        switchovers={},
        now=now,
    )
    failed = Held(name="vmm-first", days_ago=100, rto=1380, rpo=240, found="DR-DRL-004", retest="vmm-first-2")
    record_replica_drill(world, failed, vm_named(world, "VMM01").id, now=now)
    record_replica_drill(
        world,
        Held(name="vmm-first", days_ago=12, rto=1260, rpo=240, scenarios=("vmm-loss",)),
        vm_named(world, "VMM01").id,
        now=now,
    )
    for name, days in (("rp-payments", 20.0), ("rp-corporate", 40.0)):
        prefixes = tuple(prefix for group in PLANS[name] for prefix in group)
        ids = [vm_named(world, member).id for member in members(world, prefixes)]
        for ago, rto in ((days, 2700), (days + 90, 2640), (days + 180, 2820)):
            loss = ("site-loss",)
            held = Held(name=f"{name}-quarterly", days_ago=ago, rto=rto, rpo=180, scenarios=loss)
            record_plan_drill(world, held, name, ids, now=now)
