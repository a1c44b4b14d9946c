"""Which steps of a rehearsal do people carry out, and after which group?"""

from collections.abc import Collection, Iterator, Mapping

from drcheck.estate import DrillSpec, HumanStep
from drcheck.topology.base import Topology
from drcheck.topology.declared import SequenceStep
from drcheck.topology.sequence import manual_actions
from drcheck.topology.site_recovery import RecoveryPlan


def steps_of_people(
    spec: DrillSpec, topology: Topology, recovered: Mapping[str, Collection[str]]
) -> tuple[HumanStep, ...]:
    """What the drill itself lists; where it lists nothing, what the declared recovery sequence says.

    A step by hand belongs to the group that recovers what it is about. One that is about nothing that is recovered (a
    call, an approval) belongs after what the sequence names before it, and is left out where that is not rehearsed.

    Args:
        spec: the rehearsal.
        topology: holds the declared sequence.
        recovered: for each group what it recovers, by all names that a step may call it.
    """
    return spec.human or tuple(_from_sequence(topology, recovered))


def own_steps(spec: DrillSpec, topology: Topology, target: str) -> tuple[HumanStep, ...]:
    """What people do after the one failover of a drill; a rehearsal has its own, between its groups.

    Args:
        spec: the drill.
        topology: knows the manual actions of a plan, which have their own time.
        target: key of what is failed over.
    """
    plan = topology.get(RecoveryPlan, target)
    inside = {one.name.lower() for one in manual_actions(plan)} if plan else set()
    return () if spec.kind == "rehearsal" else tuple(one for one in spec.human if one.name.lower() not in inside)


def manual_steps(topology: Topology) -> tuple[HumanStep, ...]:
    """The steps of the declared sequence that are only people's; a plan's manual action may be one of them."""
    steps = sorted(topology.seen(SequenceStep), key=lambda one: one.number)
    return tuple(
        HumanStep(name=one.target, owner=one.owner, seconds=one.minutes * 60) for one in steps if one.action == "manual"
    )


def _from_sequence(topology: Topology, recovered: Mapping[str, Collection[str]]) -> Iterator[HumanStep]:
    after: str | None = ""
    for step in sorted(topology.seen(SequenceStep), key=lambda one: one.number):
        if step.action != "manual":
            after = next((group for group, names in recovered.items() if _is_one_of(step.target, names)), None)
        if step.manual and after is not None:
            name = step.target if step.action == "manual" else f"{step.action} {step.target}"
            yield HumanStep(name=name, owner=step.owner, seconds=step.minutes * 60, after=after)


def _is_one_of(target: str, names: Collection[str]) -> bool:
    """A step may name a machine by its host name or with its domain."""
    whole = target.lower()
    return any(name.lower() in (whole, whole.partition(".")[0]) for name in names if name)
