"""What does a Site Recovery job tell: how far is it, what failed, and what did a test failover make?"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct, field

from drcheck.transport.arm_values import NEVER, Moment, arm_id

ENDED = frozenset(
    {"Succeeded", "Failed", "Cancelled", "Canceled", "CompletedWithInformation", "PartiallySucceeded"},
)
"""States in which a job stays. Azure's own poller knows three of them and would wait for ever on the others."""
GOOD = frozenset({"Succeeded", "CompletedWithInformation"})


class ServiceError(Struct, frozen=True, rename="camel"):
    """An error with its language-independent code."""

    code: str | None = None
    message: str | None = None
    recommended_action: str | None = None


class ProviderError(Struct, frozen=True, rename="camel"):
    """What the on-premises provider said."""

    error_code: int | None = None
    error_message: str | None = None


class JobError(Struct, frozen=True, rename="camel"):
    """An error of a job; the same one is listed again under the task that met it."""

    service: ServiceError | None = field(default=None, name="serviceErrorDetails")
    provider: ProviderError | None = field(default=None, name="providerErrorDetails")
    error_level: str | None = None
    task_id: str | None = None

    def __str__(self) -> str:
        """``code: message``."""
        service = self.service or ServiceError()
        said = service.message or (self.provider and self.provider.error_message) or ""
        return f"{service.code or 'unknown'}: {' '.join(said.split())}"


class ChildTasks(Struct, frozen=True, rename="camel"):
    """The tasks inside a group task."""

    child_tasks: "tuple[Task, ...] | None" = None
    name: str | None = None


class ChildJob(Struct, frozen=True, rename="camel"):
    """The job of one machine inside a recovery plan's job."""

    job_id: str | None = None
    job_friendly_name: str | None = None
    target_object_id: str | None = None


class TaskDetails(Struct, frozen=True, rename="camel"):
    """What is special about a task; ``job_task`` is set where a plan's task started a job of its own.

    ``name`` and ``instructions`` are a manual action's (Microsoft, REST reference, ManualActionTaskDetails).
    """

    instance_type: str | None = None
    name: str | None = None
    instructions: str | None = None
    job_task: ChildJob | None = None


class Task(Struct, frozen=True, rename="camel"):
    """A step of a job. Key on ``name``: friendly names differ per scenario and are localised.

    State ``Other`` with the description ``Skipped`` is a step that never ran; its times are ``None``.
    """

    name: str | None = None
    task_id: str | None = None
    friendly_name: str | None = None
    state: str | None = None
    state_description: str | None = None
    start: Moment = field(default=NEVER, name="startTime")
    end: Moment = field(default=NEVER, name="endTime")
    custom_details: TaskDetails | None = None
    group: ChildTasks | None = field(default=None, name="groupTaskCustomDetails")
    errors: tuple[JobError, ...] | None = None

    def walk(self) -> "Iterator[Task]":
        """This task and every task inside it."""
        yield self
        for child in (self.group and self.group.child_tasks) or ():
            yield from child.walk()


class TestMachine(Struct, frozen=True, rename="camel"):
    """A machine that a test failover made; known once the job has ended."""

    __test__ = False  # pytest collects classes by name

    name: str | None = None
    """Name of the protected item's machine."""
    friendly_name: str | None = None
    test_vm_name: str | None = None
    """The Azure VM's name; normally ``<recovery name>-test``, another one where that was taken."""
    network_connection_status: str | None = None
    subnet: str | None = None
    recovery_point: Moment = field(default=NEVER, name="recoveryPointTime")


class JobDetails(Struct, frozen=True, rename="camel"):
    """What is special about a job; ``machines`` is filled for a test failover."""

    instance_type: str | None = None
    test_failover_status: str | None = None
    network_name: str | None = None
    machines: tuple[TestMachine, ...] | None = field(default=None, name="protectedItemDetails")


class JobProperties(Struct, frozen=True, rename="camel"):
    """A job's state and content. A job that was just made has no scenario yet."""

    state: str
    state_description: str | None = None
    scenario_name: str | None = None
    friendly_name: str | None = None
    tasks: tuple[Task, ...] | None = None
    errors: tuple[JobError, ...] | None = None
    start: Moment = field(default=NEVER, name="startTime")
    end: Moment = field(default=NEVER, name="endTime")
    allowed_actions: tuple[str, ...] | None = None
    target_object_name: str | None = None
    target_object_id: str | None = None
    target_instance_type: str | None = None
    custom_details: JobDetails | None = None


class Job(Struct, frozen=True, rename="camel"):
    """A Site Recovery job, read by itself: in a list, tasks, errors and details are empty even for failed jobs.

    The old top-level ``status`` is not read: it calls ``PartiallySucceeded`` a success.
    """

    id: str
    name: str
    properties: JobProperties

    @property
    def state(self) -> str:
        """``NotStarted``, ``InProgress``, ``Suspended``, or one of ``ENDED``."""
        return self.properties.state

    @property
    def ended(self) -> bool:
        """Will it stay as it is?"""
        return self.state in ENDED

    @property
    def succeeded(self) -> bool:
        """Did everything that it had to do succeed? ``PartiallySucceeded`` is not that."""
        return self.state in GOOD

    @property
    def waits_for(self) -> str:
        """What a suspended job waits for, e.g. ``WaitingForManualAction``; empty when it is not suspended."""
        return self.properties.state_description or "Unknown" if self.state == "Suspended" else ""

    @property
    def manual_action(self) -> Task | None:
        """The manual action that it waits at; ``None`` when it waits at none, or does not tell which."""
        waiting = (task for task in self.tasks if task.state == "Suspended")
        return next(waiting, None) if self.waits_for == "WaitingForManualAction" else None

    @property
    def started_at(self) -> datetime | None:
        """When it began, to a tenth of a microsecond."""
        return self.properties.start.at

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, cut to whole seconds by the service: it can lie before the start, or before the last task."""
        return self.properties.end.at

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Every task, those inside groups included, in order."""
        return tuple(inner for task in self.properties.tasks or () for inner in task.walk())

    @property
    def machines(self) -> tuple[TestMachine, ...]:
        """What a test failover made."""
        return (self.properties.custom_details and self.properties.custom_details.machines) or ()

    @property
    def problems(self) -> tuple[str, ...]:
        """``code: message`` of every error, once each. A job that succeeded may have some: they are warnings."""
        return tuple(dict.fromkeys(str(error) for error in self.properties.errors or ()))

    @property
    def vault(self) -> str:
        """ARM id of its vault, lower case."""
        return arm_id(self.id).partition("/replicationjobs/")[0]


class OperationError(Struct, frozen=True):
    """Why an operation failed, or what it warns of although it succeeded (28175, 45031 in recordings)."""

    code: str | None = None
    message: str | None = None


class Operation(Struct, frozen=True, rename="camel"):
    """How far an operation is, as ``operationStatus`` of the vault and ``replicationOperationStatus`` tell it.

    Not asked for jobs: the Site Recovery Operator role may not read it. ``end`` is cut to whole seconds.
    """

    name: str
    status: str
    start: Moment = field(default=NEVER, name="startTime")
    end: Moment = field(default=NEVER, name="endTime")
    error: OperationError | None = None
