"""The pytest plugin: what it may be asked to look at, what of it, and what it refuses."""

from datetime import timedelta

import pytest

from drcheck.topology.base import Gap
from tests.plugin.conftest import AT, Run, estate, run_json, seen, verdicts, vm

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
