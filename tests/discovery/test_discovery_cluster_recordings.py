"""What real clusters and hosts printed, read by the collectors: recordings beside the repository, never copied here."""

import re
from pathlib import Path

import pytest

from drcheck.topology.cluster import ClusterGroup, ClusterNode, FailoverCluster
from drcheck.topology.hyperv import VmReplication
from tests.pretend_machines import Rows, Values, changed, cluster_rows, read
from tests.replica_rows import replication_row

SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "vmm"

pytestmark = pytest.mark.skipif(not SAMPLES.exists(), reason="the recordings are not beside the repository")


def recorded(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


def fields(text: str) -> dict[str, object]:
    """What ``Format-List`` printed, with whole numbers as such."""
    pairs = re.findall(r"^(\w+)[ \t]*:[ \t]?(.*?)[ \t]*$", text, re.MULTILINE)
    return {name: int(value) if value.isdigit() else value for name, value in pairs}


def test_a_localised_cluster_of_2012_r2_is_read() -> None:
    told = fields(recorded("get-cluster-fl-zh-TW-2012R2.txt"))
    assert len(told) > 50
    assert "PreferredSite" not in told
    quorum = cluster_rows("fc.csd.syscom", [])["cluster-quorum"]
    rows: Rows = {"cluster": [told], "cluster-quorum": quorum}
    (cluster,) = read("cluster", "fc.csd.syscom", rows).all(FailoverCluster)
    assert (cluster.key, cluster.name, cluster.domain) == ("4aa97485-0ce3-4d32-a23c-78ab7fb56889", "FC", "csd.syscom")
    assert (cluster.dynamic_quorum, cluster.witness_vote, cluster.preferred_site) == (True, 0, "")
    assert (cluster.same_subnet_delay_ms, cluster.cross_subnet_threshold) == (1000, 5)
    assert (cluster.cross_site_delay_ms, cluster.functional_level, cluster.quarantine_seconds) == (None, None, None)
    assert cluster.lower_quorum_priority_node == 0


def test_core_groups_of_a_localised_cluster_are_known_by_their_type() -> None:
    blocks = recorded("get-clustergroup-zh-TW.txt").split("----")[0].strip().split("\n\n")
    types = {0: "AvailableStorage", 1: "Cluster"}
    groups: list[Values] = []
    for place, block in enumerate(blocks):
        told = fields(block)
        kind = {"Id": f"g{place}", "GroupType": types[place], "IsCoreGroup": True, "OwnerNode.Name": told["OwnerNode"]}
        groups.append(told | kind)
    rows = cluster_rows("fc.csd.syscom", ["sql2012x.csd.syscom"])
    found = read("cluster", "fc.csd.syscom", {**rows, "cluster-groups": groups}).all(ClusterGroup)
    assert [(one.group_type, one.state, one.core) for one in found] == [
        ("AvailableStorage", "Offline", True),
        ("Cluster", "Online", True),
    ]
    assert {one.owner_node for one in found} == {"sql2012x.csd.syscom"}
    assert all(not one.name.isascii() for one in found)


def test_votes_follow_the_nodes_that_come_and_go() -> None:
    seen = []
    for part in recorded("dynamic-quorum-dag-3node.txt").split("# ")[1:]:
        (witness,) = re.findall(r"itnessDynamicWeight\s+(\d)", part)
        nodes = re.findall(r"^(EX\S+)\s+(\d)\s+(\w+)\s+\d", part, re.MULTILINE)
        rows = changed(cluster_rows("dag.lab", []), "cluster", WitnessDynamicWeight=int(witness))
        listed = [
            {"Name": name, "State": state, "NodeWeight": 1, "DynamicWeight": int(vote)} for name, vote, state in nodes
        ]
        topology = read("cluster", "dag.lab", {**rows, "cluster-nodes": listed})
        (cluster,) = topology.all(FailoverCluster)
        votes = [node.dynamic_weight for node in topology.all(ClusterNode)]
        seen.append((cluster.witness_vote, votes))
    assert seen == [(1, [1, 1]), (0, [1, 1, 1]), (0, [0, 0, 1])]


HEADINGS = {
    "State": "ReplicationState",
    "Health": "ReplicationHealth",
    "Mode": "ReplicationMode",
    "FrequencySec": "ReplicationFrequencySec",
    "PrimaryServer": "PrimaryServerName",
    "ReplicaServer": "ReplicaServerName",
    "ReplicaPort": "ReplicaServerPort",
    "AuthType": "AuthenticationType",
    "Relationship": "ReplicationRelationshipType",
}
"""What the table's columns are called as properties."""


def test_the_documented_table_of_a_replication_is_read() -> None:
    lines = recorded("hyperv-replica-outputs.txt").splitlines()
    place = next(at for at, line in enumerate(lines) if line.startswith("VMName") and "FrequencySec" in line)
    told: dict[str, object] = dict(zip(lines[place].split(), lines[place + 2].split(), strict=True))
    row = {HEADINGS.get(name, name): value for name, value in told.items()}
    (fact,) = read("hyperv", "hv.lab", {"hyperv-replication": [{**replication_row(), **row}]}).all(VmReplication)
    assert (fact.name, fact.mode, fact.state, fact.health) == ("contoso-vm-01", "Replica", "Replicating", "Normal")
    assert (fact.primary_server, fact.replica_server) == ("hyperv01", "cluster02rep")
    assert (fact.frequency_seconds, fact.port, fact.authentication) == (300, 80, "Kerberos")


def test_every_documented_step_of_a_failover_is_read() -> None:
    blocks = re.findall(r"^VMName +:.*\n.*\n.*$", recorded("hyperv-replica-outputs.txt"), re.MULTILINE)
    states = []
    for block in blocks:
        row = {**replication_row(LastReplicationTime=None), **fields(block)}
        (fact,) = read("hyperv", "hv.lab", {"hyperv-replication": [row]}).all(VmReplication)
        states.append((fact.mode, fact.state))
    assert states == [
        ("Replica", "FailedOver"),
        ("Replica", "WaitingForInitialReplication"),
        ("Primary", "Replicating"),
    ]
