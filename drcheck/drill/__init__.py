"""Can it really be recovered, in time and with what loss? Test failovers, measured, into networks proven isolated.

Only *test* failovers exist here. A drill is authorised, judged isolated, journalled, leased, started, probed,
measured and cleaned up, in that order; the clean-up happens whatever came before.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from drcheck.drill.journal import Journal
from drcheck.drill.planning.announcement import Announced, Call, Load
from drcheck.drill.timing.timeline import Timeline
from drcheck.estate import Canary, DrillSpec, Estate
from drcheck.query import ArmAction, ArmRead
from drcheck.topology.base import Fact, Target, Topology
from drcheck.topology.drills import DrilledPlan, GuestBaseline
from drcheck.verdict import Finding, Measurement, Subject


class Attachment(Struct, frozen=True, kw_only=True):
    """A file that belongs to a drill's evidence."""

    name: str
    media_type: str
    body: bytes


class DrillOutcome(Struct, frozen=True, kw_only=True):
    """What a drill has shown. ``trouble`` says why it cannot count as complete; empty when it can."""

    drill: str
    name: str
    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    trouble: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class Look(Protocol):
    """Reads targets anew: everything, or only some kinds of facts."""

    def __call__(self, targets: tuple[Target, ...], kinds: tuple[type[Fact], ...] = ()) -> Topology:
        """What they say now; kinds that were not asked about are unknown."""


class Person(Protocol):
    """Somebody who can say that a step is done."""

    def ask(self, question: str) -> None:
        """Begin to listen for the answer to a question."""

    def answered(self, question: str) -> str:
        """Who has answered it; empty as long as nobody has."""

    def forget(self, question: str) -> None:
        """Do not listen any more; harmless when nobody was asked."""


class Context(Struct, frozen=True, kw_only=True):
    """What a drill works with. ``wait`` sleeps; ``say`` tells a person, from any thread."""

    estate: Estate
    topology: Topology
    folder: Path
    """Journals and records go here."""
    now: Callable[[], datetime]
    wait: Callable[[float], None]
    say: Callable[[str], None]
    look: Look
    person: Person | None = None
    """Who is asked when a person has to do something; ``None``: nobody is there, and declared times count."""


class ProbeResult(Struct, frozen=True, kw_only=True):
    """One probe in the recovered copy. ``green_seconds`` counts from the request; ``None`` when never green."""

    name: str
    target: str
    mandatory: bool
    green_seconds: float | None
    detail: str
    """What was observed last."""
    kind: str = ""
    """``heartbeat``, ``service``, ``run-command``: what was asked."""
    expected: str = ""
    """What it is green by."""
    vm_id: str = ""
    """Of the protected machine; empty where it is not known."""
    attempts: int = 0
    """How often the guest answered."""
    baseline: GuestBaseline | None = None
    """What a ``baseline`` probe read."""


def probe_refusals(spec: DrillSpec, known: Sequence[str]) -> tuple[str, ...]:
    """Why a drill's probes could prove nothing, which is known before anything is started.

    Args:
        spec: the drill.
        known: the kinds of probes that its kind of failover has.
    """
    unknown = [probe.kind for probe in spec.probes if probe.kind not in known]
    if unknown:
        return (f"a {spec.kind} drill has no {', '.join(unknown)} probe; there is {', '.join(known)}",)
    return () if any(probe.mandatory for probe in spec.probes) else ("none of its probes is mandatory",)


class Prober(Protocol):
    """Somebody who can be asked what is reached out of a drill network, or into it."""

    @property
    def inward(self) -> bool:
        """Does it stand in production, and must not reach what is inside?"""

    @property
    def network(self) -> str:
        """The switch's name, or the VNet's ARM id."""

    @property
    def canary(self) -> Canary:
        """The machine, and what it tries."""

    @property
    def place(self) -> str:
        """The host that the switch is on, or who tries from production; empty in Azure."""

    def announced(self) -> tuple[Call, ...]:
        """What is sent to ask it once."""

    def ask(self) -> Sequence[str]:
        """The lines of the guest script for TCP; raises ``DrcheckError`` when there are none."""


class Failover(Protocol):
    """One kind of test failover of one target. Every method may raise ``DrcheckError``."""

    @property
    def subject(self) -> Subject:
        """What is recovered."""

    def leaks(self) -> tuple[str, ...]:
        """The edges by which the target network is not isolated, judged on what is read now."""

    def leaks_meanwhile(self) -> tuple[str, ...]:
        """What leads out of the network now, while the drill's own copies are in it; asked from another thread."""

    def canaries(self) -> tuple[Prober, ...]:
        """Who shows, from inside its networks, what can be reached from there; nobody where none is declared."""

    def refusals(self) -> tuple[str, ...]:
        """Why the target cannot be test-failed-over at all now."""

    def identity(self) -> dict[str, str]:
        """What another process needs to find the target again; written to the journal first."""

    def take_lease(self, drill: str, expires: datetime) -> str:
        """Take the target for ourselves; returns how exclusive that is, in one sentence."""

    def release_lease(self, drill: str) -> None:
        """Give it back; harmless when it is not ours."""

    def mirror(self, drill: str) -> Callable[[str], None] | None:
        """How journal lines are copied next to the lease, if they can be."""

    def inventory(self) -> frozenset[str]:
        """Everything a test failover of this kind could leave behind, by id and name."""

    def execute(self, journal: Journal, timeline: Timeline) -> tuple[ProbeResult, ...]:
        """Request the test failover, start the copies and probe them, writing to journal and timeline."""

    def measurements(self, drill: str, timeline: Timeline) -> tuple[Measurement, ...]:
        """RTO and RPO of what ``execute`` did."""

    def clean_up(self, journal: Journal) -> None:
        """Remove the test copies; harmless when there are none. Reconciles with the real state first."""

    def vm_ids(self) -> tuple[str, ...]:
        """Hyper-V ids of the machines it brings up."""

    def loads(self) -> tuple[Load, ...]:
        """How much each of its test failovers takes of what is limited."""

    def announced(self) -> Announced:
        """Every call that the methods above make, in order: what a plan of the drill says."""

    def plans(self) -> tuple[DrilledPlan, ...]:
        """What its recovery plans were when ``leaks`` last looked; without those that could not be read."""

    def declared(self) -> DrillSpec:
        """The drill with everything that was worked out for it: the parts of an application, say."""


class FailoverKind(Protocol):
    """What every kind's module looks like: ``KIND``, ``ARM_CALLS``, ``prepare`` and ``resume``."""

    KIND: str
    ARM_CALLS: Sequence[ArmRead | ArmAction]
    """Everything it asks of Azure itself, or starts there; discovery's reads are not listed again."""

    def prepare(self, spec: DrillSpec, context: Context) -> Failover:
        """Resolve names to ids; raises ``DrillError`` when the estate does not have what the file names."""

    def resume(self, identity: dict[str, str], context: Context) -> Failover:
        """The same target again, from a journal."""
