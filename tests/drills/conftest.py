"""Drills over the wire: a simulated estate on loopback, the real transports, and the lab's own books to judge by."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from msgspec import structs

from drcheck.discovery.driver import arm_client, look
from drcheck.drill import Context, DrillOutcome
from drcheck.drill.azure.far_side import Azure
from drcheck.drill.azure.orders import PlanOrders
from drcheck.drill.azure.places import CopyPlaces
from drcheck.drill.engine import run
from drcheck.drill.timing.waiting import looks
from drcheck.drill.undoing.recovery import recover, status
from drcheck.estate import DrillSpec, Estate, load
from drcheck.lab.azure.faults import Fault as ArmFault
from drcheck.lab.azure.faults import FaultKind
from drcheck.lab.azure.state import AzureWorld, azure_of
from drcheck.lab.faults import Fault
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import Lab, running
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.replication import Replicator, relation
from drcheck.lab.state.truth import TestVmRecord
from drcheck.lab.state.world import Host, Replication, Vm, World
from drcheck.lab.telling.building import vm_named
from drcheck.topology.base import Fact, Target, Topology

TEST_FAILOVER = r"/testFailover\?"
CLEAN_UP = r"/testFailoverCleanup\?"
RECORD = jsonschema.Draft202012Validator(
    json.loads(files("drcheck.drill.evidence").joinpath("record.schema.json").read_text(encoding="utf-8"))
)


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


@dataclass(kw_only=True)
class Stage:
    """A running lab, drcheck's view of it, and questions about what really happened."""

    lab: Lab
    estate: Estate
    folder: Path
    speed: float
    clock: Callable[[], datetime] = now
    said: list[str] = field(default_factory=list)
    when: dict[str, Callable[[], object]] = field(default_factory=dict)
    """What happens as soon as drcheck says that it has come to something."""

    @property
    def world(self) -> World:
        return self.lab.world

    @property
    def azure(self) -> AzureWorld:
        return azure_of(self.world)

    @property
    def leeds(self) -> Host:
        return self.world.hosts[LEEDS]

    @property
    def vmm(self) -> Vm:
        return vm_named(self.world, "VMM01")

    @property
    def replication(self) -> Replication:
        return relation(self.vmm)

    @property
    def targets(self) -> tuple[Target, ...]:
        vault = self.estate.azure.vaults[0].id
        subscription = "/".join(vault.split("/")[:3])
        return tuple(
            Target(role=role, endpoint=at)
            for role, at in (("hyperv", LEEDS), ("vault", vault), ("azure", subscription))
        )

    def look(self, targets: tuple[Target, ...], kinds: tuple[type[Fact], ...] = ()) -> Topology:
        return look(self.estate, targets, now=self.clock, monotonic=time.monotonic, kinds=kinds)

    def context(self, topology: Topology | None = None) -> Context:
        """A drill's surroundings; its patience is as much shorter as the lab is faster."""
        return Context(
            estate=self.estate,
            topology=topology or self.look(self.targets),
            folder=self.folder,
            now=self.clock,
            wait=lambda seconds: time.sleep(seconds / self.speed),
            say=self.say,
            look=self.look,
        )

    def spec(self, name: str, **changes: object) -> DrillSpec:
        declared = next(spec for spec in self.estate.drills if spec.name == name)
        return structs.replace(declared, **changes)

    def say(self, text: str) -> None:
        self.said.append(text)
        self.when.get(text.rpartition(": ")[2], lambda: None)()

    def drill(self, name: str, **changes: object) -> DrillOutcome:
        """Hold a drill by what its own side of the estate looks like; whole estates are drilled by whole commands."""
        spec = self.spec(name, **changes)
        sides = {"hyperv-replica": ("hyperv",), "recovery-plan": ("vault", "azure")}
        near = tuple(target for target in self.targets if target.role in sides.get(spec.kind, (target.role,)))
        return run(spec, self.context(self.look(near)))

    def recover(self) -> tuple[str, ...]:
        """What the command does, which looks at no estate for it."""
        return recover(self.folder, self.context(Topology(as_of=self.clock())))

    def open_drills(self) -> tuple[str, ...]:
        return status(self.folder)

    def on_verb(self, verb: str, kind: str, operation: str = "Receive", **rest: int) -> Fault:
        """Let the first call of a drill's verb go wrong."""
        about = f'"verb":"{verb}"'
        fault = Fault(kind=kind, host=LEEDS, operation=operation, about=about, **{"times": 1, **rest})
        return self.lab.faults.add(fault)

    def on_any(self, host: str, kind: str) -> Fault:
        """Let every request to a host go wrong."""
        return self.lab.faults.add(Fault(kind=kind, host=host))

    def in_azure(self, kind: FaultKind, path: str = "", *, method: str = "", times: int | None = 1) -> None:
        """Let calls to Azure go wrong."""
        self.azure.faults.add(ArmFault(kind=kind, method=method, path=path, times=times))

    def declare(self, **changes: object) -> None:
        """Change what estate.yaml declares."""
        self.estate = structs.replace(self.estate, **changes)

    def start_foreign_test(self) -> None:
        """Somebody starts a test failover by hand, and waits for it."""
        replicator = Replicator(world=self.world, clock=self.lab.clock)
        asyncio.run(replicator.start_test(self.vmm, None))

    def start_foreign_plan_test(self) -> None:
        """Somebody starts the test failover of the payments plan in the portal."""
        spec = self.spec("payments-plan")
        with arm_client(self.estate, self.clock) as client:
            azure = Azure(
                client=client, vault=spec.vault, now=self.clock, wait=time.sleep, places=CopyPlaces.of(spec.vault)
            )
            plan = PlanOrders(azure=azure, plan=f"{spec.vault}/replicationRecoveryPlans/{spec.plan}")
            plan.start(spec.network, plan.point(spec.recovery_point))

    def await_copies(self) -> None:
        """Until the copies of a plan wait for their clean-up, and nothing works on them any more."""
        (vault,) = self.azure.vaults
        for _ in looks(lambda seconds: time.sleep(seconds / self.speed), 36_000):
            waits = any(item.test_failover_state == "WaitingForCompletion" for item in vault.items)
            if waits and not any(item.job_id for item in vault.items):
                return
        raise AssertionError("the copies never came up")

    def stop_test(self) -> None:
        """Somebody ends a test failover by hand."""
        asyncio.run(Replicator(world=self.world, clock=self.lab.clock).stop(self.vmm))

    def record(self, drill: str) -> dict[str, Any]:
        """What was written about a drill."""
        return dict(json.loads((self.folder / f"{drill}.json").read_text(encoding="utf-8")))

    def truth(self, platform: str, name: str) -> TestVmRecord:
        """The only test VM of a machine that there ever was."""
        vm_id = vm_named(self.world, name).id
        (record,) = [
            one for one in self.lab.clock.truth.test_vms.values() if (one.platform, one.vm_id) == (platform, vm_id)
        ]
        return record

    def writes(self, ending: str) -> int:
        """How often something was asked of Azure."""
        return sum(path.lower().endswith(ending.lower()) for path in self.azure.writes)

    @property
    def copies(self) -> list[str]:
        """Machines and adapters in Azure that test failovers made; a canary stands there for good."""
        machines = self.azure.machines.values()
        standing = {machine.id.lower() for machine in machines if not machine.source_vm}
        nics = self.azure.interfaces.values()
        made = [machine.id for machine in machines if machine.source_vm]
        return made + [nic.id for nic in nics if nic.machine.lower() not in standing]

    def assert_spotless(self) -> None:
        """Nothing of any drill is left, and nothing was ever failed over for real."""
        assert self.world.test_vms == {}
        assert self.replication.test_vm_id == ""
        assert self.leeds.leases == {}
        assert self.copies == []
        assert self.azure.disks == {}
        assert self.azure.blobs.leases == {}
        self.assert_nothing_real()

    def assert_nothing_real(self) -> None:
        assert self.lab.clock.truth.real_failovers == []
        assert self.azure.real_failovers == []

    def assert_nothing_started(self) -> None:
        """Not one test VM was ever made, and nothing was asked that could make one."""
        self.assert_spotless()
        assert self.lab.clock.truth.test_vms == {}
        assert self.replication.tests == 0
        assert self.azure.writes == []


Stages = Callable[..., Stage]


def _making(stack: ExitStack, folder: Path) -> Stages:
    """Makes stages below a folder that last as long as the stack."""

    def make(*, seed: int = 0, speed: float = 1000.0, change: Callable[[World], None] = lambda _: None) -> Stage:
        world = build("contoso", seed)
        change(world)
        lab = stack.enter_context(running(assemble(world, LabClock(speed=speed))))
        directory = folder / f"lab-{lab.port}"
        publish(lab, "contoso", directory)
        estate = load(directory / "estate.yaml", dict(os.environ))
        return Stage(lab=lab, estate=estate, folder=folder / "drills", speed=speed)

    return make


def assert_records_fit(folder: Path) -> None:
    """Whatever kind of drill it was, and whatever became of it, its record has the shape that was promised."""
    for path in folder.glob("drills/*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        wrong = [f"{error.json_path}: {error.message}" for error in RECORD.iter_errors(record)]
        assert wrong == [], f"{record['kind']}, {record['conclusion']['result']}"


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    """Makes stages: of a seed, with timings of the lab so many times faster, after a world was changed."""
    with ExitStack() as stack:
        yield _making(stack, tmp_path)
        assert_records_fit(tmp_path)


@pytest.fixture(scope="module")
def one_stage_each(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """The same, for stages that all tests of a module share."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("stages")
        yield _making(stack, folder)
        assert_records_fit(folder)


@pytest.fixture
def stage(stages: Stages) -> Stage:
    """Healthy contoso in a great hurry."""
    return stages()
