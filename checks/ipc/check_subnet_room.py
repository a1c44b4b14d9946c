"""Has each subnet in Azure room for every machine that would be recovered into it, and for a drill?"""

from collections import Counter
from collections.abc import Iterator
from math import ceil

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy
from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.azure_targets import free_addresses, prove_adapters_told, prove_all_told, waiting
from drcheck.topology.base import Topology
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.plan_state import require_groups
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.verdict import Severity


@check(
    "DR-IPC-002",
    "A subnet has free addresses for all that would be recovered into it",
    severity=Severity.HIGH,
    why=(
        "Machines are added to the protection one by one and nobody counts addresses again. The failover then stops at "
        "the first adapter that finds none."
    ),
    source="Microsoft, Azure virtual network FAQ (reserved addresses); Set up IP addressing after failover",
    remedy="Add a prefix to the network and enlarge the subnet, or send some of the adapters to another one.",
    controls=("NIST SP 800-53 CP-2(2)", "ISO/IEC 27001:2022 A.8.6"),
)
def check_subnet_room(network: VirtualNetwork, topology: Topology, policy: Policy) -> Outcome:
    """Free addresses of each subnet against adapters that go there, with a margin, and the largest plan's in a drill.

    Pools of VMM are not looked at: nothing tells which machines would draw on them after a failover.
    """
    expected = f"free addresses for each adapter, and {policy.address_margin_percent:g} % more"
    needs = _needs(network, topology)
    rooms = [(subnet, free_addresses(subnet), needs.pop(subnet.name.lower(), 0)) for subnet in network.subnets]
    margin = 1 + policy.address_margin_percent / 100
    short = [(subnet, free, need) for subnet, free, need in rooms if need and free < ceil(round(need * margin, 6))]
    if short:
        what = "; ".join(f"{subnet.name} has {free} free for {need} adapters" for subnet, free, need in short)
        return failed(f"{network.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    prove_all_told(topology)
    prove_adapters_told(_bare(network, topology))
    for kind in (RecoveryPlan, DrillNetwork):
        topology.require(kind)
    if topology.get(DrillNetwork, f"azure:{network.key}") is not None:
        require_groups(topology)
    if any(needs.values()):
        lost = ", ".join(name or "no certain subnet" for name, need in needs.items() if need)
        raise Unknown(f"{network.name}: adapters go to {lost}, which was not seen there")
    used = [f"{subnet.name} has {free} free for {need} adapters" for subnet, free, need in rooms if need]
    if not used:
        raise NotApplicable(f"nothing would be recovered into {network.name}")
    what = "; ".join(used)
    return passed(f"{network.name}: {what}", observed=what, expected=expected)


def _needs(network: VirtualNetwork, topology: Topology) -> dict[str, int]:
    """How many adapters go to each subnet, by its name in lower case."""
    needs: dict[str, int] = {}
    for item in topology.memo("waiting by network", lambda: _by_network(topology)).get(network.key, ()):
        for name in _targets(item, network):
            needs[name] = needs.get(name, 0) + 1
    if topology.get(DrillNetwork, f"azure:{network.key}") is not None:
        for name, need in _drilled(network, topology).items():
            needs[name] = needs.get(name, 0) + need
    return needs


def _bare(network: VirtualNetwork, topology: Topology) -> list[ProtectedItem]:
    """Machines that are told without adapters, and may have some in this network."""

    def found() -> list[ProtectedItem]:
        return [item for item in topology.seen(ProtectedItem) if waiting(item) and not item.nics]

    bare = topology.memo("waiting without adapters", found)
    return [item for item in bare if item.target.network in ("", network.key)]


def _waiting(topology: Topology) -> list[ProtectedItem]:
    return [item for item in topology.seen(ProtectedItem) if item.active_location != "Recovery"]


def _by_network(topology: Topology) -> dict[str, list[ProtectedItem]]:
    """The machines with adapters for which each network was chosen."""
    found: dict[str, list[ProtectedItem]] = {}
    for item in _waiting(topology):
        for network in {each for nic in item.nics for each in (nic.target_network, nic.test_network)}:
            found.setdefault(network, []).append(item)
    return found


def _targets(item: ProtectedItem, network: VirtualNetwork) -> Iterator[str]:
    """Where adapters go in a failover, and in a drill when a network was chosen for it."""
    for nic in item.nics:
        if nic.target_network == network.key:
            yield _subnet(nic.target_subnet, network)
        if nic.test_network == network.key:
            yield _subnet(nic.test_subnet or nic.target_subnet, network)


def _subnet(name: str, network: VirtualNetwork) -> str:
    """Without a choice, the only subnet there is."""
    return name.lower() or (network.subnets[0].name.lower() if len(network.subnets) == 1 else "")


def _drilled(network: VirtualNetwork, topology: Topology) -> dict[str, int]:
    """The most adapters that one plan brings to each subnet: a drill puts them into the subnet of the same name."""
    names = {subnet.name.lower() for subnet in network.subnets}
    most: dict[str, int] = {}
    for adapters in topology.memo("adapters by plan", lambda: _by_plan(topology)):
        found: dict[str, int] = {}
        for (target, chosen), number in adapters.items():
            name = _subnet(target, network)
            found[name] = found.get(name, 0) + (number if name in names and chosen != network.key else 0)
        for name, number in found.items():
            most[name] = max(most.get(name, 0), number)
    return most


def _by_plan(topology: Topology) -> list[Counter[tuple[str, str]]]:
    """How many adapters of each plan's machines have which target subnet and which network for drills."""
    items = {item.key: item for item in _waiting(topology)}
    return [
        Counter((nic.target_subnet, nic.test_network) for key in plan.items & items.keys() for nic in items[key].nics)
        for plan in topology.seen(RecoveryPlan)
    ]
