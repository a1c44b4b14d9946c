"""The pytest plugin: verdicts become outcomes, evidence comes out, and two workers say what one process says."""

import gc
import json
import sys

import pytest

from drcheck.pytest_plugin import session
from drcheck.topology.base import Gap
from drcheck.topology.vmm import Cloud
from tests.plugin.conftest import CLOUDS, Run, estate, run_json, seen, verdicts, vm


def test_every_verdict_has_its_outcome_and_one_bad_subject_hides_no_other(run: Run, pytester: pytest.Pytester) -> None:
    result = run(
        estate(
            vm("PAY-A"), vm("PAY-B", "bad"), vm("PAY-C", "dark"), vm("DC1", "dark"), vm("X1", "fog"), vm("DC2", "so-so")
        )
    )
    result.assert_outcomes(failed=2, skipped=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*FAIL DR-TST-001 PAY-B: it is a mess -> tidy up",
            "*UNKNOWN DR-TST-001 PAY-C: it is too dark to see -> tidy up",
            "drcheck: FAILED of a selection (*) - 1 FAIL, 2 UNKNOWN, 1 WARN, 1 PASS, 2 NOT_APPLICABLE; reports/latest",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    document = run_json(pytester.path)
    assert document["run"]["verdict"] == "FAILED"
    assert document["run"]["counts"] == {
        "PASS": 1,
        "WARN": 1,
        "FAIL": 1,
        "UNKNOWN": 2,
        "NOT_APPLICABLE": 2,
        "WAIVED": 0,
    }
    assert verdicts(document)["DR-TST-001", "PAY-B"] == "FAIL"


def test_items_are_named_by_check_and_scope(run: Run) -> None:
    result = run(estate(vm("PAY-A"), vm("DC1"), vm("X1")), "--collect-only", "-q")
    result.stdout.fnmatch_lines(
        [
            "checks/vmm/check_float.py::DR-TST-002*",
            "checks/vmm/check_order.py::DR-TST-001*identity]",
            "checks/vmm/check_order.py::DR-TST-001*london]",
            "checks/vmm/check_order.py::DR-TST-001*payments]",
        ]
    )


def test_a_healthy_estate_passes_and_exits_0(run: Run, pytester: pytest.Pytester) -> None:
    cloud = Cloud(key="c", seen=seen(), name="Gold", host_groups=())
    result = run(estate(vm("PAY-A"), vm("DC1", "so-so"), cloud))
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["drcheck: PASSED of a selection (left out: *) - 1 WARN, 2 PASS; reports/latest"])
    assert (pytester.path / "reports/latest").is_symlink()


def test_a_gap_makes_the_run_incomplete_and_loses_nothing_that_was_seen(run: Run, pytester: pytest.Pytester) -> None:
    hole = Gap(kind="VmmVm", scope="vmm:vmm01", cause="refused", reason="nothing listens", seen=seen())
    result = run(estate(vm("PAY-A"), gaps=(hole,)))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    document = run_json(pytester.path)
    assert document["run"]["verdict"] == "INCOMPLETE"
    assert document["gaps"][0]["key"] == "VmmVm@vmm:vmm01"
    assert verdicts(document) == {
        ("DR-TST-001", "PAY-A"): "PASS",
        ("DR-TST-001", "VmmVm@vmm:vmm01"): "UNKNOWN",
        ("DR-TST-002", "estate"): "NOT_APPLICABLE",
    }


def test_two_workers_find_what_one_process_finds(run: Run, pytester: pytest.Pytester) -> None:
    topology = estate(
        *(vm(f"PAY-{n}", ("ok", "bad", "dark", "fog")[n % 4]) for n in range(12)), vm("DC1", "bad"), vm("Y")
    )
    run(topology, "--run-dir", "alone")
    result = run(topology, "-n", "2", "--run-dir", "spread")
    alone, spread = (json.loads((pytester.path / name / "run.json").read_text()) for name in ("alone", "spread"))
    assert alone["findings"] == spread["findings"]
    assert len(alone["findings"]) == 15
    assert alone["run"]["counts"] == spread["run"]["counts"]
    assert alone["run"]["trouble"] == spread["run"]["trouble"] == []
    result.stdout.fnmatch_lines(["drcheck: FAILED of a selection (*) - *; *spread"])


def test_evidence_of_two_runs_is_never_mixed(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "used").mkdir()
    (pytester.path / "used" / "run.json").write_text("{}")
    result = run(estate(vm("PAY-A")), "--run-dir", "used")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert (pytester.path / "used" / "run.json").read_text() == "{}"


def test_a_broken_check_file_leaves_the_run_incomplete(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "checks/vmm/check_broken.py").write_text("import drcheck.no_such_thing\n")
    result = run(estate(vm("PAY-A")), "--continue-on-collection-errors")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    document = run_json(pytester.path)
    assert document["run"]["verdict"] == "INCOMPLETE"
    assert "check_broken.py could not be collected" in document["run"]["trouble"][0]
    assert verdicts(document)["DR-TST-001", "PAY-A"] == "PASS"


def test_a_check_file_without_a_check_is_not_silently_empty(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "checks/vmm/check_none.py").write_text("import drcheck.check\n")
    result = run(estate(vm("PAY-A")))
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*check_none.py: has no check*", "drcheck: INCOMPLETE * - nothing was judged; *"])


def test_items_that_never_ran_leave_the_run_incomplete(run: Run, pytester: pytest.Pytester) -> None:
    run(estate(vm("PAY-A", "bad"), vm("DC1", "dark"), vm("X1")), "-x")
    trouble = run_json(pytester.path)["run"]["trouble"]
    assert any("items did not run to their end" in line for line in trouble)


CRASH = """
import os
from drcheck.check import Outcome, check
from drcheck.topology.vmm import VmmVm
from drcheck.verdict import Severity


@check("DR-TST-003", "Nobody dies", severity=Severity.LOW, why="w", source="s", remedy="r", controls=())
def check_die(subject: VmmVm) -> Outcome:
    with open("died", "a") as file:
        file.write("x")
    os._exit(1)
"""


def test_a_worker_that_dies_leaves_the_run_incomplete_and_its_item_is_not_repeated(
    run: Run, pytester: pytest.Pytester
) -> None:
    (pytester.path / "checks/vmm/check_die.py").write_text(CRASH)
    result = run(estate(vm("PAY-A"), vm("PAY-B", "bad")), "-n", "2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    document = run_json(pytester.path)
    assert document["run"]["verdict"] == "FAILED"
    assert any("worker" in line and "DR-TST-003" in line for line in document["run"]["trouble"])
    assert verdicts(document)["DR-TST-001", "PAY-A"] == "PASS"
    assert (pytester.path / "died").read_text() == "x"


def test_two_check_files_of_one_name_do_not_meet(run: Run, pytester: pytest.Pytester) -> None:
    other = pytester.path / "checks/other/check_float.py"
    other.parent.mkdir()
    other.write_text(CLOUDS.replace("DR-TST-002", "DR-TST-009"))
    run(estate(vm("PAY-A")))
    assert {check for check, _ in verdicts(run_json(pytester.path))} == {"DR-TST-001", "DR-TST-002", "DR-TST-009"}


def test_allure_results_are_written_once_and_also_where_the_user_wants_them(
    run: Run, pytester: pytest.Pytester
) -> None:
    run(estate(vm("PAY-A"), vm("PAY-B", "bad")), "--alluredir", "mine")
    ours = pytester.path / "reports/latest/allure-results"
    assert len(list(ours.glob("*-result.json"))) == len(list((pytester.path / "mine").glob("*-result.json"))) == 6


def test_ordinary_sessions_see_nothing_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(): pass")
    (pytester.path / "check_links.py").write_text("raise SystemExit('somebody else wrote this')\n")
    result = pytester.runpytest_inprocess(".")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*drcheck:*")
    assert not (pytester.path / "reports").exists()


def test_a_session_imports_nothing_heavy_that_it_does_not_use(pytester: pytest.Pytester) -> None:
    code = (
        "import sys, drcheck.pytest_plugin\n"
        "heavy = lambda *names: print([name for name in names if name in sys.modules])\n"
        "heavy('azure', 'winrm', 'pydantic', 'aiohttp', 'rich', 'xdist', 'drcheck.drill.engine')\n"
        "import drcheck.pytest_plugin.session, drcheck.pytest_plugin.xdist\n"
        "heavy('azure', 'winrm', 'pydantic', 'aiohttp', 'rich', 'drcheck.drill.engine')\n"
    )
    result = pytester.run(sys.executable, "-c", code)
    assert result.outlines == ["[]", "[]"], "any session of pytest; one that judges a snapshot"


def test_a_long_session_keeps_the_garbage_collector_from_its_reports(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen: list[None] = []
    monkeypatch.setattr(session, "MANY", 2)
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(None))
    run(estate(vm("PAY-A"), vm("DC1"), vm("OTHER"))).assert_outcomes(passed=3, skipped=1)
    assert len(frozen) == 4, "when it was seen, when it was collected, and after every second item"


def test_checks_may_have_ids_of_their_own_kind(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "checks/vmm/check_own.py").write_text(CLOUDS.replace("DR-TST-002", "ACME 7"))
    run(estate(Cloud(key="c", seen=seen(), name="Gold", host_groups=())))
    document = run_json(pytester.path)
    assert verdicts(document)["ACME 7", "Gold"] == "PASS"
    assert document["run"]["verdict"] == "PASSED"


MIXED = """
import drcheck
import pytest


@pytest.mark.parametrize("n", [1, 2])
def test_mine(n):
    assert n
"""


def test_ordinary_tests_in_the_same_session_are_neither_findings_nor_missed(
    run: Run, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(test_other="def test_it(): pass")
    (pytester.path / "checks" / "check_mixed.py").write_text(MIXED + CLOUDS)
    pytester.makeini("[pytest]\npython_files = test_*.py check_mixed.py\n")
    result = run(estate(vm("PAY-A")), paths=("checks", "test_other.py"))
    assert result.ret == pytest.ExitCode.OK
    document = run_json(pytester.path)
    assert document["run"]["trouble"] == []
    assert document["run"]["verdict"] == "PASSED"
