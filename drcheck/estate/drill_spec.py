"""What has been declared about drills: what is failed over, into what, who allowed it, and what must be green?"""

from datetime import datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct

from drcheck.estate.secret import Secret

T0 = Literal["request", "decision"]
RecoveryPoint = Literal["latest-processed", "latest-app-consistent"]
Premise = Literal["site-loss", "single-application", "ransomware-restore-point", "planned-switchover", "table-top"]
"""What an exercise takes to have happened, or how it is held, in the words that auditors use."""
Level = Literal["low", "medium", "high", "critical"]


class Reach(Struct, frozen=True, kw_only=True):
    """A TCP port of a machine, by name or address."""

    host: str
    port: int
    name: str = ""
    """What people call it; empty: the host."""

    @property
    def label(self) -> str:
        """As people read it: ``DC01 (10.1.0.10:389)``."""
        address = f"{self.host}:{self.port}"
        return f"{self.name} ({address})" if self.name else address


class Outsider(Struct, frozen=True, kw_only=True):
    """A machine of production that tries to get into a drill network."""

    host: str
    """A Windows machine that drcheck signs in to, lower case."""
    must_reach: tuple[Reach, ...]
    """In production: while they do not answer it, silence of the drill network means nothing."""


class Canary(Struct, frozen=True, kw_only=True):
    """A machine that stands in a drill network, and shows from inside what can be reached from there."""

    vm: str
    """Hyper-V: its name or id on the replica host. Azure: its ARM id, lower case."""
    must_not_reach: tuple[Reach, ...]
    """Production: any of them that answers is a leak."""
    must_reach: tuple[Reach, ...]
    """In the same network: while they do not answer, silence of the others means nothing."""
    beside: tuple[str, ...] = ()
    """What else stands in the network for good, such as the control target's machine; named as ``vm`` is."""
    from_production: Outsider | None = None
    """Who must not reach from outside what the canary must reach inside; ``None``: nobody tries."""


class NetworkSpec(Struct, frozen=True, kw_only=True):
    """A network that drills may use: a VNet's ARM id (``azure``, lower case) or a switch's name (``hyperv``)."""

    platform: str
    name: str
    canary: Canary | None = None
    without_canary: str = ""
    """Why it has none; empty: nobody has said."""


class ProbeSpec(Struct, frozen=True, kw_only=True):
    """What must turn green in a recovered copy; ``kind`` decides which of the fields say what is asked."""

    kind: str
    name: str = ""
    """A service, or a name to be resolved."""
    vm: str = ""
    """The machine, where a drill brings up several."""
    script: str = ""
    """PowerShell that a run-command probe runs in the guest; it must only read."""
    expect: str = ""
    """What a script prints on standard output when all is well."""
    mandatory: bool = True
    host: str = ""
    """Of a TCP port, as the guest sees it; empty: the guest itself."""
    port: int | None = None
    path: str = ""
    """A file in the guest."""
    database: str = ""
    file: Path | None = None
    """A script to be run in the guest; it must only read."""
    sha256: str = ""
    """Of that script: another content is refused."""
    max_age_seconds: int | None = None
    seconds: int | None = None
    """How long it may take to turn green; ``None``: as long as the drill allows."""
    attempts: int | None = None
    """How often it is tried at most; ``None``: until the time is over."""


class Authorisation(Struct, frozen=True, kw_only=True):
    """Who allowed a drill, and when it may be held. Times are UTC."""

    change: str
    """Number of the change or ticket."""
    approver: str
    not_before: datetime | None = None
    not_after: datetime | None = None
    """By then everything is cleaned up."""
    risk: str = ""
    """What could go wrong, in the approver's words."""


class Limits(Struct, frozen=True, kw_only=True):
    """How much a drill may do at once, and at all."""

    machines: int | None = None
    """How many machines it may bring up."""
    parallel: int = 4
    per_host: int = 2
    per_vault: int = 1
    seconds: int | None = None
    """How long the whole drill may take, clean-up included."""


class HumanStep(Struct, frozen=True, kw_only=True):
    """What a person does in a recovery; its time belongs to the RTO."""

    name: str
    owner: str
    seconds: int
    """How long it takes, as declared; a confirmed step is measured instead."""
    confirm: bool = False
    """A person says when it is done; where nobody can be asked, the declared time counts."""
    after: str = ""
    """The group that it follows; empty: before the first."""


class People(Struct, frozen=True, kw_only=True):
    """Who has to do with a drill, besides who holds it."""

    observer: str = ""
    reviewer: str = ""
    owner: str = ""
    """Of the application: takes the result."""
    communications: str = ""
    """Tells everybody else what is going on."""


class ScenarioSpec(Struct, frozen=True, kw_only=True):
    """What a drill pretends has happened; whatever that is, drcheck holds test failovers."""

    type: Premise
    severity: Level | None = None
    """How bad it would be."""
    assumptions: tuple[str, ...] = ()
    """What the plans take for granted and this drill puts to the test."""
    third_parties: tuple[str, ...] = ()
    """Providers and others outside who take part, or would have to."""


class ImpactSpec(Struct, frozen=True, kw_only=True):
    """The business impact analysis that the targets come from."""

    reference: str
    version: str = ""


class SentinelSpec(Struct, frozen=True, kw_only=True):
    """Where a machine writes down the time, again and again, so that a copy of it tells how old its data are."""

    path: str = ""
    """A file in the guest."""
    database: str = ""
    """Or a database with the table ``dbo.drcheck_sentinel``."""
    vm: str = ""
    every_seconds: int = 60


class LeaseStore(Struct, frozen=True, kw_only=True):
    """Where leases and copies of journals of drills in Azure are kept."""

    container: str
    """``https://ACCOUNT.blob.core.windows.net/CONTAINER``, without a slash at the end."""
    token: Secret | None = None
    """A given token for Azure Storage; ``None``: whoever signs in to Azure gets one."""


class DrillGroup(Struct, frozen=True, kw_only=True):
    """What a rehearsal recovers side by side; the next group starts when this one is green."""

    name: str
    parts: "tuple[DrillSpec, ...]"


class Blackout(Struct, frozen=True, kw_only=True):
    """A time in which no drill may be held, UTC."""

    name: str
    start: datetime
    end: datetime


class DrillSpec(Struct, frozen=True, kw_only=True):
    """One drill to hold: what is failed over, into which network, and what must be green by when."""

    name: str
    kind: str
    """``hyperv-replica``, ``protected-item``, ``recovery-plan`` or ``rehearsal``; of a part also
    ``availability-group``, which is estimated."""
    vm: str = ""
    """VM id or name; of a Hyper-V Replica drill."""
    switch: str = ""
    """The isolated switch, as declared under ``drill_networks``; of a Hyper-V Replica drill."""
    vault: str = ""
    """ARM id of the vault, lower case; of a drill in Azure."""
    item: str = ""
    """Name of the protected item."""
    plan: str = ""
    """Name of the recovery plan."""
    availability_group: str = ""
    """Its name or id."""
    network: str = ""
    """ARM id of the isolated virtual network, lower case; of a drill in Azure."""
    recovery_point: RecoveryPoint = "latest-processed"
    """From which of the points that exist a copy in Azure is made."""
    allowed_actions: tuple[str, ...] = ()
    """Scripts and runbooks of the plan, by name, that may run in a test failover because they are known to be safe."""
    groups: tuple[DrillGroup, ...] = ()
    """Of a rehearsal, in order."""
    application: str = ""
    manual_actions: Literal["declared", "confirm"] = "declared"
    """Who says that a plan's manual action is done: drcheck, so that its declared time counts, or a person."""
    probes: tuple[ProbeSpec, ...] = ()
    sentinel: SentinelSpec | None = None
    rto_seconds: int | None = None
    rpo_seconds: int | None = None
    seconds: int = 1800
    """How long the copies may take to come up before the drill gives up and cleans up."""
    scenario: ScenarioSpec | None = None
    scenarios: tuple[str, ...] = ()
    """Declared scenarios that the drill goes through."""
    business_impact: ImpactSpec | None = None
    authorisation: Authorisation | None = None
    limits: Limits = Limits()
    t0: T0 = "request"
    """What the RTO counts from: the request of the failover, or the decision to fail over before it."""
    decision_seconds: int = 0
    """From the decision to the request, as declared."""
    human: tuple[HumanStep, ...] = ()
    people: People = People()
    out_of_scope: tuple[tuple[str, str], ...] = ()
    """What it leaves out, and why."""
    abort_on: tuple[str, ...] = ("probe",)
    """What ends it at once, besides a leak: ``probe`` (a mandatory one that never turned green), ``rpo``."""
    file: Path | None = None
    """The drill file; ``None``: it stands in estate.yaml."""
    sha256: str = ""
    """Of the drill file."""

    @property
    def target(self) -> str:
        """What is failed over, as people name it."""
        return self.vm or self.item or self.plan or self.availability_group or self.application or self.name

    @property
    def network_name(self) -> str:
        """The network it goes into: the switch's name, or the virtual network's ARM id; of a rehearsal, all of them."""
        own = [name for name in (self.switch, self.network) if name]
        parts = [part.network_name for group in self.groups for part in group.parts]
        return ", ".join(dict.fromkeys(filter(None, [*own, *parts])))
