"""Reports are pure functions of a run: complete, valid, escaped, and the same whenever the same run is rendered."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from drcheck.errors import DrcheckError
from drcheck.evaluate import in_order
from drcheck.report import Attachment, Evidence, findings_file, kept, run_json, write_all
from drcheck.report.allure_model import case_id
from drcheck.report.chart import phases_svg
from drcheck.report.html import configuration
from drcheck.report.junit import render as junit
from drcheck.report.table import write_findings
from drcheck.report.terminal import headline, summary
from drcheck.topology.base import Gap, Seen
from drcheck.verdict import Finding, Measurement, Phase, Run, Severity, Subject, Verdict

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
HOSTILE = "`<script>alert('x')</script> & \"\x00\x1b[31m ]]> ﷐ =cmd|'/c calc'!A1"


def finding(number: int, verdict: Verdict, **changes: Any) -> Finding:
    subject = Subject(
        kind="VM", key=f"id-{number:05}", name=f"PAY-{number}", site="leeds", application="payments", tier=1
    )
    made = Finding(
        check="DR-TST-001", title="Every VM is in order", subject=subject, scope="payments", verdict=verdict,
        severity=Severity.HIGH, message=f"PAY-{number} is 20 min behind; 15 min is allowed", observed="20 min behind",
        expected="at most 15 min", at=AT, age_seconds=12.5, source="hv1: Get-VMReplication", remedy="resume it",
        controls=("NIST SP 800-53 CP-10", "Company rule 7"),
    )  # fmt: skip
    return replace(made, **changes)


def measurement(kind: str, seconds: float, target: float | None = 1800) -> Measurement:
    phases = (
        Phase(name="request", started=AT, seconds=12),
        Phase(name="boot <fast>", started=AT + timedelta(seconds=12), seconds=95),
        Phase(name="DNS by hand", started=AT + timedelta(seconds=107), seconds=300, declared=True),
    )
    return Measurement(
        kind=kind, subject=Subject(kind="VM", key="vmm", name="VMM01"), drill="d-1", seconds=seconds,
        uncertainty_seconds=0.8, target_seconds=target, method="probe", at=AT, phases=phases if kind == "rto" else (),
    )  # fmt: skip


def a_run(*findings: Finding, **changes: Any) -> Run:
    made = Run(
        id="20261123T100000Z-abc123", started=AT, finished=AT + timedelta(seconds=9), as_of=AT,
        snapshot_sha256="ab" * 32, versions={"drcheck": "0.1.0"}, selection={}, findings=in_order(findings),
        estate="contoso",
    )  # fmt: skip
    return replace(made, **changes)


def one_of_each() -> Run:
    seen = Seen(source="s", endpoint="vmm01", query="q", at=AT)
    gap = Gap(kind="VmmVm", scope="vmm:vmm01", cause="refused", reason="nothing listens", seen=seen)
    return a_run(
        *(finding(number, verdict) for number, verdict in enumerate(Verdict)),
        gaps=(gap,),
        measurements=(measurement("rto", 480), measurement("rpo", 120)),
        trouble=("worker gw0 died",),
    )


def results(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((folder / "allure-results").glob("*-result.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def schema() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run_json.SCHEMA_FILE.read_text(encoding="utf-8"))
    return document


def written(run: Run, folder: Path) -> dict[str, Any]:
    run_json.write(Evidence(run=run), folder)
    document: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema()).validate(document)
    return document


def test_run_json_is_valid_complete_and_read_back_as_it_was(tmp_path: Path) -> None:
    run = one_of_each()
    document = written(run, tmp_path)
    assert document["run"]["verdict"] == "FAILED"
    assert [each["verdict"] for each in document["findings"]] == [verdict.value for verdict in Verdict]
    assert document["measurements"][0]["phases"][2]["declared"] is True
    assert run_json.read(tmp_path) == run


def test_what_a_drill_has_shown_stands_beside_what_a_check_says_of_the_same(tmp_path: Path) -> None:
    """By older records a promise may be kept that today's two drills have broken: none of them replaces another."""
    by_check = finding(1, Verdict.PASS)
    drilled = [replace(by_check, verdict=Verdict.FAIL, drill=name) for name in ("rp-one", "rp-two")]
    run = a_run(*drilled, by_check)
    write_all(Evidence(run=run), tmp_path)
    found = [each for each in results(tmp_path) if each["name"].startswith("DR-TST-001")]
    assert sorted(each["status"] for each in found) == ["failed", "failed", "passed"]
    for name in ("uuid", "historyId", "testCaseId"):
        assert len({each[name] for each in found}) == 3
    assert len({attached["source"] for each in found for attached in each.get("attachments", ())}) == 2
    cases = [case.get("name") for case in ET.parse(tmp_path / "junit.xml").iter("testcase")]
    assert len(set(cases)) == len(cases) == 3 + len(run.measurements)
    assert [each["drill"] for each in written(run, tmp_path)["findings"]] == ["", "rp-one", "rp-two"]
    assert run_json.read(tmp_path) == run


@pytest.mark.parametrize("missing", ["run", "findings", "gaps", "measurements", "schema"])
def test_the_schema_asks_for_every_part(tmp_path: Path, missing: str) -> None:
    document = written(one_of_each(), tmp_path)
    del document[missing]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(document)


def test_the_schema_knows_every_verdict_and_severity() -> None:
    definitions = schema()["$defs"]
    assert definitions["verdict"]["enum"] == [verdict.value for verdict in Verdict]
    assert definitions["finding"]["properties"]["severity"]["enum"] == [severity.value for severity in Severity]


def test_too_many_findings_leave_the_quiet_ones_to_a_second_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_json, "LIMIT", 5)
    run = one_of_each()
    document = written(run, tmp_path)
    assert {each["verdict"] for each in document["findings"]} == {"WARN", "FAIL", "UNKNOWN", "WAIVED"}
    assert document["findings_file"]["count"] == 2
    assert document["run"]["counts"]["PASS"] == 1
    assert run_json.read(tmp_path) == run


def test_exactly_the_limit_still_fits_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_json, "LIMIT", 6)
    assert "findings_file" not in written(one_of_each(), tmp_path)


def test_an_altered_findings_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_json, "LIMIT", 1)
    written(one_of_each(), tmp_path)
    path = tmp_path / findings_file.FILE
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(DrcheckError, match="was altered"):
        run_json.read(tmp_path)


def test_junit_counts_failures_errors_and_skips_one_case_per_finding() -> None:
    root = ET.fromstring(junit(one_of_each()))
    suite = root.find("testsuite[@name='DR-TST-001']")
    assert suite is not None
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6",
        "failures": "1",
        "errors": "1",
        "skipped": "2",
    }
    shown = {case.get("name", ""): [child.tag for child in case] for case in suite}
    assert shown["PAY-2 [id-00002] (payments)"] == ["failure"]
    assert shown["PAY-3 [id-00003] (payments)"] == ["error"]
    assert shown["PAY-0 [id-00000] (payments)"] == ["system-out"]
    trouble = root.find("testsuite[@name='run']/testcase/error")
    assert trouble is not None
    assert trouble.get("message") == "worker gw0 died"
    drills = root.find("testsuite[@name='drills']")
    assert drills is not None
    assert drills.get("tests") == "2"


@given(text=st.text())
@settings(max_examples=60)
def test_junit_is_well_formed_whatever_the_far_side_is_called(text: str) -> None:
    odd = finding(1, Verdict.FAIL, message=text, remedy=text, subject=Subject(kind="VM", key=text, name=text))
    root = ET.fromstring(junit(a_run(odd, estate=text, trouble=(text,))).encode("utf-8", "surrogatepass"))
    assert len(root.findall("testsuite/testcase")) == 2


def test_allure_says_failed_broken_skipped_and_never_passes_an_unknown(tmp_path: Path) -> None:
    write_all(Evidence(run=one_of_each()), tmp_path)
    status = {
        each["fullName"].split(" ")[2]: each["status"] for each in results(tmp_path) if " PAY-" in each["fullName"]
    }
    assert status == {
        "PAY-0": "passed",
        "PAY-1": "passed",
        "PAY-2": "failed",
        "PAY-3": "broken",
        "PAY-4": "skipped",
        "PAY-5": "failed",
    }
    waived = next(each for each in results(tmp_path) if "PAY-5" in each["name"])
    assert waived["statusDetails"]["known"] is True


def test_allure_identity_comes_from_check_and_key_and_survives_new_names_and_values(tmp_path: Path) -> None:
    renamed = finding(1, Verdict.PASS, observed="1 min behind")
    renamed = replace(renamed, subject=replace(renamed.subject, name="NEW"))
    for name, each in (("a", finding(1, Verdict.FAIL)), ("b", renamed)):
        write_all(Evidence(run=a_run(each, id=name)), tmp_path / name)
    first, second = (next(results(tmp_path / name)) for name in "ab")
    assert first["name"] != second["name"]
    assert first["uuid"] != second["uuid"]
    assert first["testCaseId"] == second["testCaseId"] == first["historyId"] == case_id("DR-TST-001|VM:id-00001")
    assert "parameters" not in first


def test_allure_results_carry_title_labels_links_evidence_and_the_age_as_duration(tmp_path: Path) -> None:
    write_all(Evidence(run=a_run(finding(1, Verdict.FAIL))), tmp_path)
    result = next(results(tmp_path))
    assert result["name"] == "DR-TST-001 · PAY-1 — 20 min behind"
    labels = [(each["name"], each["value"]) for each in result["labels"]]
    assert ("feature", "DR-TST-001 Every VM is in order") in labels
    assert ("severity", "critical") in labels
    assert [value for name, value in labels if name == "control"] == ["NIST SP 800-53 CP-10", "Company rule 7"]
    assert {("app", "payments"), ("tier", "tier 1"), ("site", "leeds"), ("check", "DR-TST-001")} <= set(labels)
    assert [link["name"] for link in result["links"]] == ["NIST SP 800-53 CP-10"]
    assert result["stop"] - result["start"] == 12_500
    (attachment,) = result["attachments"]
    body = json.loads((tmp_path / "allure-results" / attachment["source"]).read_text(encoding="utf-8"))
    assert body["subject"]["key"] == "id-00001"


def test_long_titles_stay_on_one_line(tmp_path: Path) -> None:
    write_all(Evidence(run=a_run(finding(1, Verdict.FAIL, observed="very\n" * 100))), tmp_path)
    title = next(results(tmp_path))["name"]
    assert len(title) == 90
    assert "\n" not in title


def test_above_the_limit_allure_shows_what_matters_and_a_table_of_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drcheck.report.allure_results.LIMIT", 5)
    run = a_run(*(finding(number, verdict) for number, verdict in enumerate(Verdict)))
    write_all(Evidence(run=run), tmp_path)
    found = {each["name"]: each for each in results(tmp_path)}
    assert len(found) == 4
    table = found["All 6 findings as a table"]["attachments"][0]["source"]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "allure-results" / table).read_text(encoding="utf-8"))))
    assert [row["verdict"] for row in rows] == [verdict.value for verdict in Verdict]


def test_rendering_again_replaces_and_does_not_double(tmp_path: Path) -> None:
    attachment = Attachment(drill="d-1", name="journal.jsonl", mime="application/json", body=b"{}")
    evidence = Evidence(run=one_of_each(), attachments=(attachment,))
    write_all(evidence, tmp_path)
    before = sorted(each["uuid"] for each in results(tmp_path))
    write_all(Evidence(run=run_json.read(tmp_path), attachments=kept(tmp_path)), tmp_path)
    assert sorted(each["uuid"] for each in results(tmp_path)) == before
    assert kept(tmp_path) == evidence.attachments


def test_a_drill_has_its_phases_as_steps_a_chart_and_metrics(tmp_path: Path) -> None:
    write_all(Evidence(run=one_of_each()), tmp_path)
    drill = next(each for each in results(tmp_path) if each["name"].startswith("Drill"))
    assert drill["name"] == "Drill · VMM01 — RTO 8 min, RPO 2 min"
    assert [step["name"] for step in drill["steps"]] == [
        "request — 12 s",
        "boot <fast> — 95 s",
        "DNS by hand — 5 min (declared, not measured)",
    ]
    assert {"phases.svg", "phases.csv"} <= {each["name"] for each in drill["attachments"]}
    metrics = [json.loads(path.read_text())[0] for path in (tmp_path / "allure-results").glob("*-perf.json")]
    assert {(each["key"], each["value"]) for each in metrics} == {("rto-VMM01", 480), ("rpo-VMM01", 120)}


def test_a_drill_of_many_parts_shows_its_critical_path_and_a_bar_for_each_part(tmp_path: Path) -> None:
    whole, part = measurement("rto", 480), measurement("rto", 200)
    part = replace(part, subject=Subject(kind="VM", key="sql", name="SQL01"))
    write_all(Evidence(run=a_run(measurements=(whole, part))), tmp_path)
    drill = next(each for each in results(tmp_path) if each["name"].startswith("Drill"))
    assert drill["name"] == "Drill · VMM01 — RTO 8 min"
    assert len(drill["steps"]) == len(whole.phases)
    (chart,) = [each["source"] for each in drill["attachments"] if each["name"] == "parts.svg"]
    text = (tmp_path / "allure-results" / chart).read_text(encoding="utf-8")
    assert "VM VMM01" in text
    assert "VM SQL01" in text


def test_time_that_was_only_declared_lies_never_in_the_future(tmp_path: Path) -> None:
    write_all(Evidence(run=one_of_each()), tmp_path)
    drill = next(each for each in results(tmp_path) if each["name"].startswith("Drill"))
    measured = round((AT + timedelta(seconds=107)).timestamp() * 1000)
    assert drill["stop"] == max(step["stop"] for step in drill["steps"]) == measured


def test_the_chart_is_well_formed_and_marks_what_was_only_declared() -> None:
    root = ET.fromstring(phases_svg(measurement("rto", 1).phases))
    bars = [each for each in root if each.tag.endswith("rect")][1:]
    assert [bar.get("stroke-dasharray") is not None for bar in bars] == [False, False, True]
    widths = [float(bar.get("width", "0")) for bar in bars]
    assert widths == sorted(widths)
    assert "boot <fast>" in "".join(root.itertext())


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_spreadsheet_never_takes_a_name_for_a_formula(start: str) -> None:
    odd = finding(1, Verdict.FAIL, message=f"{start}HYPERLINK()")
    written = io.BytesIO()
    write_findings([odd], written)
    (row,) = csv.DictReader(io.StringIO(written.getvalue().decode(), newline=""))
    assert row["message"] == f"'{start}HYPERLINK()"


def test_hostile_names_go_through_every_format(tmp_path: Path) -> None:
    odd = finding(1, Verdict.FAIL, message=HOSTILE, subject=Subject(kind="VM", key=HOSTILE, name=HOSTILE))
    write_all(Evidence(run=a_run(odd)), tmp_path)
    ET.fromstring((tmp_path / "junit.xml").read_text(encoding="utf-8"))
    assert run_json.read(tmp_path).findings[0].message == HOSTILE
    description = next(results(tmp_path))["description"]
    assert all(line.count("`") == 2 for line in description.splitlines())


def narrowed(run: Run) -> Run:
    return replace(
        run,
        selection={"app": "payments", "left_out": "7", "left_out_checks": "2", "left_out_subjects": "1"},
    )


def test_no_format_lets_a_selection_look_like_the_whole(tmp_path: Path) -> None:
    run = narrowed(one_of_each())
    write_all(Evidence(run=run), tmp_path)
    counted = "app=payments; left out: 2 checks, 1 subject, 7 judgements"
    suites = ET.fromstring((tmp_path / "junit.xml").read_text(encoding="utf-8"))
    assert suites.get("name", "").startswith("drcheck FAILED of a selection")
    assert [case.get("message") for case in suites.iterfind("testsuite[@name='selection']/testcase/skipped")] == [
        counted
    ]
    (told,) = [one for one in results(tmp_path) if one["name"].startswith("Only a selection")]
    assert (told["status"], counted in told["statusDetails"]["message"]) == ("skipped", True)
    environment = (tmp_path / "allure-results/environment.properties").read_text(encoding="utf-8")
    assert "Verdict = FAILED of a selection\n" in environment
    assert f"Selection = {counted}\n" in environment
    config = configuration(run)
    assert config["name"].endswith("FAILED of a selection")
    assert config["variables"]["Selection"] == counted
    assert configuration(one_of_each())["variables"]["Selection"] == "everything"


def test_the_first_line_says_verdict_counts_and_selection() -> None:
    run = one_of_each()
    assert headline(run, "reports/latest") == (
        "drcheck: FAILED - 1 FAIL, 1 UNKNOWN, 1 WARN, 1 WAIVED, 1 PASS, 1 NOT_APPLICABLE; reports/latest"
    )
    said = "drcheck: FAILED of a selection (app=payments; left out: 2 checks, 1 subject, 7 judgements) - "
    assert headline(narrowed(run), "x").startswith(said)
    assert headline(a_run(), "x") == "drcheck: INCOMPLETE - nothing was judged; x"


def test_the_summary_lists_trouble_measurements_and_what_stands_in_the_way() -> None:
    assert summary(one_of_each()) == (
        "  incomplete: worker gw0 died",
        "  PASS    RTO VMM01: 8 min ± 0.8 s, allowed 30 min",
        "  PASS    RPO VMM01: 2 min ± 0.8 s, allowed 30 min",
        "  FAIL    DR-TST-001 PAY-2: PAY-2 is 20 min behind; 15 min is allowed",
        "  UNKNOWN DR-TST-001 PAY-3: PAY-3 is 20 min behind; 15 min is allowed",
    )


def test_the_summary_names_a_subject_once() -> None:
    bad = finding(1, Verdict.FAIL)
    named = msgspec.structs.replace(bad, message=f"{bad.subject.name}: down;\n allowed: up")
    assert summary(a_run(named)) == (f"  FAIL    DR-TST-001 {bad.subject.name}: down; allowed: up",)


def test_the_summary_says_how_many_it_does_not_list() -> None:
    lines = summary(a_run(*(finding(number, Verdict.FAIL) for number in range(25))))
    assert len(lines) == 21
    assert lines[-1] == "  and 5 more; the reports list them all"
