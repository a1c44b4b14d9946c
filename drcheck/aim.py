"""Is a waiver about something that a check judges? Only who knows every check can tell; a check knows no other."""

import re
from collections.abc import Mapping
from fnmatch import translate

from msgspec.structs import replace

from drcheck.check import Check
from drcheck.policy import Policy
from drcheck.topology.base import Topology
from drcheck.topology.declared import DeclaredWaiver
from drcheck.verdict import Finding, Severity, Verdict

OURS = "DR-"
"""How the ids of shipped checks begin. A check of somebody's own may be in another folder than those of this run."""


def aimed(finding: Finding, topology: Topology, policy: Policy, known: Mapping[str, Check]) -> Finding:
    """What is to be said of a waiver, when nothing is wrong with it as such: its check, and that check's subjects.

    Args:
        finding: what a check of waivers said.
        topology: has the waiver, and the subjects.
        policy: for how long a critical failure may be accepted.
        known: every check of the run and every shipped one, by id.
    """
    waiver = topology.get(DeclaredWaiver, finding.subject.key)
    if waiver is None or finding.verdict is not Verdict.PASS:
        return finding
    check = known.get(waiver.check)
    if check is None:
        return _otherwise(finding, Verdict.FAIL, "there is no such check") if waiver.check.startswith(OURS) else finding
    days, most = (waiver.expiry - waiver.start).days, policy.waiver_max_days_critical
    if check.severity is Severity.CRITICAL and days > most:
        return _otherwise(
            finding, Verdict.FAIL, f"lasts {days} days; a critical failure is accepted for {most} at most"
        )
    covered = re.compile(translate(waiver.subject.lower())).match
    if any(covered(fact.key.lower()) for fact in topology.seen(check.subject)):
        return finding
    what = f"{waiver.check} judges no {check.subject.SUBJECT} with a key like {waiver.subject}"
    gaps = topology.missing(check.subject)
    if gaps:
        return _otherwise(finding, Verdict.UNKNOWN, f"{what}, as far as was read: {gaps[0].key}: {gaps[0].reason}")
    return _otherwise(finding, Verdict.FAIL, what)


def _otherwise(finding: Finding, verdict: Verdict, what: str) -> Finding:
    message = f"{finding.subject.key}: {what}; allowed: {finding.expected}"
    return replace(finding, verdict=verdict, observed=what, message=message)
