"""A session adds to the estate's history: once, in the controller, and never from a snapshot."""

import pytest

from drcheck.history import figures
from tests.authority import AUTHORITY
from tests.plugin.conftest import UNREACHED

ESTATE = UNREACHED + "history: {file: history.sqlite}\n"
CONFTEST = """
from datetime import UTC, datetime

from drcheck.drill import DrillOutcome
from drcheck.pytest_plugin.collect import DRILL_RUNNER
from drcheck.verdict import Measurement, Subject

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def hold(spec):
    rto = Measurement(
        kind="rto", subject=Subject(kind="VM", key="v", name="A"), drill="d-1", seconds=60, uncertainty_seconds=1,
        target_seconds=1800, method="probe", at=AT,
    )
    return DrillOutcome(drill="d-1", name=spec.name, measurements=(rto,))


def pytest_configure(config):
    config.stash[DRILL_RUNNER] = hold
"""
FILES = {"estate.yaml": ESTATE, "ca.pem": AUTHORITY, "password": "secret", "conftest.py": CONFTEST}


@pytest.fixture
def lab(pytester: pytest.Pytester) -> pytest.Pytester:
    for name, text in FILES.items():
        (pytester.path / name).write_text(text, encoding="utf-8")
    (pytester.path / "password").chmod(0o600)
    return pytester


def test_workers_measure_and_the_controller_adds(lab: pytest.Pytester) -> None:
    lab.runpytest_subprocess("--estate", "estate.yaml", "--drill", "--no-html", "--run-dir", "run", "-n", "2")
    path = lab.path / "history.sqlite"
    assert [(one.run, one.kind, one.subject, one.seconds) for one in figures(path)] == [("d-1", "drill rto", "v", 60.0)]
    lab.runpytest_subprocess("--snapshot", "run/estate.snapshot", "--estate", "estate.yaml", "--no-html")
    assert len(figures(path)) == 1


def test_a_history_that_cannot_be_kept_is_told(lab: pytest.Pytester) -> None:
    (lab.path / "history.sqlite").write_text("no database at all, and longer than the header of one " * 9)
    result = lab.runpytest_subprocess("--estate", "estate.yaml", "--drill", "--no-html")
    result.stdout.fnmatch_lines(["no history was kept: *not a database*"])
