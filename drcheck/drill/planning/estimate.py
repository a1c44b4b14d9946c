"""How long will a drill take? As long as the last one of the same target did; without one, what policy expects."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import groupby
from math import ceil

from msgspec import Struct

from drcheck.drill.planning.announcement import CLEAN_UP, Announced, Stage
from drcheck.policy import Policy
from drcheck.topology.base import Topology
from drcheck.topology.drills import DrillRecord


class Estimate(Struct, frozen=True, kw_only=True):
    """How long one stage is expected to take, and who says so."""

    stage: str
    seconds: float
    basis: str
    group: str = ""
    part: str = ""
    waited: bool = True
    """``False``: a declared time that nobody waits for in a drill."""


def estimates(announced: Announced, target: str, topology: Topology, policy: Policy) -> tuple[Estimate, ...]:
    """What every stage of the work is expected to take, and the clean-up.

    Args:
        announced: the drill's stages.
        target: key of what is failed over; a part of a rehearsal has its own.
        topology: knows the records of earlier drills.
        policy: what is expected otherwise.
    """
    found = [one for stage in announced.work for one in _estimate(stage, target, topology, policy)]
    return (*found, *_estimate(Stage(name=CLEAN_UP, calls=()), target, topology, policy))


def work_seconds(estimates: Iterable[Estimate], parallel: int) -> float:
    """How long stages take in all: one after another, but for parts of a group, which go side by side.

    Args:
        estimates: those that count, in order; the clean-up does not.
        parallel: how many parts are worked on at once.
    """
    total = 0.0
    for group, stages in groupby((one for one in estimates if one.stage != CLEAN_UP), key=lambda one: one.group):
        parts: dict[str, float] = {}
        for one in stages:
            parts[one.part] = parts.get(one.part, 0.0) + one.seconds
        rounds = ceil(len(parts) / max(1, parallel)) if group else 1
        total += max(parts.values()) * rounds if group else sum(parts.values())
    return total


def _estimate(stage: Stage, target: str, topology: Topology, policy: Policy) -> Iterator[Estimate]:
    expected: Mapping[str, float] = {
        "failover": policy.drill_failover,
        "boot": policy.drill_boot,
        "probes": policy.drill_probes,
        CLEAN_UP: policy.drill_clean_up,
    }
    made = partial(Estimate, stage=stage.name, group=stage.group, part=stage.part)
    told = _told(stage, target, topology)
    if stage.declared_seconds:
        basis = "declared" if stage.waited else "declared, and not waited for"
        yield made(seconds=stage.declared_seconds, basis=basis, waited=stage.waited)
    elif told is not None:
        yield made(seconds=told[0], basis=told[1])
    elif stage.name in expected:
        field = stage.name.replace(" ", "_")
        yield made(seconds=expected[stage.name], basis=f"policy.drill_{field}; no earlier drill tells")


def _told(stage: Stage, target: str, topology: Topology) -> tuple[float, str] | None:
    """How long it took the last time: in a drill of the whole, else in one of the part."""
    places = [(target, f"{stage.part}: {stage.name}")] if stage.part else []
    for key, phase in (*places, (stage.target or target, stage.name)):
        record = _newest(topology, key)
        measured = _measured(record) if record else {}
        if record is not None and phase in measured:
            return measured[phase], f"drill {record.key} of {record.started:%Y-%m-%d}"
    return None


def _newest(topology: Topology, target: str) -> DrillRecord | None:
    held = [one for one in topology.where(DrillRecord, "target", target.lower()) if one.succeeded]
    return max(held, key=lambda one: one.started, default=None)


def _measured(record: DrillRecord) -> Mapping[str, float]:
    """Seconds by phase; what a record without a phase for it leaves at its end was the clean-up."""
    phases: dict[str, float] = {}
    for phase in record.phases:
        if not phase.declared:
            phases[phase.name] = phases.get(phase.name, 0.0) + phase.seconds
    rest = (record.finished - record.started).total_seconds() - sum(phases.values())
    if phases and rest > 0:
        phases.setdefault(CLEAN_UP, rest)
    return phases
