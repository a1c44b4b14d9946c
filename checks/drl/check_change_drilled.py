"""Was an application drilled again after a substantive change?"""

from datetime import UTC, datetime, time, timedelta

from drcheck.check import NotApplicable, Outcome, check, failed, passed, warned
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application
from drcheck.topology.drills import DrillRecord
from drcheck.topology.programme import SubstantiveChange
from drcheck.topology.rehearsals import rehearsals_of
from drcheck.topology.vmm import VmmVm
from drcheck.verdict import Severity


@check(
    "DR-DRL-102",
    "Every substantive change was followed by a drill in time",
    severity=Severity.HIGH,
    why="The last drill proved what was there before the change. Until the next one, nobody knows what it broke.",
    source="Regulation (EU) 2022/2554 (DORA), Art. 11(6)(a); Implementing Regulation (EU) 2024/2690, Annex 4.1.4",
    remedy="Drill the changed applications now: `drcheck drill`.",
    controls=("NIST SP 800-53 CP-4", "DORA Art. 11(6)", "NIS2 Impl. Reg. (EU) 2024/2690 Annex 4.1.4"),
)
def check_change_drilled(change: SubstantiveChange, topology: Topology, policy: Policy) -> Outcome:
    """Find for each application the first success of a drill that began on a later day than the change.

    One machine of the application in the drill is enough here: how many take part is judged by DR-DRL-001. A drill on
    the day itself may have come before the change. Changes that nobody declared are not known.
    """
    topology.require(Application)
    topology.require(DrillRecord)
    topology.require(VmmVm)
    limit = policy.change_drilled_within
    expected = f"a successful drill of each application in {human(limit)}"
    after = datetime.combine(change.on + timedelta(days=1), time.min, UTC)
    firsts = {name: _first(name, after, topology) for name in change.applications}
    latest = after + timedelta(seconds=limit)
    waiting = [name for name, first in firsts.items() if first is None]
    late = [name for name, first in firsts.items() if first is not None and first.finished > latest]
    if waiting and topology.as_of <= latest:
        raise NotApplicable(
            f"{change.name} of {change.on}: {', '.join(waiting)} may be drilled until {latest:%Y-%m-%d}"
        )
    facts = tuple(first for first in firsts.values() if first)
    told = (f"{name} {_told(first, after)}" for name, first in firsts.items())
    what = f"{change.what} on {change.on}: {'; '.join(told)}"
    judge = failed if waiting else warned if late else passed
    return judge(f"{change.name}, {what}; allowed: {expected}", observed=what, expected=expected, facts=facts)


def _first(name: str, after: datetime, topology: Topology) -> DrillRecord | None:
    application = topology.get(Application, name)
    records = rehearsals_of(topology, application) if application else ()
    return next((one for one in records if one.succeeded and one.started >= after), None)


def _told(first: DrillRecord | None, after: datetime) -> str:
    if first is None:
        return "was not drilled since"
    return f"was drilled {human((first.finished - after).total_seconds())} later ({first.name})"
