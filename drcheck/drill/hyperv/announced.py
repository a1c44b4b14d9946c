"""What does the test failover of a Hyper-V replica ask and do, call by call? As ``hyperv_replica`` does it."""

from collections.abc import Iterator, Sequence

from msgspec import structs

from drcheck.drill.guest.asked import CHANNEL_KINDS
from drcheck.drill.guest.scripts import guest_scripts, titled
from drcheck.drill.hyperv.guest import TEST_VM
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
from drcheck.estate import DrillSpec
from drcheck.topology.base import Fact, Target
from drcheck.topology.declared import SequenceStep

TEST = "hyperv.test-failover"


class OnHost:
    """Calls to a replica host.

    Args:
        host: its name.
        vm_id: whose replica is there.
        seen: the kinds of facts that are read again and again.
    """

    def __init__(self, host: str, vm_id: str, seen: Sequence[type[Fact]]) -> None:
        self._host = host
        self._vm_id = vm_id
        self._seen = seen

    def look(self, does: str, often: str = "once") -> Call:
        """Read what discovery reads there."""
        return read_again(does, (Target(role="hyperv", endpoint=self._host),), self._seen, often)

    def take_over(self) -> Iterator[Call]:
        """What happens to a dead drill's lease."""
        dead = "another drill's lease is over, and what it may have left is proven gone"
        fence = self.act("journal.fence", "end the copy of the dead drill's journal")
        yield structs.replace(fence, given={"drill": "{dead drill}"}, only_if=dead)
        taken = self.act("lease.take", "replace its lease", journal="lease", over="{dead drill}")
        yield structs.replace(taken, only_if=dead)

    def act(self, verb: str, does: str, *, journal: str = "", often: str = "once", **given: str) -> Call:
        """Call a verb of the drill script."""
        about = {} if "test_vm_id" in given and not verb.endswith(".stop") else {"vm_id": self._vm_id}
        if verb == "journal.mirror":
            about = {"drill": "{drill}"}
        return Call(does=does, on=self._host, verb=verb, given=about | given, journal=journal, often=often)


def announced(
    spec: DrillSpec,
    *,
    on: OnHost,
    clocks: Sequence[ClockAsked],
    human: Sequence[SequenceStep],
) -> Announced:
    """Every call of one drill.

    Args:
        spec: the drill.
        on: where its replica is.
        clocks: whose time production is asked for.
        human: the steps of people that belong to its recovery.
    """
    return Announced(
        judge=(on.look("is the switch isolated, by configuration"), on.look("may its replica be test-failed-over now")),
        lease=(
            on.act("lease.take", "a lease file, created exclusively", journal="lease", holder="{user@machine}"),
            *on.take_over(),
            on.act("journal.mirror", "a copy of each line of the journal, beside the lease", often="for every line"),
        ),
        inventory=(on.look("which machines are there"),),
        work=tuple(_work(spec, on, clocks, human)),
        watch=(on.look("does the network still lead nowhere", "every minute, while copies run"),),
        clean_up=(
            on.look("does the replica still name the very test VM of this drill"),
            on.act(
                f"{TEST}.stop",
                "remove that test VM; nothing is sent without it in sight",
                journal=f"{TEST}.stop",
                test_vm_id="{test VM}",
            ),
            on.look("is it gone", AS_LONG),
        ),
        release=(on.act("lease.release", "delete the lease file, if it is this drill's"),),
    )


def _work(spec: DrillSpec, on: OnHost, clocks: Sequence[ClockAsked], human: Sequence[SequenceStep]) -> Iterator[Stage]:
    started = "the test failover: a copy of the replica, on a disk of its own, and not started yet"
    yield Stage(
        name="failover",
        calls=(
            on.look("how old is what has been replicated"),
            *clocks_compared(clocks),
            on.act(f"{TEST}.start", started, journal=TEST, recovery_point="latest", switch="-AsTest"),
            on.look("which recovery point was used"),
        ),
    )
    watched = f"until the heartbeat is well, at most {spec.seconds} s"
    yield Stage(
        name="boot",
        calls=(
            on.act("hyperv.test-vm.start", "start the copy", test_vm_id="{test VM}"),
            on.act("hyperv.test-vm.watch", "its heartbeat", often=watched, test_vm_id="{test VM}"),
        ),
    )
    yield Stage(name="probes", calls=tuple(_probes(spec, on)))
    for step in human:
        seconds = step.minutes * 60
        said = Call(does=f"{step.owner}: {step.action} {step.target}, as declared in the recovery sequence")
        yield Stage(name=f"{step.action} {step.target}", calls=(said,), declared_seconds=seconds, waited=False)


def _probes(spec: DrillSpec, on: OnHost) -> Iterator[Call]:
    direct = [one for one in spec.probes if one.kind not in CHANNEL_KINDS]
    for probe in spec.probes:
        if probe not in direct:
            yield Call(does=f"{described(probe)}: as it was watched")
    if direct:
        yield on.act(
            TEST_VM,
            f"ask the guest over PowerShell Direct, one script for each kind: {'; '.join(map(described, direct))}",
            often=f"again and again until all are green, at most {spec.seconds} s",
            test_vm_id="{test VM}",
            user="{windows.guest_credentials}",
            **{f"{kind} asks": titled(kind) for kind in sorted({one.kind for one in direct} & guest_scripts().keys())},
        )
