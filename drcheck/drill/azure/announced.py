"""What does a test failover in Azure ask and do, call by call? As ``azure_failover`` and what it is made of do it."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from drcheck.drill.azure.far_side import COMPUTE_API, DISKS_API, NETWORK_API
from drcheck.drill.azure.guest import machine_of
from drcheck.drill.azure.leases import MachineLeases
from drcheck.drill.azure.orders import POINT_TYPES
from drcheck.drill.azure.places import CopyPlaces
from drcheck.drill.guest.scripts import BATCH, INLINE, carried, guest_scripts, titled
from drcheck.drill.planning.announcement import (
    AS_LONG,
    Announced,
    Call,
    ClockAsked,
    Stage,
    clocks_compared,
    described,
    read_again,
)
from drcheck.estate import DrillSpec, ProbeSpec
from drcheck.topology.base import Fact, Target
from drcheck.topology.declared import SequenceStep
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.transport.arm import SITE_RECOVERY_API

TEST = "site-recovery.test-failover"
LISTS = (
    ("virtualMachines", "providers/Microsoft.Compute/virtualMachines", COMPUTE_API),
    ("networkInterfaces", "providers/Microsoft.Network/networkInterfaces", NETWORK_API),
    ("disks", "providers/Microsoft.Compute/disks", DISKS_API),
)


class Aim(Struct, frozen=True, kw_only=True):
    """What is failed over, and what is read for it."""

    target: str
    """ARM id of the recovery plan, or of the protected item."""
    vault: str
    items: tuple[ProtectedItem, ...]
    judged: tuple[Target, ...]
    """What is read to judge isolation and readiness."""
    seen: Sequence[type[Fact]]
    """What of it."""
    members: Sequence[type[Fact]]
    """What tells which machines it has."""
    watched: tuple[Target, ...]
    telling: Sequence[type[Fact]]
    """What of it is read while copies run."""
    leases: MachineLeases
    clocks: Sequence[ClockAsked] = ()
    """Whose time production is asked for."""
    manual: tuple[str, ...] = ()
    """Manual actions of the plan."""
    human: Sequence[SequenceStep] = ()

    @property
    def is_plan(self) -> bool:
        """Is it a recovery plan, rather than one item?"""
        return "/replicationrecoveryplans/" in self.target.lower()

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Where the copies appear."""
        return CopyPlaces.of(self.vault, self.items).subscriptions


def announced(spec: DrillSpec, aim: Aim) -> Announced:
    """Every call of one drill."""
    return Announced(
        judge=(
            read_again("is the network isolated, by configuration; which actions would run", aim.judged, aim.seen),
            read_again("does Site Recovery allow a test failover of each machine now", aim.judged, aim.seen),
        ),
        lease=aim.leases.taking(),
        inventory=tuple(
            _get(f"{subscription}/{path}", version, f"which {name} are there")
            for subscription in aim.subscriptions
            for name, path, version in LISTS
        ),
        work=tuple(_work(spec, aim)),
        watch=(
            read_again(
                "does the network still lead nowhere", aim.watched, aim.telling, "every minute, while copies run"
            ),
        ),
        clean_up=tuple(_clean_up(aim)),
        release=aim.leases.giving_back(),
    )


def _get(path: str, version: str, does: str, often: str = "once") -> Call:
    return Call(does=does, on="Azure", method="GET", path=path, api_version=version, often=often)


def _post(path: str, version: str, does: str, **more: Any) -> Call:
    return Call(does=does, on="Azure", method="POST", path=path, api_version=version, **more)


def _work(spec: DrillSpec, aim: Aim) -> Iterator[Stage]:
    machines = [f"{one}/providers/Microsoft.Compute/virtualMachines" for one in aim.subscriptions]
    job = f"{aim.vault}/replicationJobs/{{job}}"
    yield Stage(
        name="prepare",
        calls=(
            _get(aim.target, SITE_RECOVERY_API, "which job worked on it last"),
            *_points(spec, aim),
            *(_get(path, COMPUTE_API, "which machines are there before it") for path in machines),
            *(
                _get(one.key, SITE_RECOVERY_API, f"what the copy of {one.name} will be called")
                for one in _probed(spec, aim)
            ),
            *clocks_compared(aim.clocks),
        ),
    )
    point = POINT_TYPES[spec.recovery_point] if aim.is_plan else "{recovery point}"
    what = {"failoverDirection": "PrimaryToRecovery", "networkId": spec.network, "recoveryPoint": point}
    yield Stage(
        name="failover",
        calls=(_post(f"{aim.target}/testFailover", SITE_RECOVERY_API, "the test failover", journal=TEST, given=what),),
    )
    yield Stage(name="probes", calls=tuple(_meanwhile(spec, aim, machines, job)), together=True)
    for step in aim.human:
        said = Call(does=f"{step.owner}: {step.action} {step.target}, as declared in the recovery sequence")
        yield Stage(
            name=f"{step.action} {step.target}", calls=(said,), declared_seconds=step.minutes * 60, waited=False
        )


def _points(spec: DrillSpec, aim: Aim) -> Iterator[Call]:
    if not aim.is_plan:
        yield _get(
            f"{aim.target}/recoveryPoints", SITE_RECOVERY_API, f"which recovery point is the {spec.recovery_point}"
        )


def _meanwhile(spec: DrillSpec, aim: Aim, machines: Sequence[str], job: str) -> Iterator[Call]:
    yield _get(job, SITE_RECOVERY_API, f"how far the job is, at most {spec.seconds} s", AS_LONG)
    for name in aim.manual:
        what = f"confirm the manual action {name!r}"
        yield _post(f"{job}/resume", SITE_RECOVERY_API, what, only_if="the job waits for it")
    yield from (_get(path, COMPUTE_API, "which machines appeared", AS_LONG) for path in machines)
    names = {item.name.lower(): item.key for item in aim.items}
    for probe in spec.probes:
        for item in (one for one in aim.items if one.name.lower() == machine_of(probe, names)):
            yield from _probe(spec, probe, item, aim)


def _probe(spec: DrillSpec, probe: ProbeSpec, item: ProtectedItem, aim: Aim) -> Iterator[Call]:
    copy = (
        f"{item.target.resource_group}/providers/Microsoft.Compute/virtualMachines/{item.target.name or '{copy}'}-test"
    )
    yield _get(f"{copy}/instanceView", COMPUTE_API, f"does the VM agent of {item.name}'s copy answer", AS_LONG)
    yield _post(
        f"{copy}/runCommand",
        COMPUTE_API,
        f"run in the guest: {described(probe)}",
        often=f"again and again until it is green, at most {spec.seconds} s",
        given={
            "commandId": "RunPowerShellScript",
            "script": probe.script or _script(probe),
            "carried by": carried(INLINE if probe.script else BATCH),
        },
    )
    home = CopyPlaces.of(aim.vault, [item]).subscriptions[0]
    operation = f"{home}/providers/Microsoft.Compute/locations/{{region}}/operations/{{operation}}"
    yield _get(operation, COMPUTE_API, "what it printed", AS_LONG)


def _script(probe: ProbeSpec) -> str:
    return titled(probe.kind) if probe.kind in guest_scripts() else f"none is known for {probe.kind}"


def _clean_up(aim: Aim) -> Iterator[Call]:
    yield _get(aim.target, SITE_RECOVERY_API, "does an operation still run on it", AS_LONG)
    if aim.is_plan:
        cancel = f"{aim.vault}/replicationJobs/{{job}}/cancel"
        yield _post(cancel, SITE_RECOVERY_API, "end our own job", only_if="it still waits for somebody")
    yield read_again("which machines it has", aim.judged[:1], aim.members)
    for item in aim.items:
        yield _get(item.key, SITE_RECOVERY_API, f"does {item.name} offer the clean-up of a test failover")
    yield _post(
        f"{aim.target}/testFailoverCleanup",
        SITE_RECOVERY_API,
        "remove what the test failover made",
        journal=f"{TEST}.clean-up",
    )
    yield _get(f"{aim.vault}/replicationJobs/{{job}}", SITE_RECOVERY_API, "how far that is", AS_LONG)


def _probed(spec: DrillSpec, aim: Aim) -> Iterator[ProtectedItem]:
    by_name = {item.name.lower(): item for item in aim.items}
    names = [machine_of(probe, by_name) for probe in spec.probes]
    yield from (by_name[name] for name in names if name in by_name)
