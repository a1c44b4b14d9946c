"""Cases of the checks on what Azure must allow, hold back and keep before anything is recovered into it."""

import msgspec

from drcheck.policy import Policy
from drcheck.topology.azure import NetworkInterface, Peering, VirtualNetwork
from drcheck.topology.azure_compute import Quota, VmSize
from drcheck.topology.azure_edges import NetworkGateway, Route, RouteTable, SecurityGroup, ZoneLink
from drcheck.topology.azure_governance import (
    AutomationAccount,
    DenyAssignment,
    Lock,
    PolicyAssignment,
    RoleAssignment,
    RoleDefinition,
    Runbook,
)
from drcheck.topology.base import Fact
from drcheck.topology.declared import Application, DrillNetwork
from drcheck.topology.network import Connection
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan, RecoveryTarget, Vault
from drcheck.topology.site_recovery_state import RecoveryPoints
from drcheck.topology.vmm import VmmVm
from tests import estate_azure_ready as ready
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estates import Change, add, ago, change, drop, lose, reach, seen, together, unchanged

SCOPE, AZURE = f"vault:{names.VAULT}", f"azure:{names.SUBSCRIPTION}"
BOTH = (names.WEB_ITEM, names.DB_ITEM)


def everybody(**fields: object) -> Change:
    return together(*(change(ProtectedItem, key, **fields) for key in BOTH))


isolated = Table("DR-NET-004", f"azure:{names.DRILL_NET}")


def subnet(**fields: object) -> Change:
    return change(VirtualNetwork, names.DRILL_NET, subnets=(ready.closed("corp", **fields),))


def drill_net(**fields: object) -> Change:
    return change(VirtualNetwork, names.DRILL_NET, **fields)


def routed(next_hop_type: str, next_hop: str = "") -> Change:
    route = Route(name="out", prefix="0.0.0.0/0", next_hop_type=next_hop_type, next_hop=next_hop)
    table = RouteTable(
        key="rt", seen=seen(names.SUBSCRIPTION), name="rt", location="uksouth", routes=(route,), gateway_routes=True
    )
    return together(subnet(route_table="rt"), add(table))


def filtered(name: str, direction: str, **fields: object) -> Change:
    return add(ready.nsg(ready.nsg_rule(name, 90, direction, "Allow", **fields)))


def linked(*networks: str) -> Change:
    links = (
        ZoneLink(
            key=f"zone/links/{network}", seen=seen(names.SUBSCRIPTION), name="l", zone="zones/corp.internal",
            network=network, registers=False, state="Completed",
        )
        for network in networks
    )  # fmt: skip
    return add(*links)


PUBLIC = msgspec.structs.replace(vault.interface(names.DRILL_NET, "x-test"), public_addresses=("pip",))
GATEWAY = NetworkGateway(
    key="vgw", seen=seen(names.SUBSCRIPTION), name="vgw", location="uksouth", gateway_type="Vpn", sku="VpnGw1",
    subnets=(f"{names.DRILL_NET}/subnets/gatewaysubnet",),
)  # fmt: skip
PEERED = drill_net(peerings=(Peering(name="p", state="Connected", remote=names.PROD_NET),))
isolated.passes("closed", unchanged, "nothing leads out")
isolated.passes("a route that drops", routed("None"))
isolated.passes("a DNS server inside", drill_net(dns_servers=("10.0.1.4",)))
isolated.passes("a zone of its own", linked(names.DRILL_NET))
isolated.passes("inside by prefix", filtered("db", "Outbound", destinations=("10.0.1.0/24", "10.0.2.4")))
isolated.fails("peered", PEERED, "peered with vnet-recovery")
isolated.fails("a gateway", add(GATEWAY), "Vpn gateway vgw")
isolated.fails("an appliance", routed("VirtualAppliance", "10.0.1.9"), "routes 0.0.0.0/0 to 10.0.1.9")
isolated.fails("NAT", subnet(nat_gateway="x/nat"), "NAT gateway nat")
isolated.fails("a public address", add(PUBLIC), "public address")
isolated.fails("no filter", subnet(security_group=""), "no network security group")
isolated.fails("open to the Internet", filtered("web", "Outbound", destinations=("Internet",)), "rule web")
isolated.fails("open to one address", filtered("db", "Outbound", destinations=("192.0.2.1",)), "out to 192.0.2.1")
isolated.fails("open from one address", filtered("rdp", "Inbound", sources=("203.0.113.0/24",)), "in from 203")
isolated.fails("nothing denied", change(SecurityGroup, ready.NSG, rules=()), "no rule that denies")
isolated.fails("production's names", linked(names.DRILL_NET, names.PROD_NET), "corp.internal")
isolated.fails("a DNS server outside", drill_net(dns_servers=("192.0.2.53",)), "DNS server 192.0.2.53")
isolated.fails("peered, filters unread", together(PEERED, lose(SecurityGroup, AZURE)), "peered")
isolated.unknown("the route's end not told", routed(""), "not told")
isolated.unknown("the table not told", subnet(route_table="elsewhere/rt"), "rt of subnet corp")
isolated.unknown("the group not told", drop(SecurityGroup), "nsg-drill")
for unread in (VirtualNetwork, NetworkInterface, NetworkGateway, RouteTable, SecurityGroup, ZoneLink):
    isolated.unknown(f"{unread.__name__} unread", lose(unread, AZURE), unread.__name__)
isolated.skips("no such network", drop(VirtualNetwork, names.DRILL_NET), "does not exist")
isolated.skips("no subnets", drill_net(subnets=()), "no subnet")
isolated.skips("a switch", unchanged, "DR-NET-003", subject=f"hyperv:{names.SWITCH.lower()}")
isolated.skips("none declared", drop(DrillNetwork), subject="estate")
isolated.passes("declared in other letters", change(
    DrillNetwork, f"azure:{names.DRILL_NET}", name=names.DRILL_NET.upper()))  # fmt: skip

room = Table("DR-ASR-006", ready.FAMILY)
QUOTAS = (ready.CORES, ready.ADDRESSES)


def limited(limit: int, key: str = ready.FAMILY) -> Change:
    return change(Quota, key, limit=limit)


room.passes("enough", unchanged, "90 are free", "9 free: 4 for a failover, 4 for the largest drill")
room.passes("just enough", limited(19))
room.passes("no limit", limited(-1), "no limit")
room.passes("all vCPUs", unchanged, subject=ready.CORES)
room.fails("one too few", limited(18), "10 of 18 standardDSv5Family", "9 free")
room.fails("all vCPUs", limited(11, ready.CORES), "cores", subject=ready.CORES)
room.passes("each site by itself", together(limited(18), change(VmmVm, names.DB_VM, host=names.HV_LDS)), "2 for a")
room.fails("the larger site", together(limited(15), change(VmmVm, names.DB_VM, host=names.HV_LDS)), "2 for a")
room.unknown("at which site not told", together(limited(17), change(VmmVm, names.DB_VM, host="nowhere")), "nowhere")
room.unknown("machines unread", together(limited(18), lose(VmmVm, f"vmm:{names.VMM01}")), "on which host")
room.passes("the rest is headroom only", limited(18), policy=Policy(quota_headroom_percent=0))
room.passes("one runs there already", together(limited(15), change(ProtectedItem, names.DB_ITEM,
            active_location="Recovery")), "5 free: 2 for a failover")  # fmt: skip
room.fails("too few, plans unread", together(limited(12), lose(RecoveryPlan, SCOPE)), "5 free", also=QUOTAS)
room.unknown("plans unread", lose(RecoveryPlan, SCOPE), "RecoveryPlan", also=QUOTAS)
room.unknown("a plan without groups", change(RecoveryPlan, names.PLAN, groups=()), "without its groups", also=QUOTAS)
room.unknown("items unread", lose(ProtectedItem, SCOPE), "ProtectedItem", also=QUOTAS)
room.unknown("the vault unread", lose(Vault, SCOPE), "Vault", also=QUOTAS)
room.unknown("sizes unread", lose(VmSize, AZURE), "VmSize", also=(ready.CORES,))
room.unknown(
    "no size chosen",
    change(ProtectedItem, names.WEB_ITEM, target=RecoveryTarget(name="w", resource_group=ready.RECOVERED)),
    "no size is chosen for PAY-WEB01",
    "DR-ASR-005",
    also=(ready.CORES,),
)
room.unknown("the size not offered", drop(VmSize), "DR-CAP-101", also=(ready.CORES,))
room.unknown("the size without vCPUs", change(VmSize, ready.SIZE, vcpus=None), "vCPUs", also=(ready.CORES,))
room.unknown(
    "no group chosen",
    change(ProtectedItem, names.WEB_ITEM, target=RecoveryTarget(name="w", size="Standard_D2s_v5")),
    "not set",
    also=QUOTAS,
)
UNTOLD = change(ProtectedItem, names.WEB_ITEM, provider="")
room.unknown("what replicates it not told", UNTOLD, "replicates PAY-WEB01", also=QUOTAS)
room.unknown("quotas unread", lose(Quota, AZURE), subject=f"Quota@{AZURE}")
room.skips("nothing counts", unchanged, "counts against PublicIPAddresses", subject=ready.ADDRESSES)
room.skips("nothing to recover", drop(ProtectedItem), also=QUOTAS)
HERE = f"{names.SUBSCRIPTION}/providers/microsoft.compute/locations/uksouth/usages"
VMS, NICS = f"{HERE}/virtualmachines", f"{HERE}/networkinterfaces"
OTHER_SUB = "/subscriptions/22222222-2222-2222-2222-222222222222"


def counted(key: str, name: str, limit: int, **fields: object) -> Change:
    provider = "Microsoft.Network" if key == NICS else "Microsoft.Compute"
    return add(msgspec.structs.replace(ready.quota(key, name, limit, provider=provider), **fields))


room.passes("machines", counted(VMS, "virtualMachines", 15), "5 free: 2 for a", subject=VMS)
room.fails("a machine too few", counted(VMS, "virtualMachines", 14), "5 free: 2 for a", subject=VMS)
room.passes(
    "machines, sizes unread",
    together(counted(VMS, "virtualMachines", 15), lose(VmSize, AZURE)),
    subject=VMS,
    also=(ready.CORES, ready.FAMILY),
)
room.passes("adapters", counted(NICS, "networkInterfaces", 15), "5 free: 2 for a", subject=NICS)
room.fails("an adapter too few", counted(NICS, "networkInterfaces", 14), subject=NICS)
FAR, THEIRS = f"{HERE}/far", f"{OTHER_SUB}/usages/cores"
room.skips("of another region", counted(FAR, "cores", 11, location="westeurope"), "counts against", subject=FAR)
room.skips("of another subscription", counted(THEIRS, "cores", 11), "counts against", subject=THEIRS)
room.fails("the vault's region in other letters", together(
    limited(18), change(Vault, names.VAULT, location="UKSouth")), also=QUOTAS)  # fmt: skip
room.fails(
    "the quota's region in other letters", together(limited(18), change(Quota, ready.FAMILY, location="UKSouth"))
)
room.skips("used up, and nothing counts", limited(5, ready.ADDRESSES), subject=ready.ADDRESSES)
room.fails("a hundredfold headroom", limited(817), policy=Policy(quota_headroom_percent=10_000))
room.fails("one machine unread, the other enough", together(limited(16), drop(VmmVm, names.DB_VM)))
room.fails("one machine nowhere, the other enough", together(limited(16), change(VmmVm, names.DB_VM, host="nowhere")))
room.fails("the larger of two sites", together(
    limited(18), add(vault.item(f"{names.CONTAINER}/items/aux", "AUX01", names.AUX_VM)),
    change(VmmVm, names.DB_VM, host=names.HV_LDS)), "4 for a failover")  # fmt: skip
MACHINES_UNREAD = lose(VmmVm, f"vmm:{names.VMM01}")
room.unknown("machines unread, room for the drill only", together(limited(15), MACHINES_UNREAD))
room.passes("just enough, machines unread", together(limited(19), MACHINES_UNREAD))
room.fails(
    "the larger of two plans", together(limited(18), add(vault.plan(names.PLAN_2, "rp-later", (names.DB_ITEM,))))
)
room.passes("in Azure already, its group not set", change(
    ProtectedItem, names.DB_ITEM, active_location="Recovery", target=RecoveryTarget(name="d", size="s")))  # fmt: skip

free = Table("DR-ASR-007", ready.RECOVERED)


def locked(scope: str, level: str = "CanNotDelete") -> Change:
    return add(Lock(key="l", seen=seen(names.SUBSCRIPTION), name="keep", scope=scope, level=level, notes=""))


EVERYBODY = "00000000-0000-0000-0000-000000000000"


def denied(*actions: str, without: tuple[str, ...] = (), excluded: tuple[str, ...] = ()) -> Change:
    return add(
        DenyAssignment(
            key="d", seen=seen(names.SUBSCRIPTION), name="stack", scope=ready.RECOVERED, actions=actions,
            not_actions=without, principals=(EVERYBODY,), excluded=excluded,
        )
    )  # fmt: skip


free.passes("nothing", unchanged, "no lock", "regions (Baseline)")
free.passes("a lock on one resource", locked(f"{ready.RECOVERED}/providers/microsoft.storage/storageaccounts/s"))
free.passes("a lock next door", locked(f"{ready.RECOVERED}2"))
free.passes("reads are denied", denied("Microsoft.Compute/*/read"))
free.passes(
    "denied but for what is needed", denied("*", without=("Microsoft.Compute/*", "microsoft.network/*")), "no deny"
)
free.passes("the policy only reports", change(PolicyAssignment, ready.POLICY_AT, enforced=False), "no policy")
free.passes("the policy spares it", change(PolicyAssignment, ready.POLICY_AT, excluded=(ready.RECOVERED,)), "no policy")
free.fails("a lock on the group", locked(ready.RECOVERED), "keep is CanNotDelete", "2 machines")
free.fails("a lock on the subscription", locked(names.SUBSCRIPTION, "ReadOnly"), "ReadOnly")
free.fails("denied", denied("*/delete"), "stack forbids", "disks/delete")
free.fails("locked, denials unread", together(locked(ready.RECOVERED), lose(DenyAssignment, AZURE)), "keep")
free.unknown("somebody is spared", denied("*/delete", excluded=(ready.SOMEBODY,)), "cannot be told")
free.unknown("what the lock forbids not told", locked(ready.RECOVERED, ""), "not told")
for rule in (Lock, DenyAssignment, PolicyAssignment):
    free.unknown(f"{rule.__name__} unread", lose(rule, AZURE), rule.__name__)
free.unknown("items unread", lose(ProtectedItem, SCOPE), "ProtectedItem", also=(ready.IDLE,))
free.skips("nothing comes here", locked(ready.IDLE), "rg-idle", subject=ready.IDLE)


def denial(**fields: object) -> Change:
    return together(denied("*/delete"), change(DenyAssignment, "d", **fields))


free.passes("another subscription unread", together(reach("azure", OTHER_SUB), lose(Lock, f"azure:{OTHER_SUB}")))
free.passes("what a lock next door forbids not told", locked(ready.IDLE, ""))
free.unknown("what replicates it not told", UNTOLD, "replicates PAY-WEB01", also=(ready.IDLE,))
free.fails("denied everywhere", denial(scope="/"), "stack forbids", also=(ready.IDLE,))
free.fails("denied from above", denial(scope="/providers/microsoft.management/managementgroups/root"), "stack forbids")
free.passes("denied next door", denial(scope=ready.IDLE))
free.unknown("denied to somebody", denial(principals=(ready.SOMEBODY,)), "cannot be told")

skewed = Table("DR-RPL-005", "payments")
SQUAD = change(Application, "payments", vm_names=("PAY*", "LEDGER*"))
CLAIMED = together(drop(Application, "ledger"), SQUAD)


def newest(minutes: float | None, key: str = names.WEB_ITEM) -> Change:
    return together(
        CLAIMED, change(RecoveryPoints, key, newest=None if minutes is None else ago(minutes=minutes))
    )  # fmt: skip


skewed.passes("together", CLAIMED, "among 2 machines")
skewed.passes("just allowed", newest(20), "15 min older")
skewed.fails("an hour apart", newest(65), "PAY-WEB01 is 1 h older than that of LEDGER-DB01", "15 min")
skewed.fails("the other is older", newest(65, names.DB_ITEM), "LEDGER-DB01 is 1 h older")
skewed.passes("an hour is allowed", newest(65), policy=Policy(recovery_point_skew_max=3600))
OTHER_VAULT = together(reach("vault", f"{names.VAULT}-2"), lose(RecoveryPoints, f"vault:{names.VAULT}-2"))
skewed.passes("points of another vault unread", together(CLAIMED, OTHER_VAULT), "among 2 machines")
skewed.unknown("points unread", together(CLAIMED, lose(RecoveryPoints, SCOPE)), "RecoveryPoints")
skewed.unknown("no point told", newest(None), "PAY-WEB01 was told")
skewed.unknown("one without points", together(CLAIMED, drop(RecoveryPoints, names.DB_ITEM)), "LEDGER-DB01")
skewed.unknown("items unread", together(CLAIMED, lose(ProtectedItem, SCOPE)), "ProtectedItem")
skewed.unknown("machines unread", together(CLAIMED, lose(VmmVm, f"vmm:{names.VMM01}")), "VmmVm")
skewed.unknown("what replicates it not told", together(CLAIMED, UNTOLD), "replicates PAY-WEB01")
skewed.unknown(
    "whose item not told", together(CLAIMED, change(ProtectedItem, names.DB_ITEM, vm_id="")), "behind LEDGER-DB01"
)
skewed.skips("one machine", unchanged, "1 machines")
skewed.skips("otherwise protected", change(Application, "payments", method="hyperv-replica"), "hyperv-replica")
skewed.skips("one runs in Azure", together(CLAIMED, change(ProtectedItem, names.DB_ITEM, active_location="Recovery")))
skewed.unknown(
    "no point told, and none may differ",
    together(newest(None), newest(None, names.DB_ITEM)),
    policy=Policy(recovery_point_skew_max=0),
)

owned = Table("DR-SEC-004", names.VAULT)
HAS_ALL = together(
    add(ready.role(ready.OWNER, "Owner", "*")),
    change(RoleAssignment, ready.HELD, role=ready.OWNER, scope=names.SUBSCRIPTION),
)
owned.passes("a reader", unchanged, "1 assignments (Site Recovery Reader)")
owned.passes("nobody", drop(RoleAssignment), "no role")
owned.passes(
    "who may not hand out roles",
    together(HAS_ALL, add(ready.role(ready.OWNER, "Contributor", "*", without=("Microsoft.Authorization/*/Write",)))),
    "Contributor",
)
owned.passes("break-glass", HAS_ALL, policy=Policy(break_glass_principals=(ready.SOMEBODY,)))
owned.fails("an owner", HAS_ALL, f"User {ready.SOMEBODY} is Owner at {names.SUBSCRIPTION}")
owned.fails("by a role of another name", together(HAS_ALL, add(ready.role(ready.OWNER, "Ops", "Microsoft.*/*"))), "Ops")
owned.unknown("the role not told", change(RoleAssignment, ready.HELD, role=ready.OWNER), "not told")
owned.unknown("roles unread", lose(RoleDefinition, SCOPE), "RoleDefinition")
owned.unknown("assignments unread", lose(RoleAssignment, SCOPE), "RoleAssignment")
owned.skips("no vault", drop(Vault), subject="estate")
THEIRS_TOO = RoleAssignment(
    key="v2/1", seen=seen("v2"), vault="v2", name="1", principal=ready.SOMEBODY, principal_type="User",
    role=ready.OWNER, scope="v2", condition="",
)  # fmt: skip
owned.passes("an owner of another vault", together(add(ready.role(ready.OWNER, "Owner", "*")), add(THEIRS_TOO)))
owned.passes("break-glass in capitals", HAS_ALL, policy=Policy(break_glass_principals=(ready.SOMEBODY.upper(),)))

guarded = Table("DR-SEC-103", names.VAULT)


def protection(**fields: str) -> Change:
    return change(Vault, names.VAULT, protection=msgspec.structs.replace(ready.PROTECTION, **fields))


guarded.passes("all on", unchanged, "AlwaysON")
guarded.passes("immutable only", protection(multi_user_authorization="Disabled"))
guarded.passes("two persons, the other not told", protection(immutability=""))
guarded.warns("neither", protection(multi_user_authorization="Disabled", immutability="Disabled"), "Disabled")
guarded.fails("soft delete off", protection(soft_delete="Disabled"), "soft delete Disabled")
guarded.unknown("soft delete not told", protection(soft_delete=""), "not told")
guarded.unknown("one off, the other not told", protection(multi_user_authorization="", immutability="Disabled"))
guarded.unknown("the vault unread", lose(Vault, SCOPE), subject=f"Vault@{SCOPE}")
guarded.skips("no vault", drop(Vault), subject="estate")

runbooks = Table("DR-PLN-006", names.PLAN)


def starts(detail: str = ready.RUNBOOK.replace("warm-cache", "Warm-Cache")) -> Change:
    step = vault.action(action_type="AutomationRunbookActionDetails", detail=detail)
    return add(vault.plan(names.PLAN, "rp-payments", (names.DB_ITEM,), (names.WEB_ITEM,), actions=(step,)))


def with_runbook(kind: type[Fact], key: str, **fields: object) -> Change:
    return together(starts(), change(kind, key, **fields))


runbooks.passes("published", starts(), "Warm-Cache")
runbooks.passes("a draft is in work", with_runbook(Runbook, ready.RUNBOOK, state="Edit"))
runbooks.fails("gone", together(starts(), drop(Runbook)), "Warm-Cache does not exist")
runbooks.fails("never published", with_runbook(Runbook, ready.RUNBOOK, state="New"), "never published")
runbooks.fails("suspended", with_runbook(AutomationAccount, ready.ACCOUNT, state="Suspended"), "Suspended")
runbooks.fails("no identity", with_runbook(AutomationAccount, ready.ACCOUNT, identity_type=""), "no managed identity")
runbooks.unknown("runbooks unread", together(starts(), lose(Runbook, SCOPE)), "Runbook")
runbooks.unknown("accounts unread", together(starts(), lose(AutomationAccount, SCOPE)), "AutomationAccount")
runbooks.unknown("the account not told", together(starts(), drop(AutomationAccount)), "not told")
runbooks.unknown("the state not told", with_runbook(Runbook, ready.RUNBOOK, state=""), "not told")
runbooks.unknown("which one not told", starts(""), "not told")
runbooks.unknown("groups not read", change(RecoveryPlan, names.PLAN, groups=()), "without its groups")
runbooks.skips("scripts only", unchanged, "no runbook")
runbooks.unknown("the account's state not told", with_runbook(AutomationAccount, ready.ACCOUNT, state=""), "not told")
runbooks.fails("an identity that is none", with_runbook(AutomationAccount, ready.ACCOUNT, identity_type="None"))

reached = Table("DR-NET-006", ready.REACHED)
TLS = f"{names.HV_LDS}>login.example:443/tls"


def attempt(**fields: object) -> Change:
    return change(Connection, ready.REACHED, **fields)


def tls(**fields: object) -> Change:
    given: dict[str, object] = {"outcome": "open", "tls_outcome": "ok", "tls_protocol": "Tls12", "detail": ""} | fields
    return add(
        Connection(
            key=TLS, seen=seen(ready.REACHED), host=names.HV_LDS, to="login.example", port=443, address="192.0.2.1",
            milliseconds=3, **given,  # type: ignore[arg-type]  # the fields above
        )
    )  # fmt: skip


reached.passes("open", unchanged, "open")
reached.passes("TLS", tls(), "Tls12", subject=TLS)
reached.fails("blocked", attempt(outcome="timed-out", detail="TimedOut"), "timed-out (TimedOut)", "an open port")
reached.fails("TLS broken", tls(tls_outcome="failed", detail="reset"), "TLS failed", subject=TLS)
reached.fails(
    "not trusted", tls(tls_errors=("RemoteCertificateChainErrors",), tls_issuer="CN=Proxy"), "CN=Proxy", subject=TLS
)
reached.unknown("not told", attempt(outcome=""), "not told")
reached.unknown("TLS not told", tls(tls_outcome=None), "not told", subject=TLS)
reached.unknown("no answer", lose(Connection, f"reach:{ready.REACHED}"), subject=f"Connection@reach:{ready.REACHED}")
reached.skips("none declared", drop(Connection), subject="estate")

CASES = tuple(
    case
    for table in (isolated, room, free, skewed, owned, guarded, runbooks, reached)
    for case in table.cases
)  # fmt: skip
