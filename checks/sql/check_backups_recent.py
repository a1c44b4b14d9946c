"""Is there a recent backup of every database in an availability group, on whichever replica it was taken?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import MINUTE, Policy, human
from drcheck.topology.availability import instances_of
from drcheck.topology.base import Topology
from drcheck.topology.sql import AvailabilityGroup
from drcheck.topology.sql_upkeep import DatabaseUpkeep, youngest
from drcheck.verdict import Severity


@check(
    "DR-SQL-102",
    "Every database of an availability group was backed up lately on one of its replicas",
    severity=Severity.HIGH,
    why=(
        "A replica copies a wrong DELETE within a second. Only a backup goes back to before it; and where the log is "
        "not backed up it grows until the database stops."
    ),
    source="Microsoft, Offload supported backups to secondary replicas; msdb.dbo.backupset",
    remedy=(
        "Find out why the job did not run on the replica that sys.fn_hadr_backup_is_preferred_replica prefers, and run "
        "it: BACKUP DATABASE <name> TO <device> WITH COPY_ONLY on a secondary; BACKUP LOG <name> TO <device>."
    ),
    controls=("NIST SP 800-53 CP-9", "ISO/IEC 27001:2022 A.8.13", "DORA Art. 12(1)"),
)
def check_backups_recent(group: AvailabilityGroup, topology: Topology, policy: Policy) -> Outcome:
    """The newest full and the newest log backup over all replicas: no single one has to hold them.

    What the backup history of the instances does not know, of a storage system's snapshots say, is not seen; that a
    backup can be restored only a restore shows.
    """
    instances = instances_of(topology, group)
    if not group.databases:
        raise NotApplicable(f"{group.name} has no database")
    limits = (("full", policy.full_backup_max_age), ("log", policy.log_backup_max_age))
    expected = ", ".join(f"a {kind} backup within {human(limit)}" for kind, limit in limits)
    keys = [one.key for one in instances]
    problems = [one for name in group.databases for one in _problems(topology, name, keys, limits)]
    if problems:
        for one in instances:
            topology.require(DatabaseUpkeep, f"sql:{one.seen.endpoint}")
    faults = [problem for problem, proven in problems if proven]
    if problems and not faults:
        raise Unknown("; ".join(problem for problem, _ in problems))
    what = "; ".join(faults) or f"{len(group.databases)} databases, over {len(instances)} replicas"
    judge = failed if faults else passed
    return judge(f"{group.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=instances)


def _problems(
    topology: Topology, name: str, instances: list[str], limits: tuple[tuple[str, int], ...]
) -> Iterator[tuple[str, bool]]:
    """What is wrong with the backups of a database, and is it proven?"""
    told = [one for one in topology.where(DatabaseUpkeep, "name", name) if one.instance in instances]
    for kind, limit in limits:
        newest, doubted = youngest(one.full_minutes if kind == "full" else one.log_minutes for one in told)
        if newest is not None and newest * MINUTE <= limit:
            continue
        if doubted:
            yield f"a replica dates a {kind} backup of {name} in its own future: its clock was set", False
        elif newest is None:
            yield f"no {kind} backup of {name} on any replica", True
        else:
            yield f"the newest {kind} backup of {name} is {human(newest * MINUTE)} old", True
