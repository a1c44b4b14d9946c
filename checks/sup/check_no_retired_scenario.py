"""Does a machine's protection rest on a scenario that Microsoft has retired?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.verdict import Severity

FAMILY = "hypervreplica"
RETIRED = ("hypervreplica2012", "hypervreplica2012r2")
"""Providers of replication between two VMM clouds, in lower case."""
EXPECTED = "replicated to Azure (HyperVReplicaAzure), or by Hyper-V Replica alone"


@check(
    "DR-SUP-001",
    "No protected item relies on the retired VMM-to-VMM scenario",
    severity=Severity.CRITICAL,
    why=(
        "Site Recovery between two VMM sites was retired in March 2023. Data may still flow, but the service no "
        "longer manages or fails over such machines: the plan that names them does nothing."
    ),
    source=(
        "Microsoft, Deprecation of disaster recovery between customer-managed sites (with VMM); "
        "github.com/azure-deprecation/dashboard/issues/38"
    ),
    remedy=(
        "Disable the protection and enable it again towards Azure, or replicate with Hyper-V Replica outside Site "
        "Recovery and declare the method `hyperv-replica`."
    ),
    controls=("NIST SP 800-53 SA-22", "NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.8", "DORA Art. 7"),
)
def check_no_retired_scenario(item: ProtectedItem) -> Outcome:
    """The provider tells the scenario; names of policies and fabrics do not."""
    what = f"provider {item.provider or 'not told'}, recovery fabric {item.recovery_fabric or 'not told'}"
    provider = item.provider.lower()
    if provider in RETIRED:
        return failed(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    if provider == f"{FAMILY}azure":
        return passed(f"{item.name}: {what}", observed=what, expected=EXPECTED)
    if not provider or provider.startswith(FAMILY):
        raise Unknown(f"{item.name}: {what}")
    raise NotApplicable(f"{item.name} is protected by {item.provider}, which has nothing to do with VMM clouds")
