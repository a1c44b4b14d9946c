"""Does anything lead out of the network that drills use in Azure, by peering, gateway, route, name or filter?"""

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.base import Topology
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.isolation import must_be_known, ways_out
from drcheck.topology.subscriptions import azure_scope
from drcheck.verdict import Severity

EXPECTED = (
    "no peering, gateway, outward route, NAT, public address or shared private zone, and security groups that deny "
    "what is outside"
)


@check(
    "DR-NET-004",
    "A drill network in Azure is isolated by its configuration",
    severity=Severity.CRITICAL,
    why=(
        "The machines of a test believe that they are production: they send mail, pay bills and write to databases as "
        "soon as one route, one name or one open port leads there."
    ),
    source=(
        "Microsoft, Run a disaster recovery drill to Azure (isolated network); Network security groups; "
        "Virtual network traffic routing"
    ),
    remedy=(
        "Remove the peering, gateway, route, NAT gateway, public address or zone link that is named; put a network "
        "security group on every subnet whose rules deny * to and from everything but VirtualNetwork."
    ),
    controls=("NIST SP 800-53 CP-4(2)", "NIST SP 800-53 SC-7", "ISO/IEC 27001:2022 A.8.22"),
)
def check_drill_network_isolated(network: DrillNetwork, topology: Topology) -> Outcome:
    """Follow every way out of the virtual network, and its security groups' rules in the order of their priority.

    Not judged: security groups of single adapters, private endpoints and firewalls inside the network, links of
    private zones in subscriptions that are not read, and switches of Hyper-V, which DR-NET-003 judges whole.
    """
    if network.platform != "azure":
        raise NotApplicable(f"{network.name} is a switch of Hyper-V; DR-NET-003 judges it")
    key = network.name.lower()
    vnet = topology.get(VirtualNetwork, key)
    if vnet is None:
        topology.require(VirtualNetwork, azure_scope(key))
        raise NotApplicable(f"{key.rpartition('/')[2]} does not exist; DR-NET-003 says so")
    leaks = list(ways_out(topology, vnet))
    if leaks:
        what = "; ".join(dict.fromkeys(leaks))
        message = f"drill network {vnet.name}: {what}; allowed: {EXPECTED}"
        return failed(message, observed=what, expected=EXPECTED, facts=(vnet,))
    must_be_known(topology, vnet)
    if not vnet.subnets:
        raise NotApplicable(f"{vnet.name} has no subnet, so nothing can be in it")
    what = f"nothing leads out, and {len(vnet.subnets)} subnets deny what is outside"
    return passed(f"drill network {vnet.name}: {what}", observed=what, expected=EXPECTED, facts=(vnet,))
