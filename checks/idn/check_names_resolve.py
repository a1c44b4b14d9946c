"""Would the names that a recovery needs be found with the primary site's DNS servers gone?"""

from drcheck.check import Outcome, Unknown, check, failed, passed, warned
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application
from drcheck.topology.directory import RecoveryName, is_recovery_site
from drcheck.topology.network import NameAnswer
from drcheck.topology.sql_objects import AgListener
from drcheck.topology.vmm import VmmServer
from drcheck.verdict import Severity

SILENT = ("no-answer", "server-failure", "refused")
"""Outcomes after which a client asks the next server."""
KNOWN = ("answered", *SILENT)


@check(
    "DR-IDN-003",
    "The names that a recovery needs resolve at the recovery site's own DNS servers",
    severity=Severity.HIGH,
    why=(
        "A console, a listener or a vault that cannot be found by name is down for everybody who needs it. With the "
        "primary site its resolvers are gone, and an old address lives on in caches for as long as its TTL says."
    ),
    source="Microsoft, Set up disaster recovery for Active Directory and DNS",
    remedy=(
        "Host the zone on a DNS server at the recovery site, name that server under reachability in estate.yaml, and "
        "lower the TTL: Set-ClusterParameter HostRecordTTL <seconds>, or Set-DnsServerResourceRecord."
    ),
    controls=("NIST SP 800-53 CP-8", "NIST SP 800-53 CP-10"),
)
def check_names_resolve(name: RecoveryName, topology: Topology, policy: Policy) -> Outcome:
    """Take only what machines of a secondary site heard from servers of a secondary site.

    A name that moves may be remembered for a quarter of the shortest RTO that hangs on it. A server that answers from
    its cache tells what is left of the TTL, so that a short one there proves less than one from the zone's own server.
    """
    answers, unclear = _answers(name, topology)
    limit = _ttl_limit(name, topology, policy) if name.moves else None
    expected = "an answer from every DNS server of the recovery site" + (
        f", kept for at most {human(limit)}" if limit is not None else ""
    )
    faults = [f"{one.server} says {one.outcome} to {one.host}" for one in answers if one.outcome not in KNOWN]
    faults += [
        f"{one.server} lets it be kept for {human(one.ttl_seconds)}"
        for one in answers
        if limit is not None and one.ttl_seconds is not None and one.ttl_seconds > limit
    ]
    faults += [
        f"{one.server} answers {one.host} without an address"
        for one in answers
        if one.outcome == "answered" and not one.addresses
    ]
    silent = [f"{one.server} gave {one.outcome} to {one.host}" for one in answers if one.outcome in SILENT]
    good = [one for one in answers if one.addresses]
    if not faults:
        _require(name, topology, unclear)
        if not answers:
            raise Unknown(f"nobody at the recovery site asked for {name.name}; declare it under reachability")
        if limit is not None and any(one.ttl_seconds is None for one in good):
            raise Unknown(f"{name.name}: the TTL was not told")
    if faults or not good:
        what = "; ".join([*faults, *silent])
        return failed(f"{name.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=answers)
    if silent:
        what = "; ".join(silent)
        return warned(f"{name.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=answers)
    what = f"{', '.join(sorted({one.server for one in good}))} know {name.what} {good[0].addresses[0]}"
    return passed(f"{name.name}: {what}", observed=what, expected=expected, facts=answers)


def _answers(name: RecoveryName, topology: Topology) -> tuple[tuple[NameAnswer, ...], list[str]]:
    """What was heard at the recovery site, and what may have been."""
    found, unclear = [], []
    for one in topology.where(NameAnswer, "name", name.name):
        try:
            if is_recovery_site(topology, one.host) and is_recovery_site(topology, one.server):
                found.append(one)
        except Unknown as unknown:
            unclear.append(unknown.reason)
    return tuple(found), unclear


def _require(name: RecoveryName, topology: Topology, unclear: list[str]) -> None:
    """Every question about the name was answered, and everybody's place is known."""
    questions = topology.memo("questions by name", lambda: _questions(topology))
    for scope in questions.get(name.name, ()):
        topology.require(NameAnswer, scope)
    if unclear:
        raise Unknown(f"{name.name}: {unclear[0]}")
    if not name.moves:
        # It may be a name of VMM or of a listener, which nobody told.
        topology.require(VmmServer)
        topology.require(AgListener)


def _questions(topology: Topology) -> dict[str, list[str]]:
    asked: dict[str, list[str]] = {}
    for target in topology.targets:
        if target.role == "dns":
            asked.setdefault(target.endpoint.rpartition("/")[2], []).append(target.scope)
    return asked


def _ttl_limit(name: RecoveryName, topology: Topology, policy: Policy) -> float:
    """Seconds: VMM is the recovery machinery (tier 0); whose listener it is nobody told, so the strictest counts."""
    if name.what == "VMM server":
        return policy.tier(0).rto / 4
    return min((one.rto_seconds for one in topology.seen(Application)), default=policy.tier(None).rto) / 4
