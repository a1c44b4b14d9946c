"""Cases of the check on the subnets of drill networks."""

from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.site_recovery import NetworkMapping
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estate_azure_ready import closed
from tests.estates import Change, add, change, drop, lose, reach, together, unchanged

DRILL = f"azure:{names.DRILL_NET}"
VAULT, SUBSCRIPTION = f"vault:{names.VAULT}", f"azure:{names.SUBSCRIPTION}"
CORP = closed("corp", prefixes=("10.0.1.0/24",))

alike = Table("DR-NET-103", DRILL)


def production(*more: str, prefix: str = "10.0.2.0/24") -> Change:
    """The network of real failovers has these subnets besides."""
    return change(VirtualNetwork, names.PROD_NET, subnets=(CORP, *(closed(name, prefixes=(prefix,)) for name in more)))


def drill(*prefixes: str, name: str = "corp") -> Change:
    return change(VirtualNetwork, names.DRILL_NET, subnets=(closed(name, prefixes=prefixes),))


OTHER = f"{names.NETWORKS}/vnet-recovery-too"
SECOND = together(
    add(vault.vnet(OTHER, tags=()), vault.network_mapping(f"{names.VAULT}/networks/net-2", OTHER)),
)
"""Real failovers go into another network, too."""

alike.passes("alike", unchanged, "has every subnet of vnet-recovery")
alike.passes("larger, in another case", drill("10.9.0.0/23", name="Corp"))
alike.passes("in two parts", drill("10.9.0.0/25", "10.9.0.128/25"))
alike.passes("a service's subnet aside", production("GatewaySubnet"))
alike.passes("like another one", together(production("dmz"), SECOND), "has every subnet of vnet-recovery-too")
alike.fails("a subnet short", production("dmz"), "compared with vnet-recovery, there is no subnet dmz")
for service in ("AzureFirewallSubnet", "AzureBastionSubnet", "RouteServerSubnet"):
    alike.passes(f"{service} aside", production(service))
alike.passes("declared in other letters", change(DrillNetwork, DRILL, name=names.DRILL_NET.upper()))
alike.passes("production's in other letters", change(
    VirtualNetwork, names.PROD_NET, subnets=(closed("CORP", prefixes=("10.0.1.0/24",)),)))  # fmt: skip
alike.passes("written by an address of it", drill("10.9.0.1/24"))
alike.fails("a subnet short, after a service's", production("GatewaySubnet", "dmz"), "no subnet dmz")
alike.fails("too small", drill("10.9.0.0/25"), "the subnet corp has 128 addresses instead of 256")
alike.fails("not counted in IPv6", drill("10.9.0.0/25", "fd00::/64"), "128 addresses")
alike.fails("it is gone", drop(VirtualNetwork, names.DRILL_NET), "does not exist")
alike.unknown("mappings unread", lose(NetworkMapping, VAULT), "NetworkMapping")
alike.unknown("networks unread", lose(VirtualNetwork, SUBSCRIPTION), "VirtualNetwork")
alike.unknown(
    "a subnet short, another subscription unread",
    together(production("dmz"), reach("azure", "/subscriptions/2"), lose(VirtualNetwork, "azure:/subscriptions/2")),
    "VirtualNetwork",
)
alike.unknown("networks nobody can list", lose(DrillNetwork, "estate:estate"), subject="DrillNetwork@estate:estate")
alike.skips("no mapping", drop(NetworkMapping), "no network mapping")
alike.skips("only elsewhere", change(VirtualNetwork, names.PROD_NET, location="ukwest"), "no network mapping")
alike.skips("only itself", together(drop(NetworkMapping), add(
    vault.network_mapping(names.ASR_NET, names.DRILL_NET))), "no network mapping")  # fmt: skip
alike.skips("a switch", unchanged, "no subnets", subject=f"hyperv:{names.SWITCH.lower()}")

CASES = alike.cases
