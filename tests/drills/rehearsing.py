"""A rehearsal over the lab: several Hyper-V replicas besides VMM's, and the payments plan."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from drcheck.drill import DrillOutcome
from drcheck.drill.engine import run
from drcheck.drill.journal import Record, read
from drcheck.estate import DrillGroup, DrillSpec, ProbeSpec
from drcheck.lab.building import replicate, vm_named
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.lab.world import World
from tests.drills.conftest import Stage

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
    return structs.replace(DrillSpec(name="site-loss", kind="rehearsal", groups=made), **changes)


def hold(stage: Stage, spec: DrillSpec) -> DrillOutcome:
    return run(spec, stage.context())


def records(stage: Stage) -> tuple[Record, ...]:
    """The one journal that there is."""
    (journal,) = stage.folder.glob("*.journal.jsonl")
    return read(journal)


def at(record: Record) -> datetime:
    return datetime.fromisoformat(record.at)
