"""Would the scripts of a recovery plan still be found when the primary site is gone?"""

from collections.abc import Iterator, Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.library import lost_with_site, server_of
from drcheck.topology.network import Connection
from drcheck.topology.reach import attempts, planned
from drcheck.topology.site_recovery import PlanAction, RecoveryPlan
from drcheck.verdict import Severity

EXPECTED = "script libraries that outlive the primary site and answer on port 445"
SCRIPT, FORWARD, SMB = "ScriptActionDetails", "PrimaryToRecovery", 445


@check(
    "DR-VHA-005",
    "The script library of a recovery plan survives the loss of the primary site",
    severity=Severity.HIGH,
    why=(
        "VMM reads a plan's scripts from a share at the moment at which the plan runs. A share of one server at the "
        "site that is gone stops the plan in the middle."
    ),
    source="Microsoft, Add VMM scripts to a recovery plan; Set up the VMM library (highly available file server)",
    remedy=(
        "Move the library to a file server of a stretched cluster or into a replicated DFS folder, set "
        "ScriptLibraryPath on every VMM node, and correct the paths in the plan."
    ),
    controls=("NIST SP 800-53 CP-6", "NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.14"),
)
def check_scripts_survive(plan: RecoveryPlan, topology: Topology) -> Outcome:
    r"""Where the server in each script's path is, and every attempt to reach its port 445 in ``reachability``.

    A server elsewhere than at a site with the role primary, a stretched cluster's name, a domain's namespace, and a
    VMM server whose VM is replicated elsewhere (it comes back before any plan runs) survive. Not judged: whether the
    script is there and readable, where a namespace's folders are, and a port that nobody tries.
    """
    if not plan.groups:
        raise Unknown(f"the plan {plan.name} was read without its groups")
    scripts = [action for action in _actions(plan) if action.action_type == SCRIPT]
    if not scripts:
        raise NotApplicable(f"{plan.name} runs no script on the way to the recovery site")
    faults: list[str] = []
    servers, doubts = set(), []
    for action in scripts:
        try:
            server = server_of(topology, plan, action)
            servers.add(server)
            faults += _closed(attempts(topology, server, SMB))
            faults += filter(None, [lost_with_site(topology, server)])
        except Unknown as unknown:
            doubts.append(unknown)
    if faults:
        what = "; ".join(dict.fromkeys(faults))
        return failed(f"{plan.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    if doubts:
        raise doubts[0]
    for server in sorted(servers):
        _prove_tried(topology, server)
    what = f"{len(scripts)} scripts on {', '.join(sorted(servers))}"
    return passed(f"{plan.name}: {what}", observed=what, expected=EXPECTED)


def _prove_tried(topology: Topology, server: str) -> None:
    """Raise ``Unknown`` unless every attempt that is planned was made, and told how it ended."""
    for scope in planned(topology, server, SMB):
        topology.require(Connection, scope)
    if not all(one.outcome for one in attempts(topology, server, SMB)):
        raise Unknown(f"how an attempt at port {SMB} of {server} ended was not told")


def _actions(plan: RecoveryPlan) -> Iterator[PlanAction]:
    """Those of the way out; one that tells no direction counts."""
    for group in plan.groups:
        for action in (*group.start_actions, *group.end_actions):
            if FORWARD in action.failover_directions or not action.failover_directions:
                yield action


def _closed(tried: Sequence[Connection]) -> Iterator[str]:
    return (
        f"port {SMB} of {one.to} is {one.outcome} from {one.host}" for one in tried if one.outcome not in ("open", "")
    )
