"""Is there a pool of addresses wherever VMM has to hand them out?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.vmm import VmNetwork
from drcheck.topology.vmm_fabric import VmConfiguration
from drcheck.topology.vmm_network import StaticIpPool
from drcheck.verdict import Severity

VIRTUALISED = "WindowsNetworkVirtualization"
EXPECTED = "a static address pool of the VM network or of its logical network"


@check(
    "DR-IPC-001",
    "A VM network whose machines get static addresses from VMM has a pool of them",
    severity=Severity.CRITICAL,
    why=(
        "VMM takes static addresses from a pool and from nowhere else. Where there is none, creating the adapters of a "
        "recovered machine fails, and the machine with them."
    ),
    source="Microsoft, Set up IP addressing after failover with Site Recovery (VMM); Set up static IP pools in VMM",
    remedy="VMM console > Fabric > Logical networks (or VMs and Services > VM networks) > Create IP Pool.",
    controls=("NIST SP 800-53 CP-7(4)", "NIST SP 800-53 CP-10"),
)
def check_pool_present(network: VmNetwork, topology: Topology) -> Outcome:
    """A virtualised network always needs a pool of its own; another one, when a machine on it has a static address.

    Only VMM's own networks are judged: an Azure network, to which Site Recovery maps them, has no pools. Whether a pool
    has addresses left, and whether each site of the logical network has its own pool, is not judged.
    """
    own = [pool for pool in topology.seen(StaticIpPool) if pool.vm_network == network.key]
    if network.isolation == VIRTUALISED:
        return _judge(network, own, "is virtualised", topology)
    fixed = topology.memo("static adapters by network", lambda: _static(topology)).get(network.key, [])
    if not fixed:
        topology.require(VmConfiguration)
        if not network.isolation:
            raise Unknown(f"{network.name}: VMM does not tell how it is isolated")
        raise NotApplicable(f"no machine on {network.name} has a static address of VMM's, and it is not virtualised")
    if not own and not network.logical_network_id:
        raise Unknown(f"{network.name}: VMM does not tell its logical network")
    shared = topology.where(StaticIpPool, "logical_network", network.logical_network_id or None)
    return _judge(network, [*own, *shared], f"has static addresses on {', '.join(fixed[:3])}", topology)


def _judge(network: VmNetwork, pools: list[StaticIpPool], why: str, topology: Topology) -> Outcome:
    if not pools:
        topology.require(StaticIpPool)
        what = f"{why}, and there is no pool"
        return failed(f"{network.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    what = f"{why}; {', '.join(sorted({pool.name for pool in pools}))}"
    return passed(f"{network.name}: {what}", observed=what, expected=EXPECTED, facts=tuple(pools))


def _static(topology: Topology) -> dict[str, list[str]]:
    """Names of the machines with a static address, by VM network."""
    found: dict[str, list[str]] = {}
    for vm in topology.seen(VmConfiguration):
        for adapter in vm.adapters:
            if adapter.ip_address_type == "Static":
                found.setdefault(adapter.network_id, []).append(vm.name)
    return found
