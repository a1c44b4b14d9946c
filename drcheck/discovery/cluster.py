"""How does a failover cluster hold together: its quorum, nodes, groups and resources?

Any node answers for the whole cluster. Group and resource names are localised and renamed by people; types and ids
are not. Since Windows Server 2016 the quorum type is only ``Majority`` or ``DiskOnly``: the kind of witness is the
type of the quorum resource (as in DSC's ``DSC_ClusterQuorum``).
"""

from collections.abc import Iterator, Mapping

from drcheck.discovery import WindowsAsk, WindowsCollector
from drcheck.errors import AnswerError
from drcheck.query import Cmdlet, WindowsQuery
from drcheck.topology.base import Target
from drcheck.topology.cluster import ClusterGroup, ClusterNode, ClusterResource, FailoverCluster
from drcheck.transport.row import Row

ROLE = "cluster"
MODULE = "FailoverClusters"

WITNESSES: Mapping[str, tuple[str, str]] = {
    "File Share Witness": ("share", "SharePath"),
    "Cloud Witness": ("cloud", "AccountName"),
    "Physical Disk": ("disk", ""),
}
"""Resource type -> our word for it, and the resource's parameter that says where it is."""
SITE = 1000
"""``FaultDomainType.Site``, for hosts that print the CIM property as its integer."""

CLUSTER = Cmdlet(
    id="cluster",
    module=MODULE,
    cmdlet="Get-Cluster",
    select=("Id", "Name", "Domain", "DynamicQuorum", "PreferredSite", "WitnessDynamicWeight"),
)
QUORUM = Cmdlet(
    id="cluster-quorum",
    module=MODULE,
    cmdlet="Get-ClusterQuorum",
    select=("QuorumType", "QuorumResource.Name", "QuorumResource.ResourceType.Name", "QuorumResource.State"),
)
NODES = Cmdlet(
    id="cluster-nodes",
    module=MODULE,
    cmdlet="Get-ClusterNode",
    select=("Name", "State", "NodeWeight", "DynamicWeight"),
)
FAULT_DOMAINS = Cmdlet(
    id="cluster-fault-domains",
    module=MODULE,
    cmdlet="Get-ClusterFaultDomain",
    select=("Name", "Type", "ParentName"),
)
GROUPS = Cmdlet(
    id="cluster-groups",
    module=MODULE,
    cmdlet="Get-ClusterGroup",
    select=("Id", "Name", "GroupType", "State", "OwnerNode.Name", "IsCoreGroup"),
)
RESOURCES = Cmdlet(
    id="cluster-resources",
    module=MODULE,
    cmdlet="Get-ClusterResource",
    select=("Id", "Name", "ResourceType.Name", "OwnerGroup.Name", "OwnerNode.Name", "State"),
    keep=True,
)
PARAMETERS = Cmdlet(
    id="cluster-parameters",
    module=MODULE,
    cmdlet="Get-ClusterParameter",
    select=("ClusterObject.Name", "Name", "Value"),
    pipe=RESOURCES.id,
)


def clusters(ask: WindowsAsk, _target: Target) -> Iterator[FailoverCluster]:
    """The one cluster that the answering node belongs to."""
    row, quorum = _only(ask, CLUSTER), _only(ask, QUORUM)
    kind, place = _witness(ask, quorum)
    yield FailoverCluster(
        key=row.text("Id").lower(),
        seen=ask.seen(CLUSTER),
        name=row.text("Name"),
        domain=row.text("Domain").lower(),
        dynamic_quorum=row.integer("DynamicQuorum") != 0,
        preferred_site=row.text_or_none("PreferredSite") or "",
        quorum_type=quorum.text("QuorumType"),
        witness=kind,
        witness_place=place,
        witness_state=quorum.text_or_none("QuorumResource.State") or "",
        witness_vote=row.integer("WitnessDynamicWeight"),
    )


def nodes(ask: WindowsAsk, _target: Target) -> Iterator[ClusterNode]:
    """Every node, with its votes and the site above it."""
    cluster = _only(ask, CLUSTER)
    domains = {row.text("Name").lower(): row for row in ask.rows(FAULT_DOMAINS)}
    for row in ask.rows(NODES):
        name = row.text("Name")
        host = _host(name, cluster)
        yield ClusterNode(
            key=f"{cluster.text('Id').lower()}/{host}",
            seen=ask.seen(NODES),
            cluster=cluster.text("Id").lower(),
            name=name,
            host=host,
            state=row.text("State"),
            node_weight=row.integer("NodeWeight"),
            dynamic_weight=row.integer("DynamicWeight"),
            fault_domain_site=_site_above(name, domains),
        )


def groups(ask: WindowsAsk, _target: Target) -> Iterator[ClusterGroup]:
    """Every group (role)."""
    cluster = _only(ask, CLUSTER)
    for row in ask.rows(GROUPS):
        yield ClusterGroup(
            key=f"{cluster.text('Id').lower()}/{row.text('Id').lower()}",
            seen=ask.seen(GROUPS),
            cluster=cluster.text("Id").lower(),
            name=row.text("Name"),
            group_type=row.text("GroupType"),
            state=row.text("State"),
            owner_node=_host(row.text_or_none("OwnerNode.Name") or "", cluster),
            core=row.flag("IsCoreGroup"),
        )


def resources(ask: WindowsAsk, _target: Target) -> Iterator[ClusterResource]:
    """Every resource."""
    cluster = _only(ask, CLUSTER)
    for row in ask.rows(RESOURCES):
        yield ClusterResource(
            key=f"{cluster.text('Id').lower()}/{row.text('Id').lower()}",
            seen=ask.seen(RESOURCES),
            cluster=cluster.text("Id").lower(),
            group=row.text_or_none("OwnerGroup.Name") or "",
            name=row.text("Name"),
            resource_type=row.text("ResourceType.Name"),
            state=row.text("State"),
            owner_node=_host(row.text_or_none("OwnerNode.Name") or "", cluster),
        )


def _only(ask: WindowsAsk, query: WindowsQuery) -> Row:
    rows = ask.rows(query)
    if len(rows) != 1:
        raise AnswerError(str(query), "rows", f"one was expected, {len(rows)} came")
    return rows[0]


def _host(node: str, cluster: Row) -> str:
    """A node's FQDN: cluster cmdlets print short names, and every node is in the cluster's domain."""
    return f"{node}.{cluster.text('Domain')}".lower() if node and "." not in node else node.lower()


def _witness(ask: WindowsAsk, quorum: Row) -> tuple[str, str]:
    """The kind and the place of the witness."""
    resource_type = quorum.text_or_none("QuorumResource.ResourceType.Name") or ""
    if not resource_type:
        return "none", ""
    name = quorum.text("QuorumResource.Name")
    kind, parameter = WITNESSES.get(resource_type, (resource_type, ""))
    if not parameter:
        return kind, name
    for row in ask.rows(PARAMETERS):
        if row.text("ClusterObject.Name") == name and row.text("Name") == parameter:
            return kind, row.text_or_none("Value") or ""
    raise AnswerError(str(PARAMETERS), parameter, f"the witness {name!r} has no such parameter")


def _site_above(node: str, domains: Mapping[str, Row]) -> str:
    """The site fault domain above a node; it may be the parent of its chassis or rack."""
    name, passed = node.lower(), set[str]()
    while name in domains and name not in passed:
        passed.add(name)
        if _is_site(domains[name]):
            return domains[name].text("Name")
        name = (domains[name].text_or_none("ParentName") or "").lower()
    return ""


def _is_site(domain: Row) -> bool:
    kind = domain.values.get("Type")
    return kind == "Site" if isinstance(kind, str) else domain.integer("Type") == SITE


COLLECTORS = (
    WindowsCollector(kind=FailoverCluster, queries=(CLUSTER, QUORUM, RESOURCES, PARAMETERS), read=clusters),
    WindowsCollector(kind=ClusterNode, queries=(CLUSTER, NODES, FAULT_DOMAINS), read=nodes),
    WindowsCollector(kind=ClusterGroup, queries=(CLUSTER, GROUPS), read=groups),
    WindowsCollector(kind=ClusterResource, queries=(CLUSTER, RESOURCES), read=resources),
)
