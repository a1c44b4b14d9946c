"""RPO by what production itself wrote down: exact, whatever the clock of production's guest says."""

import pytest

from drcheck.drill import DrillOutcome
from drcheck.drill.engine import run
from drcheck.drill.planning.announcement import clocks_compared
from drcheck.drill.sentinels import clocks_asked
from drcheck.estate import DrillSpec, ProbeSpec
from drcheck.lab.state.inside import Inside
from drcheck.lab.state.world import World
from drcheck.lab.telling.building import vm_named
from drcheck.topology.base import Target
from drcheck.topology.hyperv import HyperVVm
from drcheck.verdict import Measurement
from tests import estate_names as names
from tests.drills.conftest import Stage, Stages
from tests.estate_facts import healthy
from tests.estates import drop

REPLICA, PLAN = "vmm-first", "payments-plan"
PATH, EVERY = r"C:\drcheck\sentinel.csv", 60.0


def watched(ahead: float) -> Inside:
    return Inside(sentinel_at=PATH, sentinel_every=EVERY, clock_offset=ahead)


def drilled(stage: Stage, name: str, vm: str, **changes: object) -> DrillOutcome:
    probe = ProbeSpec(kind="sentinel", vm=vm, path=PATH, mandatory=False, seconds=2)
    production = Target(role="hyperv", endpoint=vm_named(stage.world, vm).host)
    topology = stage.look((*stage.targets, production))
    spec = stage.spec(name, probes=(*stage.spec(name).probes, probe), **changes)
    return run(spec, stage.context(topology))


def rpo_of(outcome: DrillOutcome) -> Measurement:
    return next(one for one in outcome.measurements if one.kind == "rpo")


@pytest.mark.parametrize(
    ("name", "vm", "platform", "ahead"),
    [(REPLICA, "VMM01", "hyperv", 90.0), (PLAN, "PAY-WEB01", "azure", -90.0)],
)
def test_the_newest_record_in_the_copy_is_the_rpo(
    stages: Stages, name: str, vm: str, platform: str, ahead: float
) -> None:
    def change(world: World) -> None:
        vm_named(world, vm).inside = watched(ahead)

    stage = stages(change=change)
    outcome = drilled(stage, name, vm)
    assert outcome.trouble == ()
    truth = stage.truth(platform, vm).recovery_point
    assert truth is not None
    rpo = rpo_of(outcome)
    points = {one["vm"]: one for one in stage.record(outcome.drill)["recovery_points"]["points"]}
    newest = truth // EVERY * EVERY
    assert points[vm]["source"] == "sentinel"
    assert abs(points[vm]["age_seconds"] - (rpo.at.timestamp() - newest)) <= points[vm]["uncertainty_seconds"]
    assert 0 <= truth - newest <= EVERY
    if name == REPLICA:
        assert rpo.method == "sentinel"
        assert abs(max(0.0, rpo.at.timestamp() - newest) - rpo.seconds) <= rpo.uncertainty_seconds
    else:
        assert_each_application_by_its_own_machines(stage, outcome, {vm: newest})
    stage.assert_spotless()


def assert_each_application_by_its_own_machines(
    stage: Stage, outcome: DrillOutcome, sentinels: dict[str, float]
) -> None:
    """The plan has a controller of another application's, and a figure for each of the two."""
    t0 = rpo_of(outcome).at.timestamp()
    names = {vm.id: vm.name for vm in stage.world.vms.values()}
    ages: dict[str, list[float]] = {"identity": [], "payments": []}
    for one in stage.lab.clock.truth.test_vms.values():
        name = names[one.vm_id]
        data = sentinels.get(name, one.recovery_point)
        assert data is not None
        ages["payments" if name.startswith("PAY-") else "identity"].append(max(0.0, t0 - data))
    figures = {one.subject.name: one for one in outcome.measurements if one.kind == "rpo"}
    assert set(figures) == {"rp-payments", *ages}
    for name, told in ages.items():
        assert abs(max(told) - figures[name].seconds) <= figures[name].uncertainty_seconds
        assert figures[name].anomaly == ""
    oldest = max(figures[name].seconds + figures[name].uncertainty_seconds for name in ages)
    assert figures["rp-payments"].seconds + figures["rp-payments"].uncertainty_seconds == pytest.approx(oldest)


def test_a_sentinel_that_production_does_not_write_counts_for_nothing_and_is_a_deviation(stage: Stage) -> None:
    outcome = drilled(stage, REPLICA, "VMM01")
    assert rpo_of(outcome).method == "platform"
    (deviation,) = stage.record(outcome.drill)["deviations"]
    assert deviation.startswith("optional probe sentinel on VMM01 never turned green: NotFound")


MACHINES = {"pay-web01": names.WEB_VM, "ledger-db01": names.DB_VM}


@pytest.mark.parametrize(
    ("vms", "machines", "asked"),
    [
        (("PAY-WEB01", "pay-web01"), MACHINES, [("pay-web01", names.WEB_VM, names.HV_LON)]),
        (("FILES01", ""), MACHINES, []),
        (("",), {"pay-web01": names.WEB_VM}, [("pay-web01", names.WEB_VM, names.HV_LON)]),
    ],
    ids=["once", "not another machine, nor any of several", "the only one"],
)
def test_production_is_asked_for_the_time_of_the_sentinel_s_machine_alone(
    vms: tuple[str, ...], machines: dict[str, str], asked: list[tuple[str, str, str]]
) -> None:
    others = (ProbeSpec(kind="service", vm="LEDGER-DB01", name="W3SVC"),)
    spec = DrillSpec(name="d", kind="", probes=(*others, *(ProbeSpec(kind="sentinel", vm=vm, path=PATH) for vm in vms)))
    found = clocks_asked(spec, healthy().topology(), machines)
    assert [(one.vm, one.vm_id, one.host) for one in found] == asked
    assert [(call.verb, call.on) for call in clocks_compared(found)] == [
        ("hyperv.vm.probe", host) for *_, host in asked
    ]


def test_a_plan_says_that_nobody_is_asked_where_no_host_is_known() -> None:
    spec = DrillSpec(name="d", kind="", probes=(ProbeSpec(kind="sentinel", vm="PAY-WEB01", path=PATH),))
    nowhere = drop(HyperVVm)(healthy()).topology()
    (call,) = clocks_compared(clocks_asked(spec, nowhere, MACHINES))
    assert (call.verb, call.changes) == ("", False)
    assert "its clock is not asked, and its sentinel not believed" in call.does
