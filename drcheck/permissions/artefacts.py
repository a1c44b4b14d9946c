"""Which files does an administrator need to give drcheck exactly its rights? Text that is run by them, never by us."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from drcheck.errors import UsageError
from drcheck.permissions.azure import SCOPE, role
from drcheck.permissions.rights import ACCOUNT, CLUSTER, HYPERV, SIGN_IN, SQL_AGENT, SQL_STATE, Right, rights_of
from drcheck.permissions.uses import RunKind, uses
from drcheck.query import ArmAction, ArmRead, BlobCall

_ACCOUNT = re.compile(r"[^\s'\"\[\];`$]+(?: [^\s'\"\[\];`$]+)*")
_HEAD = f"""\
# Made by: drcheck permissions --run {{run}} --out DIR. Run it as an administrator; read it first.
# Put your own account in place of {ACCOUNT}; a group is better than an account.
"""
_VMM = f"""
# On a VMM server, in the VMM command shell. The profile reads only. Its scope decides what it sees: what is out of
# scope is not listed, and would look as if it did not exist, so everything is in it.
$role = New-SCUserRole -Name 'drcheck (read-only)' -UserRoleProfile 'ReadOnlyAdmin'
$top = @(Get-SCVMHostGroup | Where-Object {{ $null -eq $_.ParentHostGroup }})
$scope = $top + @(Get-SCCloud) + @(Get-SCLibraryServer)
Set-SCUserRole -UserRole $role -AddMember '{ACCOUNT}' -AddScope $scope
"""
_SQL = f"""\
-- Made by: drcheck permissions --run {{run}} --out DIR. Run it on every instance (each replica is asked by itself).
-- Put your own account in place of {ACCOUNT}; a group is better than an account.
USE master;
IF SUSER_ID(N'{ACCOUNT}') IS NULL CREATE LOGIN [{ACCOUNT}] FROM WINDOWS;
GRANT CONNECT SQL TO [{ACCOUNT}];
GRANT VIEW SERVER STATE TO [{ACCOUNT}];
-- Without the next one SQL Server does not complain, it tells less: logins and endpoints would seem not to exist.
GRANT VIEW ANY DEFINITION TO [{ACCOUNT}];
"""
_MSDB = f"""\
USE msdb;
IF USER_ID(N'{ACCOUNT}') IS NULL CREATE USER [{ACCOUNT}] FOR LOGIN [{ACCOUNT}];
ALTER ROLE db_datareader ADD MEMBER [{ACCOUNT}];
"""
_DRILL_HOSTS = r"""
# Drills also write below C:\ProgramData\drcheck (lease and journal), which every user may create there.
"""


def artefacts(run: RunKind, account: str = ACCOUNT, scope: str = SCOPE) -> Mapping[str, str]:
    """Files by name, for one kind of run; a drill's include what it needs to read.

    Args:
        run: what is to be possible.
        account: who gets the rights.
        scope: where the Azure role may be assigned: a subscription's ARM id.

    Raises:
        UsageError: the account's name could be taken for code in these files.
    """
    if not _ACCOUNT.fullmatch(account):
        raise UsageError(f"{account!r} is no name of an account; it looks like {ACCOUNT} or name@domain")
    made = _made(run)
    return {name: text.replace(ACCOUNT, account).replace(SCOPE, scope) for name, text in made.items()}


def _made(run: RunKind) -> Mapping[str, str]:
    calls = [use.query for use in uses(run) if isinstance(use.query, ArmRead | ArmAction)]
    needed = frozenset(right for use in uses(run) for right in rights_of(use.query))
    data = [use.query for use in uses(run) if isinstance(use.query, BlobCall)]
    return {
        f"azure-role-{run}.json": _azure(run, calls, data),
        "sql-grants.sql": _SQL.format(run=run) + (_MSDB if SQL_AGENT in needed else ""),
        "vmm-role.ps1": _HEAD.format(run=run) + _VMM,
        "windows-groups.ps1": _HEAD.format(run=run) + _windows(run, needed),
    }


def _azure(run: RunKind, calls: Sequence[ArmRead | ArmAction], data: Sequence[BlobCall]) -> str:
    described = {
        RunKind.READ: "Reads what drcheck reads of a Recovery Services vault and of the networks it recovers into.",
        RunKind.DRILL: "As the reading role, and holds test failovers of recovery plans and protected items, cleans up "
        "after them, and keeps leases and journals in the container that is declared for them. "
        "No real failover: it lacks plannedFailover, unplannedFailover, failoverCommit and reProtect.",
    }
    return json.dumps(role(f"drcheck {run}", described[run], calls, data), indent=2) + "\n"


def _windows(run: RunKind, needed: Iterable[Right]) -> str:
    parts = [
        "",
        f"# Every machine, to sign in over WinRM: {SIGN_IN.name}. Groups go by SID, because names are translated.",
        SIGN_IN.grant,
        "",
        f"# Every Hyper-V host, replicas' included: {HYPERV.name}. There is no group that only reads.",
        HYPERV.grant,
        "",
        f"# One node of each cluster: {CLUSTER.name}.",
        CLUSTER.grant,
    ]
    if SQL_STATE in needed:
        parts += ["", "# SQL Server: see sql-grants.sql. VMM: see vmm-role.ps1."]
    return "\n".join(parts) + "\n" + (_DRILL_HOSTS if run is RunKind.DRILL else "")
