"""How does a drill talk to Azure? Action paths are literals, a change is asked for once, jobs are followed by us."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from drcheck.drill.waiting import Waits
from drcheck.errors import Garbled
from drcheck.transport.arm import SITE_RECOVERY_API, ArmClient
from drcheck.transport.arm_job import Job

COMPUTE_API = "2024-07-01"
NETWORK_API = "2024-05-01"
DISKS_API = "2024-03-02"
BOOT_TASK = "VmTfoBootTestVm"
"""The task of a test failover's job that starts the machine; seen in recordings of 2017."""
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

    def not_before(self, job: Job, requested: datetime) -> datetime:
        """When, on our clock, no machine of a test failover can have been up yet: its boot task had not begun."""
        clock = self.client.clock
        starts = [task.start.at for task in job.tasks if task.name == BOOT_TASK and task.start.at is not None]
        if clock is None or not starts:
            return requested
        return max(requested, min(starts) - timedelta(seconds=clock.offset_seconds + clock.uncertainty_seconds))

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

    def _begin(self, path: str, body: dict[str, Any]) -> str:
        job = self.client.post(path, SITE_RECOVERY_API, body).job
        if not job:
            raise Garbled(
                self.client.endpoint.label, f"POST {path} was accepted without naming a job", "Look in the portal"
            )
        return job

    def _until(self, seconds: float, what: str) -> Waits:
        return Waits(self.now, self.wait, seconds, what)
