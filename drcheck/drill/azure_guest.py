"""Is a service up inside a recovered Azure machine? Asked through the VM agent, which needs no network path to us."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from drcheck.drill.measurement import Moment
from drcheck.drill.waiting import SHORTEST_SECONDS, Waits
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


@dataclass(frozen=True, kw_only=True)
class Guest:
    """One recovered machine."""

    client: ArmClient
    machine: str
    """ARM id."""
    now: Callable[[], datetime]
    wait: Callable[[float], None]

    def probe(self, script: str, expect: str, floor: datetime, seconds: float) -> tuple[Moment | None, str]:
        """Run a script in the guest, again and again, until it prints what is expected.

        Args:
            script: PowerShell that only reads.
            expect: text that standard output holds when all is well.
            floor: when it cannot have been green yet.
            seconds: how long to go on.

        Returns:
            When it turned green - between the start of the last look that failed and the end of the first good run;
            ``None`` when it never did in time - and what was seen last.
        """
        started, after, detail = self.now(), floor, "the VM agent never answered"
        while (self.now() - started).total_seconds() < seconds:
            asked = self.now()
            if self._agent_answers():
                said = self._run(script, seconds)
                detail = said.detail
                if expect in said.stdout:
                    return Moment(after=after, by=self.now()), detail
            after = max(after, asked)
            self.wait(SHORTEST_SECONDS)
        return None, detail

    def _agent_answers(self) -> bool:
        view = self.client.one(f"{self.machine}/instanceView", COMPUTE_API, _View)
        return view.vm_agent is not None and any(status.code == AGENT_READY for status in view.vm_agent.statuses)

    def _run(self, script: str, seconds: float) -> Printed:
        """One run command; what it printed, or why it could not be run yet."""
        body = {"commandId": "RunPowerShellScript", "script": script.splitlines()}
        try:
            accepted = self.client.post(f"{self.machine}/runCommand", COMPUTE_API, body)
        except QueryFailed as refused:
            return Printed(stderr=f"not yet: {refused.error_id}: {refused.message}")
        for _ in Waits(self.now, self.wait, seconds, f"the run command on {self.machine}"):
            answer = self.client.follow(accepted.headers["Location"])
            if answer.status != 202:
                return printed(answer.body)
        raise AssertionError("the wait ends by itself")
