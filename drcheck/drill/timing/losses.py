"""How old are the data of each application that a drill recovers? As old as those of the oldest of its own machines."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct, structs

from drcheck.drill.timing.figures import best_points
from drcheck.drill.timing.measurement import recovery_point
from drcheck.drill.timing.timeline import Point, Timeline
from drcheck.estate import ApplicationSpec
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.membership import application_of
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.verdict import Measurement, Subject

ESTIMATED = "estimated"


class Loss(Struct, frozen=True, kw_only=True):
    """How old the data of one machine were, or of something else that has data of its own."""

    name: str
    figure: Measurement | None
    """``None``: nobody tells."""
    application: str = ""
    """Whose data they are; empty: nobody's that was declared."""
    doubt: str = ""
    """Why it is not known whose they are."""


def named(topology: Topology, vm_ids: Iterable[str]) -> list[tuple[str, str]]:
    """Name and id of each machine; where nobody names it, the id stands for both."""
    names = {one.vm_id: one.name for one in topology.seen(ProtectedItem) if one.vm_id}
    names |= {one.vm_id: one.name for one in topology.seen(VmReplication)}
    return [(names.get(vm_id, vm_id), vm_id) for vm_id in vm_ids]


def losses_of(topology: Topology, vm_ids: Iterable[str], timeline: Timeline, drill: str) -> Iterator[Loss]:
    """How old each machine's data were at the request of its test failover, by the best account that there is.

    Args:
        topology: tells whose machine each is.
        vm_ids: the machines.
        timeline: of their test failover, requested.
        drill: the drill's id.
    """
    best = {point.vm.lower(): point for point in best_points(timeline.points)}
    machines = {name.lower(): (name, vm_id) for name, vm_id in named(topology, vm_ids)}
    machines |= {lower: (point.vm, "") for lower, point in best.items() if lower and lower not in machines}
    for lower, (name, vm_id) in machines.items():
        application, doubt = _owner(topology, vm_id, name)
        point = best.get(lower)
        figure = None if point is None or timeline.requested is None else _age(point, drill, timeline.requested)
        yield Loss(name=name, figure=figure, application=application, doubt=doubt)


def by_application(
    losses: Sequence[Loss], drill: str, at: datetime, declared: Iterable[ApplicationSpec]
) -> Iterator[Measurement]:
    """RPO of each application, by its own machines. One that nobody tells of leaves the figure without proof.

    Args:
        losses: of everything that was recovered.
        drill: the drill's id.
        at: t0, UTC.
        declared: what was promised.
    """
    promised = {one.name: one.rpo_seconds for one in declared}
    doubts = [one.doubt for one in losses if one.doubt]
    for name in sorted({one.application for one in losses} - {""}):
        mine = [one for one in losses if one.application == name]
        figures = [one.figure for one in mine if one.figure is not None]
        # The oldest is no newer than the newest that each may be, and no older than the oldest that any may be.
        low = max((one.seconds - one.uncertainty_seconds for one in figures), default=0.0)
        high = max((one.seconds + one.uncertainty_seconds for one in figures), default=0.0)
        yield Measurement(
            kind="rpo",
            subject=Subject(kind="application", key=name, name=name, application=name),
            drill=drill,
            seconds=(low + high) / 2,
            uncertainty_seconds=(high - low) / 2,
            target_seconds=promised.get(name),
            method=_method(figures),
            at=at,
            anomaly="; ".join(dict.fromkeys([*_anomalies(mine), *doubts])),
        )


def with_applications(
    found: Sequence[Measurement], losses: Sequence[Loss], declared: Iterable[ApplicationSpec]
) -> tuple[Measurement, ...]:
    """The figures of one test failover, and of each application where it recovers machines of several.

    Args:
        found: its RTO and its RPO, or nothing.
        losses: of its machines.
        declared: what was promised to applications.
    """
    if not found:
        return ()
    rto, rpo = found
    whole = structs.replace(rpo, anomaly="; ".join(filter(None, (rpo.anomaly, *_untold(losses)))))
    several = len({one.application for one in losses}) > 1
    return (rto, whole, *(by_application(losses, rpo.drill, rpo.at, declared) if several else ()))


def _untold(losses: Iterable[Loss]) -> Iterator[str]:
    return (f"nobody names the recovery point of {one.name}" for one in losses if one.figure is None)


def _anomalies(losses: Sequence[Loss]) -> Iterator[str]:
    yield from (f"{one.name}: {one.figure.anomaly}" for one in losses if one.figure and one.figure.anomaly)
    yield from _untold(losses)


def _method(figures: Sequence[Measurement]) -> str:
    """That of the oldest data; an estimate among them makes the whole figure one."""
    if any(one.method == ESTIMATED for one in figures):
        return ESTIMATED
    return max(figures, key=lambda one: one.seconds).method if figures else ""


def _age(point: Point, drill: str, requested: datetime) -> Measurement:
    machine = Subject(kind="vm", key=point.vm.lower(), name=point.vm)
    return recovery_point(
        subject=machine, drill=drill, started=requested, point=point.at, target_seconds=None, method=point.source
    )


def _owner(topology: Topology, vm_id: str, name: str) -> tuple[str, str]:
    try:
        owner = application_of(topology, vm_id, name)
    except Unknown as unknown:
        return "", str(unknown)
    return ("" if owner is None else owner.name), ""
