"""Cases of the checks on what a vault and its subscription hold longer, or shorter, than they should."""

import msgspec

from drcheck.topology.azure import NetworkInterface, Subnet, VirtualNetwork
from drcheck.topology.azure_compute import AzureVm, ManagedDisk, StorageAccount, VmSize
from drcheck.topology.azure_governance import DiagnosticSetting, LogCategory, LogWorkspace
from drcheck.topology.site_recovery import (
    AsrNetwork,
    AsrSubnet,
    ProtectedItem,
    ProtectedNic,
    RecoveryTarget,
    ReplicationPolicy,
    Scenario,
    Vault,
)
from drcheck.topology.site_recovery_state import RecoveryProvider
from drcheck.topology.vmm import ManagedHost, VmmVm
from drcheck.topology.windows_host import WindowsService
from tests import estate_azure_ready as ready
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estates import Change, add, ago, change, drop, lose, reach, seen, together, unchanged

SCOPE, AZURE = f"vault:{names.VAULT}", f"azure:{names.SUBSCRIPTION}"
OTHER = (names.DB_ITEM,)


def item(**fields: object) -> Change:
    return change(ProtectedItem, names.WEB_ITEM, **fields)


def going(**fields: object) -> Change:
    given = {"name": "PAY-WEB01", "size": "Standard_D2s_v5", "resource_group": ready.RECOVERED} | fields
    return item(target=RecoveryTarget(**given))  # type: ignore[arg-type]  # fields of the struct


alerts = Table("DR-SUP-101", names.VAULT)


def alerting(**fields: str) -> Change:
    return change(Vault, names.VAULT, alerts=msgspec.structs.replace(ready.ALERTS, **fields))


alerts.passes("by Azure Monitor", unchanged, "Azure Monitor alerts are on")
alerts.fails("classic ones", alerting(classic="Enabled"), "classic alerts are on")
alerts.fails("no word on replication", alerting(replication="Disabled"), "alerts for replication are off")
alerts.fails("one off, the rest not told", alerting(failover="Disabled", classic="", job_failures=""), "failovers")
alerts.unknown("not told", alerting(job_failures=""), "failed jobs")
alerts.unknown("classic not told", alerting(classic=""), "classic")
alerts.unknown("the vault unread", lose(Vault, SCOPE), subject=f"Vault@{SCOPE}")
alerts.skips("no vault", drop(Vault), subject="estate")

logs = Table("DR-SEC-005", names.VAULT)


def logged(*categories: str, **fields: object) -> Change:
    kept = tuple(LogCategory(name=name, enabled=True, retention_days=fields.get("days")) for name in categories)  # type: ignore[arg-type]  # a number
    places = {name: value for name, value in fields.items() if name != "days"}
    return change(DiagnosticSetting, ready.SETTING, logs=kept, **places)


def workspace(days: int | None) -> Change:
    return change(LogWorkspace, ready.WORKSPACE, retention_days=days)


logs.passes("two years", unchanged, "kept by to-workspace")
logs.passes("just long enough", workspace(400))
logs.passes("everything", logged("allLogs"))
logs.passes("in storage for ever", logged("allLogs", workspace="", storage="st", days=0))
logs.fails("thirty days", workspace(30), "AzureSiteRecoveryJobs kept for 30 d", "400 d")
logs.fails("events left out", logged("AzureSiteRecoveryJobs"), "AzureSiteRecoveryEvents not kept")
logs.fails("nowhere", drop(DiagnosticSetting), "not kept")
logs.fails("switched off", change(DiagnosticSetting, ready.SETTING, logs=(
    LogCategory(name="allLogs", enabled=False, retention_days=None),)), "not kept")  # fmt: skip
logs.fails("sent on only", logged("allLogs", workspace="", event_hub="hub"), "not kept")
logs.unknown("retention not told", workspace(None), "not told")
logs.unknown("storage without a word", logged("allLogs", workspace="", storage="st"), "not told")
logs.unknown("workspaces unread", lose(LogWorkspace, SCOPE), "LogWorkspace")
logs.unknown("settings unread", lose(DiagnosticSetting, SCOPE), "DiagnosticSetting")
logs.skips("no vault", drop(Vault), subject="estate")
logs.passes("long in one place, not told of the other", logged("allLogs", storage="st"))

offered = Table("DR-CAP-101", names.WEB_ITEM)
RESTRICTED = change(VmSize, ready.SIZE, restrictions=("Location: NotAvailableForSubscription",))
ZONED = change(VmSize, ready.SIZE, restrictions=("Zone: NotAvailableForSubscription",))
offered.passes("offered", unchanged, "Standard_D2s_v5 in uksouth")
offered.passes("not in every zone", ZONED)
offered.fails("not in the zone", together(ZONED, going(availability_zone="1")), "Zone: Not")
offered.fails("not for this subscription", RESTRICTED, "Location: NotAvailable", also=OTHER)
offered.fails("not offered", going(size="Standard_Z9"), "Standard_Z9 is not offered in uksouth")
offered.unknown("sizes unread", lose(VmSize, AZURE), "VmSize", also=OTHER)
offered.unknown("the vault unread", lose(Vault, SCOPE), "Vault", also=OTHER)
offered.unknown("no group chosen", going(resource_group=""), "not told")
offered.skips("no size chosen", going(size=""), "DR-ASR-005")
offered.unknown("what replicates it not told", change(ProtectedItem, names.WEB_ITEM, provider=""), "what replicates it")
offered.skips("in Azure already", item(active_location="Recovery"))

remains = Table("DR-CLN-002", ready.RECOVERED)
HERE = seen(names.SUBSCRIPTION)
MACHINE = AzureVm(
    key=f"{ready.RECOVERED}/providers/m/pay-web01-test", seen=HERE, name="PAY-WEB01-test", location="uksouth",
    size="Standard_D2s_v5", vm_id="1", provisioning_state="Succeeded", interfaces=(), disks=(), created=ago(days=9),
)  # fmt: skip
DISK = ManagedDisk(
    key=f"{ready.RECOVERED}/providers/d/pay-web01-test-os", seen=HERE, name="PAY-WEB01-test-os", location="uksouth",
    size_gb=80, sku="Standard_LRS", state="Unattached", machine="", created=ago(days=9),
)  # fmt: skip
NIC = NetworkInterface(
    key=f"{ready.RECOVERED}/providers/n/nic-pay-web01-test-00", seen=HERE, name="nic-PAY-WEB01-test-00",
    virtual_machine="", subnets=(), addresses=(), public_addresses=(),
)  # fmt: skip
ELSEWHERE = msgspec.structs.replace(MACHINE, key=f"{ready.IDLE}/providers/m/pay-web01-test")
STRANGER = msgspec.structs.replace(MACHINE, name="other-test")
remains.passes("nothing", unchanged, "nothing is named")
remains.passes("a test is under way", together(add(MACHINE), item(test_failover_state="WaitingForCompletion")), "1 rem")
remains.passes("somebody else's", add(STRANGER))
remains.passes("in another group", add(ELSEWHERE))
remains.fails("a machine", add(MACHINE), "Azure VM PAY-WEB01-test (1 in all)")
remains.fails("over, and nothing may be done now", together(
    add(MACHINE), item(test_failover_state="None", allowed_operations=())))  # fmt: skip
remains.fails("a disk and an adapter", add(DISK, NIC), "managed disk PAY-WEB01-test-os", "(2 in all)")
remains.fails("a machine, disks unread", together(add(MACHINE), lose(ManagedDisk, AZURE)), "PAY-WEB01-test")
remains.fails(
    "one test is under way, of the other a disk is left",
    together(
        add(MACHINE, msgspec.structs.replace(DISK, name="LEDGER-DB01-test-os")),
        item(test_failover_state="WaitingForCompletion"),
    ),
    "LEDGER-DB01-test-os (1 in all)",
)
remains.unknown(
    "the state not told", together(add(MACHINE), item(test_failover_state="", allowed_operations=())), "not told"
)
for kind in (AzureVm, NetworkInterface, ManagedDisk):
    remains.unknown(f"{kind.__name__} unread", lose(kind, AZURE), kind.__name__)
remains.unknown("items unread", lose(ProtectedItem, SCOPE), "ProtectedItem", also=(ready.IDLE,))
remains.skips("nothing comes here", unchanged, "rg-idle", subject=ready.IDLE)
SHOUTED = msgspec.structs.replace(MACHINE, name="PAY-WEB01-TEST")
remains.fails("in other letters", add(SHOUTED), "PAY-WEB01-TEST")
NAMESAKES = together(
    change(ProtectedItem, names.DB_ITEM, target=RecoveryTarget(name="WEB01", size="s", resource_group=ready.RECOVERED)),
    add(MACHINE),
)
remains.passes(
    "a test of the longer name is under way", together(NAMESAKES, item(test_failover_state="WaitingForCompletion"))
)
remains.fails(
    "a test of the shorter name is under way",
    together(NAMESAKES, change(ProtectedItem, names.DB_ITEM, test_failover_state="WaitingForCompletion")),
)
NAMELESS_TARGET = change(
    ProtectedItem, names.WEB_ITEM, target=RecoveryTarget(name="", size="s", resource_group=ready.RECOVERED)
)
remains.unknown("the name there not told", together(NAMELESS_TARGET, add(MACHINE)), "after what", "PAY-WEB01")
remains.fails(
    "the name there not told, of another a disk is left",
    together(NAMELESS_TARGET, add(msgspec.structs.replace(DISK, name="LEDGER-DB01-test-os"))),
)
remains.unknown("what replicates it not told", item(provider=""), "replicates PAY-WEB01", also=(ready.IDLE,))
NEXT_DOOR = "/subscriptions/22222222-2222-2222-2222-222222222222"
remains.passes("another subscription unread", together(reach("azure", NEXT_DOOR), lose(AzureVm, f"azure:{NEXT_DOOR}")))

alive = Table("DR-CLN-101", names.PROVIDER)


def server(**fields: object) -> Change:
    return change(RecoveryProvider, names.PROVIDER, **fields)


alive.passes("minutes ago", unchanged, "3 min ago", "2 machines")
alive.passes("a week ago", server(last_heartbeat=ago(days=7)))
alive.fails("months ago", server(last_heartbeat=ago(days=90), protected_items=None), "90 d ago", "untold", "30 d")
alive.unknown("in the future", server(last_heartbeat=ago(days=-1)), "a clock is wrong")
alive.unknown("not told", server(last_heartbeat=None), "not told")
alive.skips("Azure's own", server(fabric_type="Azure"), "own end")
alive.passes("as long ago as allowed", server(last_heartbeat=ago(days=30)))

first = Table("DR-ASR-103", names.WEB_ITEM)


def copying(**span: float) -> Change:
    work = Scenario(name="EnableDr", job="j", started=ago(**span))
    return item(protection_state="InitialReplicationInProgress", scenario=work)


first.passes("for hours", copying(hours=5), "for 5 h")
first.fails("for days", copying(days=5), "for 5 d", "3 d")
first.unknown("since when not told", item(protection_state="InitialReplicationInProgress"), "since when")
first.unknown("the state not told", item(protection_state=""), "not told")
first.unknown("a clock is wrong", copying(hours=-2), "clock")
first.passes("protected", unchanged, "has ended")
first.skips("failed over", item(protection_state="UnplannedFailoverStatesBegin"), "UnplannedFailover")
DAYS = Scenario(name="EnableDr", job="j", started=ago(days=3))
first.passes("as long as allowed", item(protection_state="EnablingProtection", scenario=DAYS), "for 3 d")
first.passes("a clock within its tolerance", copying(minutes=-1))
first.passes("just begun", copying(seconds=-30))
first.unknown(
    "by an operation that is not named",
    item(protection_state="InitialReplicationInProgress", scenario=Scenario(name="None", job="", started=ago(days=5))),
    "since when",
)
first.unknown(
    "by an operation without a name",
    item(protection_state="InitialReplicationInProgress", scenario=Scenario(name="", job="", started=ago(days=5))),
    "since when",
)
first.unknown(
    "by an operation without a start",
    item(protection_state="InitialReplicationInProgress", scenario=Scenario(name="EnableDr", job="j", started=None)),
    "since when",
)

matched = Table("DR-NET-002", names.WEB_ITEM)
PLAIN = {"security_group": "", "route_table": "", "nat_gateway": "", "attached": ()}
TWO = change(
    VirtualNetwork, names.PROD_NET,
    subnets=tuple(Subnet(name=name, prefixes=(), **PLAIN) for name in ("corp", "dmz", "GatewaySubnet")),  # type: ignore[arg-type]  # fields of the struct
)  # fmt: skip
NAMED = change(AsrNetwork, names.ASR_NET, name="Prod", subnets=(AsrSubnet(name="Corp", prefixes=(), vlans=()),))
NAMELESS = change(AsrNetwork, names.ASR_NET, name="Prod")


def nic(subnet: str, selection: str = "SelectedByDefault", network: str = names.PROD_NET) -> Change:
    adapter = ProtectedNic(
        id="n", source_network="Prod", target_network=network, target_subnet=subnet, target_address="",
        test_network="", selection=selection,
    )  # fmt: skip
    return item(nics=(adapter,))


matched.passes("the only one", unchanged, "Prod -> corp")
matched.passes("by name", together(TWO, NAMED), "Prod -> corp")
matched.passes("chosen", together(TWO, nic("dmz", "SelectedByUser")), "Prod -> dmz", also=OTHER)
matched.passes("not set, and there is one of the name", together(TWO, NAMED, nic("")))
matched.fails("another one", together(TWO, NAMED, nic("dmz")), "so dmz is taken")
matched.fails("no name to match", together(TWO, NAMELESS, nic("corp")), "so corp is taken", also=OTHER)
matched.fails("chosen and gone", nic("lost", "SelectedByUser"), "no subnet lost")
matched.unknown("networks of the vault unread", together(TWO, NAMED, lose(AsrNetwork, SCOPE)), "AsrNetwork", also=OTHER)
matched.unknown("the network not told", TWO, "does not know the network Prod", also=OTHER)
matched.unknown("virtual networks unread", lose(VirtualNetwork, AZURE), "VirtualNetwork", also=OTHER)
matched.unknown("the network is gone", drop(VirtualNetwork, names.PROD_NET), "does not exist", also=OTHER)
matched.skips("connected to nothing", nic("", network=""), "DR-ASR-005")
matched.skips("in Azure already", item(active_location="Recovery"))
LOWER = change(AsrNetwork, names.ASR_NET, name="PROD", subnets=(AsrSubnet(name="corp", prefixes=(), vlans=()),))
matched.passes("by name, in other letters", together(TWO, LOWER, nic("CORP")))
SHOUTING = change(
    VirtualNetwork, names.PROD_NET,
    subnets=tuple(Subnet(name=name, prefixes=(), **PLAIN) for name in ("Corp", "DMZ")),  # type: ignore[arg-type]  # fields of the struct
)  # fmt: skip
matched.passes("chosen, in other letters", together(SHOUTING, nic("dmz", "SelectedByUser")), also=OTHER)
matched.skips("left out", nic("corp", "NotSelected"))
matched.fails("neither set nor of a name", together(TWO, NAMELESS, nic("")), also=OTHER)
matched.fails("nothing chosen by the user", together(TWO, NAMELESS, nic("", "SelectedByUser")), also=OTHER)
FOREIGN_NET = add(
    AsrNetwork(
        key="v2/n", seen=seen(names.VAULT), vault="v2", fabric="f", name="Prod", network_id="n2",
        subnets=(AsrSubnet(name="dmz", prefixes=(), vlans=()),),
    )
)  # fmt: skip
matched.fails("by a name that another vault knows", together(TWO, NAMED, FOREIGN_NET, nic("dmz")), "so dmz is taken")
ONE_BESIDE = change(
    VirtualNetwork, names.PROD_NET,
    subnets=tuple(Subnet(name=name, prefixes=(), **PLAIN) for name in ("corp", "GatewaySubnet")),  # type: ignore[arg-type]  # fields of the struct
)  # fmt: skip
matched.passes("the only one beside a gateway's", together(ONE_BESIDE, NAMELESS))
UNSURE = ProtectedNic(
    id="m", source_network="Prod", target_network=f"{names.NETWORKS}/gone", target_subnet="corp", target_address="",
    test_network="", selection="SelectedByDefault",
)  # fmt: skip
LOST_NIC = msgspec.structs.replace(
    UNSURE, target_network=names.PROD_NET, target_subnet="lost", selection="SelectedByUser"
)
matched.unknown("what replicates it not told", change(ProtectedItem, names.WEB_ITEM, provider=""), "what replicates it")
matched.fails("one adapter's subnet is gone, the other's network too", item(nics=(UNSURE, LOST_NIC)), "no subnet lost")

agents = Table("DR-ASR-001", names.HV_LON)
HYPERV, AGENT = f"hyperv:{names.HV_LON}", f"{names.HV_LON}/obengine"
PAIR = together(*(change(ManagedHost, host, cluster="HVC") for host in (names.HV_LON, names.HV_LDS)))
LEEDS = WindowsService(
    key=f"{names.HV_LDS}/obengine", seen=seen(names.HV_LDS), name="obengine", host=names.HV_LDS, state="Stopped",
    start_mode="Auto", account="LocalSystem", program="",
)  # fmt: skip
agents.passes("runs", unchanged, "Running")
agents.fails("stopped", change(WindowsService, AGENT, state="Stopped"), "obengine is Stopped")
agents.fails("not installed", drop(WindowsService), "not installed")
agents.fails("stopped on the other node", together(PAIR, add(LEEDS)), "cluster HVC", subject=names.HV_LDS)
agents.fails("not on the other node", PAIR, "not installed", subject=names.HV_LDS)
agents.unknown("the state not told", change(WindowsService, AGENT, state=""), "not told")
agents.unknown("services unread", lose(WindowsService, HYPERV), "WindowsService")
agents.unknown("items unread", lose(ProtectedItem, SCOPE), "ProtectedItem", also=(names.HV_LDS,))
agents.unknown("machines unread", lose(VmmVm, f"vmm:{names.VMM01}"), "VmmVm", also=(names.HV_LDS,))
agents.unknown("whose item not told", item(vm_id=""), "PAY-WEB01", subject=names.HV_LDS)
agents.unknown("what replicates it not told", item(provider=""), "replicates PAY-WEB01", subject=names.HV_LDS)
agents.skips("holds none", unchanged, "no machine", subject=names.HV_LDS)
agents.unknown("hosts unread", lose(ManagedHost, f"vmm:{names.HA_VMM}"), "ManagedHost", subject=names.HV_LDS)
agents.skips(
    "of another cluster",
    together(change(ManagedHost, names.HV_LON, cluster="HVC"), change(ManagedHost, names.HV_LDS, cluster="HV2")),
    subject=names.HV_LDS,
)
IN_AZURE = together(*(change(ProtectedItem, key, active_location="Recovery") for key in (names.WEB_ITEM, *OTHER)))
agents.skips("all in Azure already", IN_AZURE, "no machine")
agents.skips("in Azure, whose VM is not told", item(vm_id="", active_location="Recovery"), subject=names.HV_LDS)

interval = Table("DR-ASR-101", names.WEB_ITEM)
ACCOUNT = f"{ready.RECOVERED}/providers/microsoft.storage/storageaccounts/cache"


def stored(sku: str, seconds: int | None = 30) -> Change:
    account = StorageAccount(
        key=ACCOUNT, seen=HERE, name="cache", location="uksouth", sku=sku, account_kind="StorageV2", network_default=""
    )
    rule = change(ReplicationPolicy, names.POLICY, interval_seconds=seconds)
    return together(add(account), rule, going(storage=ACCOUNT))


interval.passes("standard", stored("Standard_LRS"), "every 30 s to cache", also=OTHER)
interval.fails("premium", stored("Premium_LRS"), "Premium_LRS", also=OTHER)
interval.unknown("the kind not told", stored(""), "not told", also=OTHER)
interval.unknown("accounts unread", together(stored("Standard_LRS"), lose(StorageAccount, AZURE)), also=OTHER)
interval.unknown("the interval not told", stored("Standard_LRS", None), "how often", also=OTHER)
interval.unknown("policies unread", lose(ReplicationPolicy, SCOPE), "ReplicationPolicy", also=OTHER)
interval.skips("five minutes", unchanged, "every 300 s")
interval.skips("in Azure already", item(active_location="Recovery"))
interval.unknown(
    "what replicates it not told", change(ProtectedItem, names.WEB_ITEM, provider=""), "what replicates it"
)
interval.skips(
    "in Azure already, and set to be short",
    together(stored("Premium_LRS"), item(active_location="Recovery")),
    also=OTHER,
)

CASES = tuple(
    case
    for table in (alerts, logs, offered, remains, alive, first, matched, agents, interval)
    for case in table.cases
)  # fmt: skip
