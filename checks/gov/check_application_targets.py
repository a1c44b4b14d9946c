"""Can an application keep its promise when what it needs promises less?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.policy import human
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application
from drcheck.verdict import Severity

EXPECTED = "everything it needs is declared, with an RTO no longer than its own"


@check(
    "DR-GOV-101",
    "What an application needs is back before the application has to be",
    severity=Severity.MEDIUM,
    why=(
        "An application whose database has twice its recovery time has a target on paper only. The arithmetic is done "
        "here because nobody else does it."
    ),
    source="ISO 22301:2019, 8.2.2 (business impact analysis: interdependencies)",
    remedy="Agree on the targets with both owners and write them under `applications` in estate.yaml.",
    controls=("ISO 22301 8.2", "DORA Art. 11(5)", "NIST SP 800-53 CP-2"),
)
def check_application_targets(application: Application, topology: Topology) -> Outcome:
    """Compare the declared RTO with that of each declared need."""
    if not application.depends_on:
        raise NotApplicable(f"{application.name} is declared to need nothing")
    faults = list(_faults(application, topology))
    own = human(application.rto_seconds)
    if faults:
        what = "; ".join(faults)
        return failed(
            f"{application.name} (RTO {own}) needs {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED
        )
    what = f"{', '.join(application.depends_on)} within {own}"
    return passed(f"{application.name} has {what}", observed=what, expected=EXPECTED)


def _faults(application: Application, topology: Topology) -> Iterator[str]:
    for name in application.depends_on:
        needed = topology.get(Application, name)
        if needed is None:
            topology.require(Application)
            yield f"{name}, which nobody declared"
        elif not needed.always_on and needed.rto_seconds > application.rto_seconds:
            yield f"{name}, which has an RTO of {human(needed.rto_seconds)}"
