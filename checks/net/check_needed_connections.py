"""Does a connection that recovery needs come about, tried by the machine that needs it?"""

from drcheck.check import Outcome, Unknown, check, failed, passed
from drcheck.topology.network import Connection
from drcheck.verdict import Severity


@check(
    "DR-NET-006",
    "Every declared destination can be reached from the machine that needs it",
    severity=Severity.HIGH,
    why=(
        "A firewall or proxy rule that exists at one site only is found when the other site has to work alone: the "
        "replica receives nothing, or the provider never reaches its vault."
    ),
    source="Microsoft, Hyper-V to Azure support matrix (URL access); Hyper-V Replica: firewall rules",
    remedy="Open the port in the firewall or proxy of the site that tried; for TLS, trust the issuer that is named.",
    controls=("NIST SP 800-53 CP-8", "NIST SP 800-53 CP-10"),
)
def check_needed_connections(connection: Connection) -> Outcome:
    """Judge each attempt of an observer in estate.yaml's ``reachability``; what nobody declared was not tried."""
    tls = connection.key.endswith("/tls")
    expected = f"an open port{' and a TLS server that the machine trusts' if tls else ''}"
    what = f"{connection.outcome or 'no answer told'}{f' ({connection.detail})' if connection.detail else ''}"
    if connection.outcome not in ("open", "") or connection.tls_outcome == "failed":
        why = f"{what}{', TLS failed' if connection.tls_outcome == 'failed' else ''}"
        return failed(f"{connection.title}: {why}; allowed: {expected}", observed=why, expected=expected)
    if connection.tls_errors:
        why = f"TLS, but {', '.join(connection.tls_errors)} (issuer {connection.tls_issuer or 'not told'})"
        return failed(f"{connection.title}: {why}; allowed: {expected}", observed=why, expected=expected)
    if not connection.outcome or (tls and connection.tls_outcome != "ok"):
        raise Unknown(f"{connection.title}: how the attempt ended was not told")
    what = f"{what}{f', {connection.tls_protocol}' if tls else ''}"
    return passed(f"{connection.title}: {what}", observed=what, expected=expected)
