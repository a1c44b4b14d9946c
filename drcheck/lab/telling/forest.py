"""How does a scenario describe its directory?"""

from collections.abc import Mapping

from drcheck.lab.state.directory import Domain, DomainController, address_of
from drcheck.lab.state.world import World


def add_domain(world: World, name: str, controllers: Mapping[str, str]) -> Domain:
    """Add an AD domain whose controllers are VMs of the estate; the first one holds the FSMO roles.

    Args:
        world: the estate.
        name: DNS name of the domain.
        controllers: FQDN of each controller with its AD site.
    """
    domain = Domain(name=name)
    for place, (host, site) in enumerate(controllers.items()):
        roles = ["SchemaMaster", "DomainNamingMaster", "PDCEmulator", "RIDMaster", "InfrastructureMaster"]
        address = address_of(host)
        held = [] if place else roles
        domain.controllers.append(DomainController(host=host, site=site, address=address, roles=held))
        domain.subnets[f"{address.rpartition('.')[0]}.0/24"] = site
    domain.controllers[0].time_type = "NTP"
    world.domains.append(domain)
    return domain
