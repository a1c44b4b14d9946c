"""Is a recovery plan still the one that was drilled?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.drills import DrillRecord, PlanState
from drcheck.topology.membership import application_of
from drcheck.topology.plan_state import plan_state
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.verdict import Severity

EXPECTED = "the groups, actions and networks of its newest successful drill"


@check(
    "DR-PLN-009",
    "A recovery plan is unchanged since its last successful drill",
    severity=Severity.HIGH,
    why=(
        "A drill proves the plan it ran. Whatever was added, moved or rewired since then has never been tried, and "
        "Site Recovery goes on calling the plan tested."
    ),
    source="ISO 22301:2019, 8.5 g) and 8.6; Regulation (EU) 2022/2554 (DORA), Art. 11(6)(a)",
    remedy="Drill the plan as it is now: `drcheck drill`, with the plan under `drills` in estate.yaml.",
    controls=("NIST SP 800-53 CP-4", "ISO 22301 8.5", "ISO 22301 8.6", "DORA Art. 11(6)"),
)
def check_plan_as_drilled(plan: RecoveryPlan, topology: Topology, policy: Policy) -> Outcome:
    """Compare digests of groups, actions and adapters' networks with those that the newest good record holds.

    A rehearsal that went through the plan is a drill of it. No service tells when a plan was changed. A drill of long
    ago may have been out of date for as long, so a change since then is a failure, and for tier 1 and above every
    change is; a change since a recent drill is a warning.
    """
    topology.require(DrillRecord)
    records = [one for one in _drills_of(topology, plan) if one.succeeded]
    if not records:
        raise NotApplicable(f"{plan.name} was never drilled with success, which DR-DRL-001 judges")
    newest = max(records, key=lambda one: (one.started, one.key))
    drilled = newest.plan_state(plan.key)
    if drilled is None:
        raise Unknown(f"{plan.name}: the record of {newest.name} does not tell what the plan was")
    changed = list(_changed(plan_state(topology, plan), drilled))
    age = age_of(topology, newest.finished, newest.seen.endpoint, policy.clock_skew_max)
    since = f"{newest.name} {human(age.seconds)} ago"
    if not changed:
        what = f"as it was in {since}"
        return passed(
            f"{plan.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(newest,), tested=True
        )
    members = "; ".join(_members(topology, plan, newest))
    what = f"{', '.join(changed)} changed since {since}{f' ({members})' if members else ''}"
    judge = failed if _demanding(topology, plan, policy) or age.exceeds(policy.change_drilled_within) else warned
    return judge(f"{plan.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(newest,))


def _drills_of(topology: Topology, plan: RecoveryPlan) -> tuple[DrillRecord, ...]:
    """Those that went through it by their records, rehearsals included; those of it alone may not tell so."""
    by_plan = topology.memo("drills by plan", lambda: _by_plan(topology))
    return (*topology.where(DrillRecord, "target", plan.key), *by_plan.get(plan.key, ()))


def _by_plan(topology: Topology) -> dict[str, list[DrillRecord]]:
    found: dict[str, list[DrillRecord]] = {}
    for record in topology.seen(DrillRecord):
        for plan in record.plans:
            found.setdefault(plan.key, []).append(record)
    return found


def _changed(now: PlanState, then: PlanState) -> Iterator[str]:
    if now.groups != then.groups:
        yield "groups"
    if now.actions != then.actions:
        yield "actions"
    if now.networks != then.networks:
        yield "networks of its machines"


def _items(topology: Topology, plan: RecoveryPlan) -> list[ProtectedItem]:
    return [item for key in sorted(plan.items) if (item := topology.get(ProtectedItem, key)) is not None]


def _members(topology: Topology, plan: RecoveryPlan, record: DrillRecord) -> Iterator[str]:
    """Machines that joined or left; a rehearsal has others besides, so that nobody can tell which of them left."""
    now = {item.vm_id: item.name for item in _items(topology, plan) if item.vm_id}
    joined = sorted(name for vm_id, name in now.items() if vm_id not in record.vm_ids)
    left = len(set(record.vm_ids) - now.keys()) if record.target == plan.key else 0
    if joined:
        yield f"{', '.join(joined)} joined"
    if left:
        yield f"{left} machines left"


def _demanding(topology: Topology, plan: RecoveryPlan, policy: Policy) -> bool:
    """Does the plan bring back anything of tier 1 or above?"""
    owners = (application_of(topology, item.vm_id, item.name) for item in _items(topology, plan))
    return any((owner.tier if owner else policy.default_tier) <= 1 for owner in owners)
