"""Would an auditor take the record of a drill for evidence?"""

from collections.abc import Iterator
from datetime import timedelta

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.drills import SECTIONS, DrillRecord, DrillReview
from drcheck.topology.rehearsals import TEST_FAILOVERS, executors_of
from drcheck.verdict import Severity

AHEAD = timedelta(days=1)
"""Somewhere it is tomorrow already."""


@check(
    "DR-DRL-007",
    "The record of a drill is complete, unaltered, and signed by somebody who did not hold it",
    severity=Severity.HIGH,
    why=(
        "Thin records fail audits: no times, no people, no version of the plan. One that could have been altered, or "
        "that only its author has seen, proves no more."
    ),
    source=(
        "NIST SP 800-53A Rev. 5, CP-4; ISO 22301:2019, 8.5 e); Delegated Regulation (EU) 2024/1774, Art. 25 and 26; "
        "HIPAA 45 CFR 164.316"
    ),
    remedy=(
        "Have somebody else read the record and write drills/<id>.review.json with the record's SHA-256, name and date "
        "(docs/drills.md); hold the drill again where the record lacks what nobody can add now."
    ),
    controls=("NIST SP 800-53 CP-4", "ISO 22301 8.5", "SOC 2 A1.3", "DORA Art. 11(6)"),
)
def check_evidence_complete(drill: DrillRecord, topology: Topology, policy: Policy) -> Outcome:
    """Look for what every framework asks for, at the chain of records, and at the review.

    Judged while a record is young enough to prove something. Of a test failover the record must have every section;
    what people wrote into one (whether a change really approved it, say) is not judged. Of a signature that a record
    promises it is only seen whether it is there; ``drcheck drill verify`` checks it.
    """
    age = age_of(topology, drill.finished, drill.seen.endpoint, policy.clock_skew_max)
    if age.exceeds(policy.scenario_interval):
        raise NotApplicable(f"{drill.name} was held {human(age.seconds)} ago, too long to prove anything now")
    topology.require(DrillReview)
    topology.require(DrillRecord)
    review = topology.get(DrillReview, drill.key)
    expected = f"every field, an unbroken chain, and another person's signature in {human(policy.review_within)}"
    faults = [f"it does not tell {what}" for what in _lacking(drill)]
    faults += ["the signature that it promises is gone"] if drill.signature_gone else []
    faults += [*_chain_faults(topology, drill), *_review_faults(topology, drill, review, policy)]
    facts = (review,) if review else ()
    unsigned = review is None or review.reviewed is None
    if unsigned and age.exceeds(policy.review_within):
        faults.append(f"nobody has signed it in {human(age.seconds)}")
    if faults:
        what = "; ".join(faults)
        return failed(f"{drill.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=facts)
    if drill.sections is None and drill.drill_kind in TEST_FAILOVERS:
        raise Unknown(f"{drill.name} was read by a drcheck that did not look for the sections of its record")
    if unsigned:
        what = f"nobody has signed it yet, {human(age.seconds)} after it ended"
        return warned(f"{drill.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=facts)
    what = f"complete, and signed by {review.reviewer if review else ''}"
    return passed(f"{drill.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=facts)


def _lacking(drill: DrillRecord) -> Iterator[str]:
    good, plan = drill.verdict == "PASS", drill.drill_kind == "recovery-plan"
    held = good or bool(drill.probes)
    needed = {
        "which machines took part": not drill.vm_ids,
        "who held it": not drill.executors,
        "with which version": not drill.version,
        "how the time was spent": held and not drill.phases,
        "what was probed": drill.probes is None,
        "what was measured": good and not (drill.figure("rto") and drill.figure("rpo")),
        "whether it was isolated": drill.drill_kind in TEST_FAILOVERS and drill.isolated is None,
        "what the plan was": plan and held and drill.plan is None,
    }
    yield from (what for what, lacking in needed.items() if lacking)
    if drill.sections is not None and drill.drill_kind in TEST_FAILOVERS:
        yield from (what for name, what in SECTIONS.items() if name not in drill.sections)


def _chain_faults(topology: Topology, drill: DrillRecord) -> Iterator[str]:
    if not drill.previous:
        return
    before = topology.get(DrillRecord, drill.previous)
    if before is None:
        yield f"the record before it, {drill.previous}, is gone"
    elif before.sha256 != drill.previous_sha256:
        yield f"the record before it, {drill.previous}, was altered"


def _review_faults(topology: Topology, drill: DrillRecord, review: DrillReview | None, policy: Policy) -> Iterator[str]:
    if review is None or review.reviewed is None:
        return
    if not review.reviewer.strip():
        yield "its review names nobody"
    if review.reviewer.strip().lower() in {one.strip().lower() for one in executors_of(topology, drill)}:
        yield f"{review.reviewer} held it and signed it"
    if not review.record_sha256 or review.record_sha256.lower() != drill.sha256:
        yield "it is not the record that was signed"
    if review.reviewed > (topology.as_of + AHEAD).date():
        yield f"it is signed with the date {review.reviewed}, which is yet to come"
    if review.reviewed < drill.finished.date():
        yield f"it was signed on {review.reviewed}, before it ended"
    days = (review.reviewed - drill.finished.date()).days
    if days > policy.review_within / 86400:
        yield f"it was signed {days} d after it ended"
