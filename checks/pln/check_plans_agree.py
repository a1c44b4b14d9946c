"""Do two recovery plans that name the same machines bring them back in the same order?"""

from collections.abc import Iterator
from itertools import combinations

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.plan_state import require_groups
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.topology.workload import plans_of
from drcheck.verdict import Severity

EXPECTED = "one order in every plan that names the same machines"


@check(
    "DR-PLN-101",
    "Plans that share machines do not contradict each other's order",
    severity=Severity.MEDIUM,
    why=(
        "A machine may be in several plans. When two of them bring two machines back in opposite order, at most one "
        "is right, and whoever has to choose under pressure cannot tell which."
    ),
    source="Microsoft, About recovery plans (Azure Site Recovery)",
    remedy="Vault > Recovery Plans > Customize: give the shared machines one order, or take them out of one plan.",
    controls=("NIST SP 800-53 CP-2", "DORA Art. 11(3)"),
)
def check_plans_agree(plan: RecoveryPlan, topology: Topology) -> Outcome:
    """Compare the order of every pair of shared machines with each other plan's."""
    sharing = {other.key for item in plan.items for other in plans_of(topology, item)} - {plan.key}
    others = [other for other in topology.seen(RecoveryPlan) if other.key in sharing]
    found = [text for other in others for text in _contradictions(plan, other, topology)]
    if found:
        what = "; ".join(found)
        return failed(
            f"{plan.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=tuple(others)
        )
    require_groups(topology)
    if not others:
        raise NotApplicable(f"{plan.name} shares no machine with another plan")
    what = f"agrees with {', '.join(other.name for other in others)}"
    return passed(f"{plan.name} {what}", observed=what, expected=EXPECTED, facts=tuple(others))


def _contradictions(plan: RecoveryPlan, other: RecoveryPlan, topology: Topology) -> Iterator[str]:
    mine, theirs = _places(plan), _places(other)
    shared = sorted(plan.items & other.items)
    for left, right in combinations(shared, 2):
        if (mine[left] - mine[right]) * (theirs[left] - theirs[right]) < 0:
            first, second = sorted((left, right), key=lambda key: mine[key])
            yield f"{_name(first, topology)} before {_name(second, topology)}, in {other.name} after it"


def _places(plan: RecoveryPlan) -> dict[str, int]:
    return {item: number for number, group in enumerate(plan.groups) for item in group.items}


def _name(key: str, topology: Topology) -> str:
    item = topology.get(ProtectedItem, key)
    return item.name if item else key.rpartition("/")[2]
