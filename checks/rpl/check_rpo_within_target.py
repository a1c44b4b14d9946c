"""Is Site Recovery's copy of a machine recent enough, by a figure that is itself recent?"""

from drcheck.check import Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.membership import application_of
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.verdict import Severity


@check(
    "DR-RPL-001",
    "The current recovery point objective is met",
    severity=Severity.CRITICAL,
    why=(
        "This is the promise itself: how much work is lost when the primary site is gone now. The figure that Site "
        "Recovery shows is computed now and then and stays on display, so an old one promises nothing."
    ),
    source=(
        "Microsoft, Site Recovery REST API, replication protected items: rpoInSeconds, lastRpoCalculatedTime, "
        "replicationHealth; Microsoft, Monitor Site Recovery"
    ),
    remedy=(
        "Open the item's replication health in the vault and follow its errors: bandwidth, churn above the limits, or "
        "an agent that stopped; resynchronise when it asks for it."
    ),
    controls=(
        "NIST SP 800-53 CP-6(2)",
        "ISO/IEC 27001:2022 A.5.30",
        "SOC 2 A1.2",
        "DORA Art. 12(6)",
    ),
)
def check_rpo_within_target(item: ProtectedItem, topology: Topology, policy: Policy) -> Outcome:
    """Fail on bad health or a figure above the target; pass only on a fresh figure with normal health."""
    limit = _target(item, topology, policy)
    expected = f"health Normal and an RPO of at most {human(limit)}, computed in the last "
    expected += human(policy.rpo_figure_max_age)
    what = _observed(item)
    if item.replication_health in ("Warning", "Critical") or (item.rpo_seconds or 0) > limit:
        return failed(f"{item.name}: {what}; {human(limit)} allowed", observed=what, expected=expected)
    if item.replication_health != "Normal":
        raise Unknown(f"{item.name}: replication health is {item.replication_health or 'not told'}")
    if item.rpo_seconds is None or item.rpo_seconds < 0 or item.rpo_calculated is None:
        raise Unknown(f"{item.name}: Site Recovery gives no usable RPO figure ({what})")
    age = age_of(topology, item.rpo_calculated, item.seen.endpoint, policy.clock_skew_max)
    if age.exceeds(policy.rpo_figure_max_age):
        stale = f"the RPO figure of {human(item.rpo_seconds)} is {human(age.seconds)} old"
        raise Unknown(f"{item.name}: {stale}; {human(policy.rpo_figure_max_age)} allowed")
    what = f"{what}, computed {human(age.seconds)} ago"
    return passed(f"{item.name}: {what}; {human(limit)} allowed", observed=what, expected=expected)


def _target(item: ProtectedItem, topology: Topology, policy: Policy) -> int:
    """The tier's target, or the application's own where that is stricter."""
    application = application_of(topology, item.vm_id, item.name)
    allowed = policy.tier(application.tier if application else None).rpo
    return min(allowed, application.rpo_seconds) if application and application.rpo_seconds > 0 else allowed


def _observed(item: ProtectedItem) -> str:
    figure = "no RPO" if item.rpo_seconds is None else f"an RPO of {human(item.rpo_seconds)}"
    return f"{figure}, replication health {item.replication_health or 'not told'}"
