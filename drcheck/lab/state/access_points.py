"""Which addresses does a client access point of a simulated cluster have?"""

from drcheck.lab.state.world import Resource, World


def addresses_behind(world: World, name: str) -> list[Resource]:
    """The IP addresses in the group of the network name; empty when no cluster has one of that name."""
    label = name.partition(".")[0].lower()
    for cluster in world.clusters:
        for resource in cluster.resources:
            if resource.resource_type == "Network Name" and str(resource.parameters.get("DnsName")).lower() == label:
                inside = [one for one in cluster.resources if one.group == resource.group]
                return [one for one in inside if one.resource_type == "IP Address"]
    return []


def registered(world: World, name: str) -> list[str]:
    """What DNS knows of an access point: every address if it registers all of them, else those that are online."""
    label = name.partition(".")[0].lower()
    names = (one for cluster in world.clusters for one in cluster.resources if one.resource_type == "Network Name")
    point = next((one for one in names if str(one.parameters.get("DnsName")).lower() == label), None)
    every = point is not None and bool(point.parameters.get("RegisterAllProvidersIP"))
    found = addresses_behind(world, name)
    return [str(one.parameters["Address"]) for one in found if every or one.state == "Online"]
