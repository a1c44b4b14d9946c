"""Cases of the checks on what a vault holds and runs: plans, targets, recovery points, providers, clean-ups."""

from drcheck.topology.azure import Subnet, VirtualNetwork
from drcheck.topology.declared import Application
from drcheck.topology.site_recovery import (
    ProtectedItem,
    ProtectedNic,
    RecoveryPlan,
    RecoveryTarget,
    ReplicationPolicy,
)
from drcheck.topology.site_recovery_state import RecoveryPoints, RecoveryProvider
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estates import Change, add, ago, change, drop, lose, reach, together, unchanged

SCOPE = f"vault:{names.VAULT}"


def boots(*groups: tuple[str, ...], key: str = names.PLAN, name: str = "rp-payments") -> Change:
    """A plan with these boot groups."""
    return add(vault.plan(key, name, *groups))


def item(**fields: object) -> Change:
    return change(ProtectedItem, names.WEB_ITEM, **fields)


def rule(**fields: object) -> Change:
    return change(ReplicationPolicy, names.POLICY, **fields)


def target(**fields: str) -> Change:
    given = {"name": "PAY-WEB01", "size": "Standard_D2s_v5", "resource_group": "rg-dr"} | fields
    return item(target=RecoveryTarget(**given))  # type: ignore[arg-type]  # every field of the three is a text


def nic(network: str, subnet: str = "corp") -> Change:
    return item(
        nics=(
            ProtectedNic(
                id="n", source_network="Prod", target_network=network, target_subnet=subnet, target_address="",
                test_network="", selection="SelectedByDefault",
            ),
        )
    )  # fmt: skip


limits = Table("DR-PLN-002", names.PLAN)
limits.passes("small", unchanged, "2 machines in 2 groups")
limits.passes("at the limit", boots(*((f"i{number}",) for number in range(7))), "7 groups")
limits.passes("a hundred machines", boots(tuple(f"i{number}" for number in range(100))), "100 machines")
limits.fails("too many groups", boots(*((f"i{number}",) for number in range(8))), "8 groups", "7 groups", "2026-")
limits.fails("too many machines", boots(tuple(f"i{number}" for number in range(101))), "101 machines", "100 protected")
limits.unknown("groups not read", change(RecoveryPlan, names.PLAN, groups=()), "without its groups")
limits.unknown("plans unread", lose(RecoveryPlan, SCOPE), subject=f"RecoveryPlan@{SCOPE}")
limits.skips("no plan", drop(RecoveryPlan), subject="estate")

members = Table("DR-PLN-003", names.PLAN)
members.passes("all fit", unchanged, "2 members")
members.fails("one is gone", boots((names.DB_ITEM, f"{names.CONTAINER}/items/ghost")), "ghost is no protected item")
members.fails("critical", item(replication_health="Critical"), "PAY-WEB01 is in critical health")
members.fails(
    "its first replication runs",
    item(protection_state="InitialReplicationInProgress", state_description="Initial replication"),
    "InitialReplicationInProgress",
)
members.fails(
    "one critical, one unread",
    together(boots((names.WEB_ITEM, "elsewhere/items/x")), item(replication_health="Critical")),
    "critical",
)
members.passes("a warning", item(replication_health="Warning"))
members.unknown("items unread", lose(ProtectedItem, SCOPE), "ProtectedItem")
members.unknown("groups not read", change(RecoveryPlan, names.PLAN, groups=()), "without its groups")
members.skips("an empty plan", boots(()), "no members")
members.unknown("one fits, one unread", together(
    boots((names.WEB_ITEM, "elsewhere/items/x")), lose(ProtectedItem, "vault:v2"), reach("vault", "v2")))  # fmt: skip
V2_UNREAD = together(reach("vault", "v2"), lose(ProtectedItem, "vault:v2"))
members.passes("all fit, another vault unread", V2_UNREAD)
members.unknown("health not told", change(ProtectedItem, names.WEB_ITEM, replication_health=""), "health of PAY-WEB01")
members.fails(
    "one critical, one perhaps in another vault",
    together(boots((names.WEB_ITEM, "elsewhere/items/x")), item(replication_health="Critical"), V2_UNREAD),
)

agree = Table("DR-PLN-101", names.PLAN)
SAME = boots((names.DB_ITEM,), (names.WEB_ITEM,), key=names.PLAN_2, name="rp-later")
OTHER_WAY = boots((names.WEB_ITEM,), (names.DB_ITEM,), key=names.PLAN_2, name="rp-later")
TOGETHER = boots((names.WEB_ITEM, names.DB_ITEM), key=names.PLAN_2, name="rp-later")
agree.skips("the only plan", unchanged, "shares no machine")
agree.passes("the same order", SAME, "rp-later", also=(names.PLAN_2,))
agree.passes("side by side in the other", TOGETHER, also=(names.PLAN_2,))
agree.fails("the other way round", OTHER_WAY, "LEDGER-DB01 before PAY-WEB01", also=(names.PLAN_2,))
agree.fails(
    "seen from the other plan", OTHER_WAY, "PAY-WEB01 before LEDGER-DB01", subject=names.PLAN_2, also=(names.PLAN,)
)
agree.unknown("groups not read", change(RecoveryPlan, names.PLAN, groups=()), "without its groups")
agree.unknown(
    "the other's groups not read",
    together(SAME, change(RecoveryPlan, names.PLAN_2, groups=())),
    "without its groups",
    also=(names.PLAN_2,),
)
agree.skips("a plan of other machines", boots(("elsewhere/items/x",), key=names.PLAN_2, name="rp-later"), "no machine")
agree.unknown(
    "plans of another vault unread", together(reach("vault", "v2"), lose(RecoveryPlan, "vault:v2")), alone=True
)
agree.unknown("the only plan, without groups", change(RecoveryPlan, names.PLAN, groups=()))
agree.fails("not in the first groups", together(
    boots(("elsewhere/items/x",), (names.DB_ITEM,), (names.WEB_ITEM,)), OTHER_WAY), also=(names.PLAN_2,))  # fmt: skip

ended = Table("DR-CLN-001", names.WEB_ITEM)
WAITS = {"allowed_operations": ("TestFailoverCleanup",), "test_failover_state": "WaitingForCompletion"}
ended.passes("none", unchanged, "no test failover")
ended.passes("marked for deletion long after", item(test_failover_state="MarkedForDeletion"))
ended.passes("an hour ago", item(**WAITS, last_test_failover=ago(hours=1)), "for 1 h")
ended.fails("three days ago", item(**WAITS, last_test_failover=ago(days=3)), "for 3 d", "1 d")
ended.fails("nobody knows since when", item(**WAITS), "since when")
ended.fails("in the future", item(**WAITS, last_test_failover=ago(days=-1)))
ended.fails("by the state alone", item(test_failover_state="WaitingForCompletion"))
ended.unknown("items unread", lose(ProtectedItem, SCOPE), subject=f"ProtectedItem@{SCOPE}")
ended.skips("runs in Azure", item(active_location="Recovery"), "real failover")
ended.fails("by the operation alone", item(allowed_operations=("TestFailoverCleanup",), last_test_failover=ago(days=3)))
ended.passes("as long as allowed", item(**WAITS, last_test_failover=ago(days=1)))
ended.passes("begun this moment", item(**WAITS, last_test_failover=ago(seconds=0)))

finished = Table("DR-CLN-004", names.WEB_ITEM)
finished.passes("protected", unchanged, "Protected")
finished.fails(
    "waits to be committed",
    item(protection_state="UnplannedFailoverCommitPendingStatesBegin", allowed_operations=("Commit",)),
    "waiting for Commit",
)
finished.fails(
    "waits to be protected again",
    item(protection_state="UnplannedFailoverStatesBegin", allowed_operations=("ReverseReplicate",)),
    "ReverseReplicate",
)
finished.fails("by the state alone", item(protection_state="PlannedFailoverCommitRequired", allowed_operations=()))
finished.unknown("a state of which nothing is known", item(protection_state="Resting"), "Resting")
finished.unknown("no state", item(protection_state=""), "not told")
finished.skips("first replication", item(protection_state="InitialReplicationInProgress"), "first replication")
for pending in ("Commit", "FinalizeFailback", "CompleteMigration"):
    finished.fails(f"{pending} alone", item(allowed_operations=(pending,)), f"waiting for {pending}")

encrypted = Table("DR-SUP-004", names.POLICY)
encrypted.passes("off", unchanged, "Disabled")
encrypted.passes("off in the older word", rule(encryption="Disable"))
encrypted.fails("on", rule(encryption="Enabled"), "encryption Enabled")
encrypted.unknown("not told", rule(encryption=""), "did not tell")
encrypted.unknown(
    "what it replicates not told", change(ReplicationPolicy, names.POLICY, provider=""), "what replicates it"
)
encrypted.skips("between VMM clouds", rule(provider="HyperVReplica2012R2"), "never had")

app_points = Table("DR-ASR-102", names.POLICY)
app_points.passes("every hour, kept a day", unchanged, "every 1 h", "24 h")
app_points.fails("never", rule(app_consistent_hours=0, retention_hours=None), "never made")
app_points.fails("kept too short", rule(app_consistent_hours=12, retention_hours=12), "kept for 12 h")
app_points.unknown("interval not told", rule(app_consistent_hours=None), "did not tell")
app_points.unknown("retention not told", rule(retention_hours=None), "did not tell")
app_points.unknown(
    "what it replicates not told", change(ReplicationPolicy, names.POLICY, provider=""), "what replicates it"
)
app_points.skips("between VMM clouds", rule(provider="HyperVReplica2012R2"))

recent = Table("DR-RPL-003", names.WEB_ITEM)


def newest(**fields: object) -> Change:
    return change(RecoveryPoints, names.WEB_ITEM, **fields)


recent.passes("forty minutes", unchanged, "40 min")
recent.passes("just allowed", newest(newest_app_consistent=ago(hours=2)))
recent.fails("three hours", newest(newest_app_consistent=ago(hours=3)), "3 h old", "2 intervals of five")
recent.fails("none", newest(newest_app_consistent=None), "none of the 12")
recent.unknown("in the future", newest(newest_app_consistent=ago(minutes=-30)), "clock")
recent.unknown("the policy unread", lose(ReplicationPolicy, SCOPE), "ReplicationPolicy", also=(names.DB_ITEM,))
recent.unknown("the policy without interval", rule(app_consistent_hours=None), also=(names.DB_ITEM,))
recent.unknown("the item unread", lose(ProtectedItem, SCOPE), "ProtectedItem", also=(names.DB_ITEM,))
recent.unknown("the item gone", drop(ProtectedItem, names.WEB_ITEM), "gone by then")
recent.skips("never made", rule(app_consistent_hours=0), "DR-ASR-102", also=(names.DB_ITEM,))
recent.skips("runs in Azure", item(active_location="Recovery"))
TWICE = rule(app_consistent_hours=2)
recent.passes("two intervals of two hours", together(TWICE, newest(newest_app_consistent=ago(hours=4))))
recent.passes("from the future, within the skew", newest(newest_app_consistent=ago(minutes=-1)))
recent.passes("this moment", newest(newest_app_consistent=ago(seconds=0)))

provided = Table("DR-SUP-003", names.PROVIDER)


def server(**fields: object) -> Change:
    return change(RecoveryProvider, names.PROVIDER, **fields)


provided.passes("well", unchanged, "5.25.9 is Supported")
provided.passes("before 2018", server(version_status=""), "Latest")
provided.warns("an update waits", server(version_status="UpdateRequired"), "UpdateRequired")
provided.fails("not connected", server(connection="NotConnected"), "not connected")
provided.fails("silent", server(last_heartbeat=ago(hours=2)), "2 h ago", "15 min")
provided.fails("not supported", server(version_status="NotSupported"), "NotSupported")
provided.fails("expires soon", server(version_expires=ago(days=-10)), "expires on 2026-12-03")
provided.passes("expires later", server(version_expires=ago(days=-100)))
provided.unknown("a heartbeat in the future", server(last_heartbeat=ago(days=-1)), "a clock is wrong")
provided.fails("not connected, a heartbeat in the future", server(
    connection="NotConnected", last_heartbeat=ago(days=-1)), "not connected")  # fmt: skip
provided.unknown("no heartbeat", server(last_heartbeat=None), "did not tell")
provided.unknown("no word on the version", server(version_status="", version_state=""))
provided.skips("Azure's own", server(fabric_type="Azure"), "own end")
for refused in ("Deprecated", "Expired"):
    provided.fails(f"{refused} by the older field", server(version_status="", version_state=refused), refused)
provided.warns("a security update waits", server(version_status="SecurityUpdateRequired"))
provided.passes("a heartbeat as old as allowed", server(last_heartbeat=ago(minutes=15)))
provided.passes("expires as far ahead as asked", server(version_expires=ago(days=-30)))
provided.unknown(
    "its connection not told", change(RecoveryProvider, names.PROVIDER, connection=""), "whether it is connected"
)
provided.passes("told by the newer field only", server(version_state=""))

targets = Table("DR-GOV-101", "payments")
targets.passes("quicker needs", unchanged, "ledger, identity")
targets.fails("a slower need", change(Application, "ledger", rto_seconds=86400), "ledger", "1 d", also=("ledger",))
targets.fails("an unknown need", change(Application, "payments", depends_on=("ghost",)), "ghost", "nobody declared")
targets.passes(
    "a slow need that is always on",
    together(change(Application, "ledger", depends_on=()), change(Application, "identity", rto_seconds=86400)),
    also=("ledger",),
)
targets.unknown("applications unread", lose(Application, "estate:estate"), subject="Application@estate:estate")
targets.skips("needs nothing", change(Application, "payments", depends_on=()), "need nothing")
targets.unknown(
    "an unknown need, some applications unread",
    together(
        change(Application, "payments", depends_on=("ghost",)),
        reach("estate", "more"),
        lose(Application, "estate:more"),
    ),
)

complete = Table("DR-ASR-005", names.WEB_ITEM)
complete.passes("complete", unchanged, "Standard_D2s_v5")
complete.fails("no size", target(size=""), "no size")
complete.fails("no group", target(resource_group=""), "no resource group")
complete.fails("no network", nic(""), "no network")
complete.fails("no such network", nic(f"{names.NETWORKS}/gone"), "gone does not exist")
complete.fails("no such subnet", nic(names.PROD_NET, "lost"), "no subnet lost")
complete.fails("no adapter", item(nics=()), "no adapter")
complete.fails(
    "no size, networks unread",
    together(target(size=""), lose(VirtualNetwork, f"azure:{names.SUBSCRIPTION}")),
    also=(names.DB_ITEM,),
)
complete.unknown(
    "networks unread", lose(VirtualNetwork, f"azure:{names.SUBSCRIPTION}"), "VirtualNetwork", also=(names.DB_ITEM,)
)
complete.skips("between VMM clouds", item(provider="HyperVReplica2012R2"), "does not go to Azure")
complete.skips("in Azure already", item(active_location="Recovery"))
complete.passes("no subnet chosen", nic(names.PROD_NET, ""))
complete.passes("a subnet in other letters", nic(names.PROD_NET, "CORP"))
complete.unknown(
    "what replicates it not told", change(ProtectedItem, names.WEB_ITEM, provider=""), "what replicates it"
)
complete.passes(
    "a subnet in capitals",
    together(
        nic(names.PROD_NET),
        change(VirtualNetwork, names.PROD_NET, subnets=(Subnet(
            name="CORP", prefixes=(), security_group="", route_table="", nat_gateway="", attached=()),)),
    ),
)  # fmt: skip

CASES = tuple(
    case
    for table in (
        limits, members, agree, ended, finished, encrypted, app_points, recent, provided, targets, complete,
    )
    for case in table.cases
)  # fmt: skip
