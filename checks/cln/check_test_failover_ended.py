"""Is a test failover still running that everybody has forgotten?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.verdict import Severity


@check(
    "DR-CLN-001",
    "No test failover of a protected item is left running",
    severity=Severity.HIGH,
    why=(
        "A test failover that was never cleaned up blocks the next one, costs money every hour, and leaves a second "
        "machine with the identity of a production machine in the world."
    ),
    source="Microsoft, Run a disaster recovery drill to Azure; Site Recovery REST API, allowedOperations",
    remedy="Vault > Replicated items > the machine (or its recovery plan) > Cleanup test failover.",
    controls=("NIST SP 800-53 CP-4", "ISO/IEC 27001:2022 A.8.31"),
)
def check_test_failover_ended(item: ProtectedItem, topology: Topology, policy: Policy) -> Outcome:
    """Trust what the service allows, not ``testFailoverState``: that one stays for days after a clean-up."""
    expected = f"no clean-up pending longer than {human(policy.test_failover_max_age)}"
    if item.active_location == "Recovery":
        raise NotApplicable(f"{item.name} runs in Azure after a real failover")
    if "TestFailoverCleanup" not in item.allowed_operations and item.test_failover_state != "WaitingForCompletion":
        if not item.allowed_operations and not item.test_failover_state:
            raise Unknown(f"whether a test failover of {item.name} is under way was not told")
        what = "no test failover waits for its clean-up"
        return passed(f"{item.name}: {what}", observed=what, expected=expected)
    begun = item.last_test_failover
    age = None if begun is None else (topology.as_of - begun).total_seconds()
    since = "nobody can tell since when" if age is None else f"for {human(age)}"
    what = f"a test failover waits for its clean-up, {since}"
    if age is not None and 0 <= age <= policy.test_failover_max_age:
        return passed(f"{item.name}: {what}", observed=what, expected=expected)
    return failed(f"{item.name}: {what}; allowed: {expected}", observed=what, expected=expected)
