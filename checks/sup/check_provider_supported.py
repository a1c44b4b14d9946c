"""Is the Site Recovery provider of each server alive, supported and not about to expire?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery_state import RecoveryProvider
from drcheck.verdict import Severity

DEAD = ("NotSupported", "Deprecated", "Expired")
OLD = ("UpdateRequired", "SecurityUpdateRequired")
CURRENT = ("Supported", "Latest")
"""Of the service's words on a version, and of ``Connected`` and ``NotConnected``, any other says nothing."""


@check(
    "DR-SUP-003",
    "The Site Recovery provider of a server answers and is supported",
    severity=Severity.HIGH,
    why=(
        "The provider is what a failover is ordered through. One that is silent or has expired still shows its "
        "machines as protected, until somebody needs them."
    ),
    source="Microsoft, Site Recovery: provider and agent versions; REST API, replication recovery services providers",
    remedy=(
        "Install the current Azure Site Recovery Provider on the server (every node of a clustered VMM), then look at "
        "its services and at its way to the service's URLs."
    ),
    controls=("NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.8"),
)
def check_provider_supported(provider: RecoveryProvider, topology: Topology, policy: Policy) -> Outcome:
    """The service's own word on version and connection, and the age of the last heartbeat."""
    if provider.fabric_type == "Azure":
        raise NotApplicable(f"{provider.name} is Azure's own end")
    ahead, silent = human(policy.version_expiry_ahead), human(policy.heartbeat_max_age)
    expected = f"connected, heard of within {silent}, supported for {ahead} at least"
    faults = list(_faults(provider, topology, policy))
    if faults:
        what = "; ".join(faults)
        return failed(f"{provider.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    if provider.last_heartbeat is None:
        raise Unknown(f"{provider.name}: the service did not tell its last heartbeat")
    if provider.connection != "Connected":
        raise Unknown(f"{provider.name}: the service did not tell whether it is connected")
    status = provider.version_status or provider.version_state
    if status not in (*OLD, *CURRENT):
        raise Unknown(f"{provider.name}: whether {provider.version} is supported is told as {status or 'nothing'}")
    heard = age_of(topology, provider.last_heartbeat, provider.seen.endpoint, policy.clock_skew_max)
    what = f"version {provider.version} is {status}, {provider.connection}, heard of {human(heard.seconds)} ago"
    if status in OLD:
        return warned(f"{provider.name}: {what}", observed=what, expected=expected)
    return passed(f"{provider.name}: {what}", observed=what, expected=expected)


def _faults(provider: RecoveryProvider, topology: Topology, policy: Policy) -> Iterator[str]:
    if provider.connection == "NotConnected":
        yield "not connected"
    if provider.last_heartbeat is not None:
        age = (topology.as_of - provider.last_heartbeat).total_seconds()
        if age > policy.heartbeat_max_age:
            yield f"last heard of {human(age)} ago"
    status = provider.version_status or provider.version_state
    if status in DEAD:
        yield f"version {provider.version} is {status}"
    if provider.version_expires is not None:
        left = (provider.version_expires - topology.as_of).total_seconds()
        if left < policy.version_expiry_ahead:
            yield f"version {provider.version} expires on {provider.version_expires:%Y-%m-%d}"
