"""How long a drill is expected to take: by the newest drill that succeeded, phase by phase, else by policy."""

from typing import Any

import pytest

from drcheck.drill.planning.announcement import Announced, Stage
from drcheck.drill.planning.estimate import Estimate, estimates, work_seconds
from drcheck.policy import Policy
from drcheck.topology.base import Topology
from drcheck.topology.drills import DrillPhase, DrillRecord
from tests.estate_facts import record
from tests.estates import AS_OF, ago

POLICY = Policy(drill_failover=100, drill_boot=20, drill_probes=30, drill_clean_up=40)
PLAIN = (Stage(name="prepare", calls=()), *(Stage(name=name, calls=()) for name in ("failover", "boot", "probes")))


def expected(*work: Stage, target: str = "vm", records: tuple[DrillRecord, ...] = ()) -> tuple[Estimate, ...]:
    announced = Announced(judge=(), lease=(), inventory=(), work=work, watch=(), clean_up=(), release=())
    return estimates(announced, target, Topology(facts=records, as_of=AS_OF), POLICY)


def held(key: str, target: str, days: float, phases: dict[str, float], verdict: str = "PASS") -> DrillRecord:
    made = tuple(DrillPhase(name=name, seconds=seconds) for name, seconds in phases.items())
    given: dict[str, Any] = {"phases": made, "verdict": verdict}
    return record(key, target, started=ago(days=days), finished=ago(days=days, seconds=-300), **given)


def figures(found: tuple[Estimate, ...]) -> dict[str, tuple[float, str]]:
    return {one.stage: (one.seconds, one.basis.partition(";")[0]) for one in found}


def test_without_an_earlier_drill_policy_says_so() -> None:
    assert figures(expected(*PLAIN)) == {
        "failover": (100, "policy.drill_failover"),
        "boot": (20, "policy.drill_boot"),
        "probes": (30, "policy.drill_probes"),
        "clean up": (40, "policy.drill_clean_up"),
    }


def test_the_newest_drill_that_succeeded_counts_and_what_it_leaves_at_its_end_was_its_clean_up() -> None:
    old = held("old", "vm", 90, {"failover": 1, "boot": 1, "probes": 1})
    new = held("new", "vm", 30, {"failover": 200, "probes": 40})
    red, other = held("red", "vm", 3, {"failover": 2}, "FAIL"), held("other", "vm2", 1, {"failover": 3})
    found = figures(expected(*PLAIN, records=(old, new, red, other)))
    assert found["failover"][1] == f"drill new of {ago(days=30):%Y-%m-%d}"
    assert [found[name][0] for name in ("failover", "boot", "probes", "clean up")] == [200, 20, 40, 60]


def test_a_rehearsal_goes_by_its_own_record_then_by_those_of_its_parts() -> None:
    work = tuple(
        Stage(name=name, calls=(), group="g", part=part, target=f"vm-{part}")
        for part in ("a", "b")
        for name in ("failover", "boot")
    )
    whole = held("whole", "site-loss", 30, {"a: failover": 70})
    found = expected(*work, target="site-loss", records=(whole, held("part", "vm-a", 3, {"failover": 5, "boot": 6})))
    assert [(one.part, one.stage, one.seconds) for one in found] == [
        ("a", "failover", 70),
        ("a", "boot", 6),
        ("b", "failover", 100),
        ("b", "boot", 20),
        ("", "clean up", 230),
    ]


@pytest.mark.parametrize(("parallel", "seconds"), [(1, 30 + 3 * 130), (2, 30 + 2 * 130), (3, 30 + 130)])
def test_parts_of_a_group_go_side_by_side_as_far_as_is_allowed(parallel: int, seconds: float) -> None:
    work = [
        Stage(name=name, calls=(), group="g", part=part) for part in "abc" for name in ("failover", "probes")
    ]  # fmt: skip
    by_hand = Stage(name="call", calls=(), declared_seconds=30)
    assert work_seconds(expected(by_hand, *work), parallel) == seconds


def test_a_declared_time_that_nobody_waits_for_is_told_and_not_waited() -> None:
    (found, _) = expected(Stage(name="call", calls=(), declared_seconds=30, waited=False))
    assert (found.seconds, found.waited, found.basis) == (30, False, "declared, and not waited for")
