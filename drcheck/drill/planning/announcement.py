"""What would a drill ask and do, call by call? The words in which each kind of failover announces it.

A plan is made of these, and people approve what it says. So that it cannot drift from what is done, a test holds every
kind of drill over a simulated estate and compares what that was told with what the plan had announced.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from drcheck.estate import ProbeSpec
from drcheck.policy import human
from drcheck.topology.base import Fact, Target

JUDGE, LEASE, RECORD, PROVE, CLEAN_UP, RELEASE = "judge", "lease", "inventory", "canary", "clean up", "release"
"""Stages that every kind has; those between ``PROVE`` and ``CLEAN_UP`` are named as its timeline names its phases."""
AS_LONG = "again and again until it is so, or the time is over"


class Call(Struct, frozen=True, kw_only=True):
    """One call, or one thing that is waited for. Ids and switches are shown as they are sent; secrets never are."""

    does: str
    """What it is for, as a clause."""
    on: str = ""
    """The machine it is sent to, ``Azure``, a blob container, or empty: nothing is sent."""
    verb: str = ""
    """Of the drill script, sent to a Windows machine."""
    method: str = ""
    """``GET`` or ``POST``, sent to Azure Resource Manager; ``PUT`` or ``DELETE`` of a blob."""
    path: str = ""
    """ARM path, or that of a blob. Names in braces are known only when their time comes."""
    api_version: str = ""
    look: tuple[Target, ...] = ()
    """What is read as discovery reads it."""
    kinds: tuple[str, ...] = ()
    """The kinds of facts that such a look asks for; empty: all that there are."""
    given: Mapping[str, str] = field(default_factory=dict)
    """What is sent along."""
    journal: str = ""
    """The action that is announced in the journal before it; empty when there is nothing to undo."""
    often: str = "once"
    only_if: str = ""
    """A condition that may not come true; empty: it always does."""

    @property
    def changes(self) -> bool:
        """Is it an order, rather than a question?"""
        return bool(self.verb) or self.method not in ("", "GET")


class Stage(Struct, frozen=True, kw_only=True):
    """Calls that belong together."""

    name: str
    calls: tuple[Call, ...]
    together: bool = False
    """They overlap, so that no order among them is announced."""
    declared_seconds: int = 0
    """What people need for their part of it, by the estate's or the drill's own word."""
    waited: bool = True
    """The drill is not over before it is done; a declared time may only be added to what was measured."""
    group: str = ""
    """Of a rehearsal; all stages of one group overlap, but for those of the same part."""
    part: str = ""
    target: str = ""
    """Key of what the part fails over."""


class Announced(Struct, frozen=True, kw_only=True):
    """Everything that one kind of failover does, by the methods of ``Failover`` that do it."""

    judge: tuple[Call, ...]
    """``leaks`` and ``refusals``."""
    lease: tuple[Call, ...]
    """``take_lease``, and how the journal is copied."""
    inventory: tuple[Call, ...]
    work: tuple[Stage, ...]
    """``execute``."""
    watch: tuple[Call, ...]
    """``leaks_meanwhile``, as long as the work lasts."""
    clean_up: tuple[Call, ...]
    release: tuple[Call, ...]
    """``release_lease``."""
    side_by_side: bool = False
    """Several are cleaned up, and given back, at once: no order among the calls for that is announced."""


class ClockAsked(Struct, frozen=True, kw_only=True):
    """A machine of production whose guest is asked for its time, because its copy's sentinel is read."""

    vm: str
    """Its name, lower case."""
    vm_id: str
    host: str
    """The Hyper-V host that runs it; empty: none that was read does, and nobody is asked."""


class Load(Struct, frozen=True, kw_only=True):
    """What one test failover takes of what is limited: a replica host's, or a subscription's."""

    machines: int
    host: str = ""
    """The replica host that it runs on, if one."""
    vm_ids: tuple[str, ...] = ()
    """Replicas there."""
    vault: str = ""
    """ARM id of the vault that it runs in, if one; lower case."""
    items: tuple[str, ...] = ()
    """ARM ids of protected items there, lower case."""
    network: str = ""
    """ARM id of the virtual network that their copies come into."""


def read_again(does: str, targets: Sequence[Target], kinds: Sequence[type[Fact]] = (), often: str = "once") -> Call:
    """A look at targets as discovery looks at them."""
    azure = all(target.role in ("vault", "azure") for target in targets)
    return Call(
        does=does,
        on="Azure" if azure else ", ".join(target.endpoint for target in targets),
        look=tuple(targets),
        kinds=tuple(kind.__name__ for kind in kinds),
        often=often,
    )


def clocks_compared(asked: Sequence[ClockAsked]) -> tuple[Call, ...]:
    """What production is asked because of a sentinel: its own guest's time, by which the records were written."""
    return tuple(
        Call(
            does=f"ask production's own {one.vm} for its time, once, by the sentinel's script, which only reads",
            on=one.host,
            verb="hyperv.vm.probe",
            given={"vm_id": one.vm_id, "user": "{windows.guest_credentials}"},
        )
        if one.host
        else Call(does=f"no host is known that runs {one.vm}: its clock is not asked, and its sentinel not believed")
        for one in asked
    )


def described(probe: ProbeSpec) -> str:
    """A probe in a few words: what it asks, where, and whether it must be green."""
    what = (probe.name, probe.path, probe.database, f"port {probe.port}" if probe.port else "")
    script = f"{probe.file} (SHA-256 {probe.sha256[:12]}…)" if probe.file else ""
    age = f"at most {human(probe.max_age_seconds)} old" if probe.max_age_seconds else ""
    expect = f"printing {probe.expect!r}" if probe.expect else ""
    said = " ".join(one for one in (probe.kind, probe.vm, *what, script, age, expect) if one)
    return f"{said} ({'mandatory' if probe.mandatory else 'optional'})"
