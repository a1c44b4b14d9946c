"""Who runs the jobs of the simulated vault? One asyncio task per job, on the lab's clock, until the lab goes down."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence

from drcheck.lab.azure.build import fabric_of
from drcheck.lab.azure.durations import draw
from drcheck.lab.azure.jobs import Job, JobError, Task
from drcheck.lab.azure.state import AZURE_CONTAINER, AZURE_VMM_ID, TO_AZURE, Event, ProtectedItem, Vault, azure_of
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import World

Steps = Callable[[Job], Awaitable[None]]


class JobFailed(Exception):
    """A job cannot go on."""

    def __init__(self, error: JobError) -> None:
        super().__init__(f"{error.code}: {error.message}")
        self.error = error


class Engine:
    """Runs jobs and keeps the vault's records of them.

    Args:
        world: the estate; must have an Azure half.
        clock: the lab's clock.
    """

    def __init__(self, world: World, clock: LabClock) -> None:
        self.world = world
        self.azure = azure_of(world)
        self.clock = clock
        self.broken: list[BaseException] = []
        """Mistakes of the lab itself, raised again when it is closed."""
        self._running: dict[str, asyncio.Task[None]] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._count = 0

    def new_id(self, kind: str) -> str:
        """A GUID that nothing has yet; the same ones in every run of a scenario."""
        self._count += 1
        return self.world.id_for(kind, str(self.world.seed), str(self._count))

    def item_job(self, vault: Vault, item: ProtectedItem, path: str, scenario: str, title: str) -> Job:
        """A new job on a protected item, entered in the vault's list, not yet begun."""
        vm = self.world.vms[item.vm_id]
        job = Job(
            id=self.new_id("job"),
            scenario=scenario,
            title=title,
            target_id=item.name,
            target_name=vm.name,
            target_type="ProtectionEntity",
            target_path=path,
            requested=self.clock.now(),
            affected=self._affected(item),
        )
        return self.enter(vault, job)

    def enter(self, vault: Vault, job: Job) -> Job:
        """Put a job on the vault's list."""
        job.activity = f"{self.new_id('request')} ActivityId: {self.new_id('activity')}"
        vault.jobs[job.id] = job
        return job

    def start(self, vault: Vault, job: Job, steps: Steps) -> "asyncio.Task[None]":
        """Set a job going."""
        task = asyncio.create_task(self._run(vault, job, steps), name=f"job {job.id}")
        self._running[job.id] = task
        task.add_done_callback(self._ended)
        return task

    def follow(self, work: Coroutine[None, None, None]) -> None:
        """Let something happen that is no job: a guest starting up, say."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._ended)

    def cancel(self, job: Job) -> None:
        """Stop a job where it stands; what it has made stays until somebody cleans it up."""
        if job.done:
            return
        job.state, job.description = "Cancelled", "Cancelling"
        task = self._running.get(job.id)
        if task is not None:
            task.cancel()

    def together(self, jobs: Sequence[Job]) -> Steps:
        """Steps of a job that only waits for other jobs."""
        tasks = [self._running[job.id] for job in jobs]

        async def wait(_job: Job) -> None:
            if tasks:
                await asyncio.wait(tasks)

        return wait

    async def step(self, job: Job, task: Task, kind: str = "") -> None:
        """Carry out a step that does nothing but take its time."""
        task.begin(self.clock.now())
        await self.wait(kind or task.name, job.target_name, job.scenario)
        task.succeed(self.clock.now())

    async def wait(self, kind: str, *names: str) -> None:
        """Let the time pass that is drawn for a step."""
        await self.clock.sleep(draw(self.world, kind, *names))

    async def close(self) -> None:
        """Stop everything; raises what went wrong in the lab itself, if anything did."""
        tasks = [*self._running.values(), *self._background]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.broken:
            raise ExceptionGroup(
                "jobs of the lab broke", [error for error in self.broken if isinstance(error, Exception)]
            )

    async def _run(self, vault: Vault, job: Job, steps: Steps) -> None:
        try:
            await self.wait("queued", job.id)
            job.started, job.state, job.description = self.clock.now(), "InProgress", "InProgress"
            job.actions = ["Cancel"]
            await steps(job)
            self._finish(vault, job, *_outcome(job))
        except JobFailed as failure:
            job.errors.append(failure.error)
            self._finish(vault, job, "Failed", "Failed")
        except asyncio.CancelledError:
            if job.state != "Cancelled":
                raise  # the lab is going down
            self._finish(vault, job, "Cancelled", "Aborted")
        except Exception as error:
            job.errors.append(JobError(code="LabBroken", message=repr(error), at=self.clock.now()))
            self._finish(vault, job, "Failed", "Failed")
            raise

    def _finish(self, vault: Vault, job: Job, state: str, description: str) -> None:
        now = self.clock.now()
        for plan in vault.plans:
            plan.job_id = "" if plan.job_id == job.id else plan.job_id
        for item in vault.items:
            item.job_id = "" if item.job_id == job.id else item.job_id
        for task in job.tasks:
            if task.state == "InProgress":
                task.ended, task.state, task.description = now, state, description
            task.skip()
        job.started = job.started or now
        job.ended, job.state, job.description, job.actions = now, state, description, []
        severity = {"Failed": "Critical", "Succeeded": "OK"}.get(state, "Warning")
        event = Event(
            code="JobStatus",
            description=f"{job.title}: {state}",
            kind="JobStatus",
            severity=severity,
            target=job.target_name,
            target_id=job.target_id,
            at=now,
            job_id=job.id,
        )
        vault.events.append(event)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._background.discard(task)
        self._running = {name: running for name, running in self._running.items() if running is not task}
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.broken.append(error)

    def _affected(self, item: ProtectedItem) -> dict[str, str]:
        vm, fabric = self.world.vms[item.vm_id], fabric_of(self.world, item.cloud_id)
        clouds = {cloud.id: cloud.name for server in self.world.vmm for cloud in server.clouds}
        return {
            "PrimaryVmId": item.name,
            "PrimaryVmName": vm.name,
            "RecoveryVmId": "",
            "RecoveryVmName": item.target_name,
            "ProtectionProfileId": self.world.id_for("policy", item.policy),
            "PrimaryCloudId": item.cloud_id,
            "PrimaryCloudName": clouds[item.cloud_id],
            "RecoveryCloudId": AZURE_CONTAINER,
            "RecoveryCloudName": TO_AZURE,
            "PrimaryVmmId": fabric.internal_id,
            "PrimaryVmmName": fabric.friendly_name,
            "RecoveryVmmId": AZURE_VMM_ID,
            "RecoveryVmmName": TO_AZURE,
            "PrimaryFabricProviderId": "VMM",
            "RecoveryFabricProviderId": "Azure",
        }


def _outcome(job: Job) -> tuple[str, str]:
    """State and description of a job whose steps came to their end; steps may have decided on another state."""
    if job.state in {"PartiallySucceeded", "Failed"}:
        return job.state, "Completed" if job.state != "Failed" else "Failed"
    if any(error.level == "Warning" for error in job.errors):
        return "CompletedWithInformation", "Completed"
    return "Succeeded", "Completed"
