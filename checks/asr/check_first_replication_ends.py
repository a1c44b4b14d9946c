"""Does the first replication of a machine come to an end?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.verdict import Severity


@check(
    "DR-ASR-103",
    "No first replication runs for too long",
    severity=Severity.HIGH,
    why=(
        "Until the first replication has ended there is no recovery point at all. One that hangs looks like work in "
        "progress, for weeks."
    ),
    source="Microsoft, Troubleshoot initial replication to Azure; REST API, protected item, currentScenario",
    remedy=(
        "Vault > Site Recovery jobs: look at the job that enables protection; make bandwidth free, or disable and "
        "enable replication of the machine again."
    ),
    controls=("NIST SP 800-53 CP-9", "NIST SP 800-53 CP-10"),
)
def check_first_replication_ends(item: ProtectedItem, topology: Topology, policy: Policy) -> Outcome:
    """Measure from the start of the operation that is at work on the machine; one that failed will never end."""
    if not item.protection_state:
        raise Unknown(f"the state of {item.name} was not told")
    expected = f"ended within {human(policy.first_replication_max_age)}"
    if item.protection_state == "Protected":
        what = "its first replication has ended"
        return passed(f"{item.name}: {what}", observed=what, expected=expected)
    if not item.protection_state.startswith(("InitialReplication", "Enabling")):
        raise NotApplicable(f"{item.name} is in no first replication ({item.protection_state})")
    if item.protection_state.endswith("Failed"):
        what = f"it has failed ({item.protection_state})"
        return failed(f"{item.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    if item.scenario.started is None or item.scenario.name in ("", "None"):
        raise Unknown(f"since when {item.name} is in {item.protection_state} was not told")
    age = (topology.as_of - item.scenario.started).total_seconds()
    what = f"{item.protection_state} for {human(age)}"
    if age < -policy.clock_skew_max:
        raise Unknown(f"{item.name}: {what}: it began in the future, so a clock is wrong")
    judge = failed if age > policy.first_replication_max_age else passed
    return judge(f"{item.name}: {what}; allowed: {expected}", observed=what, expected=expected)
