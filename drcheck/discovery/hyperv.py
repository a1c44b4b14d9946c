"""What does a Hyper-V host run, replicate and connect?

States and modes are read by name: PowerShell's integers and WMI's differ (Replicating is 4 and 3).
"""

from collections.abc import Iterator

from msgspec.structs import replace

from drcheck.discovery import WindowsAsk, WindowsCollector
from drcheck.errors import AnswerError
from drcheck.query import Cmdlet
from drcheck.topology.base import Target
from drcheck.topology.hyperv import Adapter, HyperVVm, VmReplication, VmSwitch
from drcheck.transport.row import Row

ROLE = "hyperv"
MODULE = "Hyper-V"

MACHINES = Cmdlet(
    id="hyperv-machines",
    module=MODULE,
    cmdlet="Get-VM",
    select=(
        "Id",
        "Name",
        "State",
        "ReplicationMode",
        "IsClustered",
        "HardDrives.Path",
        "NetworkAdapters.Id",
        "NetworkAdapters.Name",
        "NetworkAdapters.SwitchName",
        "NetworkAdapters.TestReplicaSwitchName",
    ),
)
REPLICATION = Cmdlet(
    id="hyperv-replication",
    module=MODULE,
    cmdlet="Get-VMReplication",
    select=(
        "VMId",
        "VMName",
        "ReplicationMode",
        "ReplicationState",
        "ReplicationHealth",
        "ReplicationRelationshipType",
        "PrimaryServerName",
        "ReplicaServerName",
        "CurrentReplicaServerName",
        "ReplicationFrequencySec",
        "LastReplicationTime",
        "ReplicatedDisks.Path",
        "ExcludedDisks.Path",
        "TestVirtualMachine.Id",
    ),
)
STATISTICS = Cmdlet(
    id="hyperv-statistics",
    module=MODULE,
    cmdlet="Measure-VMReplication",
    select=(
        "VMId",
        "ReplicationRelationshipType",
        "PendingReplicationSize",
        "SuccessfulReplicationCount",
        "MissedReplicationCount",
        "ReplicationErrors",
        "MaximumReplicationLatency",
        "MonitoringStartTime",
        "LastTestFailoverInitiatedTime",
    ),
)
SWITCHES = Cmdlet(
    id="hyperv-switches",
    module=MODULE,
    cmdlet="Get-VMSwitch",
    select=("Id", "Name", "SwitchType", "NetAdapterInterfaceDescriptions", "AllowManagementOS"),
)


def machines(ask: WindowsAsk, target: Target) -> Iterator[HyperVVm]:
    """Every virtual machine on the host: those that run there, replicas, and test VMs."""
    for row in ask.rows(MACHINES):
        vm_id = row.text("Id").lower()
        yield HyperVVm(
            key=f"{vm_id}@{target.endpoint}",
            seen=ask.seen(MACHINES),
            vm_id=vm_id,
            name=row.text("Name"),
            host=target.endpoint,
            state=row.text("State"),
            replication_mode=row.text("ReplicationMode"),
            clustered=row.flag("IsClustered"),
            disks=_paths(row, "HardDrives.Path"),
            adapters=tuple(_adapters(row)),
        )


def replication(ask: WindowsAsk, target: Target) -> Iterator[VmReplication]:
    """Every replication relationship that this host is one side of, with its statistics."""
    measured = {_relationship(row): row for row in ask.rows(STATISTICS)}
    for row in ask.rows(REPLICATION):
        vm_id, relationship = _relationship(row)
        statistics = measured.get((vm_id, relationship))
        fact = VmReplication(
            key=f"{vm_id}@{target.endpoint}/{relationship}",
            seen=ask.seen(REPLICATION),
            vm_id=vm_id,
            name=row.text("VMName"),
            host=target.endpoint,
            mode=row.text("ReplicationMode"),
            state=row.text("ReplicationState"),
            health=row.text("ReplicationHealth"),
            relationship=relationship,
            primary_server=(row.text_or_none("PrimaryServerName") or "").lower(),
            replica_server=(row.text_or_none("ReplicaServerName") or "").lower(),
            current_replica_server=(row.text_or_none("CurrentReplicaServerName") or "").lower(),
            frequency_seconds=row.integer("ReplicationFrequencySec"),
            last_replication=row.when_or_none("LastReplicationTime"),
            replicated_disks=_paths(row, "ReplicatedDisks.Path"),
            excluded_disks=_paths(row, "ExcludedDisks.Path"),
            test_vm_id=(row.text_or_none("TestVirtualMachine.Id") or "").lower(),
        )
        yield fact if statistics is None else _with_statistics(fact, statistics)


def switches(ask: WindowsAsk, target: Target) -> Iterator[VmSwitch]:
    """Every virtual switch of the host."""
    for row in ask.rows(SWITCHES):
        switch_id = row.text("Id").lower()
        yield VmSwitch(
            key=f"{target.endpoint}/{switch_id}",
            seen=ask.seen(SWITCHES),
            switch_id=switch_id,
            name=row.text("Name"),
            host=target.endpoint,
            switch_type=row.text("SwitchType"),
            uplinks=_paths(row, "NetAdapterInterfaceDescriptions"),
            allow_management_os=row.flag("AllowManagementOS"),
        )


def _relationship(row: Row) -> tuple[str, str]:
    return row.text("VMId").lower(), row.text("ReplicationRelationshipType")


def _with_statistics(fact: VmReplication, row: Row) -> VmReplication:
    # The backlog is only kept by the sending side; a replica always reports 0, which would read as "nothing pending".
    sends = fact.mode == "Primary"
    return replace(
        fact,
        pending_bytes=row.integer_or_none("PendingReplicationSize") if sends else None,
        successful_count=row.integer_or_none("SuccessfulReplicationCount"),
        missed_count=row.integer_or_none("MissedReplicationCount"),
        error_count=row.integer_or_none("ReplicationErrors"),
        max_latency_seconds=row.number_or_none("MaximumReplicationLatency"),
        window_started=row.when_or_none("MonitoringStartTime"),
        last_test_failover=row.when_or_none("LastTestFailoverInitiatedTime"),
    )


def _adapters(row: Row) -> Iterator[Adapter]:
    columns = [
        row.texts_or_none(f"NetworkAdapters.{name}") for name in ("Id", "Name", "SwitchName", "TestReplicaSwitchName")
    ]
    if len({len(column) for column in columns}) > 1:
        raise AnswerError(str(MACHINES), "NetworkAdapters", "its properties differ in number")
    for adapter, name, switch, test_switch in zip(*columns, strict=True):
        yield Adapter(id=adapter or "", name=name or "", switch=switch or "", test_replica_switch=test_switch or "")


def _paths(row: Row, name: str) -> tuple[str, ...]:
    return tuple(path for path in row.texts_or_none(name) if path)


COLLECTORS = (
    WindowsCollector(kind=HyperVVm, queries=(MACHINES,), read=machines),
    WindowsCollector(kind=VmReplication, queries=(REPLICATION, STATISTICS), read=replication),
    WindowsCollector(kind=VmSwitch, queries=(SWITCHES,), read=switches),
)
