"""Which questions and orders about plans, jobs and events does the simulated Site Recovery answer?"""

import re
from datetime import UTC, datetime

from drcheck.lab.arm.answers import Answer, ArmError, Ask, Json, Route, everything, no_such
from drcheck.lab.arm.orders import accepted, retry_after, target_network, text
from drcheck.lab.arm.paths import ITEM, JOB, PLAN, V
from drcheck.lab.arm.render_items import container_path, item_path, render_item
from drcheck.lab.arm.render_jobs import plan_operations, render_event, render_job, render_operation, render_plan
from drcheck.lab.arm.vault_routes import one
from drcheck.lab.azure.jobs import Job
from drcheck.lab.azure.plans import PlanCleanup, PlanTestFailover, plan_job
from drcheck.lab.azure.realfailover import start_real_operation
from drcheck.lab.azure.state import Plan

_TERM = re.compile(r"(StartTime|EndTime|JobStatus) eq '([^']*)'", re.IGNORECASE)
_POINT_TYPES = ("Latest", "LatestApplicationConsistent", "LatestProcessed")
_MOST_JOBS = 200
"""A list holds no more: seen as a cap in recordings."""


def _plan(ask: Ask) -> Plan:
    for plan in ask.vault.plans:
        if plan.name.lower() == ask.args["plan"].lower():
            return plan
    raise no_such(ask.args["plan"])


def _plans(ask: Ask) -> Answer:
    return everything([render_plan(ask, plan, hollow=True) for plan in ask.vault.plans])


def _plan_path(ask: Ask, plan: Plan) -> str:
    return f"{ask.v}/replicationRecoveryPlans/{plan.name}"


def _bases(ask: Ask) -> dict[str, str]:
    clouds = {item.cloud_id for item in ask.vault.items}
    return {cloud: f"{container_path(ask, cloud)}/replicationProtectedItems" for cloud in clouds}


def _test_failover(ask: Ask) -> Answer:
    plan = _plan(ask)
    vnet, point = target_network(ask, ask.properties()), _point_type(ask.properties())
    _allow(plan, "TestFailover")
    job = plan_job(ask.engine, ask.vault, plan, _plan_path(ask, plan), "TestFailover")
    steps = PlanTestFailover(ask.engine, ask.vault, plan, vnet, _bases(ask), point=point)
    ask.engine.start(ask.vault, job, steps)
    plan.job_id = job.id
    return accepted(ask, job.id, _plan_path(ask, plan))


def _point_type(given: Json) -> str:
    """Which recovery points a plan takes: the details are a list here, one entry per replication provider."""
    details = given.get("providerSpecificDetails", [])
    if not isinstance(details, list):
        raise ArmError(400, "InvalidRequestContent", "The request content was invalid: the details are no list.")
    kinds = [text(entry, "recoveryPointType") for entry in details if isinstance(entry, dict)]
    kind = next((kind for kind in kinds if kind), "Latest")
    if kind not in _POINT_TYPES:
        raise ArmError(400, "BadRequest", f"The recovery point type {kind} is invalid.", "InvalidRecoveryPointType")
    return kind


def _cleanup(ask: Ask) -> Answer:
    plan = _plan(ask)
    _allow(plan, "TestFailoverCleanup")
    job = plan_job(ask.engine, ask.vault, plan, _plan_path(ask, plan), "TestFailoverCleanup")
    comments = text(ask.properties(), "comments")
    ask.engine.start(ask.vault, job, PlanCleanup(ask.engine, ask.vault, plan, _bases(ask), comments))
    plan.job_id = job.id
    return accepted(ask, job.id, _plan_path(ask, plan))


def _allow(plan: Plan, operation: str) -> None:
    allowed = plan_operations(plan)
    if operation not in allowed:
        message = f"The operation {operation} is not allowed on {plan.name}; allowed: {', '.join(allowed) or 'none'}."
        raise ArmError(400, "BadRequest", message, "OperationNotAllowed")


def _real(ask: Ask) -> Answer:
    """A real operation on a plan is one on every machine in it."""
    plan, operation = _plan(ask), ask.path.rpartition("/")[2]
    job = plan_job(ask.engine, ask.vault, plan, _plan_path(ask, plan), operation)
    members = [item for item in ask.vault.items if item.name in plan.item_names()]
    parts = [start_real_operation(ask.engine, ask.vault, item, item_path(ask, item), operation) for item in members]
    ask.engine.start(ask.vault, job, ask.engine.together(parts))
    return accepted(ask, job.id, _plan_path(ask, plan))


def _delete(ask: Ask) -> Answer:
    plan = _plan(ask)
    ask.azure.real_failovers.append(f"delete {plan.name}")
    ask.vault.plans.remove(plan)
    return Answer(status=204)


def _jobs(ask: Ask) -> Answer:
    terms = {key.lower(): value for key, value in _TERM.findall(ask.query.get("$filter", ""))}
    if ask.query.get("$filter") and not terms:
        wanted = ask.query["$filter"]
        raise ArmError(400, "BadRequest", f"the lab does not know the filter {wanted}", "FilterNotSupported")
    known = sorted(ask.vault.jobs.values(), key=lambda job: job.requested, reverse=True)
    chosen = [job for job in known if _wanted(job, terms)]
    return everything([render_job(ask, job, hollow=True) for job in chosen[:_MOST_JOBS]])


def _wanted(job: Job, terms: dict[str, str]) -> bool:
    """``eq`` on a time means a bound of the range, as the service reads it."""
    begun = job.started or job.requested
    if "starttime" in terms and begun < _moment(terms["starttime"]):
        return False
    if "endtime" in terms and begun > _moment(terms["endtime"]):
        return False
    return terms.get("jobstatus", job.state).lower() == job.state.lower()


def _moment(written: str) -> float:
    try:
        cut = re.sub(r"(\.\d{6})\d+", r"\1", written)
        return datetime.fromisoformat(cut).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise ArmError(400, "BadRequest", f"{written} is no time", "InvalidFilter") from None


def _job(ask: Ask) -> Job:
    job = ask.vault.jobs.get(ask.args["job"].lower())
    if job is None:
        raise no_such(ask.args["job"])
    return job


def _resume(ask: Ask) -> Answer:
    job = _job(ask)
    if job.state != "Suspended":
        raise ArmError(400, "BadRequest", f"The job is {job.state}, not Suspended.", "OperationNotAllowed")
    job.comments = text(ask.properties(), "comments")
    job.resumed.set()
    return _at_once(ask, job)


def _cancel(ask: Ask) -> Answer:
    job = _job(ask)
    if job.done:
        raise ArmError(400, "BadRequest", f"The job is {job.state} already.", "OperationNotAllowed")
    ask.engine.cancel(job)
    return _at_once(ask, job)


def _at_once(ask: Ask, job: Job) -> Answer:
    operation = ask.engine.new_id("operation")
    ask.vault.operations[operation] = job.id
    return accepted(ask, operation, f"{ask.v}/replicationJobs/{job.id}")


def _status(ask: Ask) -> Answer:
    operation = ask.args["operation"].lower()
    if operation in ask.vault.operations:
        done = {"error": None, "id": None, "name": operation, "properties": None, "status": "Succeeded"}
        return Answer(body={**done, "startTime": None, "endTime": None, "percentComplete": None})
    job = ask.vault.jobs.get(operation)
    if job is None:
        raise no_such(operation)
    return Answer(body=render_operation(job), headers={} if job.done else {"Retry-After": str(retry_after(ask))})


def _result(ask: Ask) -> Answer:
    """What the order was about, once it is over. No recording shows this answer; the SDK reads it as the target."""
    operation = ask.args["operation"].lower()
    job = ask.vault.jobs.get(ask.vault.operations.get(operation, operation))
    if job is None:
        raise no_such(operation)
    if operation not in ask.vault.operations and not job.done:
        return Answer(status=202, headers={"Retry-After": str(retry_after(ask))})
    return _target(ask, job)


def _target(ask: Ask, job: Job) -> Answer:
    if "job" in ask.args:
        return Answer(body=render_job(ask, job))
    for plan in ask.vault.plans:
        if plan.name.lower() == ask.args.get("plan", "").lower():
            return Answer(body=render_plan(ask, plan))
    for item in ask.vault.items:
        if item.name.lower() == ask.args.get("item", "").lower():
            return Answer(body=render_item(ask, item))
    return Answer(status=204)


def _refresh(ask: Ask) -> Answer:
    job = Job(
        id=ask.engine.new_id("job"),
        scenario="RefreshVaultHealth",
        title="Refresh vault health",
        target_id="1112329827161952327",
        target_name="",
        target_type="Vault",
        target_path=ask.v,
        requested=ask.now,
    )
    ask.engine.enter(ask.vault, job)
    ask.engine.start(ask.vault, job, lambda _: ask.engine.wait("refresh", job.id))
    return accepted(ask, job.id, f"{ask.v}/replicationVaultHealth")


def _events(ask: Ask) -> list[Json]:
    return [render_event(ask, number, event) for number, event in enumerate(ask.vault.events)][::-1]


def _not_in_the_lab(ask: Ask) -> Answer:
    raise ArmError(501, "LabNotImplemented", f"the lab cannot {ask.path.rpartition('/')[2]} a job")


_REAL = ("plannedfailover", "unplannedfailover", "failovercommit", "reprotect")

ROUTES: tuple[Route, ...] = (
    ("GET", f"{V}/replicationrecoveryplans", _plans),
    ("GET", PLAN, lambda ask: Answer(body=render_plan(ask, _plan(ask)))),
    ("POST", f"{PLAN}/testfailover", _test_failover),
    ("POST", f"{PLAN}/testfailovercleanup", _cleanup),
    *(("POST", f"{PLAN}/{operation}", _real) for operation in _REAL),
    ("DELETE", PLAN, _delete),
    ("GET", f"{V}/replicationjobs", _jobs),
    ("GET", JOB, lambda ask: Answer(body=render_job(ask, _job(ask)))),
    ("POST", f"{JOB}/resume", _resume),
    ("POST", f"{JOB}/cancel", _cancel),
    ("POST", f"{JOB}/restart", _not_in_the_lab),
    ("POST", f"{V}/replicationjobs/export", _not_in_the_lab),
    ("GET", f"{V}/replicationevents", lambda ask: everything(_events(ask))),
    ("GET", f"{V}/replicationevents/{{name}}", lambda ask: one(_events(ask), ask.args["name"])),
    ("POST", f"{V}/replicationvaulthealth/default/refresh", _refresh),
    ("GET", f"{V}/replicationoperationstatus/{{operation}}", _status),
    ("GET", f"{ITEM}/operationresults/{{operation}}", _result),
    ("GET", f"{PLAN}/operationresults/{{operation}}", _result),
    ("GET", f"{JOB}/operationresults/{{operation}}", _result),
    ("GET", f"{V}/replicationvaulthealth/operationresults/{{operation}}", _result),
)
"""Plans, jobs, events, and how to follow an order."""
