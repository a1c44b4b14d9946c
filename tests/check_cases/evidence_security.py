"""Cases of checks on security that could have passed without evidence."""

import msgspec

from drcheck.policy import Policy
from drcheck.topology.azure_governance import RoleAssignment
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.site_recovery import Vault
from drcheck.topology.tls import HostTls
from tests import estate_azure_ready as ready
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_prepared import frameworks, protocols
from tests.estate_replica_hosts import certificate, server
from tests.estates import Change, add, change, cut, seen, together

CONTRIBUTOR, ACCESS = "role-contributor", "role-access"


def assigned(key: str, role: str, vault: str = names.VAULT, **fields: str) -> RoleAssignment:
    given = {"name": key, "principal": ready.SOMEBODY, "principal_type": "User", "scope": names.SUBSCRIPTION, **fields}
    return RoleAssignment(key=key, seen=seen(vault), vault=vault, role=role, condition="", **given)


PARTS = add(
    ready.role(ready.OWNER, "Owner", "*"),
    ready.role(CONTRIBUTOR, "Contributor", "*", without=("Microsoft.Authorization/*/Write",)),
    ready.role(ACCESS, "User Access Administrator", "*/read", "Microsoft.Authorization/*"),
)
FIRST = "/subscriptions/0/vaults/first"

owned = Table("DR-SEC-004", names.VAULT)
owned.fails(
    "an owner of the subscription, whom another vault tells first",
    together(PARTS, add(assigned("a1", ready.OWNER, FIRST), assigned("a1", ready.OWNER))),
    f"is Owner at {names.SUBSCRIPTION}",
)
owned.fails(
    "an owner by two roles together",
    together(PARTS, add(assigned("a1", CONTRIBUTOR), assigned("a2", ACCESS), assigned("a3", ready.READER))),
    f"is Contributor at {names.SUBSCRIPTION} and User Access Administrator at {names.SUBSCRIPTION}",
)
owned.fails(
    "an owner with a second role",
    together(PARTS, add(assigned("a1", ready.OWNER), assigned("a2", CONTRIBUTOR))),
    f"is Owner at {names.SUBSCRIPTION};",
)
owned.fails(
    "an owner, the rest unread",
    together(PARTS, add(assigned("a1", ready.OWNER)), cut(RoleAssignment, f"vault:{names.VAULT}")),
)
owned.passes(
    "two people with one half each",
    together(PARTS, add(assigned("a1", CONTRIBUTOR), assigned("a2", ACCESS, principal="another"))),
)
owned.passes(
    "break-glass by two roles",
    together(PARTS, add(assigned("a1", CONTRIBUTOR), assigned("a2", ACCESS))),
    policy=Policy(break_glass_principals=(ready.SOMEBODY,)),
)

guarded = Table("DR-SEC-103", names.VAULT)


def protection(**fields: str) -> Change:
    return change(Vault, names.VAULT, protection=msgspec.structs.replace(ready.PROTECTION, **fields))


guarded.passes("soft delete that can be turned off", protection(soft_delete="Enabled"))
guarded.passes("locked only", protection(multi_user_authorization="Invalid", immutability="Locked"))
guarded.unknown("soft delete in a word of its own", protection(soft_delete="Invalid"), "soft delete Invalid")
guarded.unknown(
    "guards in a word of their own", protection(multi_user_authorization="Invalid", immutability="Disabled"), "Invalid"
)

strong = Table("DR-SEC-003", f"tls:{names.HV_LON}")
strong.unknown("nothing told of TLS", change(HostTls, names.HV_LON, protocols=()), "does not tell")
strong.unknown("a version not told", change(HostTls, names.HV_LON, protocols=protocols()[1:]), "does not tell")
strong.unknown("half of .NET not told", change(HostTls, names.HV_LON, frameworks=frameworks()[1:]), "does not tell")
strong.fails(
    "a version not told, another one off",
    change(HostTls, names.HV_LON, protocols=protocols(v12=(0, 1))[2:]),
    "TLS 1.2 is switched off",
)

guarded.unknown(
    "soft delete in a word of its own, no guard",
    protection(soft_delete="Invalid", multi_user_authorization="Disabled", immutability="Disabled"),
)

valid = Table("DR-SEC-002", names.HV_LON)
valid.fails(
    "a wildcard of the label above",
    add(certificate(names.HV_LON, dns_names=("*.contoso.lab",))),
    f"is not for the name {names.HV_LON}",
)
valid.fails(
    "a wildcard of another site",
    add(certificate(names.HV_LON, dns_names=("*.lds.contoso.lab",))),
    f"is not for the name {names.HV_LON}",
)
SECOND_HOP = together(
    change(VmReplication, names.VMM_REPLICATION, authentication="Kerberos", certificate=""),
    change(
        VmReplication, names.REPLICATION, mode="Replica", relationship="Extended", authentication="Certificate",
        certificate="AA07",
    ),
)  # fmt: skip
valid.fails("what it sends on with is gone", together(SECOND_HOP, add(server(names.HV_LON, enabled=False))), "AA07")

clear = Table("DR-SEC-001", names.HV_LDS)
clear.fails(
    "Kerberos, by an extended replica it holds",
    together(
        add(server(names.HV_LDS, "hv8.lds.contoso.lab", authentication="Kerberos")),
        change(VmReplication, f"{names.VMM_VM}@{names.HV_LDS}/Simple", primary_server="hv8.lds.contoso.lab"),
        change(VmReplication, f"{names.FILE_VM}@{names.HV_LDS}/Simple", mode="ExtendedReplica"),
    ),
    f"{names.HV_LON} at london",
)

CASES = (*owned.cases, *guarded.cases, *strong.cases, *valid.cases, *clear.cases)
