"""The pytest plugin: verdicts become outcomes, evidence comes out, and two workers say what one process says."""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import drcheck.pytest_plugin.drills
import drcheck.pytest_plugin.session
import drcheck.pytest_plugin.xdist  # noqa: F401 - see below
from drcheck import topology as topology_package
from drcheck.extensions import modules
from drcheck.snapshot import save
from drcheck.topology.base import Fact, Gap, Looked, Seen, Target, Topology
from drcheck.topology.declared import Application, DeclaredEndpoint, Site
from drcheck.topology.vmm import Cloud, VmmVm

# pytester forgets, after each session in this process, what was imported during it: imported again, a kind of fact
# would be another class of the same name. What sessions import late is therefore imported here.
list(modules(topology_package))

AT = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)

CHECK = '''
"""Is every VM in order?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.topology.vmm import VmmVm
from drcheck.verdict import Severity


@check("DR-TST-001", "Every VM is in order", severity=Severity.HIGH, why="w", source="s", remedy="tidy up", controls=())
def check_order(subject: VmmVm) -> Outcome:
    """The VM's state says what the test wants to see."""
    if subject.status == "dark":
        raise Unknown("it is too dark to see")
    if subject.status == "fog":
        raise NotApplicable("it is a fog")
    if subject.status == "bad":
        return failed("it is a mess", observed="mess", expected="order")
    if subject.status == "so-so":
        return warned("it is dusty", observed="dust", expected="order")
    return passed("it is fine", observed="order", expected="order")
'''

CLOUDS = """
from drcheck.check import Outcome, check, passed
from drcheck.topology.vmm import Cloud
from drcheck.verdict import Severity


@check("DR-TST-002", "Every cloud floats", severity=Severity.LOW, why="w", source="s", remedy="lift it", controls=())
def check_float(subject: Cloud) -> Outcome:
    return passed("floats", observed="up", expected="up")
"""

Run = Callable[..., pytest.RunResult]


def seen(endpoint: str = "vmm01") -> Seen:
    return Seen(source="test", endpoint=endpoint, query="Get-SCVirtualMachine", at=AT)


def vm(name: str, status: str = "ok") -> VmmVm:
    return VmmVm(
        key=f"id-{name.lower()}", seen=seen(), name=name, vmm_id="", host="hv1.lon", cloud_id="", status=status,
        is_test_replica=False, is_recovery=False,
    )  # fmt: skip


def application(name: str, tier: int, pattern: str) -> Application:
    return Application(
        key=name, seen=seen("estate"), name=name, tier=tier, owner="o", rto_seconds=1, rpo_seconds=1,
        vm_names=(pattern,),
    )  # fmt: skip


def estate(*facts: Fact, gaps: tuple[Gap, ...] = (), as_of: datetime = AT) -> Topology:
    declared = [application("payments", 1, "PAY-*"), application("identity", 0, "DC*")]
    site = Site(key="london", seen=seen("estate"), name="london", role="primary", hosts=("*.lon",))
    kinds: list[type[Fact]] = [VmmVm, Cloud]
    looks = [Looked(kind=kind.__name__, scope="vmm:vmm01", seen=seen()) for kind in kinds]
    looks += [
        Looked(kind=k.__name__, scope="estate:estate", seen=seen()) for k in (DeclaredEndpoint, Site, Application)
    ]
    blind = {gap.kind for gap in gaps}
    return Topology(
        facts=[*facts, *declared, site],
        gaps=gaps,
        looked=[look for look in looks if look.kind not in blind],
        targets=[Target(role="estate", endpoint="estate"), Target(role="vmm", endpoint="vmm01")],
        as_of=as_of,
    )


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run checks on an estate; arguments are added to the command line."""
    files = {"vmm/check_order": CHECK, "vmm/check_float": CLOUDS}
    for name, text in files.items():
        path = pytester.path / "checks" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def start(
        topology: Topology, *arguments: str, paths: tuple[str, ...] = ("checks",), old: bool = True
    ) -> pytest.RunResult:
        save(topology, pytester.path / "it.snapshot")
        accepted = ("--as-of-snapshot",) if old else ()
        start_ = pytester.runpytest_subprocess if "-n" in arguments else pytester.runpytest_inprocess
        return start_(*paths, "--snapshot", "it.snapshot", "--no-html", *accepted, *arguments)

    return start


def run_json(where: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((where / "reports" / "latest" / "run.json").read_text(encoding="utf-8"))
    return document


def verdicts(document: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    return {(each["check"], each["subject"]["name"]): each["verdict"] for each in document["findings"]}


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
            "drcheck: FAILED - 1 FAIL, 2 UNKNOWN, 1 WARN, 1 PASS, 2 NOT_APPLICABLE; reports/latest",
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
    result.stdout.fnmatch_lines(["drcheck: PASSED - 1 WARN, 2 PASS; reports/latest"])
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
    result.stdout.fnmatch_lines(["drcheck: FAILED - *; *spread"])


def test_an_old_snapshot_proves_nothing_about_now(run: Run, pytester: pytest.Pytester) -> None:
    result = run(estate(vm("PAY-A")), old=False)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["drcheck: INCOMPLETE - *", "*incomplete: the snapshot is * old; policy allows 1 d*"])
    assert run_json(pytester.path)["run"]["verdict"] == "INCOMPLETE"


def test_a_snapshot_from_the_future_proves_nothing(run: Run) -> None:
    result = run(estate(vm("PAY-A"), as_of=AT + timedelta(days=365 * 400)))
    result.stdout.fnmatch_lines(["drcheck: INCOMPLETE - *", "*incomplete: the snapshot is from * in the future*"])


def test_a_damaged_snapshot_is_a_usage_error(pytester: pytest.Pytester, run: Run) -> None:
    (pytester.path / "bad.snapshot").write_bytes(b"no")
    result = pytester.runpytest_inprocess("checks", "--snapshot", "bad.snapshot")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: bad.snapshot: not a snapshot*"])


@pytest.mark.parametrize("spread", [(), ("-n", "2")], ids=["alone", "spread"])
def test_checks_without_an_estate_are_a_usage_error(
    run: Run, pytester: pytest.Pytester, spread: tuple[str, ...]
) -> None:
    start = pytester.runpytest_subprocess if spread else pytester.runpytest_inprocess
    result = start("checks", *spread)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "give one of --estate FILE, --snapshot FILE or --lab NAME" in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--snapshot", "a", "--lab", "b"), "--snapshot and --lab exclude each other"),
        (("--snapshot", "a", "--drill"), "--drill needs a live estate"),
        (("--snapshot", "a", "--severity", "awful"), "--severity awful: choose from critical, high, medium, low"),
        (("--snapshot", "a", "--tier", "gold"), "--tier gold: a tier is a number"),
        (("--snapshot", "nowhere"), "nowhere: No such file or directory"),
        (("--estate", "nowhere.yaml"), "nowhere.yaml"),
        (("--lab", "atlantis"), "atlantis"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_done(
    pytester: pytest.Pytester, run: Run, arguments: tuple[str, ...], said: str
) -> None:
    result = pytester.runpytest_inprocess("checks", "--run-dir", "out", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()
    assert not (pytester.path / "out" / "run.json").exists()


def test_evidence_of_two_runs_is_never_mixed(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "used").mkdir()
    (pytester.path / "used" / "run.json").write_text("{}")
    result = run(estate(vm("PAY-A")), "--run-dir", "used")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert (pytester.path / "used" / "run.json").read_text() == "{}"


@pytest.mark.parametrize(
    ("arguments", "left", "selection"),
    [
        (("--app", "pay*"), {"PAY-A", "estate"}, {"app": "pay*", "left_out": "2"}),
        (("--tier", "0,1"), {"PAY-A", "DC1", "estate"}, {"tier": "0,1", "left_out": "1"}),
        (("--subject", "id-x1"), {"X1", "estate"}, {"subject": "id-x1", "left_out": "2"}),
        (("--site", "london"), {"PAY-A", "DC1", "X1", "estate"}, {"site": "london"}),
        (("--severity", "low"), {"estate"}, {"severity": "low", "left_out": "3"}),
        (("--checks", "DR-TST-001"), {"PAY-A", "DC1", "X1"}, {"checks": "DR-TST-001"}),
    ],
)
def test_a_selection_is_said_and_counted(
    run: Run, pytester: pytest.Pytester, arguments: tuple[str, ...], left: set[str], selection: dict[str, str]
) -> None:
    result = run(estate(vm("PAY-A"), vm("DC1"), vm("X1")), *arguments)
    document = run_json(pytester.path)
    assert {each["subject"]["name"] for each in document["findings"]} == left
    assert document["run"]["selection"] == selection
    result.stdout.fnmatch_lines(["drcheck: * of a selection (*"])


def test_a_selection_keeps_the_gaps_that_may_hide_a_selected_subject(run: Run, pytester: pytest.Pytester) -> None:
    hole = Gap(kind="VmmVm", scope="vmm:vmm01", cause="refused", reason="nothing listens", seen=seen())
    run(estate(vm("DC1"), gaps=(hole,)), "--app", "payments")
    assert verdicts(run_json(pytester.path))["DR-TST-001", "VmmVm@vmm:vmm01"] == "UNKNOWN"


def test_workers_count_what_a_selection_leaves_out(run: Run, pytester: pytest.Pytester) -> None:
    run(estate(vm("PAY-A"), vm("DC1"), vm("X1")), "--app", "payments", "-n", "2")
    assert run_json(pytester.path)["run"]["selection"] == {"app": "payments", "left_out": "2"}


def test_deselecting_by_keyword_is_a_selection_too(run: Run, pytester: pytest.Pytester) -> None:
    run(estate(vm("PAY-A"), vm("DC1")), "-k", "payments")
    assert run_json(pytester.path)["run"]["selection"] == {"-k": "payments"}


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
    result.stdout.fnmatch_lines(["*check_none.py: has no check*", "drcheck: INCOMPLETE - nothing was judged; *"])


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
    assert len(list(ours.glob("*-result.json"))) == len(list((pytester.path / "mine").glob("*-result.json"))) == 3


def test_ordinary_sessions_see_nothing_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(): pass")
    (pytester.path / "check_links.py").write_text("raise SystemExit('somebody else wrote this')\n")
    result = pytester.runpytest_inprocess(".")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*drcheck:*")
    assert not (pytester.path / "reports").exists()


def test_being_loaded_into_every_pytest_session_costs_no_heavy_import(pytester: pytest.Pytester) -> None:
    code = (
        "import sys, drcheck.pytest_plugin; "
        "print([name for name in ('azure', 'winrm', 'pydantic', 'aiohttp', 'rich') if name in sys.modules])"
    )
    result = pytester.run(sys.executable, "-c", code)
    assert result.outlines == ["[]"]


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
