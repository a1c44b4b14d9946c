"""Is there a domain controller that drills can start in the bubble, and does it fit?"""

from collections.abc import Iterator, Sequence

from drcheck.check import Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.copies import Copy
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.identity import DomainController
from drcheck.topology.prepared import DrillController
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan, ReplicationPolicy
from drcheck.topology.workload import plans_of
from drcheck.verdict import Severity

EXPECTED = "a copied, writable global catalog with application-consistent points, first in its plans, its roles decided"


@check(
    "DR-IDN-005",
    "A domain controller is ready to be started in drills",
    severity=Severity.HIGH,
    why=(
        "Nothing signs in inside the bubble without a controller. A copy that comes back from a crash-consistent "
        "point, is no global catalog or finds its roles on nobody's list costs the drill an hour."
    ),
    source=(
        "Microsoft, Virtualized domain controllers: safe virtualization (VM-GenerationID); Protect Active Directory "
        "and DNS (test failover considerations)"
    ),
    remedy=(
        "Protect a controller that is a global catalog, give it application-consistent points, put it into the first "
        "group of every plan that holds it, and write under drill_controllers what happens to the FSMO roles."
    ),
    controls=("NIST SP 800-53 CP-4(2)", "ISO 22301 8.5", "ISO/IEC 27001:2022 A.5.30"),
)
def check_drill_controller_fit(controller: DrillController, topology: Topology) -> Outcome:
    """The declared controller against the directory, its copies, and the recovery plans that hold it.

    A Hyper-V replica is in no plan: that a drill starts it first is not judged, nor which recovery point a drill uses.
    """
    faults, unclear = list(_declared(controller)), []
    for question in (_catalog, _copies):
        try:
            faults += question(controller, topology)
        except Unknown as unknown:
            unclear.append(unknown.reason)
    if faults:
        what = "; ".join(faults)
        return failed(f"{controller.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    if unclear:
        raise Unknown(f"{controller.name}: {'; '.join(unclear)}")
    what = f"{controller.host} is a global catalog and copied; FSMO roles: {controller.fsmo}"
    return passed(f"{controller.name}: {what}", observed=what, expected=EXPECTED)


def _declared(controller: DrillController) -> Iterator[str]:
    if not controller.fsmo:
        yield "nobody decided whether it holds or seizes the FSMO roles"
    if not controller.generation_id_accepted:
        yield "nobody noted what a new VM-GenerationID does to it"


def _catalog(controller: DrillController, topology: Topology) -> list[str]:
    known = topology.get(DomainController, controller.host)
    if known is None:
        topology.require(DomainController)
        raise Unknown(f"no controller that was asked tells of {controller.host}; see endpoints.identity in estate.yaml")
    faults = [] if known.global_catalog else [f"{controller.host} is no global catalog"]
    return [*faults, f"{controller.host} is read-only"] if known.read_only else faults


def _copies(controller: DrillController, topology: Topology) -> list[str]:
    copies = topology.memo("copies of controllers", lambda: _by_name(topology))[controller.name.lower()]
    faults: list[str] = []
    unclear: list[Unknown] = []
    for copy in copies:
        try:
            faults += _of_item(copy, topology) if not copy.place else _of_replica(copy, topology)
        except Unknown as unknown:
            unclear.append(unknown)
    if unclear and not faults:
        raise unclear[0]
    if not faults:
        topology.require(Copy)
    machines = {copy.vm_id for copy in copies if copy.vm_id}
    if len(machines) > 1 and not faults:
        raise Unknown(f"{len(machines)} machines called {controller.name} are copied: declare it by its VM id")
    return faults or ([] if copies else ["nothing copies it"])


def _by_name(topology: Topology) -> dict[str, list[Copy]]:
    """The copies of declared controllers, each of which is declared by its name or its id."""
    found: dict[str, list[Copy]] = {one.name.lower(): [] for one in topology.seen(DrillController)}
    for copy in topology.seen(Copy):
        for name in found.keys() & {copy.vm_id, copy.name.lower()}:
            found[name].append(copy)
    return found


def _of_replica(copy: Copy, topology: Topology) -> list[str]:
    replication = topology.need(VmReplication, copy.key)
    if replication.vss_enabled is None:
        raise Unknown(f"{copy.place} does not tell whether {copy.name} has application-consistent points")
    return [] if replication.vss_enabled else [f"its replica on {copy.place} has no application-consistent points"]


def _of_item(copy: Copy, topology: Topology) -> list[str]:
    item = topology.need(ProtectedItem, copy.key)
    plans = plans_of(topology, item.key)
    late = [plan.name for plan in plans if item.key not in _first(plan)]
    faults = [f"{name} does not start it first" for name in late]
    policy = topology.get(ReplicationPolicy, item.policy)
    if policy is not None and policy.app_consistent_hours == 0:
        faults.append(f"its policy {policy.name} makes no application-consistent points")
    if faults:
        return faults
    topology.require(RecoveryPlan)
    hollow = [plan.name for plan in topology.where(RecoveryPlan, "vault", item.vault) if not plan.groups]
    if hollow:
        raise Unknown(f"{' and '.join(hollow)} may hold {item.name}, and was read without its groups")
    if policy is None or policy.app_consistent_hours is None:
        topology.require(ReplicationPolicy)
        raise Unknown(f"the replication policy of {item.name} was read without its interval")
    return [] if plans else ["no recovery plan holds it"]


def _first(plan: RecoveryPlan) -> Sequence[str]:
    return next((group.items for group in plan.groups if group.items), ())
