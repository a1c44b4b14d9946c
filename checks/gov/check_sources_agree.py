"""Do VMM, Hyper-V and the clusters tell the same about each object?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.reconciliation import Reconciled
from drcheck.verdict import Severity

EXPECTED = "every source that knows the object says the same"


@check(
    "DR-GOV-105",
    "Sources agree about each VM and each VMM database",
    severity=Severity.MEDIUM,
    why=(
        "Site Recovery and every plan act on what VMM believes. A VM that VMM has on another host than the one that "
        "runs it, or a node whose registry names another database, fails over wrongly or not at all; an asynchronous "
        "failover of VMM's database is the usual way there."
    ),
    source="Microsoft, Plan for VMM high availability (database failover and unknown VMs); System Center blog, HA VMM",
    remedy=(
        "Refresh what VMM has: Get-SCVMHost <host> | Read-SCVMHost, Read-SCVirtualMachine -VM <vm>; remove records of "
        "machines that are gone; correct the database in the registry of the node that differs."
    ),
    controls=("NIST SP 800-53 CM-8", "ISO/IEC 27001:2022 A.5.9"),
)
def check_sources_agree(about: Reconciled) -> Outcome:
    """A contradiction rests on two sources that were read; what a gap may explain is unknown."""
    said = "; ".join(str(statement) for statement in about.statements)
    if about.contradictions:
        found = "; ".join(about.contradictions)
        return failed(f"{about.name}: {found} ({said})", observed=said, expected=EXPECTED)
    if about.unclear:
        raise Unknown(f"{about.name}: {said}; {about.unclear}")
    if len(about.statements) < 2:
        raise NotApplicable(f"{about.name} is known to one source only: {said}")
    return passed(f"{about.name}: {said}", observed=said, expected=EXPECTED)
