"""What does an auditor ask of a drill's record? One section per question, each from what is known of the drill."""

import hashlib
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from drcheck.drill import Context
from drcheck.drill.evidence.committed import commit_of
from drcheck.drill.evidence.passed import deviations, recovery_points, text, timeline_section
from drcheck.drill.evidence.scope import applications_of, scope
from drcheck.drill.held import Held
from drcheck.drill.journal import SUFFIX
from drcheck.drill.planning.announcement import CLEAN_UP
from drcheck.drill.planning.expectations import judged
from drcheck.drill.planning.objectives import digest, objectives
from drcheck.drill.planning.permission import blackouts_in_the_way, told
from drcheck.estate import DrillSpec, ProbeSpec
from drcheck.topology.declared import Application
from drcheck.verdict import Verdict

OUR_CLOCK = "the clock of the machine that held the drill, UTC"
SCHEMA = 1
"""Of the record. Fields may be added; none changes its meaning."""
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
        "scope": scope(held, context, applications),
        "scenario": _scenario(held),
        "authorisation": _authorisation(held, context),
        "people": _people(held, applications),
        "objectives": _objectives(held),
        "timeline": timeline_section(held),
        "recovery_points": recovery_points(held, context.topology),
        "probes": _probes(held),
        "deviations": list(deviations(held, context.estate.policy.drill_slowdown_percent)) or ["none"],
        "clean_up": _clean_up(held),
        "conclusion": _conclusion(held, findings),
        "sign_off": {"name": "", "role": "", "time": None, "file": f"{held.drill}.review.json"},
        "integrity": _integrity(held, context),
    }


def _identity(held: Held, context: Context) -> Section:
    spec, estate = held.spec, context.estate
    policy = digest(msgspec.to_builtins(estate.policy, str_keys=True))
    whole = {"name": estate.path.name, "sha256": _sha256_of(estate.path), "commit": commit_of(estate.path)}
    own = spec.file and {"name": spec.file.name, "sha256": spec.sha256, "commit": commit_of(spec.file)}
    return {
        "drill_file": own or whole,
        "environment": {
            "estate": estate.name,
            "estate_file": whole,
            "python": platform.python_version(),
            "system": platform.system(),
        },
        "versions": {"drcheck": version("drcheck"), "record": SCHEMA, "policy": policy, **_data_versions()},
    }


def _sha256_of(path: Path) -> str:
    """Of a file; empty when it is not there any more."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _data_versions() -> dict[str, str]:
    """The rules that came with this version, each by its hash."""
    data = {one.name: one for one in files("drcheck.data").iterdir() if one.name.endswith(".yaml")}
    return {name: hashlib.sha256(data[name].read_bytes()).hexdigest() for name in sorted(data)}


def _scenario(held: Held) -> Section:
    """What was declared, and what was really done, which is always the same."""
    declared = held.spec.scenario
    return {
        "type": declared.type if declared else "not declared",
        "severity": (declared.severity if declared else None) or "not declared",
        "assumptions": list(declared.assumptions) if declared else [],
        "third_parties": list(declared.third_parties) if declared else [],
        "done": "test failover",
        "kind": held.spec.kind,
        "scenarios": list(held.spec.scenarios),
    }


def _authorisation(held: Held, context: Context) -> Section:
    given, estate, ready = held.spec.authorisation, context.estate, held.ready
    return {
        "told": told(held.spec),
        "required": estate.drill_authorisation == "required",
        "change": given.change if given else "",
        "approver": given.approver if given else "",
        "not_before": text(given.not_before if given else None),
        "not_after": text(given.not_after if given else None),
        "risk": given.risk if given else "",
        "blackouts": {
            "declared": len(estate.blackouts),
            "in_the_way": None if ready is None else list(blackouts_in_the_way(estate, ready.times)),
        },
    }


def _people(held: Held, applications: Sequence[Application]) -> Section:
    people = held.spec.people
    owners = ", ".join(dict.fromkeys(one.owner for one in applications if one.owner))
    return {
        "executors": [held.executor],
        "confirmed_by": sorted({phase.by for phase in held.phases if phase.by}),
        "observer": people.observer,
        "reviewer": people.reviewer,
        "owner": people.owner or owners,
        "communications": people.communications,
    }


def _objectives(held: Held) -> Section:
    """Those that were fixed; whoever cleans up after a drill may know it as it is declared now, and not as it was."""
    told, at = objectives(held.spec), text(held.fixed_at)
    sha256 = digest(told)
    if held.fixed_sha256 not in ("", sha256):
        return {"sha256": held.fixed_sha256, "fixed_at": at, "why_not": "it is not declared now as it was when held"}
    return {**told, "sha256": sha256, "fixed_at": at}


def _probes(held: Held) -> list[Section]:
    """What each was to see, what it saw (``detail``), and what that proves."""
    return [
        {
            **msgspec.to_builtins(one),
            "verdict": judged(one.kind, green=one.green_seconds is not None, attempts=one.attempts).value,
        }
        for one in held.probes
    ]


def _clean_up(held: Held) -> Section:
    work = next((phase for phase in held.phases if phase.name == CLEAN_UP), None)
    return {
        "verdict": (Verdict.PASS if held.cleaned_up else Verdict.FAIL).value,
        "started": text(work.started if work else None),
        "finished": text(held.clean_at),
        "seconds": work.seconds if work else None,
        "before": _inventory(held.before),
        "during": _inventory(held.during),
        "after": _inventory(held.after),
        "made": _without(held.during, held.before),
        "gone": _without(held.before, held.after),
        "left_over": list(held.left_over),
    }


def _without(more: frozenset[str] | None, less: frozenset[str] | None) -> list[str] | None:
    """The lines of one inventory that are not in another; ``None`` where one of them was not read."""
    return None if more is None or less is None else sorted(more - less)


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
    journal = context.folder / f"{held.drill}{SUFFIX}"
    return {
        "attachments": [_attached(journal)] if journal.exists() else [],
        "inputs": list(_inputs(held.spec)),
        "clock": OUR_CLOCK,
        "clocks": msgspec.to_builtins(list(held.timeline.clocks.values())) if held.timeline else [],
    }


def _attached(path: Path) -> Section:
    """A file beside the record. Lines may be added to a journal later, when somebody cleans up: hence its length."""
    body = path.read_bytes()
    return {"name": path.name, "sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}


def _inputs(spec: DrillSpec) -> Iterator[Section]:
    """The user's own scripts, which ran in the copies."""
    for probe in dict.fromkeys(_scripts(spec)):
        yield {"name": probe.file.name if probe.file else probe.name, "sha256": probe.sha256}


def _scripts(spec: DrillSpec) -> Iterable[ProbeSpec]:
    yield from (probe for probe in spec.probes if probe.file)
    for group in spec.groups:
        for part in group.parts:
            yield from _scripts(part)
