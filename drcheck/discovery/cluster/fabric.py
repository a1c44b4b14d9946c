"""What connects the nodes of a cluster: networks, interfaces and shared volumes."""

from collections.abc import Iterator

from drcheck.discovery import WindowsAsk
from drcheck.discovery.cluster.asked import MODULE, asked
from drcheck.errors import AnswerError
from drcheck.query import Cmdlet
from drcheck.topology.base import Target
from drcheck.topology.cluster import ClusterInterface, ClusterNetwork, ClusterSharedVolume
from drcheck.transport.row import Row

NETWORKS = Cmdlet(
    id="cluster-networks",
    module=MODULE,
    cmdlet="Get-ClusterNetwork",
    select=("Id", "Name", "Role", "State", "Address", "AddressMask", "Metric", "AutoMetric"),
)
INTERFACES = Cmdlet(
    id="cluster-interfaces",
    module=MODULE,
    cmdlet="Get-ClusterNetworkInterface",
    select=("Id", "Name", "Node", "Network.Name", "State", "Address", "DhcpEnabled"),
)
VOLUMES = Cmdlet(
    id="cluster-shared-volumes",
    module=MODULE,
    cmdlet="Get-ClusterSharedVolume",
    select=(
        "Id",
        "Name",
        "State",
        "OwnerNode.Name",
        "SharedVolumeInfo.FriendlyVolumeName",
        "SharedVolumeInfo.Partition.Size",
        "SharedVolumeInfo.Partition.FreeSpace",
    ),
)
"""The properties below ``SharedVolumeInfo`` are unverified: many public scripts read them, no reference lists them."""


def networks(ask: WindowsAsk, _target: Target) -> Iterator[ClusterNetwork]:
    """Every network the cluster knows."""
    cluster = asked(ask)
    for row in ask.rows(NETWORKS):
        yield ClusterNetwork(
            key=cluster.key(row.text("Id")),
            seen=ask.seen(NETWORKS),
            cluster=cluster.id,
            name=row.text("Name"),
            role=row.text("Role"),
            state=row.text("State"),
            address=row.text_or_none("Address") or "",
            mask=row.text_or_none("AddressMask") or "",
            metric=row.maybe("Metric", row.integer),
            auto_metric=row.maybe("AutoMetric", row.flag),
        )


def interfaces(ask: WindowsAsk, _target: Target) -> Iterator[ClusterInterface]:
    """Every node's adapter in each network."""
    cluster = asked(ask)
    for row in ask.rows(INTERFACES):
        yield ClusterInterface(
            key=cluster.key(row.text("Id")),
            seen=ask.seen(INTERFACES),
            cluster=cluster.id,
            name=row.text("Name"),
            host=cluster.host(row.text_or_none("Node")),
            network=row.text_or_none("Network.Name") or "",
            state=row.text("State"),
            address=row.text_or_none("Address") or "",
            dhcp=row.maybe("DhcpEnabled", row.truth),
        )


def shared_volumes(ask: WindowsAsk, _target: Target) -> Iterator[ClusterSharedVolume]:
    """Every shared volume: one disk resource may hold several."""
    cluster = asked(ask)
    for row in ask.rows(VOLUMES):
        for path, size, free in _partitions(row):
            yield ClusterSharedVolume(
                key=cluster.key(row.text("Id"), path),
                seen=ask.seen(VOLUMES),
                cluster=cluster.id,
                name=row.text("Name"),
                state=row.text("State"),
                owner_node=cluster.host(row.text_or_none("OwnerNode.Name")),
                path=path,
                capacity_bytes=size,
                free_bytes=free,
            )


def _partitions(row: Row) -> Iterator[tuple[str, int | None, int | None]]:
    paths = row.texts("SharedVolumeInfo.FriendlyVolumeName")
    sizes = row.each("SharedVolumeInfo.Partition.Size", Row.integer)
    free = row.each("SharedVolumeInfo.Partition.FreeSpace", Row.integer)
    if not len(paths) == len(sizes) == len(free):
        raise AnswerError(str(VOLUMES), "SharedVolumeInfo", "its properties differ in number")
    yield from zip(paths, sizes, free, strict=True)
