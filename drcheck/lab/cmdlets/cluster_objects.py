"""How does the FailoverClusters module describe a cluster and what is in it?"""

from fnmatch import fnmatchcase

from drcheck.lab.cmdlets.objects import CLUSTER, Call, CmdletError, PsObject, same_name
from drcheck.lab.state.world import Cluster, Group, Node, Resource

_PARAMETER_TYPES = {str: "String", int: "UInt32"}


def local_cluster(call: Call) -> Cluster:
    """The cluster this machine is a node of; needs the cluster service running here."""
    cluster = next((one for one in call.world.clusters if node_of(one, call.host.name)), None)
    node = node_of(cluster, call.host.name) if cluster else None
    if cluster is None or node is None or node.state == "Down":
        raise CmdletError(
            f"{call.cmdlet},{CLUSTER}{call.cmdlet.replace('-', '')}Command",
            "The cluster service is not running. Make sure that the service is running on all nodes in the cluster.",
            "ConnectionError",
        )
    asked = call.text("Name") if call.cmdlet == "Get-Cluster" else call.text("Cluster")
    if asked is not None and asked != "." and not (same_name(asked, cluster.name) or same_name(asked, call.host.name)):
        raise CmdletError(
            f"{call.cmdlet},{CLUSTER}{call.cmdlet.replace('-', '')}Command",
            f"You do not have administrative privileges on the cluster {asked}.",
            "PermissionDenied",
        )
    return cluster


def node_of(cluster: Cluster, host: str) -> Node | None:
    """The node that a host is."""
    return next((node for node in cluster.nodes if node.host == host), None)


def short(name: str) -> str:
    """A node as cluster cmdlets print it."""
    return name.partition(".")[0].upper()


def named(call: Call, name: str) -> bool:
    """Does a name match the call's ``-Name``, if it has one?"""
    asked = call.text("Name")
    return asked is None or fnmatchcase(name.lower(), asked.lower())


def cluster_object(cluster: Cluster) -> PsObject:
    """A ``Cluster``."""
    values = {
        "Id": cluster.id,
        "Name": cluster.name.partition(".")[0],
        "Domain": cluster.name.partition(".")[2],
        "Description": "",
        "DynamicQuorum": cluster.dynamic_quorum,
        "WitnessDynamicWeight": cluster.witness_vote,
        "PreferredSite": cluster.preferred_site,
        "AutoAssignNodeSite": 0,
        "CrossSiteDelay": 1000,
        "CrossSiteThreshold": 20,
        "CrossSubnetDelay": 1000,
        "CrossSubnetThreshold": 20,
        "SameSubnetDelay": 1000,
        "SameSubnetThreshold": 20,
        "ClusterFunctionalLevel": 11,
        "LowerQuorumPriorityNodeId": 0,
        "QuarantineDuration": 7200,
        "QuarantineThreshold": 3,
        "S2DEnabled": 0,
        **cluster.settings,
    }
    return PsObject(kind=f"{CLUSTER}Cluster", values=values, text=cluster.name.partition(".")[0], source=cluster)


def node_object(cluster: Cluster, node: Node) -> PsObject:
    """A ``ClusterNode``."""
    values = {
        "Id": str(cluster.nodes.index(node) + 1),
        "Name": short(node.host),
        "NodeName": short(node.host),
        "Cluster": lambda: cluster_object(cluster),
        "State": node.state,
        "NodeWeight": node.weight,
        "DynamicWeight": node.dynamic_weight,
        "DrainStatus": "NotInitiated",
        "StatusInformation": "Normal",
        "BuildNumber": 20348,
        "NeedsPreventQuorum": 0,
        "Type": "Node",
        "Description": "",
    }
    return PsObject(kind=f"{CLUSTER}ClusterNode", values=values, text=short(node.host), source=node)


def owner_object(cluster: Cluster, host: str) -> PsObject | None:
    """The node that owns something."""
    node = node_of(cluster, host)
    return node_object(cluster, node) if node else None


def group_object(cluster: Cluster, group: Group) -> PsObject:
    """A ``ClusterGroup``."""
    values = {
        "Id": group.id,
        "Name": group.name,
        "Cluster": lambda: cluster_object(cluster),
        "GroupType": group.group_type,
        "State": group.state,
        "OwnerNode": lambda: owner_object(cluster, group.owner),
        "IsCoreGroup": group.core,
        "PreferredSite": group.preferred_site,
        "AntiAffinityClassNames": list(group.anti_affinity),
        "Priority": 2000,
        "Description": "",
        "FailoverPeriod": 6,
        "FailoverThreshold": 4294967295,
    }
    return PsObject(kind=f"{CLUSTER}ClusterGroup", values=values, text=group.name, source=group)


def resource_object(cluster: Cluster, resource: Resource) -> PsObject:
    """A ``ClusterResource``."""
    group = next((one for one in cluster.groups if one.name == resource.group), None)
    values = {
        "Id": resource.id,
        "Name": resource.name,
        "Cluster": lambda: cluster_object(cluster),
        "State": resource.state,
        "ResourceType": lambda: _type_object(resource.resource_type),
        "OwnerGroup": lambda: None if group is None else group_object(cluster, group),
        "OwnerNode": lambda: owner_object(cluster, resource.owner),
        "IsCoreResource": group is not None and group.core,
        "MaintenanceMode": False,
        "Description": "",
    }
    return PsObject(kind=f"{CLUSTER}ClusterResource", values=values, text=resource.name, source=resource)


def _type_object(name: str) -> PsObject:
    display = {"File Share Witness": "File Share Quorum Witness"}.get(name, name)
    return PsObject(kind=f"{CLUSTER}ClusterResourceType", values={"Name": name, "DisplayName": display}, text=name)


def parameter_object(cluster: Cluster, resource: Resource, name: str, value: str | int) -> PsObject:
    """A private property of a resource."""
    values = {
        "ClusterObject": lambda: resource_object(cluster, resource),
        "Name": name,
        "IsReadOnly": False,
        "ParameterType": _PARAMETER_TYPES[type(value)],
        "Value": value,
    }
    return PsObject(kind=f"{CLUSTER}ClusterParameter", values=values, text=name)
