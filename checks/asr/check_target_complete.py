"""Does Site Recovery know what a machine is to become in Azure, and does that place exist?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.azure_compute import ResourceGroup
from drcheck.topology.azure_targets import TO_AZURE, by_provider
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem, Vault
from drcheck.topology.subscriptions import azure_scope
from drcheck.verdict import Severity

EXPECTED = "name, size, an existing resource group and, for each adapter, a network of that region and its subnet"


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
    """What is not chosen is a fault at once; whether what was chosen exists is asked of its subscription.

    Networks have to be in the vault's region. Not judged: storage accounts, which managed disks do without.
    """
    if by_provider(item) != TO_AZURE:
        raise NotApplicable(f"{item.name} does not go to Azure ({item.provider})")
    if item.active_location == "Recovery":
        raise NotApplicable(f"{item.name} runs in Azure already")
    faults = [
        *_unset(item),
        *(fault for nic in item.nics for fault in _network(nic.target_network, nic.target_subnet, topology)),
        *_far(item, topology),
    ]
    faults = faults or list(_absent(item, topology))
    if faults:
        what = "; ".join(dict.fromkeys(faults))
        return failed(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    _prove_region(item, topology)
    what = f"{item.target.name}, {item.target.size}, {len(item.nics)} adapters"
    return passed(f"{item.name}: {what}", observed=what, expected=EXPECTED)


def _unset(item: ProtectedItem) -> Iterator[str]:
    given = {"name": item.target.name, "size": item.target.size, "resource group": item.target.resource_group}
    for word, value in given.items():
        if not value:
            yield f"no {word} is chosen"
    if not item.nics:
        yield "no adapter is known"
    elif all(nic.selection == "NotSelected" for nic in item.nics):
        yield "none of its adapters is selected"


def _network(network: str, subnet: str, topology: Topology) -> Iterator[str]:
    if not network:
        yield "an adapter has no network"
    found = topology.get(VirtualNetwork, network)
    if found is not None and subnet and subnet.lower() not in {one.name.lower() for one in found.subnets}:
        yield f"{found.name} has no subnet {subnet}"


def _far(item: ProtectedItem, topology: Topology) -> Iterator[str]:
    """Networks that were seen in another region than the vault: machines come up in the vault's."""
    vault = topology.get(Vault, item.vault)
    region = vault.location if vault else ""
    for network in _networks(item, topology):
        if network.location and region and network.location.lower() != region.lower():
            yield f"{network.name} is in {network.location}, and the vault in {region}"


def _networks(item: ProtectedItem, topology: Topology) -> list[VirtualNetwork]:
    """Those of its adapters' networks that were seen, by id."""
    keys = sorted({nic.target_network for nic in item.nics})
    return [found for key in keys if (found := topology.get(VirtualNetwork, key)) is not None]


def _absent(item: ProtectedItem, topology: Topology) -> Iterator[str]:
    """What was chosen, and is not among all that its subscription has."""
    for network in sorted({nic.target_network for nic in item.nics}):
        if topology.get(VirtualNetwork, network) is None:
            topology.require(VirtualNetwork)
            yield f"the network {network.rpartition('/')[2]} does not exist"
    group = item.target.resource_group
    if topology.get(ResourceGroup, group) is None:
        topology.require(ResourceGroup, azure_scope(group))
        yield f"the resource group {group.rpartition('/')[2]} does not exist"


def _prove_region(item: ProtectedItem, topology: Topology) -> None:
    """Raise ``Unknown`` unless the regions were told that ``_far`` compares."""
    vault = topology.get(Vault, item.vault)
    if vault is None:
        topology.require(Vault, f"vault:{item.vault}")
    if vault is None or not vault.location or not all(one.location for one in _networks(item, topology)):
        raise Unknown(f"the region of the vault or of a network of {item.name} was not told")
