"""How does a drill talk to Azure? Action paths are literals, a change is asked for once, jobs are followed by us."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from drcheck.drill.measurement import Moment
from drcheck.errors import DrillFailed, Garbled, QueryFailed
from drcheck.transport.arm import SITE_RECOVERY_API, ArmClient
from drcheck.transport.arm_job import Job

COMPUTE_API = "2024-07-01"
NETWORK_API = "2024-05-01"
DISKS_API = "2024-03-02"
LONG_POLL_SECONDS = 10.0
"""Between two looks at a job; answers to a POST suggest 30 s, which would blur every figure."""
SHORT_POLL_SECONDS = 1.0
"""At first, and between two questions to a guest; grows to the long one."""
UNKNOWN_CLOCK_SECONDS = 60.0
"""What Azure's clock may be off when no answer carried a date."""


class _Named(msgspec.Struct, frozen=True):
    id: str
    name: str


class _Plan(msgspec.Struct, frozen=True):
    properties: "_PlanProperties"


class _PlanProperties(msgspec.Struct, frozen=True, rename="camel"):
    current_scenario_status: str | None = None


class _Item(msgspec.Struct, frozen=True):
    properties: "_ItemProperties"


class _ItemProperties(msgspec.Struct, frozen=True, rename="camel"):
    allowed_operations: tuple[str, ...] | None = None


@dataclass(kw_only=True)
class Azure:
    """One vault and its subscription."""

    client: ArmClient
    vault: str
    now: Callable[[], datetime]
    wait: Callable[[float], None]

    @property
    def clock_uncertainty(self) -> float:
        """How far Azure's clock may be from ours, in seconds: offset and its error, from the dates of its answers."""
        clock = self.client.clock
        return UNKNOWN_CLOCK_SECONDS if clock is None else abs(clock.offset_seconds) + clock.uncertainty_seconds

    @property
    def subscription(self) -> str:
        """ARM id of the vault's subscription."""
        return "/".join(self.vault.split("/")[:3])

    def start_plan_test(self, plan: str, network: str) -> str:
        """POST the test failover of a plan; returns the job's name.

        ``LatestProcessed`` uses a recovery point that exists already: ``Latest`` would first fetch what production
        still holds, which no disaster allows.
        """
        newest = {"instanceType": "HyperVReplicaAzure", "recoveryPointType": "LatestProcessed"}
        body = {
            "properties": {
                "failoverDirection": "PrimaryToRecovery",
                "networkType": "VmNetworkAsInput",
                "networkId": network,
                "providerSpecificDetails": [newest],
            }
        }
        return self._begin(f"{plan}/testFailover", body)

    def start_plan_clean_up(self, plan: str) -> str:
        """POST the clean-up of a plan's test failover; returns the job's name."""
        return self._begin(f"{plan}/testFailoverCleanup", {"properties": {"comments": "drill finished (drcheck)"}})

    def resume(self, job: str) -> None:
        """Confirm the manual action that a job waits at."""
        body = {"properties": {"comments": "confirmed in a drill (drcheck)"}}
        self.client.post(f"{self.vault}/replicationJobs/{job}/resume", SITE_RECOVERY_API, body)

    def finish(self, name: str, seconds: float) -> Job:
        """Follow a job until it ends or waits for somebody.

        Raises:
            DrillFailed: it did neither in time.
        """
        for _ in self._until(seconds, f"job {name}"):
            job = self.client.job(self.vault, name)
            if job.ended or job.waits_for:
                return job
        raise AssertionError("the wait ends by itself")

    def wait_until_idle(self, plan: str, seconds: float) -> None:
        """Wait until no operation runs on a plan."""
        for _ in self._until(seconds, plan):
            status = self.client.one(plan, SITE_RECOVERY_API, _Plan).properties.current_scenario_status
            if status not in ("InProgress", "NotStarted"):
                return

    def needs_clean_up(self, items: Sequence[str]) -> bool:
        """Does any protected item offer the clean-up of a test failover?"""
        return any(
            "TestFailoverCleanup"
            in (self.client.one(item, SITE_RECOVERY_API, _Item).properties.allowed_operations or ())
            for item in items
        )

    def inventory(self) -> frozenset[str]:
        """Every machine, network interface and disk of the subscription, by ARM id."""
        lists = (
            ("Microsoft.Compute/virtualMachines", COMPUTE_API),
            ("Microsoft.Network/networkInterfaces", NETWORK_API),
            ("Microsoft.Compute/disks", DISKS_API),
        )
        return frozenset(
            found.id.lower()
            for kind, version in lists
            for found in self.client.every(f"{self.subscription}/providers/{kind}", version, _Named)
        )

    def machines_named(self, names: Sequence[str]) -> dict[str, str]:
        """ARM ids of machines by their names in lower case."""
        wanted = {name.lower() for name in names}
        machines = f"{self.subscription}/providers/Microsoft.Compute/virtualMachines"
        found = self.client.every(machines, COMPUTE_API, _Named)
        return {machine.name.lower(): machine.id for machine in found if machine.name.lower() in wanted}

    def probe(self, machine: str, script: str, expect: str, seconds: float) -> tuple[Moment | None, str]:
        """Run a script in the guest through the VM agent, again and again, until it prints what is expected.

        Returns:
            When it turned green - between the start of the last failed attempt and the end of the first good one;
            ``None`` when it never did in time - and the last output.
        """
        after = started = self.now()
        detail = "never answered"
        while (self.now() - started).total_seconds() < seconds:
            asked = self.now()
            said = self._run(machine, script, seconds)
            detail = said.detail
            if expect in said.stdout:
                return Moment(after=after, by=self.now()), detail
            after = asked
            self.wait(SHORT_POLL_SECONDS)
        return None, detail

    def _run(self, machine: str, script: str, seconds: float) -> "Printed":
        """One run command; what it printed, or why it could not be run yet."""
        body = {"commandId": "RunPowerShellScript", "script": script.splitlines()}
        try:
            accepted = self.client.post(f"{machine}/runCommand", COMPUTE_API, body)
        except QueryFailed as refused:
            return Printed(stderr=f"not yet: {refused.error_id}: {refused.message}")
        for _ in self._until(seconds, f"the run command on {machine}"):
            answer = self.client.follow(accepted.headers["Location"])
            if answer.status != 202:
                return printed(answer.body)
        raise AssertionError("the wait ends by itself")

    def _begin(self, path: str, body: dict[str, Any]) -> str:
        job = self.client.post(path, SITE_RECOVERY_API, body).job
        if not job:
            raise Garbled(
                self.client.endpoint.label, f"POST {path} was accepted without naming a job", "Look in the portal"
            )
        return job

    def _until(self, seconds: float, what: str) -> "Waits":
        return Waits(self.now, self.wait, seconds, what)


class Waits:
    """An endless loop that pauses between rounds, longer each time, and fails when the time is over."""

    def __init__(self, now: Callable[[], datetime], wait: Callable[[float], None], seconds: float, what: str) -> None:
        self._now = now
        self._wait = wait
        self._seconds = seconds
        self._what = what
        self._started = now()
        self._pause = 0.0

    def __iter__(self) -> "Waits":
        """The loop itself."""
        return self

    def __next__(self) -> None:
        """Pause, unless it is the first round or the time is over."""
        if (self._now() - self._started).total_seconds() > self._seconds:
            raise DrillFailed(f"{self._what} did not come to an end in {self._seconds:.0f} s")
        if self._pause:
            self._wait(self._pause)
        self._pause = min(LONG_POLL_SECONDS, max(SHORT_POLL_SECONDS, self._pause * 1.5))


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
