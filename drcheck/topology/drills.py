"""Drills that have been held, from their records, and what people wrote about them afterwards."""

from datetime import date, datetime
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact
from drcheck.topology.isolation_proof import NetworkProof

PLAIN = ("heartbeat", "ping", "boot", "boot-time", "baseline", "")
"""Kinds of probes that say no more than that an operating system runs."""


class FigureSubject(Struct, frozen=True, kw_only=True, gc=False):
    """What a figure is about, where a drill recovers several things; empty: not told, as for drills of one thing."""

    kind: str = ""
    key: str = ""


class DrillFigure(Struct, frozen=True, kw_only=True, gc=False):
    """A measured RTO or RPO. The true value lies within ``seconds`` ± ``uncertainty_seconds``."""

    kind: str
    """``rto`` or ``rpo``."""
    seconds: float
    uncertainty_seconds: float = 0.0
    method: str = ""
    """``probe``, ``sentinel``, ``platform`` …; empty: not told."""
    anomaly: str = ""
    """Why the figure proves nothing; empty when it stands."""
    subject: FigureSubject = FigureSubject()


class DrillPhase(Struct, frozen=True, kw_only=True, gc=False):
    """A stretch of a drill; ``declared`` marks durations nobody measured."""

    name: str
    seconds: float
    declared: bool = False


class GuestBaseline(Struct, frozen=True, kw_only=True, gc=False):
    """How a guest is set up for being reached in another place; ``None``: not told."""

    san_policy: str = ""
    """What becomes of disks it has not seen before: ``OnlineAll``, ``OfflineShared`` …; empty: not told."""
    rdp_enabled: bool | None = None
    rdp_profiles: tuple[str, ...] | None = None
    """Firewall profiles in which Remote Desktop is let through: ``Domain``, ``Private``, ``Public`` or ``Any``."""
    pending_reboot: tuple[str, ...] | None = None
    """What waits for a restart: registry keys of servicing and of Windows Update."""
    persistent_routes: tuple[str, ...] | None = None
    """Destination, mask, gateway, metric."""
    winhttp_proxy: str | None = None
    """Empty: none."""


class DrillProbe(Struct, frozen=True, kw_only=True, gc=False):
    """What was tried in a recovered copy. ``green_seconds`` counts from the request; ``None`` when never green."""

    name: str
    target: str
    """The machine's name."""
    mandatory: bool
    green_seconds: float | None
    kind: str = ""
    """``heartbeat``, ``service``, ``run-command`` …; empty: the first word of ``name``."""
    vm_id: str = ""
    """Of the machine, lower case; empty: not told."""
    baseline: GuestBaseline | None = None
    """What a ``baseline`` probe read."""

    @property
    def functional(self) -> bool:
        """Does it say more than that an operating system runs?"""
        return (self.kind or self.name.partition(" ")[0]).lower() not in PLAIN


class DrillIssue(Struct, frozen=True, kw_only=True, gc=False):
    """Something that a drill showed to be wrong, as its record has it."""

    id: str
    severity: str
    what: str


class FollowUp(Struct, frozen=True, kw_only=True, gc=False):
    """What became of something that a drill showed. Joined to the drill's own list by ``id``."""

    id: str
    owner: str = ""
    due: date | None = None
    severity: str = ""
    """Empty: as the record has it."""
    what: str = ""
    closed: date | None = None
    """``None`` while it is open."""
    retest: str = ""
    """Id of the later drill that showed the way out to work."""
    ticket: str = ""
    cause: str = ""
    """Why it was so, as people found out."""


class PlanState(Struct, frozen=True, kw_only=True, gc=False):
    """SHA-256 values of what a recovery plan is, part by part: another value is another plan."""

    groups: str
    """Which machines start in which group."""
    actions: str
    """Scripts, runbooks and manual actions with all that decides whether they run."""
    networks: str
    """Where the adapters of its machines go."""


class DrilledPlan(Struct, frozen=True, kw_only=True, gc=False):
    """A recovery plan as it was when a drill went through it."""

    key: str
    """Its ARM id, lower case."""
    state: PlanState
    name: str = ""


SECTIONS = {
    "authorisation": "who allowed it",
    "people": "who took part",
    "objectives": "what had to be true, fixed beforehand",
    "deviations": "what went otherwise than planned, or that nothing did",
    "clean_up": "what was there before, during and after it",
    "conclusion": "what follows from it",
    "integrity": "by whose clock it was held, and the hashes of what belongs to it",
}
"""Parts of a test failover's record that every framework asks for besides figures, probes and isolation."""


class DrillRecord(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A drill that was held. Key: the drill's id. Times are UTC; durations are seconds."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "drill"

    drill_kind: str
    """``hyperv-replica`` or ``recovery-plan``; people record others: ``planned-switchover``, ``table-top`` …"""
    target: str
    """VM id or recovery plan ARM id, lower case."""
    name: str
    verdict: str
    """``PASS`` or ``FAIL``; anything but PASS proves nothing."""
    cleaned_up: bool
    started: datetime
    finished: datetime
    rto_seconds: float | None
    rpo_seconds: float | None
    vm_ids: tuple[str, ...] = ()
    """The machines it brought up, lower case."""
    scenarios: tuple[str, ...] = ()
    """The declared scenarios it went through."""
    figures: tuple[DrillFigure, ...] = ()
    phases: tuple[DrillPhase, ...] = ()
    probes: tuple[DrillProbe, ...] | None = None
    """``None``: the record does not tell."""
    plan: PlanState | None = None
    """The recovery plan as it was; ``None``: there was none, or the record does not tell."""
    plans: tuple[DrilledPlan, ...] = ()
    """Every plan that it went through, as it was; of a rehearsal there may be many. Older records tell of none."""
    isolated: bool | None = None
    networks: tuple[str, ...] = ()
    """Where it brought them up, lower case: switches by name, VNets by ARM id; empty: the record does not tell."""
    proofs: tuple[NetworkProof, ...] | None = None
    """What canaries saw in them; ``None``: the record does not tell of any."""
    sections: tuple[str, ...] | None = None
    """Which of ``SECTIONS`` the record has; ``None``: nobody looked for them."""
    issues: tuple[DrillIssue, ...] = ()
    executors: tuple[str, ...] = ()
    """Who held it."""
    version: str = ""
    """Of drcheck, or of what else held it."""
    sha256: str = ""
    """Of the record's file, which a review names."""
    signature_gone: bool = False
    """It says that it is signed, and no signature lies beside it."""
    previous: str = ""
    """Id of the record before this one; empty for the first, and in older records."""
    previous_sha256: str = ""

    @property
    def succeeded(self) -> bool:
        """Everything was green, within the drill's own targets, and cleaned up."""
        return self.verdict == "PASS" and self.cleaned_up

    def plan_state(self, plan: str) -> PlanState | None:
        """What a plan was, by its key; ``None``: it was none of this drill's, or the record does not tell."""
        if plan == self.target:
            return self.plan
        return next((one.state for one in self.plans if one.key == plan), None)

    def figure(self, kind: str, application: str = "") -> DrillFigure | None:
        """The measured ``rto`` or ``rpo``, of an application if there is one; older records hold the bare number only.

        The first figure of a kind is that of everything that was drilled.
        """
        mine = FigureSubject(kind="application", key=application)
        found = [one for one in self.figures if one.kind == kind]
        for one in (*(one for one in found if application and one.subject == mine), *found):
            return one
        seconds = self.rto_seconds if kind == "rto" else self.rpo_seconds
        return None if seconds is None else DrillFigure(kind=kind, seconds=seconds)


class DrillReview(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What people made of a drill: who looked at its record, and what became of its findings. Key: the drill's id."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "drill review"

    record_sha256: str
    """Of the record that was looked at."""
    reviewer: str
    reviewed: date | None
    """``None``: nobody has signed."""
    accepted_by: str = ""
    """The application's owner, who takes the result."""
    executors: tuple[str, ...] = ()
    """Who held the drill, where the record names but an account."""
    follow_ups: tuple[FollowUp, ...] = ()
