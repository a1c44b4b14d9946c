"""How long would a secondary still redo log before the database opens there?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.availability import owners_of, replica_of, spared, tier_of
from drcheck.topology.base import Topology
from drcheck.topology.sql import DatabaseReplica
from drcheck.verdict import Severity


@check(
    "DR-SQL-101",
    "A secondary works off its redo queue within its share of the RTO",
    severity=Severity.MEDIUM,
    why=(
        "The database opens at the other site when everything that has arrived is redone. No alert looks at that queue "
        "when the data itself is up to date, and it is part of every failover."
    ),
    source="Microsoft, Monitor performance for Always On availability groups (estimating failover time)",
    remedy=(
        "Look for what holds up redo on the secondary (blocked redo thread, slow disks, reporting queries), and give "
        "it the primary's hardware."
    ),
    controls=("NIST SP 800-53 CP-10", "ISO 22301 8.4"),
)
def check_redo_in_time(database: DatabaseReplica, topology: Topology, policy: Policy) -> Outcome:
    """The longest redo queue that was sampled, at the rate that SQL Server tells, against a share of the RTO.

    That of the tier, or of an application that promises more than its tier does.
    """
    if database.is_primary:
        raise NotApplicable(f"{database.name} on the primary has nothing to redo")
    replica = replica_of(topology, database)
    reason = spared(topology, replica)
    if reason:
        raise NotApplicable(reason)
    queues = [
        one for one in (database.redo_queue_kb, *(one.redo_queue_kb for one in database.samples)) if one is not None
    ]
    rate = database.redo_rate_kb_per_second
    if not queues or (max(queues) > 0 and not rate):
        raise Unknown(f"{database.name} on {replica.name}: its redo queue or redo rate was not told")
    seconds = max(queues) / rate if rate else 0.0
    allowed = policy.tier(tier_of(topology, database, replica)).rto
    promised = [one.rto_seconds for one in owners_of(topology, database, replica) if one.rto_seconds > 0]
    limit = min([allowed, *promised]) * policy.redo_rto_percent / 100
    expected = f"at most {human(limit)}, {policy.redo_rto_percent:g} % of the RTO"
    what = f"{max(queues)} KB to redo at {rate or 0} KB/s take {human(seconds)}"
    judge = failed if seconds > limit else passed
    return judge(
        f"{database.name} on {replica.name}: {what}; allowed: {expected}", observed=what, expected=expected,
        facts=(replica,),
    )  # fmt: skip
