"""How a drill talks to Azure: action paths are literals, every change is asked once, every job is followed by us."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from drcheck.discovery.driver import arm_client
from drcheck.drill.measurement import Moment
from drcheck.errors import DrillFailed
from drcheck.estate import Estate
from drcheck.transport.arm import ArmClient

SITE_RECOVERY = "2025-08-01"
COMPUTE = "2024-07-01"
NETWORK = "2024-05-01"
DISKS = "2024-03-02"
POLL_SECONDS = 10.0
SUCCEEDED = frozenset({"Succeeded", "CompletedWithInformation"})
ENDED = SUCCEEDED | {"Failed", "Cancelled", "Canceled", "PartiallySucceeded"}
CLOCK_UNCERTAINTY = 1.0
"""Job times end at whole seconds and Azure's clock is read from headers of whole seconds."""


class _Named(msgspec.Struct, frozen=True):
    id: str
    name: str


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What a Site Recovery job has come to. Times are on Azure's clock."""

    state: str
    description: str = ""
    trouble: str = ""
    test_machines: tuple[str, ...] = ()
    recovery_points: tuple[datetime, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Ended well, or waiting only for the clean-up (older vaults keep the job open until then)."""
        return self.state in SUCCEEDED or (self.state == "Suspended" and self.description == "WaitingForStopTestFailover")

    @property
    def waits_for_a_person(self) -> bool:
        """Stands at a manual action of the plan."""
        return self.state == "Suspended" and self.description == "WaitingForManualAction"


class _Job(msgspec.Struct, frozen=True):
    properties: dict[str, Any]


class _Item(msgspec.Struct, frozen=True):
    properties: dict[str, Any]


@dataclass(kw_only=True)
class Azure:
    """One vault and its subscription."""

    client: ArmClient
    vault: str
    now: Callable[[], datetime]
    wait: Callable[[float], None]
    poll_seconds: float = POLL_SECONDS
    clock_uncertainty: float = CLOCK_UNCERTAINTY

    @property
    def subscription(self) -> str:
        """ARM id of the vault's subscription."""
        return "/".join(self.vault.split("/")[:3])

    def start_plan_test(self, plan: str, network: str) -> str:
        """POST the test failover of a plan; returns the job's name.

        ``LatestProcessed`` uses a recovery point that exists already: ``Latest`` would first fetch what production
        still holds, which no disaster allows.
        """
        body = {
            "properties": {
                "failoverDirection": "PrimaryToRecovery",
                "networkType": "VmNetworkAsInput",
                "networkId": network,
                "providerSpecificDetails": [{"instanceType": "HyperVReplicaAzure", "recoveryPointType": "LatestProcessed"}],
            }
        }
        job, _ = self.client.post(f"{plan}/testFailover", SITE_RECOVERY, body)
        return job

    def start_plan_clean_up(self, plan: str) -> str:
        """POST the clean-up of a plan's test failover; returns the job's name."""
        body = {"properties": {"comments": "drill finished (drcheck)"}}
        job, _ = self.client.post(f"{plan}/testFailoverCleanup", SITE_RECOVERY, body)
        return job

    def resume(self, job: str) -> None:
        """Confirm the manual action a job waits at."""
        body = {"properties": {"comments": "confirmed in a drill (drcheck)"}}
        self.client.post(f"{self.vault}/replicationJobs/{job}/resume", SITE_RECOVERY, body)

    def job(self, name: str) -> Job:
        """A job as it is now; lists of jobs are hollow, so it is read by itself."""
        answer = self.client.one(f"{self.vault}/replicationJobs/{name}", SITE_RECOVERY, _Job)
        return _job(answer.properties)

    def finish(self, name: str, seconds: float) -> Job:
        """Poll a job until it ends or waits for somebody.

        Raises:
            DrillFailed: it did neither in time.
        """
        started = self.now()
        while True:
            job = self.job(name)
            if job.state in ENDED or job.state == "Suspended":
                return job
            if (self.now() - started).total_seconds() > seconds:
                raise DrillFailed(f"job {name} is still {job.state} after {seconds:.0f} s")
            self.wait(self.poll_seconds)

    def wait_until_idle(self, plan: str, seconds: float) -> None:
        """Wait until no operation runs on a plan."""
        started = self.now()
        while True:
            scenario = self.client.one(plan, SITE_RECOVERY, _Item).properties
            if (scenario.get("currentScenarioStatus") or "") not in ("InProgress", "NotStarted"):
                return
            if (self.now() - started).total_seconds() > seconds:
                raise DrillFailed(f"{plan} is still busy after {seconds:.0f} s")
            self.wait(self.poll_seconds)

    def needs_clean_up(self, items: Sequence[str]) -> bool:
        """Does any protected item offer the clean-up of a test failover?"""
        return any(
            "TestFailoverCleanup" in (self.client.one(item, SITE_RECOVERY, _Item).properties.get("allowedOperations") or ())
            for item in items
        )

    def inventory(self) -> frozenset[str]:
        """Every machine, network interface and disk of the subscription."""
        lists = (
            ("Microsoft.Compute/virtualMachines", COMPUTE),
            ("Microsoft.Network/networkInterfaces", NETWORK),
            ("Microsoft.Compute/disks", DISKS),
        )
        return frozenset(
            found.id.lower()
            for kind, version in lists
            for found in self.client.every(f"{self.subscription}/providers/{kind}", version, _Named)
        )

    def machines_named(self, names: Sequence[str]) -> dict[str, str]:
        """ARM ids of machines by lower-case name."""
        wanted = {name.lower() for name in names}
        machines = self.client.every(f"{self.subscription}/providers/Microsoft.Compute/virtualMachines", COMPUTE, _Named)
        return {machine.name.lower(): machine.id for machine in machines if machine.name.lower() in wanted}

    def probe(self, machine: str, script: str, seconds: float) -> tuple[Moment | None, str]:
        """Run a script in the guest through the VM agent until it prints ``DRCHECK-OK``.

        Returns when it turned green - between the start of the last failed attempt and the end of the first good
        one - and the last output.
        """
        started = self.now()
        after = started
        detail = "never answered"
        while (self.now() - started).total_seconds() < seconds:
            asked = self.now()
            good, detail = self.client.run_command(machine, COMPUTE, script, self.wait)
            if good:
                return Moment(after=after, by=self.now()), detail
            after = asked
            self.wait(min(self.poll_seconds, 2.0))
        return None, detail


def azure(estate: Estate, vault: str, now: Callable[[], datetime], wait: Callable[[float], None]) -> Azure:
    """The adapter for one vault."""
    return Azure(client=arm_client(estate, now), vault=vault, now=now, wait=wait)


def _job(properties: dict[str, Any]) -> Job:
    details = (properties.get("customDetails") or {}).get("protectedItemDetails") or []
    errors = [(one.get("serviceErrorDetails") or {}) for one in properties.get("errors") or []]
    return Job(
        state=properties.get("state") or "NotStarted",
        description=properties.get("stateDescription") or "",
        trouble="; ".join(f"{one.get('code', '?')}: {one.get('message', '')}" for one in errors) or "no error was given",
        test_machines=tuple(one["testVmName"] for one in details if one.get("testVmName")),
        recovery_points=tuple(_utc(one["recoveryPointTime"]) for one in details if one.get("recoveryPointTime")),
    )


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
