"""What only people can do takes as long as it does: somebody says so, here, at a terminal or in another process."""

import os
import pty
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drcheck.cli.drilling import confirm_step
from drcheck.drill import Context, Person
from drcheck.drill.confirming import Elsewhere, carry_out, confirm, waiting
from drcheck.drill.holder import holder
from drcheck.drill.journal import Journal, read
from drcheck.drill.terminal import Terminal
from drcheck.drill.timing.timeline import Timeline
from drcheck.errors import DrillError, DrillFailed
from drcheck.estate import Estate, HumanStep
from drcheck.topology.base import Topology

STEP = HumanStep(name="VMM answers", owner="Platform on call", seconds=900, confirm=True)


@dataclass(kw_only=True)
class Scene:
    """A drill that waits; a pause takes no time, and somebody may do something in it."""

    folder: Path
    person: Person | None = None
    meanwhile: Callable[[], object] = lambda: None
    at: datetime = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.journal = Journal(self.folder / "d1.journal.jsonl", "d1", lambda: self.at)
        self.journal.write("opened", kind="rehearsal")
        self.timeline = Timeline(lambda: self.at, lambda _: None)

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.meanwhile()

    def carry_out(self, step: HumanStep = STEP, seen: Callable[[], str] = lambda: "") -> str:
        context = Context(
            estate=Estate(path=self.folder / "estate.yaml", name="e", sites=(), endpoints=()),
            topology=Topology(as_of=self.at),
            folder=self.folder,
            now=lambda: self.at,
            wait=self.wait,
            say=self.said.append,
            person=self.person,
            look=lambda targets, kinds=(): Topology(as_of=self.at, targets=targets if kinds else ()),
        )
        return carry_out(step, self.journal, self.timeline, context, seen)


def test_where_nobody_is_the_declared_time_counts_and_is_marked(tmp_path: Path) -> None:
    scene = Scene(folder=tmp_path)
    assert scene.carry_out() == ""
    (phase,) = scene.timeline.phases
    assert (phase.name, phase.seconds, phase.declared) == ("VMM answers (declared, Platform on call)", 900, True)
    assert [(one.event, one.action) for one in read(scene.journal.path)][1:] == [("declared", "VMM answers")]


def test_another_process_says_that_it_is_done_and_the_wait_is_measured(tmp_path: Path) -> None:
    scene = Scene(folder=tmp_path, person=Elsewhere())

    def answer() -> None:
        if scene.at >= datetime(2026, 11, 23, 10, 5, tzinfo=UTC):
            assert [one.step for one in waiting(tmp_path)] == ["VMM answers"]
            confirm(tmp_path, "d1", "", scene.at, by="Dana Duty")
            assert waiting(tmp_path) == ()

    scene.meanwhile = answer
    assert scene.carry_out() == "Dana Duty"
    (phase,) = scene.timeline.phases
    assert (phase.name, phase.by, phase.declared) == ("VMM answers", "Dana Duty", False)
    assert 300 <= phase.seconds <= 310
    line = read(scene.journal.path)[-1]
    assert (line.event, line.data["by"]) == ("confirmed", "Dana Duty")
    assert {path.name for path in tmp_path.iterdir()} == {"d1.journal.jsonl"}
    assert "press Enter when it is done, or run `drcheck drill confirm d1`" in scene.said[0]


def test_what_evidently_was_done_needs_no_word(tmp_path: Path) -> None:
    scene = Scene(folder=tmp_path, person=Elsewhere())
    assert scene.carry_out(seen=lambda: "somebody in the portal") == "somebody in the portal"


def test_a_word_that_came_too_late_for_one_step_is_none_on_the_next_of_its_name(tmp_path: Path) -> None:
    """A plan may stop at two actions of one name; the first was resumed in the portal as somebody confirmed it."""
    scene = Scene(folder=tmp_path, person=Elsewhere())
    late = tmp_path / "d1.vmm-answers.confirmed.json"
    scene.meanwhile = lambda: late.exists() or confirm(tmp_path, "d1", "", scene.at, by="Dana Duty")
    assert scene.carry_out() == "Dana Duty"
    late.write_bytes(b'{"by":"Dana Duty","at":"2026-11-23T10:00:00Z"}')
    scene.meanwhile = lambda: None
    with pytest.raises(DrillFailed, match="did not come to an end"):
        scene.carry_out()


def test_nobody_is_waited_for_for_ever(tmp_path: Path) -> None:
    scene = Scene(folder=tmp_path, person=Elsewhere())
    with pytest.raises(DrillFailed, match="VMM answers did not come to an end in 9000 s"):
        scene.carry_out()
    assert waiting(tmp_path) == ()


def test_of_several_steps_the_right_one_has_to_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = Scene(folder=tmp_path, person=Elsewhere()), Scene(folder=tmp_path, person=Elsewhere())
    second.journal = first.journal.part("payments")
    other = HumanStep(name="Test payment", owner="", seconds=60, confirm=True)

    def answer() -> None:
        assert {one.step for one in waiting(tmp_path)} == {"VMM answers", "Test payment"}
        assert confirm_step(tmp_path, "", "", "") == 2
        with pytest.raises(DrillError, match="2 steps fit; exactly one is needed"):
            confirm(tmp_path, "d1", "", second.at)
        with pytest.raises(DrillError, match="0 steps fit"):
            confirm(tmp_path, "d1", "No such step", second.at)
        assert confirm_step(tmp_path, "d1", "test payment", "") == 0

    second.meanwhile = answer
    first.meanwhile = lambda: second.carry_out(other) and confirm(tmp_path, "d", "", first.at, by="Dana Duty")
    assert first.carry_out() == "Dana Duty"
    assert second.timeline.phases[0].by == holder()
    said = capsys.readouterr().out
    assert "d1: Test payment (anybody), since 2026-11-23 10:00:00 UTC" in said
    assert "d1: Test payment is done." in said
    assert confirm_step(tmp_path, "", "", "") == 0
    assert "No drill waits for anybody." in capsys.readouterr().out


def test_a_drill_that_is_over_waits_for_nobody(tmp_path: Path) -> None:
    """Its process died while it waited, and somebody has cleaned up after it."""
    scene = Scene(folder=tmp_path, person=Elsewhere())

    def look() -> None:
        assert len(waiting(tmp_path)) == 1
        scene.journal.write("closed", recovered=True)
        assert waiting(tmp_path) == ()
        raise KeyboardInterrupt

    scene.meanwhile = look
    with pytest.raises(KeyboardInterrupt):
        scene.carry_out()


@pytest.fixture
def keyboard() -> Iterator[tuple[Terminal, Callable[[bytes], object]]]:
    """A terminal, and how something is typed there."""
    outer, inner = pty.openpty()
    tty.setcbreak(inner)
    try:
        yield Terminal(inner), lambda typed: os.write(outer, typed)
    finally:
        os.close(outer)
        os.close(inner)


def test_enter_is_an_answer_to_what_was_asked_before_it(
    keyboard: tuple[Terminal, Callable[[bytes], object]], tmp_path: Path
) -> None:
    terminal, typed = keyboard
    typed(b"\n")
    scene = Scene(folder=tmp_path, person=terminal)
    pauses: list[datetime] = []

    def press() -> None:
        pauses.append(scene.at)
        if len(pauses) == 2:
            typed(b"\n")

    scene.meanwhile = press
    assert scene.carry_out() == holder()
    assert len(pauses) == 2


def test_enter_answers_the_oldest_question(keyboard: tuple[Terminal, Callable[[bytes], object]]) -> None:
    terminal, typed = keyboard
    terminal.ask("first")
    terminal.ask("second")
    assert (terminal.answered("first"), terminal.answered("second")) == ("", "")
    typed(b"\n")
    assert (terminal.answered("second"), terminal.answered("first")) == ("", holder())
    terminal.forget("first")
    assert terminal.answered("second") == ""
    typed(b"yes\n")
    assert terminal.answered("second") == holder()
