"""Would the machines of one application come back to about the same moment?"""

from collections.abc import Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.azure_targets import prove_machines_told, waiting
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.site_recovery_state import RecoveryPoints
from drcheck.topology.vmm import VmmVm
from drcheck.topology.workload import machines_of
from drcheck.verdict import Severity


@check(
    "DR-RPL-005",
    "The machines of an application can be recovered to about the same moment",
    severity=Severity.HIGH,
    why=(
        "Each Hyper-V machine has recovery points of its own. An application server that is newer than its database "
        "refers to rows that are not there, and every machine looks healthy by itself."
    ),
    source="Microsoft, Site Recovery common questions: multi-VM consistency is not for Hyper-V; recovery points API",
    remedy=(
        "Give the machines one replication policy and find out why the one that is named lags; in a drill choose a "
        "moment that all of them have."
    ),
    controls=("NIST SP 800-53 CP-10(2)", "DORA Art. 12"),
)
def check_application_skew(application: Application, topology: Topology, policy: Policy) -> Outcome:
    """Compare the newest recovery points of its machines in Site Recovery.

    Not judged: databases of availability groups, which DR-SQL-004 holds against the application's promise one by one.
    """
    if application.method != "site-recovery":
        raise NotApplicable(f"{application.name} is not protected by Site Recovery ({application.method})")
    machines = machines_of(topology, application)
    items = [
        item for vm in machines for item in topology.where(ProtectedItem, "vm_id", vm.key) if waiting(item)
    ]  # fmt: skip
    points = [found for item in items if (found := topology.get(RecoveryPoints, item.key)) and found.newest]
    limit = policy.recovery_point_skew_max
    expected = f"at most {human(limit)} between the newest recovery points of its machines"
    skew, what = _skew(points)
    facts = tuple(points)
    if skew > limit:
        message = f"{application.name}: {what}; allowed: {expected}"
        return failed(message, observed=what, expected=expected, facts=facts)
    topology.require(VmmVm)
    prove_machines_told(topology)
    if len(items) < 2:
        raise NotApplicable(f"{application.name} has {len(items)} machines that Site Recovery would recover")
    told = {one.key for one in points}
    lacking = sorted(item.name for item in items if item.key not in told)
    if lacking:
        topology.require(RecoveryPoints)
        raise Unknown(f"no recovery point of {', '.join(lacking[:3])} was told")
    return passed(f"{application.name}: {what}", observed=what, expected=expected, facts=facts)


def _skew(points: Sequence[RecoveryPoints]) -> tuple[float, str]:
    """Seconds between the oldest and the newest of the newest points, and the sentence about it."""
    told = sorted((one.newest, one.name) for one in points if one.newest)
    if not told:
        return 0.0, "no recovery point was told"
    (first, slow), (last, quick) = told[0], told[-1]
    skew = (last - first).total_seconds()
    return skew, f"the newest point of {slow} is {human(skew)} older than that of {quick}, among {len(told)} machines"
