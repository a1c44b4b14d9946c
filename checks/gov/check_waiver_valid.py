"""Is what somebody accepted still accepted, by the right person, and about anything at all?"""

import re
from collections.abc import Iterator
from fnmatch import translate

from drcheck.check import Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy
from drcheck.topology.base import Topology
from drcheck.topology.copies import Copy
from drcheck.topology.declared import DeclaredWaiver
from drcheck.topology.directory import AdDomain, RecoveryName
from drcheck.topology.discovered import DiscoveryRun
from drcheck.topology.products import InstalledProduct
from drcheck.topology.reconciliation import Reconciled
from drcheck.topology.sites import Located
from drcheck.topology.tls import TlsMachine
from drcheck.verdict import Severity

DERIVED = (Located, Reconciled, AdDomain, RecoveryName, InstalledProduct, Copy, TlsMachine, DiscoveryRun)
"""Subjects that follow from facts."""


@check(
    "DR-GOV-002",
    "Every waiver is in force, limited, compensated, approved by somebody else, and about something",
    severity=Severity.MEDIUM,
    why=(
        "A waiver that is renewed without end, or that nobody but its owner signed, hides a risk instead of carrying "
        "it. One that covers nothing any more will cover the wrong thing one day."
    ),
    source="NIST SP 800-53 Rev. 5, CA-5 and PM-4 (plan of action and milestones)",
    remedy=(
        "Renew it in the waivers file with a new date, compensation and another person's approval, or remove it; "
        "`drcheck check` shows the keys that `subject` has to match."
    ),
    controls=("NIST SP 800-53 CA-5", "NIST SP 800-53 PM-4", "ISO/IEC 27001:2022 A.5.36"),
)
def check_waiver_valid(waiver: DeclaredWaiver, topology: Topology, policy: Policy) -> Outcome:
    """Read the waiver against the day of discovery, and look for a subject with a key that it covers.

    A run, which knows every check, adds whether there is the one that it names, whether that judges such a subject,
    and the shorter limit for critical ones.
    """
    days = policy.waiver_max_days
    expected = f"filled in, at most {days} days long, not over, approver and owner two people, a subject that exists"
    faults = [*_written(waiver), *_dated(waiver, topology, days)]
    if not faults and not _matches(waiver, topology):
        _require_everything(waiver, topology)
        faults = [f"no subject's key is like {waiver.subject}"]
    if faults:
        what = "; ".join(faults)
        return failed(f"{waiver.key}: {what}; allowed: {expected}", observed=what, expected=expected)
    what = f"{waiver.check} on {waiver.subject} until {waiver.expiry}, approved by {waiver.approver}"
    return passed(f"{waiver.key}: {what}; allowed: {expected}", observed=what, expected=expected)


def _written(waiver: DeclaredWaiver) -> Iterator[str]:
    fields = ("reason", "risk", "owner", "approver", "ticket", "compensation")
    lacking = [name for name in fields if not getattr(waiver, name).strip()]
    if lacking:
        yield f"without {', '.join(lacking)}"
    if waiver.owner.strip().lower() == waiver.approver.strip().lower():
        yield f"{waiver.owner} approved it for themselves"


def _dated(waiver: DeclaredWaiver, topology: Topology, days: int) -> Iterator[str]:
    today = topology.as_of.date()
    if waiver.expiry < waiver.start:
        yield f"ends on {waiver.expiry}, before it starts"
    elif waiver.expiry < today:
        yield f"expired on {waiver.expiry}"
    if (waiver.expiry - waiver.start).days > days:
        yield f"lasts {(waiver.expiry - waiver.start).days} days"


def _matches(waiver: DeclaredWaiver, topology: Topology) -> bool:
    return waiver.subject.lower() in topology.memo("subjects of waivers that exist", lambda: _existing(topology))


def _existing(topology: Topology) -> set[str]:
    """Which subjects of waivers are like a key of what was read, or of what follows from it."""
    wanted = {waiver.subject.lower() for waiver in topology.seen(DeclaredWaiver)}
    found = wanted.intersection(_keys(topology))
    return found | {one for one in wanted - found if any(map(re.compile(translate(one)).match, _keys(topology)))}


def _keys(topology: Topology) -> Iterator[str]:
    """Not kept: those of a large estate would take a fifth of the memory of all its facts."""
    derived = (fact for kind in DERIVED for fact in topology.seen(kind))
    return (fact.key.lower() for facts in (topology.facts, derived) for fact in facts)


def _require_everything(waiver: DeclaredWaiver, topology: Topology) -> None:
    """Anything unread may be what the waiver is about."""
    if topology.gaps:
        raise Unknown(
            f"{waiver.key}: nothing seen is like {waiver.subject}, but {len(topology.gaps)} answers are missing, the "
            f"first {topology.gaps[0].key}",
            topology.gaps[:1],
        )
