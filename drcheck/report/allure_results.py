"""The run as Allure results: one per (check, subject), written through allure_commons' own hook.

Identity comes from the check's id and the subject's key, never from names or measured values, so that titles may
carry what was observed and history still links one night to the next.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import allure_commons
import msgspec
from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import Link, StatusDetails, TestResult

from drcheck.data.controls import url_of
from drcheck.policy import human
from drcheck.report import Evidence
from drcheck.report.allure_drills import drill_results, metric
from drcheck.report.allure_model import AREAS, SEVERITY, STATUS, attached, blank, labelled, milliseconds, of_subject
from drcheck.report.allure_run import about_the_run, table
from drcheck.report.selection import narrowed, said
from drcheck.report.thresholds import told
from drcheck.verdict import Finding, Run, Verdict, loud

FOLDER = "allure-results"
LIMIT = 5_000
"""The most results a browser shows with ease; above, only what somebody has to act on, and a table of everything."""

LOUD = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.WAIVED)

CATEGORIES = [
    {"name": "Fails a check", "matchedStatuses": ["failed"]},
    {"name": "Not assessed (source unreachable)", "matchedStatuses": ["broken"]},
    {"name": "Not applicable", "matchedStatuses": ["skipped"]},
]


def write(evidence: Evidence, directory: Path) -> None:
    """Write the folder of results, with the run's metadata and the measurements as metrics."""
    folder = directory / FOLDER
    run = evidence.run
    shutil.rmtree(folder, ignore_errors=True)  # file names are random: an earlier rendering would show up as well
    with _logged(folder):
        for result in _results(evidence):
            allure_commons.plugin_manager.hook.report_result(result=result)
    (folder / "environment.properties").write_text(_environment(run), encoding="utf-8")
    _json(folder / "executor.json", {"name": "drcheck", "type": "drcheck", "buildName": run.id, "reportName": run.id})
    _json(folder / "categories.json", CATEGORIES)
    for measurement in run.measurements:
        name, entry = metric(run, measurement)
        _json(folder / name, [entry])


@contextmanager
def _logged(folder: Path) -> Iterator[None]:
    """Our own file logger beside whatever is registered: with ``--alluredir`` that folder gets the results as well."""
    logger = AllureFileLogger(str(folder))  # type: ignore[no-untyped-call]  # untyped library
    allure_commons.plugin_manager.register(logger)
    try:
        yield
    finally:
        allure_commons.plugin_manager.unregister(logger)


def _results(evidence: Evidence) -> Iterator[TestResult]:
    run = evidence.run
    whole = len(run.findings) <= LIMIT
    shown = run.findings if whole else (each for each in loud(run.findings) if each.verdict in LOUD)
    yield from (_result(run, each) for each in shown)
    if not whole:
        yield table(run)
    yield from drill_results(evidence)
    yield from about_the_run(run)


def identity_of(finding: Finding) -> str:
    """What makes a finding the same finding in the next run."""
    by = f"|drill:{finding.drill}" if finding.drill else ""  # beside it, a check may judge the same by older records
    return f"{finding.check}|{finding.subject.kind}:{finding.subject.key}{by}"


def _result(run: Run, finding: Finding) -> TestResult:
    identity = identity_of(finding)
    result = blank(run, identity, f"{finding.check} · {finding.subject.name} — {finding.observed}", finding.at)
    result.stop = milliseconds(finding.at, finding.age_seconds)  # the "duration" is the age of the evidence
    result.status = STATUS[finding.verdict]
    known = True if finding.verdict is Verdict.WAIVED else None
    result.statusDetails = StatusDetails(message=f"{finding.verdict}: {finding.message}", known=known)
    result.description = _description(finding)
    result.labels = labelled(_labels(finding))
    result.links = [Link(type="link", url=url, name=name) for name in finding.controls if (url := url_of(name))]
    if finding.verdict is not Verdict.PASS:
        body = msgspec.json.format(msgspec.json.encode(finding), indent=1)
        result.attachments = [attached(run, identity, "evidence.json", "application/json", body)]
    return result


def _description(finding: Finding) -> str:
    """Markdown; what came from the far side is code, so that no name can be markup."""
    rows = (
        ("Expected", finding.expected),
        ("Observed", finding.observed),
        ("Remedy", finding.remedy),
        ("Read from", finding.source),
        ("Read at", f"{finding.at:%Y-%m-%d %H:%M:%S} UTC, {human(finding.age_seconds)} before the end of discovery"),
        ("Class of evidence", finding.evidence),
        ("Controls", ", ".join(finding.controls)),
        ("Subject id", finding.subject.key),
    )
    return "\n".join(f"- **{name}**: `{' '.join(text.replace('`', chr(39)).split())}`" for name, text in rows if text)


def _labels(finding: Finding) -> list[tuple[str, str]]:
    area = finding.check.split("-")[1] if finding.check.count("-") > 1 else finding.check
    tags = [("tag", finding.verdict.value)] if finding.verdict in (Verdict.WAIVED, Verdict.WARN) else []
    return [
        ("epic", AREAS.get(area, area)),
        ("feature", f"{finding.check} {finding.title}"),
        ("severity", SEVERITY[finding.severity]),
        ("check", finding.check),
        ("verdict", finding.verdict.value),
        *of_subject(finding.subject),
        *(("control", name) for name in finding.controls),
        *tags,
    ]


def _environment(run: Run) -> str:
    facts = {
        "Verdict": said(run),
        "Estate": run.estate or "(snapshot)",
        "Run": run.id,
        "As.of": f"{run.as_of:%Y-%m-%d %H:%M:%S} UTC",
        "Snapshot.SHA-256": run.snapshot_sha256,
        "Selection": narrowed(run) or "everything",
        "Policy": told(run),
        **{f"Version.{name}": value for name, value in run.versions.items()},
    }
    return "".join(f"{key} = {_property(value)}\n" for key, value in facts.items())


def _property(value: str) -> str:
    return " ".join(value.replace("\\", "\\\\").split())


def _json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
