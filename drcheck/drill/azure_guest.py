"""Is a service up inside a recovered Azure machine? Asked through the VM agent, which needs no network path to us."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from drcheck.drill.measurement import Moment
from drcheck.errors import QueryFailed
from drcheck.transport.arm import ArmClient

COMPUTE_API = "2024-07-01"
AGENT_READY = "ProvisioningState/succeeded"
"""Status code of a VM agent that answers (Microsoft.Compute, instance view)."""


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
        lines = msgspec.json.decode(body, type=_Output).value
    except msgspec.DecodeError as error:
        return Printed(stderr=f"an answer that cannot be read: {error}")
    text = "\n".join(line.message for line in lines if "/std" not in line.code.lower())
    out, _, err = text.partition("[stdout]")[2].partition("[stderr]")
    return Printed(
        stdout="\n".join([out.strip(), *(line.message for line in lines if "/stdout/" in line.code.lower())]).strip(),
        stderr="\n".join([err.strip(), *(line.message for line in lines if "/stderr/" in line.code.lower())]).strip(),
    )


@dataclass(kw_only=True)
class Guest:
    """One recovered machine that is probed step by step, so that several can be watched at once.

    Each step makes one or two requests and waits for nothing. The script is run again and again until it prints what
    is expected.
    """

    client: ArmClient
    machine: str
    """ARM id."""
    script: str
    """PowerShell that only reads."""
    expect: str
    """Text that standard output holds when all is well."""
    now: Callable[[], datetime]
    after: datetime
    """It was not green yet: the start of the last look that failed."""
    green: Moment | None = None
    """When it turned green: between the start of the last look that failed and the end of the first good run."""
    detail: str = "the VM agent never answered"
    """What was seen last."""
    _asked: datetime | None = None
    _location: str = ""
    """Where the run command under way is followed; empty when there is none."""

    @property
    def busy(self) -> bool:
        """Does the script run in the guest now?"""
        return bool(self._location)

    def not_before(self, floor: datetime) -> None:
        """It is known now that it was not green yet at that moment."""
        self.after = max(self.after, floor)
        if self.green is not None:
            self.green = Moment(after=min(self.after, self.green.by), by=self.green.by)

    def look(self) -> None:
        """Take one step."""
        if self.green is not None:
            return
        try:
            if self._location:
                self._hear()
            else:
                self._ask()
        except QueryFailed as refused:
            self._not_yet(f"not yet: {refused.error_id}: {refused.message}")

    def _ask(self) -> None:
        self._asked = self.now()
        view = self.client.one(f"{self.machine}/instanceView", COMPUTE_API, _View)
        if view.vm_agent is None or all(status.code != AGENT_READY for status in view.vm_agent.statuses):
            self._not_yet(self.detail)
            return
        body = {"commandId": "RunPowerShellScript", "script": self.script.splitlines()}
        self._location = self.client.post(f"{self.machine}/runCommand", COMPUTE_API, body).headers["Location"]

    def _hear(self) -> None:
        answer = self.client.follow(self._location)
        if answer.status == 202:
            return
        said = printed(answer.body)
        if self.expect in said.stdout:
            self.detail, self.green = said.detail, Moment(after=self.after, by=self.now())
        else:
            self._not_yet(said.detail)

    def _not_yet(self, detail: str) -> None:
        self.detail, self._location = detail, ""
        self.after = max(self.after, self._asked or self.after)
