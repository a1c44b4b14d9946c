"""Could a machine get the address in Azure that somebody chose for it?"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure import NetworkInterface, VirtualNetwork
from drcheck.topology.azure_edges import LoadBalancer
from drcheck.topology.azure_targets import TO_AZURE, by_provider, waiting
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem, ProtectedNic
from drcheck.verdict import Severity

EXPECTED = "each chosen address is inside its subnet, chosen once, and free"
RESERVED = 4
"""Azure keeps the first four addresses of a subnet and the last one."""


@check(
    "DR-IPC-003",
    "An address that is chosen for a recovered machine is valid, free and chosen once",
    severity=Severity.HIGH,
    why=(
        "An address outside its subnet, or one that something else holds, stops the failover of that machine, or gives "
        "it another address than DNS, certificates and firewalls know."
    ),
    source="Microsoft, Set up IP addressing to connect to Azure VMs after failover; Azure virtual network FAQ",
    remedy="Vault > Replicated items > the machine > Compute and Network: choose another address, or none.",
    controls=("NIST SP 800-53 CP-7(4)", "NIST SP 800-53 CP-10"),
)
def check_pinned_addresses(item: ProtectedItem, topology: Topology) -> Outcome:
    """Each chosen address against its subnet, all other choices, and the interfaces and load balancers that exist."""
    if by_provider(item) != TO_AZURE or not waiting(item):
        raise NotApplicable(f"{item.name} is not waiting to be recovered into Azure")
    if not item.nics:
        raise Unknown(f"Site Recovery does not tell the adapters of {item.name}")
    chosen = [nic for nic in item.nics if nic.target_address and nic.target_network]
    if not chosen:
        raise NotApplicable(f"{item.name} has no address chosen for it")
    faults = [fault for nic in chosen for fault in _faults(item, nic, topology)]
    if faults:
        what = "; ".join(dict.fromkeys(faults))
        return failed(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    for kind in (VirtualNetwork, ProtectedItem, NetworkInterface, LoadBalancer):
        topology.require(kind)
    gone = [nic.target_network for nic in chosen if topology.get(VirtualNetwork, nic.target_network) is None]
    if gone:
        raise Unknown(f"the network {gone[0].rpartition('/')[2]} of {item.name} does not exist; DR-ASR-005 says so")
    what = f"{', '.join(nic.target_address for nic in chosen)}, in range and free"
    return passed(f"{item.name}: {what}", observed=what, expected=EXPECTED)


def _faults(item: ProtectedItem, nic: ProtectedNic, topology: Topology) -> Iterator[str]:
    network = topology.get(VirtualNetwork, nic.target_network)
    if network is not None and not _inside(nic, network):
        yield f"{nic.target_address} is no usable address of {nic.target_subnet or 'any subnet'} in {network.name}"
    place = (nic.target_network, nic.target_address)
    choices = topology.memo("who chose an address", lambda: _choices(topology))[place]
    if choices.count(item) > 1:
        yield f"{nic.target_address} is chosen for two of its adapters"
    for other in choices:
        if other.key != item.key:
            yield f"{nic.target_address} is chosen for {other.name} as well"
    for holder in topology.memo("who holds an address", lambda: _holders(topology)).get(place, ()):
        yield f"{nic.target_address} is held by {holder}"


def _choices(topology: Topology) -> Mapping[tuple[str, str], list[ProtectedItem]]:
    """Items by the network and address that somebody chose for them; once for each adapter."""
    found: dict[tuple[str, str], list[ProtectedItem]] = {}
    for item in topology.seen(ProtectedItem):
        for nic in item.nics:
            found.setdefault((nic.target_network, nic.target_address), []).append(item)
    return found


def _holders(topology: Topology) -> Mapping[tuple[str, str], list[str]]:
    """Names of the interfaces and load balancers that exist, by network and address."""
    found: dict[tuple[str, str], list[str]] = {}
    for interface in topology.seen(NetworkInterface):
        for network in {_network(subnet) for subnet in interface.subnets}:
            for address in interface.addresses:
                found.setdefault((network, address), []).append(interface.name)
    for balancer in topology.seen(LoadBalancer):
        for front in balancer.frontends:
            found.setdefault((_network(front.subnet), front.address), []).append(balancer.name)
    return found


def _network(subnet: str) -> str:
    return subnet.rpartition("/subnets/")[0]


def _inside(nic: ProtectedNic, network: VirtualNetwork) -> bool:
    wanted = nic.target_subnet.lower()
    prefixes = [p for one in network.subnets if not wanted or one.name.lower() == wanted for p in one.prefixes]
    try:
        address = ip_address(nic.target_address)
    except ValueError:
        return False
    for prefix in prefixes:
        subnet = ip_network(prefix)
        if address in subnet:
            place = int(address) - int(subnet.network_address)
            return RESERVED <= place < subnet.num_addresses - 1
    return False
