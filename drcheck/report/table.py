"""Findings and phases as CSV that a spreadsheet shows and never executes."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import BinaryIO

from drcheck.verdict import QUIET, Finding, Findings, Phase, Threshold

_COLUMNS = ("check", "verdict", "severity", "kind", "subject", "key", "application", "tier", "site")
_MORE = ("message", "observed", "expected", "at", "source", "controls", "remedy")


def write_findings(findings: Sequence[Finding], out: BinaryIO) -> None:
    """One row per finding, as UTF-8; of more than are held in memory, one for all quiet ones of a check and verdict."""
    counted = _counted(findings) if isinstance(findings, Findings) else ()
    told = findings.loud if isinstance(findings, Findings) else findings
    _csv((*_COLUMNS, *_MORE), chain(map(_row, told), counted), out)


def phases_csv(phases: Iterable[Phase]) -> bytes:
    """One row per phase of a drill, as UTF-8."""
    head = ("phase", "started (UTC)", "seconds", "declared")
    rows = ((p.name, p.started.isoformat(), f"{p.seconds:.1f}", "yes" if p.declared else "no") for p in phases)
    out = io.BytesIO()
    _csv(head, rows, out)
    return out.getvalue()


def thresholds_csv(thresholds: Iterable[Threshold]) -> bytes:
    """One row per threshold, as UTF-8."""
    out = io.BytesIO()
    _csv(("threshold", "value", "default"), ((one.name, one.value, one.default) for one in thresholds), out)
    return out.getvalue()


def _row(finding: Finding) -> Sequence[str]:
    subject = finding.subject
    return (
        finding.check,
        finding.verdict.value,
        finding.severity.value,
        subject.kind,
        subject.name,
        subject.key,
        subject.application,
        "" if subject.tier is None else str(subject.tier),
        subject.site,
        finding.message,
        finding.observed,
        finding.expected,
        finding.at.isoformat(),
        finding.source,
        "; ".join(finding.controls),
        finding.remedy,
    )


def _counted(findings: Findings) -> Iterator[Sequence[str]]:
    for (check, verdict), number in sorted(findings.tally.items()):
        if verdict in QUIET:
            row = dict.fromkeys((*_COLUMNS, *_MORE), "")
            row |= {"check": check, "verdict": verdict.value, "subject": f"{number} subjects"}
            yield tuple(row.values())


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]], out: BinaryIO) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="")
    writer = csv.writer(text)  # ends lines with CR LF (RFC 4180), and therefore quotes a CR or LF in a cell
    writer.writerow(head)
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    text.flush()
    text.detach()  # closing is up to whoever opened it


def _inert(cell: str) -> str:
    """A spreadsheet takes a cell that begins like this for a formula; a quote in front makes it text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
