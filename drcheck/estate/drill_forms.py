"""Which shape must a drill and its parts have, in a drill file or in estate.yaml? One pydantic model per part."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from drcheck.estate.drill_spec import Level, Premise, RecoveryPoint
from drcheck.estate.forms import Duration, Form, HostName, Scenario, Section, Text, VirtualNetworkId


def _moment(value: object) -> datetime:
    moment: datetime | None = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"{value!r} is not a moment; write it with its offset: 2026-12-31T22:00:00+01:00")
    return moment.astimezone(UTC)


Moment: TypeAlias = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
Count: TypeAlias = Annotated[int, Field(ge=1)]
Sha256: TypeAlias = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{64}$")]
Name: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60)]

NEEDED: Mapping[str, tuple[str, ...]] = {
    "heartbeat": (),
    "boot-time": (),
    "service": ("name",),
    "tcp": ("port",),
    "sql-database": ("database",),
    "vmm": (),
    "ad": (),
    "dns": ("name",),
    "file": ("path",),
    "sentinel": (),
    "script": ("file", "sha256"),
    "baseline": (),
    "run-command": ("vm", "script", "expect"),
}
"""What each kind of probe has to be told."""


class NetworksForm(Form):
    """Networks that drills may use."""

    azure: list[Section] = Field(default_factory=list)
    hyperv: list[Section] = Field(default_factory=list)


class SwitchForm(Form):
    """A switch that drills may use."""

    name: Text
    canary: Section = None
    without_canary: Text | None = None


class VirtualNetworkForm(Form):
    """An Azure network that drills may use."""

    id: VirtualNetworkId
    canary: Section = None
    without_canary: Text | None = None


class CanaryForm(Form):
    """The machine that shows what can be reached from inside."""

    vm: Text
    must_not_reach: Section
    must_reach: Section
    beside: list[Text] = Field(default_factory=list)
    from_production: Section = None


class OutsiderForm(Form):
    """The machine of production that tries to get into the network."""

    host: HostName
    must_reach: Section


class ReachForm(Form):
    """A TCP port."""

    host: Text
    port: Annotated[int, Field(ge=1, le=65535)]
    name: Text | None = None


class ProbeForm(Form):
    """What must turn green in a recovered copy."""

    kind: Literal[
        "heartbeat",
        "boot-time",
        "service",
        "tcp",
        "sql-database",
        "vmm",
        "ad",
        "dns",
        "file",
        "sentinel",
        "script",
        "baseline",
        "run-command",
    ]
    name: Text | None = None
    vm: Text | None = None
    script: Text | None = None
    expect: Text | None = None
    mandatory: bool = True
    host: Text | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    path: Text | None = None
    database: Text | None = None
    file: Text | None = None
    sha256: Sha256 | None = None
    max_age: Duration | None = None
    seconds: Annotated[int, Field(ge=1, le=86400)] | None = None
    attempts: Count | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        lacking = [name for name in NEEDED[self.kind] if getattr(self, name) is None]
        if lacking:
            raise ValueError(f"a probe of the kind {self.kind} needs {' and '.join(lacking)}")
        if self.kind == "sentinel" and self.path is None and self.database is None:
            raise ValueError("a probe of the kind sentinel needs path or database")
        return self


class AuthorisationForm(Form):
    """Who allowed a drill, and when."""

    change: Text
    approver: Text
    not_before: Moment | None = None
    not_after: Moment | None = None
    risk: Text | None = None

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        if self.not_before is not None and self.not_after is not None and self.not_after <= self.not_before:
            raise ValueError("not_after must lie after not_before")
        return self


class LimitsForm(Form):
    """How much a drill may do."""

    machines: Count | None = None
    parallel: Count = 4
    per_host: Count = 2
    per_vault: Count = 1
    duration: Duration | None = None


class HumanForm(Form):
    """A person's step."""

    name: Text
    owner: Text
    time: Duration
    confirm: bool = False
    after: Text | None = None


class PeopleForm(Form):
    """Who has to do with a drill."""

    observer: Text | None = None
    reviewer: Text | None = None
    owner: Text | None = None
    communications: Text | None = None


class ScenarioForm(Form):
    """What a drill pretends has happened."""

    type: Premise
    severity: Level | None = None
    assumptions: list[Text] = Field(default_factory=list)
    third_parties: list[Text] = Field(default_factory=list)


class ImpactForm(Form):
    """Where the targets come from."""

    reference: Text
    version: Text | None = None


class SentinelForm(Form):
    """Where a machine writes down the time."""

    path: Text | None = None
    database: Text | None = None
    vm: Text | None = None
    every: Duration = 60

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if (self.path is None) == (self.database is None):
            raise ValueError("a sentinel is in one place: path or database")
        return self


class OutOfScopeForm(Form):
    """What a drill leaves out."""

    what: Text
    why: Text


class GroupForm(Form):
    """What a rehearsal recovers side by side."""

    name: Name
    parts: Section


class BlackoutForm(Form):
    """When no drill may be held."""

    name: Text
    start: Moment
    end: Moment

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end must lie after start")
        return self


class DrillForm(Form):
    """What every kind of drill has; ``kind`` decides which of the forms below is read."""

    name: Name
    kind: str
    application: Text | None = None
    probes: Section = None
    sentinel: Section = None
    rto: Duration | None = None
    rpo: Duration | None = None
    seconds: Annotated[int, Field(ge=1, le=86400)] = 1800
    scenario: Section = None
    scenarios: list[Scenario] = Field(default_factory=list)
    business_impact: Section = None
    authorisation: Section = None
    limits: Section = None
    t0: Literal["request", "decision"] = "request"
    decision: Duration | None = None
    human: Section = None
    people: Section = None
    out_of_scope: Section = None
    abort_on: list[Literal["probe", "rpo"]] = Field(default=["probe"])


class ReplicaDrillForm(DrillForm):
    """A Hyper-V Replica test failover."""

    kind: Literal["hyperv-replica"]
    vm: Text
    switch: Text


class ItemDrillForm(DrillForm):
    """The test failover of one protected item."""

    kind: Literal["protected-item"]
    vault: Text
    item: Text
    network: VirtualNetworkId
    recovery_point: RecoveryPoint = "latest-processed"


class PlanDrillForm(DrillForm):
    """A recovery plan's test failover."""

    kind: Literal["recovery-plan"]
    vault: Text
    plan: Text
    network: VirtualNetworkId
    recovery_point: RecoveryPoint = "latest-processed"
    allowed_actions: list[Text] = Field(default_factory=list)
    manual_actions: Literal["declared", "confirm"] = "declared"


class GroupEstimateForm(DrillForm):
    """An availability group, whose failover is estimated; only a part of a rehearsal."""

    kind: Literal["availability-group"]
    availability_group: Text


class RehearsalForm(DrillForm):
    """Several recoveries on one clock. Its networks and its vault are those of parts that name none."""

    kind: Literal["rehearsal"]
    groups: Section = None
    allowed_actions: list[Text] = Field(default_factory=list)
    manual_actions: Literal["declared", "confirm"] = "declared"
    switch: Text | None = None
    vault: Text | None = None
    network: VirtualNetworkId | None = None


KINDS: Mapping[str, type[DrillForm]] = {
    "hyperv-replica": ReplicaDrillForm,
    "protected-item": ItemDrillForm,
    "recovery-plan": PlanDrillForm,
    "rehearsal": RehearsalForm,
}
PARTS: Mapping[str, type[DrillForm]] = {
    **{kind: form for kind, form in KINDS.items() if kind != "rehearsal"},
    "availability-group": GroupEstimateForm,
}
"""What a rehearsal is made of."""
WHOLE_ONLY = (
    *("scenario", "scenarios", "business_impact", "authorisation", "limits", "t0", "decision", "human", "people"),
    *("out_of_scope", "abort_on"),
)
"""What is said of a rehearsal once, and of none of its parts."""
