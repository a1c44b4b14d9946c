"""What a Hyper-V host answers, and what it means."""

from datetime import UTC, datetime

import pytest

from drcheck.discovery.driver import look
from drcheck.topology.base import Target
from drcheck.topology.hyperv import (
    Adapter,
    Drive,
    HyperVVm,
    IntegrationService,
    VmIntegration,
    VmReplication,
    VmSwitch,
)
from drcheck.topology.windows_host import VirtualHardDisk
from tests.pretend_machines import (
    Machine,
    Pretend,
    Rows,
    Ticking,
    changed,
    estate,
    hyperv_rows,
    read,
    reasons,
)
from tests.replica_rows import GUID, replication_row, statistics_row


def test_a_machine_on_a_host() -> None:
    rows = changed(
        hyperv_rows(GUID),
        "hyperv-machines",
        HardDrives__Path=["C:\\a.vhdx", None],
        HardDrives__ControllerType=["SCSI", "SCSI"],
        HardDrives__ControllerNumber=[0, 0],
        HardDrives__ControllerLocation=[0, 1],
        NetworkAdapters__Id=["a1"],
        NetworkAdapters__Name=["NIC"],
        NetworkAdapters__SwitchName=[None],
        NetworkAdapters__TestReplicaSwitchName=["DR Test"],
    )
    (vm,) = read("hyperv", "hv1.lab", rows).all(HyperVVm)
    assert (vm.key, vm.vm_id, vm.host) == (f"{GUID.lower()}@hv1.lab", GUID.lower(), "hv1.lab")
    assert vm.disks == ("C:\\a.vhdx",)
    assert vm.adapters == (Adapter(id="a1", name="NIC", switch="", test_replica_switch="DR Test"),)


def test_replication_is_joined_with_its_statistics_by_id_and_relationship() -> None:
    rows: Rows = {
        "hyperv-replication": [
            replication_row(),
            replication_row(ReplicationRelationshipType="Extended", LastReplicationTime=None),
        ],
        "hyperv-statistics": [statistics_row()],
    }
    extended, simple = read("hyperv", "hv1.lab", rows).all(VmReplication)
    assert simple.key == f"{GUID.lower()}@hv1.lab/Simple"
    assert (simple.primary_server, simple.replica_server, simple.current_replica_server) == (
        "hv1.lab",
        "broker.lab",
        "hv-r1.lab",
    )
    assert simple.last_replication == datetime(2026, 11, 23, 9, 55, tzinfo=UTC)
    assert (simple.pending_bytes, simple.successful_count, simple.missed_count) == (9007199254740993, 12, 1)
    assert (simple.test_vm_id, simple.max_latency_seconds) == ("", 12.5)
    assert (extended.relationship, extended.last_replication, extended.successful_count) == ("Extended", None, None)


def test_a_replica_knows_no_backlog_and_the_test_vm() -> None:
    rows: Rows = {
        "hyperv-replication": [replication_row(ReplicationMode="Replica", TestVirtualMachine__Id="T-1")],
        "hyperv-statistics": [
            statistics_row(PendingReplicationSize=0, LastTestFailoverInitiatedTime="2026-10-01T00:00:00.0000000Z")
        ],
    }
    (replica,) = read("hyperv", "hv-r1.lab", rows).all(VmReplication)
    assert (replica.pending_bytes, replica.test_vm_id) == (None, "t-1")
    assert replica.last_test_failover == datetime(2026, 10, 1, tzinfo=UTC)


def test_replication_is_not_known_when_its_statistics_are_not() -> None:
    clock = Ticking()
    pretend = Pretend(machines={"hv1.lab": Machine(failed={"hyperv-statistics": "AccessDenied"})})
    target = Target(role="hyperv", endpoint="hv1.lab")
    topology = look(estate(), (target,), now=clock.now, monotonic=clock.monotonic, via=pretend.transports())
    assert [gap.kind for gap in topology.gaps] == ["VmReplication"]


@pytest.mark.parametrize("absent", ["LastReplicationTime", "TestVirtualMachine.Id", "ReplicationHealth"])
def test_a_property_that_this_version_does_not_have_is_no_null(absent: str) -> None:
    row = {name: value for name, value in replication_row().items() if name != absent}
    topology = read("hyperv", "hv1.lab", {"hyperv-replication": [row], "hyperv-statistics": []})
    assert reasons(topology) == [f"the answer to Get-VMReplication cannot be read: {absent}: is not in the answer"]


def test_a_switch() -> None:
    row = {
        "Id": "S-1",
        "Name": "DR Test",
        "SwitchType": "Private",
        "NetAdapterInterfaceDescriptions": None,
        "AllowManagementOS": False,
    }
    (switch,) = read("hyperv", "hv1.lab", {"hyperv-switches": [row]}).all(VmSwitch)
    assert (switch.key, switch.switch_type, switch.uplinks) == ("hv1.lab/s-1", "Private", ())


def test_what_a_machine_is_made_of() -> None:
    rows = changed(
        hyperv_rows(GUID),
        "hyperv-machines",
        Generation=2,
        Version="10.0",
        ProcessorCount=4,
        MemoryStartup=8 << 30,
        MemoryAssigned=0,
        DynamicMemoryEnabled=True,
        FibreChannelHostBusAdapters__Name=["HBA"],
        HardDrives__Path=["C:\\a.vhdx", "Disk 3 50.00 GB"],
        HardDrives__ControllerType=["SCSI", "SCSI"],
        HardDrives__ControllerNumber=[0, 0],
        HardDrives__ControllerLocation=[0, 1],
        HardDrives__DiskNumber=[None, 3],
        HardDrives__SupportPersistentReservations=[True, None],
        NetworkAdapters__Id=["a1"],
        NetworkAdapters__Name=["NIC"],
        NetworkAdapters__SwitchName=["Production"],
        NetworkAdapters__TestReplicaSwitchName=[None],
        NetworkAdapters__MacAddress=["00155D010203"],
        NetworkAdapters__DynamicMacAddressEnabled=[True],
        NetworkAdapters__IsLegacy=[False],
        NetworkAdapters__IPAddresses=[["10.0.0.4", "fe80::1"]],
        NetworkAdapters__VlanSetting__OperationMode=["Access"],
        NetworkAdapters__VlanSetting__AccessVlanId=[120],
    )
    (vm,) = read("hyperv", "hv1.lab", rows).all(HyperVVm)
    assert (vm.generation, vm.version, vm.processors, vm.memory_startup_bytes) == (2, "10.0", 4, 8 << 30)
    assert (vm.memory_assigned_bytes, vm.memory_dynamic, vm.created) == (0, True, None)
    assert vm.fibre_channel_count == 1
    assert vm.drives == (
        Drive(path="C:\\a.vhdx", controller="SCSI", controller_number=0, location=0, shared=True),
        Drive(path="Disk 3 50.00 GB", controller="SCSI", controller_number=0, location=1, disk_number=3),
    )
    (adapter,) = vm.adapters
    assert (adapter.mac, adapter.dynamic_mac, adapter.legacy) == ("00155D010203", True, False)
    assert (adapter.addresses, adapter.vlan_mode, adapter.vlan_id) == (("10.0.0.4", "fe80::1"), "Access", 120)


def test_what_this_version_does_not_tell_of_a_machine_is_not_assumed() -> None:
    (vm,) = read("hyperv", "hv1.lab", hyperv_rows(GUID)).all(HyperVVm)
    assert (vm.generation, vm.version, vm.processors, vm.memory_dynamic) == (None, None, None, None)
    assert vm.fibre_channel_count is None


def test_adapters_whose_properties_differ_in_number_are_refused() -> None:
    rows = changed(hyperv_rows(GUID), "hyperv-machines", NetworkAdapters__Id=["a1", "a2"])
    topology = read("hyperv", "hv1.lab", rows)
    assert topology.seen(HyperVVm) == ()
    assert "NetworkAdapters" in reasons(topology)[0]


def test_integration_services_are_known_by_their_ids() -> None:
    def row(component: str, *, enabled: bool, status: str | None) -> dict[str, object]:
        component = f"Microsoft:{GUID}\\{component}"
        return {
            "Id": component,
            "VMId": GUID,
            "VMName": "VMM01",
            "Enabled": enabled,
            "PrimaryOperationalStatus": status,
        }

    heard = row("84EAAE65-2F2E-45F5-9BB5-0E857DC8EB47", enabled=True, status="Ok")
    odd = row("00000000-0000-0000-0000-000000000001", enabled=False, status=None)
    (fact,) = read("hyperv", "hv1.lab", {"hyperv-integration": [heard, odd]}).all(VmIntegration)
    assert fact.key == f"{GUID.lower()}@hv1.lab"
    assert fact.services == (
        IntegrationService(service="heartbeat", enabled=True, status="Ok"),
        IntegrationService(service="00000000-0000-0000-0000-000000000001", enabled=False, status=None),
    )


def test_a_virtual_hard_disk() -> None:
    row = {
        "Path": "C:\\VMs\\A.avhdx",
        "VhdFormat": "VHDX",
        "VhdType": "Differencing",
        "Size": "9007199254740993",
        "FileSize": 4096,
        "ParentPath": "C:\\VMs\\A.vhdx",
        "LogicalSectorSize": 512,
    }
    (disk,) = read("hyperv", "hv1.lab", {"hyperv-disks": [row]}).all(VirtualHardDisk)
    assert (disk.key, disk.title) == ("hv1.lab/c:\\vms\\a.avhdx", "C:\\VMs\\A.avhdx")
    assert (disk.size_bytes, disk.file_bytes, disk.parent_path) == (9007199254740993, 4096, "C:\\VMs\\A.vhdx")
    assert (disk.logical_sector_bytes, disk.physical_sector_bytes) == (512, None)
