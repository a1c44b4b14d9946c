"""The pytest plugin: what it may be asked to look at, what of it, and what it refuses."""

from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest

from drcheck.check import Check
from drcheck.pytest_plugin.collect import load_checks
from drcheck.pytest_plugin.omitted import omitted
from drcheck.pytest_plugin.options import shipped_checks
from drcheck.topology.base import Gap
from drcheck.topology.declared import DeclaredWaiver
from tests.plugin.conftest import AT, Run, estate, read_run, run_json, seen, verdicts, vm

WAIVERS = """
version: 1
waivers:
  - id: W-1
    check: DR-TST-001
    subject: "*"
    reason: known
    risk: a mess
    owner: Ann
    approver: Bob
    ticket: CHG1
    start: 2026-01-01
    expiry: 2026-03-01
"""
RULES = """
version: 1
name: judged
sites: {here: {role: primary, hosts: ["*"]}}
endpoints: {vmm: [vmm01.lab]}
windows: {credentials: {default: {username: u, password_file: pw}}}
waivers: waivers.yaml
policy: {snapshot_max_age: 9000d}
"""


def test_a_snapshot_is_judged_by_the_policy_and_the_waivers_of_an_estate(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "waivers.yaml").write_text(WAIVERS)
    (pytester.path / "estate.yaml").write_text(RULES)
    (pytester.path / "pw").write_text("a password")
    (pytester.path / "pw").chmod(0o600)
    result = run(estate(vm("PAY-A", "bad")), "--estate", "estate.yaml", old=False)
    assert result.ret == pytest.ExitCode.OK
    document = run_json(pytester.path)
    assert verdicts(document)["DR-TST-001", "PAY-A"] == "WAIVED"


def test_a_run_holds_waivers_to_the_checks_that_there_are(run: Run, pytester: pytest.Pytester) -> None:
    waivers = [
        DeclaredWaiver(
            key=key, seen=seen("estate"), check=check, subject="id-pay-a", reason="r", risk="r", owner="Ann",
            approver="Bob", ticket="t", start=date(2026, 1, 1), expiry=date(2026, 2, 1), compensation="c",
        )
        for key, check in (("W-1", "DR-TST-001"), ("W-2", "DR-TST-009"), ("W-3", "DR-TST-002"))
    ]  # fmt: skip
    run(estate(vm("PAY-A"), *waivers), paths=("checks", f"{shipped_checks()}/gov/check_waiver_valid.py"))
    found = verdicts(run_json(pytester.path))
    assert [found["DR-GOV-002", key] for key in ("W-1", "W-2", "W-3")] == ["PASS", "FAIL", "FAIL"]


def test_an_old_snapshot_proves_nothing_about_now(run: Run, pytester: pytest.Pytester) -> None:
    result = run(estate(vm("PAY-A")), old=False)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["drcheck: INCOMPLETE *", "*incomplete: the snapshot is * old; policy allows 1 d*"])
    assert run_json(pytester.path)["run"]["verdict"] == "INCOMPLETE"


def test_a_snapshot_from_the_future_proves_nothing(run: Run) -> None:
    result = run(estate(vm("PAY-A"), as_of=AT + timedelta(days=365 * 400)))
    result.stdout.fnmatch_lines(["drcheck: INCOMPLETE *", "*incomplete: the snapshot is from * in the future*"])


def test_a_damaged_snapshot_is_a_usage_error(pytester: pytest.Pytester, run: Run) -> None:
    (pytester.path / "bad.snapshot").write_bytes(b"no")
    result = pytester.runpytest_inprocess("checks", "--snapshot", "bad.snapshot")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: bad.snapshot: not a snapshot*"])
    assert list((pytester.path / "reports").iterdir()) == []


def test_a_path_that_does_not_exist_leaves_no_report_and_the_latest_run_as_it_was(
    pytester: pytest.Pytester, run: Run
) -> None:
    assert run(estate(vm("PAY-A"))).ret == pytest.ExitCode.OK
    latest = (pytester.path / "reports/latest").resolve()
    assert run(estate(vm("PAY-A")), paths=("checks", "nowhere")).ret == pytest.ExitCode.USAGE_ERROR
    assert (pytester.path / "reports/latest").resolve() == latest
    assert {each.resolve() for each in pytester.path.glob("reports/*/run.json")} == {latest / "run.json"}


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


@pytest.fixture(scope="module")
def shipped() -> list[Check]:
    return [check for path in shipped_checks().rglob("check_*.py") for check in load_checks(path)]


def judged(document: dict[str, Any]) -> set[str]:
    return {each["subject"]["name"] for each in document["findings"]}


def test_a_run_without_the_shipped_checks_says_so(run: Run, pytester: pytest.Pytester, shipped: list[Check]) -> None:
    result = run(estate(vm("PAY-A")))
    assert run_json(pytester.path)["run"]["selection"]["left_out_checks"] == str(len(shipped))
    result.stdout.fnmatch_lines([f"drcheck: PASSED of a selection (left out: {len(shipped)} checks, *"])


class Choice(NamedTuple):
    """What is given, what is judged, what is recorded of it (unless None), and how much more is left out."""

    arguments: tuple[str, ...]
    left: set[str]
    asked: dict[str, str] | None
    out: int
    idle: int


@pytest.mark.parametrize(
    "choice",
    [
        Choice(("--app", "pay*"), {"PAY-A", "estate"}, {"app": "pay*"}, 2, 0),
        Choice(("--tier", "0,1"), {"PAY-A", "DC1", "estate"}, {"tier": "0,1"}, 1, 0),
        Choice(("--subject", "id-x1"), {"X1", "estate"}, {"subject": "id-x1"}, 2, 0),
        Choice(("--site", "london"), {"PAY-A", "DC1", "X1", "estate"}, {"site": "london"}, 0, 0),
        Choice(("--severity", "low"), {"estate"}, {"severity": "low"}, 3, 1),
        Choice(("--checks", "DR-TST-001"), {"PAY-A", "DC1", "X1"}, {"checks": "DR-TST-001"}, 0, 1),
        Choice(("--area", "TST"), {"PAY-A", "DC1", "X1", "estate"}, {"area": "TST"}, 0, 0),
        Choice(("--area", "cld", "--tier", "1"), {"estate"}, {"area": "cld", "tier": "1"}, 3, 1),
        Choice(("-k", "payments"), {"PAY-A"}, {"-k": "payments"}, 2, 1),
        Choice(("-m", "tst and high and not tier0"), {"PAY-A", "X1"}, {"-m": "tst and high and not tier0"}, 1, 1),
        Choice(("-m", "low"), {"estate"}, {"-m": "low"}, 3, 1),
        Choice(("--severity", "high", "--app", "payments,identity", "-k", "identity"), {"DC1"}, None, 2, 1),
        Choice(("--deselect", "checks/vmm/check_float.py"), {"PAY-A", "DC1", "X1"}, None, 0, 1),
    ],
    ids=lambda choice: " ".join(choice.arguments),
)
def test_a_selection_is_said_and_counted(
    run: Run, pytester: pytest.Pytester, shipped: list[Check], choice: Choice
) -> None:
    if "cld" in choice.arguments:
        path = pytester.path / "checks/vmm/check_float.py"
        path.write_text(path.read_text().replace("DR-TST-002", "DR-CLD-002"))
    everything = estate(vm("PAY-A"), vm("DC1"), vm("X1"))
    before = omitted(everything, shipped, ()).recorded()
    result = run(everything, *choice.arguments)
    document = run_json(pytester.path)
    assert judged(document) == choice.left
    selection = document["run"]["selection"]
    figures = {name: int(selection.pop(name)) - int(before[name]) for name in before}
    assert (figures["left_out"], figures["left_out_checks"]) == (choice.out, choice.idle)
    assert choice.asked is None or selection == choice.asked
    result.stdout.fnmatch_lines(["drcheck: * of a selection (*left out: *"])


def test_a_selection_keeps_the_gaps_that_may_hide_a_selected_subject(run: Run, pytester: pytest.Pytester) -> None:
    hole = Gap(kind="VmmVm", scope="vmm:vmm01", cause="refused", reason="nothing listens", seen=seen())
    run(estate(vm("DC1"), gaps=(hole,)), "--app", "payments")
    assert verdicts(run_json(pytester.path))["DR-TST-001", "VmmVm@vmm:vmm01"] == "UNKNOWN"


def test_workers_count_what_a_selection_leaves_out(run: Run, pytester: pytest.Pytester) -> None:
    everything = estate(vm("PAY-A"), vm("DC1"), vm("X1"))
    arguments = ("--app", "payments", "-k", "TST-001")
    run(everything, *arguments, "--run-dir", "alone")
    run(everything, *arguments, "-n", "2", "--run-dir", "spread")
    alone, spread = (read_run(pytester.path / name)["run"]["selection"] for name in ("alone", "spread"))
    assert alone == spread
    assert {"app", "-k", "left_out", "left_out_checks", "left_out_subjects"} == set(alone)


def test_a_part_of_the_files_is_a_selection_and_all_shipped_checks_are_none(
    run: Run, pytester: pytest.Pytester, shipped: list[Check]
) -> None:
    folder = shipped_checks()
    run(estate(vm("PAY-A")), "--run-dir", "whole", paths=(str(folder),))
    assert read_run(pytester.path / "whole")["run"]["selection"] == {}
    run(estate(vm("PAY-A")), "--run-dir", "part", paths=(f"{folder}/vmm", f"{folder}/sql"))
    left = sum(check.area not in ("VMM", "SQL") for check in shipped)
    assert read_run(pytester.path / "part")["run"]["selection"]["left_out_checks"] == str(left)


@pytest.mark.parametrize(
    ("option", "known", "said"),
    [
        ("--app", "payments", "--app paymnets: nothing is called so; did you mean payments?"),
        ("--checks", "DR-TST-001", "--checks DR-TST-999: nothing is called so*"),
        ("--area", "TST", "--area TSX: nothing is called so; did you mean *"),
    ],
)
def test_a_name_that_nothing_has_leaves_the_run_incomplete(run: Run, option: str, known: str, said: str) -> None:
    wrong = said.split()[1].rstrip(":")
    result = run(estate(vm("PAY-A")), option, f"{known},{wrong}")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["drcheck: INCOMPLETE of a selection *", f"  incomplete: {said}"])
