"""How old are the recovered data, by what production itself has written down? The newest sentinel record in the copy.

A sentinel is a file or a table in which a scheduled task of the machine notes the time. The newest record that can be
read in the copy was written by the clock of production's own guest. So that guest is asked for its time before the
failover is requested; without that its word counts for nothing, and the platform's does.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import structs

from drcheck.discovery.driver.reach import windows_endpoint
from drcheck.drill import Context
from drcheck.drill.guest.scripts import Told
from drcheck.drill.hyperv.far_side import Windows
from drcheck.drill.hyperv.guest import Direct, Seen
from drcheck.drill.planning.announcement import ClockAsked
from drcheck.drill.timing.measurement import Moment
from drcheck.drill.timing.timeline import FarClock, Point, Timeline
from drcheck.errors import DrcheckError
from drcheck.estate import DrillSpec, ProbeSpec
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.hyperv import HyperVVm

SENTINEL = "sentinel"
ASKED_SECONDS = 60
"""How long production's guest may take to tell its time."""


def compare_clocks(spec: DrillSpec, context: Context, machines: Mapping[str, str], timeline: Timeline) -> None:
    """Ask the production guest of each sentinel for its time, by the same script, which only reads.

    A guest that cannot be asked is left out: its sentinel is then not believed.

    Args:
        spec: the drill.
        context: what it works with.
        machines: Hyper-V ids of the drilled machines, by name in lower case.
        timeline: takes the clocks.
    """
    for one in clocks_asked(spec, context.topology, machines):
        try:
            clock = _clock(_of_machine(spec, one.vm), context, one.host, one.vm_id) if one.host else None
        except (DrcheckError, Unknown):
            continue
        if clock is not None:
            timeline.clocks[_guest(one.vm)] = structs.replace(clock, endpoint=_guest(one.vm))


def clocks_asked(spec: DrillSpec, topology: Topology, machines: Mapping[str, str]) -> tuple[ClockAsked, ...]:
    """Whose guest a drill asks in production: each machine that it recovers and that has a sentinel, and nobody else.

    Args:
        spec: the drill.
        topology: knows where machines run.
        machines: as ``compare_clocks`` takes them.
    """
    alone = next(iter(machines)) if len(machines) == 1 else ""
    names = dict.fromkeys(probe.vm.lower() or alone for probe in spec.probes if probe.kind == SENTINEL)
    hosts = {one.vm_id: one.host for one in topology.seen(HyperVVm) if one.state == "Running"}  # its replica is off
    return tuple(
        ClockAsked(vm=name, vm_id=machines[name], host=hosts.get(machines[name], ""))
        for name in names
        if name in machines
    )


def _of_machine(spec: DrillSpec, vm: str) -> ProbeSpec:
    return next(one for one in spec.probes if one.kind == SENTINEL and one.vm.lower() in (vm, ""))


def note_record(probe: ProbeSpec, vm: str, told: Told | None, timeline: Timeline) -> None:
    """Take the newest record that a copy holds for its recovery point, on our clock.

    Args:
        probe: what was asked; anything but a sentinel is left alone.
        vm: the machine's name.
        told: the answer of the copy.
        timeline: takes the point; knows the clock of production's guest, or nothing is taken.
    """
    clock = timeline.clocks.get(_guest(vm.lower()))
    written = None if told is None or told.told is None else _moment(told.told.get("utc"))
    if probe.kind != SENTINEL or clock is None or written is None:
        return
    ours = written - timedelta(seconds=clock.offset_seconds)
    at = Moment(after=ours, by=ours).widened(clock.uncertainty_seconds)
    timeline.points.append(Point(vm=vm, at=at, source=SENTINEL))


def _guest(vm: str) -> str:
    return f"guest {vm}"


def _clock(probe: ProbeSpec, context: Context, host: str, vm_id: str) -> FarClock | None:
    windows = Windows(endpoint=windows_endpoint(context.estate, host), now=context.now)
    direct = Direct(windows=windows, estate=context.estate, wait=context.wait)
    once = structs.replace(probe, attempts=1, max_age_seconds=None)
    sent = context.now()
    (seen,) = direct.ask_production(vm_id, [once], seconds=ASKED_SECONDS, scripts=False)
    return _offset(seen, sent)


def _offset(seen: Seen, sent: datetime) -> FarClock | None:
    """The guest looked at its clock between the request and the answer."""
    told = None if seen.told is None else _moment(seen.told.utc)
    if seen.green is None or told is None:
        return None
    looked = Moment(after=min(sent, seen.green.by), by=seen.green.by)
    return FarClock(
        endpoint="", offset_seconds=(told - looked.middle).total_seconds(), uncertainty_seconds=looked.uncertainty
    )


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
