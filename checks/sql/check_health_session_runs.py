"""Would an instance with availability replicas record why a failover happened?"""

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.topology.availability import has_replica
from drcheck.topology.base import Topology
from drcheck.topology.sql import SqlInstance
from drcheck.topology.sql_upkeep import HealthSession
from drcheck.verdict import Severity

EXPECTED = "AlwaysOn_health running, and started with the server"


@check(
    "DR-SQL-103",
    "The session AlwaysOn_health runs on every replica and starts with the server",
    severity=Severity.LOW,
    why=(
        "It keeps what a failover leaves behind: lease timeouts, changes of role, lost connections. An upgrade or a "
        "script may have dropped it, and the first failover after that cannot be explained."
    ),
    source="Microsoft, Configure extended events for availability groups; sys.server_event_sessions",
    remedy=(
        "ALTER EVENT SESSION [AlwaysOn_health] ON SERVER WITH (STARTUP_STATE = ON); "
        "ALTER EVENT SESSION [AlwaysOn_health] ON SERVER STATE = START; if gone, script it from elsewhere."
    ),
    controls=("NIST SP 800-53 AU-12", "ISO/IEC 27001:2022 A.8.15"),
)
def check_health_session_runs(instance: SqlInstance, topology: Topology) -> Outcome:
    """What the instance says of the session; an instance without a replica needs none."""
    if not has_replica(topology, instance.host):
        raise NotApplicable(f"{instance.key} has no replica of an availability group")
    session = topology.get(HealthSession, instance.key)
    if session is None:
        topology.require(HealthSession, f"sql:{instance.seen.endpoint}")
    faults = ["the session does not exist"] if session is None else []
    if session is not None and not session.running:
        faults.append("it does not run")
    if session is not None and not session.starts_with_server:
        faults.append("it does not start with the server")
    what = " and ".join(faults) or "running, and started with the server"
    judge = failed if faults else passed
    facts = () if session is None else (session,)
    return judge(f"{instance.key}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=facts)
