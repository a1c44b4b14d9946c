"""What a Hyper-V host answers about replicas besides the relationships themselves, and what it means."""

from datetime import UTC, datetime

import pytest

from drcheck.topology.base import Topology
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import (
    BUILT_IN_PROVIDER,
    AllowedPrimary,
    FailoverAddress,
    ReplicaServer,
    ReplicationProvider,
    VmCheckpoint,
    VmRecoveryPoints,
)
from tests.pretend_machines import Rows, Values, changed, hyperv_rows, read, reasons
from tests.replica_rows import GUID, replication_row, statistics_row

KEY = f"{GUID.lower()}@hv-r1.lab"


def ask(rows: Rows) -> Topology:
    return read("hyperv", "hv-r1.lab", rows)


def test_the_host_in_the_middle_sends_the_second_hop() -> None:
    second = {"ReplicationMode": "Replica", "ReplicationRelationshipType": "Extended"}
    rows: Rows = {
        "hyperv-replication": [replication_row(ReplicationMode="Replica")],
        "hyperv-replication-extended": [replication_row(**second, CurrentReplicaServerName="HV-X.lab")],
        "hyperv-statistics": [statistics_row(PendingReplicationSize=0)],
        "hyperv-statistics-extended": [
            statistics_row(ReplicationRelationshipType="Extended", PendingReplicationSize=4096)
        ],
    }
    extended, simple = ask(rows).all(VmReplication)
    assert (simple.relationship, simple.pending_bytes) == ("Simple", None)
    assert (extended.relationship, extended.pending_bytes) == ("Extended", 4096)
    assert (extended.key, extended.current_replica_server) == (f"{KEY}/Extended", "hv-x.lab")


def test_a_relationship_that_both_answers_tell_is_one() -> None:
    row = replication_row(ReplicationRelationshipType="Extended")
    assert len(ask({"hyperv-replication": [row], "hyperv-replication-extended": [row]}).all(VmReplication)) == 1


def test_settings_and_statistics_carry_their_units() -> None:
    settings = {
        "RecoveryHistory": 4,
        "VSSSnapshotReplicationEnabled": True,
        "VSSSnapshotFrequencyHour": 4,
        "AuthenticationType": "Certificate",
        "ReplicaServerPort": 443,
        "CertificateThumbprint": "ab01",
        "AutoResynchronizeEnabled": True,
        "AutoResynchronizeIntervalStart": 66600,
        "LastAppliedLogTime": "2026-11-23T09:56:00.0000000Z",
    }
    measured = {
        "AverageReplicationLatency": 5.0,
        "AverageReplicationSize": 4096,
        "MaximumReplicationSize": "9007199254740993",
        "LastVSSSnapshotTime": "2026-11-23T08:00:00.0000000Z",
    }
    rows: Rows = {
        "hyperv-replication": [replication_row(**settings)],
        "hyperv-statistics": [statistics_row(**measured)],
    }
    (fact,) = ask(rows).all(VmReplication)
    assert (fact.authentication, fact.port, fact.certificate) == ("Certificate", 443, "AB01")
    assert (fact.vss_enabled, fact.vss_hours, fact.recovery_points_kept) == (True, 4, 4)
    assert (fact.auto_resync, fact.auto_resync_start_seconds, fact.auto_resync_end_seconds) == (True, 66600.0, None)
    assert (fact.average_latency_seconds, fact.average_bytes, fact.maximum_bytes) == (5.0, 4096, 9007199254740993)
    assert fact.last_vss == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert fact.last_applied == datetime(2026, 11, 23, 9, 56, tzinfo=UTC)


def test_a_window_without_a_success_tells_no_size() -> None:
    measured = statistics_row(SuccessfulReplicationCount=0, AverageReplicationSize=0, MaximumReplicationSize=0)
    (fact,) = ask({"hyperv-replication": [replication_row()], "hyperv-statistics": [measured]}).all(VmReplication)
    assert (fact.successful_count, fact.average_bytes, fact.maximum_bytes) == (0, None, None)


def server_row(**values: object) -> Values:
    return {
        "ReplicationEnabled": True,
        "AllowedAuthenticationType": "CertificateAndKerberos",
        "KerberosAuthenticationPort": 80,
        "CertificateAuthenticationPort": 443,
        "CertificateThumbprint": "ab01",
        "ReplicationAllowedFromAnyServer": False,
        "DefaultStorageLocation": "D:\\Replica",
        "MonitoringInterval": 43200.0,
        "OperationalStatus": ["Ok"],
        **values,
    }


def test_a_replica_server_and_who_may_send_to_it() -> None:
    entry = {"AllowedPrimaryServer": "*.LON.lab", "ReplicaStorageLocation": "D:\\Replica", "TrustGroup": "DR"}
    rows: Rows = {"hyperv-replica-server": [server_row()], "hyperv-replica-entries": [entry]}
    (server,) = ask(rows).all(ReplicaServer)
    assert (server.key, server.enabled, server.from_any_server) == ("hv-r1.lab", True, False)
    assert (server.authentication, server.certificate, server.certificate_port) == (
        "CertificateAndKerberos",
        "AB01",
        443,
    )
    assert server.allowed == (AllowedPrimary(server="*.lon.lab", storage="D:\\Replica", trust_group="DR"),)


@pytest.mark.parametrize("absent", ["ReplicationEnabled", "ReplicationAllowedFromAnyServer", "CertificateThumbprint"])
def test_what_decides_who_may_send_is_never_assumed(absent: str) -> None:
    row = {name: value for name, value in server_row().items() if name != absent}
    assert reasons(ask({"hyperv-replica-server": [row]})) == [
        f"the answer to Get-VMReplicationServer cannot be read: {absent}: is not in the answer"
    ]


def replica(*nics: str, **values: object) -> Rows:
    """A host with one replica."""
    return changed(
        hyperv_rows(GUID),
        "hyperv-machines",
        Name="VMM01",
        ReplicationMode="Replica",
        NetworkAdapters__Id=list(nics),
        NetworkAdapters__Name=[f"NIC {nic}" for nic in nics],
        NetworkAdapters__SwitchName=[None for _ in nics],
        NetworkAdapters__TestReplicaSwitchName=[None for _ in nics],
        **values,
    )


def address_row(address: str | None) -> Values:
    return {
        "IPv4Address": address,
        "IPv4SubnetMask": "255.255.255.0",
        "IPv4DefaultGateway": None,
        "IPv4PreferredDNSServer": "10.0.0.2",
        "IPv4AlternateDNSServer": "",
        "IPv6Address": None,
    }


def test_failover_addresses_are_joined_with_adapters_by_their_order() -> None:
    rows = replica("A", "B") | {"hyperv-failover-addresses": [address_row("10.0.0.9"), address_row(None)]}
    first, second = ask(rows).all(FailoverAddress)
    assert (first.key, first.adapter, first.ipv4) == (f"{KEY}/a", "NIC A", "10.0.0.9")
    assert (first.mask, first.gateway, first.dns_servers) == ("255.255.255.0", "", ("10.0.0.2",))
    assert (second.key, second.ipv4) == (f"{KEY}/b", "")


def test_an_emulated_adapter_has_no_failover_address() -> None:
    rows = replica("A", "B", NetworkAdapters__IsLegacy=[True, False])
    (address,) = ask(rows | {"hyperv-failover-addresses": [address_row("10.0.0.9")]}).all(FailoverAddress)
    assert (address.adapter, address.ipv4) == ("NIC B", "10.0.0.9")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_another_number_of_failover_addresses_than_adapters_is_refused(count: int) -> None:
    topology = ask(replica("A", "B") | {"hyperv-failover-addresses": [address_row("10.0.0.9")] * count})
    assert [gap.kind for gap in topology.gaps] == ["FailoverAddress"]
    assert f"2 were expected, one for each synthetic adapter of a replica, and {count} came" in topology.gaps[0].reason


def point(hour: int, kind: str = "Replica") -> Values:
    named = {"Id": f"P{hour}", "Name": f"P{hour}", "VMId": GUID, "SnapshotType": kind}
    return {**named, "CreationTime": f"2026-11-23T{hour:02}:00:00.0000000Z"}


def test_the_recovery_points_of_a_replica() -> None:
    listed = [point(9), point(7), point(8, "AppConsistentReplica"), point(3, "Standard")]
    (points,) = ask(replica() | {"hyperv-checkpoints": listed}).all(VmRecoveryPoints)
    assert (points.key, points.point_count, points.app_consistent_count) == (KEY, 3, 1)
    assert [moment and moment.hour for moment in (points.oldest_point, points.newest_point)] == [7, 9]
    assert points.newest_app_consistent == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_a_replica_without_recovery_points_is_known_to_have_none() -> None:
    (points,) = ask(replica()).all(VmRecoveryPoints)
    assert (points.point_count, points.newest_point, points.newest_app_consistent) == (0, None, None)
    assert ask(replica() | {"hyperv-machines": []}).all(VmRecoveryPoints) == ()


def test_recovery_points_are_no_checkpoints() -> None:
    def row(name: str, kind: str) -> Values:
        return {"Id": name, "Name": name, "VMId": GUID, "SnapshotType": kind} | {
            "CreationTime": "2026-11-01T00:00:00.0000000Z"
        }

    listed = [row("C1", "Standard"), row("C2", "Recovery"), row("P1", "Replica"), row("P2", "AppConsistentReplica")]
    found = ask({"hyperv-checkpoints": listed}).all(VmCheckpoint)
    assert [(one.key, one.checkpoint_type, one.automatic) for one in found] == [
        ("c1@hv-r1.lab", "Standard", None),
        ("c2@hv-r1.lab", "Recovery", None),
    ]


@pytest.mark.parametrize(
    ("instance", "path", "relationship", "provider"),
    [
        (
            f"Microsoft:{GUID}\\HVR\\0",
            'X.InstanceID="Microsoft:HV1\\\\ReplicationProvider\\\\22391CDC-272C-4DDF-BA88-9BEFB1A0975C"',
            "Simple",
            BUILT_IN_PROVIDER,
        ),
        (f"Microsoft:{GUID}\\HVR", "Something Else", "Simple", "something else"),
        (f"Microsoft:{GUID}\\HVR\\1", None, "Extended", ""),
    ],
    ids=["built in", "before 2012 R2, and no id", "nothing told"],
)
def test_the_engine_of_a_replication(instance: str, path: str | None, relationship: str, provider: str) -> None:
    row = {"InstanceID": instance, "ElementName": "VMM01", "ReplicationProvider": path}
    (fact,) = ask({"hyperv-replication-providers": [row]}).all(ReplicationProvider)
    assert (fact.key, fact.provider) == (f"{KEY}/{relationship}", provider)
    assert fact.built_in is (provider == BUILT_IN_PROVIDER)


def test_an_engine_of_no_machine_is_refused() -> None:
    row = {"InstanceID": "Microsoft:Definition", "ElementName": "", "ReplicationProvider": None}
    (reason,) = reasons(ask({"hyperv-replication-providers": [row]}))
    assert reason.endswith("InstanceID: 'Microsoft:Definition' names no machine")
