"""Would logins, jobs, linked servers and credentials be there after a failover?"""

from collections.abc import Callable, Iterator, Sequence

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.topology.availability import instances_of
from drcheck.topology.base import Fact, Topology, matches
from drcheck.topology.sql import AvailabilityGroup, SqlInstance
from drcheck.topology.sql_objects import LinkedServer, SqlCredential, SqlJob, SqlLogin
from drcheck.verdict import Severity

EXPECTED = "the same logins (by SID), jobs, linked servers and credentials on every replica"
OWN = ("##*", "nt service\\*", "nt authority\\*", "builtin\\*", "sa", "distributor_admin")
"""Logins that every instance makes for itself."""
SHOWN = 5


@check(
    "DR-SQL-007",
    "What lives outside the databases is the same on every replica",
    severity=Severity.HIGH,
    why=(
        "A group carries databases and nothing else. A login with another SID cannot use its database, a job that is "
        "missing runs no more, and both are found by users."
    ),
    source="Microsoft, Failover and failover modes (what a group does not carry); sys.server_principals, msdb",
    remedy=(
        "CREATE LOGIN ... WITH SID = <the primary's>; script jobs, linked servers and credentials to the other "
        "replicas, and drop there what the primary no longer has; or use a contained availability group."
    ),
    controls=("NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.9"),
)
def check_server_objects_match(group: AvailabilityGroup, topology: Topology) -> Outcome:
    """Compare every replica with the first, in both directions."""
    instances = instances_of(topology, group)
    if len(instances) < 2:
        raise NotApplicable(f"{group.name} has one instance")
    compared: tuple[tuple[str, type[Fact], Callable[[Fact], str]], ...] = (
        ("login", SqlLogin, _login),
        ("job", SqlJob, _job),
        ("linked server", LinkedServer, _name),
        ("credential", SqlCredential, _name),
    )
    faults = [fault for word, kind, same in compared for fault in _differences(topology, instances, word, kind, same)]
    if faults:
        more = f" and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        what = "; ".join(faults[:SHOWN]) + more
        return failed(f"{group.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=instances)
    what = f"{len(instances)} instances agree"
    return passed(f"{group.name}: {what}", observed=what, expected=EXPECTED, facts=instances)


def _differences(
    topology: Topology, instances: Sequence[SqlInstance], word: str, kind: type[Fact], same: Callable[[Fact], str]
) -> Iterator[str]:
    held = {
        one.key: {same(fact) for fact in topology.all(kind, f"sql:{one.seen.endpoint}") if same(fact)}
        for one in instances
    }
    everything = {text for texts in held.values() for text in texts}
    for text in sorted(everything):
        lacking = [key for key, texts in held.items() if text not in texts]
        if lacking:
            yield f"{word} {text} is not on {', '.join(sorted(lacking))}"


def _login(fact: Fact) -> str:
    assert isinstance(fact, SqlLogin)  # noqa: S101 - asked for by that kind
    local = fact.name.lower().startswith(fact.host.partition(".")[0] + "\\")
    if local or matches(fact.name, OWN):
        return ""
    return f"{fact.name} ({'disabled, ' if fact.disabled else ''}SID {fact.sid})"


def _job(fact: Fact) -> str:
    """What it does, and whether it runs: ids and owners differ from instance to instance."""
    assert isinstance(fact, SqlJob)  # noqa: S101 - asked for by that kind
    steps = ",".join(f"{step.number}:{step.subsystem}:{step.database}:{step.command_sha256[:8]}" for step in fact.steps)
    return f"{fact.name} ({'enabled' if fact.enabled else 'disabled'}, steps {steps or 'none'})"


def _name(fact: Fact) -> str:
    return fact.title
