"""Is there a kit to begin a recovery with when nothing else is left, and did somebody look into it lately?"""

from collections.abc import Iterator

from drcheck.check import Outcome, check, failed, passed
from drcheck.policy import DAY, Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.declared import Site
from drcheck.topology.prepared import KitPart, RecoveryKit
from drcheck.verdict import Severity

PARTS = ("runbook", "contacts", "keys", "media")


@check(
    "DR-GOV-102",
    "The offline recovery kit is complete, away from the primary site, and was looked through lately",
    severity=Severity.MEDIUM,
    why=(
        "The runbook in the wiki, the numbers in the mailbox and the keys in the directory are gone with the site that "
        "they were meant to bring back."
    ),
    source="NIST SP 800-34 Rev. 1, 3.4.5 and 4.4 (contact lists, plans and media kept off site)",
    remedy=(
        "Print or export what is missing, put a copy at the recovery site, look through the whole kit, and write the "
        "date under recovery_kit in estate.yaml."
    ),
    controls=("NIST SP 800-53 CP-2", "NIST SP 800-53 CP-9", "ISO/IEC 27001:2022 A.5.29"),
)
def check_recovery_kit_ready(kit: RecoveryKit, topology: Topology, policy: Policy) -> Outcome:
    """Runbook, contacts, keys and media, as declared; whether the papers are right only a person can tell."""
    primary = {site.name for site in topology.all(Site) if site.role == "primary"}
    oldest = policy.recovery_kit_max_age
    expected = f"{', '.join(PARTS)}, none at the primary site only, each looked through within {human(oldest)}"
    known = {part.name for part in kit.parts}
    faults = [f"no {name}" for name in PARTS if name not in known]
    for part in kit.parts:
        faults += _faults(part, topology, primary, oldest)
    what = "; ".join(faults) or f"{', '.join(sorted(known))} are there"
    judge = failed if faults else passed
    return judge(f"the recovery kit: {what}; allowed: {expected}", observed=what, expected=expected)


def _faults(part: KitPart, topology: Topology, primary: set[str], oldest: int) -> Iterator[str]:
    if set(part.kept_at) <= primary:
        yield f"the {part.name} at {' and '.join(part.kept_at)} only"
    if part.reviewed is None:
        yield f"the {part.name} never looked through"
    else:
        age = (topology.as_of.date() - part.reviewed).days * DAY
        if age > oldest:
            yield f"the {part.name} looked through {human(age)} ago"
        if age < -DAY:  # somewhere it is tomorrow already
            yield f"the {part.name} to be looked through on {part.reviewed}, and not yet"
