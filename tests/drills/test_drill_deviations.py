"""What a record tells of a drill that went otherwise than planned, and of what each probe was to show."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drcheck.drill import ProbeResult
from drcheck.drill.evidence.passed import deviations, timeline_section
from drcheck.drill.held import Held
from drcheck.drill.planning.announcement import Announced
from drcheck.drill.planning.expectations import expectation, judged
from drcheck.drill.planning.permission import Times
from drcheck.drill.readiness import Readiness
from drcheck.drill.timing.timeline import Timeline
from drcheck.estate import DrillSpec, HumanStep, ProbeSpec
from drcheck.estate.drill_forms import NEEDED
from drcheck.verdict import Phase, Verdict

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
NOTHING = Announced(judge=(), lease=(), inventory=(), work=(), watch=(), clean_up=(), release=())
EXPECTED = Times(start=NOW, work_seconds=800, clean_up_seconds=200)
STEP = HumanStep(name="call the desk", owner="Desk", seconds=60, confirm=True)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def held(**known: Any) -> Held:
    ready = Readiness(announced=NOTHING, estimates=(), times=EXPECTED, refused=(), short=(), deadline=None)
    spec = DrillSpec(name="d", kind="hyperv-replica", human=(STEP,))
    called = Phase(name=STEP.name, started=NOW, seconds=60, by="Dana", owner="Desk")
    given = {"spec": spec, "finished": after(1000), "ready": ready, "requested": True, "phases": (called,), **known}
    return Held(drill="one", started=NOW, **given)


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({}, []),
        ({"finished": after(1100)}, []),
        ({"finished": after(1101)}, ["it took 101 s longer than the 16.7 min that were expected"]),
        ({"finished": after(2000), "requested": False}, []),
        (
            {"phases": ()},
            ["call the desk was to be confirmed by a person, and was not: at most its declared time counts"],
        ),
        ({"phases": (), "requested": False}, []),
        (
            {"phases": (Phase(name=STEP.name, started=NOW, seconds=300, by="Dana"),)},
            ["call the desk took 5 min; declared: 1 min"],
        ),
        (
            {"before": frozenset({"a", "b"}), "after": frozenset({"b", "c"})},
            ["a was there before, and is not any more"],
        ),
        ({"before": frozenset({"a"}), "after": None}, []),
    ],
)
def test_time_people_and_what_is_gone_are_deviations(known: dict[str, Any], told: list[str]) -> None:
    assert list(deviations(held(**known), slack_percent=10)) == told


def test_a_probe_that_never_turned_green_is_one_whatever_its_rank() -> None:
    red = ProbeResult(name="service W3SVC", target="WEB", mandatory=False, green_seconds=None, detail="Stopped")
    assert list(deviations(held(probes=(red,)), 10)) == [
        "optional probe service W3SVC on WEB never turned green: Stopped"
    ]


def test_a_decision_that_counts_comes_before_the_request() -> None:
    timeline = Timeline(lambda: NOW, lambda _: None)
    timeline.request()
    spec = DrillSpec(name="d", kind="hyperv-replica", t0="decision", decision_seconds=900)
    told = timeline_section(held(spec=spec, timeline=timeline))
    assert (told["t0"], told["requested"]) == (after(-900).isoformat(), NOW.isoformat())
    assert told["steps"] == [
        {
            "name": STEP.name,
            "started": NOW.isoformat(),
            "ended": after(60).isoformat(),
            "seconds": 60,
            "how": "manual",
            "actor": "Dana",
        }
    ]


ASKED: dict[str, str] = {
    "ad": "NTDS runs",
    "baseline": "can be read",
    "boot-time": "after the failover",
    "dns": "N is resolved to E",
    "file": "the file P is there, at most 1 min old",
    "heartbeat": "heartbeat",
    "run-command": "prints 'E'",
    "script": "the script ok.ps1 prints 'E'",
    "sentinel": "the newest record of P of the instance N can be read, at most 1 min old",
    "service": "the service N runs",
    "sql-database": "the database D of the instance N is ONLINE",
    "tcp": "port 443 of H takes a connection",
    "vmm": "SCVMMService runs",
}


@pytest.mark.parametrize("kind", sorted(NEEDED))
def test_every_kind_of_probe_says_what_it_expects(kind: str) -> None:
    given: dict[str, Any] = {"name": "N", "expect": "E", "path": "P", "database": "D", "host": "H", "port": 443}
    probe = ProbeSpec(kind=kind, file=Path("ok.ps1"), max_age_seconds=60, **given)
    assert ASKED[kind] in expectation(probe)


@pytest.mark.parametrize(
    ("kind", "green", "attempts", "verdict"),
    [
        ("service", True, 1, Verdict.PASS),
        ("service", False, 1, Verdict.FAIL),
        ("service", False, 0, Verdict.UNKNOWN),
        ("estimate", True, 0, Verdict.NOT_APPLICABLE),
    ],
)
def test_a_probe_shows_no_more_than_it_was_answered(kind: str, green: bool, attempts: int, verdict: Verdict) -> None:
    assert judged(kind, green=green, attempts=attempts) is verdict
