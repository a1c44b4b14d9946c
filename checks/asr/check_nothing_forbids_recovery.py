"""Would a lock or a deny assignment stop machines from being created, or drills from being cleaned up?"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure_compute import ResourceGroup
from drcheck.topology.azure_governance import DenyAssignment, Lock, PolicyAssignment, PolicyRule
from drcheck.topology.azure_targets import items_into, prove_all_told
from drcheck.topology.base import Fact, Topology
from drcheck.topology.subscriptions import azure_scope
from drcheck.verdict import Severity

EXPECTED = "no lock, and no deny assignment against creating or deleting machines, disks and adapters"
EVERYBODY = "00000000-0000-0000-0000-000000000000"
NEEDED = (
    "microsoft.compute/virtualmachines/write", "microsoft.compute/virtualmachines/delete",
    "microsoft.compute/disks/write", "microsoft.compute/disks/delete",
    "microsoft.network/networkinterfaces/write", "microsoft.network/networkinterfaces/delete",
)  # fmt: skip


@check(
    "DR-ASR-007",
    "Nothing forbids to create or clean up machines where they are recovered",
    severity=Severity.HIGH,
    why=(
        "A lock that protects an empty group from people stops Site Recovery too: nothing is created under ReadOnly, "
        "and what a drill made stays for ever under CanNotDelete."
    ),
    source="Microsoft, Lock your resources to protect your infrastructure; Understand Azure deny assignments",
    remedy=(
        "az lock delete --ids <the lock>, or recover into a resource group outside its scope; take the group out of "
        "the deny assignment."
    ),
    controls=("NIST SP 800-53 CP-7(4)", "NIST SP 800-53 CP-10"),
)
def check_nothing_forbids_recovery(group: ResourceGroup, topology: Topology) -> Outcome:
    """Locks and deny assignments at the group or its subscription.

    Not judged: whether a policy would deny a machine, which only a validation could tell and a run that reads does
    not ask for (policies that can deny are named).
    """
    items = items_into(topology, group.key)
    denials = list(_denials(topology, group))
    faults = list(_locks(topology, group))
    faults += [
        f"the deny assignment {denial.name} forbids {', '.join(stopped)}"
        for denial, stopped in denials
        if _for_all(denial)
    ]
    if items and faults:
        what = "; ".join(faults)
        message = f"{group.name}, where {len(items)} machines are recovered: {what}; allowed: {EXPECTED}"
        return failed(message, observed=what, expected=EXPECTED)
    prove_all_told(topology)
    if not items:
        raise NotApplicable(f"no machine is recovered into {group.name}")
    for kind in (Lock, DenyAssignment, PolicyAssignment, PolicyRule):
        topology.require(kind, azure_scope(group.key))
    if denials:
        raise Unknown(f"whether the deny assignment {denials[0][0].name} holds for Site Recovery cannot be told")
    silent = [lock.name for lock in topology.seen(Lock) if _holds(lock.scope, group)]
    if silent:
        raise Unknown(f"what the lock {silent[0]} forbids was not told")
    able = sorted(set(_policies(topology, group)))
    what = "no lock and no deny assignment"
    what += f"; policies that can deny and were not tried: {', '.join(able)}" if able else " and no policy that denies"
    facts: tuple[Fact, ...] = tuple(items)
    return passed(f"{group.name}: {what}", observed=what, expected=EXPECTED, facts=facts)


def _holds(scope: str, group: ResourceGroup) -> bool:
    """Does what is set at a scope hold for a whole group? What is set below it holds for single resources only."""
    return not scope.strip("/") or group.key == scope or group.key.startswith(f"{scope}/")


def _above(scope: str, group: ResourceGroup) -> bool:
    return _holds(scope, group) or scope.startswith("/providers/microsoft.management/managementgroups/")


def _locks(topology: Topology, group: ResourceGroup) -> Iterator[str]:
    for lock in topology.seen(Lock):
        if lock.level and _holds(lock.scope, group):
            yield f"the lock {lock.name} is {lock.level}"


def _denials(topology: Topology, group: ResourceGroup) -> Iterator[tuple[DenyAssignment, list[str]]]:
    for denial in topology.seen(DenyAssignment):
        stopped = [need for need in NEEDED if _hit(need, denial.actions) and not _hit(need, denial.not_actions)]
        if stopped and _above(denial.scope, group):
            yield denial, stopped


def _for_all(denial: DenyAssignment) -> bool:
    """Everybody without exception? Which identity Site Recovery creates machines with is told by nobody."""
    return EVERYBODY in denial.principals and not denial.excluded


def _hit(action: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(action, pattern.lower()) for pattern in patterns)


def _policies(topology: Topology, group: ResourceGroup) -> Iterator[str]:
    for assignment in topology.seen(PolicyAssignment):
        if not assignment.enforced or not _above(assignment.scope, group):
            continue
        if any(_holds(scope, group) for scope in assignment.excluded):
            continue
        for rule in topology.where(PolicyRule, "assignment", assignment.key):
            if rule.effect in ("deny", "denyaction", ""):
                yield f"{rule.name} ({assignment.name})"
