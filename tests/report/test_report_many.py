"""Are the findings of a large run all there, although most of them are in a file?"""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from drcheck.errors import DrcheckError
from drcheck.evaluate import in_order
from drcheck.pytest_plugin import gathering
from drcheck.pytest_plugin.gathering import Gathering
from drcheck.report import Evidence, allure_results, findings_file, junit, run_json, write_all
from drcheck.report.findings_file import Listed
from drcheck.report.terminal import summary
from drcheck.verdict import Finding, Findings, Run, Severity, Subject, Verdict, loud, place_of, proven, tally

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


def finding(check: str, number: int, verdict: Verdict) -> Finding:
    return Finding(
        check=check,
        title="Good",
        subject=Subject(kind="VM", key=f"id-{number:03}", name=f"VM {number}", application=f"app-{number % 2}"),
        scope="app",
        verdict=verdict,
        severity=Severity.HIGH,
        message="m",
        observed="o",
        expected="e",
        at=AT,
        age_seconds=1.0,
        source="s",
        controls=("NIST SP 800-53 CP-10",),
        remedy="r",
    )


ITEMS = {
    "b[x]": tuple(finding("DR-B-001", number, Verdict.PASS) for number in range(0, 8, 2)),
    "a[x]": (finding("DR-A-001", 2, Verdict.PASS), finding("DR-A-001", 1, Verdict.FAIL)),
    "a[y]": (finding("DR-A-001", 3, Verdict.NOT_APPLICABLE), finding("DR-A-001", 4, Verdict.UNKNOWN)),
}
EVERYTHING = in_order(each for found in ITEMS.values() for each in found)


def gathered(folder: Path, limit: int, monkeypatch: pytest.MonkeyPatch) -> Sequence[Finding]:
    monkeypatch.setattr(gathering, "LIMIT", limit)
    gathering_ = Gathering()
    gathering_.folder = folder
    for item, found in ITEMS.items():
        gathering_.take(item, found)
    return gathering_.result()


def a_run(findings: Sequence[Finding]) -> Run:
    return Run(
        id="r",
        started=AT,
        finished=AT,
        as_of=AT,
        snapshot_sha256="0" * 64,
        versions={},
        selection={},
        findings=findings,
    )


@pytest.mark.parametrize("limit", [0, 1, 4, 5, 7])
def test_above_the_limit_nothing_is_lost(tmp_path: Path, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = gathered(tmp_path, limit, monkeypatch)
    assert isinstance(found, Findings)
    assert sorted(found, key=place_of) == list(EVERYTHING)
    assert len(found) == len(EVERYTHING)
    assert (list(loud(found)), tally(found), proven(found)) == (
        loud(EVERYTHING),
        tally(EVERYTHING),
        proven(EVERYTHING),
    )
    assert a_run(found).counts == a_run(EVERYTHING).counts
    assert a_run(found).verdict == a_run(EVERYTHING).verdict
    assert not list(tmp_path.glob("*.partial"))


def test_up_to_the_limit_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gathered(tmp_path, len(EVERYTHING), monkeypatch) == EVERYTHING
    assert not list(tmp_path.iterdir())


def test_an_item_that_runs_again_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in (0, 100):
        monkeypatch.setattr(gathering, "LIMIT", limit)
        again = Gathering()
        again.folder = tmp_path
        for found in (*ITEMS.items(), *ITEMS.items()):
            again.take(*found)
        assert tally(again.result()) == tally(EVERYTHING)


def test_it_is_written_read_and_written_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_run(gathered(tmp_path, 4, monkeypatch))
    run_json.write(Evidence(run=run), tmp_path)
    read = run_json.read(tmp_path)
    assert isinstance(read.findings, Listed)
    assert (tally(read.findings), proven(read.findings)) == (tally(EVERYTHING), proven(EVERYTHING))
    elsewhere = tmp_path / "elsewhere"
    write_all(Evidence(run=read), elsewhere)
    assert run_json.read(elsewhere) == read
    assert summary(read) == summary(a_run(EVERYTHING))


def test_a_sequence_among_sequences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = gathered(tmp_path, 4, monkeypatch)
    assert found == tuple(found)
    assert found != EVERYTHING[1:]
    assert found[-1] == tuple(found)[-1]
    assert found[1:3] == tuple(found)[1:3]
    assert found[0] == next(iter(found))


def test_a_file_that_is_gone_is_an_error_with_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_json.write(Evidence(run=a_run(gathered(tmp_path, 4, monkeypatch))), tmp_path)
    (tmp_path / findings_file.FILE).unlink()
    with pytest.raises(DrcheckError, match="name the directory of a run"):
        run_json.read(tmp_path)


def test_junit_counts_what_nobody_has_to_act_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "LIMIT", len(EVERYTHING) - 1)
    root = ET.fromstring(junit.render(a_run(EVERYTHING)))
    first, second = root.findall("testsuite")
    assert [first.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["4", "1", "1", "1"]
    assert [case.get("name") for case in second.findall("testcase")] == ["4 subjects: PASS (all)"]
    monkeypatch.setattr(junit, "LIMIT", len(EVERYTHING))
    assert len(ET.fromstring(junit.render(a_run(EVERYTHING))).findall("testsuite/testcase")) == len(EVERYTHING)


def test_allure_counts_what_nobody_has_to_act_on_and_has_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allure_results, "LIMIT", 4)
    found = gathered(tmp_path, 4, monkeypatch)
    write_all(Evidence(run=a_run(found)), tmp_path)
    folder = tmp_path / allure_results.FOLDER
    told = (json.loads(path.read_bytes()) for path in folder.glob("*-result.json"))
    table = next(each for each in told if each["name"] == "All 8 findings as a table")
    sources = {each["name"]: folder / each["source"] for each in table["attachments"]}
    assert sources[findings_file.FILE].read_bytes() == (tmp_path / findings_file.FILE).read_bytes()
    rows = csv.DictReader(io.StringIO(sources["findings.csv"].read_text(encoding="utf-8"), newline=""))
    assert [(row["check"], row["verdict"], row["subject"]) for row in rows] == [
        ("DR-A-001", "FAIL", "VM 1"),
        ("DR-A-001", "UNKNOWN", "VM 4"),
        ("DR-A-001", "NOT_APPLICABLE", "1 subjects"),
        ("DR-A-001", "PASS", "1 subjects"),
        ("DR-B-001", "PASS", "4 subjects"),
    ]
