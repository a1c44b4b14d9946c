"""Does the subscription allow everything that a failover, with a drill beside it, would create?"""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy
from drcheck.topology.azure_compute import Quota, VmSize
from drcheck.topology.azure_targets import (
    INTERFACES,
    MACHINES,
    prove_adapters_told,
    prove_all_told,
    quota_use,
    size_of,
    waiting,
)
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan, Vault
from drcheck.topology.sites import site_of
from drcheck.topology.subscriptions import azure_scope
from drcheck.topology.vmm import VmmVm
from drcheck.verdict import Severity

UNLIMITED = -1
Place = tuple[str, str]
"""What has quotas of its own: a region in a subscription."""


@check(
    "DR-ASR-006",
    "Quotas leave room for a full failover and a drill beside it",
    severity=Severity.HIGH,
    why=(
        "Azure counts vCPUs by family of sizes. When the quota is used up the remaining machines are not created, in "
        "the middle of the failover, and raising it takes a request."
    ),
    source="Microsoft, Virtual machine vCPU quotas; Compute and Network resource providers, Usages - List",
    remedy=(
        "Request more in Azure portal > Quotas for the region and family that are named; reserve capacity for what "
        "must come up first."
    ),
    controls=("NIST SP 800-53 CP-2(2)", "ISO/IEC 27001:2022 A.8.6", "DORA Art. 7"),
)
def check_quota_suffices(quota: Quota, topology: Topology, policy: Policy) -> Outcome:
    """Add up what the loss of the largest site would bring into this region, and the largest recovery plan once more.

    Sites are asked for only where the loss of all of them at once would not fit. A machine that runs in Azure already
    counts as used.
    """
    place = _place(quota.location, quota.key)
    items = topology.memo("waiting by place", lambda: _by_place(topology)).get(place, ())
    drills = topology.memo("drills by place", lambda: _drills(topology)).get(place, Counter())
    everything = topology.memo(("wanted at", place), lambda: quota_use(topology, items))
    needed, drill = everything[quota.name.lower()], drills[quota.name.lower()]
    free = quota.limit - quota.used
    what = f"{quota.used} of {quota.limit} {quota.name} are used in {quota.location}, so {free} are free"
    wanted, expected = _wanted(needed, drill, policy)
    short = quota.limit != UNLIMITED and free < wanted
    if short and needed:
        needed, unplaced = _largest_loss(topology, items, quota)
        wanted, expected = _wanted(needed, drill, policy)
        if free < wanted:
            return failed(f"{what}; allowed: {expected}", observed=what, expected=expected, facts=items)
        if unplaced is not None:
            raise unplaced
    _must_be_known(topology, items, quota, place)
    if not needed:
        raise NotApplicable(f"no machine that would be recovered counts against {quota.name} in {quota.location}")
    if quota.limit == UNLIMITED:
        what = f"{quota.name} has no limit in {quota.location}"
    return passed(f"{what}; {expected}", observed=what, expected=expected, facts=items)


def _wanted(needed: int, drill: int, policy: Policy) -> tuple[int, str]:
    """How much must be free, and why."""
    wanted = ceil((needed + drill) * (1 + policy.quota_headroom_percent / 100))
    return wanted, (
        f"{wanted} free: {needed} for a failover, {drill} for the largest drill, {policy.quota_headroom_percent:g} %"
    )


def _count(topology: Topology, items: Iterable[ProtectedItem], quota: Quota) -> int:
    return quota_use(topology, items)[quota.name.lower()]


def _largest_loss(topology: Topology, items: Iterable[ProtectedItem], quota: Quota) -> tuple[int, Unknown | None]:
    """What the machines of the largest site need, and why some machine's site is unknown."""
    sites: dict[str, list[ProtectedItem]] = {}
    unplaced: Unknown | None = None
    for item in items:
        machine = topology.get(VmmVm, item.vm_id)
        if machine is None:
            unplaced = Unknown(f"on which host {item.name} is was not told")
            continue
        try:
            sites.setdefault(site_of(topology, machine.host).key, []).append(item)
        except Unknown as unknown:
            unplaced = unknown
    return max((_count(topology, held, quota) for held in sites.values()), default=0), unplaced


def _place(region: str, within: str) -> Place:
    return region.lower(), azure_scope(within)


def _by_place(topology: Topology) -> dict[Place, tuple[ProtectedItem, ...]]:
    """Machines come up in their vault's region, in the subscription of their resource group."""
    places: dict[Place, list[ProtectedItem]] = {}
    for item in topology.seen(ProtectedItem):
        vault = topology.get(Vault, item.vault)
        if vault is not None and waiting(item):
            places.setdefault(_place(vault.location, item.target.resource_group), []).append(item)
    return {place: tuple(items) for place, items in places.items()}


def _drills(topology: Topology) -> dict[Place, Counter[str]]:
    """What the largest drill at each place counts against each quota there."""
    places = topology.memo("waiting by place", lambda: _by_place(topology))
    here = {item.key: (place, item) for place, items in places.items() for item in items}
    drills: dict[Place, Counter[str]] = {place: Counter() for place in places}
    for plan in topology.seen(RecoveryPlan):
        parts: dict[Place, list[ProtectedItem]] = {}
        for place, item in (here[key] for key in plan.items if key in here):
            parts.setdefault(place, []).append(item)
        for place, items in parts.items():
            drills[place] |= quota_use(topology, items)
    return drills


def _must_be_known(topology: Topology, items: Sequence[ProtectedItem], quota: Quota, place: Place) -> None:
    topology.require(Vault)
    prove_all_told(topology)
    hollow = [plan.name for plan in topology.all(RecoveryPlan) if not plan.groups]
    if hollow:
        raise Unknown(f"the recovery plan {hollow[0]} was read without its groups")
    if quota.name.lower() == INTERFACES:
        prove_adapters_told(items)
    if quota.provider == "Microsoft.Network" or quota.name.lower() == MACHINES:
        return
    hidden = topology.memo(("first without vCPUs at", place), lambda: _first_without_cores(topology, items))
    if hidden is None:
        return
    size = size_of(topology, hidden)
    if size is None:
        topology.require(VmSize, azure_scope(hidden.target.resource_group))
        raise Unknown(_sizeless(hidden))
    raise Unknown(f"how many vCPUs {size.name} has, or of which family it is, was not told")


def _first_without_cores(topology: Topology, items: Sequence[ProtectedItem]) -> ProtectedItem | None:
    """The first machine of a place of which nobody can say which vCPUs it takes; the same for all its quotas."""
    sized = ((item, size_of(topology, item)) for item in items)
    return next((item for item, size in sized if size is None or size.vcpus is None or not size.family), None)


def _sizeless(item: ProtectedItem) -> str:
    """Why nobody can say how many vCPUs an item takes, and who judges that."""
    if item.target.size:
        return f"the size {item.target.size} of {item.name} is not offered; see DR-CAP-101"
    return f"no size is chosen for {item.name}; see DR-ASR-005"
