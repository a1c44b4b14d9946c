"""How is an application rehearsed whose data is in an availability group?"""

from datetime import timedelta

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology, matches
from drcheck.topology.declared import Application
from drcheck.topology.sql import AvailabilityGroup
from drcheck.verdict import Severity


@check(
    "DR-SQL-010",
    "An application on an availability group has a method of drill, used lately",
    severity=Severity.MEDIUM,
    why=(
        "An availability group has no test failover. Without another way that somebody has chosen, such an application "
        "is the one that is never rehearsed, and its last switchover is a memory."
    ),
    source="Microsoft, Set up disaster recovery for SQL Server (Site Recovery); Always On availability groups",
    remedy=(
        "Restore a backup into the drill network, bring up an isolated copy of the group, or switch over as planned; "
        "then write `drill_method` and `drilled` to the application in estate.yaml."
    ),
    controls=("NIST SP 800-53 CP-4", "NIST SP 800-53 CP-9(2)", "ISO 22301 8.5", "SOC 2 A1.3"),
)
def check_drill_method_declared(application: Application, topology: Topology, policy: Policy) -> Outcome:
    """Applications of the method ``availability-group``, and those whose declared databases a group was seen to hold.

    The declared way and day against the tier's drill interval.

    Both are what somebody has written down; nothing here proves that the drill was held.
    """
    if application.method != "availability-group" and not _grouped(application, topology):
        raise NotApplicable(
            f"{application.name} is declared with the method {application.method}, and no group holds data of it"
        )
    limit = policy.drill_interval(application.tier, application.drill_interval_seconds)
    expected = f"a method of drill, used in the last {human(limit)}"
    day, today = application.drilled, topology.as_of.date()
    late = day is None or day > today or day < today - timedelta(seconds=limit)
    what = f"{application.drill_method or 'no method'}, last used {day or 'on no declared day'}"
    judge = failed if late or not application.drill_method else passed
    return judge(f"{application.name}: {what}; allowed: {expected}", observed=what, expected=expected)


def _grouped(application: Application, topology: Topology) -> bool:
    """Is one of its declared databases in an availability group?"""
    if not application.databases:
        return False
    named = (name for group in topology.seen(AvailabilityGroup) for name in group.databases)
    if any(matches(name, application.databases) for name in named):
        return True
    topology.require(AvailabilityGroup)
    return False
