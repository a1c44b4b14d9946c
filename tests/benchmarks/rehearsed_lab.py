"""Contoso with forty machines replicated to Leeds, served until its standard input ends: ``... FOLDER SPEED SEED``."""

import sys
from pathlib import Path

from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import running
from drcheck.lab.scenarios.contoso import LEEDS, VMM
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.replication import draw
from drcheck.lab.state.truth import Truth
from drcheck.lab.state.world import Vm, World
from drcheck.lab.telling.building import replicate, vm_named

MACHINES = 40


def world_of(seed: int) -> World:
    """The estate, with room for everything in Leeds."""
    world = build("contoso", seed)
    leeds = world.hosts[LEEDS]
    leeds.memory_gb = 8192
    for volume in leeds.volumes:
        volume.size_gb += 65536
    for vm in machines(world):
        if vm.replication is None:
            replicate(vm, leeds)
    return world


def machines(world: World) -> list[Vm]:
    """The machines that are recovered: VMM's, and others in order of their names."""
    first = vm_named(world, VMM.partition(".")[0].upper())
    rest = sorted((vm for vm in world.vms.values() if vm.host != LEEDS and vm is not first), key=lambda one: one.name)
    return [first, *rest[: MACHINES - 1]]


def seconds_of(world: World, vm: Vm) -> tuple[float, float]:
    """What the lab draws for a machine's first test failover: until its heartbeat, and for its removal; unscaled."""
    create = draw(world, vm, "create 1").uniform(2, 6)
    lots = draw(world, vm, "boot 1")
    power = lots.uniform(0.5, 2)
    return create + power + lots.triangular(25, 120, 45), draw(world, vm, "remove 1").uniform(1, 4)


def main(folder: str, speed: str, seed: str) -> None:
    """Serve it."""
    clock = LabClock(speed=float(speed), truth=Truth(Path(folder) / "truth.json"))
    with running(assemble(world_of(int(seed)), clock)) as lab:
        publish(lab, "contoso", Path(folder))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
