"""Have drills gone through everything that they are there for, or only through what is easy?"""

from drcheck.check import Outcome, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.declared import DeclaredScenario
from drcheck.topology.drills import DrillRecord
from drcheck.topology.rehearsals import SWITCHOVER, TEST_FAILOVERS
from drcheck.verdict import Severity


@check(
    "DR-DRL-008",
    "Every declared scenario was gone through in the last twelve months",
    severity=Severity.HIGH,
    why=(
        "A programme that drills the same plan every quarter has never shown what happens without the directory, or "
        "on the way back. Drills count together, over time."
    ),
    source="ISO 22301:2019, 8.5 (exercise programme); Delegated Regulation (EU) 2024/1774, Art. 25(2)",
    remedy="Hold a drill of that scenario, and name it under `scenarios` of the drill in estate.yaml.",
    controls=("NIST SP 800-53 CP-4", "ISO 22301 8.5", "DORA Art. 11(6)"),
)
def check_scenario_exercised(scenario: DeclaredScenario, topology: Topology, policy: Policy) -> Outcome:
    """Find the newest successful record, cleaned up, that names the scenario.

    How often each application takes part is judged by DR-DRL-001. A table-top exercise counts, as something that was
    declared; only what brought machines up is evidence that was tested.
    """
    records = [
        one
        for one in topology.seen(DrillRecord)
        if scenario.name in one.scenarios and one.verdict == "PASS" and one.cleaned_up
    ]
    limit = policy.scenario_interval
    expected = f"a successful drill in the last {human(limit)}"
    ages = [(age_of(topology, one.finished, one.seen.endpoint, policy.clock_skew_max), one) for one in records]
    age, newest = min(ages, key=lambda one: one[0].seconds, default=(None, None))
    if newest is None or age is None or age.exceeds(limit):
        topology.require(DrillRecord)
        what = "no successful drill names it" if age is None else f"last gone through {human(age.seconds)} ago"
        return failed(f"{scenario.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    what = f"{newest.name}, {human(age.seconds)} ago"
    held = newest.drill_kind in (*TEST_FAILOVERS, SWITCHOVER)
    return passed(
        f"{scenario.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(newest,), tested=held
    )
