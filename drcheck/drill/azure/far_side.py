"""How does a drill talk to Azure? Action paths are literals, a change is asked for once, jobs are followed by us."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from drcheck.drill.azure.places import CopyPlaces
from drcheck.drill.lease import CLOCKS
from drcheck.drill.timing.measurement import Moment
from drcheck.drill.timing.timeline import FarClock, Point
from drcheck.drill.timing.waiting import Waits
from drcheck.errors import DrillError
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.transport.arm import SITE_RECOVERY_API, ArmClient
from drcheck.transport.arm_job import Job, Task

COMPUTE_API = "2024-07-01"
NETWORK_API = "2024-05-01"
DISKS_API = "2024-03-02"
BOOT_TASK = "VmTfoBootTestVm"
"""The task of a test failover's job that starts the machine; seen in recordings of 2017."""
TEST_SCENARIO = "TestFailover"
"""``scenarioName`` of such a job, of a plan or of one item (recordings)."""
BEGINS_SECONDS = 60.0
"""How long after a request without an answer the service may still show nothing of it."""
UNKNOWN_CLOCK_SECONDS = 60.0
"""What Azure's clock may be off when no answer carried a date."""


class _Named(msgspec.Struct, frozen=True):
    id: str
    name: str


class _Item(msgspec.Struct, frozen=True):
    properties: "_ItemProperties"


class _ItemDetails(msgspec.Struct, frozen=True, rename="camel"):
    recovery_azure_vm_name: str | None = None
    old_name: str | None = msgspec.field(default=None, name="recoveryAzureVMName")
    """The same, as versions of the API before 2022 spell it."""


class _ItemProperties(msgspec.Struct, frozen=True, rename="camel"):
    allowed_operations: tuple[str, ...] | None = None
    provider_specific_details: _ItemDetails | None = None


@dataclass(kw_only=True)
class Azure:
    """One vault, and where its copies appear."""

    client: ArmClient
    vault: str
    now: Callable[[], datetime]
    wait: Callable[[float], None]
    places: CopyPlaces

    @property
    def clock(self) -> FarClock:
        """How far Azure's clock is ahead of ours, from the dates of its answers."""
        clock = self.client.clock
        return FarClock(
            endpoint=self.client.endpoint.label,
            offset_seconds=0.0 if clock is None else clock.offset_seconds,
            uncertainty_seconds=UNKNOWN_CLOCK_SECONDS if clock is None else clock.uncertainty_seconds,
        )

    def to_our_clock(self, moment: datetime) -> datetime:
        """A time of Azure's clock on ours."""
        return moment - timedelta(seconds=self.clock.offset_seconds)

    def points_of(self, job: Job) -> Iterator[Point]:
        """What each machine of a test failover was made from, where the job tells."""
        slack = self.clock.uncertainty_seconds
        for machine in job.machines:
            if machine.recovery_point.at is not None:
                at = self.to_our_clock(machine.recovery_point.at)
                name = machine.friendly_name or machine.name or ""
                yield Point(vm=name, at=Moment(after=at, by=at).widened(slack))

    def lags_of(self, items: Sequence[ProtectedItem], requested: datetime) -> Iterator[Point]:
        """How old at most each machine's data are, by what the vault last said of its replication.

        What is recovered is at least as new as what had arrived then, and no newer than the request.
        """
        slack = self.clock.uncertainty_seconds
        for item in items:
            if item.rpo_calculated is not None and item.rpo_seconds is not None:
                newest = self.to_our_clock(item.rpo_calculated) - timedelta(seconds=item.rpo_seconds)
                at = Moment(after=newest, by=max(newest, requested))
                yield Point(vm=item.name, at=at.widened(slack), source="lag")

    def not_before(self, job: Job, requested: datetime) -> Mapping[str, datetime]:
        """When, on our clock, each test machine cannot have been up yet: the task that boots it had not begun.

        In a plan's job each machine is a task that names a job of its own, which has that task.

        Args:
            job: the job of the test failover, ended.
            requested: t0, for machines that no boot task is known of.

        Returns:
            By the protected machine's name, lower case.
        """
        clock = self.client.clock
        floors = {}
        for machine in job.machines:
            starts = [task.start.at for task in self._tasks_of(job, machine.name) if task.name == BOOT_TASK]
            known = [start for start in starts if start is not None]
            floor = requested
            if clock is not None and known:
                slack = timedelta(seconds=clock.offset_seconds + clock.uncertainty_seconds)
                floor = max(requested, min(known) - slack)
            floors[(machine.friendly_name or "").lower()] = floor
        return floors

    def _tasks_of(self, job: Job, item: str | None) -> Sequence[Task]:
        children = [task.custom_details.job_task for task in job.tasks if task.custom_details is not None]
        own = [child.job_id for child in children if child is not None and child.target_object_id == item]
        return [task for name in own if name for task in self.client.job(self.vault, name).tasks] or job.tasks

    def resume(self, job: str) -> None:
        """Confirm the manual action that a job waits at."""
        body = {"properties": {"comments": "confirmed in a drill (drcheck)"}}
        self.client.post(f"{self.vault}/replicationJobs/{job}/resume", SITE_RECOVERY_API, body)

    def job(self, name: str) -> Job:
        """A job as it is now."""
        return self.client.job(self.vault, name)

    def began_test(self, name: str, asked: datetime) -> bool:
        """Is a job the test failover that was asked for at that moment, by the clock of whoever asked?

        Whoever recovers a drill comes later, and finds what others have done since: a failover for real, say.
        """
        job = self.job(name)
        began = self.now() if job.started_at is None else self.to_our_clock(job.started_at)
        in_time = asked - CLOCKS <= began <= asked + timedelta(seconds=BEGINS_SECONDS) + CLOCKS
        return in_time and job.properties.scenario_name in (None, TEST_SCENARIO)  # one just made has none yet

    def finish(self, name: str, seconds: float) -> Job:
        """Follow a job until it ends or waits for somebody.

        Raises:
            DrillFailed: it did neither in time.
        """
        for _ in self._until(seconds, f"job {name}"):
            job = self.job(name)
            if job.ended or job.waits_for:
                return job
        raise AssertionError("the wait ends by itself")

    def cancel(self, job: str) -> None:
        """End a job that waits for somebody; what it has made stays, and can be cleaned up."""
        self.client.post(f"{self.vault}/replicationJobs/{job}/cancel", SITE_RECOVERY_API, {"properties": {}})

    def needs_clean_up(self, items: Sequence[str]) -> bool:
        """Does any protected item offer the clean-up of a test failover? Raises as ``allowed_operations`` does."""
        return any("TestFailoverCleanup" in self.allowed_operations(item) for item in items)

    def allowed_operations(self, item: str) -> Sequence[str]:
        """What the service would do with a protected item now.

        Raises:
            DrillError: it does not tell, which says nothing about copies that may be there.
        """
        allowed = self.client.one(item, SITE_RECOVERY_API, _Item).properties.allowed_operations
        if allowed is None:
            raise DrillError(f"Site Recovery does not tell what {item.rpartition('/')[2]} allows now")
        return allowed

    def inventory(self) -> frozenset[str]:
        """Every machine, network interface and disk that could belong to a copy, by ARM id, lower case."""
        lists = (
            ("Microsoft.Compute/virtualMachines", COMPUTE_API),
            ("Microsoft.Network/networkInterfaces", NETWORK_API),
            ("Microsoft.Compute/disks", DISKS_API),
        )
        found = (
            one.id.lower()
            for subscription in self.places.subscriptions
            for kind, version in lists
            for one in self.client.every(f"{subscription}/providers/{kind}", version, _Named)
        )
        return frozenset(one for one in found if self.places.may_hold(one))

    def machines(self) -> Mapping[str, str]:
        """ARM ids of the virtual machines that could be copies, by name in lower case."""
        return {
            one.name.lower(): one.id
            for subscription in self.places.subscriptions
            for one in self.client.every(
                f"{subscription}/providers/Microsoft.Compute/virtualMachines", COMPUTE_API, _Named
            )
            if self.places.may_hold(one.id.lower())
        }

    def copy_name(self, item: str) -> str:
        """What a test failover calls the copy of a protected item unless the name is taken, lower case.

        Args:
            item: ARM id of the protected item.

        Returns:
            The name; empty when the item does not tell what its machine would be called.
        """
        details = self.client.one(item, SITE_RECOVERY_API, _Item).properties.provider_specific_details
        name = details and (details.recovery_azure_vm_name or details.old_name)
        return f"{name}-test".lower() if name else ""

    def test_machines(self, job: Job) -> Mapping[str, str]:
        """ARM ids of what a test failover made, by the names of the protected machines in lower case.

        The job knows the copies' names, which need not follow from the machines': a name may be taken.
        """
        found = self.machines()
        made = {(one.friendly_name or "").lower(): (one.test_vm_name or "").lower() for one in job.machines}
        return {name: found[copy] for name, copy in made.items() if copy in found}

    def _until(self, seconds: float, what: str) -> Waits:
        return Waits(self.now, self.wait, seconds, what)
