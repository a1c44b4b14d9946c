"""What is green inside a recovered Azure machine? Asked through the VM agent, which needs no network path to us."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from drcheck.drill.guest.asked import PATIENCE_SECONDS, arguments, refuted
from drcheck.drill.guest.scripts import Told, alone, together, told
from drcheck.drill.timing.measurement import Moment
from drcheck.errors import QueryFailed
from drcheck.estate import ProbeSpec
from drcheck.transport.arm import ArmClient
from drcheck.transport.decoding import decoder

COMPUTE_API = "2024-07-01"
INLINE = "run-command"
"""A script in the estate file itself; green when it prints what is expected."""
TOGETHER = 6
"""How many probes one run asks for: of what a script prints, 4,096 bytes are kept (Microsoft, "Run scripts")."""
NO_ANSWER = "NoAnswer: deadline"
"""What a run prints of a script that did not end in its time."""
AGENT_READY = "ProvisioningState/succeeded"
"""Status code of a VM agent that answers (Microsoft.Compute, instance view)."""


def machine_of(probe: ProbeSpec, items: Collection[str]) -> str:
    """The protected machine that a probe is about, lower case; where there is one only, it need not be named.

    Args:
        probe: as declared.
        items: the machines' names, lower case.
    """
    return probe.vm.lower() or (next(iter(items)) if len(items) == 1 else "")


class _Status(msgspec.Struct, frozen=True):
    code: str = ""


class _Agent(msgspec.Struct, frozen=True):
    statuses: tuple[_Status, ...] = ()


class _View(msgspec.Struct, frozen=True, rename="camel"):
    vm_agent: _Agent | None = None


class _Printed(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""


class _Output(msgspec.Struct, frozen=True):
    value: tuple[_Printed, ...] = ()


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """What a script wrote in the guest."""

    stdout: str = ""
    stderr: str = ""

    @property
    def detail(self) -> str:
        """Both, on one line."""
        said = " ".join(f"{self.stdout} {self.stderr}".split())
        return said or "nothing was printed"


def printed(body: bytes) -> Printed:
    """A run command's answer: one entry per stream from Windows guests, both under headings in one from Linux."""
    try:
        lines = decoder(_Output).decode(body).value
    except msgspec.DecodeError as error:
        return Printed(stderr=f"an answer that cannot be read: {error}")
    text = "\n".join(line.message for line in lines if "/std" not in line.code.lower())
    out, _, err = text.partition("[stdout]")[2].partition("[stderr]")
    return Printed(
        stdout="\n".join([out.strip(), *(line.message for line in lines if "/stdout/" in line.code.lower())]).strip(),
        stderr="\n".join([err.strip(), *(line.message for line in lines if "/stderr/" in line.code.lower())]).strip(),
    )


@dataclass(kw_only=True)
class Inquiry:
    """One probe of one machine."""

    probe: ProbeSpec
    id: str
    after: datetime
    """It was not green yet: the start of the last look that failed."""
    until: datetime
    """It is given up then."""
    green: Moment | None = None
    """When it turned green: between the start of the last look that failed and the end of the first good run."""
    detail: str = "the VM agent never answered"
    """What was seen last."""
    looks: int = 0
    told: Told | None = None
    rests_until: datetime | None = None
    """It hung, so that others are asked first until then."""

    def open_at(self, now: datetime) -> bool:
        """Is it still asked?"""
        spent = self.probe.attempts is not None and self.looks >= self.probe.attempts
        return self.green is None and not spent and now < self.until

    def not_before(self, floor: datetime) -> None:
        """It is known now that it was not green yet at that moment."""
        self.after = max(self.after, floor)
        if self.green is not None:
            self.green = Moment(after=min(self.after, self.green.by), by=self.green.by)

    def not_yet(self, detail: str, asked: datetime | None) -> None:
        """A look found it red."""
        self.detail = detail
        self.after = max(self.after, asked or self.after)

    def hear(self, said: Printed, asked: datetime, by: datetime) -> None:
        """Take what a run printed that asked for it."""
        if self.probe.kind == INLINE:
            answered = said.stdout != NO_ANSWER
            good, self.detail = answered and self.probe.expect in said.stdout, said.detail
        else:
            self.told = told(said.stdout).get(self.id)
            answered = self.told is None or self.told.answered
            good = self.told is not None and self.told.ok
            self.detail = said.detail if self.told is None else self.told.seen
        self.looks += answered
        # What makes everybody wait gets half of the time at most.
        self.rests_until = None if answered else by + (by - asked)
        age = 0.0 if self.told is None else self.told.age  # the guest's word: it answered after it was asked
        when = by - timedelta(seconds=min(max(age, 0.0), (by - asked).total_seconds()))
        doubt = refuted(self.probe, self.told, when, self.after) if good else ""
        if good and not doubt:
            self.green = Moment(after=self.after, by=max(self.after, when))
        else:
            self.not_yet(doubt or self.detail, asked)

    def patience(self, now: datetime) -> float:
        """How many seconds one look at it may take."""
        return max(0.1, min(PATIENCE_SECONDS, (self.until - now).total_seconds()))


@dataclass(kw_only=True)
class Guest:
    """One recovered machine that is probed step by step, so that several can be watched at once.

    Each step makes one or two requests and waits for nothing. A machine takes one Run Command at a time, so that one
    run asks for several probes; what is red is asked for again and again.
    """

    client: ArmClient
    machine: str
    """ARM id."""
    inquiries: Sequence[Inquiry]
    now: Callable[[], datetime]
    _turn: int = 0
    _batch: Sequence[Inquiry] = ()
    """What the run under way asks for."""
    _asked: datetime | None = None
    _location: str = ""
    """Where the run command under way is followed; empty when there is none."""

    @property
    def busy(self) -> bool:
        """Does a script run in the guest now?"""
        return bool(self._location)

    @property
    def open(self) -> bool:
        """Is anything still asked?"""
        return any(one.open_at(self.now()) for one in self.inquiries)

    def not_before(self, floor: datetime) -> None:
        """It is known now that nothing was green yet at that moment."""
        for one in self.inquiries:
            one.not_before(floor)

    def look(self) -> None:
        """Take one step."""
        if not self._location:
            self._batch = self._next()
        if not self._batch:
            return
        try:
            if self._location:
                self._hear()
            else:
                self._ask()
        except QueryFailed as refused:
            self._not_yet(f"not yet: {refused.error_id}: {refused.message}")

    def _next(self) -> Sequence[Inquiry]:
        """Whose turn it is: an inline script by itself, else as many as one answer has room for."""
        now = self.now()
        waiting = [one for one in self.inquiries if one.open_at(now)]
        waiting = [one for one in waiting if one.rests_until is None or one.rests_until <= now] or waiting
        inline = [one for one in waiting if one.probe.kind == INLINE]
        scripted = [one for one in waiting if one.probe.kind != INLINE]
        batches = [scripted[at : at + TOGETHER] for at in range(0, len(scripted), TOGETHER)]
        batches += [[one] for one in inline]
        self._turn += 1
        return batches[self._turn % len(batches)] if batches else ()

    def _ask(self) -> None:
        self._asked = self.now()
        view = self.client.one(f"{self.machine}/instanceView", COMPUTE_API, _View)
        if view.vm_agent is None or all(status.code != AGENT_READY for status in view.vm_agent.statuses):
            for one in self._batch:
                one.not_yet(one.detail, self._asked)
            return
        first = self._batch[0].probe
        if first.kind == INLINE:
            script = alone(first.script, self._batch[0].patience(self._asked))
        else:
            script = together(
                (one.probe.kind, arguments(one.probe, one.id), one.patience(self._asked)) for one in self._batch
            )
        body = {"commandId": "RunPowerShellScript", "script": script.splitlines()}
        self._location = self.client.post(f"{self.machine}/runCommand", COMPUTE_API, body).headers["Location"]

    def _hear(self) -> None:
        answer = self.client.follow(self._location)
        if answer.status == 202:
            return
        said, by, asked = printed(answer.body), self.now(), self._asked or self.now()
        self._location = ""
        for one in self._batch:
            one.hear(said, asked, by)

    def _not_yet(self, detail: str) -> None:
        self._location = ""
        for one in self._batch:
            one.not_yet(detail, self._asked)
