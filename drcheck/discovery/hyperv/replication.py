"""What does a Hyper-V host replicate, to where, how well, and what could be recovered from its replicas?

States and modes are read by name: PowerShell's integers and WMI's differ (Replicating is 4 and 3). A host in the
middle of a chain answers for the first hop unless it is asked for the second one (``Extended``).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from drcheck.discovery import WindowsAsk
from drcheck.discovery.hyperv.machines import (
    ADAPTER,
    APP_CONSISTENT,
    CHECKPOINTS,
    MACHINES,
    MODULE,
    POINTS,
    paths,
    texts,
)
from drcheck.errors import AnswerError
from drcheck.query import Among, Cmdlet
from drcheck.topology.base import Target
from drcheck.topology.hyperv import RECEIVING, VmReplication
from drcheck.topology.hyperv_replica import (
    AllowedPrimary,
    FailoverAddress,
    ReplicaServer,
    ReplicationProvider,
    VmRecoveryPoints,
)
from drcheck.transport.row import Row

REPLICAS = Among(path="ReplicationMode", values=RECEIVING)

_RELATIONSHIP = (
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
    "LastAppliedLogTime",
    "ReplicatedDisks.Path",
    "ExcludedDisks.Path",
    "TestVirtualMachine.Id",
    "RecoveryHistory",
    "VSSSnapshotReplicationEnabled",
    "VSSSnapshotFrequencyHour",
    "AuthenticationType",
    "ReplicaServerPort",
    "CertificateThumbprint",
    "CompressionEnabled",
    "AutoResynchronizeEnabled",
    "AutoResynchronizeIntervalStart",
    "AutoResynchronizeIntervalEnd",
    "InitialReplicationStartTime",
)
_MEASURED = (
    "VMId",
    "ReplicationRelationshipType",
    "PendingReplicationSize",
    "SuccessfulReplicationCount",
    "MissedReplicationCount",
    "ReplicationErrors",
    "MaximumReplicationLatency",
    "AverageReplicationLatency",
    "AverageReplicationSize",
    "MaximumReplicationSize",
    "InitialReplicationSize",
    "MonitoringStartTime",
    "MonitoringEndTime",
    "LastVSSSnapshotTime",
    "LastTestFailoverInitiatedTime",
)
_EXTENDED = {"ReplicationRelationshipType": "Extended"}

REPLICATION = Cmdlet(id="hyperv-replication", module=MODULE, cmdlet="Get-VMReplication", select=_RELATIONSHIP)
EXTENDED = Cmdlet(
    id="hyperv-replication-extended",
    module=MODULE,
    cmdlet="Get-VMReplication",
    select=_RELATIONSHIP,
    params=_EXTENDED,
)
"""Without a machine's name, a host that has no second hop answers nothing, and no error (as decompiled in public)."""
STATISTICS = Cmdlet(id="hyperv-statistics", module=MODULE, cmdlet="Measure-VMReplication", select=_MEASURED)
EXTENDED_STATISTICS = Cmdlet(
    id="hyperv-statistics-extended",
    module=MODULE,
    cmdlet="Measure-VMReplication",
    select=_MEASURED,
    params=_EXTENDED,
)
SERVER = Cmdlet(
    id="hyperv-replica-server",
    module=MODULE,
    cmdlet="Get-VMReplicationServer",
    select=(
        "ReplicationEnabled",
        "AllowedAuthenticationType",
        "KerberosAuthenticationPort",
        "CertificateAuthenticationPort",
        "CertificateThumbprint",
        "ReplicationAllowedFromAnyServer",
        "DefaultStorageLocation",
        "MonitoringInterval",
        "OperationalStatus",
    ),
)
ENTRIES = Cmdlet(
    id="hyperv-replica-entries",
    module=MODULE,
    cmdlet="Get-VMReplicationAuthorizationEntry",
    select=("AllowedPrimaryServer", "ReplicaStorageLocation", "TrustGroup"),
)
FAILOVER_ADDRESSES = Cmdlet(
    id="hyperv-failover-addresses",
    module=MODULE,
    cmdlet="Get-VMNetworkAdapterFailoverConfiguration",
    select=(
        "IPv4Address",
        "IPv4SubnetMask",
        "IPv4DefaultGateway",
        "IPv4PreferredDNSServer",
        "IPv4AlternateDNSServer",
        "IPv6Address",
    ),
    pipe=MACHINES.id,
    where=REPLICAS,
)
"""The objects do not name their adapter. By the cmdlet's code there is one for each synthetic adapter that has such
settings, in the order of machines and adapters (as decompiled in public); any other number is refused."""
PROVIDERS = Cmdlet(
    id="hyperv-replication-providers",
    module="CimCmdlets",
    cmdlet="Get-CimInstance",
    select=("InstanceID", "ElementName", "ReplicationProvider"),
    params={"Namespace": "root/virtualization/v2", "ClassName": "Msvm_ReplicationSettingData"},
)

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def replication(ask: WindowsAsk, target: Target) -> Iterator[VmReplication]:
    """Every replication relationship that this host is one side of, with its statistics."""
    measured = {_relationship(row): row for query in (EXTENDED_STATISTICS, STATISTICS) for row in ask.rows(query)}
    done: set[tuple[str, str]] = set()
    for query in (REPLICATION, EXTENDED):
        for row in ask.rows(query):
            relationship = _relationship(row)
            if relationship in done:
                continue
            done.add(relationship)
            fact = _with_settings(_related(ask, query, row, target), row)
            statistics = measured.get(relationship)
            yield fact if statistics is None else _with_statistics(fact, statistics)


def servers(ask: WindowsAsk, target: Target) -> Iterator[ReplicaServer]:
    """The host's settings for receiving replicas."""
    entries = tuple(
        AllowedPrimary(
            server=row.text("AllowedPrimaryServer").lower(),
            storage=row.text_or_none("ReplicaStorageLocation") or "",
            trust_group=row.text_or_none("TrustGroup") or "",
        )
        for row in ask.rows(ENTRIES)
    )
    for row in ask.rows(SERVER):
        yield ReplicaServer(
            key=target.endpoint,
            seen=ask.seen(SERVER),
            host=target.endpoint,
            enabled=row.flag("ReplicationEnabled"),
            authentication=row.text("AllowedAuthenticationType"),
            kerberos_port=row.maybe("KerberosAuthenticationPort", row.integer),
            certificate_port=row.maybe("CertificateAuthenticationPort", row.integer),
            certificate=(row.text_or_none("CertificateThumbprint") or "").upper(),
            from_any_server=row.flag("ReplicationAllowedFromAnyServer"),
            allowed=entries,
            storage=row.text_or_none("DefaultStorageLocation") or "",
            monitoring_interval_seconds=row.maybe("MonitoringInterval", row.number),
            status=texts(row, "OperationalStatus"),
        )


def recovery_points(ask: WindowsAsk, target: Target) -> Iterator[VmRecoveryPoints]:
    """What each replica on the host could be taken back to."""
    rows = [row for row in ask.rows(CHECKPOINTS) if row.text("SnapshotType") in POINTS]
    every = _moments(rows)
    consistent = _moments(row for row in rows if row.text("SnapshotType") == APP_CONSISTENT)
    for row in _replicas(ask):
        vm_id = row.text("Id").lower()
        points, sound = every.get(vm_id, ()), consistent.get(vm_id, ())
        yield VmRecoveryPoints(
            key=f"{vm_id}@{target.endpoint}",
            seen=ask.seen(CHECKPOINTS),
            vm_id=vm_id,
            name=row.text("Name"),
            host=target.endpoint,
            point_count=len(points),
            app_consistent_count=len(sound),
            newest_point=max(points, default=None),
            oldest_point=min(points, default=None),
            newest_app_consistent=max(sound, default=None),
        )


def failover_addresses(ask: WindowsAsk, target: Target) -> Iterator[FailoverAddress]:
    """The address each replica's adapters are given in a failover."""
    adapters = [(row, one) for row in _replicas(ask) for one in _synthetic(row)]
    rows = ask.rows(FAILOVER_ADDRESSES)
    if len(rows) != len(adapters):
        reason = f"{len(adapters)} were expected, one for each synthetic adapter of a replica, and {len(rows)} came"
        raise AnswerError(str(FAILOVER_ADDRESSES), "rows", reason)
    for (machine, adapter), row in zip(adapters, rows, strict=True):
        vm_id, adapter_id = machine.text("Id").lower(), (adapter.text_or_none("Id") or "").lower()
        servers = (row.text_or_none(f"IPv4{name}DNSServer") for name in ("Preferred", "Alternate"))
        yield FailoverAddress(
            key=f"{vm_id}@{target.endpoint}/{adapter_id}",
            seen=ask.seen(FAILOVER_ADDRESSES),
            vm_id=vm_id,
            name=machine.text("Name"),
            host=target.endpoint,
            adapter=adapter.text_or_none("Name") or "",
            ipv4=row.text_or_none("IPv4Address") or "",
            mask=row.text_or_none("IPv4SubnetMask") or "",
            gateway=row.text_or_none("IPv4DefaultGateway") or "",
            dns_servers=tuple(server for server in servers if server),
            ipv6=row.text_or_none("IPv6Address") or "",
        )


def providers(ask: WindowsAsk, target: Target) -> Iterator[ReplicationProvider]:
    r"""The engine behind each replication, by ``Microsoft:<VM id>\HVR\<0|1>`` (before 2012 R2 without the number)."""
    for row in ask.rows(PROVIDERS):
        instance = row.text("InstanceID")
        vm_id = _GUID.search(instance)
        if vm_id is None:
            raise AnswerError(str(PROVIDERS), "InstanceID", f"{instance!r} names no machine")
        path = row.text_or_none("ReplicationProvider") or ""
        relationship = "Extended" if instance.endswith("\\1") else "Simple"
        yield ReplicationProvider(
            key=f"{vm_id.group().lower()}@{target.endpoint}/{relationship}",
            seen=ask.seen(PROVIDERS),
            vm_id=vm_id.group().lower(),
            name=row.text_or_none("ElementName") or "",
            host=target.endpoint,
            relationship=relationship,
            provider=([path, *_GUID.findall(path)])[-1].lower(),
        )


def _relationship(row: Row) -> tuple[str, str]:
    return row.text("VMId").lower(), row.text("ReplicationRelationshipType")


def _related(ask: WindowsAsk, query: Cmdlet, row: Row, target: Target) -> VmReplication:
    vm_id, relationship = _relationship(row)
    return VmReplication(
        key=f"{vm_id}@{target.endpoint}/{relationship}",
        seen=ask.seen(query),
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
        replicated_disks=paths(row, "ReplicatedDisks.Path"),
        excluded_disks=paths(row, "ExcludedDisks.Path"),
        test_vm_id=(row.text_or_none("TestVirtualMachine.Id") or "").lower(),
    )


def _with_settings(fact: VmReplication, row: Row) -> VmReplication:
    return replace(
        fact,
        last_applied=row.maybe("LastAppliedLogTime", row.when),
        recovery_points_kept=row.maybe("RecoveryHistory", row.integer),
        vss_enabled=row.maybe("VSSSnapshotReplicationEnabled", row.flag),
        vss_hours=row.maybe("VSSSnapshotFrequencyHour", row.integer),
        authentication=row.maybe("AuthenticationType", row.text),
        port=row.maybe("ReplicaServerPort", row.integer),
        certificate=row.maybe("CertificateThumbprint", lambda name: row.text(name).upper()),
        compressed=row.maybe("CompressionEnabled", row.flag),
        auto_resync=row.maybe("AutoResynchronizeEnabled", row.flag),
        auto_resync_start_seconds=row.maybe("AutoResynchronizeIntervalStart", row.number),
        auto_resync_end_seconds=row.maybe("AutoResynchronizeIntervalEnd", row.number),
        initial_replication_start=row.maybe("InitialReplicationStartTime", row.when),
    )


def _with_statistics(fact: VmReplication, row: Row) -> VmReplication:
    # The backlog is only kept by the sending side; a replica always reports 0, which would read as "nothing pending".
    # The host in the middle of a chain holds a replica, and sends the second hop.
    sends = fact.mode == "Primary" or (fact.mode == "Replica" and fact.relationship == "Extended")
    succeeded = row.integer_or_none("SuccessfulReplicationCount")
    return replace(
        fact,
        pending_bytes=row.integer_or_none("PendingReplicationSize") if sends else None,
        successful_count=succeeded,
        missed_count=row.integer_or_none("MissedReplicationCount"),
        error_count=row.integer_or_none("ReplicationErrors"),
        max_latency_seconds=row.number_or_none("MaximumReplicationLatency"),
        window_started=row.when_or_none("MonitoringStartTime"),
        last_test_failover=row.when_or_none("LastTestFailoverInitiatedTime"),
        window_ended=row.maybe("MonitoringEndTime", row.when),
        average_latency_seconds=row.maybe("AverageReplicationLatency", row.number),
        # Zero without a success, which would read as "nothing changes on this machine".
        average_bytes=row.maybe("AverageReplicationSize", row.integer) if succeeded else None,
        maximum_bytes=row.maybe("MaximumReplicationSize", row.integer) if succeeded else None,
        initial_bytes=row.maybe("InitialReplicationSize", row.integer) if sends else None,
        last_vss=row.maybe("LastVSSSnapshotTime", row.when),
    )


def _replicas(ask: WindowsAsk) -> Iterator[Row]:
    return (row for row in ask.rows(MACHINES) if row.text("ReplicationMode") in REPLICAS.values)


def _synthetic(row: Row) -> Iterator[Row]:
    """A replica's adapters but the emulated ones, which cannot be given an address."""
    return (one for one in row.beside("NetworkAdapters", ADAPTER) if not one.maybe("IsLegacy", one.flag))


def _moments(rows: Iterable[Row]) -> Mapping[str, Sequence[datetime]]:
    found: dict[str, list[datetime]] = {}
    for row in rows:
        found.setdefault(row.text("VMId").lower(), []).append(row.when("CreationTime"))
    return found
