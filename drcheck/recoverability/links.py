"""Which findings stand in the way of a recovery, and which of them decides?"""

from collections.abc import Iterable, Iterator, Sequence

from drcheck.verdict import Finding, Link, Severity, Verdict

MOST = 20
"""Links that are kept; the findings have them all."""
GRAVE = (Severity.CRITICAL, Severity.HIGH)
ORDER = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.WAIVED)
ANSWERS = {Verdict.FAIL: "not recoverable", Verdict.UNKNOWN: "unknown", Verdict.WAIVED: "at an accepted risk"}
NOT_JUDGED = "nothing about it was seen to be good"
ONLY_PART = "only a selection was judged"
ELSEWHERE = ("DR-DRL-", "DR-CLN-", "DR-GOV-", "DR-NET-003", "DR-NET-004")
"""Checks on rehearsals, what they leave and what is written down, which stand in nobody's way."""


def grave(findings: Iterable[Finding]) -> Iterator[Finding]:
    """What is critical or high and not good, the worst first."""
    wrong = [one for one in findings if one.verdict in ORDER and one.severity in GRAVE]
    yield from sorted(wrong, key=lambda one: (ORDER.index(one.verdict), GRAVE.index(one.severity), one.check))


def link(finding: Finding) -> Link:
    """A finding as something that stands in the way."""
    return Link(check=finding.check, verdict=finding.verdict, subject=finding.subject.name, message=finding.message)


def concluded(name: str, found: Sequence[Link], *, proven: bool, everything: bool) -> tuple[str, list[Link]]:
    """The answer, and the links with those that decide it first.

    Args:
        name: what is asked about.
        found: what stands in the way, in the order of the recovery.
        proven: something about it was seen to be good.
        everything: nothing was left out by a selection.
    """
    links = list(found)
    worst = min((ORDER.index(one.verdict) for one in links), default=len(ORDER))
    if not (proven and everything) and worst > ORDER.index(Verdict.UNKNOWN):
        reason = NOT_JUDGED if everything else ONLY_PART
        links.insert(0, Link(check="", verdict=Verdict.UNKNOWN, subject=name, message=reason))
        worst = ORDER.index(Verdict.UNKNOWN)
    if worst == len(ORDER):
        return "recoverable", links
    return ANSWERS[ORDER[worst]], sorted(links, key=lambda one: one.verdict is not ORDER[worst])
