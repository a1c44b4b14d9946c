"""Does anything still use Site Recovery's own data encryption, which cannot be failed over any more?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure_targets import TO_AZURE, by_provider
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem, ReplicationPolicy
from drcheck.verdict import Severity

EXPECTED = "encryption Disabled"
OFF = ("Disabled", "Disable")


@check(
    "DR-SUP-004",
    "The retired data encryption of Site Recovery is not in use",
    severity=Severity.CRITICAL,
    why=(
        "Site Recovery's own encryption of replicated data was retired in April 2022. A machine that still uses it "
        "replicates, looks healthy and cannot be failed over."
    ),
    source="Microsoft, Deprecation of Azure Site Recovery data encryption feature",
    remedy=(
        "Disable replication of the policy's machines, associate a policy without encryption, enable replication "
        "again; storage encrypts the data at rest by itself."
    ),
    controls=("NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.24"),
)
def check_encryption_feature_unused(policy: ReplicationPolicy, topology: Topology) -> Outcome:
    """The policy says it for every machine that uses it; a machine that says otherwise itself is believed."""
    if by_provider(policy) != TO_AZURE:
        raise NotApplicable(f"{policy.name} is of {policy.provider}, which never had the feature")
    items = topology.where(ProtectedItem, "policy", policy.key)
    kept = sorted(item.name for item in items if item.encryption not in ("", *OFF))
    what = f"encryption {policy.encryption or 'not told'}" + (f", and on for {', '.join(kept)}" if kept else "")
    if kept or policy.encryption not in ("", *OFF):
        return failed(f"{policy.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    if not policy.encryption:
        raise Unknown(f"{policy.name}: the service did not tell whether encryption is on")
    topology.require(ProtectedItem, f"vault:{policy.vault}")
    return passed(f"{policy.name}: {what}", observed=what, expected=EXPECTED)
