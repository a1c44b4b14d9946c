"""What is one part of a rehearsal, and what does it work with?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from msgspec import structs

from drcheck.drill import Context, Failover, ProbeResult
from drcheck.drill.journal import Journal
from drcheck.drill.planning.expectations import expectation
from drcheck.drill.rehearsed.crew import Crew, SharedLook, Trouble
from drcheck.drill.timing.losses import Loss, losses_of
from drcheck.drill.timing.measurement import Part
from drcheck.drill.timing.timeline import Timeline
from drcheck.estate import DrillSpec
from drcheck.topology.base import Topology
from drcheck.topology.declared import SequenceStep
from drcheck.topology.membership import applications_of_group
from drcheck.topology.sequence import manual_actions
from drcheck.topology.site_recovery import RecoveryPlan
from drcheck.verdict import Measurement


def contexts(context: Context, crew: Crew, shared: SharedLook) -> Callable[[str], Context]:
    """What each part works with: the steps of people are the rehearsal's own.

    Args:
        context: what the rehearsal works with.
        crew: whose pauses end when the drill does.
        shared: what they look with.

    Returns:
        Gives the context of a part, by its name.
    """
    topology = _without_sequence(context.topology)

    def say(name: str, text: str) -> None:
        context.say(f"{name}: {text}")

    def of(name: str) -> Context:
        return structs.replace(context, wait=crew.wait, look=shared, topology=topology, say=partial(say, name))

    return of


def _without_sequence(topology: Topology) -> Topology:
    return Topology(
        facts=(fact for fact in topology.facts if not isinstance(fact, SequenceStep)),
        gaps=topology.gaps,
        looked=topology.looked,
        targets=topology.targets,
        clocks=topology.clocks,
        as_of=topology.as_of,
        sites=topology.sites,
    )


@dataclass(kw_only=True)
class RehearsedPart:
    """One test failover of a rehearsal."""

    name: str
    group: str
    spec: DrillSpec | None
    """``None`` when it is resumed: then it can only be cleaned up."""
    failover: Failover
    context: Context
    timeline: Timeline | None = None
    results: tuple[ProbeResult, ...] = ()

    @property
    def place(self) -> str:
        """Where it puts a load on: ``hyperv:<host>``, ``vault:<ARM id>``, or empty."""
        identity = self.failover.identity()
        host, vault = identity.get("host", ""), identity.get("vault", "")
        return f"hyperv:{host}" if host else (f"vault:{vault}" if vault else "")

    @property
    def names(self) -> tuple[str, ...]:
        """All that what it recovers may be called."""
        subject, spec = self.failover.subject, self.spec
        return (subject.name, subject.key, *((spec.vm, spec.item, spec.plan) if spec else ()))

    @property
    def manual_actions(self) -> frozenset[str]:
        """Where its plan waits for people by itself: the names in lower case."""
        plan = self.context.topology.get(RecoveryPlan, self.failover.subject.key)
        return frozenset(one.name.lower() for one in manual_actions(plan)) if plan else frozenset()

    @property
    def red(self) -> str:
        """The mandatory probes that never turned green; empty when all did."""
        return ", ".join(
            f"{one.name} on {one.target}" for one in self.results if one.mandatory and one.green_seconds is None
        )

    def never_green(self, why: str) -> tuple[ProbeResult, ...]:
        """Its probes when they could not be tried."""
        assert self.spec is not None, "a resumed part is not probed"  # noqa: S101 - order of calls
        return tuple(
            ProbeResult(
                name=f"{probe.kind} {probe.name}".strip(),
                target=probe.vm or self.failover.subject.name,
                mandatory=probe.mandatory,
                green_seconds=None,
                detail=why,
                kind=probe.kind,
                expected=expectation(probe),
            )
            for probe in self.spec.probes
        )

    def hold(self, journal: Journal) -> tuple[ProbeResult, ...]:
        """Recover it; its probes count from its own request."""
        self.timeline = Timeline(self.context.now, self.context.say)
        return self.failover.execute(journal, self.timeline)

    def end(self, became: tuple[ProbeResult, ...] | Trouble, began: datetime) -> None:
        """Note what became of it; its probes count from the beginning of the rehearsal from here on.

        Args:
            became: its probes, or what went wrong.
            began: t0 of the rehearsal, UTC.
        """
        if isinstance(became, Exception):
            self.results = self.never_green(str(became))
            return
        requested = (self.timeline and self.timeline.requested) or began
        earlier = (requested - began).total_seconds()
        self.results = tuple(
            structs.replace(one, green_seconds=None if one.green_seconds is None else one.green_seconds + earlier)
            for one in became
        )

    def tell(self, whole: Timeline) -> None:
        """Add what was seen in its course to that of the rehearsal."""
        if self.timeline is None:
            return
        whole.clocks |= self.timeline.clocks
        whole.points += self.timeline.points
        whole.phases += [structs.replace(one, name=f"{self.name}: {one.name}") for one in self.timeline.phases]
        if self.timeline.ready is not None:
            whole.green(self.timeline.ready)

    def points(self, drill: str) -> tuple[Measurement, ...]:
        """How old what it was recovered from is; at most one figure."""
        if self.timeline is None:
            return ()
        found = (one for one in self.failover.measurements(drill, self.timeline) if one.kind == "rpo")
        return tuple(one for one in found if one.subject.key == self.failover.subject.key)

    def losses(self, drill: str) -> tuple[Loss, ...]:
        """How old the data of each of its machines are, or those of a group that no machine comes up for."""
        topology, subject, vm_ids = self.context.topology, self.failover.subject, self.failover.vm_ids()
        if self.timeline is None:
            return ()
        if vm_ids:
            return tuple(losses_of(topology, vm_ids, self.timeline, drill))
        return tuple(
            Loss(name=subject.name, figure=figure, application=owner.name)
            for figure in self.points(drill)
            for owner in applications_of_group(topology, subject.key)
        )

    def course(self, began: datetime) -> Part:
        """How it went, for the critical path of the whole."""
        subject, timeline = self.failover.subject, self.timeline
        application = (self.spec and self.spec.application) or subject.application
        return Part(
            subject=structs.replace(subject, application=application),
            group=self.group,
            started=(timeline and timeline.requested) or began,
            ready=timeline.ready if timeline else None,
            phases=timeline.counted if timeline else (),
        )
