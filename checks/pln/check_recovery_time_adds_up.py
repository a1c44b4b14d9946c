"""Does the declared sequence, added up, bring an application back within its target?"""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from msgspec import Struct

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import human
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application, SequenceStep
from drcheck.topology.drills import DrillRecord
from drcheck.topology.plan_state import require_groups
from drcheck.topology.rehearsals import TEST_FAILOVERS
from drcheck.topology.sequence import manual_actions, plan_of_step, steps_of
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.topology.vmm import VmmServer, VmmVm
from drcheck.verdict import Severity

MINUTE = 60
PERCENTILE = 0.9
SHOWN = 10
"""Steps at either end of a long sum that are named."""


class Span(Struct, frozen=True, kw_only=True):
    """How long a step takes, and who says so."""

    step: SequenceStep
    seconds: float
    basis: str

    def __str__(self) -> str:
        """``step 2 plan rp-payments 45 min (p90 of 3 drills)``."""
        step = self.step
        return f"step {step.number} {step.action} {step.target} {human(self.seconds)} ({self.basis})"


@check(
    "DR-PLN-010",
    "The steps up to an application's last machine add up to no more than its RTO",
    severity=Severity.HIGH,
    why=(
        "An RTO is signed by people who never added up the steps before it. What is estimated and what was measured is "
        "also the first thing an auditor puts side by side."
    ),
    source="NIST SP 800-34 Rev. 1, section 3.2 (recovery criticality and outage times); ISO 22301:2019, 8.4",
    remedy=(
        "Move the application's plan to an earlier step of `sequence` in estate.yaml, split plans so that less waits "
        "for it, or hold drills: what they measured replaces what was declared."
    ),
    controls=(
        "NIST SP 800-53 CP-2(3)", "NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.5.30", "DORA Art. 12(6)",
    ),
)  # fmt: skip
def check_recovery_time_adds_up(application: Application, topology: Topology) -> Outcome:
    """Add up every step until the application and all it needs are back; steps follow each other.

    A plan takes what nine of ten successful drills of it took at most; without drills, and for all that people do,
    what was declared counts. A plan counts whole, because its drills tell of no single group. The time until somebody
    decides is in no step.
    """
    if application.always_on or application.method in ("none", "availability-group"):
        raise NotApplicable(f"{application.name} is brought back by no step (method {application.method})")
    for kind in (SequenceStep, DrillRecord, RecoveryPlan, ProtectedItem, VmmServer):
        topology.require(kind)
    numbers, missing = _numbers(application, topology)
    spans = _spans(max(numbers, default=0), topology)
    total = sum(span.seconds for span in spans)
    expected = f"RTO {human(application.rto_seconds)}"
    unproven = "" if all(span.basis.startswith("p90") for span in spans) else ", unproven"
    what = f"{human(total)}{unproven} = {_sum(spans)}"
    if total > application.rto_seconds:
        return failed(f"{application.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    topology.require(VmmVm)
    require_groups(topology)
    if missing:
        listed = ", ".join(sorted(missing)[:3])
        raise Unknown(f"{application.name}: no declared step brings back {listed}, so nothing adds up")
    timeless = [span for span in spans if span.seconds <= 0]
    if timeless:
        raise Unknown(f"{application.name}: nobody said how long it takes: {timeless[0]}")
    return passed(f"{application.name}: {what}; allowed: {expected}", observed=what, expected=expected)


def _sum(spans: Sequence[Span]) -> str:
    """The steps as a sum; of a long one the ends, because thousands of machines come back in hundreds of steps."""
    left_out = len(spans) - 2 * SHOWN
    if left_out <= 1:
        return " + ".join(map(str, spans)) or "no step"
    middle = f"{left_out} steps more {human(sum(span.seconds for span in spans[SHOWN:-SHOWN]))}"
    return " + ".join((*map(str, spans[:SHOWN]), middle, *map(str, spans[-SHOWN:])))


def _numbers(application: Application, topology: Topology) -> tuple[list[int], set[str]]:
    """The steps that bring back the application and what it needs, and machines that no step brings back."""
    numbers: list[int] = []
    missing: set[str] = set()
    for one in _chain(application, topology):
        found, without = steps_of(topology, one)
        numbers += found
        if one.method != "availability-group":
            missing |= without
    return numbers, missing


def _chain(application: Application, topology: Topology) -> Iterable[Application]:
    """An application and all it needs that does not run anyway."""
    done: dict[str, Application] = {}
    waiting = [application.name]
    while waiting:
        one = topology.get(Application, waiting.pop())
        if one is not None and one.name not in done and not one.always_on and one.method != "none":
            done[one.name] = one
            waiting.extend(one.depends_on)
    return done.values()


def _spans(last: int, topology: Topology) -> list[Span]:
    """Every step up to the last one, and those that stand for manual actions of the plans among them."""
    return [span for begin, span in topology.memo("spans", lambda: _all_spans(topology)) if begin <= last]


def _all_spans(topology: Topology) -> list[tuple[int, Span]]:
    """Every step in order, after the number of the last step from which on it counts."""
    steps = sorted(topology.all(SequenceStep), key=lambda step: step.number)
    asked: dict[str, int] = {}
    for step in steps:
        plan = plan_of_step(topology, step)
        for action in manual_actions(plan) if plan else ():
            asked.setdefault(action.name.lower(), step.number)
    return [(_begin(step, asked), _measured(step, topology)) for step in steps]


def _begin(step: SequenceStep, asked: Mapping[str, int]) -> int:
    """A step counts from itself on; one that is a plan's manual action, already from where the plan is run."""
    return min(step.number, asked.get(step.target.lower(), step.number)) if step.action == "manual" else step.number


def _measured(step: SequenceStep, topology: Topology) -> Span:
    plan = plan_of_step(topology, step)
    records = topology.where(DrillRecord, "target", plan.key) if plan else ()
    good = (one for one in records if one.verdict == "PASS" and one.drill_kind in TEST_FAILOVERS)
    measured = sorted(one.rto_seconds for one in good if one.rto_seconds is not None)
    if not measured:
        return Span(step=step, seconds=step.minutes * MINUTE, basis="declared")
    seconds = measured[ceil(len(measured) * PERCENTILE) - 1]
    return Span(step=step, seconds=seconds, basis=f"p90 of {len(measured)} drills")
