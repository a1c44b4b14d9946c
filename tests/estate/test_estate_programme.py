"""What a programme of drills has to do is read from estate.yaml, told of when it is wrong, and becomes facts."""

from datetime import date
from pathlib import Path

import pytest

from drcheck.discovery.driver import look
from drcheck.estate import load
from drcheck.estate.programme import ChangeSpec, DutySpec, Programme
from drcheck.topology.programme import RehearsalDuty, SubstantiveChange
from tests.estate_file import ENVIRON, WHOLE, Write, problems_of, writer
from tests.pretend_machines import Pretend, Ticking

SECTION = """\
programme:
  changes: {CHG0042: {on: 2026-10-20, what: New storage, applications: [payments]}}
  switchovers: {payments: 365d}
  authors: {payments: P. Writer, identity: D. Writer}
  runbooks: {Warm-Cache: "ABCDEF0000000000000000000000000000000000000000000000000000000000"}
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


def test_a_programme_is_read_and_becomes_facts(write: Write) -> None:
    estate = load(write(WHOLE + SECTION), ENVIRON)
    change = ChangeSpec(name="CHG0042", on=date(2026, 10, 20), what="New storage", applications=("payments",))
    duties = (
        DutySpec(application="identity", author="D. Writer"),
        DutySpec(application="payments", switchover_seconds=365 * 86400, author="P. Writer"),
    )
    assert estate.programme == Programme(changes=(change,), duties=duties, runbooks=(("warm-cache", f"abcdef{0:058}"),))
    clock = Ticking()
    topology = look(estate, (), now=clock.now, monotonic=clock.monotonic, via=Pretend().transports())
    assert [(one.key, one.on, one.applications) for one in topology.all(SubstantiveChange)] == [
        ("CHG0042", date(2026, 10, 20), ("payments",))
    ]
    assert [(one.key, one.switchover_seconds, one.author) for one in topology.all(RehearsalDuty)] == [
        ("identity", None, "D. Writer"),
        ("payments", 365 * 86400, "P. Writer"),
    ]


def test_nothing_of_it_has_to_be_declared(write: Write) -> None:
    assert load(write(WHOLE), ENVIRON).programme == Programme()


def test_every_mistake_is_told(write: Write) -> None:
    wrong = """\
programme:
  changes: {one: {on: soon, what: "", applications: [nobody]}, two: {on: 2026-10-20, what: x, applications: []}}
  switchovers: {payment: 365d}
  authors: {nobody: Jo}
  more: 1
"""
    told = "\n".join(problems_of(write(WHOLE + wrong)))
    for part in (
        "programme.changes.one.on: 'soon' is not a date",
        "programme.changes.one.what: must not be empty",
        "programme.changes.one.applications[0]: 'nobody' is not a declared application",
        "programme.changes.two.applications: ",
        "programme.switchovers.payment: 'payment' is not a declared application; did you mean 'payments'?",
        "programme.authors.nobody: 'nobody' is not a declared application",
        "programme.more: is not known here",
    ):
        assert part in told, told
