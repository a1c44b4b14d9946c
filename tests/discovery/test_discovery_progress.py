"""What people and CI logs see of a discovery."""

from io import StringIO

from rich.console import Console

from drcheck.discovery.driver import Progress
from drcheck.discovery.progress import PlainProgress, TerminalProgress, make_progress
from drcheck.topology.base import Gap, Seen, Target
from tests.pretend_machines import START

HOST = Target(role="hyperv", endpoint="hv1.lab")
ODD = Target(role="hyperv", endpoint="hv[red]2.lab")


def gap(target: Target, kind: str, reason: str) -> Gap:
    seen = Seen(source="test", endpoint=target.endpoint, query="-", at=START)
    return Gap(kind=kind, scope=target.scope, cause="refused", reason=reason, seen=seen)


def play(progress: Progress) -> None:
    """One target that is read, and one that is not."""
    for target in (HOST, ODD):
        progress.found(target)
        progress.started(target, target.endpoint)
    progress.done(HOST, facts=12, gaps=(), seconds=1.25)
    lost = [gap(ODD, kind, "nothing listens [there]") for kind in ("HyperVVm", "VmSwitch")]
    progress.done(ODD, facts=0, gaps=lost, seconds=0.0)
    progress.close()


def test_a_log_has_a_line_per_target_and_each_reason_once() -> None:
    stream = StringIO()
    play(PlainProgress(stream))
    assert stream.getvalue().splitlines() == [
        "discovery: hyperv:hv1.lab: 12 facts in 1.2 s",
        "discovery: hyperv:hv[red]2.lab: 0 facts in 0.0 s, 2 gaps",
        "discovery: hyperv:hv[red]2.lab: not read: nothing listens [there]",
        "discovery: 2 endpoints, 12 facts, 2 gaps",
    ]


def test_a_terminal_keeps_what_is_missing_and_the_sums() -> None:
    stream = StringIO()
    play(TerminalProgress(Console(file=stream, force_terminal=True, width=120, color_system=None)))
    shown = stream.getvalue()
    assert "not read hyperv:hv[red]2.lab: nothing listens [there]" in shown
    assert shown.count("nothing listens") == 1
    assert "discovery 2 endpoints, 12 facts, 2 gaps" in shown


def test_what_is_no_terminal_gets_plain_lines() -> None:
    assert isinstance(make_progress(StringIO()), PlainProgress)


def test_closing_before_anything_was_found_is_harmless() -> None:
    stream = StringIO()
    TerminalProgress(Console(file=stream, force_terminal=True, width=80)).close()
    assert "0 endpoints" in stream.getvalue()
