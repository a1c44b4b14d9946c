"""What Allure shows of a run as a whole: what could be recovered, what was left out, by which thresholds."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from allure_commons.model2 import StatusDetails, TestResult

from drcheck.report.allure_model import STATUS, attached, blank, labelled
from drcheck.report.findings_file import FILE, Listed
from drcheck.report.recoverability import counted
from drcheck.report.selection import narrowed
from drcheck.report.table import thresholds_csv, write_findings
from drcheck.report.thresholds import told
from drcheck.verdict import Recoverability, Run, SiteRecoverability, Verdict

WORST_FIRST = {"not recoverable": Verdict.FAIL, "unknown": Verdict.UNKNOWN, "at an accepted risk": Verdict.WARN}


def about_the_run(run: Run) -> Iterator[TestResult]:
    """The results that are about no single finding."""
    yield from (_trouble(run, number, text) for number, text in enumerate(run.trouble, start=1))
    if run.recoverability or run.sites:
        yield _answers(run)
    if run.selection:
        yield _selection(run)
    if run.policy:
        yield _policy(run)


def _answers(run: Run) -> TestResult:
    said = counted(run.recoverability), counted(run.sites)
    result = blank(run, "recoverability", f"Could it be recovered · {said[0]}; sites: {said[1]}", run.finished)
    answers = {one.answer for one in run.recoverability} | {one.answer for one in run.sites}
    worst = next((verdict for answer, verdict in WORST_FIRST.items() if answer in answers), Verdict.PASS)
    result.status = STATUS[worst]
    result.statusDetails = StatusDetails(message=f"Applications: {said[0]}. Sites: {said[1]}.")
    result.labels = labelled(
        [("epic", "The run itself"), ("feature", "What could be recovered"), ("control", "The run")]
    )
    result.description = "\n".join(
        (
            "| application or site | answer | first in the way |",
            "|---|---|---|",
            *_rows((f"{one.application} (tier {one.tier})", one) for one in run.recoverability),
            *_rows((f"site {one.site} ({one.role})", one) for one in run.sites),
        )
    )
    return result


def _rows(answers: Iterable[tuple[str, Recoverability | SiteRecoverability]]) -> Iterator[str]:
    for name, one in answers:
        first = f"{one.links[0].check} {one.links[0].message}".strip() if one.links else "-"
        yield f"| {_cell(name)} | {one.answer} | {_cell(first)} |"


def table(run: Run) -> TestResult:
    """All findings as a table, for a run with more than a browser shows with ease.

    Of so many that the quiet ones are in a file, the table counts those, and the file is attached as it is: as rows
    they would be more than a spreadsheet takes.
    """
    result = blank(run, "every finding", f"All {len(run.findings)} findings as a table", run.finished)
    result.status = "passed"
    result.labels = labelled([("epic", "The run itself"), ("feature", "Table of all findings")])
    with TemporaryDirectory(prefix="drcheck-") as folder:
        table = Path(folder) / "findings.csv"
        with table.open("wb") as file:
            write_findings(run.findings, file)
        result.attachments = [attached(run, "every finding", table.name, "text/csv", table)]
    if isinstance(run.findings, Listed):
        result.statusDetails = StatusDetails(message=f"{run.findings.quiet} of them, counted here, are in {FILE}.")
        result.attachments.append(attached(run, "every finding", FILE, "application/zstd", run.findings.path))
    return result


def _trouble(run: Run, number: int, text: str) -> TestResult:
    result = blank(run, f"trouble|{number}", f"Incomplete · {text}", run.finished)
    result.status = STATUS[Verdict.UNKNOWN]
    result.statusDetails = StatusDetails(message=text)
    result.labels = labelled([("epic", "The run itself"), ("feature", "Why it is incomplete"), ("control", "The run")])
    return result


def _selection(run: Run) -> TestResult:
    result = blank(run, "selection", f"Only a selection · {narrowed(run)}", run.finished)
    result.status = STATUS[Verdict.NOT_APPLICABLE]
    result.statusDetails = StatusDetails(message=f"This run says nothing about the rest: {narrowed(run)}")
    result.labels = labelled([("epic", "The run itself"), ("feature", "What was left out"), ("control", "The run")])
    return result


def _policy(run: Run) -> TestResult:
    result = blank(run, "policy", f"Thresholds that this run was judged by · {told(run)}", run.finished)
    result.status = STATUS[Verdict.PASS]
    result.labels = labelled([("epic", "The run itself"), ("feature", "Thresholds"), ("control", "The run")])
    rows = (f"| `{one.name}` | {_cell(one.value)} | {_cell(one.default)} |" for one in run.policy)
    result.description = "\n".join(("| threshold | value | default |", "|---|---|---|", *rows))
    result.attachments = [attached(run, "policy", "policy.csv", "text/csv", thresholds_csv(run.policy))]
    return result


def _cell(text: str) -> str:
    return f"`{' '.join(text.replace('`', chr(39)).replace('|', '/').split())}`"
