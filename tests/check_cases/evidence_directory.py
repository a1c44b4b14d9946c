"""Cases of checks on directory, people's preparations and support that could have passed without evidence."""

from datetime import date

from msgspec.structs import replace

from drcheck.topology.declared import DeclaredEndpoint
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.identity import DomainController, ReplicationPartner
from drcheck.topology.network import NameAnswer
from drcheck.topology.prepared import BreakGlass, DrillController
from drcheck.topology.site_recovery import ProtectedItem, ReplicationPolicy
from drcheck.topology.site_recovery_state import RecoveryProvider
from drcheck.topology.vmm import ManagedHost, VmmServer
from drcheck.topology.vmm_fabric import VmmNode
from tests import estate_facts as facts
from tests import estate_governed as governed
from tests import estate_names as names
from tests import estate_prepared as prepared
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estates import Change, add, change, drop, lose, reach, seen, together

VAULT = f"vault:{names.VAULT}"
TOMORROW, LATER = date(2026, 11, 24), date(2026, 11, 25)

usable = Table("DR-IDN-004", "hyper-v")
usable.passes("tried today, where it is tomorrow", change(BreakGlass, "hyper-v", tested=TOMORROW))
usable.fails("to be tried one day", change(BreakGlass, "hyper-v", tested=LATER), "on 2026-11-25, which is no trial")
ready = Table("DR-GOV-102", "recovery kit")
ready.passes("looked through where it is tomorrow", add(prepared.kit(prepared.part("keys", reviewed=TOMORROW))))
ready.fails("to be looked through one day", add(prepared.kit(prepared.part("keys", reviewed=LATER))), "and not yet")

fit = Table("DR-IDN-005", prepared.FIRST)
FILE_DC = together(drop(DrillController), add(prepared.drill_controller("file01")))
SENT = change(VmReplication, f"{names.FILE_VM}@{names.HV_LDS}/Simple", vss_enabled=True)
NAMESAKE = facts.replication("99990000-0000-0000-0000-000000000001", "FILE01", names.HV_LDS, "Replica")
fit.unknown(
    "one of two machines of its name", together(FILE_DC, SENT, add(replace(NAMESAKE, vss_enabled=True))),
    "2 machines called file01", subject="file01",
)  # fmt: skip
fit.fails(
    "one of two machines of its name, with a fault", together(FILE_DC, SENT, add(replace(NAMESAKE, vss_enabled=False))),
    "application-consistent", subject="file01",
)  # fmt: skip
fit.passes(
    "two copies of it, one by an item that does not tell of which machine",
    together(FILE_DC, SENT, add(
        vault.item("item-f", "FILE01", ""), vault.plan(names.PLAN_2, "rp-files", ("item-f",)))),
    subject="file01",
)  # fmt: skip
fit.fails("a read-only controller", change(DomainController, prepared.CONTROLLER, read_only=True), "is read-only")
fit.fails(
    "read-only and no global catalog",
    change(DomainController, prepared.CONTROLLER, read_only=True, global_catalog=False),
    "is no global catalog",
    "is read-only",
)

SECOND = "dc2.lds.contoso.lab"
AT_HOME = "CN=NTDS Settings,CN={},CN=Servers,CN=Leeds,CN=Sites,CN=Configuration"


def receives(host: str, server: str, dn: str = AT_HOME) -> ReplicationPartner:
    """A link from a controller of the same AD site."""
    partner = dn.format(server)
    link = governed.inbound(partner)
    return replace(link, key=f"{host}/{partner}", seen=seen(host), host=host)


def pair(*links: ReplicationPartner) -> Change:
    """Two controllers at leeds, with these links and no others."""
    return together(
        drop(ReplicationPartner), reach("identity", SECOND), add(governed.controller(SECOND, "Leeds"), *links),
        add(governed.service(SECOND)),
    )  # fmt: skip


MUTUAL = (receives(governed.DC, "DC2"), receives(SECOND, "DC1"))
ACROSS = receives(SECOND, "DC0", governed.PARTNER)
received = Table("DR-IDN-002", governed.DC)
received.fails(
    "from its own site only, which receives from nobody else", pair(*MUTUAL), "AD site Leeds", governed.DC_LON,
    also=(SECOND,),
)  # fmt: skip
received.passes("over another controller of its site", pair(*MUTUAL, ACROSS), also=(SECOND,))
received.passes(
    "from its own site, and no other is writable",
    together(pair(*MUTUAL), change(DomainController, governed.DC_LON, read_only=True)),
    also=(SECOND,),
)
received.passes(
    "from its own site, and others are of another forest",
    together(pair(*MUTUAL), change(DomainController, governed.DC_LON, forest="fabrikam.lab")),
    also=(SECOND,),
)
UNREAD = lose(DomainController, f"identity:{SECOND}")
SHORT = "CN=NTDS Settings,CN={},CN=Servers,CN=London"
received.passes("over another controller, a directory unread", together(pair(*MUTUAL, ACROSS), UNREAD), also=(SECOND,))
received.unknown(
    "from its own site only, and others may be unread",
    together(pair(*MUTUAL), drop(DomainController, governed.DC_LON), UNREAD),
    "DomainController",
    also=(SECOND,),
)
received.passes(
    "from its own site, no other is writable, and another was not asked",
    together(
        pair(*MUTUAL), change(DomainController, governed.DC_LON, read_only=True),
        lose(ReplicationPartner, f"identity:{SECOND}"),
    ),
    also=(SECOND,),
)  # fmt: skip
received.fails(
    "from its own site only, a controller elsewhere unread",
    together(
        pair(*MUTUAL),
        reach("identity", "dc9.lon.contoso.lab"),
        lose(ReplicationPartner, "identity:dc9.lon.contoso.lab"),
    ),
    also=(SECOND,),
)
received.passes(
    "from a partner whose name ends with its site", pair(receives(governed.DC, "DC0", SHORT)), also=(SECOND,)
)
received.unknown(
    "over another controller that was not asked",
    together(pair(*MUTUAL), lose(ReplicationPartner, f"identity:{SECOND}")),
    "ReplicationPartner",
    also=(SECOND,),
)
NOWHERE = receives(governed.DC, "DC2", "CN=NTDS Settings,CN=DC2")
received.unknown("from a partner whose site is not told", pair(NOWHERE), "which AD site", also=(SECOND,))
received.unknown("its own AD site not told", change(DomainController, governed.DC, ad_site=""), "its AD site")

resolved = Table("DR-IDN-003", f"name:{names.VMM01}")
EMPTY = governed.question(names.VMM01, "dc3.lds.contoso.lab")
resolved.fails(
    "one of two answers without an address",
    together(reach("dns", EMPTY), add(governed.answer(names.VMM01, "dc3.lds.contoso.lab", addresses=()))),
    "dc3.lds.contoso.lab answers",
)
resolved.fails(
    "the only answer without an address",
    change(NameAnswer, governed.question(names.VMM01), addresses=()),
    "without an address",
)

agree = Table("DR-GOV-105", f"database:{names.HA_VMM}")
VMMB = "vmmb.lds.contoso.lab"
agree.fails("another database of that server", change(VmmNode, VMMB, database_name="Old"), f"of {VMMB} has Old")
agree.fails("another instance of that server", change(VmmNode, VMMB, database_instance="OLD"), f"of {VMMB} has OLD")
agree.passes("in other letters", change(
    VmmNode, VMMB, database_name="VIRTUALMANAGERDB", database_instance="mssqlserver"))  # fmt: skip
agree.passes("a name that one does not tell", change(VmmNode, VMMB, database_name=None, database_instance=None))
agree.passes("a name that VMM does not tell", change(VmmServer, names.HA_VMM, database_name=""))

retired = Table("DR-SUP-001", names.WEB_ITEM)
retired.fails("between VMM clouds, in other letters", change(
    ProtectedItem, names.WEB_ITEM, provider="hyperVReplica2012r2"), "2012r2")  # fmt: skip
retired.passes("to Azure, in other letters", change(ProtectedItem, names.WEB_ITEM, provider="hyperVReplicaAzure"))
retired.unknown("by another one of its family", change(ProtectedItem, names.WEB_ITEM, provider="HyperVReplicaBase"))

provided = Table("DR-SUP-003", names.PROVIDER)
provided.unknown("connected in a word of its own", change(
    RecoveryProvider, names.PROVIDER, connection="Unknown"), "whether it is connected")  # fmt: skip
provided.unknown("supported in a word of its own", change(
    RecoveryProvider, names.PROVIDER, version_status="Invalid"), "told as Invalid")  # fmt: skip

encrypted = Table("DR-SUP-004", names.POLICY)
encrypted.fails("on for one machine", change(ProtectedItem, names.WEB_ITEM, encryption="Enabled"), "on for PAY-WEB01")
encrypted.fails(
    "on for one machine, the policy's not told",
    together(
        change(ProtectedItem, names.WEB_ITEM, encryption="Enabled"),
        change(ReplicationPolicy, names.POLICY, encryption=""),
    ),
    "encryption not told, and on for PAY-WEB01",
)
encrypted.passes("off for the machines too", change(ProtectedItem, names.WEB_ITEM, encryption="Disabled"))
encrypted.passes(
    "on for a machine of another policy", change(ProtectedItem, names.WEB_ITEM, encryption="Enabled", policy="other")
)
encrypted.passes(
    "machines of another vault unread", together(reach("vault", "/other"), lose(ProtectedItem, "vault:/other"))
)
encrypted.unknown("its machines unread", lose(ProtectedItem, VAULT), "ProtectedItem")

complete = Table("DR-GOV-004", "run")
MANAGED = next(one for one in facts.healthy().facts if isinstance(one, ManagedHost) and one.key == names.HV_LON)
SHARED = (MANAGED, replace(MANAGED, seen=seen(names.HA_VMM)))
complete.passes("two VMM servers told of one host", add(
    *SHARED, DeclaredEndpoint(key=f"vmm:{names.HA_VMM}", seen=seen("estate"), role="vmm", endpoint=names.HA_VMM),
))  # fmt: skip
TABLES = (usable, ready, fit, received, resolved, agree, retired, provided, encrypted, complete)
CASES = tuple(case for table in TABLES for case in table.cases)
