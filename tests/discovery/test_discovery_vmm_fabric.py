"""What VMM answers about fabric, configurations, networks and nodes, and what it means when something is missing."""

from datetime import UTC, datetime

import pytest

from drcheck.topology.base import Fact, Topology
from drcheck.topology.vmm import Cloud, ManagedHost, VmmVm
from drcheck.topology.vmm_fabric import (
    DrRegistration,
    HostCapacity,
    HostGroup,
    LibraryServer,
    LibraryShare,
    VmConfiguration,
    VmmAdapter,
    VmmAgent,
    VmmDisk,
    VmmNode,
    VmmService,
)
from drcheck.topology.vmm_network import NetworkSite, StaticIpPool, SubnetVlan, VmmLogicalNetwork, VmSubnet
from tests.pretend_machines import Rows, Values, read, reasons, vmm_rows
from tests.vmm_answers import HOST, MACHINE, ONE_OF_EACH, POOL

KINDS: dict[str, type[Fact]] = {
    "vmm-configurations": VmConfiguration,
    "vmm-host-capacity": HostCapacity,
    "vmm-ip-pools": StaticIpPool,
    "vmm-clouds": Cloud,
    "vmm-network-sites": NetworkSite,
    "vmm-subnets": VmSubnet,
    "vmm-logical-networks": VmmLogicalNetwork,
    "vmm-agents": VmmAgent,
    "vmm-library-servers": LibraryServer,
    "vmm-library-shares": LibraryShare,
    "vmm-host-groups": HostGroup,
}
OPTIONAL = {
    "vmm-configurations": {"Generation"},
    "vmm-host-capacity": {
        "HyperVVersion",
        "CpuUtilization",
        "MemoryReserveMB",
        "TotalStorageCapacity",
        "AvailableStorageCapacity",
        "VMPaths",
    },
    "vmm-ip-pools": {
        "Subnet",
        "IPAddressRangeStart",
        "IPAddressRangeEnd",
        "TotalAddresses",
        "AvailableAddresses",
        "DefaultGateways.IPAddress",
        "DNSServers",
    },
    "vmm-clouds": {
        "DisasterRecoverySupported",
        "IsDRProtected",
        "IsDRProvider",
        "CapabilityProfiles",
        "LogicalNetworks.ID",
        "StorageClassifications.ID",
    },
    "vmm-agents": {"UpdatedDate"},
}
"""What a version of VMM may lack without losing the fact."""


def asked(**rows: Values) -> Topology:
    given: Rows = {**vmm_rows("vmm.lab"), **{query.replace("_", "-"): [row] for query, row in rows.items()}}
    return read("vmm", "vmm.lab", given)


def test_a_configuration_has_disks_adapters_and_memory() -> None:
    (machine,) = asked(vmm_configurations=MACHINE).all(VmConfiguration)
    assert (machine.key, machine.host, machine.generation, machine.cpu_count) == ("0f8fad5b", "hv1.lab", 2, 4)
    assert (machine.memory_mb, machine.dynamic_memory_maximum_mb, machine.checkpoints) == (8192, 16384, 2)
    assert machine.last_modified == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert machine.disks == (
        VmmDisk(
            id="d1", path="C:\\V\\os.vhdx", maximum_bytes=80 << 30,
            vhd_type="DynamicallyExpanding", vhd_format="VHDX", bus_type="SCSI", bus=0, lun=0, is_vhd=True, shared=True,
        ),
        VmmDisk(
            id="d2", path="", maximum_bytes=None, vhd_type="", vhd_format="", bus_type="SCSI", bus=0,
            lun=1, is_vhd=False, shared=False,
        ),
    )  # fmt: skip
    assert machine.file_sizes_bytes == (2**53 + 1, None)
    assert machine.adapters == (
        VmmAdapter(
            id="n1", name="PAY-SQL01", mac_address="00:1D:D8:B7:2C:B6", mac_address_type="Static",
            ip_address_type="Static", ip_addresses=("10.1.0.7", "10.1.0.8"), vlan_enabled=True, vlan_id=231,
            network_id="net-a", subnet_id="sub-a", logical_network="ln", virtual_switch="vSwitch",
        ),
        VmmAdapter(
            id="n2", name="PAY-SQL01", mac_address="", mac_address_type="Dynamic", ip_address_type="Dynamic",
            ip_addresses=(), vlan_enabled=False, vlan_id=0, network_id="", subnet_id="", logical_network="",
            virtual_switch="",
        ),
    )  # fmt: skip


def test_a_replicas_configuration_has_the_key_of_its_machine() -> None:
    (machine,) = asked(vmm_configurations={**MACHINE, "IsRecoveryVM": True}).all(VmConfiguration)
    assert machine.key == "0f8fad5b@hv1.lab"


def test_a_machine_stored_in_the_library_is_on_no_host() -> None:
    (machine,) = asked(vmm_configurations={**MACHINE, "HostName": None}).all(VmConfiguration)
    assert machine.host == ""


def test_a_configuration_that_cannot_be_read_costs_no_inventory() -> None:
    without = {name: value for name, value in MACHINE.items() if name != "VirtualDiskDrives.Bus"}
    topology = asked(vmm_configurations=without)
    assert [gap.key for gap in topology.gaps] == ["VmConfiguration@vmm:vmm.lab"]
    assert topology.all(VmmVm) == ()


def test_lists_of_different_disks_are_refused() -> None:
    topology = asked(vmm_configurations={**MACHINE, "VirtualDiskDrives.Lun": [0]})
    assert "VirtualDiskDrives" in reasons(topology)[0]
    assert topology.seen(VmConfiguration) == ()


def test_what_a_host_has_left() -> None:
    (host,) = asked(vmm_host_capacity=HOST).all(HostCapacity)
    assert (host.key, host.operating_system) == ("hv1.lab", "Microsoft Windows Server 2022 Datacenter")
    assert (host.total_memory_bytes, host.available_memory_mb, host.cpu_percent) == (512 << 30, 400000, 12)
    (nothing,) = asked(vmm_host_capacity={**HOST, "AvailableMemory": None, "VMPaths": None}).all(HostCapacity)
    assert (nothing.available_memory_mb, nothing.vm_paths) == (None, ())
    assert asked(vmm_host_capacity={**HOST, "VirtualizationPlatform": "VMWareESX"}).all(HostCapacity) == ()


def test_a_pool_of_a_logical_network_and_one_of_a_subnet() -> None:
    (pool,) = asked(vmm_ip_pools=POOL).all(StaticIpPool)
    assert (pool.logical_network, pool.network_site, pool.vm_subnet, pool.vm_network) == ("ln-1", "site-1", "", "")
    assert (pool.first_address, pool.last_address, pool.total_addresses) == ("10.1.0.10", "10.1.0.19", 10)
    assert (pool.gateways, pool.dns_servers) == (("10.1.0.1",), ())
    (isolated,) = asked(vmm_ip_pools={**POOL, "VMSubnet.ID": "S", "VMSubnet.VMNetwork.ID": "N"}).all(StaticIpPool)
    assert (isolated.vm_subnet, isolated.vm_network) == ("s", "n")


def test_networks_and_their_subnets() -> None:
    topology = asked(**{query.replace("-", "_"): row for query, row in ONE_OF_EACH.items()})
    assert topology.gaps == ()
    (site,), (subnet,), (logical,) = topology.all(NetworkSite), topology.all(VmSubnet), topology.all(VmmLogicalNetwork)
    assert site.subnets == (SubnetVlan(subnet="10.1.0.0/24", vlan_id=231), SubnetVlan(subnet="", vlan_id=232))
    assert (subnet.vm_network, subnet.subnets) == ("net-a", (SubnetVlan(subnet="10.1.0.0/24", vlan_id=0),))
    assert (logical.key, logical.network_virtualization, logical.isolated_sites) == ("ln-1", True, False)


def test_agents_and_library() -> None:
    topology = asked(**{query.replace("-", "_"): row for query, row in ONE_OF_EACH.items()})
    (agent,), (library,), (share,) = topology.all(VmmAgent), topology.all(LibraryServer), topology.all(LibraryShare)
    assert (agent.host, agent.roles, agent.updated) == ("vmm.lab", ("Library", "VMMServerRole"), None)
    assert (library.host, library.is_cluster_name) == ("fs.lab", True)
    assert (share.key, share.name) == ("fs.lab\\msscvmmlibrary", "MSSCVMMLibrary")
    assert [group.path for group in topology.all(HostGroup)] == ["All Hosts\\London"]
    (cloud,) = topology.all(Cloud)
    assert (cloud.dr_supported, cloud.dr_protected, cloud.dr_provider) == (True, True, False)
    assert (cloud.capability_profiles, cloud.logical_networks) == (("Hyper-V",), ("ln-1",))


@pytest.mark.parametrize("rows", [[], [{}]])
def test_a_registration_is_known_by_its_existence(rows: list[Values]) -> None:
    given: Rows = {**vmm_rows("vmm.lab"), "vmm-dr-registration": rows}
    (registration,) = read("vmm", "vmm.lab", given).all(DrRegistration)
    assert (registration.key, registration.registered) == ("vmm.lab", bool(rows))


@pytest.mark.parametrize("query", KINDS)
def test_a_property_this_version_lacks_is_a_gap_of_its_kind_or_none_at_all(query: str) -> None:
    for name in ONE_OF_EACH[query]:
        row = {key: value for key, value in ONE_OF_EACH[query].items() if key != name}
        topology = read("vmm", "vmm.lab", {**vmm_rows("vmm.lab", hosts=["hv1.lab"]), query: [row]})
        lost = [] if name in OPTIONAL.get(query, ()) else [KINDS[query].__name__]
        assert [gap.kind for gap in topology.gaps] == lost, name
        assert len(topology.all(ManagedHost)) == 1


@pytest.mark.parametrize("query", KINDS)
def test_a_value_of_another_type_is_a_gap_of_its_kind(query: str) -> None:
    for name in ONE_OF_EACH[query]:
        row = {**ONE_OF_EACH[query], name: {"an": "object"}}
        topology = read("vmm", "vmm.lab", {**vmm_rows("vmm.lab"), query: [row]})
        assert [gap.kind for gap in topology.gaps] == [KINDS[query].__name__], name


@pytest.mark.parametrize("query", KINDS)
def test_none_of_a_kind_is_an_answer(query: str) -> None:
    topology = read("vmm", "vmm.lab", {**vmm_rows("vmm.lab"), query: []})
    assert topology.all(KINDS[query], "vmm:vmm.lab") == ()


NODE: Rows = {
    "vmm-node-database": [
        {
            "ConnectionString": "Data Source=AG-VMM;MultiSubnetFailover=True;Initial Catalog=db",
            "MachineFQDN": "ag-vmm.lab",
            "DatabaseName": "VirtualManagerDB",
        }
    ],
    "vmm-node-setup": [{"InstallPath": "C:\\VMM", "TopContainerName": "CN=VMMDKM,DC=lab"}],
    "vmm-node-asr": [{"ProductVersion": "5.25.1"}],
    "vmm-node-asr-registration": [{"ScriptLibraryPath": "\\\\vmm\\MSSCVMMLibrary"}],
    "vmm-node-guest": [{"VirtualMachineId": "ABC"}],
    "vmm-node-service": [{"Name": "SCVMMService", "State": "Stopped", "StartName": "LAB\\svc-vmm"}],
}


def test_a_node_tells_of_its_own_registry() -> None:
    (node,) = read("vmm-node", "n1.lab", NODE).all(VmmNode)
    assert (node.key, node.vm_id, node.multi_subnet_failover) == ("n1.lab", "abc", True)
    assert (node.database_server, node.database_instance, node.database_machine) == (
        "ag-vmm.lab",
        "MSSQLSERVER",
        "ag-vmm.lab",
    )
    assert (node.database_name, node.dkm_container) == ("VirtualManagerDB", "CN=VMMDKM,DC=lab")
    assert (node.asr_provider_version, node.asr_script_library) == ("5.25.1", "\\\\vmm\\MSSCVMMLibrary")


def test_a_node_without_a_value_says_nothing_about_it() -> None:
    (node,) = read("vmm-node", "n1.lab", {}).all(VmmNode)
    nothing = (node.database_server, node.database_name, node.asr_provider_version, node.dkm_container)
    assert nothing == (None, None, None, None)
    assert (node.vm_id, node.install_path, node.multi_subnet_failover) == ("", None, None)


@pytest.mark.parametrize(("told", "account"), [("LAB\\svc-vmm", "LAB\\svc-vmm"), (None, "")])
def test_a_node_tells_as_whom_it_would_run_vmm(told: str | None, account: str) -> None:
    row = {"Name": "SCVMMService", "State": "Stopped", "StartName": told}
    (service,) = read("vmm-node", "n1.lab", {**NODE, "vmm-node-service": [row]}).all(VmmService)
    assert (service.key, service.name, service.account, service.state) == ("n1.lab", "n1", account, "Stopped")


def test_a_node_that_lists_no_service_has_none_to_tell_of() -> None:
    assert read("vmm-node", "n1.lab", {**NODE, "vmm-node-service": []}).all(VmmService) == ()
