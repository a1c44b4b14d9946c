"""Windows, blackouts, approvers and limits: a drill that must not be held now is told why, with the figures."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from drcheck.drill.planning.permission import Times, deadline, obstacles, told, too_large
from drcheck.drill.readiness import Deadline
from drcheck.errors import DrillFailed
from drcheck.estate import DrillSpec, Estate
from drcheck.estate.drill_spec import Authorisation, Blackout, Limits

NOW = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)
TIMES = Times(start=NOW, work_seconds=2700, clean_up_seconds=900)
"""Over at 21:00."""
ESTATE = Estate(path=Path("estate.yaml"), name="e", sites=(), endpoints=())
ME = "duty@runner1"


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def allowed(**fields: Any) -> DrillSpec:
    given: dict[str, Any] = {"change": "CHG1", "approver": "H. Operations"} | fields
    return DrillSpec(name="d", kind="hyperv-replica", authorisation=Authorisation(**given))


def refused(spec: DrillSpec, **estate: Any) -> tuple[str, ...]:
    return obstacles(spec, structs.replace(ESTATE, **estate), ME, TIMES)


NOBODY = DrillSpec(name="d", kind="hyperv-replica")


def test_a_drill_that_nobody_allowed_is_held_unless_the_estate_wants_somebody_to() -> None:
    assert refused(NOBODY) == ()
    assert told(NOBODY).startswith("none was asked for")
    (reason,) = refused(NOBODY, drill_authorisation="required")
    assert "drill_authorisation" in reason
    assert refused(allowed(), drill_authorisation="required") == ()
    assert told(allowed(not_after=at(2))) == "change CHG1, approved by H. Operations until 2026-12-01 22:00 UTC"


@pytest.mark.parametrize("approver", ["duty", "DUTY", "duty@runner1"])
def test_nobody_approves_their_own_drill(approver: str) -> None:
    (reason,) = refused(allowed(approver=approver))
    assert reason.startswith(f"{approver} approved it and would hold it")


@pytest.mark.parametrize(
    ("window", "reasons"),
    [
        ({"not_before": at(0), "not_after": at(1)}, []),
        ({"not_before": at(3)}, ["its window opens at 2026-12-01 23:00 UTC, in 3 h"]),
        ({"not_after": at(-1)}, ["its window closed at 2026-12-01 19:00 UTC"]),
        (
            {"not_after": at(0.9)},
            ["it would end at 2026-12-01 21:00 UTC, clean-up included; its window closes at 2026-12-01 20:54 UTC"],
        ),
    ],
)
def test_a_drill_is_held_within_its_window_with_its_clean_up(window: dict[str, datetime], reasons: list[str]) -> None:
    assert list(refused(allowed(**window))) == reasons


@pytest.mark.parametrize(
    ("start", "end", "reasons"),
    [
        (-2, 0, []),
        (1, 2, []),
        (-1, 1, ["no drill may be held until 2026-12-01 21:00 UTC (stock)"]),
        (
            0.5,
            2,
            ["it would end at 2026-12-01 21:00 UTC; no drill may be held from 2026-12-01 20:30 UTC on (stock)"],
        ),
    ],
)
def test_no_drill_reaches_into_a_blackout(start: float, end: float, reasons: list[str]) -> None:
    blackout = Blackout(name="stock", start=at(start), end=at(end))
    assert list(refused(NOBODY, blackouts=(blackout,))) == reasons


def test_a_drill_brings_up_no_more_than_it_may() -> None:
    spec = structs.replace(NOBODY, limits=Limits(machines=3))
    assert too_large(spec, 3) == ()
    assert too_large(spec, 4) == ("it would bring up 4 machines; allowed: 3 (limits.machines)",)
    assert too_large(NOBODY, 400) == ()


def test_a_time_that_leaves_none_for_the_work_is_refused() -> None:
    (reason,) = refused(structs.replace(NOBODY, limits=Limits(seconds=900)))
    assert reason.startswith("it may take 15 min (limits.duration), and its clean-up alone")


def test_the_work_ends_early_enough_for_the_clean_up() -> None:
    assert deadline(NOBODY, ESTATE, TIMES) is None
    limited = structs.replace(allowed(not_after=at(2)), limits=Limits(seconds=3600 * 3))
    assert deadline(limited, ESTATE, TIMES) == at(1.75)
    past, coming = (Blackout(name="b", start=at(hours), end=at(hours + 1)) for hours in (-2, 1.5))
    assert deadline(limited, structs.replace(ESTATE, blackouts=(past, coming)), TIMES) == at(1.25)
    assert deadline(structs.replace(limited, limits=Limits(seconds=3600)), ESTATE, TIMES) == at(0.75)


def test_a_deadline_ends_the_work_at_its_next_pause_and_never_the_clean_up() -> None:
    clock = [NOW]

    def wait(seconds: float) -> None:
        clock[0] += timedelta(seconds=seconds)

    limit = Deadline(lambda: clock[0], wait)
    limit.at = at(1)
    with limit.running():
        limit.wait(3599)
        with pytest.raises(DrillFailed, match="its time was over at 2026-12-01 21:00:00 UTC"):
            limit.wait(2)
    limit.wait(60)
    assert clock[0] == at(1) + timedelta(seconds=61)
