"""What does the Hyper-V module answer about replication?"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from drcheck.lab.cmdlets.hyperv_calls import COMPUTER, chosen, described, wanted
from drcheck.lab.cmdlets.hyperv_machines import LocalVm, vm_object
from drcheck.lab.cmdlets.objects import HYPERV, Call, Handler, PsObject, local_only
from drcheck.lab.state.replication import latest, recovery_points, relation, statistics
from drcheck.lab.state.windows import ReplicaServer
from drcheck.lab.state.world import Replication


def get_vm_replication(call: Call) -> Iterator[PsObject]:
    """``Get-VMReplication``: one object per relationship that this host is a side of."""
    for local in _related(call):
        yield PsObject(kind=f"{HYPERV}VMReplication", values=_replication(call, local), text=local.name, source=local)


def measure_vm_replication(call: Call) -> Iterator[PsObject]:
    """``Measure-VMReplication``: the same, with the counters of the current monitoring window."""
    for local in _related(call):
        values = {**_relationship(call, local), **_statistics(call, local)}
        yield PsObject(kind=f"{HYPERV}VMReplicationHealth", values=values, text=local.name, source=local)


def get_vm_replication_server(call: Call) -> Iterator[PsObject]:
    """``Get-VMReplicationServer``: is this host ready to receive replicas?"""
    local_only(call, COMPUTER)
    call.unsupported("CimSession")
    settings = call.host.replica_server
    kept = settings or ReplicaServer()
    values = {
        **described(call),
        "ReplicationEnabled": settings is not None,
        "AllowedAuthenticationType": kept.authentication,
        "KerberosAuthenticationPort": 80,
        "CertificateAuthenticationPort": 443,
        "CertificateThumbprint": kept.thumbprint,
        "DefaultStorageLocation": kept.storage,
        "AuthorizationEntries": lambda: list(_entries(call)),
        "MonitoringInterval": timedelta(hours=12),
        "MonitoringStartTime": timedelta(hours=9),
        "OperationalStatus": ["Ok"],
        "ReplicationAllowedFromAnyServer": not kept.primaries,
        "StatusDescriptions": ["Operating normally"],
    }
    yield PsObject(kind=f"{HYPERV}VMReplicationServer", values=values, source=call.host)


def get_entry(call: Call) -> Iterator[PsObject]:
    """``Get-VMReplicationAuthorizationEntry``."""
    local_only(call, COMPUTER)
    call.unsupported("CimSession", "AllowedPrimaryServer", "ReplicaStorageLocation", "TrustGroup")
    return _entries(call)


def _entries(call: Call) -> Iterator[PsObject]:
    settings = call.host.replica_server
    if settings is None:
        return
    for server in settings.primaries or ["*"]:
        values = {
            **described(call),
            "AllowedPrimaryServer": server,
            "ReplicaStorageLocation": settings.storage,
            "TrustGroup": settings.trust_group,
        }
        yield PsObject(kind=f"{HYPERV}VMReplicationAuthorizationEntry", values=values, text=server)


def get_failover_configuration(call: Call) -> Iterator[PsObject]:
    """``Get-VMNetworkAdapterFailoverConfiguration``: one object per adapter, which does not say whose it is."""
    local_only(call, COMPUTER)
    call.unsupported("CimSession", "VMNetworkAdapter", "VMNetworkAdapterName")
    for local in chosen(call):
        for nic in local.vm.nics:
            address = nic.failover_address if local.side != "own" else ""
            network = address.rpartition(".")[0]
            values = {
                "IPv4Address": address,
                "IPv4SubnetMask": "255.255.255.0" if address else "",
                "IPv4DefaultGateway": f"{network}.1" if address else "",
                "IPv4PreferredDNSServer": f"{network}.2" if address else "",
                "IPv4AlternateDNSServer": "",
                "IPv6Address": "",
                "IPv6SubnetPrefixLength": 0,
            }
            yield PsObject(kind=f"{HYPERV}VMNetworkAdapterFailoverSetting", values=values, source=nic)


def _related(call: Call) -> Iterator[LocalVm]:
    local_only(call, COMPUTER)
    call.unsupported("CimSession", "TrustGroup", "ReplicaServerName", "PrimaryServerName", "ReplicationState")
    call.unsupported("ReplicationHealth")
    hop = "extended" if (call.text("ReplicationRelationshipType") or "").lower() == "extended" else "simple"
    for local in chosen(call):
        if _has_side(local, hop) and wanted(call, "ReplicationMode", local.mode):
            yield local


def _has_side(local: LocalVm, hop: str) -> bool:
    """The host in the middle tells of the second hop when asked for it; the third one knows only its own."""
    if local.vm.replication is None or local.side == "test":
        return False
    return hop == "simple" or (local.side == "replica" and local.vm.replication.extended is not None)


def _hop(call: Call, local: LocalVm) -> Replication:
    """The relationship that is meant."""
    first = relation(local.vm)
    second = local.side == "extended" or (call.text("ReplicationRelationshipType") or "").lower() == "extended"
    return first.extended if second and first.extended else first


def _relationship(call: Call, local: LocalVm) -> dict[str, object]:
    """Properties that both replication types have."""
    replication = _hop(call, local)
    second = replication is not relation(local.vm)
    received = _received(call, local)
    test = call.world.test_vms.get(relation(local.vm).test_vm_id) if local.side == "replica" else None
    return {
        **described(call),
        "VMId": local.id,
        "VMName": local.name,
        "VMSnapshotId": None,
        "VMSnapshotName": None,
        "AllowedPrimaryServer": "*",
        "PrimaryServerName": replication.primary_host,
        "ReplicaServerName": replication.replica_server,
        "CurrentReplicaServerName": replication.replica_host,
        "LastReplicationTime": call.stamp(received),
        "LastAppliedLogTime": call.stamp(received),
        "ReplicationMode": local.mode,
        "ReplicationState": replication.state if second else local.replication_state,
        "ReplicationHealth": replication.health,
        # The third host knows one relationship only, and gives it no other name than the first two do.
        "ReplicationRelationshipType": "Extended" if second and local.side == "replica" else "Simple",
        "TestVirtualMachine": None if test is None else vm_object(call, LocalVm(vm=local.vm, side="test", test=test)),
        "ReplicatedDisks": [drive for drive in local.drives(call) if _path(drive) not in replication.excluded],
    }


def _received(call: Call, local: LocalVm) -> float | None:
    """When the newest delta reached the side that receives."""
    newest = latest(call.world, local.vm, call.now)
    stalled = _hop(call, local).stalled_since
    if newest is None:
        return None
    return newest.received if stalled is None else min(newest.received, stalled)


def _replication(call: Call, local: LocalVm) -> Mapping[str, object]:
    replication = _hop(call, local)
    return {
        **_relationship(call, local),
        "ReplicationFrequencySec": replication.frequency,
        "ExcludedDisks": [drive for drive in local.drives(call) if _path(drive) in replication.excluded],
        "AuthenticationType": replication.authentication,
        "AutoResynchronizeEnabled": True,
        "AutoResynchronizeIntervalStart": timedelta(hours=18, minutes=30),
        "AutoResynchronizeIntervalEnd": timedelta(hours=6),
        "BypassProxyServer": False,
        "CertificateThumbprint": replication.thumbprint,
        "CompressionEnabled": True,
        "RecoveryHistory": replication.recovery_history,
        "ReplicaServerPort": 443 if replication.authentication == "Certificate" else 80,
        "ReplicateHostKvpItems": True,
        "InitialReplicationStartTime": None,
        "ResynchronizeStartTime": None,
        "VSSSnapshotReplicationEnabled": replication.app_consistent_hours > 0,
        "VSSSnapshotFrequencyHour": replication.app_consistent_hours,
    }


def _path(drive: PsObject) -> str:
    """The path on the primary: exclusions are kept by it."""
    return str(drive.source)


def _statistics(call: Call, local: LocalVm) -> dict[str, object]:
    """The sender knows the backlog, the receiver knows of tests."""
    figures = statistics(call.world, local.vm, call.now)
    # A replica that is sent on is counted twice: as what came in, and as what goes out.
    sends = local.side == "own" or (local.side == "replica" and _hop(call, local) is not relation(local.vm))
    points = [point.cut for point in recovery_points(call.world, local.vm, call.now) if point.app_consistent]
    return {
        "MonitoringStartTime": call.stamp(figures.window_started),
        "MonitoringEndTime": call.stamp(call.now),
        "LastReplicationType": "Regular",
        "FailedOverReplicationType": "None",
        "LastTestFailoverInitiatedTime": None if sends else call.stamp(relation(local.vm).last_test),
        "LastVSSSnapshotTime": call.stamp(max(points, default=None)),
        "InitialReplicationSize": 0,
        "PendingReplicationSize": figures.pending_bytes if sends else 0,
        "AverageReplicationSize": figures.average_bytes,
        "MaximumReplicationSize": figures.average_bytes * 2,
        "AverageReplicationLatency": timedelta(0) if figures.successful else None,  # whole seconds of 0.2 to 0.8
        "MaximumReplicationLatency": timedelta(0) if figures.successful else None,
        "ReplicationErrors": figures.errors,
        "SuccessfulReplicationCount": figures.successful,
        "MissedReplicationCount": figures.missed,
        "ReplicationHealthDetails": [],
        "CurrentTask": [],
    }


CMDLETS: Mapping[str, Handler] = {
    "Get-VMReplication": get_vm_replication,
    "Measure-VMReplication": measure_vm_replication,
    "Get-VMReplicationServer": get_vm_replication_server,
    "Get-VMReplicationAuthorizationEntry": get_entry,
    "Get-VMNetworkAdapterFailoverConfiguration": get_failover_configuration,
}
