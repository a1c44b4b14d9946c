"""Does anybody mend what drills have shown?"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.drills import DrillIssue, DrillRecord, DrillReview, FollowUp
from drcheck.verdict import Severity


@check(
    "DR-DRL-005",
    "Every finding of a drill has an owner and a date, is in time, and was tried again before it was closed",
    severity=Severity.HIGH,
    why=(
        "A drill that fails and changes nothing was an expense. What nobody owns stays broken, and what was closed "
        "without another try may well be."
    ),
    source=(
        "NIST SP 800-53 Rev. 5, CP-4 c; ISO 22301:2019, 8.5 and 8.6; Delegated Regulation (EU) 2024/1774, Art. 25(5)"
    ),
    remedy=(
        "Write owner and date of each finding into drills/<id>.review.json (docs/drills.md); when it is mended, drill "
        "again and name that drill as its `retest`."
    ),
    controls=("NIST SP 800-53 CP-4", "NIST SP 800-53 CA-5", "ISO 22301 8.5", "DORA Art. 13"),
)
def check_findings_followed_up(drill: DrillRecord, topology: Topology, policy: Policy) -> Outcome:
    """Join what the record found with what people wrote about it. Critical ones are due 45 days after the drill.

    A finding may be critical until somebody says how bad it is.
    A retest counts when it has the same target, began later and succeeded. That it looked at the very same thing is
    taken from its success: a drill only succeeds with everything green.
    """
    topology.require(DrillReview)
    topology.require(DrillRecord)
    review = topology.get(DrillReview, drill.key)
    follow_ups = {one.id: one for one in review.follow_ups} if review else {}
    issues = {one.id: one for one in drill.issues}
    expected = f"an owner and a date for each, critical ones in {human(policy.critical_finding_within)}, all retested"
    faults = [
        fault
        for key in sorted({*issues, *follow_ups})
        for fault in _faults(drill, issues.get(key), follow_ups.get(key, FollowUp(id=key)), topology, policy)
    ]
    if drill.verdict != "PASS" and not issues and not follow_ups:
        faults.append("it failed, and no finding was written down")
    if faults:
        what = "; ".join(faults)
        facts = (review,) if review else ()
        return failed(f"{drill.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=facts)
    if review is None or not follow_ups:
        raise NotApplicable(f"{drill.name} ended well and found nothing")
    _rated(drill, issues, follow_ups, policy)
    open_ones = sum(one.closed is None for one in follow_ups.values())
    what = f"{len(follow_ups) - open_ones} findings closed and retested, {open_ones} in time"
    return passed(f"{drill.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(review,))


def _faults(
    drill: DrillRecord, issue: DrillIssue | None, follow_up: FollowUp, topology: Topology, policy: Policy
) -> Iterator[str]:
    name = follow_up.id
    if not follow_up.owner.strip():
        yield f"{name} has no owner"
    if follow_up.closed is not None:
        yield from _retest_faults(drill, follow_up, topology)
        return
    if follow_up.due is None:
        yield f"{name} has no date"
        return
    if follow_up.due < topology.as_of.date():
        yield f"{name} was due on {follow_up.due}"
    latest = _latest(drill, policy)
    if _severity(issue, follow_up) == "critical" and follow_up.due > latest:
        yield f"{name} is critical and due only on {follow_up.due}"


def _latest(drill: DrillRecord, policy: Policy) -> date:
    """Until when a critical finding has to be mended."""
    return (drill.finished + timedelta(seconds=policy.critical_finding_within)).date()


def _rated(
    drill: DrillRecord, issues: Mapping[str, DrillIssue], follow_ups: Mapping[str, FollowUp], policy: Policy
) -> None:
    """Raise ``Unknown`` when something is due too late for a critical finding, and nobody tells how bad it is."""
    for key, one in sorted(follow_ups.items()):
        late = one.closed is None and one.due is not None and one.due > _latest(drill, policy)
        if late and not _severity(issues.get(key), one):
            raise Unknown(f"{drill.name}: nobody tells whether {key}, which is due on {one.due}, is critical")


def _severity(issue: DrillIssue | None, follow_up: FollowUp) -> str:
    return (follow_up.severity.strip() or (issue.severity if issue else "")).lower()


def _retest_faults(drill: DrillRecord, follow_up: FollowUp, topology: Topology) -> Iterator[str]:
    retest = topology.get(DrillRecord, follow_up.retest) if follow_up.retest else None
    if retest is None:
        yield f"{follow_up.id} was closed, and {follow_up.retest or 'no drill'} shows that it was tried again"
    elif retest.target != drill.target or retest.started <= drill.finished:
        yield f"{follow_up.id} was closed by {retest.name}, which is no later drill of the same target"
    elif not retest.succeeded:
        yield f"{follow_up.id} was closed by {retest.name}, which failed"
