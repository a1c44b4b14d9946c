"""What is every node asked, whatever is made of it: the cluster, its resources and their private properties."""

from collections.abc import Mapping

from msgspec import Struct

from drcheck.discovery import WindowsAsk
from drcheck.errors import AnswerError
from drcheck.query import Among, Cmdlet, WindowsQuery
from drcheck.transport.row import Row

MODULE = "FailoverClusters"

SHARE, CLOUD, DISK = "File Share Witness", "Cloud Witness", "Physical Disk"
NAME, ADDRESS = "Network Name", "IP Address"
BROKER = "Virtual Machine Replication Broker"

CLUSTER = Cmdlet(
    id="cluster",
    module=MODULE,
    cmdlet="Get-Cluster",
    select=(
        "Id",
        "Name",
        "Domain",
        "DynamicQuorum",
        "PreferredSite",
        "WitnessDynamicWeight",
        "ClusterFunctionalLevel",
        "SameSubnetDelay",
        "SameSubnetThreshold",
        "CrossSubnetDelay",
        "CrossSubnetThreshold",
        "CrossSiteDelay",
        "CrossSiteThreshold",
        "AutoAssignNodeSite",
        "QuarantineThreshold",
        "QuarantineDuration",
        "LowerQuorumPriorityNodeId",
        "S2DEnabled",
    ),
)
RESOURCES = Cmdlet(
    id="cluster-resources",
    module=MODULE,
    cmdlet="Get-ClusterResource",
    select=("Id", "Name", "ResourceType.Name", "OwnerGroup.Name", "OwnerNode.Name", "State", "MaintenanceMode"),
    keep=True,
)
PARAMETERS = Cmdlet(
    id="cluster-parameters",
    module=MODULE,
    cmdlet="Get-ClusterParameter",
    select=("ClusterObject.Name", "Name", "Value"),
    pipe=RESOURCES.id,
    where=Among(path="ResourceType.Name", values=(NAME, ADDRESS)),
)
"""Private properties, one call per resource: those of a cluster's many VMs are left out."""
WITNESS = Cmdlet(
    id="cluster-witness",
    module=MODULE,
    cmdlet="Get-ClusterParameter",
    select=("ClusterObject.Name", "Name", "Value"),
    pipe=RESOURCES.id,
    where=Among(path="ResourceType.Name", values=(SHARE, CLOUD)),
)
"""Likewise, apart: a name that cannot be read must not leave the quorum unknown."""


class Asked(Struct, frozen=True, kw_only=True):
    """The cluster that a node answers for."""

    id: str
    domain: str

    def host(self, node: str | None) -> str:
        """A node's FQDN: cluster cmdlets print short names, and every node is in the cluster's domain."""
        node = node or ""
        return f"{node}.{self.domain}".lower() if node and "." not in node else node.lower()

    def key(self, *names: str) -> str:
        """The key of something in this cluster."""
        return "/".join((self.id, *(name.lower() for name in names)))


def only(ask: WindowsAsk, query: WindowsQuery) -> Row:
    """The one row of an answer; refuses none and several."""
    rows = ask.rows(query)
    if len(rows) != 1:
        raise AnswerError(str(query), "rows", f"one was expected, {len(rows)} came")
    return rows[0]


def asked(ask: WindowsAsk) -> Asked:
    """Which cluster answers."""
    row = only(ask, CLUSTER)
    return Asked(id=row.text("Id").lower(), domain=row.text("Domain").lower())


def parameters(ask: WindowsAsk, query: WindowsQuery) -> Mapping[str, Mapping[str, object]]:
    """Private properties by the resource's name, which is unique in a cluster, and the property's."""
    found: dict[str, dict[str, object]] = {}
    for row in ask.rows(query):
        found.setdefault(row.text("ClusterObject.Name"), {})[row.text("Name")] = row.values.get("Value")
    return found
