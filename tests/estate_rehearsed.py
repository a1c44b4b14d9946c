"""What the records of the small healthy estate's drills hold besides the bare figures."""

from collections.abc import Iterable
from typing import Any

from drcheck.topology.base import Fact, Topology
from drcheck.topology.drills import SECTIONS, DrillPhase, DrillProbe, DrillReview, GuestBaseline
from drcheck.topology.history import RpoHistory, RpoLevel
from drcheck.topology.plan_state import plan_state
from drcheck.topology.programme import RehearsalDuty, SubstantiveChange
from drcheck.topology.site_recovery import RecoveryPlan
from tests.estate_names import PLAN, WEB_VM
from tests.estate_vault import vault_facts
from tests.estates import AS_OF, ago, seen

VAULT = Topology(facts=vault_facts(), as_of=AS_OF)
DIGEST = "a5" * 32
DAY = 86400


def _service(target: str) -> DrillProbe:
    return DrillProbe(name="service", target=target, mandatory=True, green_seconds=300.0)


PREPARED = GuestBaseline(
    san_policy="OnlineAll",
    rdp_enabled=True,
    rdp_profiles=("Domain", "Private"),
    pending_reboot=(),
    persistent_routes=(),
    winhttp_proxy="",
)
"""A guest that would be reached in another place."""


def looked_into(vm_id: str, name: str, baseline: GuestBaseline | None = PREPARED) -> DrillProbe:
    """A drill's look at how a guest is set up."""
    given: dict[str, Any] = {"kind": "baseline", "vm_id": vm_id, "baseline": baseline}
    return DrillProbe(name="baseline", target=name, mandatory=False, green_seconds=310.0, **given)


DRILL: dict[str, Any] = {
    "probes": (_service("PAY-WEB01"), _service("LEDGER-DB01"), _service("FILE01"), looked_into(WEB_VM, "PAY-WEB01")),
    "phases": (DrillPhase(name="failover", seconds=600.0),),
    "isolated": True,
    "executors": ("ops@runner",),
    "version": "1",
    "sha256": DIGEST,
    "sections": tuple(SECTIONS),
}
PLAN_DRILL: dict[str, Any] = {"plan": plan_state(VAULT, VAULT.need(RecoveryPlan, PLAN))}
FILE_DRILL: dict[str, Any] = {"drill_kind": "hyperv-replica", "previous": "drill-plan", "previous_sha256": DIGEST}


def change_of(name: str = "CHG-1", **fields: Any) -> SubstantiveChange:
    given: dict[str, Any] = {"on": ago(days=20).date(), "what": "new storage", "applications": ("payments",)}
    return SubstantiveChange(key=name, seen=seen("estate"), name=name, **(given | fields))


def duty(application: str = "payments", **fields: Any) -> RehearsalDuty:
    given: dict[str, Any] = {"switchover_seconds": 365 * 86400, "author": "An Author"} | fields
    return RehearsalDuty(key=application, seen=seen("estate"), application=application, **given)


def rehearsed_facts() -> Iterable[Fact]:
    """Reviews of both drills, what was promised of drills, and a failure of long ago that was seen to."""
    yield review("drill-plan", executors=("A. Nother",))
    yield review("drill-files")
    yield change_of()
    yield duty()
    yield rpo_history(WEB_VM, "PAY-WEB01")


def rpo_history(vm_id: str, name: str, **fields: Any) -> RpoHistory:
    given: dict[str, Any] = {
        "since": ago(days=90), "last": ago(hours=12), "window_seconds": 30 * DAY,
        "levels": tuple(RpoLevel(lag_seconds=60, held_seconds=DAY) for _ in range(30)),
    }  # fmt: skip
    return RpoHistory(key=vm_id, seen=seen("estate"), vm_id=vm_id, name=name, **(given | fields))


def review(drill: str, **fields: Any) -> DrillReview:
    given: dict[str, Any] = {
        "record_sha256": DIGEST,
        "reviewer": "Head of operations",
        "reviewed": ago(days=8).date(),
    } | fields
    return DrillReview(key=drill, seen=seen("estate"), **given)
