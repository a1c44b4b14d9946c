"""The run in a few lines of plain text: the verdict first, then what somebody has to act on."""

from collections.abc import Iterator, Mapping

from drcheck.policy import human
from drcheck.recoverability.links import ONLY_PART
from drcheck.report.recoverability import about, counted
from drcheck.report.selection import narrowed, said
from drcheck.report.thresholds import changed, told
from drcheck.verdict import Finding, Measurement, Recoverability, Run, SiteRecoverability, Verdict, loud

SHOWN = 20
"""How many findings the summary lists; the reports have them all."""

FEW = 3

ORDER = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.WARN, Verdict.WAIVED, Verdict.PASS, Verdict.NOT_APPLICABLE)


def headline(run: Run, where: str) -> str:
    """The first line: verdict, counts, whether it is a selection, and where the evidence is."""
    counts = ", ".join(f"{run.counts[verdict]} {verdict}" for verdict in ORDER if run.counts[verdict])
    part = f" ({narrowed(run)})" if run.selection else ""
    return f"drcheck: {said(run)}{part} - {counts or 'nothing was judged'}; {where}"


def summary(run: Run) -> tuple[str, ...]:
    """The lines below: trouble, measurements, and the findings that stand between this run and PASSED."""
    return tuple(_lines(run))


def _lines(run: Run) -> Iterator[str]:
    for trouble in run.trouble:
        yield f"  incomplete: {trouble}"
    if changed(run):
        others = "; ".join(f"{one.name} {one.value} (default {one.default})" for one in changed(run)[:FEW])
        yield f"  policy: {told(run)}: {others}{' …' if len(changed(run)) > FEW else ''}"
    for measurement in run.measurements:
        yield f"  {measured(measurement)}"
    yield from _answers("applications", {f"{one.application} (tier {one.tier})": one for one in run.recoverability})
    yield from _answers("sites", {f"site {one.site} ({one.role})": one for one in run.sites})
    bad = [each for verdict in ORDER[:2] for each in loud(run.findings) if each.verdict is verdict]
    for finding in bad[:SHOWN]:
        yield f"  {line(finding)}"
    if len(bad) > SHOWN:
        yield f"  and {len(bad) - SHOWN} more; the reports list them all"


def _answers(what: str, answers: Mapping[str, Recoverability | SiteRecoverability]) -> Iterator[str]:
    if answers:
        yield f"  {what}: {counted(tuple(answers.values()))}"
    # That only a selection was judged stands in the first line; here it would be said of everything.
    telling = [(name, one) for name, one in answers.items() if one.links and one.links[0].message != ONLY_PART]
    for name, one in telling[:SHOWN]:
        link = one.links[0]
        yield f"  {name}: {one.answer}: {f'{link.check} {link.message}'.strip()}"


def line(finding: Finding) -> str:
    """One finding in one line."""
    return f"{finding.verdict:8}{finding.check} {about(finding.subject.name, finding.message)}"


def measured(measurement: Measurement) -> str:
    """One measurement in one line."""
    allowed = "" if measurement.target_seconds is None else f", allowed {human(measurement.target_seconds)}"
    odd = f" ({measurement.anomaly})" if measurement.anomaly else ""
    label = ", estimated" if measurement.method == "estimated" else ""
    return (
        f"{measurement.verdict:7} {measurement.kind.upper()} {measurement.subject.name}: {human(measurement.seconds)}"
        f" ± {human(measurement.uncertainty_seconds)}{label}{allowed}{odd}"
    )
