"""What does the FailoverClusters module answer about networks, interfaces and shared volumes?"""

from collections.abc import Iterator, Mapping

from drcheck.lab.cmdlets.cluster_objects import local_cluster, named, owner_object, short
from drcheck.lab.cmdlets.objects import CLUSTER, Call, Handler, PsObject
from drcheck.lab.state.windows import SharedVolume
from drcheck.lab.state.world import Cluster, World

GIB = 1 << 30


def get_network(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterNetwork``."""
    for network in local_cluster(call).networks:
        if named(call, network.name):
            values = {
                "Id": network.id,
                "Name": network.name,
                "Role": network.role,
                "State": network.state,
                "Address": network.address,
                "AddressMask": network.mask,
                "Metric": network.metric,
                "AutoMetric": True,
                "Description": "",
            }
            yield PsObject(kind=f"{CLUSTER}ClusterNetwork", values=values, text=network.name, source=network)


def get_interface(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterNetworkInterface``: of every node in every network; those of a node that is down are unavailable."""
    call.unsupported("Node", "Network")
    cluster = local_cluster(call)
    networks = {item.text: item for item in get_network(_everything(call))}
    for network in cluster.networks:
        for node in cluster.nodes:
            name = f"{short(node.host)} - {network.name}"
            if node.host in network.interfaces and named(call, name):
                values = {
                    "Id": call.world.id_for("cluster interface", network.id, node.host),
                    "Name": name,
                    "Node": short(node.host),
                    "Network": networks[network.name],
                    "State": "Unavailable" if node.state == "Down" else "Up",
                    "Address": network.interfaces[node.host],
                    "DhcpEnabled": 0,
                    "Adapter": "Intel(R) Ethernet Network Adapter E810-XXV-2",
                    "Description": "",
                }
                yield PsObject(kind=f"{CLUSTER}ClusterNetworkInterface", values=values, text=name)


def _everything(call: Call) -> Call:
    """The same call without its name, for what it refers to."""
    return Call(session=call.session, cmdlet=call.cmdlet, params={})


def get_shared_volume(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterSharedVolume``: an offline one tells no sizes."""
    cluster = local_cluster(call)
    for volume in cluster.volumes:
        if named(call, volume.name):
            values = {
                "Id": volume.id,
                "Name": volume.name,
                "State": volume.state,
                "OwnerNode": owner_object(cluster, cluster.nodes[0].host),
                "SharedVolumeInfo": [_information(call.world, cluster, volume)],
            }
            yield PsObject(kind=f"{CLUSTER}ClusterSharedVolume", values=values, text=volume.name, source=volume)


def _information(world: World, cluster: Cluster, volume: SharedVolume) -> PsObject:
    values = {
        "FriendlyVolumeName": volume.path,
        "Partition": None if volume.state != "Online" else _partition(world, cluster, volume),
        "MaintenanceMode": False,
        "RedirectedAccess": False,
    }
    return PsObject(kind=f"{CLUSTER}ClusterSharedVolumeInfo", values=values, text=volume.path)


def _partition(world: World, cluster: Cluster, volume: SharedVolume) -> PsObject:
    used = used_bytes(world, cluster, volume)
    values = {
        "Name": f"\\\\?\\Volume{{{volume.id}}}\\",
        "Size": volume.size_gb * GIB,
        "UsedSpace": used,
        "FreeSpace": volume.size_gb * GIB - used,
        "PercentFree": 100.0 - 100.0 * used / (volume.size_gb * GIB),
    }
    return PsObject(kind=f"{CLUSTER}ClusterDiskPartitionInfo", values=values, text=str(values["Name"]))


def used_bytes(world: World, cluster: Cluster, volume: SharedVolume) -> int:
    """What is used of a shared volume: by the disks of the VMs on the cluster's nodes, and by the rest."""
    hosts = {node.host for node in cluster.nodes}
    disks = (disk for vm in world.vms.values() if vm.host in hosts for disk in vm.disks)
    mine = (disk for disk in disks if disk.path.lower().startswith(volume.path.lower() + "\\"))
    return volume.other_gb * GIB + sum(int(disk.size_gb * GIB * disk.used_share) for disk in mine)


CMDLETS: Mapping[str, Handler] = {
    "Get-ClusterNetwork": get_network,
    "Get-ClusterNetworkInterface": get_interface,
    "Get-ClusterSharedVolume": get_shared_volume,
}
