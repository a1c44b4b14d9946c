"""Does each adapter come up in a subnet that somebody meant, rather than in the first of the list?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.azure_targets import TO_AZURE, by_provider, waiting
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.site_recovery import AsrNetwork, ProtectedItem, ProtectedNic
from drcheck.topology.subscriptions import azure_scope
from drcheck.verdict import Severity

EXPECTED = "a subnet chosen by somebody, or one of the same name as the source's, or the only one"


@check(
    "DR-NET-002",
    "An adapter's subnet after a failover is matched by name or chosen",
    severity=Severity.HIGH,
    why=(
        "Where no subnet has the source's name, Site Recovery takes the first one of the alphabet. A web server then "
        "comes up among the databases, or under filters that let nobody in."
    ),
    source="Microsoft, Prepare network mapping for Hyper-V VM disaster recovery to Azure: subnets",
    remedy=(
        "Give the virtual network a subnet with the source's name, or choose one: vault > Replicated items > the "
        "machine > Compute and Network."
    ),
    controls=("NIST SP 800-53 CP-7(4)",),
)
def check_subnet_matched(item: ProtectedItem, topology: Topology) -> Outcome:
    """Judge every adapter that would be connected; DR-ASR-005 judges those that would not."""
    if by_provider(item) != TO_AZURE or not waiting(item):
        raise NotApplicable(f"{item.name} is not waiting to be recovered into Azure")
    nics = [nic for nic in item.nics if nic.target_network and nic.selection != "NotSelected"]
    if not nics:
        raise NotApplicable(f"no adapter of {item.name} would be connected; DR-ASR-005 says so")
    unsure: list[Unknown] = []
    faults: list[str] = []
    for nic in nics:
        try:
            faults += _faults(topology, item, nic)
        except Unknown as unknown:
            unsure.append(unknown)
    if faults:
        what = "; ".join(dict.fromkeys(faults))
        return failed(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    if unsure:
        raise unsure[0]
    what = ", ".join(sorted({f"{nic.source_network or 'an adapter'} -> {nic.target_subnet}" for nic in nics}))
    return passed(f"{item.name}: {what}", observed=what, expected=EXPECTED)


def _faults(topology: Topology, item: ProtectedItem, nic: ProtectedNic) -> Iterator[str]:
    vnet = topology.get(VirtualNetwork, nic.target_network)
    if vnet is None:
        topology.require(VirtualNetwork, azure_scope(nic.target_network))
        raise Unknown(f"the network {nic.target_network.rpartition('/')[2]} of {item.name} does not exist")
    names = {subnet.name.lower() for subnet in vnet.subnets if subnet.name.lower() != "gatewaysubnet"}
    wanted = nic.target_subnet.lower()
    if wanted and wanted not in names:
        yield f"{vnet.name} has no subnet {nic.target_subnet}"
        return
    if (nic.selection == "SelectedByUser" and wanted) or len(names) == 1:
        return
    source = _source(topology, item, nic)
    if wanted not in source and not (not wanted and source & names):
        taken = nic.target_subnet or "the first"
        yield f"{vnet.name} has no subnet named as one of {nic.source_network}, so {taken} is taken"


def _source(topology: Topology, item: ProtectedItem, nic: ProtectedNic) -> set[str]:
    """Names of the source network's subnets; a network without any has no name to match."""
    found = [
        network
        for network in topology.seen(AsrNetwork)
        if network.vault == item.vault and network.name.lower() == nic.source_network.lower()
    ]
    if not found:
        topology.require(AsrNetwork, f"vault:{item.vault}")
        raise Unknown(f"the vault does not know the network {nic.source_network or '(no name)'} of {item.name}")
    return {subnet.name.lower() for network in found for subnet in network.subnets}
