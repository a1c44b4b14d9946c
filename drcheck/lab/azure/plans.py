"""What happens in the test failover of a recovery plan: groups in order, people waited for, one job per machine."""

import asyncio
from collections.abc import Iterator, Sequence

from drcheck.lab.azure.engine import Engine
from drcheck.lab.azure.failover import Cleanup, TestFailover
from drcheck.lab.azure.jobs import Job, Task
from drcheck.lab.azure.network import VNet
from drcheck.lab.azure.points import of_type
from drcheck.lab.azure.state import Plan, PlanAction, PlanGroup, ProtectedItem, Vault


class PlanTestFailover:
    """The test failover of a plan. All machines are made in the Failover group and started group by group.

    Args:
        engine: what runs it.
        vault: the vault of the plan.
        plan: the plan.
        vnet: the one network that all test VMs are connected to.
        base: ARM id up to the name of a protected item, by cloud id, for the jobs' targets.
        point: ``Latest``, ``LatestProcessed`` or ``LatestApplicationConsistent``.
    """

    def __init__(
        self, engine: Engine, vault: Vault, plan: Plan, vnet: VNet, base: dict[str, str], *, point: str = "Latest"
    ) -> None:
        self.engine = engine
        self.vault = vault
        self.plan = plan
        self.vnet = vnet
        self.base = base
        self.point = point
        self._parts: dict[str, tuple[TestFailover, Job, asyncio.Task[None]]] = {}

    async def __call__(self, job: Job) -> None:
        """Carry it out."""
        job.kind, job.network = "TestFailoverJobDetails", self.vnet.name
        check = Task(id="RpTfoPrerequisitesCheckTask", name="RpTfoPrerequisitesCheck", title="Prerequisites check")
        groups = [_group_task(number, group) for number, group in enumerate(self.plan.groups)]
        job.tasks = [check, *groups]
        if self.engine.world.gate is not None:
            await self.engine.world.gate.pass_through()
        try:
            await self.engine.step(job, check, "plan check")
            for task, group in zip(groups, self.plan.groups, strict=True):
                await self._group(job, task, group)
            _judge(job, [part for _, part, _ in self._parts.values()])
        except asyncio.CancelledError:
            for _, part, _ in self._parts.values():
                self.engine.cancel(part)
            raise
        finally:
            if any(item.test_machine for item in _items(self.vault, self.plan.item_names())):
                self.plan.test_job_id = job.id
            job.recovered = [made for _, part, _ in self._parts.values() for made in part.recovered]
            if job.recovered:
                self.plan.last_test = job.started

    async def _group(self, job: Job, task: Task, group: PlanGroup) -> None:
        task.begin(self.engine.clock.now())
        for action in group.start:
            await self._act(job, task, action)
        if group.kind == "Failover":
            await self._fail_over()
        await self._boot(task, group)
        for action in group.end:
            await self._act(job, task, action)
        task.succeed(self.engine.clock.now())

    async def _fail_over(self) -> None:
        for item in _items(self.vault, self.plan.item_names()):
            point = of_type(self.engine.azure, self.vault, item, self.point, self.engine.clock.now())
            steps = TestFailover(self.engine, item, self.vnet, held=True, point=point)
            path = f"{self.base[item.cloud_id]}/{item.name}"
            part = self.engine.item_job(self.vault, item, path, "TestFailover", "Test failover")
            self._parts[item.name] = (steps, part, self.engine.start(self.vault, part, steps))
        for steps, _, running in self._parts.values():
            prepared = asyncio.ensure_future(steps.prepared.wait())
            await asyncio.wait({prepared, running}, return_when=asyncio.FIRST_COMPLETED)
            prepared.cancel()

    async def _boot(self, task: Task, group: PlanGroup) -> None:
        members = [self._parts[name] for name in group.items]
        children = [_machine_task(part) for _, part, _ in members]
        task.children.extend(children)
        for steps, _, _ in members:
            steps.release()
        for child, (_, part, running) in zip(children, members, strict=True):
            child.begin(self.engine.clock.now())
            await asyncio.wait({running})
            _follow(child, part)

    async def _act(self, job: Job, group: Task, action: PlanAction) -> None:
        """Carry out an action; one that a test failover does not run leaves no trace, as in the service."""
        if not action.runs_in_test():
            return
        task = _action_task(self.engine, action)
        group.children.append(task)
        task.begin(self.engine.clock.now())
        if action.kind == "ManualActionDetails":
            await self._wait_for_somebody(job, task)
        else:
            await self.engine.wait("plan script", job.id, action.name)
        task.succeed(self.engine.clock.now())

    async def _wait_for_somebody(self, job: Job, task: Task) -> None:
        job.resumed.clear()
        for thing in (job, task):
            thing.state, thing.description, thing.actions = "Suspended", "WaitingForManualAction", ["Resume"]
        job.actions = ["Resume", "Cancel"]
        await job.resumed.wait()
        task.details["observation"] = job.comments
        task.actions = []
        job.state, job.description, job.actions = "InProgress", "InProgress", ["Cancel"]


class PlanCleanup:
    """The clean-up of a plan's test failover: every machine of the plan that has one."""

    def __init__(self, engine: Engine, vault: Vault, plan: Plan, base: dict[str, str], comments: str) -> None:
        self.engine = engine
        self.vault = vault
        self.plan = plan
        self.base = base
        self.comments = comments

    async def __call__(self, job: Job) -> None:
        """Carry it out."""
        job.kind, job.comments = "TestFailoverJobDetails", self.comments
        group = Task(
            id="RpTfoCleanupGroupTask",
            name="RecoveryPlanTestFailoverCleanup",
            title="Clean up the test environment",
            group={"instanceType": "InlineWorkflowTaskDetails", "workflowIds": []},
        )
        job.tasks = [group]
        group.begin(self.engine.clock.now())
        parts = [self._start(item) for item in self._due()]
        group.children = [_machine_task(part) for part, _ in parts]
        if parts:
            await asyncio.wait([running for _, running in parts])
        for child, (part, _) in zip(group.children, parts, strict=True):
            _follow(child, part)
        group.succeed(self.engine.clock.now())
        _judge(job, [part for part, _ in parts])
        if not self._due():
            self.plan.test_job_id = ""

    def _due(self) -> list[ProtectedItem]:
        return [item for item in _items(self.vault, self.plan.item_names()) if item.test_machine]

    def _start(self, item: ProtectedItem) -> tuple[Job, "asyncio.Task[None]"]:
        path = f"{self.base[item.cloud_id]}/{item.name}"
        part = self.engine.item_job(self.vault, item, path, "TestFailoverCleanup", "Test failover cleanup")
        return part, self.engine.start(self.vault, part, Cleanup(self.engine, item, self.comments))


def plan_job(engine: Engine, vault: Vault, plan: Plan, path: str, scenario: str) -> Job:
    """A new job on a plan, entered in the vault's list, not yet begun."""
    titles = {"TestFailover": "Test failover", "TestFailoverCleanup": "Test failover cleanup"}
    return engine.enter(
        vault,
        Job(
            id=engine.new_id("job"),
            scenario=scenario,
            title=titles.get(scenario, scenario),
            target_id=plan.name,
            target_name=plan.name,
            target_type="RecoveryPlan",
            target_path=path,
            requested=engine.clock.now(),
        ),
    )


def _judge(job: Job, parts: Sequence[Job]) -> None:
    """A plan whose machines did not all come up has partially succeeded at best."""
    failed = [part for part in parts if part.state not in {"Succeeded", "CompletedWithInformation"}]
    if failed:
        job.errors.extend(error for part in failed for error in part.errors)
        job.state = "Failed" if len(failed) == len(parts) else "PartiallySucceeded"


def _follow(task: Task, part: Job) -> None:
    """The step of a plan that stands for a job of its own shows what became of that job."""
    task.started, task.ended = part.started, part.ended
    task.state, task.description, task.errors = part.state, part.description, list(part.errors)


def _items(vault: Vault, names: Sequence[str]) -> Iterator[ProtectedItem]:
    known = {item.name: item for item in vault.items}
    return (known[name] for name in names)


def _group_task(number: int, group: PlanGroup) -> Task:
    kind = "RecoveryPlanShutdownGroupTaskDetails" if group.kind == "Shutdown" else "RecoveryPlanGroupTaskDetails"
    name = f"Group {number - 1}" if group.kind == "Boot" else f"All groups {group.kind.lower()}"
    return Task(
        id=f"RecoveryPlanGroup{number}",
        name="RecoveryPlanGroupTask",
        title=f"{name}: Start" if group.kind == "Boot" else name,
        group={"instanceType": kind, "name": name, "groupId": f"group{number}", "rpGroupType": group.kind},
    )


def _machine_task(part: Job) -> Task:
    job_task = {
        "jobId": part.id,
        "jobFriendlyName": part.title,
        "targetObjectId": part.target_id,
        "targetObjectName": part.target_name,
        "targetInstanceType": part.target_type,
        "jobScenarioName": part.scenario,
    }
    details: dict[str, object] = {
        "instanceType": "VirtualMachineTaskDetails",
        "jobTask": job_task,
        "skippedReason": None,
        "skippedReasonString": None,
    }
    return Task(id=part.id, name="VirtualMachineTask", title=part.target_name, details=details)


def _action_task(engine: Engine, action: PlanAction) -> Task:
    kind = action.kind.replace("Action", "", 1) if "Runbook" in action.kind else action.kind
    details: dict[str, object] = {"instanceType": kind.replace("Details", "TaskDetails"), "name": action.name}
    if action.kind == "ManualActionDetails":
        details |= {"instructions": action.detail, "observation": None}
    elif action.kind == "ScriptActionDetails":
        details |= {"path": action.detail, "output": "", "isPrimarySideScript": False}
    else:
        details |= {"runbookId": action.detail, "runbookName": action.detail.rpartition("/")[2], "jobOutput": ""}
    return Task(id=engine.new_id("task"), name=action.name, title=action.name, details=details)
