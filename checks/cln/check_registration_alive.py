"""Is a server that is registered in the vault still there?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery_state import RecoveryProvider
from drcheck.verdict import Severity


@check(
    "DR-CLN-101",
    "No server is registered in the vault that has long been gone",
    severity=Severity.MEDIUM,
    why=(
        "A registration outlives its server. It keeps a fabric alive under a name that a new server wants, and sends "
        "the people who must recover to a machine that is no more."
    ),
    source="Microsoft, Remove servers and disable protection; REST API, replication recovery services providers",
    remedy="Vault > Site Recovery infrastructure > the server > Delete, after its machines are protected elsewhere.",
    controls=("NIST SP 800-53 CP-2(8)", "ISO/IEC 27001:2022 A.5.9"),
)
def check_registration_alive(provider: RecoveryProvider, topology: Topology, policy: Policy) -> Outcome:
    """A provider that was silent for so long is taken for gone; DR-SUP-003 judges shorter silence."""
    if provider.fabric_type == "Azure":
        raise NotApplicable(f"{provider.name} is Azure's own end")
    if provider.last_heartbeat is None:
        raise Unknown(f"when {provider.name} was last heard of was not told")
    age = age_of(topology, provider.last_heartbeat, provider.seen.endpoint, policy.clock_skew_max)
    expected = f"heard of within {human(policy.stale_registration_age)}"
    held = "an untold number of" if provider.protected_items is None else str(provider.protected_items)
    what = f"last heard of {human(age.seconds)} ago, with {held} machines"
    judge = failed if age.exceeds(policy.stale_registration_age) else passed
    return judge(f"{provider.name}: {what}; allowed: {expected}", observed=what, expected=expected)
