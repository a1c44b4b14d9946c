"""Which right does a question need on a Windows machine or in SQL Server, and how is it granted?

Sources: Microsoft, "Hyper-V Replica" (Hyper-V Administrators may fail over), ``Grant-ClusterAccess``,
``Set-SCUserRole``, ``sys`` views (VIEW SERVER STATE, VIEW ANY DEFINITION), "SQL Server Agent fixed database roles".
Groups are named by their SIDs as well, because their names are translated.
"""

from msgspec import Struct

from drcheck.permissions.azure import data_right_of
from drcheck.permissions.azure import right_of as azure_right_of
from drcheck.query import ArmAction, ArmRead, Asked, BlobCall, Certificates, Cmdlet, Probe, Registry, Resolve, Sql

ACCOUNT = r"CONTOSO\drcheck"
"""Stands in every command for the account that drcheck signs in with."""


class Right(Struct, frozen=True, kw_only=True):
    """A right, and the command that grants it, to be run by an administrator of that system."""

    name: str
    where: str = ""
    grant: str = ""


SIGN_IN = Right(
    name="Remote Management Users",
    where="on the machine",
    grant=f"Add-LocalGroupMember -SID S-1-5-32-580 -Member '{ACCOUNT}'",
)
HYPERV = Right(
    name="Hyper-V Administrators",
    where="on the host",
    grant=f"Add-LocalGroupMember -SID S-1-5-32-578 -Member '{ACCOUNT}'",
)
CLUSTER = Right(
    name="cluster read-only access",
    where="on a node of the cluster",
    grant=f"Grant-ClusterAccess -User '{ACCOUNT}' -ReadOnly",
)
VMM = Right(
    name="VMM Read-Only Administrator",
    where="on the VMM server, in the VMM command shell (the role: see vmm-role.ps1)",
    grant=f"Set-SCUserRole -UserRole (Get-SCUserRole -Name 'drcheck (read-only)') -AddMember '{ACCOUNT}'",
)
SQL_STATE = Right(
    name="VIEW SERVER STATE",
    where="on the instance",
    grant=f"GRANT VIEW SERVER STATE TO [{ACCOUNT}];",
)
SQL_DEFINITION = Right(
    name="VIEW ANY DEFINITION",
    where="on the instance",
    grant=f"GRANT VIEW ANY DEFINITION TO [{ACCOUNT}];",
)
SQL_AGENT = Right(
    name="db_datareader in msdb",
    where="on the instance",
    grant=f"USE msdb; CREATE USER [{ACCOUNT}] FOR LOGIN [{ACCOUNT}]; ALTER ROLE db_datareader ADD MEMBER [{ACCOUNT}];",
)
WMI = Right(
    name="CIM Enable Account",
    where="on the machine, for the namespace; on ROOT\\cimv2 every user has it",
    grant="wmimgmt.msc > Properties > Security > Enable Account and Execute Methods",
)
DIRECTORY = Right(name="any account of the domain")
NOTHING = Right(name="signing in")
ASSIGN = "az role assignment create --assignee <object id> --role 'drcheck read' --scope <vault or subscription id>"
"""After ``az role definition create --role-definition azure-role-read.json``."""

ASSIGN_DATA = (
    "az role assignment create --assignee <object id> --role 'drcheck drill' "
    "--scope <storage account id>/blobServices/default/containers/<container>"
)

_MODULES = {
    "virtualmachinemanager": VMM,
    "hyper-v": HYPERV,
    "failoverclusters": CLUSTER,
    "cimcmdlets": WMI,
    "storage": WMI,
    "nettcpip": WMI,
    "netsecurity": WMI,
    "activedirectory": DIRECTORY,
}
INSTALL = {
    "virtualmachinemanager": 'Install the VMM console (its setup\'s feature "VMM console") on the machine',
    "hyper-v": "Install-WindowsFeature Hyper-V-PowerShell",
    "failoverclusters": "Install-WindowsFeature RSAT-Clustering-PowerShell",
    "activedirectory": "Install-WindowsFeature RSAT-AD-PowerShell",
}
"""How a module gets onto a Windows Server; others are part of it."""


def rights_of(query: Asked) -> tuple[Right, ...]:
    """What a question needs besides the right to sign in; of Azure, the action that a role must hold."""
    if isinstance(query, BlobCall):
        return (Right(name=data_right_of(query), where="on the container of drill_leases", grant=ASSIGN_DATA),)
    if isinstance(query, ArmRead | ArmAction):
        return (Right(name=azure_right_of(query), where="in Azure", grant=ASSIGN),)
    if isinstance(query, Cmdlet):
        return (_MODULES.get(query.module.lower(), NOTHING),)
    if isinstance(query, Sql):
        return _of_batch(query.text.lower())
    return (_local(query),)


def _of_batch(text: str) -> tuple[Right, ...]:
    needed = []
    if "sys.dm_" in text:
        needed.append(SQL_STATE)
    if "msdb." in text:
        needed.append(SQL_AGENT)
    return (*needed, SQL_DEFINITION)


def _local(_query: Registry | Certificates | Probe | Resolve) -> Right:
    r"""Keys below HKLM\SOFTWARE, public halves of certificates, connections: every user may."""
    return NOTHING
