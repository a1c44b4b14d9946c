"""What pytest is spared for checks that nobody else looks at; and that it shows and concludes the same."""

import os
from collections import Counter
from collections.abc import Mapping

import pytest

from drcheck.topology.base import Topology
from tests.plugin.conftest import CHECK, Run, estate, run_json, verdicts, vm

ALONE = ("-p", "no:benchmark", "-p", "no:hypothesispytest", "-p", "no:syrupy")
TALKING = CHECK.replace(
    '    if subject.status == "dark"', '    print("said", subject.name)\n    if subject.status == "dark"'
)
ENDING = CHECK.replace(
    '    if subject.status == "dark"',
    '    if subject.status == "stop":\n        raise KeyboardInterrupt\n    if subject.status == "dark"',
)
PHASES = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    print("PHASES:", 1 if session.config.pluginmanager.has_plugin("drcheck-one-phase") else 3)
"""
LOOKING = """
import pytest

def pytest_runtest_setup(item):
    print("made ready", item.name)

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.sections.append(("Seen", f"{call.when} of {item.name}"))
    return report
"""
MARKING = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.skip(reason="not today"))
"""
ALL = (("PAY-A", "bad"), ("PAY-B", "dark"), ("DC1", "fog"), ("WEB", "so-so"), ("FILE", "ok"))


@pytest.fixture
def telling(run: Run, pytester: pytest.Pytester) -> Run:
    """Runs checks, and tells how."""
    pytester.makeconftest(PHASES)
    return run


@pytest.fixture
def talking(telling: Run, pytester: pytest.Pytester) -> Run:
    (pytester.path / "checks/vmm/check_order.py").write_text(TALKING, encoding="utf-8")
    return telling


def every_verdict() -> Topology:
    return estate(*(vm(name, status) for name, status in ALL))


def test_what_a_check_prints_is_captured(talking: Run) -> None:
    result = talking(estate(vm("PAY-A", "bad")), *ALONE)
    result.stdout.fnmatch_lines(["PHASES: 1", "*Captured stdout call*", "said PAY-A"])
    assert result.stdout.str().count("said PAY-A") == 1


def test_hooks_of_others_are_all_called_and_what_they_print_is_captured(
    talking: Run, pytester: pytest.Pytester
) -> None:
    (pytester.path / "checks/conftest.py").write_text(LOOKING, encoding="utf-8")
    result = talking(estate(vm("PAY-A", "bad")), *ALONE)
    result.stdout.fnmatch_lines(
        ["PHASES: 3", "*Captured stdout setup*", "made ready DR-TST-001?payments?", "*Captured stdout call*"]
    )
    result.stdout.fnmatch_lines(["*Seen*", "call of DR-TST-001?payments?"])


def test_beside_ordinary_tests_there_are_all_phases(talking: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_other="def test_it(): pass")
    result = talking(estate(vm("PAY-A", "bad")), *ALONE, paths=("checks", "test_other.py"))
    result.stdout.fnmatch_lines(["PHASES: 3"])


@pytest.mark.parametrize(
    "options",
    [
        ("--junitxml=junit.xml",),
        ("--setup-show",),
        ("--pdb",),
        ("--log-level=INFO",),
        ("--log-file=it.log",),
        ("-o", "log_cli=true"),
    ],
    ids=" ".join,
)
def test_what_needs_the_other_phases_has_them(telling: Run, options: tuple[str, ...]) -> None:
    telling(estate(vm("FILE")), *ALONE, *options).stdout.fnmatch_lines(["PHASES: 3"])


def test_a_mark_that_pytest_heeds_before_a_test_is_heeded(telling: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "checks/conftest.py").write_text(MARKING, encoding="utf-8")
    result = telling(estate(vm("PAY-A", "bad")), *ALONE)
    result.stdout.fnmatch_lines(["PHASES: 3"])
    assert result.parseoutcomes() == {"skipped": 2}
    assert run_json(pytester.path)["run"]["verdict"] == "INCOMPLETE"


def test_one_phase_and_three_show_and_conclude_the_same(telling: Run, pytester: pytest.Pytester) -> None:
    shown: dict[int, tuple[Mapping[str, int], Counter[str]]] = {}
    found: dict[int, Mapping[tuple[str, str], str]] = {}
    for phases, options in (1, ()), (3, ("--log-level=INFO",)):
        result = telling(every_verdict(), *ALONE, "-rA", *options)
        result.stdout.fnmatch_lines([f"PHASES: {phases}"])
        lines = (line for line in result.outlines if line.startswith(("FAILED", "PASSED", "SKIPPED", "checks/")))
        shown[phases] = result.parseoutcomes(), Counter(lines)
        found[phases] = verdicts(run_json(pytester.path))
    assert shown[1] == shown[3]
    assert found[1] == found[3]
    assert {verdict for (check, _), verdict in found[1].items() if check == "DR-TST-001"} == {
        "FAIL", "UNKNOWN", "NOT_APPLICABLE", "WARN", "PASS"
    }  # fmt: skip


def test_a_session_ends_after_as_many_failures_as_it_is_to_bear(telling: Run, pytester: pytest.Pytester) -> None:
    result = telling(estate(vm("DC1", "bad"), vm("PAY-A", "bad")), *ALONE, "--maxfail=1")
    result.stdout.fnmatch_lines(["PHASES: 1", "*stopping after 1 failures*"])
    document = run_json(pytester.path)
    assert verdicts(document)["DR-TST-001", "DC1"] == "FAIL"
    assert ("DR-TST-001", "PAY-A") not in verdicts(document)
    assert "1 of 3 items did not run to their end" in "".join(document["run"]["trouble"])


def test_an_interruption_ends_the_session_and_leaves_the_run_incomplete(
    telling: Run, pytester: pytest.Pytester
) -> None:
    (pytester.path / "checks/vmm/check_order.py").write_text(ENDING, encoding="utf-8")
    result = telling(estate(vm("PAY-A", "stop"), vm("WEB")), *ALONE, "-n", "0")  # a process of its own
    result.stdout.fnmatch_lines(["PHASES: 1", "*KeyboardInterrupt*"])
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert run_json(pytester.path)["run"]["verdict"] == "INCOMPLETE"


def test_no_item_stays_named_to_other_programs(telling: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)  # of this test
    telling(every_verdict(), *ALONE).stdout.fnmatch_lines(["PHASES: 1"])
    assert "PYTEST_CURRENT_TEST" not in os.environ
