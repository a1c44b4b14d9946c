"""Could the partners of an availability replica reach it, and is what they send encrypted?"""

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.topology.availability import has_replica
from drcheck.topology.base import Topology
from drcheck.topology.sql_objects import MirroringEndpoint
from drcheck.verdict import Severity

EXPECTED = "STARTED and encrypted"


@check(
    "DR-SQL-104",
    "The endpoint that availability replicas talk through is started and encrypts",
    severity=Severity.HIGH,
    why=(
        "Without its endpoint a replica receives nothing, and after a failover sends nothing. Unencrypted, every "
        "change of the database crosses the link between the sites in the clear."
    ),
    source="Microsoft, The database mirroring endpoint (SQL Server); sys.database_mirroring_endpoints",
    remedy=(
        "ALTER ENDPOINT <name> STATE = STARTED; "
        "ALTER ENDPOINT <name> FOR DATABASE_MIRRORING (ENCRYPTION = REQUIRED ALGORITHM AES)."
    ),
    controls=("NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.24"),
)
def check_endpoint_started(endpoint: MirroringEndpoint, topology: Topology) -> Outcome:
    """The state and encryption that the instance reports."""
    if not has_replica(topology, endpoint.host):
        raise NotApplicable(f"{endpoint.instance} has no replica of an availability group")
    what = f"{endpoint.state or 'no state'}, {'encrypted' if endpoint.encrypted else 'not encrypted'}"
    name = f"{endpoint.name} of {endpoint.instance}"
    if endpoint.state != "STARTED" or not endpoint.encrypted:
        return failed(f"{name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    return passed(f"{name}: {what}", observed=what, expected=EXPECTED)
