"""Does the storage that a machine is replicated to allow the policy's interval?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure_compute import StorageAccount
from drcheck.topology.azure_targets import TO_AZURE, by_provider, waiting
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem, ReplicationPolicy
from drcheck.topology.subscriptions import azure_scope
from drcheck.verdict import Severity

SHORT = 30
EXPECTED = "five minutes, or an account of standard storage"


@check(
    "DR-ASR-101",
    "A replication interval of 30 seconds is not used with premium storage",
    severity=Severity.MEDIUM,
    why=(
        "Premium storage takes changes every five minutes only. A shorter interval promises an RPO that the service "
        "does not keep, or the replication stops with an error that does not name the reason."
    ),
    source="Microsoft, Hyper-V to Azure common questions: how often can data be replicated (27 December 2024)",
    remedy="Give the machine a policy with an interval of five minutes, or replicate it to standard storage.",
    controls=("NIST SP 800-53 CP-9", "NIST SP 800-53 CP-10"),
)
def check_interval_fits_storage(item: ProtectedItem, topology: Topology) -> Outcome:
    """Judge the storage account named in the item; the kind of managed disks after a failover is not told."""
    if by_provider(item) != TO_AZURE or not waiting(item):
        raise NotApplicable(f"{item.name} is not replicated to Azure")
    rule = topology.get(ReplicationPolicy, item.policy)
    if rule is None or rule.interval_seconds is None:
        topology.require(ReplicationPolicy, f"vault:{item.vault}")
        raise Unknown(f"how often {item.name} is replicated was not told")
    if rule.interval_seconds != SHORT:
        raise NotApplicable(f"{rule.name} replicates {item.name} every {rule.interval_seconds} s")
    account = topology.get(StorageAccount, item.target.storage)
    if account is None or not account.sku:
        topology.require(StorageAccount, azure_scope(item.target.storage or item.target.resource_group))
        raise Unknown(f"to which storage {item.name} is replicated was not told")
    what = f"every {SHORT} s to {account.name} ({account.sku})"
    judge = failed if account.sku.lower().startswith("premium") else passed
    return judge(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(rule, account))
