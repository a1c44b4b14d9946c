"""Cases of the checks on VMM itself: placement, replica, coverage, order, stretch."""

from msgspec.structs import replace

from drcheck.policy import DEFAULT_TIERS, Policy
from drcheck.topology.cluster import ClusterNode
from drcheck.topology.declared import Application, SequenceStep, Site
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.site_recovery import (
    ContainerMapping,
    ProtectedItem,
    ProtectionContainer,
    RecoveryPlan,
    Vault,
)
from drcheck.topology.sql import AvailabilityReplica
from drcheck.topology.vmm import VmmServer, VmmVm
from tests import estate_facts as facts
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estates import add, ago, change, drop, lose, reach, skew, together, unchanged

VAULT_SCOPE = f"vault:{names.VAULT}"
VMM_SCOPE = f"vmm:{names.VMM01}"
LONDON = f"hyperv:{names.HV_LON}"
LEEDS = f"hyperv:{names.HV_LDS}"

placement = Table("DR-VMM-001", names.VMM01)
placement.passes("in no cloud", unchanged, names.VMM_VM, "in no cloud")
placement.passes(
    "in a cloud that nothing protects", change(VmmVm, names.VMM_VM, cloud_id=names.SILVER), "nothing protects"
)
placement.passes("unknown to VMM", drop(VmmVm, names.VMM_VM), "in no cloud")
placement.passes(
    "in no cloud, beside a container of no cloud",
    add(vault.container(f"{names.VAULT}/site", ""), vault.mapped(f"{names.VAULT}/site")),
)
placement.fails(
    "in a protected cloud",
    change(VmmVm, names.VMM_VM, cloud_id=names.GOLD),
    names.VMM_VM,
    names.GOLD,
    "Microsoft Azure",
)
placement.fails(
    "in a protected cloud, the items unread",
    together(change(VmmVm, names.VMM_VM, cloud_id=names.GOLD), lose(ProtectedItem, VAULT_SCOPE)),
    names.GOLD,
)
placement.fails("a protected item itself", add(vault.item("i-vmm", "VMM01", names.VMM_VM)), "i-vmm")
placement.unknown("the VM's id unread", change(VmmServer, names.VMM01, vm_id=""), "id could not be read")
placement.unknown("the inventory unread", lose(VmmVm, VMM_SCOPE), "VmmVm")
placement.unknown("containers unread", lose(ProtectionContainer, VAULT_SCOPE), "ProtectionContainer")
placement.unknown("mappings unread", lose(ContainerMapping, VAULT_SCOPE), "ContainerMapping")
placement.unknown("items unread", lose(ProtectedItem, VAULT_SCOPE), "ProtectedItem")
placement.unknown("an item without a VM id", add(vault.item("i-odd", "ODD", "")), "ODD")
placement.skips("no vault", drop(Vault), "no Recovery Services vault")
placement.skips("highly available", unchanged, "highly available", subject=names.HA_VMM)
placement.skips("physical", change(VmmServer, names.VMM01, is_virtual=False), "physical")

replica = Table("DR-VMM-002", names.VMM01)
replica.passes("healthy", unchanged, "london", "leeds", "5 min", "15 min")
replica.passes(
    "exactly as old as allowed", change(VmReplication, names.VMM_REPLICATION, last_replication=ago(minutes=15))
)
replica.fails(
    "a second older than allowed",
    change(VmReplication, names.VMM_REPLICATION, last_replication=ago(minutes=15, seconds=1)),
    "15 min allowed",
)
replica.passes(
    "a moment in the future, within the skew",
    change(VmReplication, names.VMM_REPLICATION, last_replication=ago(seconds=-60)),
)
replica.unknown(
    "further in the future", change(VmReplication, names.VMM_REPLICATION, last_replication=ago(seconds=-61)), "future"
)
replica.passes(
    "old by a clock that is behind",
    together(
        change(VmReplication, names.VMM_REPLICATION, last_replication=ago(minutes=20)), skew(names.HV_LON, -600.0)
    ),
    "10 min",
)
replica.fails(
    "fresh by a clock that is ahead",
    together(change(VmReplication, names.VMM_REPLICATION, last_replication=ago(minutes=10)), skew(names.HV_LON, 600.0)),
    "20 min",
)
replica.unknown(
    "too close to call",
    together(
        change(VmReplication, names.VMM_REPLICATION, last_replication=ago(minutes=14)), skew(names.HV_LON, 0.0, 120.0)
    ),
    "too close",
)
replica.fails(
    "older than tier 0 allows",
    unchanged,
    "4 min allowed",
    policy=Policy(tiers={**DEFAULT_TIERS, 0: replace(DEFAULT_TIERS[0], rpo=240)}),
)
replica.passes(
    "both ends are named",
    change(VmReplication, names.VMM_REPLICATION, primary_server="broker.lon", current_replica_server=names.HV_LDS),
    f"broker.lon -> {names.HV_LDS}",
)
replica.passes(
    "both ends are named as far as they are told",
    change(
        VmReplication,
        names.VMM_REPLICATION,
        primary_server="",
        current_replica_server="",
        replica_server="broker.lds.contoso.lab",
    ),
    f"{names.HV_LON} -> broker.lds.contoso.lab",
)
replica.passes(
    "the present replica host is named, not the configured one",
    change(VmReplication, names.VMM_REPLICATION, replica_server="broker.lds.contoso.lab"),
    f"-> {names.HV_LDS}",
)
replica.fails("suspended", change(VmReplication, names.VMM_REPLICATION, state="Suspended"), "Suspended", "Normal")
replica.fails("unhealthy", change(VmReplication, names.VMM_REPLICATION, health="Warning"), "Warning")
replica.fails(
    "both ends at one site",
    change(VmReplication, names.VMM_REPLICATION, current_replica_server="hv9.lon.contoso.lab"),
    "both ends are at london",
)
replica.passes(
    "by the configured name when the present host is not told",
    change(VmReplication, names.VMM_REPLICATION, current_replica_server=""),
)
replica.fails(
    "not replicated at all",
    together(
        drop(VmReplication, names.VMM_REPLICATION, f"{names.VMM_VM}@{names.HV_LDS}/Simple"),
        change(HyperVVm, f"{names.VMM_VM}@{names.HV_LON}", replication_mode="None"),
    ),
    "not replicated",
    names.HV_LON,
)
replica.unknown("never replicated", change(VmReplication, names.VMM_REPLICATION, last_replication=None))
replica.unknown("state not told", change(VmReplication, names.VMM_REPLICATION, state=""))
replica.unknown("health not told", change(VmReplication, names.VMM_REPLICATION, health=""))
replica.unknown("the sending host unread", lose(VmReplication, LONDON), LONDON)
replica.unknown(
    "on no host that was asked", together(drop(VmReplication), drop(HyperVVm)), "no Hyper-V host that was asked"
)
replica.unknown("at no declared site", drop(Site, "leeds"), "no site")
replica.unknown("the VM's id unread", change(VmmServer, names.VMM01, vm_id=""), "id could not be read")
replica.skips("highly available", unchanged, "highly available", subject=names.HA_VMM)
replica.skips("physical", change(VmmServer, names.VMM01, is_virtual=False), "physical")

coverage = Table("DR-VMM-004", names.WEB_VM)
TOLERANT = Policy(tiers={1: replace(DEFAULT_TIERS[1], coverage_percent=66.0), 3: DEFAULT_TIERS[3]})
TWO_THIRDS = Policy(tiers={1: replace(DEFAULT_TIERS[1], coverage_percent=100.0 * 2 / 3), 3: DEFAULT_TIERS[3]})
"""The healthy estate has three machines of tier 1 to be counted; two of three are 66.7 %."""
coverage.passes("protected by Site Recovery", unchanged, "PAY-WEB01", "Protected")
coverage.passes("protected by Hyper-V Replica", unchanged, names.HV_LDS, subject=names.FILE_VM)
coverage.fails("no item", drop(ProtectedItem, names.WEB_ITEM), "not enabled", names.GOLD)
coverage.fails(
    "no policy on its cloud",
    together(drop(ProtectedItem, names.WEB_ITEM), drop(ContainerMapping)),
    "no replication policy",
    names.GOLD,
)
coverage.fails(
    "in no cloud",
    together(drop(ProtectedItem, names.WEB_ITEM), change(VmmVm, names.WEB_VM, cloud_id="")),
    "in no cloud",
)
coverage.fails(
    "still replicating for the first time",
    change(ProtectedItem, names.WEB_ITEM, protection_state="InitialReplicationInProgress"),
    "InitialReplicationInProgress",
)
coverage.fails(
    "Hyper-V Replica never enabled",
    drop(VmReplication, names.REPLICATION, f"{names.FILE_VM}@{names.HV_LDS}/Simple"),
    "hyperv-replica",
    names.FILE_VM,
    subject=names.FILE_VM,
)
coverage.fails("declared as unprotected", change(Application, "payments", method="none"), "no protection")
coverage.passes(
    "an availability replica of its name",
    together(
        change(Application, "payments", method="availability-group"),
        change(AvailabilityReplica, names.AG_LDS, host="pay-web01.lds.contoso.lab"),
    ),
    "availability replica",
)
coverage.passes(
    "an availability replica of its name, others unread",
    together(
        change(Application, "payments", method="availability-group"),
        change(AvailabilityReplica, names.AG_LDS, host="pay-web01.lds.contoso.lab"),
        lose(AvailabilityReplica, f"sql:{names.SQL_LDS}"),
    ),
)
coverage.unknown(
    "no availability replica of its name",
    change(Application, "payments", method="availability-group"),
    "no availability",
)
coverage.unknown("items unread", lose(ProtectedItem, VAULT_SCOPE), "ProtectedItem", also=(names.DB_VM,))
coverage.unknown(
    "replications unread", together(lose(VmReplication, LONDON), lose(VmReplication, LEEDS)), subject=names.FILE_VM
)
coverage.unknown(
    "it may be a VMM server",
    lose(VmmServer, f"vmm:{names.HA_VMM}"),
    "VmmServer",
    also=(names.DB_VM, names.FILE_VM, names.DC_VM, names.AUX_VM),
)
coverage.unknown(
    "an item of nobody",
    together(drop(ProtectedItem, names.WEB_ITEM), add(vault.item("i-odd", "ODD", ""))),
    "ODD",
)
coverage.unknown(
    "not replicated here, another vault unread",
    together(
        change(ProtectedItem, names.WEB_ITEM, protection_state="InitialReplicationInProgress"),
        reach("vault", "/other"),
        lose(ProtectedItem, "vault:/other"),
    ),
    "no answer",
)
coverage.fails(
    "no item, whatever is known of others",
    together(drop(ProtectedItem, names.WEB_ITEM), lose(VmReplication, LONDON), lose(VmReplication, LEEDS)),
    "not enabled",
    also=(names.FILE_VM,),
)
coverage.warns("exactly the tolerated share", drop(ProtectedItem, names.WEB_ITEM), policy=TWO_THIRDS)
coverage.warns("a tolerated share", drop(ProtectedItem, names.WEB_ITEM), "66.7 %", "66 %", policy=TOLERANT)
coverage.fails(
    "more than the tolerated share",
    drop(ProtectedItem),
    "33.3 %",
    policy=TOLERANT,
    also=(names.DB_VM,),
)
coverage.unknown(
    "a share that cannot be counted",
    together(drop(ProtectedItem, names.WEB_ITEM), lose(VmReplication, LONDON), lose(VmReplication, LEEDS)),
    policy=TOLERANT,
    also=(names.FILE_VM,),
)
coverage.skips("always on", unchanged, "at all times", subject=names.DC_VM)
coverage.skips("of no tier that asks for it", unchanged, "tier", subject=names.AUX_VM)
coverage.skips("the VMM server", unchanged, "VMM server", subject=names.VMM_VM)
coverage.skips("a replica", change(VmmVm, names.WEB_VM, is_recovery=True), "replica")
coverage.skips("a test copy", change(VmmVm, names.WEB_VM, is_test_replica=True), "test failover")
HALF_A_PERCENT = Policy(tiers={**DEFAULT_TIERS, 1: replace(DEFAULT_TIERS[1], coverage_percent=0.5)})
coverage.warns("half a percent is asked for", drop(ProtectedItem, names.WEB_ITEM), policy=HALF_A_PERCENT)
coverage.fails("of no application", unchanged, "not protected", subject=names.AUX_VM, policy=Policy(default_tier=1))
coverage.fails("of no application, in a tier that tolerates some", unchanged, "0.0 %", subject=names.AUX_VM,
               policy=Policy(default_tier=2))  # fmt: skip
coverage.unknown(
    "a share, other machines unread",
    together(drop(ProtectedItem, names.WEB_ITEM), lose(VmmVm, f"vmm:{names.HA_VMM}")),
    policy=TOLERANT,
)

order = Table("DR-VMM-005", names.VMM01)
REMOTE = change(VmmServer, names.VMM01, database_server="sql9.lon.contoso.lab")
order.passes("VMM, then the plan", unchanged, "vmm", "rp-payments")
order.passes("by short name", add(facts.step(1, "vmm", "VMM01")))
order.passes("by VM id", add(facts.step(1, "vmm", names.VMM_VM)))
order.passes("the plan by id", add(facts.step(3, "plan", names.PLAN)))
order.passes("remote SQL first", together(REMOTE, add(facts.step(0, "sql", "SQL9"))))
order.passes(
    "remote SQL, an instance of it, first", together(REMOTE, add(facts.step(0, "sql", "sql9.lon.contoso.lab\\VMM")))
)
order.passes("remote SQL, by database, first", together(REMOTE, add(facts.step(0, "sql", "localdb"))))
order.passes("local by another word", change(VmmServer, names.VMM01, database_server="localhost"))
order.fails("remote SQL without a step", REMOTE, "sql9.lon.contoso.lab", "no sql step")
order.fails(
    "a step of another kind names VMM", add(facts.step(1, "manual", names.VMM01)), "brings back this VMM server"
)
order.fails("a step of another kind names SQL", together(REMOTE, add(facts.step(0, "manual", "SQL9"))), "no sql step")
order.passes("a step of another kind names the plan", add(facts.step(0, "manual", "rp-payments")))
order.fails("another server's SQL step", together(REMOTE, add(facts.step(0, "sql", "SQL8"))), "no sql step")
order.fails("remote SQL last", together(REMOTE, add(facts.step(9, "sql", "SQL9"))), "step 9, after VMM in step 1")
order.fails("the plan before VMM", add(facts.step(0, "plan", "rp-payments")), "rp-payments", "step 0", "step 1")
order.fails("the plan before VMM by id, after it by name", add(facts.step(0, "plan", names.PLAN)), "in step 0")
order.fails("a plan in no step", add(vault.plan(names.PLAN_2, "rp-later", ())), "rp-later is in no step")
order.fails("no sequence", drop(SequenceStep), "no step of the declared sequence brings back this VMM server")
order.fails(
    "another VMM server's step", add(facts.step(1, "vmm", "vmm02.lon.contoso.lab")), "brings back this VMM server"
)
order.fails("not by hand", add(facts.step(1, "vmm", names.VMM01, manual=False)), "manual")
order.fails("without an owner", add(facts.step(1, "vmm", names.VMM01, owner=" ")), "no owner")
order.fails("without a time budget", add(facts.step(3, "plan", "rp-payments", minutes=0)), "no time budget")
order.passes("a minute is a budget", add(facts.step(3, "plan", "rp-payments", minutes=1)))
order.unknown("the database's place unread", change(VmmServer, names.VMM01, database_server=""))
order.unknown("plans unread", lose(RecoveryPlan, VAULT_SCOPE), "RecoveryPlan")
order.unknown("sequence unread", lose(SequenceStep, "estate:estate"), "SequenceStep")
order.skips("highly available", unchanged, "fails over by itself", subject=names.HA_VMM)
for word in (".", "(local)"):
    order.passes(f"local, as {word}", change(VmmServer, names.VMM01, database_server=word))
order.passes("remote SQL first, and again", together(
    REMOTE, add(facts.step(0, "sql", "SQL9"), facts.step(9, "sql", "SQL9"))))  # fmt: skip
order.passes("the plan, and again", add(facts.step(9, "plan", "rp-payments")))
order.fails(
    "the plan before VMM, and again", add(facts.step(0, "plan", "rp-payments"), facts.step(9, "plan", "rp-payments"))
)
order.passes("a plan in capitals", change(RecoveryPlan, names.PLAN, name="RP-PAYMENTS"))
order.passes("a step in capitals", add(facts.step(3, "plan", "RP-PAYMENTS")))
order.passes("VMM by its id in capitals", add(facts.step(1, "vmm", names.VMM_VM.upper())))
order.passes("remote SQL, by database in capitals", together(REMOTE, add(facts.step(0, "sql", "LOCALDB"))))
order.passes("remote SQL, by another spelling of an instance", together(REMOTE, add(facts.step(0, "sql", "sql9/VMM"))))
order.passes("known by another name than its host's", change(
    VmmServer, names.VMM01, host="box7.lon.contoso.lab", database_server="."))  # fmt: skip

stretch = Table("DR-VHA-001", names.HA_VMM)
NODE_LON, NODE_LDS = (f"{names.VMM_CLUSTER}/{host}" for host in ("vmma.lon.contoso.lab", "vmmb.lds.contoso.lab"))
stretch.passes("a node up at both sites", unchanged, "london: 1 up", "leeds: 1 up")
stretch.passes("by short node names", change(VmmServer, names.HA_VMM, nodes=("VMMA", "VMMB")))
stretch.passes(
    "one of two up at a site",
    together(
        change(VmmServer, names.HA_VMM, nodes=("VMMA", "VMMB", "VMMC")),
        add(facts.node(names.VMM_CLUSTER, names.HA_VMM, "vmmc.lds.contoso.lab", state="Down")),
    ),
    "leeds: 1 up",
)
stretch.fails(
    "all nodes at one site",
    change(VmmServer, names.HA_VMM, nodes=("vmma.lon.contoso.lab", "vmmc.lon.contoso.lab")),
    "london",
)
stretch.fails("no node up at a site", change(ClusterNode, NODE_LDS, state="Down"), "leeds")
stretch.fails("paused is not up", change(ClusterNode, NODE_LON, state="Paused"), "london")
stretch.unknown("node state not told", change(ClusterNode, NODE_LDS, state=""), "leeds")
stretch.unknown("the cluster unread", lose(ClusterNode, f"cluster:{names.HA_VMM}"), "ClusterNode")
stretch.unknown("a node that the cluster does not know", drop(ClusterNode, NODE_LDS), "leeds")
stretch.unknown("nodes not told", change(VmmServer, names.HA_VMM, nodes=()), "nodes")
stretch.unknown("at no declared site", drop(Site, "leeds"), "no site")
stretch.skips("standalone", unchanged, "not highly available", subject=names.VMM01)
stretch.passes("a third node that the cluster does not tell of", change(
    VmmServer, names.HA_VMM, nodes=(*facts.HA_NODES, "vmmc.lon.contoso.lab")))  # fmt: skip

CASES = [*placement.cases, *replica.cases, *coverage.cases, *order.cases, *stretch.cases]
