"""What does a drill show about time, loss and probes? The one judge of a drill that just ended and of old records."""

from collections.abc import Iterable, Sequence
from statistics import median

from msgspec import Struct, structs

from drcheck.check import NotApplicable, Outcome, Unknown
from drcheck.policy import human
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application
from drcheck.topology.drills import DrillFigure, DrillPhase, DrillProbe, DrillRecord
from drcheck.topology.isolation_proof import NetworkProof, NetworkTry
from drcheck.topology.rehearsals import DRILLED, newest_by_target, rehearsals_of
from drcheck.topology.vmm import VmmVm
from drcheck.topology.workload import machines_of
from drcheck.verdict import Severity, Verdict, within

LONGEST = 3
"""How many phases of a drill are named."""
WORST = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE)


class Claim(Struct, frozen=True, kw_only=True):
    """A check's id with what a finding says about it, whoever makes the finding."""

    id: str
    title: str
    severity: Severity
    remedy: str
    controls: tuple[str, ...]


RTO = Claim(
    id="DR-DRL-002",
    title="The recovery time measured by the newest drill is within its target",
    severity=Severity.CRITICAL,
    remedy="Look at the longest phase of the drill record (drills/<id>.json) and shorten that one first.",
    controls=("NIST SP 800-53 CP-2(3)", "NIST SP 800-53 CP-4", "NIST SP 800-53 CP-10", "SOC 2 A1.3", "DORA Art. 12(6)"),
)
RPO = Claim(
    id="DR-DRL-003",
    title="The data loss measured by the newest drill is within its target",
    severity=Severity.HIGH,
    remedy="Mend what keeps recovery points old: replication errors, bandwidth, application-consistent snapshots.",
    controls=("NIST SP 800-53 CP-4", "NIST SP 800-53 CP-10(2)", "DORA Art. 12(6)"),
)
PROBES = Claim(
    id="DR-DRL-004",
    title="Every mandatory probe of the newest drill turned green in the recovered copy",
    severity=Severity.HIGH,
    remedy=(
        "Read the red probe's detail in the drill record, mend the recovered copy, and drill again; declare a service "
        "or run-command probe for an application that has none (`drills` in estate.yaml)."
    ),
    controls=("NIST SP 800-53 CP-4", "NIST SP 800-53 CP-9(2)", "SOC 2 A1.3", "DORA Art. 12(6)"),
)

ISOLATION = Claim(
    id="DR-NET-005",
    title="Isolation is proven by a canary before a drill starts anything",
    severity=Severity.CRITICAL,
    remedy=(
        "Close the path that is named (on the switch, in a firewall, by a second adapter) or revive the control, and "
        "hold the drill again."
    ),
    controls=(
        "NIST SP 800-53 CP-4(2)",
        "NIST SP 800-53 SC-7",
        "ISO 22301 8.5",
        "DORA Art. 24",
        "ISO/IEC 27001:2022 A.8.22",
    ),
)
TREND = Claim(
    id="DR-DRL-006",
    title="The newest drill was not much slower than those before it",
    severity=Severity.MEDIUM,
    remedy=(
        "Compare the phases of the drill records (drills/<id>.json) and look into the one that grew: more machines in "
        "a group, slower storage, a new script."
    ),
    controls=("NIST SP 800-53 CP-4", "DORA Art. 13"),
)
COMPARED = 3
"""How many earlier drills the newest one is held against."""
EASY = 0.5
"""Up to this share of the target nobody needs to worry."""


def usual_seconds(earlier: Sequence[float]) -> float:
    """What drills of a target take: the median of the last few. There is at least one."""
    return median(earlier[-COMPARED:])


def slowed(seconds: float, usual: float, target: float, percent: float) -> bool:
    """Did a drill take too much longer than usual, with a good part of the target used up?"""
    return seconds > usual * (1 + percent / 100) and seconds >= EASY * target


def judge_trend(name: str, seconds: float, earlier: Sequence[float], target: float | None, percent: float) -> Outcome:
    """Hold a recovery time against those of earlier successful drills of the same target, oldest first.

    Args:
        name: what was recovered.
        seconds: how long it took.
        earlier: how long it took before; at least once.
        target: seconds that were promised; ``None`` when nobody promised any.
        percent: how much longer than usual it may take.
    """
    usual = usual_seconds(earlier)
    expected = f"at most {percent:g} % above the median of the last {COMPARED}, or below half of the RTO"
    verdict = Verdict.FAIL if slowed(seconds, usual, target or 0.0, percent) else Verdict.PASS
    return _outcome(verdict, name, f"{human(seconds)}, usually {human(usual)}", expected)


def judge_proofs(name: str, proofs: Sequence[NetworkProof]) -> Outcome:
    """No sentinel of production answered, every control did, and that was known before anything was started.

    Args:
        name: of the network, or of what was drilled in it.
        proofs: what its canary saw, at least in one round.
    """
    problems = dict.fromkeys(problem for proof in proofs for problem in proof.problems)
    if not any(proof.before for proof in proofs):
        problems = {"no canary was asked before the failover": None, **problems}
    silent = {_end(proof, one) for proof in proofs for one in proof.tries if not one.must_reach}
    controls = {_end(proof, one) for proof in proofs for one in proof.tries if one.must_reach}
    what = "; ".join(problems) or f"silent: {', '.join(sorted(silent))}; answered: {', '.join(sorted(controls))}"
    expected = "no sentinel of production answers, and every control does, before anything is started and ever since"
    return _outcome(Verdict.FAIL if problems else Verdict.PASS, name, what, expected)


def _end(proof: NetworkProof, tried: NetworkTry) -> str:
    return f"{tried.label} to {proof.canary}" if proof.inward else tried.label


def judge_figure(name: str, figure: DrillFigure, target: float | None, phases: Sequence[DrillPhase] = ()) -> Outcome:
    """Hold a measured RTO or RPO against what was promised: met only at the far end of its uncertainty.

    Args:
        name: what was recovered.
        figure: what was measured.
        target: seconds that were promised; ``None`` when nobody promised any.
        phases: how the time was spent; the longest are named.
    """
    what = f"{human(figure.seconds)} ± {human(figure.uncertainty_seconds)} by {figure.method or 'an unnamed method'}"
    if phases:
        longest = sorted(phases, key=lambda one: -one.seconds)[:LONGEST]
        what += f" ({', '.join(map(_phase, longest))})"
    if figure.anomaly:
        what += f"; {figure.anomaly}"
    expected = "no target" if target is None else f"at most {human(target)}"
    verdict = within(figure.seconds, figure.uncertainty_seconds, target, anomaly=figure.anomaly)
    return _outcome(verdict, name, what, expected)


def judge_probes(name: str, probes: Iterable[DrillProbe], *, functional: bool) -> Outcome:
    """Every mandatory probe green, and at least one; where it has to be ``functional``, one that looks at a service."""
    tried = list(probes)
    mandatory = [probe for probe in tried if probe.mandatory]
    what = ", ".join(f"{one.name} on {one.target} {_colour(one)}" for one in tried) or "no probe ran"
    proven = any(probe.functional for probe in mandatory) if functional else bool(mandatory)
    good = proven and all(probe.green_seconds is not None for probe in mandatory)
    least = "one that asks more than whether it boots" if functional else "one"
    expected = f"every mandatory probe green, and at least {least}"
    return _outcome(Verdict.PASS if good else Verdict.FAIL, name, what, expected)


def judge_newest(application: Application, topology: Topology, kind: str) -> Outcome:
    """The worst of what the newest drill of each target measured, held against the application's own target.

    Args:
        application: whose machines took part.
        topology: records and machines.
        kind: ``rto`` or ``rpo``.

    Raises:
        NotApplicable: it has no test failover, or none measured anything.
        Unknown: records or machines were not read to their end.
    """
    require_rehearsals(application, topology)
    target = application.rto_seconds if kind == "rto" else application.rpo_seconds
    records = newest_by_target(tuple(one for one in rehearsals_of(topology, application) if one.figure(kind)))
    outcomes = [
        judge_figure(
            f"{application.name}, drill {one.name}",
            figure,
            target,
            one.phases if kind == "rto" and figure == one.figure(kind) else (),
        )
        for one in records
        if (figure := one.figure(kind, application.key))
    ]
    failing = [one for one in outcomes if one.verdict is Verdict.FAIL]
    if not failing:
        require_machines(application, topology)
    if not outcomes:
        raise NotApplicable(f"{application.name}: no drill has measured that; whether one was held, DR-DRL-001 judges")
    return structs.replace(together(failing or outcomes), facts=records)


def require_rehearsals(application: Application, topology: Topology) -> None:
    """Raise unless the application can be test-failed-over at all, and every record was read."""
    if application.always_on or application.method not in DRILLED:
        raise NotApplicable(f"{application.name} has no test failover")
    topology.require(DrillRecord)


def require_machines(application: Application, topology: Topology) -> None:
    """Raise unless every machine of the application is known, and there is one."""
    topology.require(VmmVm)
    if not machines_of(topology, application):
        raise Unknown(f"{application.name}: no VM that VMM knows belongs to it")


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """Several outcomes about one subject as one: the worst decides, and all are told. There is at least one."""
    worst = min(outcomes, key=lambda one: WORST.index(one.verdict))
    same = [one for one in outcomes if one.verdict is worst.verdict]
    return Outcome(
        verdict=worst.verdict,
        message="; ".join(dict.fromkeys(one.message for one in same)),
        observed="; ".join(dict.fromkeys(one.observed for one in same)),
        expected=worst.expected,
        evidence="tested",
    )


def _outcome(verdict: Verdict, name: str, what: str, expected: str) -> Outcome:
    message = f"{name}: {what}; allowed: {expected}"
    return Outcome(verdict=verdict, message=message, observed=what, expected=expected, evidence="tested")


def _phase(phase: DrillPhase) -> str:
    return f"{phase.name} {human(phase.seconds)}{' as declared' if phase.declared else ''}"


def _colour(probe: DrillProbe) -> str:
    return "red" if probe.green_seconds is None else f"green after {probe.green_seconds:.1f} s"
