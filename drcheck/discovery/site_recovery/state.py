"""What runs and ran in a vault, and what does the service itself say about it?"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import quote

from drcheck.discovery import ArmAsk
from drcheck.discovery.site_recovery import wire, wire_state
from drcheck.discovery.site_recovery.vault import API
from drcheck.topology.base import Seen, Target
from drcheck.topology.site_recovery_state import (
    AlertSetting,
    HealthIssue,
    HealthSummary,
    SiteRecoveryEvent,
    SiteRecoveryJob,
    VaultHealth,
    VaultSetting,
)
from drcheck.transport.arm_job import Job
from drcheck.transport.arm_values import arm_id

DAYS = 30
"""How far back jobs are read; what has been at work for longer shows as the scenario of an item or plan."""
MOST_JOBS = 200
"""A list of jobs ends here without saying so (13 recorded lists; none was longer)."""
SHORTEST = timedelta(minutes=1)
WELL = "Succeeded"


def read_jobs(ask: ArmAsk, target: Target) -> Iterator[SiteRecoveryJob]:
    """Jobs of the last days; one by one where they did not succeed: listed, even a failed job has no errors."""
    path = f"{target.endpoint}/replicationJobs"
    seen = ask.seen(path)
    listed = _jobs(ask, path, seen.at - timedelta(days=DAYS), seen.at + timedelta(days=1))
    found = {job.id: job for job in listed}
    for job in found.values():
        if job.state == WELL:
            yield _job(job, seen, target.endpoint)
    others = [job.id for job in found.values() if job.state != WELL]
    for job in ask.each(others, API, Job):
        yield _job(job, ask.seen(job.id), target.endpoint)


def _job(job: Job, seen: Seen, vault: str) -> SiteRecoveryJob:
    found = job.properties
    return SiteRecoveryJob(
        key=arm_id(job.id),
        seen=seen,
        vault=vault,
        name=found.friendly_name or job.name,
        scenario=found.scenario_name or "",
        state=job.state,
        state_description=found.state_description or "",
        started=job.started_at,
        ended=job.ended_at,
        target_name=found.target_object_name or "",
        target_id=arm_id(found.target_object_id),
        target_type=found.target_instance_type or "",
        allowed_actions=found.allowed_actions or (),
        problems=job.problems,
    )


def _jobs(ask: ArmAsk, path: str, start: datetime, end: datetime) -> Iterator[Job]:
    """Every job that began in a span of time; a span with too many for one list is read in halves."""
    chosen = quote(f"StartTime eq '{_written(start)}' and EndTime eq '{_written(end)}'", safe="'")
    listed = list(ask.every(f"{path}?$filter={chosen}", API, Job))
    if len(listed) < MOST_JOBS or end - start <= SHORTEST:
        yield from listed
        return
    middle = start + (end - start) / 2
    yield from _jobs(ask, path, start, middle)
    yield from _jobs(ask, path, middle, end)


def _written(moment: datetime) -> str:
    """A time as the filter takes it: seven decimals and ``Z`` (recorded 2017)."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z"


def read_events(ask: ArmAsk, target: Target) -> Iterator[SiteRecoveryEvent]:
    """What the vault lists of its past."""
    path = f"{target.endpoint}/replicationEvents"
    for found in ask.every(path, API, wire.Resource[wire_state.Event]):
        event = found.properties
        yield SiteRecoveryEvent(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            name=event.event_code or found.name,
            description=" ".join((event.description or "").split()),
            event_type=event.event_type or "",
            severity=event.severity,
            affected=event.affected or "",
            occurred=event.time_of_occurrence.at,
            fabric=arm_id(event.fabric_id),
            errors=wire.health(event.health_errors),
        )


def read_health(ask: ArmAsk, target: Target) -> Iterator[VaultHealth]:
    """The service's own sum; it answers with one object where lists answer with many, and is not asked to refresh."""
    path = f"{target.endpoint}/replicationVaultHealth"
    found = ask.one(path, API, wire.Resource[wire_state.Health]).properties
    yield VaultHealth(
        key=target.endpoint,
        seen=ask.seen(path),
        items=_summary(found.protected_items_health),
        fabrics=_summary(found.fabrics_health),
        containers=_summary(found.containers_health),
        errors=wire.health(found.vault_errors),
    )


def _summary(found: wire_state.Summary | None) -> HealthSummary | None:
    if found is None:
        return None
    counts = {name: count.value for name, count in (found.categorized_resource_counts or {}).items()}
    return HealthSummary(
        resources=found.resource_count.value,
        issues=tuple(_issue(issue) for issue in found.issues or ()),
        counts=tuple(sorted((name, count) for name, count in counts.items() if count is not None)),
    )


def _issue(issue: wire_state.Issue) -> HealthIssue:
    return HealthIssue(
        code=issue.summary_code or "",
        severity=issue.severity or "",
        category=issue.category or "",
        message=" ".join((issue.summary_message or "").split()),
        affected=len(issue.affected or ()),
    )


def read_alerts(ask: ArmAsk, target: Target) -> Iterator[AlertSetting]:
    """Whom e-mails go to."""
    path = f"{target.endpoint}/replicationAlertSettings"
    for found in ask.every(path, API, wire.Resource[wire_state.Alert]):
        yield AlertSetting(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            send_to_owners=found.properties.send_to_owners or "",
            addresses=found.properties.custom_email_addresses or (),
            locale=found.properties.locale or "",
        )


def read_settings(ask: ArmAsk, target: Target) -> Iterator[VaultSetting]:
    """Settings for VMware and migrations."""
    path = f"{target.endpoint}/replicationVaultSettings"
    for found in ask.every(path, API, wire.Resource[wire_state.Setting]):
        yield VaultSetting(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            migration_solution=arm_id(found.properties.migration_solution_id),
            vmware_provider=found.properties.vmware_to_azure_provider_type or "",
        )
