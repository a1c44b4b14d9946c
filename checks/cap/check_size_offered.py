"""Can a machine be had in the size that was chosen for it, in the region it would come up in?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure_compute import VmSize
from drcheck.topology.azure_targets import TO_AZURE, by_provider, size_of, waiting
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem, Vault
from drcheck.topology.subscriptions import azure_scope
from drcheck.verdict import Severity

EXPECTED = "a size that the region offers to the subscription, without a restriction that would hit the machine"


@check(
    "DR-CAP-101",
    "The size of a recovered machine can be had in its region",
    severity=Severity.HIGH,
    why=(
        "Sizes are withdrawn from regions, zones and subscriptions. The setting stays as it is, and the failover ends "
        "in an allocation error for this one machine."
    ),
    source="Microsoft, Resource SKUs - List (restrictions); Resolve errors for SKU not available",
    remedy="Vault > Replicated items > the machine > Compute and Network: choose a size that az vm list-skus offers.",
    controls=("NIST SP 800-53 CP-2(2)", "NIST SP 800-53 CP-7", "ISO/IEC 27001:2022 A.8.6"),
)
def check_size_offered(item: ProtectedItem, topology: Topology) -> Outcome:
    """Look the size up in what the vault's region offers. Not judged: whether there is capacity at that moment."""
    if by_provider(item) != TO_AZURE or not waiting(item):
        raise NotApplicable(f"{item.name} is not waiting to be recovered into Azure")
    if not item.target.size:
        raise NotApplicable(f"no size is chosen for {item.name}; DR-ASR-005 says so")
    vault = topology.get(Vault, item.vault)
    if vault is None or not item.target.resource_group:
        topology.require(Vault)
        raise Unknown(f"into which subscription and region {item.name} would come was not told")
    size = size_of(topology, item)
    if size is None:
        topology.require(VmSize, azure_scope(item.target.resource_group))
        what = f"{item.target.size} is not offered in {vault.location}"
        return failed(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(vault,))
    zones = bool(item.target.availability_zone)
    hits = [one for one in size.restrictions if zones or not one.lower().startswith("zone")]
    what = f"{size.name} in {size.location}: {', '.join(hits) or 'offered'}"
    judge = failed if hits else passed
    return judge(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(vault, size))
