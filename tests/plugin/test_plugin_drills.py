"""Drills as items: after the checks, in order, on one worker, never repeated, and with everything they measured."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.authority import AUTHORITY
from tests.plugin.conftest import UNREACHED

ESTATE = (
    UNREACHED
    + """\
  - {name: two, kind: hyperv-replica, vm: B, switch: Isolated, probes: [{kind: heartbeat}], seconds: 60}
  - {name: three, kind: hyperv-replica, vm: C, switch: Isolated, probes: [{kind: heartbeat}], seconds: 60}
"""
)

CONFTEST = """
import os
from datetime import UTC, datetime
from pathlib import Path

from drcheck.drill import Attachment, DrillOutcome
from drcheck.pytest_plugin.collect import DRILL_RUNNER
from drcheck.verdict import Finding, Measurement, Phase, Severity, Subject, Verdict

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def hold(spec):
    with Path("held").open("a") as log:
        log.write(f"{spec.name} {os.getpid()}\\n")
    if Path(f"die-{spec.name}").exists():
        os._exit(1)
    if Path(f"interrupt-{spec.name}").exists():
        raise KeyboardInterrupt
    subject = Subject(kind="VM", key=spec.name, name=spec.name.upper())
    trouble = ("the lease was held",) if Path(f"trouble-{spec.name}").exists() else ()
    slow = 4000 if Path(f"slow-{spec.name}").exists() else 60
    rto = Measurement(
        kind="rto", subject=subject, drill=f"d-{spec.name}", seconds=slow, uncertainty_seconds=1, target_seconds=1800,
        method="probe", at=AT, phases=(Phase(name="boot", started=AT, seconds=slow),),
    )
    finding = Finding(
        check="DR-DRL-901", title="Nothing is left", subject=subject, scope="drills", verdict=Verdict.PASS,
        severity=Severity.HIGH, message="nothing is left", observed="0", expected="0", at=AT, age_seconds=0,
        source="hv1", controls=(), remedy="-", evidence="tested",
    )
    note = Attachment(name="note.txt", media_type="text/plain", body=b"seen \\xff")
    return DrillOutcome(
        drill=f"d-{spec.name}", name=spec.name, findings=(finding,), measurements=(rto,), trouble=trouble,
        attachments=(note,),
    )


def pytest_configure(config):
    config.stash[DRILL_RUNNER] = hold
"""

CHECK = """
from drcheck.check import Outcome, check, passed
from drcheck.topology.declared import Site
from drcheck.verdict import Severity


@check("DR-TST-001", "Every site exists", severity=Severity.LOW, why="w", source="s", remedy="r", controls=())
def check_site(subject: Site) -> Outcome:
    return passed("there", observed="there", expected="there")
"""


@pytest.fixture
def lab(pytester: pytest.Pytester) -> pytest.Pytester:
    (pytester.path / "estate.yaml").write_text(ESTATE, encoding="utf-8")
    (pytester.path / "ca.pem").write_text(AUTHORITY, encoding="utf-8")
    (pytester.path / "password").write_text("secret", encoding="utf-8")
    (pytester.path / "password").chmod(0o600)
    (pytester.path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (pytester.path / "check_site.py").write_text(CHECK, encoding="utf-8")
    return pytester


def drill(pytester: pytest.Pytester, *arguments: str) -> tuple[pytest.RunResult, dict[str, Any], list[list[str]]]:
    result = pytester.runpytest_subprocess(
        "check_site.py", "--estate", "estate.yaml", "--drill", "--no-html", "--run-dir", "out", *arguments
    )
    document = json.loads((pytester.path / "out/run.json").read_text(encoding="utf-8"))
    held = [line.split() for line in (pytester.path / "held").read_text().splitlines()]
    return result, document, held


def test_drills_follow_the_checks_in_their_order_and_deliver_everything(lab: pytest.Pytester) -> None:
    result, document, held = drill(lab)
    result.assert_outcomes(passed=4)
    assert result.ret == pytest.ExitCode.OK
    assert [name for name, _ in held] == ["one", "two", "three"]
    assert [each["subject"]["name"] for each in document["measurements"]] == ["ONE", "THREE", "TWO"]
    assert sum(each["check"] == "DR-DRL-901" for each in document["findings"]) == 3
    assert document["run"]["verdict"] == "PASSED"
    result.stdout.fnmatch_lines(["*PASS    RTO ONE: 1 min ± 1 s, allowed 30 min"])
    index = json.loads((lab.path / "out/attachments/index.json").read_text())
    assert {each["drill"] for each in index} == {"d-one", "d-two", "d-three"}
    assert (lab.path / "out/attachments" / index[0]["file"]).read_bytes() == b"seen \xff"


def test_with_workers_all_drills_stay_on_one_and_keep_their_order(lab: pytest.Pytester) -> None:
    result, document, held = drill(lab, "-n", "2")
    assert result.ret == pytest.ExitCode.OK
    assert [name for name, _ in held] == ["one", "two", "three"]
    assert len({process for _, process in held}) == 1
    assert len(document["measurements"]) == 3


@pytest.mark.parametrize("asked", ["loadgroup", "worksteal"])
def test_no_way_of_spreading_tests_tears_drills_apart(lab: pytest.Pytester, asked: str) -> None:
    _, _, held = drill(lab, "-n", "2", "--dist", asked)
    assert [name for name, _ in held] == ["one", "two", "three"]
    assert len({process for _, process in held}) == 1


def test_a_missed_target_fails_and_a_drill_that_could_not_be_held_is_never_a_pass(lab: pytest.Pytester) -> None:
    (lab.path / "slow-one").touch()
    (lab.path / "trouble-two").touch()
    result, document, _ = drill(lab)
    result.assert_outcomes(passed=2, failed=2)
    assert document["run"]["verdict"] == "FAILED"
    assert document["run"]["trouble"] == ["the lease was held"]
    result.stdout.fnmatch_lines(["*FAIL RTO ONE: 66.7 min ± 1 s; allowed: 30 min", "*the lease was held"])


def test_trouble_alone_leaves_the_run_incomplete(lab: pytest.Pytester) -> None:
    (lab.path / "trouble-two").touch()
    result, document, _ = drill(lab)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert document["run"]["verdict"] == "INCOMPLETE"


def test_a_drill_whose_worker_died_is_not_held_again_and_the_rest_are(lab: pytest.Pytester) -> None:
    (lab.path / "die-two").touch()
    result, document, held = drill(lab, "-n", "2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert [name for name, _ in held] == ["one", "two", "three"]
    assert document["run"]["verdict"] == "INCOMPLETE"
    assert any("drills::two" in line for line in document["run"]["trouble"])
    assert {each["subject"]["name"] for each in document["measurements"]} == {"ONE", "THREE"}


def test_an_interruption_ends_the_session_and_keeps_what_was_measured(lab: pytest.Pytester) -> None:
    (lab.path / "interrupt-two").touch()
    result, document, held = drill(lab)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert [name for name, _ in held] == ["one", "two"]
    assert document["run"]["verdict"] == "INCOMPLETE"
    assert [each["subject"]["name"] for each in document["measurements"]] == ["ONE"]


def test_without_the_option_no_drill_is_held(lab: pytest.Pytester) -> None:
    lab.runpytest_subprocess("check_site.py", "--estate", "estate.yaml", "--no-html").assert_outcomes(passed=1)
    assert not Path(lab.path / "held").exists()


def test_drills_of_files_take_the_place_of_those_that_the_estate_lists(lab: pytest.Pytester) -> None:
    text = "version: 1\nname: four\nkind: hyperv-replica\nvm: D\nswitch: Isolated\nprobes: [{kind: heartbeat}]\n"
    (lab.path / "four.yaml").write_text(text, encoding="utf-8")
    result = lab.runpytest_subprocess(
        "check_site.py", "--estate", "estate.yaml", "--drill-file", "four.yaml", "--no-html", "-n", "1"
    )
    result.assert_outcomes(passed=2)
    assert [line.split()[0] for line in (lab.path / "held").read_text().splitlines()] == ["four"]


def test_a_mistake_in_a_drill_file_ends_the_session_before_anything_is_asked(lab: pytest.Pytester) -> None:
    (lab.path / "four.yaml").write_text("version: 1\nname: four\nkind: hyperv-replika\n", encoding="utf-8")
    result = lab.runpytest_subprocess("check_site.py", "--estate", "estate.yaml", "--drill-file", "four.yaml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*four.yaml:3:7: kind: 'hyperv-replika' is not a kind of drill; there is *"])
    assert not (lab.path / "held").exists()
