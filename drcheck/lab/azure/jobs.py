"""What is a Site Recovery job? Its states, tasks and errors; how they come about is in ``engine``."""

import asyncio
from dataclasses import dataclass, field

DONE = frozenset({"Succeeded", "Failed", "Cancelled", "CompletedWithInformation", "PartiallySucceeded"})
"""States that a job never leaves. The service spells ``Cancelled`` with two l."""


@dataclass(kw_only=True)
class JobError:
    """An error, or with level ``Warning`` a remark, of a job."""

    code: str
    message: str
    causes: str = ""
    action: str = ""
    level: str = "Error"
    task_id: str | None = None
    at: float = 0.0


@dataclass(kw_only=True)
class Task:
    """One step of a job; a group step has ``group`` (its details) and ``children``."""

    id: str
    name: str
    title: str
    state: str = "NotStarted"
    description: str = "NotStarted"
    started: float | None = None
    ended: float | None = None
    details: dict[str, object] = field(default_factory=lambda: {"instanceType": "TaskDetails"})
    group: dict[str, object] | None = None
    children: list["Task"] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    errors: list[JobError] = field(default_factory=list)

    def begin(self, at: float) -> None:
        """The step has begun."""
        self.started, self.state, self.description = at, "InProgress", "InProgress"

    def succeed(self, at: float) -> None:
        """The step is over."""
        self.ended, self.state, self.description = at, "Succeeded", "Completed"

    def skip(self) -> None:
        """The step, and everything below it, will never begin."""
        if self.state == "NotStarted":
            self.state, self.description = "Other", "Skipped"
        for child in self.children:
            child.skip()


@dataclass(kw_only=True)
class Recovered:
    """What a failover made of one protected item; rendered in the job's ``protectedItemDetails``."""

    item: str
    friendly_name: str
    test_vm: str
    network: str
    subnet: str
    recovery_point: str
    recovery_point_time: float


@dataclass(kw_only=True)
class Job:
    """A job. ``kind`` is the instance type of its details; ``scenario`` is null on the wire until it has started."""

    id: str
    scenario: str
    title: str
    target_id: str
    target_name: str
    target_type: str
    target_path: str
    """ARM id of the resource that the job works on."""
    kind: str = "AsrJobDetails"
    activity: str = ""
    requested: float
    started: float | None = None
    ended: float | None = None
    state: str = "NotStarted"
    description: str = "NotStarted"
    tasks: list[Task] = field(default_factory=list)
    errors: list[JobError] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    affected: dict[str, str] = field(default_factory=dict)
    recovered: list[Recovered] = field(default_factory=list)
    network: str = ""
    """Name of the VNet of a test failover."""
    comments: str | None = None
    resumed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def done(self) -> bool:
        """Has it come to its end, good or bad?"""
        return self.state in DONE
