"""How does Site Recovery describe recovery plans, jobs with their tasks, and events?"""

from collections.abc import Sequence

from drcheck.lab.arm.answers import Ask, Json, seconds, ticks
from drcheck.lab.arm.render_items import item_path
from drcheck.lab.azure.jobs import Job, JobError, Recovered, Task
from drcheck.lab.azure.state import TO_AZURE, Event, Plan, PlanAction, PlanGroup

NEVER = "0001-01-01T00:00:00"
"""Start or end of a task that was not reached; no Z, as recorded."""

_TYPE = "Microsoft.RecoveryServices/vaults"


def render_plan(ask: Ask, plan: Plan, *, hollow: bool = False) -> Json:
    """A recovery plan; a list shows every plan without its groups."""
    job = ask.vault.jobs.get(plan.job_id or plan.test_job_id)
    fabric = next(fabric for fabric in ask.vault.fabrics if fabric.name == plan.fabric)
    waiting = job is not None and job.done
    properties: dict[str, object] = {
        "friendlyName": plan.name,
        "primaryFabricId": f"{ask.v}/replicationFabrics/{plan.fabric}",
        "primaryFabricFriendlyName": fabric.friendly_name,
        "recoveryFabricId": TO_AZURE,
        "recoveryFabricFriendlyName": TO_AZURE,
        "failoverDeploymentModel": "ResourceManager",
        "replicationProviders": ["HyperVReplicaAzure"],
        "allowedOperations": plan_operations(plan),
        "currentScenario": None,
        "currentScenarioStatus": None,
        "currentScenarioStatusDescription": None,
        "groups": [] if hollow else [_render_group(ask, group) for group in plan.groups],
        "providerSpecificDetails": [],
    }
    if job is not None:
        start = ticks(job.started or job.requested)
        properties |= {
            "currentScenario": {
                "scenarioName": job.scenario,
                "jobId": f"{ask.v}/replicationJobs/{job.id}",
                "startTime": start,
            },
            "currentScenarioStatus": "Suspended" if waiting else job.state,
            "currentScenarioStatusDescription": "WaitingForStopTestFailover" if waiting else job.description,
        }
    tested = plan.last_test
    if tested is None and plan.last_test_age is not None:
        tested = (ask.azure.epoch or ask.now) - plan.last_test_age
    if tested is not None:
        properties["lastTestFailoverTime"] = ticks(tested)
    path = f"{ask.v}/replicationRecoveryPlans/{plan.name}"
    return {"id": path, "name": plan.name, "type": f"{_TYPE}/replicationRecoveryPlans", "properties": properties}


def plan_operations(plan: Plan) -> list[str]:
    """What may be done with a plan now."""
    if plan.job_id:
        return []
    if plan.test_job_id:
        return ["TestFailoverCleanup"]
    return ["PlannedFailover", "UnplannedFailover", "TestFailover"]


def render_job(ask: Ask, job: Job, *, hollow: bool = False) -> Json:
    """A job; a list shows neither tasks nor errors nor details, even of failed ones."""
    begun = job.started is not None
    properties: dict[str, object] = {
        "activityId": None if hollow else job.activity,
        "scenarioName": job.scenario if begun else None,
        "friendlyName": job.title if begun else None,
        "state": job.state,
        "stateDescription": job.description,
        "tasks": [] if hollow else [_render_task(task) for task in job.tasks],
        "errors": [] if hollow else [_render_error(job, error) for error in job.errors],
        "allowedActions": list(job.actions),
        "targetObjectId": job.target_id if begun else None,
        "targetObjectName": job.target_name if begun else None,
        "targetInstanceType": job.target_type,
        "customDetails": None if hollow else _render_details(job, begun=begun),
    }
    if job.started is not None:
        properties["startTime"] = ticks(job.started)
    if job.ended is not None:
        properties["endTime"] = seconds(job.ended)
    path = f"{ask.v}/replicationJobs/{job.id}"
    return {"id": path, "name": job.id, "type": f"{_TYPE}/replicationJobs", "properties": properties}


def render_operation(job: Job) -> Json:
    """The status of an asynchronous operation, which says less than its job.

    A job that ended with remarks is ``Succeeded`` here, with an error beside it.
    """
    kinder = {"CompletedWithInformation": "Succeeded", "PartiallySucceeded": "Succeeded", "Suspended": "InProgress"}
    error = job.errors[0] if job.errors and job.done else None
    return {
        "error": None if error is None else {"code": error.code, "message": error.message, "details": None},
        "id": None,
        "name": job.id,
        "properties": None,
        "status": kinder.get(job.state, job.state),
        "startTime": ticks(job.started or job.requested),
        "endTime": None if job.ended is None else f"{seconds(job.ended)[:-1]}.0000000Z",
        "percentComplete": None,
    }


def render_event(ask: Ask, number: int, event: Event) -> Json:
    """An event; names hold a semicolon."""
    at = event.at if event.at is not None else (ask.azure.epoch or ask.now) - event.age
    name = f"JobStatusMonitoringEvent;{int((at + 62135596800) * 1e7)}_{ask.world.id_for('event', str(number))}"
    details = None
    if event.job_id:
        status = ask.vault.jobs[event.job_id].state
        details = {
            "instanceType": "JobStatus",
            "jobId": event.job_id,
            "jobFriendlyName": event.description,
            "jobStatus": status,
            "affectedObjectType": "ProtectionEntity",
        }
    return {
        "id": f"{ask.v}/replicationEvents/{name}",
        "name": name,
        "type": f"{_TYPE}/replicationEvents",
        "properties": {
            "eventCode": event.code,
            "description": event.description,
            "eventType": event.kind,
            "affectedObjectFriendlyName": event.target,
            "affectedObjectCorrelationId": event.target_id,
            "severity": event.severity,
            "timeOfOccurrence": ticks(at),
            "fabricId": f"{ask.v}/replicationFabrics/{ask.vault.fabrics[0].name}" if ask.vault.fabrics else None,
            "healthErrors": [],
            "providerSpecificDetails": None,
            "eventSpecificDetails": details,
        },
    }


def _render_group(ask: Ask, group: PlanGroup) -> Json:
    items = (ask.vault.item_named(name) for name in group.items)
    return {
        "groupType": group.kind,
        "replicationProtectedItems": [
            {"id": item_path(ask, item), "virtualMachineId": item.name} for item in items if item
        ],
        "startGroupActions": [_render_action(action) for action in group.start],
        "endGroupActions": [_render_action(action) for action in group.end],
    }


def _render_action(action: PlanAction) -> Json:
    details: dict[str, object] = {"instanceType": action.kind}
    if action.kind == "ManualActionDetails":
        details["description"] = action.detail
    else:
        key = "runbookId" if action.kind == "AutomationRunbookActionDetails" else "path"
        details |= {key: action.detail, "timeout": f"00:{action.minutes:02d}:00", "fabricLocation": "Recovery"}
    return {
        "actionName": action.name,
        "failoverTypes": list(action.failover_types),
        "failoverDirections": list(action.directions),
        "customDetails": details,
    }


def _render_task(task: Task) -> Json:
    group = None
    if task.group is not None:
        group = {**task.group, "childTasks": _render_tasks(task.children)}
    return {
        "taskId": task.id,
        "name": task.name,
        "startTime": NEVER if task.started is None else ticks(task.started),
        "endTime": NEVER if task.ended is None else ticks(task.ended),
        "allowedActions": list(task.actions),
        "friendlyName": task.title,
        "state": task.state,
        "stateDescription": task.description,
        "taskType": "GroupTaskDetails" if group else task.details["instanceType"],
        "customDetails": None if group else dict(task.details),
        "groupTaskCustomDetails": group,
        "errors": [_render_error(None, error, task.id) for error in task.errors],
    }


def _render_tasks(tasks: Sequence[Task]) -> list[Json]:
    return [_render_task(task) for task in tasks]


def _render_error(job: Job | None, error: JobError, task_id: str | None = None) -> Json:
    return {
        "serviceErrorDetails": {
            "code": error.code,
            "message": error.message,
            "possibleCauses": error.causes,
            "recommendedAction": error.action,
            "activityId": job.activity if job else "",
        },
        "providerErrorDetails": {
            "errorCode": 0,
            "errorMessage": None,
            "errorId": error.code,
            "possibleCauses": "",
            "recommendedAction": "",
        },
        "errorLevel": error.level,
        "creationTime": ticks(error.at),
        "taskId": error.task_id or task_id,
    }


def _render_details(job: Job, *, begun: bool) -> Json:
    details: dict[str, object] = {"instanceType": job.kind, "affectedObjectDetails": dict(job.affected)}
    if not begun:
        return {"instanceType": "AsrJobDetails", "affectedObjectDetails": {}}
    if job.kind == "TestFailoverJobDetails":
        network = job.network or None
        details |= {
            "testFailoverStatus": "Active" if network else None,
            "comments": job.comments,
            "networkName": network,
            "networkFriendlyName": network,
            "networkType": "VmNetworkAsInput" if network else None,
        }
    if job.kind in {"TestFailoverJobDetails", "FailoverJobDetails"}:
        details["protectedItemDetails"] = [_render_recovered(made) for made in job.recovered]
    return details


def _render_recovered(made: Recovered) -> Json:
    return {
        "name": made.item,
        "friendlyName": made.friendly_name,
        "testVmName": made.test_vm,
        "testVmFriendlyName": made.test_vm,
        "networkConnectionStatus": "Connected",
        "networkFriendlyName": made.network,
        "subnet": made.subnet,
        "recoveryPointId": made.recovery_point,
        "recoveryPointTime": ticks(made.recovery_point_time),
    }
