"""What does an auditor ask of a drill's record? One section per question, each from what is known of the drill."""

import hashlib
import platform
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import msgspec

from drcheck.drill import Context
from drcheck.drill.evidence.committed import commit_of
from drcheck.drill.held import Held
from drcheck.drill.planning.objectives import digest, objectives
from drcheck.drill.timing.figures import best_points
from drcheck.drill.timing.timeline import Point
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.declared import Application
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.membership import application_of
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.verdict import Phase, Verdict

OUR_CLOCK = "the clock of the machine that held the drill, UTC"
Section = dict[str, Any]


def sections(held: Held, context: Context, findings: Sequence[Mapping[str, Any]]) -> Section:
    """Everything that is asked beyond what was measured.

    Args:
        held: the drill, over.
        context: what it worked with.
        findings: what has to be followed up.
    """
    applications = applications_of(held, context.topology)
    return {
        "identity": _identity(held, context),
        "scope": _scope(held, context, applications),
        "scenario": {"type": "test failover", "kind": held.spec.kind, "scenarios": list(held.spec.scenarios)},
        "people": _people(held, applications),
        "objectives": _objectives(held),
        "timeline": _timeline(held),
        "recovery_points": _recovery_points(held, context.topology),
        "deviations": list(_deviations(held)) or ["none"],
        "clean_up": _clean_up(held),
        "conclusion": _conclusion(held, findings),
        "sign_off": {"name": "", "role": "", "time": None, "file": f"{held.drill}.review.json"},
        "integrity": _integrity(held, context),
    }


def applications_of(held: Held, topology: Topology) -> tuple[Application, ...]:
    """The applications that the drilled machines belong to, by name; those that cannot be told are left out."""
    found = {
        one.key: one for name, vm_id in machines_of(held, topology) if (one := _application(topology, vm_id, name))
    }
    named = {held.spec.application, held.subject.application if held.subject else ""} - {""}
    found |= {one.key: one for one in topology.seen(Application) if one.name in named}
    return tuple(sorted(found.values(), key=lambda one: one.name))


def machines_of(held: Held, topology: Topology) -> list[tuple[str, str]]:
    """Name and id of each machine that was to be brought up; where nobody names it, the id stands for both."""
    names = {one.vm_id: one.name for one in topology.seen(ProtectedItem) if one.vm_id}
    names |= {one.vm_id: one.name for one in topology.seen(VmReplication)}
    return [(names.get(vm_id, vm_id), vm_id) for vm_id in held.vm_ids]


def _application(topology: Topology, vm_id: str, name: str) -> Application | None:
    try:
        return application_of(topology, vm_id, name)
    except Unknown:
        return None


def _identity(held: Held, context: Context) -> Section:
    spec, estate = held.spec, context.estate
    return {
        "drill_file": {
            "name": spec.file.name if spec.file else estate.path.name,
            "sha256": spec.sha256 or _sha256_of(context),
            "commit": commit_of(spec.file or estate.path),
        },
        "environment": {"estate": estate.name, "python": platform.python_version(), "system": platform.system()},
        "versions": {"drcheck": version("drcheck"), "record": 1, **_data_versions()},
    }


def _sha256_of(context: Context) -> str:
    """Of estate.yaml, where the drill is declared in it."""
    try:
        return hashlib.sha256(context.estate.path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _data_versions() -> dict[str, str]:
    """The rules that came with this version, each by its hash."""
    data = {one.name: one for one in files("drcheck.data").iterdir() if one.name.endswith(".yaml")}
    return {name: hashlib.sha256(data[name].read_bytes()).hexdigest() for name in sorted(data)}


def _scope(held: Held, context: Context, applications: Sequence[Application]) -> Section:
    subject = held.subject
    return {
        "applications": [{"name": one.name, "tier": one.tier} for one in applications],
        "machines": [{"name": name, "id": vm_id} for name, vm_id in machines_of(held, context.topology)],
        "plan": msgspec.to_builtins(held.plan),
        "site": subject.site if subject else "",
        "out_of_scope": [{"what": what, "why": why} for what, why in held.spec.out_of_scope],
        "targets": [
            {"application": one.name, "rto_seconds": one.rto_seconds, "rpo_seconds": one.rpo_seconds}
            for one in applications
        ],
    }


def _people(held: Held, applications: Sequence[Application]) -> Section:
    people = held.spec.people
    owners = ", ".join(dict.fromkeys(one.owner for one in applications if one.owner))
    return {
        "executors": [held.executor],
        "observer": people.observer,
        "reviewer": people.reviewer,
        "owner": people.owner or owners,
    }


def _objectives(held: Held) -> Section:
    fixed = objectives(held.spec)
    return {**fixed, "sha256": digest(fixed), "fixed_at": _text(held.fixed_at)}


def _timeline(held: Held) -> Section:
    timeline = held.timeline
    ready = timeline.ready if timeline else None
    return {
        "t0_rule": held.spec.t0,
        "t0": _text(timeline.requested if timeline else None),
        "ready": None if ready is None else {"after": ready.after.isoformat(), "by": ready.by.isoformat()},
        "clean": _text(held.clean_at),
        "steps": [_step(phase) for phase in held.phases],
        "details": msgspec.to_builtins(timeline.details) if timeline else [],
    }


def _step(phase: Phase) -> Section:
    return {
        "name": phase.name,
        "started": phase.started.isoformat(),
        "seconds": phase.seconds,
        "actor": "declared, not measured" if phase.declared else "manual" if phase.by else "automatic",
        "by": phase.by,
    }


def _recovery_points(held: Held, topology: Topology) -> Section:
    """What each machine was brought up from, and how far those of one application lie apart."""
    timeline = held.timeline
    if timeline is None or timeline.requested is None:
        return {"points": [], "skew_seconds": {}}
    requested, best = timeline.requested, best_points(timeline.points)
    ids = {name.lower(): vm_id for name, vm_id in machines_of(held, topology)}
    apart: dict[str, list[datetime]] = defaultdict(list)
    for point in best:
        owner = _application(topology, ids.get(point.vm.lower(), ""), point.vm)
        if owner is not None:
            apart[owner.name].append(point.at.middle)
    return {
        "points": [_point(point, requested) for point in best],
        "skew_seconds": {name: (max(all_) - min(all_)).total_seconds() for name, all_ in sorted(apart.items())},
    }


def _point(point: Point, requested: datetime) -> Section:
    return {
        "vm": point.vm,
        "at": point.at.middle.isoformat(),
        "uncertainty_seconds": point.at.uncertainty,
        "age_seconds": (requested - point.at.middle).total_seconds(),
        "type": point.type,
        "source": point.source,
    }


def _deviations(held: Held) -> Iterator[str]:
    """What went otherwise than it was written down."""
    yield from held.trouble
    for probe in held.probes:
        if probe.green_seconds is None:
            rank = "mandatory" if probe.mandatory else "optional"
            yield f"{rank} probe {probe.name} on {probe.target} never turned green: {probe.detail}"
    run = {(one.kind, one.target.lower()) for one in held.probes}
    for wanted in held.spec.probes if held.requested else ():
        if not any(kind == wanted.kind and wanted.vm.lower() in ("", target) for kind, target in run):
            yield f"probe {wanted.kind} {wanted.name or wanted.vm}".strip() + " was not run"
    sentinel, timeline = held.spec.sentinel, held.timeline
    if sentinel and timeline and timeline.ready and all(point.source != "sentinel" for point in timeline.points):
        yield f"no sentinel record could be read ({sentinel.path or sentinel.database}): others tell its age"


def _clean_up(held: Held) -> Section:
    made = None if held.during is None or held.before is None else sorted(held.during - held.before)
    return {
        "verdict": (Verdict.PASS if held.cleaned_up else Verdict.FAIL).value,
        "finished": _text(held.clean_at),
        "before": _inventory(held.before),
        "during": _inventory(held.during),
        "after": _inventory(held.after),
        "made": made,
        "left_over": list(held.left_over),
    }


def _inventory(seen: frozenset[str] | None) -> Section | None:
    """How much there was, and the hash of its sorted lines: the whole list of a large estate is no evidence to read."""
    if seen is None:
        return None
    lines = "".join(f"{one}\n" for one in sorted(seen))
    return {"count": len(seen), "sha256": hashlib.sha256(lines.encode()).hexdigest()}


def _conclusion(held: Held, findings: Sequence[Mapping[str, Any]]) -> Section:
    if not held.requested:
        result = "incomplete"
    elif held.verdict is not Verdict.PASS:
        result = "fail"
    else:
        result = "pass with findings" if findings else "pass"
    return {"result": result, "verdict": held.verdict.value}


def _integrity(held: Held, context: Context) -> Section:
    journal = context.folder / f"{held.drill}.journal.jsonl"
    attached = [journal] if journal.exists() else []
    return {
        "attachments": [{"name": one.name, "sha256": hashlib.sha256(one.read_bytes()).hexdigest()} for one in attached],
        "clock": OUR_CLOCK,
        "clocks": msgspec.to_builtins(list(held.timeline.clocks.values())) if held.timeline else [],
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
