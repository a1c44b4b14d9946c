"""What a cluster node answers about roles, names, addresses, networks and volumes, and what it means."""

import pytest

from drcheck.topology.base import Topology
from drcheck.topology.cluster import (
    ClusterAddress,
    ClusterFaultDomain,
    ClusterGroup,
    ClusterInterface,
    ClusterNetwork,
    ClusterNetworkName,
    ClusterNode,
    ClusterResource,
    ClusterSharedVolume,
    FailoverCluster,
    PossibleOwners,
    PreferredOwners,
)
from tests.pretend_machines import Rows, Values, changed, cluster_rows, read, reasons


def ask(rows: Rows) -> Topology:
    return read("cluster", "hvcl.lab", {**cluster_rows("hvcl.lab", ["n1.lab", "n2.lab"]), **rows})


def resource(name: str, kind: str, **values: object) -> Values:
    row = {
        "Id": f"R-{name}",
        "Name": name,
        "ResourceType.Name": kind,
        "OwnerGroup.Name": "Rolle",
        "OwnerNode.Name": "N1",
        "State": "Online",
    }
    return {**row, **values}


def parameters(owner: str, **values: object) -> list[Values]:
    return [{"ClusterObject.Name": owner, "Name": name, "Value": value} for name, value in values.items()]


def owned(name: str, *nodes: str) -> Values:
    return {"ClusterObject.Id": f"ID-{name}", "ClusterObject.Name": name, "OwnerNodes.Name": list(nodes)}


def group(name: str, kind: str, **values: object) -> Values:
    row = {"Id": f"G-{name}", "Name": name, "GroupType": kind, "State": "Online", "OwnerNode.Name": "N1"}
    return {**row, "IsCoreGroup": kind == "Cluster", **values}


def test_the_heartbeat_and_what_decides_an_even_split() -> None:
    rows = changed(
        cluster_rows("hvcl.lab", ["n1.lab"]),
        "cluster",
        CrossSiteDelay=1000,
        CrossSiteThreshold=20,
        SameSubnetDelay=500,
        AutoAssignNodeSite=1,
        QuarantineDuration=7200,
        ClusterFunctionalLevel=11,
        LowerQuorumPriorityNodeId=0,
        S2DEnabled=0,
    )
    (cluster,) = ask(rows).all(FailoverCluster)
    assert (cluster.cross_site_delay_ms, cluster.cross_site_threshold, cluster.same_subnet_delay_ms) == (1000, 20, 500)
    assert (cluster.auto_assign_node_site, cluster.quarantine_seconds, cluster.functional_level) == (True, 7200, 11)
    assert (cluster.lower_quorum_priority_node, cluster.storage_spaces_direct) == (0, False)
    assert (cluster.cross_subnet_delay_ms, cluster.quarantine_threshold) == (None, None)


def test_a_node_that_is_isolated() -> None:
    told = {
        "StatusInformation": "Isolated",
        "DrainStatus": "NotInitiated",
        "NeedsPreventQuorum": 1,
        "BuildNumber": 20348,
    }
    rows = changed(cluster_rows("hvcl.lab", ["n1.lab"]), "cluster-nodes", **told)
    (node,) = ask(rows).all(ClusterNode)
    assert (node.status, node.drain_status, node.needs_prevent_quorum, node.build) == (
        "Isolated",
        "NotInitiated",
        True,
        20348,
    )


def test_fault_domains_at_every_level() -> None:
    rows: Rows = {
        "cluster-fault-domains": [
            {"Name": "London", "Type": "Site", "ParentName": "", "Location": "LD4"},
            {"Name": "N1", "Type": 4000, "ParentName": "London", "Location": None},
        ]
    }
    site, node = sorted(ask(rows).all(ClusterFaultDomain), key=lambda one: one.name)
    assert (site.key, site.level, site.parent, site.location) == ("id-hvcl/london", "Site", "", "LD4")
    assert (node.level, node.parent, node.location) == ("Node", "London", None)


def test_preferred_owners_are_in_order() -> None:
    topology = ask({"cluster-group-owners": [owned("vmm", "N2", "N1"), owned("Clustergruppe")]})
    found = {one.name: one for one in topology.all(PreferredOwners)}
    assert (found["vmm"].key, found["vmm"].owners) == ("id-hvcl/id-vmm", ("n2.lab", "n1.lab"))
    assert found["Clustergruppe"].owners == ()


def test_what_decides_where_a_group_goes() -> None:
    told = {"PreferredSite": "London", "Priority": 3000, "FailoverThreshold": 4294967295, "FailoverPeriod": 6}
    rows: Rows = {"cluster-groups": [group("ag", "Unknown", **told, AntiAffinityClassNames=["db"]), group("x", "Dtc")]}
    known, silent = ask(rows).all(ClusterGroup)
    assert (known.preferred_site, known.priority, known.anti_affinity) == ("London", 3000, ("db",))
    assert (known.failover_threshold, known.failover_period_hours) == (4294967295, 6)
    assert (silent.preferred_site, silent.priority, silent.anti_affinity) == (None, None, None)


def test_possible_owners_of_a_resource() -> None:
    (broker,) = ask({"cluster-resource-owners": [owned("Broker", "N1")]}).all(PossibleOwners)
    assert (broker.key, broker.owners) == ("id-hvcl/id-broker", ("n1.lab",))


def test_owners_that_could_not_be_asked_leave_groups_known() -> None:
    rows: Rows = {"cluster-groups": [group("vmm", "GenericService")], "cluster-group-owners": [{"OwnerNodes.Name": []}]}
    topology = ask(rows)
    assert {gap.kind for gap in topology.gaps} == {"PreferredOwners"}
    assert [one.name for one in topology.all(ClusterGroup)] == ["vmm"]


def test_what_holds_a_resource_back() -> None:
    known, silent = ask(
        {"cluster-resources": [resource("a", "Physical Disk", MaintenanceMode=True), resource("b", "Physical Disk")]}
    ).all(ClusterResource)
    assert (known.maintenance_mode, silent.maintenance_mode) == (True, None)


def test_a_network_name_and_its_addresses() -> None:
    rows: Rows = {
        "cluster-resources": [
            resource("listener", "Network Name"),
            resource("here", "IP Address"),
            resource("there", "IP Address", State="Offline"),
            resource("disk", "Physical Disk"),
        ],
        "cluster-parameters": [
            *parameters("listener", DnsName="ag-vmm", HostRecordTTL=300, RegisterAllProvidersIP=1, StatusDNS=9002),
            *parameters(
                "here", Address="10.1.0.9", SubnetMask="255.255.255.0", Network="Clusternetzwerk 1", EnableDhcp=0
            ),
        ],
    }
    topology = ask(rows)
    (name,) = topology.all(ClusterNetworkName)
    assert (name.key, name.group, name.dns_name, name.ttl_seconds) == ("id-hvcl/r-listener", "Rolle", "ag-vmm", 300)
    assert (name.registers_every_address, name.dns_status, name.kerberos_status) == (True, 9002, None)
    here, there = topology.all(ClusterAddress)
    assert (here.address, here.mask, here.network, here.dhcp) == (
        "10.1.0.9",
        "255.255.255.0",
        "Clusternetzwerk 1",
        False,
    )
    assert (there.state, there.address, there.dhcp) == ("Offline", None, None)


def test_networks_and_the_interfaces_in_them() -> None:
    network = {"Id": "N-1", "Name": "Clusternetzwerk 1", "Role": "Cluster", "State": "Up", "Address": "172.16.1.0"}
    interface = {"Id": "I-1", "Name": "N1 - Ethernet", "Node": "N1", "Network.Name": "Clusternetzwerk 1", "State": "Up"}
    rows: Rows = {
        "cluster-networks": [{**network, "AddressMask": "255.255.255.0", "Metric": 39984, "AutoMetric": True}],
        "cluster-interfaces": [{**interface, "Address": None, "DhcpEnabled": 1}],
    }
    topology = ask(rows)
    (known,), (adapter,) = topology.all(ClusterNetwork), topology.all(ClusterInterface)
    assert (known.key, known.role, known.address, known.metric) == ("id-hvcl/n-1", "Cluster", "172.16.1.0", 39984)
    assert (adapter.host, adapter.network, adapter.address, adapter.dhcp) == ("n1.lab", "Clusternetzwerk 1", "", True)


def volume(paths: object, sizes: object, free: object) -> Rows:
    row = {"Id": "D-1", "Name": "Cluster Disk 1", "State": "Online", "OwnerNode.Name": "N2"}
    information = {"FriendlyVolumeName": paths, "Partition.Size": sizes, "Partition.FreeSpace": free}
    return {
        "cluster-shared-volumes": [row | {f"SharedVolumeInfo.{name}": value for name, value in information.items()}]
    }


def test_a_shared_volume_that_is_offline_tells_no_size() -> None:
    known, offline = ask(volume(["C:\\ClusterStorage\\A", "C:\\ClusterStorage\\B"], [10, None], ["4", None])).all(
        ClusterSharedVolume
    )
    assert (known.key, known.owner_node) == ("id-hvcl/d-1/c:\\clusterstorage\\a", "n2.lab")
    assert (known.capacity_bytes, known.free_bytes) == (10, 4)
    assert (offline.path, offline.capacity_bytes, offline.free_bytes) == ("C:\\ClusterStorage\\B", None, None)


@pytest.mark.parametrize(("sizes", "free"), [([10], []), ([], []), (["ten"], [1])])
def test_sizes_that_belong_to_no_path_are_refused(sizes: object, free: object) -> None:
    topology = ask(volume(["C:\\ClusterStorage\\A"], sizes, free))
    assert topology.seen(ClusterSharedVolume) == ()
    assert len(reasons(topology)) == 1
