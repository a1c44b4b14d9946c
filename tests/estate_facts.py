"""A small healthy estate with both topologies, and the builders of its facts.

``vmm01`` is standalone in a VM with its database beside it; ``ha-vmm`` is on a cluster over two sites, with its
database in an availability group.
"""

from collections.abc import Iterable
from typing import Any

from drcheck.topology.base import Fact, Target
from drcheck.topology.cluster import ClusterNode, ClusterResource, FailoverCluster
from drcheck.topology.declared import Application, DeclaredEndpoint, DrillNetwork, SequenceStep, Site
from drcheck.topology.drills import DrillRecord
from drcheck.topology.hyperv import Adapter, HyperVVm, VmReplication, VmSwitch
from drcheck.topology.identity import DomainController
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica, SqlInstance
from drcheck.topology.vmm import Cloud, ManagedHost, VmmNic, VmmServer, VmmVm, VmNetwork
from drcheck.topology.vmm_fabric import VmmNode, VmmService
from tests import estate_fabric as fabric
from tests import estate_governed as governed
from tests import estate_sql_vmm_site as site
from tests.estate_azure_ready import REACHED
from tests.estate_integration import integrations
from tests.estate_isolation import PROVEN, WATCHED
from tests.estate_links import link_facts
from tests.estate_names import (
    AG,
    AG_LDS,
    AG_LON,
    AUX_VM,
    DB_VM,
    DC_VM,
    DRILL_NET,
    FILE_VM,
    GOLD,
    HA_VMM,
    HV_CLUSTER,
    HV_CLUSTER_NAME,
    HV_LDS,
    HV_LON,
    PLAN,
    SILVER,
    SQL_LDS,
    SQL_LON,
    SUBSCRIPTION,
    SWITCH,
    VAULT,
    VMM01,
    VMM_CLUSTER,
    VMM_VM,
    WEB_VM,
)
from tests.estate_prepared import prepared_facts
from tests.estate_rehearsed import DRILL, FILE_DRILL, PLAN_DRILL, rehearsed_facts
from tests.estate_replica_hosts import replica_adapter, replica_disks, replica_hosts, settings, storage
from tests.estate_servers import agent, server_objects
from tests.estate_vault import azure_facts, vault_facts
from tests.estates import Estate, ago, seen


def healthy() -> Estate:
    """The estate in which every check passes or does not apply."""
    facts = (*_declared(), *_vmm(), *_nodes(), *_hyperv(), *_clusters(), *_sql(), *vault_facts(), *azure_facts())
    facts = (*facts, *integrations(facts))
    facts = (*facts, *site.site_facts(), *prepared_facts(), *fabric.fabric_facts(), *link_facts())
    targets = (
        ("estate", "estate"),
        ("vmm", VMM01),
        ("vmm", HA_VMM),
        ("vmm-node", VMM01),
        *(("vmm-node", node) for node in HA_NODES),
        ("identity", DC),
        ("hyperv", HV_LON),
        ("hyperv", HV_LDS),
        ("cluster", HV_CLUSTER_NAME),
        ("cluster", HA_VMM),
        ("sql", SQL_LON),
        ("sql", SQL_LDS),
        ("vault", VAULT),
        ("azure", SUBSCRIPTION),
        ("reach", REACHED),
    )
    asked = (*(Target(role=role, endpoint=endpoint) for role, endpoint in targets), *site.TARGETS, *governed.TARGETS)
    asked = (*asked, *fabric.TARGETS)
    facts = (*facts, *governed.governed_facts(), *rehearsed_facts())
    return Estate(facts=facts, targets=asked, clocks=governed.CLOCKS)


def application(name: str, tier: int, *patterns: str, **fields: Any) -> Application:
    given: dict[str, Any] = {
        "owner": "someone",
        "rto_seconds": 14400,
        "rpo_seconds": 900,
        "vm_names": patterns,
    } | fields
    return Application(key=name, seen=seen("estate"), name=name, tier=tier, **given)


def step(number: int, action: str, target: str, **fields: Any) -> SequenceStep:
    given: dict[str, Any] = {"owner": "someone", "minutes": 15, "manual": action != "plan"} | fields
    return SequenceStep(key=f"{number:03}", seen=seen("estate"), number=number, action=action, target=target, **given)


def record(key: str, target: str, *vm_ids: str, **fields: Any) -> DrillRecord:
    given: dict[str, Any] = {
        "started": ago(days=10, hours=1),
        "finished": ago(days=10),
        "verdict": "PASS",
        "cleaned_up": True,
        "drill_kind": "recovery-plan",
        **DRILL,
    } | fields
    return DrillRecord(
        key=key,
        seen=seen("estate"),
        target=target,
        name=key,
        rto_seconds=600.0,
        rpo_seconds=60.0,
        vm_ids=vm_ids,
        **given,
    )


def _declared() -> Iterable[Fact]:
    here = seen("estate")
    yield DeclaredEndpoint(key=f"vmm:{VMM01}", seen=here, role="vmm", endpoint=VMM01)
    yield Site(key="london", seen=here, name="london", role="primary", hosts=("*.lon.contoso.lab",))
    yield Site(key="leeds", seen=here, name="leeds", role="secondary", hosts=("*.lds.contoso.lab",))
    yield Site(key="dublin", seen=here, name="dublin", role="witness", hosts=("*.dub.contoso.lab",))
    yield Site(key="azure", seen=here, name="azure", role="azure", regions=("uksouth",), names=("witnessaccount",))
    yield application("identity", 1, "DC*", always_on=True, method="none")
    yield application("ledger", 1, "LEDGER*", depends_on=("identity",))
    yield application("payments", 1, "PAY*", depends_on=("ledger", "identity"))
    yield application("files", 1, "FILE*", method="hyperv-replica")
    yield step(1, "vmm", VMM01)
    yield step(2, "manual", "files")
    yield step(3, "plan", "rp-payments")
    yield DrillNetwork(key=f"azure:{DRILL_NET}", seen=here, platform="azure", name=DRILL_NET, **WATCHED)
    yield DrillNetwork(key=f"hyperv:{SWITCH.lower()}", seen=here, platform="hyperv", name=SWITCH, without_canary="-")
    yield record("drill-plan", PLAN, WEB_VM, DB_VM, scenarios=("site-loss",), **PLAN_DRILL, **PROVEN)
    yield record("drill-files", FILE_VM, FILE_VM, **FILE_DRILL)


DC = "dc1.lds.contoso.lab"
HA_NODES = ("vmma.lon.contoso.lab", "vmmb.lds.contoso.lab")


def vmm_node(host: str, database: str) -> VmmNode:
    return VmmNode(
        key=host, seen=seen(host), name=host.partition(".")[0], host=host, vm_id="", database_server=database,
        database_instance="MSSQLSERVER", database_name="LocalDB" if host == VMM01 else "VirtualManagerDB",
        database_machine=database,
        multi_subnet_failover=None, install_path=None, asr_provider_version=None, asr_script_library=None,
        dkm_container=site.KEYS,
    )  # fmt: skip


def vmm_service(host: str, account: str = "CONTOSO\\svc-vmm", state: str = "Stopped") -> VmmService:
    return VmmService(
        key=host, seen=seen(host), name=host.partition(".")[0], host=host, account=account, state=state
    )  # fmt: skip


def controller(host: str, ad_site: str) -> DomainController:
    return DomainController(
        key=host, seen=seen(DC), name=host.partition(".")[0], host=host, domain="contoso.lab", forest="contoso.lab",
        ad_site=ad_site, address="10.20.0.10", global_catalog=True, read_only=False, enabled=True, fsmo_roles=(),
        operating_system="",
    )  # fmt: skip


def _nodes() -> Iterable[Fact]:
    yield vmm_node(VMM01, VMM01)
    yield vmm_service(VMM01, "LocalSystem", "Running")
    for node in HA_NODES:
        yield vmm_node(node, "ag-vmm.contoso.lab")
        yield vmm_service(node)
    yield controller(DC, "Leeds")


def _vmm() -> Iterable[Fact]:
    yield VmmServer(
        key=VMM01, seen=seen(VMM01), name="VMM01", host=VMM01, is_virtual=True, vm_id=VMM_VM,
        highly_available=False, active_node="", nodes=(), database_server=VMM01, database_instance="MSSQLSERVER",
        database_name="LocalDB", registry_database_server=VMM01, version="10.22",
    )  # fmt: skip
    yield VmmServer(
        key=HA_VMM, seen=seen(HA_VMM), name="HA-VMM", host="vmma.lon.contoso.lab", is_virtual=True, vm_id="",
        highly_available=True, active_node="vmma", nodes=HA_NODES,
        database_server="ag-vmm.contoso.lab", database_instance="", database_name="VirtualManagerDB",
        registry_database_server="ag-vmm.contoso.lab", version="10.22", service_account="CONTOSO\\svc-vmm",
    )  # fmt: skip
    for host in (HV_LON, HV_LDS):
        yield agent(host)
        yield ManagedHost(
            key=host, seen=seen(VMM01), name=host, host=host, vmm_id=f"vmm-{host}", cluster="", host_group="All",
            state="OK",
        )  # fmt: skip
    yield Cloud(key=GOLD, seen=seen(VMM01), name="Gold", **site.CAPABLE)
    yield Cloud(key=SILVER, seen=seen(VMM01), name="Silver", **site.CAPABLE)
    yield VmNetwork(key="net-prod", seen=seen(VMM01), name="Prod", logical_network="Corp", isolation="NoIsolation")
    yield vmm_vm(VMM_VM, "VMM01")
    yield vmm_vm(WEB_VM, "PAY-WEB01", cloud_id=GOLD)
    yield vmm_vm(DB_VM, "LEDGER-DB01", cloud_id=GOLD)
    yield vmm_vm(FILE_VM, "FILE01")
    yield vmm_vm(DC_VM, "DC01")
    yield vmm_vm(AUX_VM, "AUX01", cloud_id=SILVER)


def vmm_vm(key: str, name: str, **fields: Any) -> VmmVm:
    given: dict[str, Any] = {
        "host": HV_LON,
        "cloud_id": "",
        "status": "Running",
        "is_test_replica": False,
        "is_recovery": False,
        "nics": (VmmNic(id=f"nic-{key}", network_id="net-prod", network_name="Prod"),),
    }
    return VmmVm(key=key, seen=seen(VMM01), name=name, vmm_id=f"vmm-{key}", **(given | fields))


def hyperv_vm(vm_id: str, name: str, host: str = HV_LON, mode: str = "None", **fields: Any) -> HyperVVm:
    given: dict[str, Any] = {
        "state": "Running",
        "clustered": True,
        "disks": (f"C:\\VMs\\{name}\\{name}.vhdx", f"D:\\VMs\\{name}\\{name}_data.vhdx"),
        "adapters": (Adapter(id="nic", name="nic", switch="Corp", test_replica_switch=""),),
        **site.SIZE,
        **storage(name),
    }
    return HyperVVm(
        key=f"{vm_id}@{host}",
        seen=seen(host),
        vm_id=vm_id,
        name=name,
        host=host,
        replication_mode=mode,
        **(given | fields),
    )


def replication(vm_id: str, name: str, host: str, mode: str) -> VmReplication:
    return VmReplication(
        key=f"{vm_id}@{host}/Simple", seen=seen(host), vm_id=vm_id, name=name, host=host, mode=mode,
        state="Replicating", health="Normal", relationship="Simple", primary_server=HV_LON, replica_server=HV_LDS,
        current_replica_server=HV_LDS, frequency_seconds=300, last_replication=ago(minutes=5),
        excluded_disks=(), test_vm_id="", **settings(name, host),
    )  # fmt: skip


def switch(host: str, name: str, switch_type: str, *uplinks: str) -> VmSwitch:
    return VmSwitch(
        key=f"{host}/{name}", seen=seen(host), switch_id=name, name=name, host=host, switch_type=switch_type,
        uplinks=uplinks, allow_management_os=False,
    )  # fmt: skip


def _hyperv() -> Iterable[Fact]:
    for vm_id, name in ((WEB_VM, "PAY-WEB01"), (DB_VM, "LEDGER-DB01"), (DC_VM, "DC01"), (AUX_VM, "AUX01")):
        yield hyperv_vm(vm_id, name)
    for vm_id, name in ((VMM_VM, "VMM01"), (FILE_VM, "FILE01")):
        yield hyperv_vm(vm_id, name, mode="Primary")
        kept = {"state": "Off", "adapters": (replica_adapter(),), "disks": replica_disks(name)}
        yield hyperv_vm(vm_id, name, HV_LDS, mode="Replica", **kept)
        yield replication(vm_id, name, HV_LON, "Primary")
        yield replication(vm_id, name, HV_LDS, "Replica")
    yield from replica_hosts()
    for host in (HV_LON, HV_LDS):
        yield switch(host, SWITCH, "Private")
    yield switch(HV_LON, "Corp", "External", "NIC 1")


def cluster(key: str, name: str, **fields: Any) -> FailoverCluster:
    given: dict[str, Any] = {
        "domain": "contoso.lab",
        "dynamic_quorum": True,
        "preferred_site": "",
        "quorum_type": "Majority",
        "witness": "share",
        "witness_place": "\\\\fs1.dub.contoso.lab\\witness",
        "witness_state": "Online",
        "cross_site_delay_ms": 1000,
        "cross_site_threshold": 20,
        "witness_vote": 1,
    }
    return FailoverCluster(key=key, seen=seen(name), name=name, **(given | fields))


def node(cluster_id: str, endpoint: str, host: str, **fields: Any) -> ClusterNode:
    given: dict[str, Any] = {
        "state": "Up",
        "node_weight": 1,
        "dynamic_weight": 1,
        "fault_domain_site": "",
        "status": "Normal",
        "build": 20348,
    }
    return ClusterNode(
        key=f"{cluster_id}/{host}", seen=seen(endpoint), cluster=cluster_id, name=host.partition(".")[0], host=host,
        **(given | fields),
    )  # fmt: skip


def broker(**fields: Any) -> ClusterResource:
    given: dict[str, Any] = {"state": "Online", "resource_type": "Virtual Machine Replication Broker"}
    return ClusterResource(
        key=f"{HV_CLUSTER}/broker", seen=seen(HV_CLUSTER_NAME), cluster=HV_CLUSTER, group="Broker", name="HVC-BROKER",
        owner_node="hv1", **(given | fields),
    )  # fmt: skip


def _clusters() -> Iterable[Fact]:
    yield cluster(HV_CLUSTER, HV_CLUSTER_NAME)
    yield node(HV_CLUSTER, HV_CLUSTER_NAME, HV_LON, fault_domain_site="London")
    yield node(HV_CLUSTER, HV_CLUSTER_NAME, HV_LDS, fault_domain_site="Leeds")
    yield broker()
    yield cluster(VMM_CLUSTER, HA_VMM, witness="cloud", witness_place="witnessaccount")
    yield node(VMM_CLUSTER, HA_VMM, "vmma.lon.contoso.lab", fault_domain_site="London")
    yield node(VMM_CLUSTER, HA_VMM, "vmmb.lds.contoso.lab", fault_domain_site="Leeds")


def ag_replica(key: str, host: str, role: str, **fields: Any) -> AvailabilityReplica:
    given: dict[str, Any] = {
        "availability_mode": "SYNCHRONOUS_COMMIT",
        "failover_mode": "AUTOMATIC",
        "connected_state": "CONNECTED",
        "synchronization_health": "HEALTHY",
    }
    name = host.partition(".")[0].upper()
    return AvailabilityReplica(
        key=key, seen=seen(SQL_LON), group=AG, name=name, host=host, role=role, **(given | fields)
    )


def ag_database(replica: str, **fields: Any) -> DatabaseReplica:
    given: dict[str, Any] = {
        "name": "VirtualManagerDB",
        "is_primary": False,
        "joined": True,
        "synchronization_state": "SYNCHRONIZED",
        "synchronization_health": "HEALTHY",
        "suspended": False,
        "failover_ready": True,
        "last_commit": ago(minutes=1),
        **site.REDO,
    }
    return DatabaseReplica(key=f"{replica}/db-vmm", seen=seen(SQL_LON), group=AG, replica=replica, **(given | fields))


def _sql() -> Iterable[Fact]:
    for host in (SQL_LON, SQL_LDS):
        yield SqlInstance(
            key=f"{host}\\MSSQLSERVER", seen=seen(host), name="MSSQLSERVER", host=host, asked=host, version="16",
            hadr_enabled=True, databases=("VirtualManagerDB",), edition="Enterprise", collation="Latin1",
            cluster=site.SQL_CLUSTER_NAME,
        )  # fmt: skip
    yield AvailabilityGroup(
        key=AG, seen=seen(SQL_LON), name="AG-VMM", primary_replica="SQL1", synchronization_health="HEALTHY",
        listeners=("ag-vmm.contoso.lab",), databases=("VirtualManagerDB",),
    )  # fmt: skip
    yield ag_replica(AG_LON, SQL_LON, "PRIMARY")
    yield ag_replica(AG_LDS, SQL_LDS, "SECONDARY")
    yield ag_database(AG_LON, is_primary=True)
    yield ag_database(AG_LDS)
    yield from server_objects()
