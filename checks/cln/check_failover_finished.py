"""Was a real failover begun and never brought to its end?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.verdict import Severity

EXPECTED = "no failover that waits to be committed or protected again"
PENDING = ("Commit", "ReverseReplicate", "FinalizeFailback", "CompleteMigration")
"""Operations that the service offers only while a failover is not finished (REST API, allowed operations)."""


@check(
    "DR-CLN-004",
    "No failover of a protected item is half finished",
    severity=Severity.CRITICAL,
    why=(
        "Until a failover is committed and replication runs back, the machine is protected by nothing: another loss "
        "is final. When the link returns, two machines with one identity may run."
    ),
    source="Microsoft, Run a failover to Azure; Site Recovery REST API, protection states and allowedOperations",
    remedy="Vault > Replicated items > the machine: Commit, then Re-protect; or complete the failback.",
    controls=("NIST SP 800-53 CP-10", "DORA Art. 12"),
)
def check_failover_finished(item: ProtectedItem) -> Outcome:
    """The protection state and the operations on offer say what is still to be done."""
    if item.protection_state.startswith("InitialReplication"):
        raise NotApplicable(f"{item.name} has not finished its first replication: {item.state_description}")
    offered = [operation for operation in item.allowed_operations if operation in PENDING]
    what = f"state {item.protection_state or 'not told'} ({item.state_description or 'no word'})"
    if offered:
        what = f"{what}, waiting for {', '.join(offered)}"
    if offered or "Failover" in item.protection_state:
        return failed(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    if item.protection_state != "Protected":
        raise Unknown(f"{item.name}: {what}, of which nobody can tell whether it is an end")
    return passed(f"{item.name}: {what}", observed=what, expected=EXPECTED)
