"""Will a recovered machine be connected to a network that exists?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.azure_targets import TO_AZURE, by_provider
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import AsrNetwork, NetworkMapping, ProtectedItem, ProtectionContainer
from drcheck.topology.vmm import VmmNic, VmmVm
from drcheck.verdict import Severity

EXPECTED = "every VM network of the machine is mapped to an Azure virtual network that exists"


@check(
    "DR-NET-001",
    "Every VM network of a protected VM is mapped to an existing target network",
    severity=Severity.CRITICAL,
    why=(
        "An adapter whose VM network is not mapped is connected to nothing after a failover: the machine runs, and "
        "nobody reaches it."
    ),
    source="Microsoft, Prepare network mapping for Hyper-V VM replication to Azure (VMM)",
    remedy=(
        "Vault > Site Recovery infrastructure > Network mapping: map the VM network to the virtual network meant for "
        "failovers, then check the network of each protected item under Compute and Network."
    ),
    controls=("NIST SP 800-53 CP-7(4)", "NIST SP 800-53 CP-8"),
)
def check_networks_mapped(item: ProtectedItem, topology: Topology) -> Outcome:
    """Follow each adapter: VM network in VMM, the vault's network of that id, its mapping, the virtual network."""
    if by_provider(item) != TO_AZURE:
        raise NotApplicable(f"{item.name} is not replicated to Azure by Hyper-V Replica ({item.provider})")
    container = topology.get(ProtectionContainer, item.container)
    if container is None:
        topology.require(ProtectionContainer)
        raise Unknown(f"{item.name}: its container {item.container} was not told")
    if not container.cloud_id:
        raise NotApplicable(
            f"{item.name} replicates from {container.name}, which is no VMM cloud and has no VM networks"
        )
    vm = topology.get(VmmVm, item.vm_id)
    if vm is None:
        topology.require(VmmVm)
        raise Unknown(f"{item.name}: no VMM server knows a VM with the id {item.vm_id or 'that was not told'}")
    wired = [nic for nic in vm.nics if nic.network_id]
    if not wired:
        raise NotApplicable(f"{vm.name} is connected to no VM network")
    return _judge(item, topology, vm, wired)


def _judge(item: ProtectedItem, topology: Topology, vm: VmmVm, wired: list[VmmNic]) -> Outcome:
    links = [_follow(item, topology, nic) for nic in wired]
    broken = [text for whole, text in links if not whole]
    what = "; ".join(dict.fromkeys(broken or [text for _, text in links]))
    if broken:
        return failed(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(vm,))
    return passed(f"{item.name}: {what}", observed=what, expected=EXPECTED, facts=(vm,))


def _follow(item: ProtectedItem, topology: Topology, nic: VmmNic) -> tuple[bool, str]:
    """Whether the chain behind an adapter holds, and how far it goes."""
    network = f"VM network {nic.network_name or nic.network_id}"
    networks = topology.where(AsrNetwork, "network_id", nic.network_id)
    sources = [one.key for one in networks if one.vault == item.vault]
    mappings = (one for source in sources for one in topology.where(NetworkMapping, "source", source))
    mapping = next(mappings, None)
    if mapping is None:
        topology.require(AsrNetwork)
        topology.require(NetworkMapping)
        return False, f"{network} is not mapped in the vault"
    if mapping.state not in ("", "Paired"):
        return False, f"the mapping of {network} is {mapping.state}"
    if not mapping.state:
        raise Unknown(f"{item.name}: the state of the mapping of {network} was not told")
    target = topology.get(VirtualNetwork, mapping.target)
    if target is None:
        topology.require(VirtualNetwork, f"azure:{'/'.join(mapping.target.split('/')[:3])}")
        return False, f"{network} is mapped to {mapping.target}, which does not exist"
    return True, f"{network} -> {target.name}"
