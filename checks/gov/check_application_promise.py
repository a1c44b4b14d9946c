"""Does an application promise what its tier demands, and does anybody answer for it?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.declared import Application
from drcheck.verdict import Severity

EXPECTED = "an owner, and RTO and RPO no longer than the tier's"


@check(
    "DR-GOV-001",
    "An application has an owner, and targets that fit its tier",
    severity=Severity.HIGH,
    why=(
        "A tier is a promise. An application whose own targets are looser than its tier's was put there by mistake, or "
        "its targets were; without an owner nobody finds out which."
    ),
    source="ISO 22301:2019, 8.2.2 (business impact analysis); ISO/IEC 27001:2022, A.5.30",
    remedy="Correct tier, targets or owner under `applications` in estate.yaml, with the owner's agreement.",
    controls=("ISO 22301 8.2", "NIST SP 800-53 CP-2", "DORA Art. 8"),
)
def check_application_promise(application: Application, policy: Policy) -> Outcome:
    """Compare the declared targets with the policy of the declared tier."""
    if application.method == "none" and application.always_on:
        raise NotApplicable(f"{application.name} runs at the recovery site at all times and promises nothing")
    faults = list(_faults(application, policy))
    if faults:
        what = "; ".join(faults)
        return failed(f"{application.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    what = f"RTO {human(application.rto_seconds)}, RPO {human(application.rpo_seconds)}, owner {application.owner}"
    return passed(f"{application.name}: {what}", observed=what, expected=EXPECTED)


def _faults(application: Application, policy: Policy) -> Iterator[str]:
    tier = policy.tier(application.tier)
    if not application.owner.strip():
        yield "no owner"
    for word, own, most in (("RTO", application.rto_seconds, tier.rto), ("RPO", application.rpo_seconds, tier.rpo)):
        if own > most:
            yield f"{word} {human(own)}, where tier {application.tier} allows {human(most)}"
