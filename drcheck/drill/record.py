"""What a drill leaves as evidence: its record, and the findings it proves."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from drcheck.drill import Context, ProbeResult
from drcheck.estate import DrillSpec
from drcheck.verdict import Finding, Measurement, Phase, Severity, Subject, Verdict


@dataclass(kw_only=True)
class Held:
    """A drill while it is held: filled in as it goes, so that whatever happens there is something to report."""

    drill: str
    spec: DrillSpec
    started: datetime
    finished: datetime | None = None
    subject: Subject | None = None
    vm_ids: tuple[str, ...] = ()
    requested: bool = False
    """A test failover was asked for."""
    before: frozenset[str] | None = None
    """The inventory before it; ``None`` when it never came to that."""
    isolated: bool = False
    leaks: tuple[str, ...] = ()
    exclusivity: str = ""
    probes: tuple[ProbeResult, ...] = ()
    phases: tuple[Phase, ...] = ()
    measurements: list[Measurement] = field(default_factory=list)
    left_over: tuple[str, ...] = ()
    cleaned_up: bool = False
    trouble: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """PASS when everything was done, green, within its targets, and nothing is left."""
        if self.trouble or not self.cleaned_up or not self.measurements:
            return Verdict.FAIL
        verdicts = {measurement.verdict for measurement in self.measurements}
        return Verdict.FAIL if verdicts & {Verdict.FAIL, Verdict.UNKNOWN} else Verdict.PASS


def write_record(held: Held, context: Context) -> Path:
    """Write the drill's record next to its journal, and among the estate's records when it keeps any."""
    document = _document(held)
    text = json.dumps(document, indent=2, sort_keys=True) + "\n"
    path = context.folder / f"{held.drill}.json"
    for folder in {context.folder, context.estate.drill_records or context.folder}:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{held.drill}.partial"
        partial.write_text(text, encoding="utf-8")
        partial.replace(folder / f"{held.drill}.json")
    return path


def _document(held: Held) -> dict[str, Any]:
    figures = {measurement.kind: measurement for measurement in held.measurements}
    rto, rpo = figures.get("rto"), figures.get("rpo")
    return {
        "schema": 1,
        "id": held.drill,
        "kind": held.spec.kind,
        "target": held.subject.key if held.subject else "",
        "name": held.subject.name if held.subject else held.spec.name,
        "verdict": held.verdict.value,
        "cleaned_up": held.cleaned_up,
        "started": held.started.isoformat(),
        "finished": (held.finished or held.started).isoformat(),
        "rto_seconds": rto.seconds if rto else None,
        "rpo_seconds": rpo.seconds if rpo else None,
        "vm_ids": list(held.vm_ids),
        "scenarios": list(held.spec.scenarios),
        "isolation": {"network": held.spec.network_name, "isolated": held.isolated, "leaks": list(held.leaks)},
        "authorisation": "none was asked for: windows, blackouts and change numbers are not checked yet",
        "exclusivity": held.exclusivity,
        "probes": msgspec.to_builtins(held.probes),
        "phases": msgspec.to_builtins(held.phases),
        "measurements": msgspec.to_builtins(held.measurements),
        "left_over": list(held.left_over),
        "trouble": list(held.trouble),
        "proves": "The listed machines started from the stated recovery points in an isolated network, and the listed "
        "probes turned green in the stated time.",
        "does_not_prove": "Name resolution, clients and dependencies outside the isolated network; the isolation "
        "itself beyond its configuration, which was read and not probed.",
    }


def findings_of(held: Held, context: Context) -> tuple[Finding, ...]:
    """The findings a drill proves: isolation, probes, RTO, RPO, nothing left."""
    if held.subject is None:
        return ()
    shown = [_isolation(held)]
    if held.requested:
        shown.append(_probes(held))
        shown += [_measured(measurement) for measurement in held.measurements]
        shown.append(_left_over(held))
    at = held.finished or context.now()
    return tuple(_finding(held, held.subject, at, one) for one in shown)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a drill has shown."""

    check: str
    title: str
    verdict: Verdict
    seen: str
    expected: str
    remedy: str


def _isolation(held: Held) -> Shown:
    network = held.spec.network_name
    seen = f"{network} is isolated by configuration" if held.isolated else "; ".join(held.leaks) or "not judged"
    return Shown(
        check="DR-NET-004",
        title="Drill network is isolated by configuration",
        verdict=Verdict.PASS if held.isolated else (Verdict.FAIL if held.leaks else Verdict.UNKNOWN),
        seen=seen,
        expected="no path out of the drill network",
        remedy="Remove the path, or use another network.",
    )


def _probes(held: Held) -> Shown:
    mandatory = [probe for probe in held.probes if probe.mandatory]
    red = [probe for probe in mandatory if probe.green_seconds is None]
    listed = ", ".join(f"{one.name} on {one.target} {_colour(one)}" for one in held.probes)
    return Shown(
        check="DR-DRL-004",
        title="Mandatory probes passed in the recovered copy",
        verdict=Verdict.PASS if mandatory and not red else Verdict.FAIL,
        seen=listed or "no probe ran",
        expected="every mandatory probe green, and at least one",
        remedy="Read the probe's detail in the drill record.",
    )


def _colour(probe: ProbeResult) -> str:
    return "red" if probe.green_seconds is None else f"green after {probe.green_seconds:.1f} s"


def _measured(figure: Measurement) -> Shown:
    check, title = {
        "rto": ("DR-DRL-002", "Measured RTO is within its target"),
        "rpo": ("DR-DRL-003", "Measured RPO is within its target"),
    }[figure.kind]
    seen = f"{figure.seconds:.1f} s ± {figure.uncertainty_seconds:.1f} s by {figure.method}"
    return Shown(
        check=check,
        title=title,
        verdict=figure.verdict,
        seen=f"{seen}; {figure.anomaly}" if figure.anomaly else seen,
        expected="no target" if figure.target_seconds is None else f"at most {figure.target_seconds:.0f} s",
        remedy="Look at the longest phase of the drill.",
    )


def _left_over(held: Held) -> Shown:
    left = ", ".join(held.left_over)
    return Shown(
        check="DR-CLN-002",
        title="No orphan of a drill remains",
        verdict=Verdict.PASS if held.cleaned_up else Verdict.FAIL,
        seen=left or ("nothing is left" if held.cleaned_up else "the clean-up did not finish"),
        expected="the inventory after the drill equals the one before",
        remedy="Run `drcheck drill recover`.",
    )


CONTROLS = ("NIST SP 800-53 CP-4", "ISO 22301 8.5", "SOC 2 A1.3", "DORA Art. 11(6)")


def _finding(held: Held, subject: Subject, at: datetime, shown: Shown) -> Finding:
    return Finding(
        check=shown.check,
        title=shown.title,
        subject=subject,
        scope=subject.application or "drills",
        verdict=shown.verdict,
        severity=Severity.CRITICAL,
        message=f"{subject.name}: {shown.seen} (drill {held.drill})",
        observed=shown.seen,
        expected=shown.expected,
        at=at,
        age_seconds=0.0,
        source=f"drill {held.drill}",
        controls=CONTROLS,
        remedy=shown.remedy,
        evidence="tested",
    )
