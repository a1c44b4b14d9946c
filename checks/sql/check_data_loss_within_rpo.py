"""How much would be lost by failing over to the database's copy at the other site?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.availability import owners_of, replica_of, spared, tier_of
from drcheck.topology.base import Topology
from drcheck.topology.sql import AvailabilityReplica, DatabaseReplica
from drcheck.verdict import Severity


@check(
    "DR-SQL-004",
    "Failing over to the database replica at the other site loses no more than allowed",
    severity=Severity.HIGH,
    why=(
        "An asynchronous replica lags, and a synchronous one that fell out of step lags silently. A forced failover "
        "takes the database back in time; VMM then no longer knows machines that exist."
    ),
    source=(
        "Microsoft, Monitor performance for Always On availability groups; "
        "Microsoft, Configure SQL Server with AlwaysOn availability groups in VMM (2012 R2)"
    ),
    remedy=(
        "Raise the bandwidth or lower the change rate between the sites; change the replica to synchronous commit "
        "(ALTER AVAILABILITY GROUP ... MODIFY REPLICA ... WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT)); or waive."
    ),
    controls=("NIST SP 800-53 CP-6(2)", "NIST SP 800-53 CP-10(2)", "DORA Art. 12(6)"),
)
def check_data_loss_within_rpo(database: DatabaseReplica, topology: Topology, policy: Policy) -> Outcome:
    """Synchronous: ready for failover or not. Asynchronous: the worst of several lag samples against the RPO.

    That of the tier, or of an application that promises more than its tier does.
    """
    if database.is_primary:
        raise NotApplicable(f"{database.name} on the primary is the original")
    replica = replica_of(topology, database)
    reason = spared(topology, replica)
    if reason:
        raise NotApplicable(reason)
    if replica.availability_mode == "SYNCHRONOUS_COMMIT":
        return _synchronous(database, replica)
    allowed = policy.tier(tier_of(topology, database, replica)).rpo
    promised = [one.rpo_seconds for one in owners_of(topology, database, replica) if one.rpo_seconds > 0]
    limit = min([allowed, *promised])
    return _asynchronous(database, replica, policy, limit)


def _synchronous(database: DatabaseReplica, replica: AvailabilityReplica) -> Outcome:
    expected = "ready for failover without loss"
    judge = passed if database.failover_ready else failed
    what = f"is {'' if database.failover_ready else 'not '}{expected} ({database.synchronization_state})"
    return judge(
        f"{database.name} on {replica.name} {what}",
        observed=what,
        expected=expected,
        facts=(replica,),
    )


def _asynchronous(database: DatabaseReplica, replica: AvailabilityReplica, policy: Policy, limit: int) -> Outcome:
    """A sample that is no number, or negative, proves nothing; one above the limit proves the loss."""
    name = f"{database.name} on {replica.name}"
    samples = database.lag_seconds
    worst = max((one for one in samples if one == one), default=0.0)  # noqa: PLR0124 - only NaN differs from itself
    expected = f"at most {human(limit)} behind in {policy.sql_lag_samples} samples or more"
    what = f"{human(worst)} behind at worst in {len(samples)} samples"
    if worst > limit:
        message = f"{name} was {what}; {human(limit)} allowed"
        return failed(message, observed=what, expected=expected, facts=(replica,))
    if len(samples) < policy.sql_lag_samples:
        raise Unknown(f"{name}: {len(samples)} lag samples were taken, {policy.sql_lag_samples} are needed")
    if not all(one >= 0 for one in samples):
        raise Unknown(f"{name}: a lag sample is negative or no number, which proves nothing")
    if worst == 0 and database.log_send_queue_kb != 0:
        raise Unknown(f"{name}: the lag reads 0 while the log send queue is {database.log_send_queue_kb} KB")
    return passed(f"{name} was {what}; {human(limit)} allowed", observed=what, expected=expected, facts=(replica,))
