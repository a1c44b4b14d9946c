"""A drill as an Allure result: figures in the title, phases as steps, a chart and a table of them attached."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from allure_commons.model2 import StatusDetails, TestResult, TestStepResult
from msgspec import structs

from drcheck.policy import human
from drcheck.report import Attachment, Evidence
from drcheck.report.allure_model import AREAS, STATUS, attached, blank, labelled, milliseconds, of_subject, unique
from drcheck.report.chart import phases_svg
from drcheck.report.table import phases_csv
from drcheck.report.terminal import measured
from drcheck.verdict import Measurement, Phase, Run, Subject, Verdict

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WORST_FIRST = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE)


def drill_results(evidence: Evidence) -> Iterator[TestResult]:
    """One result for each drill that measured or left something."""
    run = evidence.run
    drills = dict.fromkeys([*(each.drill for each in run.measurements), *(each.drill for each in evidence.attachments)])
    for drill in drills:
        measurements = [each for each in run.measurements if each.drill == drill]
        attachments = [each for each in evidence.attachments if each.drill == drill]
        yield _result(run, drill, measurements, attachments)


def _result(run: Run, drill: str, measurements: Sequence[Measurement], attachments: Sequence[Attachment]) -> TestResult:
    subject = measurements[0].subject if measurements else Subject(kind="drill", key=drill, name=drill)
    own = [each for each in measurements if each.subject == subject]
    figures = ", ".join(f"{each.kind.upper()} {human(each.seconds)}" for each in own) or "nothing measured"
    at = min((each.at for each in measurements), default=run.finished)
    result = blank(run, f"drill|{subject.kind}:{subject.key}", f"Drill · {subject.name} — {figures}", at)
    verdict = min((each.verdict for each in measurements), key=WORST_FIRST.index, default=Verdict.UNKNOWN)
    result.status = "passed" if verdict is Verdict.NOT_APPLICABLE else STATUS[verdict]
    result.statusDetails = StatusDetails(message="\n".join(map(measured, measurements)) or "the drill measured nothing")
    said = "Measured in a test failover"
    names = [("epic", AREAS["DRL"]), ("feature", said), ("verdict", verdict.value), ("severity", "blocker")]
    result.labels = labelled([*names, ("control", said), *of_subject(subject)])
    result.attachments = [attached(run, drill, each.name, each.mime, each.body) for each in attachments]
    _show_phases(run, drill, result, next((each.phases for each in own if each.phases), ()))
    times = [each for each in measurements if each.kind == "rto"]
    if len(times) > 1:
        svg = phases_svg([_bar(each) for each in times]).encode()
        result.attachments.append(attached(run, drill, "parts.svg", "image/svg+xml", svg))
    return result


def _bar(measurement: Measurement) -> Phase:
    """A recovery time as one bar: of a drill of many parts, all of them begin with the drill."""
    subject = measurement.subject
    return Phase(name=f"{subject.kind} {subject.name}", started=EPOCH, seconds=measurement.seconds)


def _in_turn(phases: Sequence[Phase]) -> Iterator[Phase]:
    """Phases one after another, as they make up a figure: nobody has spent the time of a declared one."""
    at = phases[0].started
    for phase in phases:
        yield structs.replace(phase, started=at)
        at += timedelta(seconds=phase.seconds)


def _show_phases(run: Run, drill: str, result: TestResult, phases: Sequence[Phase]) -> None:
    if not phases:
        return
    result.start = min(milliseconds(phase.started) for phase in phases)
    result.stop = max(_end(phase) for phase in phases)
    result.steps = [_step(phase) for phase in phases]
    result.attachments += [
        attached(run, drill, "phases.svg", "image/svg+xml", phases_svg(list(_in_turn(phases))).encode()),
        attached(run, drill, "phases.csv", "text/csv", phases_csv(phases)),
    ]


def _step(phase: Phase) -> TestStepResult:
    return TestStepResult(
        name=f"{phase.name} — {human(phase.seconds)}{' (declared, not measured)' if phase.declared else ''}",
        status="passed",
        start=milliseconds(phase.started),
        stop=_end(phase),
    )


def _end(phase: Phase) -> int:
    """Where a phase ends on the report's clock: nobody has spent the time of a declared one, it may lie ahead."""
    return milliseconds(phase.started, 0.0 if phase.declared else phase.seconds)


def metric(run: Run, measurement: Measurement) -> tuple[str, dict[str, object]]:
    """A measurement as Allure's metrics page wants it, with the name of its file."""
    key = f"{measurement.kind}-{measurement.subject.name}"
    start = milliseconds(measurement.at)
    entry = {
        "id": unique(run, "metric", measurement.kind, measurement.subject.key, measurement.drill),
        "key": key,
        "value": round(measurement.seconds, 3),
        "start": start,
        "stop": start,
    }
    return f"{entry['id']}-perf.json", entry
