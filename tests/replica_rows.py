"""Rows that a Hyper-V host answers about one replication, as its documentation describes them."""

from tests.pretend_machines import Values

GUID = "0F8FAD5B-D9CB-469F-A165-70867728950E"


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
