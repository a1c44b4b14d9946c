"""What did Site Recovery do while a test failover ran? The times of a job's tasks, fit to be shown.

The service tells beginnings to a tenth of a microsecond and cuts ends to whole seconds, so that an end may lie before
its beginning (47 of 500 recorded jobs). Tasks that never ran have no times. Nothing is measured by these times: they
only say how the failover phase was spent.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from drcheck.drill.timing.timeline import Detail, FarClock
from drcheck.transport.arm_job import Job
from drcheck.verdict import Phase

CUT_SECONDS = 1.0
"""What an end may be off, because the service cuts it to whole seconds."""


def job_details(job: Job, phase: Phase, clock: FarClock) -> Iterator[Detail]:
    """Every task with a beginning and an end, on our clock, inside the phase in which the job ran.

    Args:
        job: the job, ended.
        phase: in which it ran, by our clock.
        clock: Azure's.
    """
    ahead, last = timedelta(seconds=clock.offset_seconds), phase.started + timedelta(seconds=phase.seconds)

    def ours(moment: datetime) -> datetime:
        return min(max(moment - ahead, phase.started), last)

    for task in job.tasks:
        if task.start.at is None or task.end.at is None:
            continue
        started = ours(task.start.at)
        yield Detail(
            name=task.name or task.friendly_name or "a task without a name",
            within=phase.name,
            started=started,
            seconds=max(0.0, (ours(task.end.at) - started).total_seconds()),
            uncertainty_seconds=clock.uncertainty_seconds + CUT_SECONDS,
        )
