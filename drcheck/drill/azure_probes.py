"""Which machines of a test failover are ready, and since when? They are watched while its job still runs.

A job that brings up several machines ends long after the first of them is ready: who looks only then knows no more
than that it happened at some time before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from drcheck.drill import ProbeResult
from drcheck.drill.azure_far_side import Azure
from drcheck.drill.azure_guest import Guest
from drcheck.drill.measurement import Moment
from drcheck.drill.timeline import Timeline
from drcheck.drill.waiting import LONGEST_SECONDS
from drcheck.estate import ProbeSpec
from drcheck.transport.arm_job import Job

RUNNING_SECONDS = 0.2
"""Between two looks while a script runs in a guest."""
WATCHING_SECONDS = 0.5
"""Between two looks at guests that do not answer yet."""


@dataclass(kw_only=True)
class _Watched:
    probe: ProbeSpec
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
    """

    def __init__(
        self, azure: Azure, probes: Sequence[ProbeSpec], items: Mapping[str, str], now: Callable[[], datetime]
    ) -> None:
        self._azure = azure
        self._now = now
        self._before = frozenset(azure.machines().values())
        self._watched = [_Watched(probe=probe, copy=azure.copy_name(items[probe.vm.lower()])) for probe in probes]
        self._began = now()

    def pause(self) -> float:
        """How many seconds may pass until the next look."""
        guests = [one.guest for one in self._watched if one.guest is not None and one.guest.green is None]
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
            machine, floor = made.get(one.probe.vm.lower()), floors.get(one.probe.vm.lower(), requested)
            if machine is None:
                one.guest = None
            elif one.guest is None or one.guest.machine != machine:
                one.guest = self._guest(one.probe, machine, floor)
            else:
                one.guest.not_before(floor)

    def finish(self, seconds: float, wait: Callable[[float], None]) -> None:
        """Go on until every probe is green or the time is over."""
        started = self._now()
        while any(one.guest is not None and one.guest.green is None for one in self._watched):
            for one in self._watched:
                if one.guest is not None:
                    one.guest.look()
            if (self._now() - started).total_seconds() >= seconds:
                return
            wait(self.pause())

    def results(self, timeline: Timeline) -> tuple[ProbeResult, ...]:
        """What became of every probe; the mandatory ones tell the timeline."""
        return tuple(self._result(one, timeline) for one in self._watched)

    def _find(self) -> None:
        absent = [one for one in self._watched if one.guest is None and one.copy]
        if not absent:
            return
        new = {name: machine for name, machine in self._azure.machines().items() if machine not in self._before}
        for one in absent:
            mine = [machine for name, machine in new.items() if name == one.copy or name.startswith(f"{one.copy}-")]
            if len(mine) == 1:
                one.guest = self._guest(one.probe, mine[0], self._began)

    def _guest(self, probe: ProbeSpec, machine: str, after: datetime) -> Guest:
        return Guest(
            client=self._azure.client,
            machine=machine,
            script=probe.script,
            expect=probe.expect,
            now=self._now,
            after=after,
        )

    def _result(self, one: _Watched, timeline: Timeline) -> ProbeResult:
        green: Moment | None = None if one.guest is None else one.guest.green
        if green is not None and one.probe.mandatory:
            timeline.green(green, one.probe.kind)
        detail = f"the job made no test machine for {one.probe.vm}" if one.guest is None else one.guest.detail
        return ProbeResult(
            name=f"{one.probe.kind} {one.probe.name}".strip(),
            target=one.probe.vm,
            mandatory=one.probe.mandatory,
            green_seconds=None if green is None else timeline.since_request(green),
            detail=detail,
            kind=one.probe.kind,
        )
