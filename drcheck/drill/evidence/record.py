"""What a drill leaves as evidence: its record, and the findings it proves."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from drcheck.check import Outcome
from drcheck.discovery.drills import newest
from drcheck.drill import Context
from drcheck.drill.evidence.passed import text
from drcheck.drill.evidence.scope import applications_of
from drcheck.drill.evidence.sections import SCHEMA, sections
from drcheck.drill.held import Held
from drcheck.drill.isolation.canary import configured, isolation_section
from drcheck.drill.signing import NAMESPACE, NO_KEY, fingerprint, sign
from drcheck.drilled import (
    ISOLATION,
    PROBES,
    RPO,
    RTO,
    TREND,
    Claim,
    judge_figure,
    judge_probes,
    judge_proofs,
    judge_trend,
)
from drcheck.errors import DrillError
from drcheck.topology.drills import DrillFigure, DrillPhase, DrillProbe, DrillRecord
from drcheck.verdict import Finding, Measurement, Severity, Subject, Verdict

SIGNATURE = ".json.sig"
PROVES = (
    "The listed machines started from the stated recovery points in an isolated network, and the listed "
    "probes turned green in the stated time."
)
DOES_NOT_PROVE = (
    "Name resolution, clients and dependencies outside the isolated network; ways out of it that no canary has tried."
)


def write_record(held: Held, context: Context) -> Path:
    """Write the drill's record next to its journal, and among the estate's records when it keeps any."""
    body, signature = _signed(_document(held, context), held, context)
    path = context.folder / f"{held.drill}.json"
    for folder in {context.folder, context.estate.drill_records or context.folder}:
        folder.mkdir(parents=True, exist_ok=True)
        if signature:
            _place(folder, f"{held.drill}{SIGNATURE}", signature)
        _place(folder, path.name, body)
    return path


def _place(folder: Path, name: str, body: bytes) -> None:
    """Write a file that is there as a whole or not at all."""
    partial = folder / f".{name}.partial"
    partial.write_bytes(body)
    partial.replace(folder / name)


def _signed(document: dict[str, Any], held: Held, context: Context) -> tuple[bytes, bytes]:
    """The record's bytes and their signature; one that cannot be signed says so, and is written all the same."""
    key, why = context.estate.drill_signing_key, NO_KEY
    if key is not None:
        document["integrity"]["signature"] = {
            "file": f"{held.drill}{SIGNATURE}",
            "namespace": NAMESPACE,
            "key": fingerprint(key),
            "why_not": "",
        }
        try:
            return _bytes(document), sign(_bytes(document), key)
        except DrillError as error:
            why = str(error)
            context.say(f"{held.spec.name}: its record is not signed: {why}")
    document["integrity"]["signature"] = {"file": "", "namespace": "", "key": "", "why_not": why}
    return _bytes(document), b""


def _bytes(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def _document(held: Held, context: Context) -> dict[str, Any]:
    findings = list(_issues(held, context))
    figures = {one.kind: one for one in reversed(held.measurements)}  # the first of a kind is that of the whole
    rto, rpo = figures.get("rto"), figures.get("rpo")
    return {
        **sections(held, context, findings),
        "schema": SCHEMA,
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
        "isolation": {
            **isolation_section(held.spec, context.estate, held.proofs, (held.isolated, held.leaks)),
            "judged_at": text(held.judged_at),
        },
        "exclusivity": held.exclusivity,
        "phases": msgspec.to_builtins(held.phases),
        "measurements": msgspec.to_builtins(held.measurements),
        "plan": msgspec.to_builtins(held.plan),
        "executors": [held.executor],
        "version": version("drcheck"),
        "previous": newest(context.estate.drill_records),
        "findings": findings,
        "left_over": list(held.left_over),
        "trouble": list(held.trouble),
        "proves": _proves(held),
        "does_not_prove": DOES_NOT_PROVE,
    }


def _proves(held: Held) -> str:
    if not held.requested:
        return "Nothing: no test failover was asked for."
    if held.verdict is not Verdict.PASS:
        return "No recovery: the drill failed. What its probes and figures show, they show by themselves."
    return PROVES


def _issues(held: Held, context: Context) -> Iterator[dict[str, str]]:
    """What has to be followed up: every finding that is not good, and trouble that none of them tells of.

    Its owner is the application's, and it is due by its severity, until people write otherwise into the review.
    """
    bad = [one for one in _shown(held, context) if one.verdict in (Verdict.FAIL, Verdict.UNKNOWN)]
    issues = [(one.check, one.severity, one.seen) for one in bad]
    if held.trouble and not bad:
        issues.append(("trouble", Severity.CRITICAL, "; ".join(held.trouble)))
    policy, owners = context.estate.policy, [one.owner for one in applications_of(held, context.topology)]
    owner = held.spec.people.owner or ", ".join(dict.fromkeys(owners))
    days = {Severity.CRITICAL: policy.finding_due_critical, Severity.HIGH: policy.finding_due_high}
    for check, severity, what in issues:
        due = (held.finished or held.started) + timedelta(seconds=days.get(severity, policy.finding_due_other))
        told = {"id": check, "severity": severity.value, "what": what}
        yield {**told, "owner": owner, "due": due.date().isoformat(), "state": "open"}


def findings_of(held: Held, context: Context) -> tuple[Finding, ...]:
    """The findings a drill proves: isolation, probes, RTO, RPO, nothing left."""
    if held.subject is None:
        return ()
    at = held.finished or context.now()
    return tuple(_finding(held, one.subject or held.subject, at, one) for one in _shown(held, context))


def _shown(held: Held, context: Context) -> list["Shown"]:
    if held.subject is None:
        return []
    shown = [_isolation(held), *_proven(held, held.subject.name)]
    if held.requested:
        shown.append(_probes(held, held.subject.name))
        shown += [_measured(measurement) for measurement in held.measurements]
        shown += _trend(held, context)
        shown.append(_left_over(held))
    return shown


CONTROLS = ("NIST SP 800-53 CP-4", "ISO 22301 8.5", "SOC 2 A1.3", "DORA Art. 11(6)")


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a drill has shown."""

    check: str
    title: str
    verdict: Verdict
    seen: str
    expected: str
    remedy: str
    severity: Severity = Severity.CRITICAL
    controls: tuple[str, ...] = CONTROLS
    subject: Subject | None = None
    """What it is about; ``None``: what was drilled."""


def _proven(held: Held, name: str) -> list[Shown]:
    """Isolation as the canaries saw it; nothing when none is declared, or none was asked."""
    kept = held.proofs.kept if held.proofs else ()
    return [_claimed(ISOLATION, judge_proofs(name, kept))] if kept else []


def _isolation(held: Held) -> Shown:
    """By configuration: what only a canary saw is told beside it."""
    network = held.spec.network_name
    leaks = configured(held.leaks, held.proofs)
    judged = held.isolated or (held.leaks and not leaks)
    seen = f"{network} is isolated by configuration" if judged else "; ".join(leaks) or "not judged"
    return Shown(
        check="DR-NET-004",
        title="Drill network is isolated by configuration",
        verdict=Verdict.PASS if judged else (Verdict.FAIL if leaks else Verdict.UNKNOWN),
        seen=seen,
        expected="no path out of the drill network",
        remedy="Remove the path, or use another network.",
    )


def _probes(held: Held, name: str) -> Shown:
    probes = (
        DrillProbe(
            name=one.name, target=one.target, mandatory=one.mandatory, green_seconds=one.green_seconds, kind=one.kind
        )
        for one in held.probes
    )
    return _claimed(PROBES, judge_probes(name, probes, functional=False))


def _measured(measurement: Measurement) -> Shown:
    """By what was promised for the drill itself; the check of the same id goes by the application's promise."""
    figure = DrillFigure(
        kind=measurement.kind,
        seconds=measurement.seconds,
        uncertainty_seconds=measurement.uncertainty_seconds,
        method=measurement.method,
        anomaly=measurement.anomaly,
    )
    phases = [DrillPhase(name=one.name, seconds=one.seconds, declared=one.declared) for one in measurement.phases]
    outcome = judge_figure(measurement.subject.name, figure, measurement.target_seconds, phases)
    return structs.replace(_claimed({"rto": RTO, "rpo": RPO}[measurement.kind], outcome), subject=measurement.subject)


def _trend(held: Held, context: Context) -> Iterator[Shown]:
    """The recovery time of the whole against those of earlier drills of the same target; nothing without any."""
    rto = next((one for one in held.measurements if one.kind == "rto"), None)
    if rto is None or held.subject is None:
        return
    earlier = sorted(context.topology.seen(DrillRecord), key=lambda one: (one.started, one.key))
    target = held.subject.key.lower()
    took = [one.rto_seconds for one in earlier if one.target == target and one.verdict == "PASS" and one.rto_seconds]
    if took:
        percent = context.estate.policy.drill_slowdown_percent
        yield _claimed(TREND, judge_trend(held.subject.name, rto.seconds, took, rto.target_seconds, percent))


def _claimed(claim: Claim, outcome: Outcome) -> Shown:
    return Shown(
        check=claim.id,
        title=claim.title,
        verdict=outcome.verdict,
        seen=outcome.observed,
        expected=outcome.expected,
        remedy=claim.remedy,
        severity=claim.severity,
        controls=claim.controls,
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


def _finding(held: Held, subject: Subject, at: datetime, shown: Shown) -> Finding:
    return Finding(
        check=shown.check,
        title=shown.title,
        subject=subject,
        scope=subject.application or "drills",
        verdict=shown.verdict,
        severity=shown.severity,
        message=f"{subject.name}: {shown.seen} (drill {held.drill})",
        observed=shown.seen,
        expected=shown.expected,
        at=at,
        age_seconds=0.0,
        source=f"drill {held.drill}",
        controls=shown.controls,
        remedy=shown.remedy,
        evidence="tested",
        drill=held.spec.name,
    )
