"""Would a database find the same SQL Server after a failover as before?"""

from collections.abc import Iterable

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.topology.availability import instances_of
from drcheck.topology.base import Topology
from drcheck.topology.sql import AvailabilityGroup, SqlInstance
from drcheck.verdict import Severity

EXPECTED = "one version, edition and server collation on every replica"


@check(
    "DR-SQL-106",
    "The instances of an availability group are alike",
    severity=Severity.MEDIUM,
    why=(
        "A database cannot come back from a newer version to an older one. Another edition lacks what the application "
        "uses, and another collation breaks comparisons with temporary tables: both show only after the failover."
    ),
    source="Microsoft, Prerequisites, restrictions and recommendations for Always On availability groups",
    remedy="Update the older instance; reinstall one with another edition or server collation.",
    controls=("NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.9"),
)
def check_instances_alike(group: AvailabilityGroup, topology: Topology) -> Outcome:
    """Compare major version, edition and collation; a difference in build is a weakness, not a fault."""
    instances = instances_of(topology, group)
    if len(instances) < 2:
        raise NotApplicable(f"{group.name} has one instance")
    unequal = [word for word in ("edition", "collation") if _differ(getattr(one, word) for one in instances)]
    if _differ(one.version.partition(".")[0] for one in instances):
        unequal.insert(0, "version")
    what = "; ".join(_told(one) for one in instances)
    if unequal:
        message = f"{group.name}: different {', '.join(unequal)}: {what}; allowed: {EXPECTED}"
        return failed(message, observed=what, expected=EXPECTED, facts=instances)
    if any(not (one.version and one.edition and one.collation) for one in instances):
        raise Unknown(f"{group.name}: not every instance tells version, edition and collation: {what}")
    if len({one.version for one in instances}) > 1:
        return warned(f"{group.name}: different builds: {what}", observed=what, expected=EXPECTED, facts=instances)
    return passed(f"{group.name}: {what}", observed=what, expected=EXPECTED, facts=instances)


def _differ(words: Iterable[str]) -> bool:
    """Are there two of them? What was not told is no other edition, it is unknown."""
    return len({word for word in words if word}) > 1


def _told(instance: SqlInstance) -> str:
    words = (instance.version, instance.edition, instance.collation)
    return f"{instance.key} {', '.join(word or 'not told' for word in words)}"
