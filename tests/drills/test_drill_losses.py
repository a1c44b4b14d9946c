"""Of several applications in one drill, each has the age of its own data, and none that nobody can prove."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from drcheck.drill.timing.losses import Loss, by_application, losses_of, with_applications
from drcheck.drill.timing.measurement import Moment, recovery_point
from drcheck.drill.timing.timeline import Point, Timeline
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application
from drcheck.topology.vmm import VmmVm
from drcheck.verdict import Measurement, Subject, Verdict
from tests import estate_names as names
from tests.drills.test_drill_of_application import declared
from tests.estate_facts import healthy
from tests.estates import change, lose, together

T0 = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PROMISED = (declared("payments", rpo_seconds=900), declared("ledger", rpo_seconds=60))
PLAN = Subject(kind="recovery plan", key=names.PLAN, name="rp-payments")
FUTURE = "the recovery point lies 5.0 s after the failover request: check the clocks"


def aged(vm: str, seconds: float, source: str = "platform", width: float = 0.0) -> Point:
    at = T0 - timedelta(seconds=seconds)
    return Point(vm=vm, at=Moment(after=at, by=at).widened(width), source=source)


def figure(kind: str, seconds: float = 600.0) -> Measurement:
    moment = Moment(after=T0 - timedelta(seconds=seconds), by=T0 - timedelta(seconds=seconds))
    made = recovery_point(subject=PLAN, drill="d", started=T0, point=moment, target_seconds=None)
    return structs.replace(made, kind=kind)


def losses(*points: Point, topology: Topology | None = None) -> tuple[Loss, ...]:
    """Of the plan's two machines: one of payments, one of the ledger."""
    timeline = Timeline(lambda: T0, lambda _: None)
    timeline.request()
    timeline.points += points
    estate = topology or healthy().topology()
    return tuple(losses_of(estate, (names.WEB_VM, names.DB_VM), timeline, "d"))


def told(*points: Point) -> dict[str, Measurement]:
    found = with_applications((figure("rto"), figure("rpo")), losses(*points), PROMISED)
    return {one.subject.name: one for one in found if one.kind == "rpo"}


def test_each_application_has_the_best_account_of_its_own_machines() -> None:
    rpo = told(aged("PAY-WEB01", 30, "sentinel", 2), aged("LEDGER-DB01", 300), aged("pay-web01", 600, "lag"))
    assert list(rpo) == ["rp-payments", "ledger", "payments"]
    mine = rpo["payments"]
    assert (mine.seconds, mine.uncertainty_seconds, mine.method, mine.verdict) == (30, 2, "sentinel", Verdict.PASS)
    theirs = rpo["ledger"]
    assert (theirs.seconds, theirs.method, theirs.target_seconds, theirs.verdict) == (300, "platform", 60, Verdict.FAIL)


@pytest.mark.parametrize(
    ("points", "anomaly"),
    [
        ([aged("LEDGER-DB01", 30)], "nobody names the recovery point of PAY-WEB01"),
        ([aged("LEDGER-DB01", 30), aged("PAY-WEB01", -5)], f"PAY-WEB01: {FUTURE}"),
    ],
)
def test_one_machine_that_proves_nothing_leaves_its_application_without_proof(
    points: list[Point], anomaly: str
) -> None:
    rpo = told(*points)
    assert (rpo["payments"].anomaly, rpo["payments"].verdict) == (anomaly, Verdict.UNKNOWN)
    assert (rpo["ledger"].anomaly, rpo["ledger"].verdict) == ("", Verdict.PASS)
    assert (rpo["rp-payments"].anomaly == anomaly) is (len(points) == 1)


def test_the_oldest_of_an_application_decides_and_an_estimate_makes_it_one() -> None:
    web, database = losses(aged("PAY-WEB01", 40, width=5), aged("LEDGER-DB01", 42, width=30))
    mine = [web, structs.replace(database, application="payments")]
    (rpo,) = by_application(mine, "d", T0, PROMISED)
    assert (rpo.seconds - rpo.uncertainty_seconds, rpo.seconds + rpo.uncertainty_seconds) == (35, 72)
    assert rpo.method == "platform"
    group = Loss(name="ag", figure=structs.replace(figure("rpo", 7), method="estimated"), application="payments")
    (rpo,) = by_application([*mine, group], "d", T0, PROMISED)
    assert rpo.method == "estimated"


def test_a_machine_whose_application_is_not_known_may_be_anybody_s() -> None:
    """The files are told by a tag, and VMM did not answer: the database may be theirs."""
    changed = together(
        change(Application, "files", tags=("files",)),
        change(Application, "ledger", vm_ids=(), vm_names=()),
        lose(VmmVm, f"vmm:{names.VMM01}"),
    )
    points = aged("PAY-WEB01", 30), aged("LEDGER-DB01", 30)
    found = losses(*points, topology=changed(healthy()).topology())
    (rpo,) = by_application(found, "d", T0, PROMISED)
    assert rpo.subject.name == "payments"
    assert rpo.anomaly.startswith("which application LEDGER-DB01 belongs to is not known")


def test_a_plan_of_one_application_needs_no_second_figure() -> None:
    mine = [
        structs.replace(one, application="payments") for one in losses(aged("PAY-WEB01", 1), aged("LEDGER-DB01", 1))
    ]
    assert len(with_applications((figure("rto"), figure("rpo")), mine, PROMISED)) == 2
    assert with_applications((), mine, PROMISED) == ()
