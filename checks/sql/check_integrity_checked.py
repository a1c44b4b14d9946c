"""Was every database of an availability group checked for damage lately, on any of its replicas?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import DAY, MINUTE, Policy, human
from drcheck.topology.availability import instances_of
from drcheck.topology.base import Topology
from drcheck.topology.sql import AvailabilityGroup
from drcheck.topology.sql_upkeep import DatabaseUpkeep, youngest
from drcheck.verdict import Severity

NEVER = 50 * 365 * DAY
"""What is older was never done: the server writes the year 1900 for it."""


@check(
    "DR-SQL-105",
    "Every database of an availability group was checked for damage lately on one of its replicas",
    severity=Severity.MEDIUM,
    why=(
        "Damage on disk is found when the page is read, which may be the day after the failover. Backups of a damaged "
        "database are damaged as well."
    ),
    source="Microsoft, DBCC CHECKDB; DATABASEPROPERTYEX (LastGoodCheckDbTime)",
    remedy="DBCC CHECKDB (<name>) WITH NO_INFOMSGS, by a weekly job on each replica in turn.",
    controls=("NIST SP 800-53 SI-7", "NIST SP 800-53 CP-9", "ISO/IEC 27001:2022 A.8.13"),
)
def check_integrity_checked(group: AvailabilityGroup, topology: Topology, policy: Policy) -> Outcome:
    """The last good check over all replicas.

    A check of one replica says nothing of the disks of another; that all take turns is not judged. Versions before
    SQL Server 2016 SP2 do not tell.
    """
    instances = instances_of(topology, group)
    if not group.databases:
        raise NotApplicable(f"{group.name} has no database")
    expected = f"DBCC CHECKDB within {human(policy.integrity_check_max_age)}"
    keys = {one.key for one in instances}
    found = {name: _newest(topology, name, keys, policy.integrity_check_max_age) for name in group.databases}
    old = {name: age for name, age in found.items() if age is None or age > policy.integrity_check_max_age}
    if old:
        for one in instances:
            topology.require(DatabaseUpkeep, f"sql:{one.seen.endpoint}")
    faults = [f"{name} {_words(age)}" for name, age in old.items() if age is not None]
    if old and not faults:
        raise Unknown(f"{group.name}: no replica tells when {' and '.join(old)} was checked")
    what = "; ".join(faults) or f"{len(found)} databases, over {len(instances)} replicas"
    judge = failed if faults else passed
    return judge(f"{group.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=instances)


def _newest(topology: Topology, name: str, instances: set[str], most: int) -> float | None:
    """Seconds since the last good check on any replica; ``None``: nobody tells that can be believed."""
    told = (one for one in topology.where(DatabaseUpkeep, "name", name) if one.instance in instances)
    newest, doubted = youngest(one.check_minutes for one in told)
    if newest is None or (doubted and newest * MINUTE > most):
        return None
    return newest * MINUTE


def _words(age: float) -> str:
    return "was never checked" if age > NEVER else f"was last checked {human(age)} ago"
