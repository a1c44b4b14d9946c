"""What a cluster node answers, and what it means."""

from collections.abc import Sequence

import pytest

from drcheck.topology.base import Topology
from drcheck.topology.cluster import ClusterGroup, ClusterNode, ClusterResource, FailoverCluster, ValidationReport
from tests.pretend_machines import (
    Values,
    changed,
    cluster_rows,
    read,
    reasons,
)


def witnessed(resource_type: str | None, parameters: Sequence[Values] = ()) -> Topology:
    rows = changed(
        cluster_rows("hvcl.lab", ["n1.lab"]),
        "cluster-quorum",
        QuorumResource__Name=resource_type and "Witness (Zeuge)",
        QuorumResource__ResourceType__Name=resource_type,
        QuorumResource__State=resource_type and "Online",
    )
    return read("cluster", "hvcl.lab", {**rows, "cluster-witness": parameters})


def parameter(owner: str, name: str, value: object) -> Values:
    return {"ClusterObject.Name": owner, "Name": name, "Value": value}


@pytest.mark.parametrize(
    ("resource_type", "parameters", "kind", "place"),
    [
        (None, [], "none", ""),
        ("Physical Disk", [], "disk", "Witness (Zeuge)"),
        ("Node Weight Fairy", [], "Node Weight Fairy", "Witness (Zeuge)"),
        (
            "File Share Witness",
            [parameter("Other", "SharePath", "\\\\no\\no"), parameter("Witness (Zeuge)", "SharePath", "\\\\fs1\\w")],
            "share",
            "\\\\fs1\\w",
        ),
        ("Cloud Witness", [parameter("Witness (Zeuge)", "AccountName", "drwitness")], "cloud", "drwitness"),
    ],
)
def test_a_witness_is_known_by_its_resource_type(
    resource_type: str | None, parameters: Sequence[Values], kind: str, place: str
) -> None:
    (cluster,) = witnessed(resource_type, parameters).all(FailoverCluster)
    assert (cluster.witness, cluster.witness_place) == (kind, place)
    assert cluster.witness_state == ("Online" if resource_type else "")
    assert (cluster.key, cluster.domain, cluster.dynamic_quorum) == ("id-hvcl", "lab", True)


def test_a_share_witness_without_a_path_is_refused() -> None:
    (reason,) = reasons(witnessed("File Share Witness"))
    assert reason.endswith("SharePath: the witness 'Witness (Zeuge)' has no such parameter")


def domain_row(name: str, kind: object, parent: str | None) -> Values:
    return {"Name": name, "Type": kind, "ParentName": parent}


def test_a_nodes_site_may_be_above_its_rack() -> None:
    rows = {
        **cluster_rows("hvcl.lab", ["n1.lab", "n2.lab", "n3.lab"]),
        "cluster-fault-domains": [
            domain_row("London", "Site", ""),
            domain_row("Leeds", 1000, None),
            domain_row("Rack 1", "Rack", "London"),
            domain_row("N1", "Node", "Rack 1"),
            domain_row("n2", 4000, "Leeds"),
            domain_row("N3", "Node", ""),
        ],
    }
    nodes = read("cluster", "hvcl.lab", rows).all(ClusterNode)
    assert [(node.key, node.fault_domain_site) for node in nodes] == [
        ("id-hvcl/n1.lab", "London"),
        ("id-hvcl/n2.lab", "Leeds"),
        ("id-hvcl/n3.lab", ""),
    ]


def test_fault_domains_in_a_circle_end() -> None:
    rows = {
        **cluster_rows("hvcl.lab", ["n1.lab"]),
        "cluster-fault-domains": [domain_row("N1", "Node", "R"), domain_row("R", "Rack", "N1")],
    }
    (node,) = read("cluster", "hvcl.lab", rows).all(ClusterNode)
    assert node.fault_domain_site == ""


def test_groups_and_resources_belong_to_a_cluster_and_a_node() -> None:
    rows = {
        **cluster_rows("hvcl.lab", ["n1.lab"]),
        "cluster-groups": [
            {
                "Id": "G-1",
                "Name": "Cluster Group",
                "GroupType": "Cluster",
                "State": "Online",
                "OwnerNode.Name": "N1",
                "IsCoreGroup": True,
            }
        ],
        "cluster-resources": [
            {
                "Id": "R-1",
                "Name": "Broker",
                "ResourceType.Name": "Virtual Machine Replication Broker",
                "OwnerGroup.Name": "Cluster Group",
                "OwnerNode.Name": None,
                "State": "Failed",
            }
        ],
    }
    topology = read("cluster", "hvcl.lab", rows)
    (group,), (resource,) = topology.all(ClusterGroup), topology.all(ClusterResource)
    assert (group.key, group.cluster, group.owner_node, group.core) == ("id-hvcl/g-1", "id-hvcl", "n1.lab", True)
    assert (resource.key, resource.group, resource.owner_node) == ("id-hvcl/r-1", "Cluster Group", "")


def test_a_machine_that_is_in_no_cluster_is_refused() -> None:
    assert len(reasons(read("cluster", "hvcl.lab", {"cluster": []}))) == 13


def test_validation_reports_are_told_from_other_files() -> None:
    files: list[Values] = [
        {"FileName": "validation report 2026.08.01 at 10.20.30", "Extension": "htm",
         "LastModified": "2026-08-01T08:20:31.0000000Z"},
        {"FileName": "Validation Report 2026.08.02", "Extension": "xml", "LastModified": None},
        {"FileName": "create cluster wizard", "Extension": "mht", "LastModified": "2020-01-01T00:00:00.0000000Z"},
    ]  # fmt: skip
    (found,) = read("cluster", "hvcl.lab", {**cluster_rows("hvcl.lab", ["n1.lab"]), "cluster-reports": files}).all(
        ValidationReport
    )
    assert (found.key, found.cluster) == ("id-hvcl/validation report 2026.08.01 at 10.20.30.htm", "id-hvcl")
    assert found.written.isoformat() == "2026-08-01T08:20:31+00:00"
