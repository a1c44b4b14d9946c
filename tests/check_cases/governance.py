"""Cases of the checks on declared sites, on sources that contradict each other, and on two replication owners."""

from typing import Any

from drcheck.topology.base import Fact
from drcheck.topology.cluster import ClusterGroup, ClusterNode, FailoverCluster
from drcheck.topology.declared import Site
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.hyperv_replica import BUILT_IN_PROVIDER, ReplicationProvider
from drcheck.topology.identity import DomainController
from drcheck.topology.site_recovery import ProtectedItem, Vault
from drcheck.topology.vmm import ManagedHost, VmmVm
from drcheck.topology.vmm_fabric import VmmNode
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estates import Change, Estate, add, change, drop, lose, reach, seen, together, unchanged

HV_CLUSTER_SCOPE = f"cluster:{names.HV_CLUSTER_NAME}"


def rules(name: str, **fields: Any) -> Change:
    """Other rules for a declared site."""
    return change(Site, name, **fields)


def without_names(host: str) -> Change:
    """No site claims a host by its name; all others keep theirs."""

    def apply(estate: Estate) -> Estate:
        known = {fact.key for fact in estate.facts if isinstance(fact, ManagedHost)}
        known |= {fact.host for fact in estate.facts if isinstance(fact, ClusterNode | DomainController)}
        known |= {names.SQL_LON, names.SQL_LDS, names.VMM01, "fs1.dub.contoso.lab"}
        patterns = {"lon": (), "lds": (), "dub": ()}
        lists = {site: tuple(sorted(one for one in known - {host} if f".{site}." in one)) for site in patterns}
        sites = {"london": lists["lon"], "leeds": lists["lds"], "dublin": lists["dub"]}
        return together(*(rules(site, hosts=hosts) for site, hosts in sites.items()))(estate)

    return apply


placed = Table("DR-GOV-003", f"host:{names.HV_LDS}")
placed.passes("by its name", rules("leeds", ad_sites=("Leeds",)), "leeds")
placed.passes(
    "by its host group",
    together(
        without_names(names.HV_LDS),
        change(ManagedHost, names.HV_LDS, host_group="All Hosts\\Leeds"),
        rules("leeds", host_groups=("All Hosts\\Leeds*",), hosts=(names.SQL_LDS, facts.DC, "vmmb.lds.contoso.lab")),
    ),
    "leeds",
)
placed.passes(
    "a domain controller by its AD site",
    together(without_names(facts.DC), rules("leeds", ad_sites=("Leeds",), hosts=("hv2.*", "sql2.*", "vmmb.*"))),
    "leeds",
    subject=f"host:{facts.DC}",
)
placed.passes(
    "a domain controller by its address",
    together(without_names(facts.DC), rules("leeds", subnets=("10.20.0.0/16",), hosts=("hv2.*", "sql2.*", "vmmb.*"))),
    "leeds",
    subject=f"host:{facts.DC}",
)
placed.passes(
    "a node by its fault domain",
    together(
        without_names("vmmb.lds.contoso.lab"),
        rules("leeds", fault_domains=("Leeds",), hosts=("hv2.*", "sql2.*", "dc1.*")),
        change(ClusterNode, f"{names.VMM_CLUSTER}/vmmb.lds.contoso.lab", fault_domain_site="Leeds"),
    ),
    "leeds",
    subject="host:vmmb.lds.contoso.lab",
)
placed.passes(
    "a cloud witness by its account",
    rules("azure", names=("witness*",)),
    "azure",
    subject=f"witness:{names.VMM_CLUSTER}",
)
placed.fails("at no site", without_names(names.HV_LDS), "no declared site", names.HV_LDS)
placed.fails("a vault in an undeclared region", change(Vault, names.VAULT, location="westeurope"), subject=names.VAULT)
placed.fails(
    "a witness on an undeclared server",
    change(FailoverCluster, names.HV_CLUSTER, witness_place="\\\\fs9\\witness"),
    "fs9",
    "no declared site",
    subject=f"witness:{names.HV_CLUSTER}",
)
placed.fails(
    "two sites by their names",
    rules("dublin", hosts=("*.dub.contoso.lab", "hv2.*")),
    "dublin (host hv2.*) and leeds (host *.lds.contoso.lab)",
)
placed.fails(
    "its name and its host group differ",
    together(
        change(ManagedHost, names.HV_LDS, host_group="All Hosts\\London"),
        rules("london", host_groups=("All Hosts\\London*",)),
    ),
    "London",
)
placed.unknown(
    "its host group was not read",
    together(rules("dublin", host_groups=("All Hosts\\Dublin*",)), lose(ManagedHost, f"vmm:{names.VMM01}")),
    "ManagedHost",
    also=(
        *(f"host:{host}" for host in (names.HV_LON, names.SQL_LON, names.SQL_LDS, names.VMM01, facts.DC)),
        *(f"host:{node}" for node in facts.HA_NODES),
        names.VAULT,
        f"witness:{names.HV_CLUSTER}",
        "host:dc0.lon.contoso.lab",
        f"witness:{names.VMM_CLUSTER}",
        f"witness:{names.SQL_CLUSTER}",
    ),
)
placed.skips("a cloud witness", rules("azure", names=()), "in Azure", subject=f"witness:{names.VMM_CLUSTER}")

WEB = f"vm:{names.WEB_VM}@{names.HV_LON}"
agree = Table("DR-GOV-105", WEB)


def group(owner: str) -> Fact:
    return ClusterGroup(
        key=f"{names.HV_CLUSTER}/web", seen=seen(names.HV_CLUSTER_NAME), cluster=names.HV_CLUSTER, name="PAY-WEB01",
        group_type="VirtualMachine", state="Online", owner_node=owner, core=False,
    )  # fmt: skip


agree.passes("VMM and Hyper-V", unchanged, "VMM: on hv1", "Hyper-V: on hv1")
agree.passes("the cluster too", add(group(names.HV_LON)), "cluster: owned by hv1")
agree.fails("VMM has it elsewhere", change(VmmVm, names.WEB_VM, host=names.HV_LDS), "VMM has it on hv2", also=(
    f"vm:{names.WEB_VM}@{names.HV_LDS}",
))  # fmt: skip
agree.fails(
    "VMM has it where Hyper-V does not",
    together(change(VmmVm, names.WEB_VM, host=names.HV_LDS), drop(HyperVVm, f"{names.WEB_VM}@{names.HV_LON}")),
    "was read to its end",
    subject=f"vm:{names.WEB_VM}@{names.HV_LDS}",
)
agree.fails("VMM does not know it", drop(VmmVm, names.WEB_VM), "VMM manages hv1")
agree.fails("on and off", change(VmmVm, names.WEB_VM, status="PowerOff"), "VMM says PowerOff, Hyper-V says Running")
agree.fails("the cluster's owner differs", add(group(names.HV_LDS)), "owned by hv2")
agree.fails(
    "a node's registry has another database",
    change(VmmNode, "vmmb.lds.contoso.lab", database_server="sql2.lds.contoso.lab"),
    "registry of vmmb.lds.contoso.lab has sql2.lds.contoso.lab",
    subject=f"database:{names.HA_VMM}",
)
agree.unknown(
    "a node's registry does not tell its database",
    change(VmmNode, "vmmb.lds.contoso.lab", database_server=None),
    "registry of vmmb.lds.contoso.lab does not tell",
    subject=f"database:{names.HA_VMM}",
)
agree.unknown("Hyper-V unread", lose(HyperVVm, f"hyperv:{names.HV_LON}"), "HyperVVm", also=tuple(
    f"vm:{one}@{names.HV_LON}" for one in (names.VMM_VM, names.DB_VM, names.FILE_VM, names.DC_VM, names.AUX_VM)
))  # fmt: skip
agree.unknown("VMM unread", lose(VmmVm, f"vmm:{names.VMM01}"), "VmmVm", also=tuple(
    f"vm:{one}@{names.HV_LON}" for one in (names.VMM_VM, names.DB_VM, names.FILE_VM, names.DC_VM, names.AUX_VM)
))  # fmt: skip
agree.unknown("the cluster's groups unread", lose(ClusterGroup, HV_CLUSTER_SCOPE), "ClusterGroup", also=tuple(
    f"vm:{one}@{names.HV_LON}" for one in (names.VMM_VM, names.DB_VM, names.FILE_VM, names.DC_VM, names.AUX_VM)
))  # fmt: skip
agree.unknown(
    "a node's registry unread", lose(VmmNode, "vmm-node:vmmb.lds.contoso.lab"), subject=f"database:{names.HA_VMM}"
)
agree.passes("the database", unchanged, subject=f"database:{names.HA_VMM}")
ALONE = "f1000000-0000-0000-0000-000000000001"
agree.skips(
    "on a host that VMM does not manage",
    together(drop(ManagedHost, names.HV_LDS), add(facts.hyperv_vm(ALONE, "ALONE01", names.HV_LDS, clustered=False))),
    "one source only",
    subject=f"vm:{ALONE}@{names.HV_LDS}",
)

owned = Table("DR-ASR-008", names.WEB_ITEM)
SENDING = facts.replication(names.WEB_VM, "PAY-WEB01", names.HV_LON, "Primary")


def sends_to(server: str) -> Change:
    return together(
        add(SENDING),
        change(VmReplication, SENDING.key, replica_server=server, current_replica_server=server),
    )


def engine(provider: str) -> Fact:
    return ReplicationProvider(
        key=SENDING.key, seen=seen(names.HV_LON), vm_id=names.WEB_VM, name="PAY-WEB01", host=names.HV_LON,
        relationship="Simple", provider=provider,
    )  # fmt: skip


owned.passes("alone", unchanged, "no other Hyper-V host")
owned.passes(
    "its own relationship shows on the host", together(sends_to("Microsoft Azure"), add(engine("another-engine")))
)
owned.fails("Hyper-V Replica to nobody knows where", together(sends_to("x"), add(engine(BUILT_IN_PROVIDER))), "to x")
owned.unknown(
    "the engines unread",
    together(sends_to("x"), add(engine("y")), lose(ReplicationProvider, f"hyperv:{names.HV_LON}")),
    also=(names.DB_ITEM,),
)
owned.fails("Hyper-V Replica as well", add(SENDING), "Hyper-V Replica from hv1.lon.contoso.lab to hv2.lds.contoso.lab")
owned.fails(
    "to a server that says it holds the replica",
    together(sends_to("hidden"), add(facts.replication(names.WEB_VM, "PAY-WEB01", names.HV_LDS, "Replica"))),
    "to hidden",
)
owned.unknown("to a server nobody knows", sends_to("elsewhere"), "an engine it does not tell")
owned.unknown("the host's relationships unread", lose(VmReplication, f"hyperv:{names.HV_LON}"), also=(names.DB_ITEM,))
owned.unknown("the host's machines unread", lose(HyperVVm, f"hyperv:{names.HV_LON}"), also=(names.DB_ITEM,))
owned.unknown("the VM not told", change(ProtectedItem, names.WEB_ITEM, vm_id=""), "which VM")
owned.skips("failed over", change(ProtectedItem, names.WEB_ITEM, active_location="Recovery"), "recovery location")
owned.skips("between VMM clouds", change(ProtectedItem, names.WEB_ITEM, provider="HyperVReplica2012R2"))
owned.passes("receives there", add(
    facts.replication(names.WEB_VM, "PAY-WEB01", names.HV_LON, "Replica"), engine(BUILT_IN_PROVIDER)))  # fmt: skip
owned.passes("a host sends it that does not run it", add(
    facts.replication(names.WEB_VM, "PAY-WEB01", names.HV_LDS, "Primary")))  # fmt: skip
owned.unknown(
    "the engines unread, nothing sent", lose(ReplicationProvider, f"hyperv:{names.HV_LON}"), also=(names.DB_ITEM,)
)
owned.unknown("to a server that is asked for something else", sends_to(names.SQL_LDS), "an engine it does not tell")
owned.unknown("what replicates it not told", change(ProtectedItem, names.WEB_ITEM, provider=""), "what replicates it")
owned.fails("to another host that is asked", together(sends_to("hv9.far.lab"), reach("hyperv", "hv9.far.lab")))

CASES = [*placed.cases, *agree.cases, *owned.cases]
