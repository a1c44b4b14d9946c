"""Does anybody hold everything at the vault all the time?"""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from drcheck.check import Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy
from drcheck.topology.azure_governance import RoleAssignment, RoleDefinition
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import Vault
from drcheck.verdict import Severity

EXPECTED = "no active assignment that may both delete the vault and hand out roles, except declared break-glass ones"
OWNER = ("microsoft.recoveryservices/vaults/delete", "microsoft.authorization/roleassignments/write")


@check(
    "DR-SEC-004",
    "Nobody owns the vault all the time",
    severity=Severity.HIGH,
    why=(
        "One stolen sign-in of an owner ends replication and deletes what could be recovered. Roles that are asked for "
        "when needed, and leave with the hour, leave a thief nothing to take."
    ),
    source="Microsoft, Azure RBAC best practices (limit owners); Manage Site Recovery access with Azure RBAC",
    remedy=(
        "Make the assignment eligible in Privileged Identity Management, or give Site Recovery Operator or Reader in "
        "its place; list break-glass accounts in estate.yaml under `policy: break_glass_principals`."
    ),
    controls=(
        "NIST SP 800-53 AC-5", "NIST SP 800-53 AC-6", "ISO/IEC 27001:2022 A.5.3", "ISO/IEC 27001:2022 A.8.2",
        "DORA Art. 9",
    ),
)  # fmt: skip
def check_no_standing_owner(vault: Vault, topology: Topology, policy: Policy) -> Outcome:
    """Every active assignment at the vault and above it, by what the roles of a principal allow together.

    Not judged: roles that only hand out roles, who is in a group, the roles of drcheck's own identities (``drcheck
    permissions`` lists what they need), and local groups on Windows.
    """
    scope = f"vault:{vault.key}"
    here = topology.seen(RoleAssignment, scope)
    faults = list(_owners(topology, here, policy))
    if faults:
        what = "; ".join(faults)
        message = f"{vault.name}: {what}; allowed: {EXPECTED}"
        return failed(message, observed=what, expected=EXPECTED, facts=here)
    for kind in (RoleAssignment, RoleDefinition):
        topology.require(kind, scope)
    nameless = sorted({one.role for one in here if topology.get(RoleDefinition, one.role) is None})
    if nameless:
        raise Unknown(f"what the role {nameless[0].rpartition('/')[2]} allows at {vault.name} was not told")
    roles = sorted({_role(topology, one).name for one in here})
    what = f"{len(here)} assignments ({', '.join(roles) or 'no role'}), none of a standing owner"
    return passed(f"{vault.name}: {what}", observed=what, expected=EXPECTED, facts=here)


def _owners(topology: Topology, assignments: Iterable[RoleAssignment], policy: Policy) -> Iterator[str]:
    spared = {principal.lower() for principal in policy.break_glass_principals}
    held: dict[str, list[RoleAssignment]] = {}
    for one in assignments:
        if one.principal not in spared:
            held.setdefault(one.principal, []).append(one)
    for principal, mine in sorted(held.items()):
        roles = [(one, role) for one in mine if (role := topology.get(RoleDefinition, one.role)) is not None]
        enough = [(one, role) for one, role in roles if all(_allows(role, action) for action in OWNER)]
        parts = [(one, role) for one, role in roles if any(_allows(role, action) for action in OWNER)]
        if all(any(_allows(role, action) for _, role in parts) for action in OWNER):
            what = " and ".join(f"{role.name} at {one.scope}" for one, role in enough or parts)
            yield f"the {mine[0].principal_type} {principal} is {what}"


def _role(topology: Topology, assignment: RoleAssignment) -> RoleDefinition:
    return topology.need(RoleDefinition, assignment.role)


def _allows(role: RoleDefinition, action: str) -> bool:
    return _hit(action, role.actions) and not _hit(action, role.not_actions)


def _hit(action: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(action, pattern.lower()) for pattern in patterns)
