"""The catalogue says of every check what the check says of itself; its pages are those of this very code."""

import csv
import io
import json
from pathlib import Path

import pytest

from drcheck.cli import main
from drcheck.report.allure_model import AREAS
from tests.checks_loaded import CHECKS
from tests.pages_of_checks import pages

ROOT = Path(__file__).parents[1]
MINE = '''
"""Mine."""

from drcheck.check import Outcome, check, passed
from drcheck.topology.hyperv import VmReplication
from drcheck.verdict import Severity


@check("DR-MINE-001", "Mine is good", severity=Severity.LOW, why="w", source="s", remedy="r", controls=("c",))
def check_mine(replication: VmReplication) -> Outcome:
    """Always."""
    return passed("m", observed="o", expected="e")
'''


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_json_holds_every_check(capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(said(capsys, "catalogue", "--format", "json"))
    assert [one["id"] for one in listed] == sorted(CHECKS)
    for one in listed:
        check = CHECKS[one["id"]]
        assert (one["title"], one["severity"], one["remedy"]) == (check.title, check.severity.value, check.remedy)
        assert one["controls"] == list(check.controls)
        assert check.subject.__name__ in one["facts"] or check.subject.ROLE == ""


def test_csv_holds_every_check(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(said(capsys, "catalogue", "--format", "csv"))))
    assert [row["id"] for row in rows] == sorted(CHECKS)
    assert all(row["why"] and row["source"] for row in rows)


def test_the_index_leads_to_every_check_by_area_severity_and_control(capsys: pytest.CaptureFixture[str]) -> None:
    areas, _, rest = said(capsys, "catalogue").partition("## By severity\n")
    severities, _, controls = rest.partition("## By control\n")
    for name, check in CHECKS.items():
        (area,) = [part for part in areas.split("\n## ")[1:] if f"[{name}]({name}.md)" in part]
        assert area.startswith(f"{check.area}\n")
        (severity,) = [line for line in severities.splitlines() if f"[{name}]" in line]
        assert severity.startswith(f"- **{check.severity.value}**")
        named = [line for line in controls.splitlines() if f"[{name}]" in line]
        assert len(named) == len(check.controls)
        assert all(any(control in line for line in named) for control in check.controls)


def test_facts_and_rights_come_from_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    listed = {one["id"]: one for one in json.loads(said(capsys, "catalogue", "--format", "json"))}
    assert listed["DR-HVR-001"]["facts"] == ["ReplicationProvider", "VmReplication"]
    assert "Hyper-V Administrators" in listed["DR-HVR-001"]["rights"]
    assert "DatabaseReplica" in listed["DR-SQL-003"]["facts"]
    assert "VIEW SERVER STATE" in listed["DR-SQL-003"]["rights"]


def test_a_check_of_one_s_own_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "check_mine.py").write_text(MINE, encoding="utf-8")
    assert "DR-MINE-001" in said(capsys, "catalogue", str(tmp_path))
    assert "Mine is good" in said(capsys, "explain", "dr-mine-001", str(tmp_path))


def test_explain_tells_why_and_how(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "explain", "DR-VMM-001")
    check = CHECKS["DR-VMM-001"]
    assert check.title in told
    assert check.why in told
    assert check.remedy in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "DR-VMM-999"], "DR-VMM-001"),
        (["explain", "nonsense"], "drcheck catalogue"),
        (["catalogue", "--format", "xml"], "md, json, csv"),
        (["catalogue", "no-such-folder"], "no-such-folder"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 4
    complaint = capsys.readouterr().err
    assert words in complaint
    assert complaint.count("\n") == 1


def test_the_pages_are_current() -> None:
    folder = ROOT / "docs/checks"
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    assert found == pages(), "run: make docs"


def test_every_page_shows_what_a_failure_says() -> None:
    for name, text in pages().items():
        assert name == "index.md" or "## What a failure says" in text, name


def test_every_area_has_a_name_in_reports() -> None:
    assert {check.area for check in CHECKS.values()} <= set(AREAS)
