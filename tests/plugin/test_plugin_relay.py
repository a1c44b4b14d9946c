"""What a session of checks spares pytest: no plugin that has something to do, and none of anybody else's."""

import pytest

from tests.plugin.conftest import CHECK, Run, estate, vm

ALONE = ("-p", "no:benchmark", "-p", "no:hypothesispytest", "-p", "no:syrupy")
TALKING = CHECK.replace(
    '    if subject.status == "dark"', '    print("said", subject.name)\n    if subject.status == "dark"'
)
ANSWERED = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    hook = session.items[0].ihook.pytest_runtest_setup
    print("CAPTURED:", any(each.plugin_name == "capturemanager" for each in hook.get_hookimpls()))
"""
SETTING_UP = """
import pytest

def pytest_runtest_setup(item):
    print("made ready", item.name)

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.sections.append(("Seen", f"{call.when} of {item.name}"))
    return report
"""


@pytest.fixture
def talking(run: Run, pytester: pytest.Pytester) -> Run:
    (pytester.path / "checks/vmm/check_order.py").write_text(TALKING, encoding="utf-8")
    pytester.makeconftest(ANSWERED)
    return run


def test_what_a_check_prints_is_captured_where_nobody_captures_around_it(talking: Run) -> None:
    result = talking(estate(vm("PAY-A", "bad")), *ALONE)
    result.stdout.fnmatch_lines(["CAPTURED: False", "*Captured stdout call*", "said PAY-A"])
    assert result.stdout.str().count("said PAY-A") == 1


def test_hooks_of_others_are_all_called_and_what_they_print_is_captured(
    talking: Run, pytester: pytest.Pytester
) -> None:
    (pytester.path / "checks/conftest.py").write_text(SETTING_UP, encoding="utf-8")
    result = talking(estate(vm("PAY-A", "bad")), *ALONE)
    result.stdout.fnmatch_lines(
        ["CAPTURED: True", "*Captured stdout setup*", "made ready DR-TST-001?payments?", "*Captured stdout call*"]
    )
    result.stdout.fnmatch_lines(["*Seen*", "call of DR-TST-001?payments?"])


def test_beside_ordinary_tests_every_plugin_is_called(talking: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_other="def test_it(): pass")
    result = talking(estate(vm("PAY-A", "bad")), *ALONE, paths=("checks", "test_other.py"))
    result.stdout.fnmatch_lines(["CAPTURED: True"])
