"""The run as JUnit XML: one test case per finding, for CI servers.

Above 20,000 findings no CI server opens the file any more: then those that nobody has to act on are one case for each
check and verdict, which counts them.

UNKNOWN becomes ``error`` and FAIL ``failure``; NOT_APPLICABLE and WAIVED become ``skipped`` with their reason, because
JUnit has no word for an accepted failure and a plain pass would hide it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from drcheck.report import Evidence
from drcheck.report.findings_file import FILE as FINDINGS_FILE
from drcheck.report.findings_file import LIMIT
from drcheck.report.selection import narrowed, said
from drcheck.verdict import QUIET, Finding, Measurement, Run, Verdict, loud, tally

FILE = "junit.xml"

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Everything XML 1.0 has no place for, escaped or not (W3C, "Extensible Markup Language 1.0", production 2)."""

_ELEMENT = {
    Verdict.FAIL: "failure",
    Verdict.UNKNOWN: "error",
    Verdict.NOT_APPLICABLE: "skipped",
    Verdict.WAIVED: "skipped",
}


def write(evidence: Evidence, directory: Path) -> None:
    """Write ``junit.xml``, check by check: the whole of a large estate's would not be small."""
    with (directory / FILE).open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_pieces(evidence.run))


def render(run: Run) -> str:
    """The document as text."""
    return "".join(_pieces(run))


def _pieces(run: Run) -> Iterator[str]:
    name = _attribute(f"drcheck {said(run)} {run.estate}".strip())
    yield f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites name={name}>\n'
    for suite in _suites(run):
        yield f"{suite}\n"
    yield "</testsuites>\n"


def _suites(run: Run) -> Iterator[str]:
    if run.selection:
        case = _case("drcheck", "run", "what was left out", _problem("skipped", narrowed(run)))
        yield _wrap("selection", [case], [Verdict.NOT_APPLICABLE])
    several = len(run.findings) > LIMIT
    counts = _counts(run.findings) if several else {}
    groups = {check: list(found) for check, found in groupby(_shown(run, several=several), key=lambda one: one.check)}
    for check in sorted(groups.keys() | counts.keys()):
        yield _suite(check, groups.get(check, []), counts.get(check, {}))
    if run.measurements:
        yield _wrap(
            "drills", [_measurement(each) for each in run.measurements], [each.verdict for each in run.measurements]
        )
    if run.trouble:
        cases = [_case("drcheck", "run", f"trouble {n}", _problem("error", text)) for n, text in enumerate(run.trouble)]
        yield _wrap("run", cases, [Verdict.UNKNOWN] * len(cases))


def _shown(run: Run, *, several: bool) -> Iterable[Finding]:
    return loud(run.findings) if several else run.findings


def _counts(findings: Sequence[Finding]) -> dict[str, dict[Verdict, int]]:
    """For each check, how many findings have each verdict that nobody has to act on."""
    counts: dict[str, dict[Verdict, int]] = {}
    for (check, verdict), number in sorted(tally(findings).items()):
        if verdict in QUIET:
            counts.setdefault(check, {})[verdict] = number
    return counts


def _suite(check: str, findings: list[Finding], counts: Mapping[Verdict, int]) -> str:
    cases = [_finding(each) for each in findings]
    cases += [_several(check, verdict, number) for verdict, number in counts.items()]
    return _wrap(check, cases, [*(each.verdict for each in findings), *counts])


def _several(check: str, verdict: Verdict, number: int) -> str:
    """One case for all subjects of a check that nobody has to act on."""
    kind = _ELEMENT.get(verdict)
    told = f"{number} subjects: {verdict}; each of them is in {FINDINGS_FILE}"
    inner = _problem(kind, told) if kind else f"<system-out>{_text(told)}</system-out>"
    return _case(check, "all", f"{number} subjects: {verdict}", inner)


def _wrap(name: str, cases: list[str], verdicts: list[Verdict]) -> str:
    kinds = [_ELEMENT.get(verdict, "") for verdict in verdicts]
    counts = " ".join(
        f'{attribute}="{kinds.count(kind)}"'
        for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    )
    inner = "\n".join(cases)
    return f'<testsuite name={_attribute(name)} tests="{len(cases)}" {counts}>\n{inner}\n</testsuite>'


def _finding(finding: Finding) -> str:
    kind = _ELEMENT.get(finding.verdict)
    lines = {
        "expected": finding.expected,
        "observed": finding.observed,
        "remedy": finding.remedy,
        "source": finding.source,
    }
    detail = "\n".join(f"{name}: {text}" for name, text in lines.items())
    by = f", drill {finding.drill}" if finding.drill else ""
    name = f"{finding.subject.name} [{finding.subject.key}]{by}"
    problem = _problem(kind, f"{finding.verdict}: {finding.message}", detail) if kind else ""
    note = f"<system-out>{_text(finding.message)}</system-out>" if not kind else ""
    return _case(f"{finding.check} {finding.title}", finding.scope, name, problem or note)


def _measurement(measurement: Measurement) -> str:
    kind = _ELEMENT.get(measurement.verdict)
    said = (
        f"{measurement.seconds:.1f} s, uncertain by {measurement.uncertainty_seconds:.1f} s, "
        f"allowed {measurement.target_seconds} s. {measurement.anomaly}"
    )
    inner = _problem(kind, f"{measurement.verdict}: {said}") if kind else f"<system-out>{_text(said)}</system-out>"
    name = f"{measurement.kind.upper()} {measurement.subject.name} [{measurement.subject.key}]"
    return _case(f"drill {measurement.drill}", "drills", name, inner)


def _case(classname: str, scope: str, name: str, inner: str) -> str:
    return f"<testcase classname={_attribute(classname)} name={_attribute(f'{name} ({scope})')}>{inner}</testcase>"


def _problem(kind: str, message: str, detail: str = "") -> str:
    return f"<{kind} message={_attribute(message)}>{_text(detail)}</{kind}>"


def _text(text: str) -> str:
    return escape(_ILLEGAL.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_ILLEGAL.sub("\ufffd", text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
