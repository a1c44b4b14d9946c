"""Does Site Recovery know what a machine is to become in Azure, and does that place exist?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.azure_targets import TO_AZURE, by_provider
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.verdict import Severity

EXPECTED = "name, size, resource group and, for each adapter, an existing network and subnet"


@check(
    "DR-ASR-005",
    "The failover target of a protected item is complete and exists",
    severity=Severity.CRITICAL,
    why=(
        "A machine without a size, a resource group or a network fails over to nothing, or comes up where nobody can "
        "reach it. The service mentions it twice a day and lets it be."
    ),
    source="Microsoft, Run a failover to Azure: Compute and Network settings; Site Recovery support matrix",
    remedy="Vault > Replicated items > the machine > Compute and Network: choose size, resource group and networks.",
    controls=("NIST SP 800-53 CP-7", "NIST SP 800-53 CP-7(4)"),
)
def check_target_complete(item: ProtectedItem, topology: Topology) -> Outcome:
    """What is not chosen is a fault at once; whether a chosen network exists is asked of its subscription."""
    if by_provider(item) != TO_AZURE:
        raise NotApplicable(f"{item.name} does not go to Azure ({item.provider})")
    if item.active_location == "Recovery":
        raise NotApplicable(f"{item.name} runs in Azure already")
    faults = [
        *_unset(item),
        *(fault for nic in item.nics for fault in _network(nic.target_network, nic.target_subnet, topology)),
    ]
    if faults:
        what = "; ".join(dict.fromkeys(faults))
        return failed(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    for network in sorted({nic.target_network for nic in item.nics}):
        if topology.get(VirtualNetwork, network) is None:
            topology.require(VirtualNetwork)
            what = f"the network {network.rpartition('/')[2]} does not exist"
            return failed(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    what = f"{item.target.name}, {item.target.size}, {len(item.nics)} adapters"
    return passed(f"{item.name}: {what}", observed=what, expected=EXPECTED)


def _unset(item: ProtectedItem) -> Iterator[str]:
    given = {"name": item.target.name, "size": item.target.size, "resource group": item.target.resource_group}
    for word, value in given.items():
        if not value:
            yield f"no {word} is chosen"
    if not item.nics:
        yield "no adapter is known"


def _network(network: str, subnet: str, topology: Topology) -> Iterator[str]:
    if not network:
        yield "an adapter has no network"
    found = topology.get(VirtualNetwork, network)
    if found is not None and subnet and subnet.lower() not in {one.name.lower() for one in found.subnets}:
        yield f"{found.name} has no subnet {subnet}"
