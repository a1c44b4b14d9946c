"""How does a cluster keep its quorum: votes, witness, heartbeat, and the fault domains it knows?

Since Windows Server 2016 the quorum type is only ``Majority`` or ``DiskOnly``: the kind of witness is the type of the
quorum resource (as in DSC's ``DSC_ClusterQuorum``).
"""

from collections.abc import Iterator, Mapping

from drcheck.discovery import WindowsAsk
from drcheck.discovery.cluster.asked import CLOUD, CLUSTER, DISK, MODULE, SHARE, WITNESS, asked, only, parameters
from drcheck.errors import AnswerError
from drcheck.query import Cmdlet
from drcheck.topology.base import Target
from drcheck.topology.cluster import ClusterFaultDomain, ClusterNode, FailoverCluster
from drcheck.transport.row import Row

WITNESSES: Mapping[str, tuple[str, str]] = {
    SHARE: ("share", "SharePath"),
    CLOUD: ("cloud", "AccountName"),
    DISK: ("disk", ""),
}
"""Resource type -> our word for it, and the resource's parameter that says where it is."""
LEVELS = {1000: "Site", 2000: "Rack", 3000: "Chassis", 4000: "Node"}
"""``FaultDomainType``, for hosts that print the CIM property as its integer."""

QUORUM = Cmdlet(
    id="cluster-quorum",
    module=MODULE,
    cmdlet="Get-ClusterQuorum",
    select=(
        "QuorumType",
        "QuorumResource.Name",
        "QuorumResource.ResourceType.Name",
        "QuorumResource.State",
        "QuorumResource.OwnerGroup.Name",
    ),
)
NODES = Cmdlet(
    id="cluster-nodes",
    module=MODULE,
    cmdlet="Get-ClusterNode",
    select=(
        "Name",
        "State",
        "NodeWeight",
        "DynamicWeight",
        "StatusInformation",
        "DrainStatus",
        "NeedsPreventQuorum",
        "BuildNumber",
    ),
)
FAULT_DOMAINS = Cmdlet(
    id="cluster-fault-domains",
    module=MODULE,
    cmdlet="Get-ClusterFaultDomain",
    select=("Name", "Type", "ParentName", "Location"),
)


def clusters(ask: WindowsAsk, _target: Target) -> Iterator[FailoverCluster]:
    """The one cluster that the answering node belongs to."""
    row, quorum = only(ask, CLUSTER), only(ask, QUORUM)
    kind, place = _witness(ask, quorum)
    yield FailoverCluster(
        key=row.text("Id").lower(),
        seen=ask.seen(CLUSTER),
        name=row.text("Name"),
        domain=row.text("Domain").lower(),
        dynamic_quorum=row.integer("DynamicQuorum") != 0,
        preferred_site=row.text_or("PreferredSite", ""),
        quorum_type=quorum.text("QuorumType"),
        witness=kind,
        witness_place=place,
        witness_state=quorum.text_or_none("QuorumResource.State") or "",
        witness_vote=row.integer("WitnessDynamicWeight"),
        witness_group=quorum.text_or("QuorumResource.OwnerGroup.Name", ""),
        functional_level=row.maybe("ClusterFunctionalLevel", row.integer),
        same_subnet_delay_ms=row.maybe("SameSubnetDelay", row.integer),
        same_subnet_threshold=row.maybe("SameSubnetThreshold", row.integer),
        cross_subnet_delay_ms=row.maybe("CrossSubnetDelay", row.integer),
        cross_subnet_threshold=row.maybe("CrossSubnetThreshold", row.integer),
        cross_site_delay_ms=row.maybe("CrossSiteDelay", row.integer),
        cross_site_threshold=row.maybe("CrossSiteThreshold", row.integer),
        auto_assign_node_site=row.maybe("AutoAssignNodeSite", row.truth),
        quarantine_threshold=row.maybe("QuarantineThreshold", row.integer),
        quarantine_seconds=row.maybe("QuarantineDuration", row.integer),
        lower_quorum_priority_node=row.maybe("LowerQuorumPriorityNodeId", row.integer),
        storage_spaces_direct=row.maybe("S2DEnabled", row.truth),
    )


def nodes(ask: WindowsAsk, _target: Target) -> Iterator[ClusterNode]:
    """Every node, with its votes and the site above it."""
    cluster = asked(ask)
    domains = {row.text("Name").lower(): row for row in ask.rows(FAULT_DOMAINS)}
    for row in ask.rows(NODES):
        name = row.text("Name")
        host = cluster.host(name)
        yield ClusterNode(
            key=cluster.key(host),
            seen=ask.seen(NODES),
            cluster=cluster.id,
            name=name,
            host=host,
            state=row.text("State"),
            node_weight=row.integer("NodeWeight"),
            dynamic_weight=row.integer("DynamicWeight"),
            fault_domain_site=_site_above(name, domains),
            status=row.maybe("StatusInformation", row.text),
            drain_status=row.maybe("DrainStatus", row.text),
            needs_prevent_quorum=row.maybe("NeedsPreventQuorum", row.truth),
            build=row.maybe("BuildNumber", row.integer),
        )


def fault_domains(ask: WindowsAsk, _target: Target) -> Iterator[ClusterFaultDomain]:
    """Every fault domain: sites, racks, chassis and nodes."""
    cluster = asked(ask)
    for row in ask.rows(FAULT_DOMAINS):
        yield ClusterFaultDomain(
            key=cluster.key(row.text("Name")),
            seen=ask.seen(FAULT_DOMAINS),
            cluster=cluster.id,
            name=row.text("Name"),
            level=_level(row),
            parent=row.text_or_none("ParentName") or "",
            location=row.maybe("Location", row.text),
        )


def _witness(ask: WindowsAsk, quorum: Row) -> tuple[str, str]:
    """The kind and the place of the witness."""
    resource_type = quorum.text_or_none("QuorumResource.ResourceType.Name") or ""
    if not resource_type:
        return "none", ""
    name = quorum.text("QuorumResource.Name")
    kind, parameter = WITNESSES.get(resource_type, (resource_type, ""))
    if not parameter:
        return kind, name
    known = parameters(ask, WITNESS).get(name, {})
    if parameter not in known:
        raise AnswerError(str(WITNESS), parameter, f"the witness {name!r} has no such parameter")
    place = Row(str(WITNESS), known).text_or_none(parameter)
    return kind, place or ""


def _site_above(node: str, domains: Mapping[str, Row]) -> str:
    """The site fault domain above a node; it may be the parent of its chassis or rack."""
    name, passed = node.lower(), set[str]()
    while name in domains and name not in passed:
        passed.add(name)
        if _level(domains[name]) == "Site":
            return domains[name].text("Name")
        name = (domains[name].text_or_none("ParentName") or "").lower()
    return ""


def _level(domain: Row) -> str:
    kind = domain.values.get("Type")
    return kind if isinstance(kind, str) else LEVELS.get(domain.integer("Type"), str(kind))
