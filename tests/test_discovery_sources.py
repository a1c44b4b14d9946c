"""The on-premises sources: what each answer means, and which answers are refused."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drcheck.discovery.driver import look, sources
from drcheck.discovery.vmm import full_name, server_of
from drcheck.estate import ApplicationSpec, Estate, NetworkSpec, StepSpec
from drcheck.query import Cmdlet
from drcheck.topology.base import Target, Topology
from drcheck.topology.cluster import ClusterGroup, ClusterNode, ClusterResource, FailoverCluster
from drcheck.topology.declared import Application, DeclaredEndpoint, DrillNetwork, SequenceStep, Site
from drcheck.topology.drills import DrillRecord
from drcheck.topology.hyperv import Adapter, HyperVVm, VmReplication, VmSwitch
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica, SqlInstance
from drcheck.topology.vmm import Cloud, ManagedHost, VmmNic, VmmServer, VmmVm, VmNetwork
from tests.pretend_machines import (
    Machine,
    Pretend,
    Rows,
    Ticking,
    Values,
    cluster_rows,
    estate,
    hyperv_rows,
    replica_row,
    sql_rows,
    vmm_rows,
)

GUID = "0F8FAD5B-D9CB-469F-A165-70867728950E"


def read(role: str, name: str, rows: Rows, *, via: tuple[str, ...] = ()) -> Topology:
    """What one machine tells about one target."""
    clock = Ticking()
    pretend = Pretend(machines=dict.fromkeys(via or (name,), Machine(rows=dict(rows))))
    given = estate(via={name: via} if via else None)
    target = Target(role=role, endpoint=name)
    return look(given, (target,), now=clock.now, monotonic=clock.monotonic, via=pretend.transports())


def reasons(topology: Topology) -> list[str]:
    return [gap.reason for gap in topology.gaps]


def changed(rows: Rows, query: str, **values: object) -> Rows:
    """The same rows, with some values of one query's first row replaced; dots in names are written ``__``."""
    new = {name.replace("__", "."): value for name, value in values.items()}
    return {**rows, query: [{**rows[query][0], **new}, *rows[query][1:]]}


def test_a_standalone_vmm_server_on_a_vm() -> None:
    rows = {
        **vmm_rows("VMM01.lab", database="VMM01"),
        "vmm-guest": [{"VirtualMachineId": GUID}],
        "vmm-database": [{"ConnectionString": "Integrated Security=SSPI;Data Source=tcp:SQL9\\VMM,1444;Database=x"}],
    }
    (server,) = read("vmm", "vmm01.lab", rows).all(VmmServer)
    assert (server.key, server.name, server.host) == ("vmm01.lab", "vmm01.lab", "vmm01.lab")
    assert (server.is_virtual, server.vm_id) == (True, GUID.lower())
    assert (server.highly_available, server.active_node, server.nodes) == (False, "", ())
    assert (server.database_server, server.registry_database_server) == ("vmm01.lab", "sql9.lab")
    assert [target.scope for target in server.leads()] == ["sql:vmm01.lab"]


def test_a_physical_vmm_server_has_no_vm_id() -> None:
    (server,) = read("vmm", "vmm01.lab", vmm_rows("vmm01.lab")).all(VmmServer)
    assert (server.is_virtual, server.vm_id, server.registry_database_server) == (False, "", "")


def test_a_highly_available_vmm_is_where_its_active_node_is() -> None:
    rows = changed(
        vmm_rows("vmm.lab", database="ag-vmm"),
        "vmm-server",
        IsHighlyAvailable=True,
        ActiveVMMNode="N2",
        FailoverVMMNodes=["n1.lab", "N2"],
    )
    (server,) = read("vmm", "vmm.lab", rows, via=("n1.lab",)).all(VmmServer)
    assert (server.host, server.active_node, server.nodes) == ("n2.lab", "n2.lab", ("n1.lab", "n2.lab"))
    assert [(target.scope, target.via) for target in server.leads()] == [
        ("sql:ag-vmm.lab", ()),
        ("cluster:vmm.lab", ("n1.lab", "n2.lab")),
    ]


@pytest.mark.parametrize("local", [".", "(local)", "localhost", "VMM01", "vmm01.lab."])
def test_a_database_on_the_vmm_server_itself_is_named_in_many_ways(local: str) -> None:
    (server,) = read("vmm", "vmm01.lab", vmm_rows("vmm01.lab", database=local)).all(VmmServer)
    assert server.database_server == "vmm01.lab"


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("Data Source=SQL1;Initial Catalog=db", "SQL1"),
        ("server = tcp:sql1.lab,1433 ; Integrated Security=SSPI", "sql1.lab"),
        ('Initial Catalog=db;Server="SQL1\\VMM"', "SQL1"),
        ("Address=sql1;Password=<redacted>", "sql1"),
        ("Initial Catalog=db", ""),
        ("", ""),
    ],
)
def test_the_server_of_a_connection_string(text: str, server: str) -> None:
    assert server_of(text) == server


def test_a_short_name_is_completed_and_a_full_one_is_not() -> None:
    assert full_name(" HV1 ", "lab") == "hv1.lab"
    assert full_name("HV1.other.", "lab") == "hv1.other"
    assert full_name("", "lab") == ""


def test_hosts_of_other_platforms_are_not_hyperv_hosts() -> None:
    rows = vmm_rows("vmm.lab", hosts=["hv1.lab", "esx1.lab"])
    rows["vmm-hosts"] = [rows["vmm-hosts"][0], {**rows["vmm-hosts"][1], "VirtualizationPlatform": "VMWareESX"}]
    topology = read("vmm", "vmm.lab", rows)
    assert [(host.key, host.name, host.cluster) for host in topology.all(ManagedHost)] == [("hv1.lab", "hv1", "")]


def vm_row(**values: object) -> Values:
    row = {
        "VMId": GUID,
        "ID": "ABC",
        "Name": "PAY-WEB01",
        "HostName": "HV1.lab",
        "CloudId": "00000000-0000-0000-0000-000000000000",
        "VirtualMachineState": "Running",
        "IsTestReplicaVM": False,
        "IsRecoveryVM": False,
        "VirtualNetworkAdapters.ID": ["N1", "N2"],
        "VirtualNetworkAdapters.VMNetwork.ID": ["NET-A", None],
        "VirtualNetworkAdapters.VMNetwork.Name": ["corp", None],
    }
    return {**row, **{name.replace("__", "."): value for name, value in values.items()}}


def test_a_machine_in_vmm_is_keyed_by_its_hyperv_id() -> None:
    rows = {
        **vmm_rows("vmm.lab"),
        "vmm-machines": [vm_row(), vm_row(VMId="B", CloudId=None), vm_row(VMId="C", CloudId="C-1")],
    }
    first, second, third = sorted(read("vmm", "vmm.lab", rows).all(VmmVm), key=lambda vm: vm.key)
    assert (first.key, first.vmm_id, first.host, first.cloud_id) == (GUID.lower(), "abc", "hv1.lab", "")
    assert first.nics == (
        VmmNic(id="n1", network_id="net-a", network_name="corp"),
        VmmNic(id="n2", network_id="", network_name=""),
    )
    assert (second.cloud_id, third.cloud_id) == ("", "c-1")


def test_adapters_that_do_not_add_up_are_refused() -> None:
    rows = {**vmm_rows("vmm.lab"), "vmm-machines": [vm_row(VirtualNetworkAdapters__VMNetwork__ID=["NET-A"])]}
    assert reasons(read("vmm", "vmm.lab", rows)) == [
        "the answer to Get-SCVirtualMachine cannot be read: VirtualNetworkAdapters: 2 adapters, 1 networks"
    ]


def test_clouds_and_networks() -> None:
    rows = {
        **vmm_rows("vmm.lab"),
        "vmm-clouds": [{"ID": "C-1", "Name": "gold", "HostGroup.Path": ["All Hosts\\London"]}],
        "vmm-networks": [{"ID": "N-1", "Name": "corp", "LogicalNetwork.Name": "ln", "IsolationType": "NoIsolation"}],
    }
    topology = read("vmm", "vmm.lab", rows)
    (cloud,), (network,) = topology.all(Cloud), topology.all(VmNetwork)
    assert (cloud.key, cloud.name, cloud.host_groups) == ("c-1", "gold", ("All Hosts\\London",))
    assert (network.key, network.name, network.logical_network, network.isolation) == (
        "n-1",
        "corp",
        "ln",
        "NoIsolation",
    )


def test_a_machine_on_a_host() -> None:
    rows = changed(
        hyperv_rows(GUID),
        "hyperv-machines",
        HardDrives__Path=["C:\\a.vhdx", None],
        NetworkAdapters__Id=["a1"],
        NetworkAdapters__Name=["NIC"],
        NetworkAdapters__SwitchName=[None],
        NetworkAdapters__TestReplicaSwitchName=["DR Test"],
    )
    (vm,) = read("hyperv", "hv1.lab", rows).all(HyperVVm)
    assert (vm.key, vm.vm_id, vm.host) == (f"{GUID.lower()}@hv1.lab", GUID.lower(), "hv1.lab")
    assert vm.disks == ("C:\\a.vhdx",)
    assert vm.adapters == (Adapter(id="a1", name="NIC", switch="", test_replica_switch="DR Test"),)


def replication_row(**values: object) -> Values:
    row = {
        "VMId": GUID,
        "VMName": "VMM01",
        "ReplicationMode": "Primary",
        "ReplicationState": "Replicating",
        "ReplicationHealth": "Normal",
        "ReplicationRelationshipType": "Simple",
        "PrimaryServerName": "HV1.lab",
        "ReplicaServerName": "Broker.lab",
        "CurrentReplicaServerName": "HV-R1.lab",
        "ReplicationFrequencySec": 300,
        "LastReplicationTime": "2026-11-23T09:55:00.0000000Z",
        "ReplicatedDisks.Path": ["C:\\a.vhdx"],
        "ExcludedDisks.Path": [],
        "TestVirtualMachine.Id": None,
    }
    return {**row, **{name.replace("__", "."): value for name, value in values.items()}}


def statistics_row(**values: object) -> Values:
    return {
        "VMId": GUID.lower(),
        "ReplicationRelationshipType": "Simple",
        "PendingReplicationSize": "9007199254740993",
        "SuccessfulReplicationCount": 12,
        "MissedReplicationCount": 1,
        "ReplicationErrors": 0,
        "MaximumReplicationLatency": 12.5,
        "MonitoringStartTime": "2026-11-23T09:00:00.0000000Z",
        "LastTestFailoverInitiatedTime": None,
        **values,
    }


def test_replication_is_joined_with_its_statistics_by_id_and_relationship() -> None:
    rows: Rows = {
        "hyperv-replication": [
            replication_row(),
            replication_row(ReplicationRelationshipType="Extended", LastReplicationTime=None),
        ],
        "hyperv-statistics": [statistics_row()],
    }
    extended, simple = read("hyperv", "hv1.lab", rows).all(VmReplication)
    assert simple.key == f"{GUID.lower()}@hv1.lab/Simple"
    assert (simple.primary_server, simple.replica_server, simple.current_replica_server) == (
        "hv1.lab",
        "broker.lab",
        "hv-r1.lab",
    )
    assert simple.last_replication == datetime(2026, 11, 23, 9, 55, tzinfo=UTC)
    assert (simple.pending_bytes, simple.successful_count, simple.missed_count) == (9007199254740993, 12, 1)
    assert (simple.test_vm_id, simple.max_latency_seconds) == ("", 12.5)
    assert (extended.relationship, extended.last_replication, extended.successful_count) == ("Extended", None, None)


def test_a_replica_knows_no_backlog_and_the_test_vm() -> None:
    rows: Rows = {
        "hyperv-replication": [replication_row(ReplicationMode="Replica", TestVirtualMachine__Id="T-1")],
        "hyperv-statistics": [
            statistics_row(PendingReplicationSize=0, LastTestFailoverInitiatedTime="2026-10-01T00:00:00.0000000Z")
        ],
    }
    (replica,) = read("hyperv", "hv-r1.lab", rows).all(VmReplication)
    assert (replica.pending_bytes, replica.test_vm_id) == (None, "t-1")
    assert replica.last_test_failover == datetime(2026, 10, 1, tzinfo=UTC)


def test_replication_is_not_known_when_its_statistics_are_not() -> None:
    clock = Ticking()
    pretend = Pretend(machines={"hv1.lab": Machine(failed={"hyperv-statistics": "AccessDenied"})})
    target = Target(role="hyperv", endpoint="hv1.lab")
    topology = look(estate(), (target,), now=clock.now, monotonic=clock.monotonic, via=pretend.transports())
    assert [gap.kind for gap in topology.gaps] == ["VmReplication"]


@pytest.mark.parametrize("absent", ["LastReplicationTime", "TestVirtualMachine.Id", "ReplicationHealth"])
def test_a_property_that_this_version_does_not_have_is_no_null(absent: str) -> None:
    row = {name: value for name, value in replication_row().items() if name != absent}
    topology = read("hyperv", "hv1.lab", {"hyperv-replication": [row], "hyperv-statistics": []})
    assert reasons(topology) == [f"the answer to Get-VMReplication cannot be read: {absent}: is not in the answer"]


def test_a_switch() -> None:
    row = {
        "Id": "S-1",
        "Name": "DR Test",
        "SwitchType": "Private",
        "NetAdapterInterfaceDescriptions": None,
        "AllowManagementOS": False,
    }
    (switch,) = read("hyperv", "hv1.lab", {"hyperv-switches": [row]}).all(VmSwitch)
    assert (switch.key, switch.switch_type, switch.uplinks) == ("hv1.lab/s-1", "Private", ())


def witnessed(resource_type: str | None, parameters: Sequence[Values] = ()) -> Topology:
    rows = changed(
        cluster_rows("hvcl.lab", ["n1.lab"]),
        "cluster-quorum",
        QuorumResource__Name=resource_type and "Witness (Zeuge)",
        QuorumResource__ResourceType__Name=resource_type,
        QuorumResource__State=resource_type and "Online",
    )
    return read("cluster", "hvcl.lab", {**rows, "cluster-parameters": parameters})


def parameter(owner: str, name: str, value: object) -> Values:
    return {"ClusterObject.Name": owner, "Name": name, "Value": value}


@pytest.mark.parametrize(
    ("resource_type", "parameters", "kind", "place"),
    [
        (None, [], "none", ""),
        ("Physical Disk", [], "disk", "Witness (Zeuge)"),
        ("Node Weight Fairy", [], "Node Weight Fairy", "Witness (Zeuge)"),
        (
            "File Share Witness",
            [parameter("Other", "SharePath", "\\\\no\\no"), parameter("Witness (Zeuge)", "SharePath", "\\\\fs1\\w")],
            "share",
            "\\\\fs1\\w",
        ),
        ("Cloud Witness", [parameter("Witness (Zeuge)", "AccountName", "drwitness")], "cloud", "drwitness"),
    ],
)
def test_a_witness_is_known_by_its_resource_type(
    resource_type: str | None, parameters: Sequence[Values], kind: str, place: str
) -> None:
    (cluster,) = witnessed(resource_type, parameters).all(FailoverCluster)
    assert (cluster.witness, cluster.witness_place) == (kind, place)
    assert cluster.witness_state == ("Online" if resource_type else "")
    assert (cluster.key, cluster.domain, cluster.dynamic_quorum) == ("id-hvcl", "lab", True)


def test_a_share_witness_without_a_path_is_refused() -> None:
    (reason,) = reasons(witnessed("File Share Witness"))
    assert reason.endswith("SharePath: the witness 'Witness (Zeuge)' has no such parameter")


def domain_row(name: str, kind: object, parent: str | None) -> Values:
    return {"Name": name, "Type": kind, "ParentName": parent}


def test_a_nodes_site_may_be_above_its_rack() -> None:
    rows = {
        **cluster_rows("hvcl.lab", ["n1.lab", "n2.lab", "n3.lab"]),
        "cluster-fault-domains": [
            domain_row("London", "Site", ""),
            domain_row("Leeds", 1000, None),
            domain_row("Rack 1", "Rack", "London"),
            domain_row("N1", "Node", "Rack 1"),
            domain_row("n2", 4000, "Leeds"),
            domain_row("N3", "Node", ""),
        ],
    }
    nodes = read("cluster", "hvcl.lab", rows).all(ClusterNode)
    assert [(node.key, node.fault_domain_site) for node in nodes] == [
        ("id-hvcl/n1.lab", "London"),
        ("id-hvcl/n2.lab", "Leeds"),
        ("id-hvcl/n3.lab", ""),
    ]


def test_fault_domains_in_a_circle_end() -> None:
    rows = {
        **cluster_rows("hvcl.lab", ["n1.lab"]),
        "cluster-fault-domains": [domain_row("N1", "Node", "R"), domain_row("R", "Rack", "N1")],
    }
    (node,) = read("cluster", "hvcl.lab", rows).all(ClusterNode)
    assert node.fault_domain_site == ""


def test_groups_and_resources_belong_to_a_cluster_and_a_node() -> None:
    rows = {
        **cluster_rows("hvcl.lab", ["n1.lab"]),
        "cluster-groups": [
            {
                "Id": "G-1",
                "Name": "Cluster Group",
                "GroupType": "Cluster",
                "State": "Online",
                "OwnerNode.Name": "N1",
                "IsCoreGroup": True,
            }
        ],
        "cluster-resources": [
            {
                "Id": "R-1",
                "Name": "Broker",
                "ResourceType.Name": "Virtual Machine Replication Broker",
                "OwnerGroup.Name": "Cluster Group",
                "OwnerNode.Name": None,
                "State": "Failed",
            }
        ],
    }
    topology = read("cluster", "hvcl.lab", rows)
    (group,), (resource,) = topology.all(ClusterGroup), topology.all(ClusterResource)
    assert (group.key, group.cluster, group.owner_node, group.core) == ("id-hvcl/g-1", "id-hvcl", "n1.lab", True)
    assert (resource.key, resource.group, resource.owner_node) == ("id-hvcl/r-1", "Cluster Group", "")


def test_a_machine_that_is_in_no_cluster_is_refused() -> None:
    assert len(reasons(read("cluster", "hvcl.lab", {"cluster": []}))) == 4


PARTNERS = ("sql1.lab", "sql2.lab")


def primary_rows() -> Rows:
    """sql1 as the primary of G1, with one database that sql2 is 2.5 s behind with, and then caught up."""

    def commit(host: str, at: str | None, *, primary: bool) -> Values:
        return {
            "replica_id": f"R-{host}",
            "group_database_id": "D1",
            "is_primary_replica": primary,
            "last_commit_time": at,
        }

    def state(host: str, *, primary: bool | None, ready: bool | None) -> Values:
        known = primary is not None
        return {
            "replica_id": f"R-{host}",
            "group_database_id": "D1",
            "database_name": "VirtualManagerDB",
            "is_failover_ready": ready,
            "is_database_joined": True,
            "is_primary_replica": primary,
            "synchronization_state_desc": "SYNCHRONIZED" if known else None,
            "synchronization_health_desc": "HEALTHY" if known else None,
            "is_suspended": False if known else None,
            "last_commit_time": "2026-11-23T09:59:58.5000000Z" if known else None,
            "log_send_queue_size": 0 if known else None,
            "redo_queue_size": None,
            "redo_rate": None,
        }

    newest = "2026-11-23T10:00:01.0000000Z"
    return {
        **sql_rows("sql1.lab", cluster="sqlcl.lab"),
        "sql-replicas": [
            replica_row("sql1.lab", local=True, role="PRIMARY"),
            replica_row("sql2.lab", local=False, role="SECONDARY"),
        ],
        "sql-groups": [
            {
                "group_id": "G1",
                "name": "ag-vmm",
                "primary_replica": "SQL1",
                "synchronization_health_desc": "HEALTHY",
            },
            {"group_id": "G2", "name": "elsewhere", "primary_replica": "SQL9", "synchronization_health_desc": None},
        ],
        "sql-listeners": [{"group_id": "G1", "dns_name": "AG-VMM"}, {"group_id": "G2", "dns_name": "other"}],
        "sql-group-databases": [
            {"group_id": "G1", "group_database_id": "D1", "database_name": "VirtualManagerDB"},
            {"group_id": "G2", "group_database_id": "D2", "database_name": "x"},
        ],
        "sql-database-states": [
            state("sql1.lab", primary=True, ready=True),
            state("sql2.lab", primary=False, ready=None),
            state("sql9.lab", primary=False, ready=True),
        ],
        "sql-lag-1": [
            commit("sql1.lab", newest, primary=True),
            commit("sql2.lab", "2026-11-23T09:59:58.5000000Z", primary=False),
        ],
        "sql-lag-2": [commit("sql1.lab", newest, primary=True), commit("sql2.lab", newest, primary=False)],
        "sql-lag-3": [commit("sql1.lab", newest, primary=True), commit("sql2.lab", None, primary=False)],
    }


def test_a_primary_tells_of_its_group_and_of_no_other() -> None:
    topology = read("sql", "sql1.lab", primary_rows())
    (group,) = topology.all(AvailabilityGroup)
    assert (group.key, group.listeners, group.databases) == ("g1", ("ag-vmm.lab",), ("VirtualManagerDB",))
    replicas = topology.all(AvailabilityReplica)
    assert [(replica.key, replica.host, replica.role) for replica in replicas] == [
        ("r-sql1.lab", "sql1.lab", "PRIMARY"),
        ("r-sql2.lab", "sql2.lab", "SECONDARY"),
    ]
    first, second = topology.all(DatabaseReplica)
    assert (first.key, first.is_primary, first.failover_ready, first.lag_seconds) == ("r-sql1.lab/d1", True, True, ())
    assert (second.is_primary, second.failover_ready, second.lag_seconds) == (False, False, (2.5, 0.0))
    assert (second.log_send_queue_kb, second.redo_queue_kb) == (0, None)


def test_a_secondary_tells_of_no_group_and_names_its_partners() -> None:
    topology = read("sql", "sql2.lab", sql_rows("sql2.lab", cluster="sqlcl.lab", partners=PARTNERS))
    assert topology.all(AvailabilityGroup) == ()
    assert topology.all(AvailabilityReplica) == ()
    (instance,) = topology.all(SqlInstance)
    assert (instance.key, instance.cluster, instance.partners) == ("sql2.lab\\MSSQLSERVER", "sqlcl.lab", PARTNERS)
    assert {target.scope for target in instance.leads()} == {"sql:sql1.lab", "sql:sql2.lab", "cluster:sqlcl.lab"}


def test_behind_a_listener_the_instance_is_the_machine_that_answered() -> None:
    topology = read("sql", "ag-vmm.lab", primary_rows(), via=("sql1.lab",))
    (instance,) = topology.all(SqlInstance)
    assert (instance.host, instance.asked, instance.databases) == ("sql1.lab", "ag-vmm.lab", ("VirtualManagerDB",))


def test_a_listener_that_is_reached_by_its_own_name_still_has_a_machine_behind_it() -> None:
    (instance,) = read("sql", "ag-vmm.lab", primary_rows()).all(SqlInstance)
    assert instance.host == "sql1.lab"
    (plain,) = read("sql", "db.lab", sql_rows("sql5.lab")).all(SqlInstance)
    assert (plain.host, plain.hadr_enabled) == ("sql5.lab", True)


def test_what_is_declared_becomes_facts() -> None:
    given = Estate(
        path=Path("estate.yaml"),
        name="x",
        sites=estate().sites,
        endpoints=(Target(role="vmm", endpoint="vmm.lab"),),
        applications=(
            ApplicationSpec(
                name="pay",
                tier=1,
                owner="ops",
                rto_seconds=10,
                rpo_seconds=5,
                vm_ids=("a",),
                vm_names=("PAY-*",),
                depends_on=("id",),
                always_on=True,
                method="none",
            ),
        ),
        sequence=(
            StepSpec(action="vmm", target="vmm01", owner="ops", minutes=15, manual=True),
            StepSpec(action="plan", target="rp", owner="ops", minutes=30, manual=False),
        ),
        drill_networks=(NetworkSpec(platform="hyperv", name="DR Test"),),
    )
    clock = Ticking()
    topology = look(given, (), now=clock.now, monotonic=clock.monotonic, via=Pretend().transports())
    assert [endpoint.key for endpoint in topology.all(DeclaredEndpoint)] == ["vmm:vmm.lab"]
    assert [(site.key, site.role, site.hosts) for site in topology.all(Site)] == [("here", "primary", ("*.lab",))]
    (application,) = topology.all(Application)
    assert (application.key, application.rto_seconds, application.vm_names) == ("pay", 10, ("PAY-*",))
    assert [(step.key, step.action, step.manual) for step in topology.all(SequenceStep)] == [
        ("0001", "vmm", True),
        ("0002", "plan", False),
    ]
    assert [(network.key, network.name) for network in topology.all(DrillNetwork)] == [("hyperv:dr test", "DR Test")]


def record(**values: object) -> Mapping[str, object]:
    return {
        "schema": 1,
        "id": "d-1",
        "kind": "hyperv-replica",
        "target": GUID,
        "name": "VMM01",
        "verdict": "PASS",
        "cleaned_up": True,
        "started": "2026-11-01T10:00:00+01:00",
        "finished": "2026-11-01T09:30:00Z",
        "rto_seconds": 300.5,
        "rpo_seconds": None,
        "vm_ids": [GUID],
        "more": "is kept elsewhere",
        **values,
    }


def records_in(folder: Path | None) -> Topology:
    clock = Ticking()
    given = estate(drill_records=folder)
    return look(given, (), now=clock.now, monotonic=clock.monotonic, via=Pretend().transports())


def test_a_drill_record_becomes_a_fact(tmp_path: Path) -> None:
    (tmp_path / "d-1.json").write_text(json.dumps(record()))
    (tmp_path / "notes.txt").write_text("not a record")
    (drill,) = records_in(tmp_path).all(DrillRecord)
    assert (drill.key, drill.target, drill.vm_ids, drill.rto_seconds) == ("d-1", GUID.lower(), (GUID.lower(),), 300.5)
    assert drill.started == datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("folder", [None, Path("/nowhere/at/all")])
def test_no_folder_means_no_drill_was_held(folder: Path | None) -> None:
    assert records_in(folder).all(DrillRecord) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "Input data was truncated"),
        (json.dumps(record(schema=2)), "Invalid enum value 2"),
        (json.dumps(record(started="2026-11-01T10:00:00")), "its times have no offset from UTC"),
        (json.dumps(record(finished="2026-10-01T10:00:00Z")), "it ends before it starts"),
        (json.dumps({name: value for name, value in record().items() if name != "verdict"}), "`verdict`"),
    ],
)
def test_a_damaged_record_is_a_gap_and_hides_no_other(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "a-damaged.json").write_text(text)
    (tmp_path / "d-1.json").write_text(json.dumps(record()))
    topology = records_in(tmp_path)
    assert [drill.key for drill in topology.seen(DrillRecord)] == ["d-1"]
    (reason,) = reasons(topology)
    assert "a-damaged.json: " in reason
    assert told in reason


def test_queries_have_unique_names_and_read_only() -> None:
    queries = {
        id(query): query
        for listed in sources().values()
        for sourced in listed
        for query in getattr(sourced.collector, "queries", ())
    }.values()
    assert len({query.id for query in queries}) == len(queries)
    assert all(query.cmdlet.startswith(("Get-", "Measure-")) for query in queries if isinstance(query, Cmdlet))
