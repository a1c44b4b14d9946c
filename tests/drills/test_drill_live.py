"""What people at a terminal see of a drill while it is held."""

import io

from rich.console import Console

from drcheck.drill.live import Live
from drcheck.estate import DrillSpec


def test_each_drill_has_a_line_with_its_phase_and_what_is_left() -> None:
    written = io.StringIO()
    live = Live(Console(file=written, force_terminal=True, width=120))
    with live.holding(DrillSpec(name="vmm-first", kind="hyperv-replica", seconds=1800)):
        live.say("vmm-first: boot")
        live.say("somebody: [asks] for Enter")
        live._bar.refresh()
        shown = written.getvalue()
    assert "drill vmm-first: boot" in shown
    assert "[asks] for Enter" in shown
    assert "gives up in 0:29:" in shown or "gives up in 0:30:" in shown
    assert live._tasks == {}


def test_two_drills_at_once_end_one_by_one() -> None:
    live = Live(Console(file=io.StringIO(), force_terminal=True, width=120))
    first, second = (DrillSpec(name=name, kind="hyperv-replica") for name in ("a", "b"))
    with live.holding(first):
        with live.holding(second):
            live.say("b: boot")
        assert list(live._tasks) == ["a"]
        assert live._bar.live.is_started
    assert not live._bar.live.is_started
