"""What a Hyper-V host answers, and what it means."""

from datetime import UTC, datetime

import pytest

from drcheck.discovery.driver import look
from drcheck.topology.base import Target
from drcheck.topology.hyperv import Adapter, HyperVVm, VmReplication, VmSwitch
from tests.pretend_machines import (
    Machine,
    Pretend,
    Rows,
    Ticking,
    Values,
    changed,
    estate,
    hyperv_rows,
    read,
    reasons,
)

GUID = "0F8FAD5B-D9CB-469F-A165-70867728950E"


def test_a_machine_on_a_host() -> None:
    rows = changed(
        hyperv_rows(GUID),
        "hyperv-machines",
        HardDrives__Path=["C:\\a.vhdx", None],
        NetworkAdapters__Id=["a1"],
        NetworkAdapters__Name=["NIC"],
        NetworkAdapters__SwitchName=[None],
        NetworkAdapters__TestReplicaSwitchName=["DR Test"],
    )
    (vm,) = read("hyperv", "hv1.lab", rows).all(HyperVVm)
    assert (vm.key, vm.vm_id, vm.host) == (f"{GUID.lower()}@hv1.lab", GUID.lower(), "hv1.lab")
    assert vm.disks == ("C:\\a.vhdx",)
    assert vm.adapters == (Adapter(id="a1", name="NIC", switch="", test_replica_switch="DR Test"),)


def replication_row(**values: object) -> Values:
    row = {
        "VMId": GUID,
        "VMName": "VMM01",
        "ReplicationMode": "Primary",
        "ReplicationState": "Replicating",
        "ReplicationHealth": "Normal",
        "ReplicationRelationshipType": "Simple",
        "PrimaryServerName": "HV1.lab",
        "ReplicaServerName": "Broker.lab",
        "CurrentReplicaServerName": "HV-R1.lab",
        "ReplicationFrequencySec": 300,
        "LastReplicationTime": "2026-11-23T09:55:00.0000000Z",
        "ReplicatedDisks.Path": ["C:\\a.vhdx"],
        "ExcludedDisks.Path": [],
        "TestVirtualMachine.Id": None,
    }
    return {**row, **{name.replace("__", "."): value for name, value in values.items()}}


def statistics_row(**values: object) -> Values:
    return {
        "VMId": GUID.lower(),
        "ReplicationRelationshipType": "Simple",
        "PendingReplicationSize": "9007199254740993",
        "SuccessfulReplicationCount": 12,
        "MissedReplicationCount": 1,
        "ReplicationErrors": 0,
        "MaximumReplicationLatency": 12.5,
        "MonitoringStartTime": "2026-11-23T09:00:00.0000000Z",
        "LastTestFailoverInitiatedTime": None,
        **values,
    }


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
