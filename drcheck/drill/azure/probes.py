"""Which machines of a test failover are ready, and since when? They are watched while its job still runs.

A job that brings up several machines ends long after the first of them is ready: who looks only then knows no more
than that it happened at some time before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from drcheck.drill import ProbeResult
from drcheck.drill.azure.far_side import Azure
from drcheck.drill.azure.guest import Guest, Inquiry, machine_of
from drcheck.drill.guest.asked import baseline_of
from drcheck.drill.planning.expectations import expectation
from drcheck.drill.sentinels import note_record
from drcheck.drill.timing.measurement import Moment
from drcheck.drill.timing.timeline import Timeline
from drcheck.drill.timing.waiting import LONGEST_SECONDS
from drcheck.estate import ProbeSpec
from drcheck.transport.arm_job import Job

RUNNING_SECONDS = 0.2
"""Between two looks while a script runs in a guest."""
WATCHING_SECONDS = 0.5
"""Between two looks at guests that do not answer yet."""


@dataclass(kw_only=True)
class _Watched:
    name: str
    """Of the protected machine, lower case."""
    probes: Sequence[ProbeSpec]
    copy: str
    """What Site Recovery calls the copy unless the name is taken, lower case; empty when the item does not tell."""
    guest: Guest | None = None


class Probes:
    """The probes of one test failover of several machines; made before it is requested.

    A machine is believed to be a probed one's copy when it appears under the copy's name after the request. What was
    seen in it counts only if the job, once it has ended, names that very machine.

    Args:
        azure: the far side.
        probes: what must turn green.
        items: ARM ids of the protected items, by their names in lower case.
        now: the time, UTC.
        seconds: how long a probe is asked, unless it says so itself.
    """

    def __init__(
        self,
        azure: Azure,
        probes: Sequence[ProbeSpec],
        items: Mapping[str, str],
        now: Callable[[], datetime],
        seconds: float,
    ) -> None:
        self._azure = azure
        self._now = now
        self._before = frozenset(azure.machines().values())
        self._order = probes
        self._names = [machine_of(probe, items) for probe in probes]
        self._watched = [
            _Watched(
                name=name,
                probes=[probe for probe, of in zip(probes, self._names, strict=True) if of == name],
                copy=azure.copy_name(items[name]),
            )
            for name in dict.fromkeys(self._names)
        ]
        self._seconds = seconds
        self._began = now()

    def pause(self) -> float:
        """How many seconds may pass until the next look."""
        guests = [one.guest for one in self._watched if one.guest is not None and one.guest.open]
        if any(guest.busy for guest in guests):
            return RUNNING_SECONDS
        return WATCHING_SECONDS if guests else LONGEST_SECONDS

    def look(self) -> None:
        """Take one step everywhere."""
        self._find()
        for one in self._watched:
            if one.guest is not None:
                one.guest.look()

    def confirm(self, job: Job, requested: datetime) -> None:
        """Keep what was seen in the machines that the job made; forget the rest.

        Args:
            job: the test failover, ended.
            requested: t0, UTC.
        """
        made, floors = self._azure.test_machines(job), self._azure.not_before(job, requested)
        for one in self._watched:
            machine, floor = made.get(one.name), floors.get(one.name, requested)
            if machine is None:
                one.guest = None
            elif one.guest is None or one.guest.machine != machine:
                one.guest = self._guest(one.probes, machine, floor)
            else:
                one.guest.not_before(floor)

    def finish(self, seconds: float, wait: Callable[[float], None]) -> None:
        """Go on until every probe is green or the time is over."""
        started = self._now()
        while any(one.guest is not None and one.guest.open for one in self._watched):
            for one in self._watched:
                if one.guest is not None:
                    one.guest.look()
            if (self._now() - started).total_seconds() >= seconds:
                return
            wait(self.pause())

    def results(self, timeline: Timeline) -> tuple[ProbeResult, ...]:
        """What became of every probe; the mandatory ones tell the timeline."""
        found = {id(one.probe): one for each in self._watched if each.guest for one in each.guest.inquiries}
        return tuple(
            _result(probe, name, found.get(id(probe)), timeline)
            for probe, name in zip(self._order, self._names, strict=True)
        )

    def _find(self) -> None:
        absent = [one for one in self._watched if one.guest is None and one.copy]
        if not absent:
            return
        new = {name: machine for name, machine in self._azure.machines().items() if machine not in self._before}
        for one in absent:
            mine = [machine for name, machine in new.items() if name == one.copy or name.startswith(f"{one.copy}-")]
            if len(mine) == 1:
                one.guest = self._guest(one.probes, mine[0], self._began)

    def _guest(self, probes: Sequence[ProbeSpec], machine: str, after: datetime) -> Guest:
        now = self._now()
        inquiries = [
            Inquiry(
                probe=probe,
                id=str(at),
                after=after,
                until=now + timedelta(seconds=probe.seconds or self._seconds),
            )
            for at, probe in enumerate(probes)
        ]
        return Guest(client=self._azure.client, machine=machine, inquiries=inquiries, now=self._now)


def _result(probe: ProbeSpec, machine: str, seen: Inquiry | None, timeline: Timeline) -> ProbeResult:
    green: Moment | None = None if seen is None else seen.green
    if green is not None and probe.mandatory:
        timeline.green(green, probe.kind)
    note_record(probe, probe.vm or machine, None if seen is None else seen.told, timeline)
    return ProbeResult(
        name=f"{probe.kind} {probe.name}".strip(),
        target=probe.vm or machine,
        mandatory=probe.mandatory,
        green_seconds=None if green is None else timeline.since_request(green),
        detail=f"the job made no test machine for {probe.vm or machine}" if seen is None else seen.detail,
        kind=probe.kind,
        expected=expectation(probe),
        attempts=0 if seen is None else seen.looks,
        baseline=None if seen is None else baseline_of(seen.told),
    )
