"""Is there room for the copies that a drill would start? On the replica hosts, in Azure's quotas and subnets.

Judged by what this run's discovery read. What was not told is no room: a copy that fills a host's volume stops the
replicas that are on it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil

from drcheck.drill.planning.announcement import Load
from drcheck.policy import Policy
from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.azure_compute import Quota
from drcheck.topology.azure_targets import CORES, free_addresses, quota_use, size_of
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.site_recovery import ProtectedItem, Vault
from drcheck.topology.subscriptions import azure_scope
from drcheck.topology.volumes import disk_at, volume_of
from drcheck.topology.windows_host import HyperVHost

GIB = 1 << 30
UNLIMITED = -1


def shortages(loads: Sequence[Load], topology: Topology, policy: Policy) -> tuple[str, ...]:
    """What there is too little of for all copies at once, with the figures; none: there is room."""
    found: list[str] = []
    for host in sorted({one.host for one in loads if one.host}):
        here = [one for one in loads if one.host == host]
        found += _asked(_memory(host, here, topology, policy))
        found += _asked(_disks(host, here, topology, policy))
    for vault in sorted({one.vault for one in loads if one.vault}):
        found += _asked(_quotas(vault, [one for one in loads if one.vault == vault], topology))
    for network in sorted({one.network for one in loads if one.network}):
        found += _asked(_addresses(network, [one for one in loads if one.network == network], topology))
    return tuple(found)


def _asked(reasons: Iterator[str]) -> Iterator[str]:
    try:
        yield from reasons
    except Unknown as unknown:
        yield f"whether there is room is not known: {unknown.reason}"


def _replicas(host: str, loads: Sequence[Load], topology: Topology) -> Iterator[HyperVVm]:
    for vm_id in (vm_id for one in loads for vm_id in one.vm_ids):
        machine = topology.get(HyperVVm, f"{vm_id}@{host}")
        if machine is None:
            raise Unknown(f"{host} does not tell of the replica {vm_id}")
        yield machine


def _memory(host: str, loads: Sequence[Load], topology: Topology, policy: Policy) -> Iterator[str]:
    needs = [one.memory_startup_bytes for one in _replicas(host, loads, topology)]
    whole = topology.get(HyperVHost, host)
    running = [
        one.memory_assigned_bytes
        for one in topology.all(HyperVVm, f"hyperv:{host}")
        if one.state != "Off" and one.host == host
    ]
    if whole is None or None in needs or None in running:
        raise Unknown(f"how much memory {host} and its machines have was not told")
    need = sum(one for one in needs if one)
    free = whole.memory_bytes - policy.host_reserve_gib * GIB - sum(one for one in running if one)
    if need > free:
        yield f"{host} has {free / GIB:.1f} GiB of memory to spare; the copies start with {need / GIB:.1f} GiB"


def _disks(host: str, loads: Sequence[Load], topology: Topology, policy: Policy) -> Iterator[str]:
    needs: Counter[str] = Counter()
    rooms: dict[str, int] = {}
    for machine in _replicas(host, loads, topology):
        for path in machine.disks:
            volume, disk = volume_of(topology, host, path), disk_at(topology, host, path)
            if disk is None:
                raise Unknown(f"the size of {path} on {host} was not told")
            rooms[volume.name] = volume.room
            needs[volume.name] += ceil(disk.size_bytes * policy.drill_growth_percent / 100)
    for name, need in needs.items():
        if need > rooms[name]:
            yield (
                f"{name} on {host} has {rooms[name] / GIB:.1f} GiB free; the copies are expected to write "
                f"{need / GIB:.1f} GiB ({policy.drill_growth_percent:g} % of their disks)"
            )


def _items(loads: Sequence[Load], topology: Topology) -> Iterator[ProtectedItem]:
    for key in (key for one in loads for key in one.items):
        item = topology.get(ProtectedItem, key)
        if item is None:
            raise Unknown(f"the protected item {key} was not read")
        yield item


def _quotas(vault: str, loads: Sequence[Load], topology: Topology) -> Iterator[str]:
    place = topology.get(Vault, vault)
    if place is None:
        raise Unknown(f"the vault {vault} was not read")
    by_subscription: dict[str, list[ProtectedItem]] = {}
    for item in _items(loads, topology):
        by_subscription.setdefault(azure_scope(item.target.resource_group), []).append(item)
    for scope, items in by_subscription.items():
        unsized = [item.name for item in items if (size := size_of(topology, item)) is None or size.vcpus is None]
        if unsized:
            raise Unknown(f"how many vCPUs the copies of {', '.join(unsized)} take was not told")
        needs = quota_use(topology, items)
        quotas = {
            one.name.lower(): one
            for one in topology.seen(Quota)
            if one.location.lower() == place.location.lower() and azure_scope(one.key) == scope
        }
        if CORES not in quotas:
            raise Unknown(f"the quotas of {place.location} in {scope.partition(':')[2]} were not read")
        for name in sorted(needs.keys() & quotas.keys()):
            quota = quotas[name]
            if quota.limit != UNLIMITED and quota.limit - quota.used < needs[name]:
                free = quota.limit - quota.used
                yield f"{quota.location} has {free} {quota.name} free of {quota.limit}; the copies take {needs[name]}"


def _addresses(key: str, loads: Sequence[Load], topology: Topology) -> Iterator[str]:
    network = topology.get(VirtualNetwork, key)
    if network is None:
        raise Unknown(f"the virtual network {key} was not read")
    needs: Counter[str] = Counter()
    names = sorted(subnet.name.lower() for subnet in network.subnets)
    for nic in (nic for item in _items(loads, topology) for nic in item.nics):
        wanted = (nic.test_subnet if nic.test_network == key else "") or nic.target_subnet
        needs[wanted.lower() if wanted.lower() in names else "".join(names[:1])] += 1
    for subnet in network.subnets:
        need, free = needs[subnet.name.lower()], free_addresses(subnet)
        if need > free:
            yield f"subnet {subnet.name} of {network.name} has {free} addresses free; the copies take {need}"
