"""A rehearsal over the lab: several Hyper-V replicas besides VMM's, and the payments plan."""

import os
from collections.abc import Sequence
from datetime import datetime

import yaml
from msgspec import structs

from drcheck.drill import DrillOutcome
from drcheck.drill.engine import run
from drcheck.drill.journal import Record, read
from drcheck.estate import DrillGroup, DrillSpec, ProbeSpec, load
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.lab.state.world import World
from drcheck.lab.telling.building import replicate, vm_named
from tests.drills.conftest import Stage

NAME = "site-loss"
VMM, PLAN = "vmm-first", "payments-plan"
ALSO = ("ERP-APP01", "MAIL-MBX01", "BLD-AGT01")
"""Machines that are replicated to the same host."""


def replicated(world: World) -> None:
    """Give some more machines a replica in Leeds."""
    for name in ALSO:
        replicate(vm_named(world, name), world.hosts[LEEDS])


def replica(stage: Stage, name: str, **changes: object) -> DrillSpec:
    """The part that recovers one of them."""
    probes = (ProbeSpec(kind="heartbeat"),)
    return structs.replace(stage.spec(VMM), **{"name": name, "vm": name, "probes": probes, "scenarios": (), **changes})


def rehearsal(*groups: tuple[str, Sequence[DrillSpec]], **changes: object) -> DrillSpec:
    """A rehearsal of groups in order."""
    made = tuple(DrillGroup(name=name, parts=tuple(parts)) for name, parts in groups)
    return structs.replace(DrillSpec(name=NAME, kind="rehearsal", groups=made), **changes)


def hold(stage: Stage, spec: DrillSpec) -> DrillOutcome:
    return run(spec, stage.context())


def records(stage: Stage) -> tuple[Record, ...]:
    """The one journal that there is."""
    (journal,) = stage.folder.glob("*.journal.jsonl")
    return read(journal)


def at(record: Record) -> datetime:
    return datetime.fromisoformat(record.at)


def declare(stage: Stage) -> None:
    """Put a rehearsal into estate.yaml, in a drill file of its own."""
    folder = stage.estate.path.parent
    switch = stage.spec(VMM).switch
    part = {"kind": "hyperv-replica", "probes": [{"kind": "heartbeat"}]}
    groups = [
        {"name": "management", "parts": [{**part, "vm": "VMM01"}]},
        {"name": "workloads", "parts": [{**part, "vm": name} for name in ALSO[:2]]},
    ]
    human = [
        {"name": "VMM answers", "owner": "Platform on call", "time": "15m", "confirm": True, "after": "management"}
    ]
    drill = {"version": 1, "name": NAME, "kind": "rehearsal", "switch": switch, "groups": groups, "human": human}
    (folder / "rehearsal.yaml").write_text(yaml.safe_dump(drill), encoding="utf-8")
    declared = yaml.safe_load(stage.estate.path.read_text(encoding="utf-8"))
    declared["drills"].append({"file": "rehearsal.yaml"})
    stage.estate.path.write_text(yaml.safe_dump(declared), encoding="utf-8")
    stage.estate = load(stage.estate.path, dict(os.environ))
