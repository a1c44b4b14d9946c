"""Do the simulated cmdlets give objects as the catalogue describes them, and the right ones?"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from drcheck.lab.cmdlets.objects import Call, PsObject, Session
from drcheck.lab.powershell.catalogue import catalogue
from drcheck.lab.powershell.collector import HANDLERS
from drcheck.lab.powershell.projection import Projection
from drcheck.lab.scenarios import fabrikam
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import World

Start = Callable[..., Any]
Make = Callable[..., dict[str, Any]]

VMM, HYPERV, CLUSTERS = "VirtualMachineManager", "Hyper-V", "FailoverClusters"
DIRECTORY = "ActiveDirectory"
HOSTS = {VMM: "vmm-lon1", HYPERV: "hv-lon1", CLUSTERS: "hv-lon1", "CimCmdlets": "hv-lon1", DIRECTORY: "lds-dc01"}
PARAMS: dict[str, dict[str, str | int | bool | None]] = {
    "Get-SCVMMServer": {"ComputerName": "localhost"},
    "Get-SCVirtualNetworkAdapter": {"VMMServer": "localhost", "All": True},
    "Get-VMNetworkAdapter": {"VMName": "*"},
    "Get-VMSnapshot": {"VMName": "*"},
    "Get-VMHardDiskDrive": {"VMName": "*"},
    "Get-VMIntegrationService": {"VMName": "*"},
    "Get-CimInstance": {"ClassName": "Win32_Volume"},
    "Get-ClusterOwnerNode": {"Group": "HVLON-BROKER"},
    "Get-ADDomainController": {"Filter": "*"},
    "Get-ADReplicationSubnet": {"Filter": "*"},
    "Get-ADReplicationPartnerMetadata": {"Target": "localhost"},
}
PIPED = {"Get-ClusterParameter": "Get-ClusterResource", "Get-VHD": "Get-VMHardDiskDrive"}
DEEPEST = 3


@pytest.fixture
def world() -> World:
    return fabrikam.build(1)


def _call(world: World, name: str, piped: Sequence[PsObject] | None = None) -> list[PsObject]:
    entry = catalogue().cmdlet(name)
    assert entry is not None
    host = "hv-lds1" if name == "Get-VMSnapshot" else HOSTS[entry.module]
    default: dict[str, str | int | bool | None] = {"VMMServer": "localhost"} if entry.module == VMM else {}
    session = Session(world=world, clock=LabClock(), host=world.hosts[fabrikam.host(host)])
    return list(HANDLERS[name](Call(session=session, cmdlet=name, params=PARAMS.get(name, default), piped=piped)))


def _inside(item: PsObject, depth: int = 0) -> Iterator[PsObject]:
    yield item
    for lazy in item.values.values():
        value = lazy() if callable(lazy) and depth < DEEPEST else lazy
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, PsObject) and depth < DEEPEST:
                yield from _inside(one, depth + 1)


@pytest.mark.parametrize("name", sorted(HANDLERS))
def test_every_property_the_lab_gives_exists_and_every_enum_value_too(world: World, name: str) -> None:
    piped = _call(world, PIPED[name]) if name in PIPED else None
    found = [deep for item in _call(world, name, piped) for deep in _inside(item)]
    assert found
    for item in found:
        projection = Projection(catalogue(), list(item.values))
        row = projection.row(item)
        assert (item.kind, list(projection.missing)) == (item.kind, [])
        assert set(row) == set(item.values)


@pytest.mark.parametrize("name", sorted(HANDLERS.keys() - {"Get-CimInstance"}))  # gives what it is asked for
def test_every_cmdlet_gives_what_the_catalogue_says_it_gives(world: World, name: str) -> None:
    piped = _call(world, PIPED[name]) if name in PIPED else None
    entry = catalogue().cmdlet(name)
    assert entry is not None
    base = entry.output.removesuffix("Base")  # Get-VMNetworkAdapter declares the base class of what it gives
    assert {item.kind for item in _call(world, name, piped)} == {base}


def test_every_simulated_cmdlet_only_reads() -> None:
    entries = {name: catalogue().cmdlet(name) for name in HANDLERS}
    assert [name for name, entry in entries.items() if entry is None or entry.mutates] == []


def test_vmm_lists_replicas_and_test_machines_on_hosts_it_manages(world: World, bench: Start, cmdlet: Make) -> None:
    world.hosts[fabrikam.LEEDS].host_group = "All Hosts\\Leeds"
    desk = bench(world)
    files = next(vm for vm in world.vms.values() if vm.name == "FS01")
    asyncio.run(desk.act(fabrikam.LEEDS, "hyperv.test-failover.start", vm_id=files.id, recovery_point=None))
    connect = cmdlet(VMM, "Get-SCVMMServer", "Name", params={"ComputerName": "localhost"})
    machines = cmdlet(VMM, "Get-SCVirtualMachine", "Name", "HostName", "IsRecoveryVM", "IsTestReplicaVM")
    rows = desk.collect(fabrikam.host("vmm-lon1"), connect, machines).rows("Get-SCVirtualMachine")
    marked = {(row["Name"], row["HostName"]) for row in rows if row["IsRecoveryVM"] or row["IsTestReplicaVM"]}
    assert marked == {("FS01", fabrikam.LEEDS), ("FS01 - Test", fabrikam.LEEDS)}


def test_vmm_cannot_tell_the_state_of_machines_on_a_host_that_is_down(world: World, bench: Start, cmdlet: Make) -> None:
    world.hosts[fabrikam.host("hv-lon2")].up = False
    machines = cmdlet(VMM, "Get-SCVirtualMachine", "HostName", "VirtualMachineState", params={"VMMServer": "localhost"})
    rows = bench(world).collect(fabrikam.host("vmm-lon1"), machines).rows("Get-SCVirtualMachine")
    states = {(row["HostName"], row["VirtualMachineState"]) for row in rows}
    assert states == {
        (fabrikam.host("hv-lon1"), "Running"),
        (fabrikam.host("hv-lon2"), "HostNotResponding"),
    }


def test_a_node_whose_cluster_service_is_down_tells_nothing(world: World, bench: Start, cmdlet: Make) -> None:
    world.clusters[0].nodes[1].state = "Down"
    said = bench(world).collect(fabrikam.host("vmm-lon2"), cmdlet(CLUSTERS, "Get-Cluster", "Name"))
    assert said.error_id("Get-Cluster").startswith("Get-Cluster,")
    other = bench(world).collect(fabrikam.host("vmm-lon1"), cmdlet(CLUSTERS, "Get-ClusterNode", "Name", "State"))
    assert {"Name": "VMM-LON2", "State": "Down"} in other.rows("Get-ClusterNode")


def test_another_cluster_or_host_is_a_second_hop_and_denied(world: World, bench: Start, cmdlet: Make) -> None:
    cluster = cmdlet(CLUSTERS, "Get-ClusterNode", "Name", params={"Cluster": "sqlcl"})
    host = cmdlet(HYPERV, "Get-VM", "Name", params={"ComputerName": "hv-lon2"})
    said = bench(world).collect(fabrikam.host("hv-lon1"), cluster, host)
    assert said.end("Get-ClusterNode")["errors"][0]["category"] == "PermissionDenied"
    assert said.end("Get-VM")["errors"][0]["category"] == "PermissionDenied"
