"""What runs on a cluster, who may own it, and under which names and addresses is it reached?

Group and resource names are localised and renamed by people; types and ids are not.
"""

from collections.abc import Iterator, Mapping

from drcheck.discovery import WindowsAsk
from drcheck.discovery.cluster.asked import (
    ADDRESS,
    BROKER,
    MODULE,
    NAME,
    PARAMETERS,
    RESOURCES,
    Asked,
    asked,
    parameters,
)
from drcheck.query import Among, Cmdlet
from drcheck.topology.base import Target
from drcheck.topology.cluster import (
    ClusterAddress,
    ClusterGroup,
    ClusterNetworkName,
    ClusterResource,
    PossibleOwners,
    PreferredOwners,
)
from drcheck.transport.row import Row

ROLES = (
    "Cluster",
    "AvailableStorage",
    "FileServer",
    "ScaleoutFileServer",
    "GenericApplication",
    "GenericService",
    "GenericScript",
    "VMReplicaBroker",
    "VirtualMachineReplicationCoordinator",
    "Unknown",
)
"""Types of groups that are asked for their owners, one call each; an availability group's is ``Unknown``."""
OWNED = (
    NAME,
    ADDRESS,
    BROKER,
    "Generic Service",
    "Generic Application",
    "Generic Script",
    "File Server",
    "Scale Out File Server",
    "SQL Server",
    "SQL Server Availability Group",
)
"""Types of resources that are asked for their possible owners, likewise."""

GROUPS = Cmdlet(
    id="cluster-groups",
    module=MODULE,
    cmdlet="Get-ClusterGroup",
    select=(
        "Id",
        "Name",
        "GroupType",
        "State",
        "OwnerNode.Name",
        "IsCoreGroup",
        "PreferredSite",
        "Priority",
        "FailoverThreshold",
        "FailoverPeriod",
        "AntiAffinityClassNames",
    ),
    keep=True,
)
GROUP_OWNERS = Cmdlet(
    id="cluster-group-owners",
    module=MODULE,
    cmdlet="Get-ClusterOwnerNode",
    select=("ClusterObject.Id", "ClusterObject.Name", "OwnerNodes.Name"),
    pipe=GROUPS.id,
    where=Among(path="GroupType", values=ROLES),
)
RESOURCE_OWNERS = Cmdlet(
    id="cluster-resource-owners",
    module=MODULE,
    cmdlet="Get-ClusterOwnerNode",
    select=("ClusterObject.Id", "ClusterObject.Name", "OwnerNodes.Name"),
    pipe=RESOURCES.id,
    where=Among(path="ResourceType.Name", values=OWNED),
)


def groups(ask: WindowsAsk, _target: Target) -> Iterator[ClusterGroup]:
    """Every group (role)."""
    cluster = asked(ask)
    for row in ask.rows(GROUPS):
        yield ClusterGroup(
            key=cluster.key(row.text("Id")),
            seen=ask.seen(GROUPS),
            cluster=cluster.id,
            name=row.text("Name"),
            group_type=row.text("GroupType"),
            state=row.text("State"),
            owner_node=cluster.host(row.text_or_none("OwnerNode.Name")),
            core=row.flag("IsCoreGroup"),
            preferred_site=row.maybe("PreferredSite", row.text),
            priority=row.maybe("Priority", row.integer),
            failover_threshold=row.maybe("FailoverThreshold", row.integer),
            failover_period_hours=row.maybe("FailoverPeriod", row.integer),
            anti_affinity=tuple(row.texts("AntiAffinityClassNames")) if row.has("AntiAffinityClassNames") else None,
        )


def resources(ask: WindowsAsk, _target: Target) -> Iterator[ClusterResource]:
    """Every resource."""
    cluster = asked(ask)
    for row in ask.rows(RESOURCES):
        yield ClusterResource(
            key=cluster.key(row.text("Id")),
            seen=ask.seen(RESOURCES),
            cluster=cluster.id,
            group=row.text_or_none("OwnerGroup.Name") or "",
            name=row.text("Name"),
            resource_type=row.text("ResourceType.Name"),
            state=row.text("State"),
            owner_node=cluster.host(row.text_or_none("OwnerNode.Name")),
            maintenance_mode=row.maybe("MaintenanceMode", row.flag),
        )


def preferred_owners(ask: WindowsAsk, _target: Target) -> Iterator[PreferredOwners]:
    """Where groups would rather be."""
    for cluster, row, owners in _owned(ask, GROUP_OWNERS):
        yield PreferredOwners(
            key=cluster.key(row.text("ClusterObject.Id")),
            seen=ask.seen(GROUP_OWNERS),
            cluster=cluster.id,
            name=row.text("ClusterObject.Name"),
            owners=owners,
        )


def possible_owners(ask: WindowsAsk, _target: Target) -> Iterator[PossibleOwners]:
    """Where resources may be."""
    for cluster, row, owners in _owned(ask, RESOURCE_OWNERS):
        yield PossibleOwners(
            key=cluster.key(row.text("ClusterObject.Id")),
            seen=ask.seen(RESOURCE_OWNERS),
            cluster=cluster.id,
            name=row.text("ClusterObject.Name"),
            owners=owners,
        )


def names(ask: WindowsAsk, _target: Target) -> Iterator[ClusterNetworkName]:
    """Every network name, with what it registers in DNS."""
    for cluster, row, private in _private(ask, NAME):
        yield ClusterNetworkName(
            key=cluster.key(row.text("Id")),
            seen=ask.seen(PARAMETERS),
            cluster=cluster.id,
            group=row.text_or_none("OwnerGroup.Name") or "",
            name=row.text("Name"),
            state=row.text("State"),
            dns_name=private.maybe("DnsName", private.text),
            dns_suffix=private.maybe("DnsSuffix", private.text),
            ttl_seconds=private.maybe("HostRecordTTL", private.integer),
            registers_every_address=private.maybe("RegisterAllProvidersIP", private.truth),
            dns_status=private.maybe("StatusDNS", private.integer),
            kerberos_status=private.maybe("StatusKerberos", private.integer),
        )


def addresses(ask: WindowsAsk, _target: Target) -> Iterator[ClusterAddress]:
    """Every IPv4 address resource."""
    for cluster, row, private in _private(ask, ADDRESS):
        yield ClusterAddress(
            key=cluster.key(row.text("Id")),
            seen=ask.seen(PARAMETERS),
            cluster=cluster.id,
            group=row.text_or_none("OwnerGroup.Name") or "",
            name=row.text("Name"),
            state=row.text("State"),
            address=private.maybe("Address", private.text),
            mask=private.maybe("SubnetMask", private.text),
            network=private.maybe("Network", private.text),
            dhcp=private.maybe("EnableDhcp", private.truth),
        )


def _owned(ask: WindowsAsk, query: Cmdlet) -> Iterator[tuple[Asked, Row, tuple[str, ...]]]:
    """What ``Get-ClusterOwnerNode`` told: of what, and its nodes' FQDNs in their order."""
    cluster = asked(ask)
    for row in ask.rows(query):
        yield cluster, row, tuple(cluster.host(name) for name in row.texts("OwnerNodes.Name"))


def _private(ask: WindowsAsk, resource_type: str) -> Iterator[tuple[Asked, Row, Row]]:
    """The resources of one type, each with its private properties."""
    cluster, known = asked(ask), parameters(ask, PARAMETERS)
    nothing: Mapping[str, object] = {}
    for row in ask.rows(RESOURCES):
        if row.text("ResourceType.Name") == resource_type:
            yield cluster, row, Row(str(PARAMETERS), known.get(row.text("Name"), nothing))
