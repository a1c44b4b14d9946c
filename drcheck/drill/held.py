"""What is known of a drill while it is held? Filled in as it goes."""

from dataclasses import dataclass, field
from datetime import datetime

from drcheck.drill import ProbeResult
from drcheck.drill.isolation.canary import Proofs
from drcheck.drill.readiness import Readiness
from drcheck.drill.timing.timeline import Timeline
from drcheck.estate import DrillSpec
from drcheck.topology.drills import DrilledPlan, PlanState
from drcheck.verdict import Measurement, Phase, Subject, Verdict


@dataclass(kw_only=True)
class Held:
    """A drill while it is held: filled in as it goes, so that whatever happens there is something to report."""

    drill: str
    spec: DrillSpec
    started: datetime
    finished: datetime | None = None
    subject: Subject | None = None
    executor: str = ""
    fixed_at: datetime | None = None
    """When its objectives were written to the journal, before anything was started; ``None``: never."""
    fixed_sha256: str = ""
    """Of the objectives in the journal, where another process writes the record; empty: they are those of ``spec``."""
    vm_ids: tuple[str, ...] = ()
    plans: tuple[DrilledPlan, ...] = ()
    """Its recovery plans as they were just before."""
    hosts: tuple[str, ...] = ()
    """The replica hosts that its copies came up on."""
    ready: Readiness | None = None
    """What stood against it, and how long it was expected to take; ``None`` when it never came to that."""
    judged_at: datetime | None = None
    """When its networks' configuration was judged, the last time before anything was started."""
    requested: bool = False
    """A test failover was asked for."""
    before: frozenset[str] | None = None
    """The inventory before it; ``None`` when it never came to that."""
    during: frozenset[str] | None = None
    """The inventory while the copies ran; ``None``: not read."""
    after: frozenset[str] | None = None
    """The inventory after the clean-up; ``None``: not read."""
    isolated: bool = False
    leaks: tuple[str, ...] = ()
    proofs: Proofs | None = None
    """What the canaries saw; ``None`` when it never came to that."""
    exclusivity: str = ""
    probes: tuple[ProbeResult, ...] = ()
    phases: tuple[Phase, ...] = ()
    timeline: Timeline | None = None
    """How its time passes; ``None`` until there is something to time."""
    measurements: list[Measurement] = field(default_factory=list)
    left_over: tuple[str, ...] = ()
    cleaned_up: bool = False
    clean_at: datetime | None = None
    """When nothing was left any more; ``None``: something is, or may be."""
    trouble: list[str] = field(default_factory=list)

    @property
    def plan(self) -> PlanState | None:
        """What was drilled as it was just before, where that is a recovery plan and could be read."""
        return next((one.state for one in self.plans if self.subject and one.key == self.subject.key), None)

    @property
    def verdict(self) -> Verdict:
        """PASS when everything was done, green, within its targets, and nothing is left."""
        if self.trouble or not self.cleaned_up or not self.measurements:
            return Verdict.FAIL
        verdicts = {measurement.verdict for measurement in self.measurements}
        return Verdict.FAIL if verdicts & {Verdict.FAIL, Verdict.UNKNOWN} else Verdict.PASS
