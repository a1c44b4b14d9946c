"""Has the network that drills use the subnets that a real failover would find?"""

from collections.abc import Iterator
from ipaddress import ip_network

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.topology.azure import Subnet, VirtualNetwork
from drcheck.topology.base import Topology
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.site_recovery import NetworkMapping
from drcheck.verdict import Severity

EXPECTED = "every subnet of a network that real failovers go into, by name, and none smaller"
OF_SERVICES = ("gatewaysubnet", "azurefirewallsubnet", "azurebastionsubnet", "routeserversubnet")
"""Subnets that belong to services, which a drill network must not have."""


@check(
    "DR-NET-103",
    "A drill network has the subnets of the network that it stands for",
    severity=Severity.LOW,
    why=(
        "A test failover looks for the subnet by its name. Where there is none, or no room in it, machines end up "
        "elsewhere or nowhere, and the drill has tested another network than the one that counts."
    ),
    source="Microsoft, Run a disaster recovery drill to Azure (test network: same number, names and ranges of subnets)",
    remedy="az network vnet subnet create --vnet-name <drill network> --name <subnet> --address-prefixes <as there>.",
    controls=("NIST SP 800-53 CP-4", "ISO 22301 8.5", "ISO/IEC 27001:2022 A.5.30"),
)
def check_drill_network_alike(network: DrillNetwork, topology: Topology) -> Outcome:
    """Compare names and sizes of subnets with those networks of the region that mappings lead to; one alike is enough.

    That the ranges are the same is not asked for: whoever gives machines fixed addresses sees that in DR-IPC-003. Which
    network a drill network is meant to stand for nobody declares: the most similar one is taken.
    """
    if network.platform != "azure":
        raise NotApplicable(f"the switch {network.name} has no subnets")
    own = topology.get(VirtualNetwork, network.name.lower())
    if own is None:
        topology.require(VirtualNetwork)
        return _failed(network.name, "it does not exist")
    targets = {mapping.target for mapping in topology.seen(NetworkMapping)} - {own.key}
    real = [
        one
        for one in topology.seen(VirtualNetwork)
        if one.key in targets and one.location == own.location and any(map(_counts, one.subnets))
    ]
    compared = sorted(((list(_lacking(own, one)), one.name) for one in real), key=lambda each: (len(each[0]), each[1]))
    if compared and not compared[0][0]:
        what = f"has every subnet of {compared[0][1]}"
        return passed(f"{own.name}: {what}", observed=what, expected=EXPECTED, facts=(own,))
    topology.require(NetworkMapping)
    topology.require(VirtualNetwork)
    if not compared:
        raise NotApplicable(f"no network mapping leads into a network of {own.location} with a subnet for machines")
    lacking, name = compared[0]
    return _failed(own.name, f"compared with {name}, {'; '.join(lacking)}", own)


def _counts(subnet: Subnet) -> bool:
    """May machines come up in it?"""
    return subnet.name.lower() not in OF_SERVICES


def _lacking(own: VirtualNetwork, real: VirtualNetwork) -> Iterator[str]:
    mine = {subnet.name.lower(): subnet for subnet in own.subnets}
    for subnet in real.subnets:
        if not _counts(subnet):
            continue
        found = mine.get(subnet.name.lower())
        if found is None:
            yield f"there is no subnet {subnet.name}"
        elif _size(found) < _size(subnet):
            yield f"the subnet {subnet.name} has {_size(found)} addresses instead of {_size(subnet)}"


def _size(subnet: Subnet) -> int:
    return sum(ip_network(prefix, strict=False).num_addresses for prefix in subnet.prefixes if ":" not in prefix)


def _failed(name: str, what: str, *facts: VirtualNetwork) -> Outcome:
    return failed(f"{name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=facts)
