"""Is anything left in Azure of a drill that is over?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure import NetworkInterface
from drcheck.topology.azure_compute import AzureVm, ManagedDisk, ResourceGroup
from drcheck.topology.azure_targets import items_into, prove_all_told
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.subscriptions import azure_scope
from drcheck.verdict import Severity

EXPECTED = "nothing named as a test machine, but of machines whose test failover is under way"
Remain = AzureVm | NetworkInterface | ManagedDisk
TELLING: tuple[type[Remain], ...] = (AzureVm, NetworkInterface, ManagedDisk)


@check(
    "DR-CLN-002",
    "Nothing of a finished drill is left where machines are recovered",
    severity=Severity.HIGH,
    why=(
        "What a clean-up leaves behind costs money, holds an address and a name that the next failover wants, and may "
        "be a copy of production that nobody patches."
    ),
    source="Microsoft, Run a disaster recovery drill to Azure: clean up; names of test machines as recorded",
    remedy="Look at what is named, then delete it: az vm delete, az network nic delete, az disk delete --ids <id>.",
    controls=("NIST SP 800-53 CP-4", "ISO/IEC 27001:2022 A.8.31"),
)
def check_no_drill_remains(group: ResourceGroup, topology: Topology) -> Outcome:
    """Machines, adapters and disks named ``<target>-test`` after a protected item without a test failover.

    Not judged: security groups, public addresses and networks, whose names follow no rule, and what VMM made.
    """
    items = items_into(topology, group.key)
    found = [(one, item) for one in _remains(topology, group) if (item := _origin(one, items))]
    left = [one for one, item in found if _over(item)]
    if left:
        what = f"{', '.join(f'{one.SUBJECT} {one.name}' for one in left[:5])} ({len(left)} in all)"
        message = f"{group.name}: {what} left of a drill; allowed: {EXPECTED}"
        return failed(message, observed=what, expected=EXPECTED, facts=tuple(left))
    prove_all_told(topology)
    if not items:
        raise NotApplicable(f"no machine is recovered into {group.name}")
    for kind in TELLING:
        topology.require(kind, azure_scope(group.key))
    nameless = [item.name for item in items if not item.target.name]
    if nameless:
        raise Unknown(f"after what a test failover of {nameless[0]} names its machine was not told")
    silent = [item.name for _, item in found if not item.test_failover_state]
    if silent:
        raise Unknown(f"whether a test failover of {silent[0]} is under way was not told")
    what = f"{len(found)} remains, all of test failovers under way" if found else "nothing is named as a test machine"
    return passed(f"{group.name}: {what}", observed=what, expected=EXPECTED, facts=items)


def _over(item: ProtectedItem) -> bool:
    """Is no test failover of it under way? The state stays ``MarkedForDeletion`` for days after a clean-up has ended.

    The service offers a test failover again only when there is none.
    """
    waits = item.test_failover_state == "WaitingForCompletion" or "TestFailoverCleanup" in item.allowed_operations
    return item.test_failover_state == "None" or ("TestFailover" in item.allowed_operations and not waits)


def _remains(topology: Topology, group: ResourceGroup) -> Iterator[Remain]:
    for kind in TELLING:
        for one in topology.seen(kind):
            if one.key.startswith(f"{group.key}/"):
                yield one


def _origin(remain: Remain, items: tuple[ProtectedItem, ...]) -> ProtectedItem | None:
    """The item that something is named after; of names that end alike, the longest."""
    named = [
        item for item in items if item.target.name and f"{item.target.name}-test".lower() in remain.name.lower()
    ]  # fmt: skip
    return max(named, key=lambda item: len(item.target.name), default=None)
