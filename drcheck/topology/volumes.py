"""On which volume is a file of a Hyper-V host, and what is replicated from there?"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from drcheck.topology.base import Topology, Unknown, same_host
from drcheck.topology.cluster import ClusterNode, ClusterSharedVolume
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.windows_host import HostVolume, VirtualHardDisk

SHARED = "\\clusterstorage\\"
"""The folder of the system drive below which every cluster mounts its shared volumes."""


class Volume(Struct, frozen=True, kw_only=True):
    """A volume as a host uses it. ``hosts`` are all that keep files on it."""

    name: str
    free_bytes: int | None
    hosts: tuple[str, ...]
    fact: HostVolume | ClusterSharedVolume

    @property
    def room(self) -> int:
        """Free bytes.

        Raises:
            Unknown: the host, or its cluster, did not tell.
        """
        if self.free_bytes is None:
            raise Unknown(f"{self.name} does not tell its free space")
        return self.free_bytes

    def holds(self, host: str, path: str) -> bool:
        """Is a file of a host below the folder it is mounted at?"""
        return host in self.hosts and _below(path, self.name)


def volume_of(topology: Topology, host: str, path: str) -> Volume:
    """The volume that a path of a host is on.

    Raises:
        Unknown: it was not seen among those of the host and of its cluster.
    """
    shared = SHARED in path.lower()
    known = topology.memo(("volumes", host, shared), lambda: tuple((_shared if shared else _own)(topology, host)))
    found = [one for one in known if one.holds(host, path)]
    if not found:
        if shared:
            topology.require(ClusterNode)
            topology.require(ClusterSharedVolume)
        topology.require(HostVolume, f"hyperv:{host}")
        raise Unknown(f"{path} is on no volume that {host} told of")
    return max(found, key=lambda one: len(one.name))


def sent_from(topology: Topology, volume: Volume) -> Sequence[tuple[VmReplication, tuple[str, ...]]]:
    """Every replication that was seen to send disks from a volume, with those disks' paths."""
    return topology.memo(("sent from", volume.fact.key, volume.hosts), lambda: tuple(_sent(topology, volume)))


def _sent(topology: Topology, volume: Volume) -> Iterator[tuple[VmReplication, tuple[str, ...]]]:
    for host in volume.hosts:
        for one in topology.where(VmReplication, "host", host):
            paths = tuple(path for path in one.replicated_disks if _is_on(topology, volume, host, path))
            if one.mode == "Primary" and paths:
                yield one, paths


def _is_on(topology: Topology, volume: Volume, host: str, path: str) -> bool:
    """Of volumes that are mounted inside each other, only the innermost holds a file; a shared one, shared ones."""
    if (SHARED in path.lower()) is not isinstance(volume.fact, ClusterSharedVolume) or not volume.holds(host, path):
        return False
    return volume_of(topology, host, path).fact.key == volume.fact.key


def disk_at(topology: Topology, host: str, path: str) -> VirtualHardDisk | None:
    """The virtual hard disk at a path, or what is attached on top of it while the VM runs on a checkpoint."""
    disk = topology.get(VirtualHardDisk, f"{host}/{path.lower()}")
    children = (one for one in topology.where(VirtualHardDisk, "host", host) if one.parent_path.lower() == path.lower())
    return disk or next(children, None)


def _own(topology: Topology, host: str) -> Iterator[Volume]:
    for one in topology.where(HostVolume, "host", host):
        yield Volume(name=one.name, free_bytes=one.free_bytes, hosts=(host,), fact=one)


def _shared(topology: Topology, host: str) -> Iterator[Volume]:
    for node in topology.seen(ClusterNode):
        if not same_host(node.host, host):
            continue
        hosts = tuple(sorted({host, *(one.host for one in topology.where(ClusterNode, "cluster", node.cluster))}))
        for one in topology.seen(ClusterSharedVolume):
            if one.key.startswith(f"{node.cluster}/"):
                yield Volume(name=one.path, free_bytes=one.free_bytes, hosts=hosts, fact=one)


def _below(path: str, mount: str) -> bool:
    return path.lower().startswith(f"{mount.lower().rstrip(chr(92))}\\")
