"""Could every machine that a recovery plan names be failed over today?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.verdict import Severity

EXPECTED = "every member is a protected item in state Protected and not in critical health"


@check(
    "DR-PLN-003",
    "Every member of a recovery plan exists and is fit to be failed over",
    severity=Severity.CRITICAL,
    why=(
        "Plans outlive their machines. A member whose protection was taken away, or that never finished its first "
        "replication, stops the group it stands in, and with it everything that comes after."
    ),
    source="Microsoft, About recovery plans (Azure Site Recovery); Site Recovery REST API, replication recovery plans",
    remedy=(
        "Vault > Recovery Plans > Customize: remove what is gone; repair the replication of the rest "
        "(vault > Replicated items > the machine > Error details)."
    ),
    controls=("NIST SP 800-53 CP-2", "NIST SP 800-53 CP-4", "ISO 22301 8.6"),
)
def check_members_usable(plan: RecoveryPlan, topology: Topology) -> Outcome:
    """Follow each id of each group to its protected item."""
    if not plan.groups:
        raise Unknown(f"{plan.name} was read without its groups; only the plan's own GET has them")
    if not plan.items:
        raise NotApplicable(f"{plan.name} has no members")
    seen = {key: topology.get(ProtectedItem, key) for key in sorted(plan.items)}
    items = tuple(item for item in seen.values() if item is not None)
    faults = [fault for item in items for fault in _faults(item)]
    absent = [key for key, item in seen.items() if item is None]
    if absent and not faults:
        topology.require(ProtectedItem)
    faults += [f"{key.rpartition('/')[2]} is no protected item of any vault that was read" for key in absent]
    if faults:
        what = "; ".join(faults)
        return failed(f"{plan.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=items)
    silent = [item.name for item in items if item.replication_health in ("", "None")]
    if silent:
        raise Unknown(f"{plan.name}: the health of {', '.join(silent)} was not told")
    what = f"{len(items)} members, all fit"
    return passed(f"{plan.name}: {what}", observed=what, expected=EXPECTED, facts=items)


def _faults(item: ProtectedItem) -> Iterator[str]:
    if item.protection_state != "Protected":
        yield f"{item.name} is in state {item.protection_state or 'unknown'} ({item.state_description or 'no word'})"
    if item.replication_health == "Critical":
        yield f"{item.name} is in critical health"
