"""How do verdicts become outcomes of pytest items, and how do they travel from a worker to the controller?"""

import msgspec
import pytest

from drcheck.policy import human
from drcheck.verdict import Finding, Measurement, Verdict

PROPERTY = "drcheck"
"""Name of the user property that carries a delivery."""


BAD = (Verdict.FAIL, Verdict.UNKNOWN)


class Exhibit(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a drill leaves as evidence."""

    drill: str
    name: str
    mime: str
    body: bytes


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one item has concluded."""

    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    trouble: tuple[str, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()


class CheckFailed(AssertionError):
    """At least one subject fails the check; pytest reports it as failed."""


class NotObserved(Exception):
    """Nothing failed, and something could not be observed; not an assertion, so Allure calls it broken."""


def pack(delivery: Delivery, config: pytest.Config) -> tuple[str, object]:
    """A delivery as a user property: as text from a worker, since xdist passes on nothing else."""
    travels = hasattr(config, "workerinput")
    return PROPERTY, msgspec.json.encode(delivery).decode() if travels else delivery


def unpack(report: pytest.TestReport) -> Delivery | None:
    """Take the delivery out of a report, which pytest keeps to its end; ``None``: the item never got that far."""
    carried = [value for name, value in report.user_properties if name == PROPERTY]
    report.user_properties = [each for each in report.user_properties if each[0] != PROPERTY]
    if not carried:
        return None
    last = carried[-1]
    return last if isinstance(last, Delivery) else msgspec.json.decode(str(last), type=Delivery)


def conclude(delivery: Delivery) -> None:
    """Raise what makes pytest show the worst verdict; return when everything is in order.

    Raises:
        CheckFailed: something failed.
        NotObserved: nothing failed, something is unknown, or a drill had trouble.
        pytest.skip.Exception: nothing of it applies.
    """
    verdicts = {finding.verdict for finding in delivery.findings}
    verdicts |= {measurement.verdict for measurement in delivery.measurements}
    if Verdict.FAIL in verdicts:
        raise CheckFailed(explain(delivery))
    if Verdict.UNKNOWN in verdicts or delivery.trouble:
        raise NotObserved(explain(delivery))
    if delivery.findings and verdicts == {Verdict.NOT_APPLICABLE}:
        # "Location of the item" is what pytest shows; without it every skip would point at this line.
        raise pytest.skip.Exception(delivery.findings[0].message, _use_item_location=True)


def explain(delivery: Delivery) -> str:
    """One line for everything that is not in order: verdict, subject, what was found, what to do."""
    lines = [_finding(each) for each in delivery.findings if each.verdict in BAD]
    lines += [_measurement(each) for each in delivery.measurements if each.verdict in BAD]
    return "\n".join((*lines, *delivery.trouble))


def _finding(finding: Finding) -> str:
    return f"{finding.verdict} {finding.check} {finding.subject.name}: {finding.message} -> {finding.remedy}"


def _measurement(measurement: Measurement) -> str:
    allowed = "nothing was promised" if measurement.target_seconds is None else human(measurement.target_seconds)
    return (
        f"{measurement.verdict} {measurement.kind.upper()} {measurement.subject.name}: "
        f"{human(measurement.seconds)} ± {human(measurement.uncertainty_seconds)}; allowed: {allowed}"
        + (f" ({measurement.anomaly})" if measurement.anomaly else "")
    )
