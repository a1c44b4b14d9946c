"""Could a machine get the address in Azure that somebody chose for it?"""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.topology.azure import NetworkInterface, VirtualNetwork
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
    """Each chosen address against its subnet, the other machines' choices, and the interfaces that exist."""
    chosen = [nic for nic in item.nics if nic.target_address and nic.target_network]
    if item.active_location == "Recovery" or not chosen:
        raise NotApplicable(f"{item.name} runs in Azure, or has no address chosen for it")
    faults = [fault for nic in chosen for fault in _faults(item, nic, topology)]
    if faults:
        what = "; ".join(faults)
        return failed(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    for kind in (VirtualNetwork, ProtectedItem, NetworkInterface):
        topology.require(kind)
    what = f"{', '.join(nic.target_address for nic in chosen)}, in range and free"
    return passed(f"{item.name}: {what}", observed=what, expected=EXPECTED)


def _faults(item: ProtectedItem, nic: ProtectedNic, topology: Topology) -> Iterator[str]:
    network = topology.get(VirtualNetwork, nic.target_network)
    if network is not None and not _inside(nic, network):
        yield f"{nic.target_address} is no usable address of {nic.target_subnet or 'any subnet'} in {network.name}"
    for other in topology.seen(ProtectedItem):
        if other.key != item.key and any(
            _same(nic, theirs.target_network, theirs.target_address) for theirs in other.nics
        ):
            yield f"{nic.target_address} is chosen for {other.name} as well"
    for interface in topology.seen(NetworkInterface):
        if nic.target_address in interface.addresses and any(
            subnet.startswith(f"{nic.target_network}/") for subnet in interface.subnets
        ):
            yield f"{nic.target_address} is held by {interface.name}"


def _same(nic: ProtectedNic, network: str, address: str) -> bool:
    return (nic.target_network, nic.target_address) == (network, address)


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
