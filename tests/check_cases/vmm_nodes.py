"""Cases of the checks on VMM's nodes and clouds, and on the redo queues of secondaries."""

from datetime import date

from msgspec.structs import replace

from drcheck.policy import Policy
from drcheck.topology.declared import Application
from drcheck.topology.site_recovery import ProtectionContainer
from drcheck.topology.site_recovery_state import RecoveryProvider
from drcheck.topology.sql import AvailabilityReplica, DatabaseReplica, LagSample
from drcheck.topology.vmm import Cloud, VmmServer
from drcheck.topology.vmm_fabric import VmmNode
from tests import estate_names as names
from tests import estate_sql_vmm_site as site
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estates import Change, add, ago, change, drop, lose, reach, together, unchanged

VMMA, VMMB = site.VMM_NODES
AT_B = f"vmm-node:{VMMB}"


def node(host: str = VMMB, **fields: object) -> Change:
    return change(VmmNode, host, **fields)


def server(**fields: object) -> Change:
    return change(VmmServer, names.HA_VMM, **fields)


keys = Table("DR-VHA-003", names.HA_VMM)
keys.passes("in one container", unchanged, "2 nodes keep their keys in CN=VMMDKM", "svc-vmm")
keys.fails("in two", node(dkm_container="CN=Other,DC=contoso,DC=lab"), "vmmb has its keys in CN=Other")
keys.fails("no domain account", server(service_account="LocalSystem"), "LocalSystem")
keys.unknown("not told by a node", node(dkm_container=None), "not told")
keys.unknown("account not told", server(service_account=""), "not told")
keys.unknown("nodes not told", server(nodes=()), "nodes of its cluster")
keys.unknown("a node unread", lose(VmmNode, AT_B), "VmmNode")
keys.skips("standalone", unchanged, "not highly available", subject=names.VMM01)
keys.passes("in one container, in two spellings", change(
    VmmNode, "vmmb.lds.contoso.lab", dkm_container=site.KEYS.upper()))  # fmt: skip


def registered(name: str = names.HA_VMM, **fields: object) -> Change:
    """The HA server's provider in the vault, and the same version on both nodes."""
    return together(
        change(RecoveryProvider, names.PROVIDER, name=name, **fields),
        *(node(host, asr_provider_version="5.25.9") for host in site.VMM_NODES),
    )


everywhere = Table("DR-VHA-004", names.HA_VMM)
everywhere.passes("the same", registered(), "version 5.25.9 on 2 nodes, registered as ha-vmm")
everywhere.fails("another version", together(registered(), node(asr_provider_version="5.24")), "vmmb has version 5.24")
everywhere.fails("a node's name", registered(VMMA), "registered as vmma.lon.contoso.lab, which is a node")
everywhere.fails("silent", registered(last_heartbeat=ago(hours=2)), "last heard of 2 h ago")
everywhere.passes("silent, as allowed", registered(last_heartbeat=ago(hours=2)), policy=Policy(heartbeat_max_age=7200))
everywhere.unknown("version not told", together(registered(), node(asr_provider_version=None)), "which provider")
everywhere.unknown("heartbeat in the future", registered(last_heartbeat=ago(days=-1)), "a clock is wrong")
everywhere.unknown("heartbeat not told", registered(last_heartbeat=None), "last heard")
everywhere.unknown("nodes not told", server(nodes=()), "nodes of its cluster")
everywhere.passes("another server's node unread", together(
    registered(), reach("vmm-node", "vmm9"), lose(VmmNode, "vmm-node:vmm9")))  # fmt: skip
TWICE = replace(vault.provider(), key="p2", name=names.HA_VMM, last_heartbeat=None)
everywhere.unknown("heartbeat not told by one of two", together(registered(), add(TWICE)), "last heard")
everywhere.unknown("a node unread", together(registered(), lose(VmmNode, AT_B)), "VmmNode")
everywhere.unknown("providers unread", lose(RecoveryProvider, f"vault:{names.VAULT}"), "RecoveryProvider")
everywhere.skips("in no vault", unchanged, "no vault knows")
everywhere.skips("standalone", unchanged, "not highly available", subject=names.VMM01)
everywhere.unknown(
    "another vault unread",
    together(registered(), reach("vault", "v2"), lose(RecoveryProvider, "vault:v2")),
    "RecoveryProvider",
)
everywhere.unknown("a node that was not told of", together(registered(), drop(VmmNode, "vmmb.lds.contoso.lab")))


def cloud(**fields: object) -> Change:
    return change(Cloud, names.GOLD, **fields)


capable = Table("DR-VMM-101", names.GOLD)
capable.passes("profile and hosts", unchanged, "Hyper-V, on All")
capable.fails("another profile", cloud(capability_profiles=("ESX Server",)), "profiles ESX Server")
capable.fails("no hosts", cloud(host_groups=()), "no host group")
capable.fails("no hosts, as VMM says", together(cloud(host_groups=(), dr_protected=True), drop(ProtectionContainer)))
capable.unknown("no profile told", cloud(capability_profiles=()), "no capability profile")
capable.unknown(
    "containers unread", lose(ProtectionContainer, f"vault:{names.VAULT}"), "ProtectionContainer", also=(names.SILVER,)
)
capable.skips("not protected", unchanged, "protected by no vault", subject=names.SILVER)


def redo(queue: int | None, rate: int | None = 100, *samples: int) -> Change:
    series = tuple(
        LagSample(at=ago(minutes=1), lag_seconds=0, log_send_queue_kb=0, redo_queue_kb=sample) for sample in samples
    )
    return change(DatabaseReplica, names.AG_DB, redo_queue_kb=queue, redo_rate_kb_per_second=rate, samples=series)


in_time = Table("DR-SQL-101", names.AG_DB)
in_time.passes("soon", unchanged, "1000 KB to redo at 100 KB/s take 10 s", "15 min, 25 % of the RTO")
in_time.passes("nothing to redo", redo(0, None), "0 KB")
in_time.fails("too long", redo(100_000), "take 16.7 min")
in_time.fails("too long in a sample", redo(0, 100, 100_000), "100000 KB")
in_time.passes("long, as allowed", redo(100_000), policy=Policy(redo_rto_percent=50))
in_time.passes("long, not VMM's", together(redo(100_000), server(database_name="Other")), "6 h")
OTHER = together(redo(100_000), server(database_name="Other"))
DATA = change(Application, "payments", databases=("virtual*",))
in_time.passes("by the tier of its application", together(OTHER, DATA), "1 h, 25 % of the RTO")
in_time.fails(
    "by the most demanding of two",
    together(OTHER, DATA, change(Application, "ledger", tier=0, databases=("*DB",))),
    "15 min, 25 % of the RTO",
)
in_time.unknown("queue not told", redo(None), "not told")
in_time.unknown("rate not told", redo(10, None), "not told")
in_time.unknown("no rate", redo(10, 0), "not told")
in_time.unknown("replicas unread", lose(AvailabilityReplica, f"sql:{names.SQL_LON}"), "AvailabilityReplica")
in_time.unknown("a replica that is not there", drop(AvailabilityReplica, names.AG_LDS), "was not told")
in_time.unknown("VMM unread", together(redo(100_000), lose(VmmServer, f"vmm:{names.HA_VMM}")), "VmmServer")
in_time.skips("the primary", unchanged, "nothing to redo", subject=f"{names.AG_LON}/db-vmm")
in_time.skips("beside the primary", change(AvailabilityReplica, names.AG_LDS, host="sql3.lon.contoso.lab"), "london")
in_time.unknown("a KB to redo, and no rate", redo(1, None), "not told")
in_time.unknown("something to redo in a sample, and no rate", redo(0, None, 100), "not told")
in_time.passes("just in time", redo(90_000), "15 min, 25 % of the RTO")


def app(method: str = "restore-clone", day: date | None = date(2026, 11, 1), **fields: object) -> Change:
    given = {"method": "availability-group", "drill_method": method, "drilled": day} | fields
    return change(Application, "payments", **given)


rehearsed = Table("DR-SQL-010", "payments")
rehearsed.passes("lately", app(), "restore-clone, last used 2026-11-01", "90 d")
rehearsed.passes("long ago, in a lesser tier", app(day=date(2026, 1, 1), tier=3))
rehearsed.fails("long ago", app(day=date(2026, 1, 1)), "2026-01-01")
rehearsed.fails("too long ago for itself", app(drill_interval_seconds=21 * 86400), "last 21 d")
rehearsed.fails("no day", app(day=None), "on no declared day")
rehearsed.fails("a day to come", app(day=date(2027, 1, 1)), "2027-01-01")
rehearsed.fails("no method", app(""), "no method")
rehearsed.unknown("applications unread", lose(Application, "estate:estate"), subject="Application@estate:estate")
rehearsed.skips("has a test failover", unchanged, "the method site-recovery")
rehearsed.passes("today", app(day=date(2026, 11, 23)))
rehearsed.passes("as long ago as allowed", app(day=date(2026, 8, 25)))

CASES = tuple(case for table in (keys, everywhere, capable, in_time, rehearsed) for case in table.cases)
