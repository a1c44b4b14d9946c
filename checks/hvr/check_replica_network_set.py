"""Would a replica come up connected: in a test to an isolated switch, in a failover with an address that fits?"""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.hyperv import Adapter, HyperVVm, VmReplication
from drcheck.topology.hyperv_replica import FailoverAddress, by_hyperv
from drcheck.topology.sites import site_of
from drcheck.topology.workload import running
from drcheck.verdict import Severity

EXPECTED = "each adapter with a declared switch for tests, and an address of the recovery site where subnets differ"


@check(
    "DR-HVR-005",
    "A replica's adapters have a test switch and an address for the recovery site",
    severity=Severity.HIGH,
    why=(
        "Without a test switch, a test failover starts a machine that is connected to nothing and proves nothing. "
        "Without a failover address, a machine with a fixed one wakes up in a network that it does not belong to."
    ),
    source=(
        "Microsoft, Set-VMNetworkAdapter -TestReplicaSwitchName; Set-VMNetworkAdapterFailoverConfiguration "
        "(Hyper-V module); Set up Hyper-V Replica"
    ),
    remedy=(
        "On the replica's host: Set-VMNetworkAdapter -VMName <vm> -TestReplicaSwitchName <isolated switch>, and "
        "Set-VMNetworkAdapterFailoverConfiguration -VMName <vm> -IPv4Address <address> -IPv4SubnetMask <mask>."
    ),
    controls=("NIST SP 800-53 CP-4(2)", "NIST SP 800-53 CP-7(4)", "ISO 22301 8.5"),
)
def check_replica_network_set(replication: VmReplication, topology: Topology) -> Outcome:
    """Subnets are compared where estate.yaml declares those of the recovery site; elsewhere they are not judged."""
    if not by_hyperv(topology, replication):
        raise NotApplicable(f"{replication.name} on {replication.host} is replicated by another engine than Hyper-V's")
    if replication.mode != "Replica" or replication.relationship == "Extended":
        raise NotApplicable(f"{replication.name} on {replication.host} is not the receiving side")
    name = f"{replication.name} on {replication.host}"
    vm = topology.get(HyperVVm, f"{replication.vm_id}@{replication.host}")
    if vm is None:
        topology.require(HyperVVm, f"hyperv:{replication.seen.endpoint}")
        raise Unknown(f"{name} was no VM of that host when its VMs were listed")
    faults = [*_test_faults(vm, topology), *_address_faults(vm, topology)]
    if faults:
        what = "; ".join(faults)
        return failed(f"{name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(vm,))
    if not vm.adapters:
        raise NotApplicable(f"{name} has no network adapter")
    _prove_told(vm, topology)
    switches = ", ".join(sorted({one.test_replica_switch for one in vm.adapters}))
    what = f"{len(vm.adapters)} adapters, tested on {switches}"
    return passed(f"{name}: {what}", observed=what, expected=EXPECTED, facts=(vm,))


def _isolated(topology: Topology) -> set[str]:
    return {one.name.lower() for one in topology.seen(DrillNetwork) if one.platform == "hyperv"}


def _test_faults(vm: HyperVVm, topology: Topology) -> Iterator[str]:
    known = _isolated(topology)
    for adapter in vm.adapters:
        if not adapter.test_replica_switch:
            yield f"{adapter.name} has no switch for tests"
        elif known and adapter.test_replica_switch.lower() not in known:
            yield f"{adapter.name} is tested on {adapter.test_replica_switch}, which is not declared for drills"


def _address_faults(vm: HyperVVm, topology: Topology) -> Iterator[str]:
    """Adapters that are given no address, or a wrong one, where the machine's own is none of the recovery site."""
    for adapter in vm.adapters:
        given = topology.get(FailoverAddress, f"{vm.key}/{adapter.id}")
        if adapter.legacy or given is None:
            continue
        if given.ipv4 and _outside([given.ipv4], _subnets(vm, topology)):
            yield f"{adapter.name} is given {given.ipv4} there, which is no address of the recovery site"
        if given.ipv4 or given.ipv6:
            continue
        outside = _outside(_primary_addresses(vm, adapter, topology), _subnets(vm, topology))
        if outside:
            yield f"{adapter.name} has {outside}, which is no address of the recovery site, and is given none there"


def _prove_told(vm: HyperVVm, topology: Topology) -> None:
    """Raise ``Unknown`` unless everything is known that faults would have been found in."""
    if not _isolated(topology):
        topology.require(DrillNetwork)
        raise Unknown("estate.yaml declares no switch for drills (drill_networks: hyperv)")
    for adapter in vm.adapters:
        _prove_address(vm, adapter, topology)


def _prove_address(vm: HyperVVm, adapter: Adapter, topology: Topology) -> None:
    """Raise ``Unknown`` unless the adapter is given an address, needs none, or nobody can say which it needs."""
    if adapter.legacy:
        return
    subnets = site_of(topology, vm.host).subnets
    given = topology.get(FailoverAddress, f"{vm.key}/{adapter.id}")
    if given is None:
        topology.require(FailoverAddress, f"hyperv:{vm.seen.endpoint}")
    if (given and (given.ipv4 or given.ipv6)) or not subnets:
        return
    addresses = _primary_addresses(vm, adapter, topology)
    if not addresses:
        topology.require(HyperVVm)
        raise Unknown(f"{vm.name}: the addresses that {adapter.name} has on the primary side are not known")
    if given is None and _outside(addresses, subnets):
        raise Unknown(f"{vm.name}: which address {adapter.name} is given in a failover was not told")


def _subnets(vm: HyperVVm, topology: Topology) -> tuple[str, ...]:
    try:
        return site_of(topology, vm.host).subnets
    except Unknown:
        return ()


def _primary_addresses(vm: HyperVVm, adapter: Adapter, topology: Topology) -> list[str]:
    """What the adapters of that name have where the machine runs."""
    there = (one for machine in running(topology, vm.vm_id) for one in machine.adapters if one.name == adapter.name)
    return [address for one in there for address in one.addresses or () if _counts(address)]


def _counts(address: str) -> bool:
    """An IPv4 address that somebody, or DHCP, gave."""
    return ":" not in address and not address.startswith("169.254.")


def _outside(addresses: list[str], subnets: tuple[str, ...]) -> str:
    """The first address that is in none of the subnets; empty without subnets."""
    networks = [ip_network(subnet) for subnet in subnets]
    lost = [one for one in addresses if not any(ip_address(one) in network for network in networks)]
    return lost[0] if lost and networks else ""
