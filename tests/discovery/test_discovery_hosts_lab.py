"""Over the wire: what hosts and clusters hold is found as it is, in healthy estates and in one made odd on purpose."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drcheck.lab.scenarios import fabrikam
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.windows import Checkpoint
from drcheck.lab.state.world import Host, Replication, World
from drcheck.lab.telling.building import vm_named
from drcheck.topology.base import Topology
from drcheck.topology.cluster import (
    ClusterAddress,
    ClusterFaultDomain,
    ClusterGroup,
    ClusterInterface,
    ClusterNetwork,
    ClusterNetworkName,
    ClusterResource,
    ClusterSharedVolume,
    FailoverCluster,
    PossibleOwners,
    PreferredOwners,
)
from drcheck.topology.hyperv import HyperVVm, VmIntegration, VmReplication
from drcheck.topology.hyperv_replica import (
    FailoverAddress,
    ReplicaServer,
    ReplicationProvider,
    VmCheckpoint,
    VmRecoveryPoints,
)
from drcheck.topology.windows_host import (
    DiskActivity,
    HostVolume,
    HyperVHost,
    MachineCertificate,
    ReplicaListenerRule,
    VirtualHardDisk,
    WindowsService,
)
from tests.lab_estates import discovered, served

GIB = 1 << 30
Found = tuple[World, Topology]


@pytest.fixture(scope="module", params=["contoso", "fabrikam"])
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    folder = tmp_path_factory.mktemp(request.param)
    with served(request.param, folder) as world:
        yield world, discovered(folder)


def hosts(world: World) -> dict[str, Host]:
    return {name: host for name, host in world.hosts.items() if "hyperv" in host.roles}


def test_hosts_are_found_with_their_room(found: Found) -> None:
    world, topology = found
    assert {one.key for one in topology.all(HyperVHost)} == set(hosts(world))
    assert {one.build for one in topology.all(HyperVHost)} == {20348}
    volumes = {(one.host, one.name): one.capacity_bytes for one in topology.all(HostVolume)}
    assert volumes == {
        (name, f"{volume.letter}\\"): volume.size_gb * GIB
        for name, host in hosts(world).items()
        for volume in host.volumes
    }
    assert all(0 < (one.free_bytes or 0) < (one.capacity_bytes or 0) for one in topology.all(HostVolume))


def test_the_disks_of_machines_are_found_with_their_size(found: Found) -> None:
    world, topology = found
    own = {disk.path: disk.size_gb * GIB for vm in world.vms.values() for disk in vm.disks if vm.host in hosts(world)}
    disks = topology.all(VirtualHardDisk)
    assert {one.path: one.size_bytes for one in disks if not one.path.startswith("D:\\Replica")} == own
    attached = {(vm.host, drive.path) for vm in topology.all(HyperVVm) for drive in vm.drives}
    assert attached == {(one.host, one.path) for one in disks}
    running = {disk for vm in topology.all(HyperVVm) if vm.state == "Running" for disk in vm.disks}
    assert {one.name for one in topology.all(DiskActivity)} == {path.replace("\\", "-") for path in running}


def test_replica_servers_are_found_with_certificate_and_firewall(found: Found) -> None:
    world, topology = found
    servers = {one.key: one for one in topology.all(ReplicaServer)}
    assert set(servers) == set(hosts(world))
    certificates = {one.thumbprint: one for one in topology.all(MachineCertificate)}
    rules = {(one.host, one.secure): one.enabled for one in topology.all(ReplicaListenerRule)}
    for name, host in hosts(world).items():
        real, told = host.replica_server, servers[name]
        assert told.enabled is (real is not None)
        if real is not None:
            assert (told.certificate, told.from_any_server) == (real.thumbprint, False)
            assert [entry.server for entry in told.allowed] == real.primaries
            assert name in certificates[told.certificate].dns_names
        assert (rules[name, True], rules[name, False]) == (real is not None, False)


def test_what_replicas_could_be_taken_back_to_is_found(found: Found) -> None:
    world, topology = found
    replicas = {vm.id: vm for vm in world.vms.values() if vm.replication}
    points = {one.vm_id: one for one in topology.all(VmRecoveryPoints)}
    assert set(points) == set(replicas) == {one.vm_id for one in topology.all(FailoverAddress)}
    for one in points.values():
        assert (one.point_count, one.app_consistent_count) == (4, 1)
        assert one.newest_app_consistent is not None
        assert topology.as_of >= one.newest_app_consistent
    for address in topology.all(FailoverAddress):
        assert address.ipv4 == replicas[address.vm_id].nics[0].failover_address != ""
    assert topology.all(VmCheckpoint) == ()


def test_the_engine_of_every_replication_is_told_apart(found: Found) -> None:
    world, topology = found
    built_in = {one.vm_id for one in topology.all(ReplicationProvider) if one.built_in}
    assert built_in == {vm.id for vm in world.vms.values() if vm.replication}
    others = {one.vm_id for one in topology.all(ReplicationProvider)} - built_in
    assert others == {vm.id for vm in world.vms.values() if vm.cloud_id} - built_in
    agents = {one.host for one in topology.all(WindowsService) if one.name == "obengine" and one.state == "Running"}
    assert agents >= {vm.host for vm in world.vms.values() if vm.id in others}


def test_integration_services_answer_in_running_machines_only(found: Found) -> None:
    _, topology = found
    machines = {vm.key: vm for vm in topology.all(HyperVVm)}
    assert {one.key for one in topology.all(VmIntegration)} == set(machines)
    for one in topology.all(VmIntegration):
        status = {each.service: each.status for each in one.services}
        assert status["heartbeat"] == ("Ok" if machines[one.key].state == "Running" else None)


def test_clusters_are_found_as_they_are(found: Found) -> None:
    world, topology = found
    real = {cluster.id: cluster for cluster in world.clusters}
    assert {one.key for one in topology.all(FailoverCluster)} == set(real)
    assert {one.key for one in topology.all(ClusterNetwork)} == {
        f"{key}/{network.id}" for key, cluster in real.items() for network in cluster.networks
    }
    addresses = {(one.cluster, one.host, one.address) for one in topology.all(ClusterInterface)}
    assert addresses == {
        (key, host, address)
        for key, cluster in real.items()
        for network in cluster.networks
        for host, address in network.interfaces.items()
    }
    sites = {(one.cluster, one.name) for one in topology.all(ClusterFaultDomain) if one.level == "Site"}
    assert sites == {(key, node.site) for key, cluster in real.items() for node in cluster.nodes if node.site}
    volumes = {(one.cluster, one.path) for one in topology.all(ClusterSharedVolume)}
    assert volumes == {(key, volume.path) for key, cluster in real.items() for volume in cluster.volumes}


def test_every_cluster_has_one_core_group_whatever_it_is_called(found: Found) -> None:
    world, topology = found
    core = [one for one in topology.all(ClusterGroup) if one.group_type == "Cluster"]
    assert sorted(one.cluster for one in core) == sorted(cluster.id for cluster in world.clusters)
    assert all(one.core and topology.need(PreferredOwners, one.key).owners == () for one in core)
    assert {one.name for one in core} <= {"Cluster Group", "Clustergruppe"}
    witnessed = {one.witness_group for one in topology.all(FailoverCluster)}
    assert witnessed == {one.name for one in core}


def test_names_and_addresses_of_roles_are_found(found: Found) -> None:
    world, topology = found
    names = {one.key: one for one in topology.all(ClusterNetworkName)}
    addresses = {one.key: one for one in topology.all(ClusterAddress)}
    for cluster in world.clusters:
        for resource in cluster.resources:
            key = f"{cluster.id}/{resource.id}"
            if resource.resource_type == "Network Name":
                assert names[key].dns_name == resource.parameters["DnsName"]
                assert names[key].ttl_seconds == resource.parameters["HostRecordTTL"]
            if resource.resource_type == "IP Address":
                assert (addresses[key].address, addresses[key].state) == (
                    resource.parameters["Address"],
                    resource.state,
                )


def test_owners_are_found_of_roles_and_not_of_machines(found: Found) -> None:
    world, topology = found
    resources = {one.key: one for one in topology.all(ClusterResource)}
    nodes = {cluster.id: tuple(node.host for node in cluster.nodes) for cluster in world.clusters}
    possible = {one.key: one.owners for one in topology.all(PossibleOwners)}
    assert possible == {
        key: nodes[one.cluster]
        for key, one in resources.items()
        if not one.resource_type.startswith(("Virtual Machine Conf", "Physical", "File Share"))
        and one.resource_type != "Virtual Machine"
    }
    groups = {one.key: one for one in topology.all(ClusterGroup) if one.group_type != "VirtualMachine"}
    preferred = {one.key: list(one.owners) for one in topology.all(PreferredOwners)}
    assert preferred == {
        f"{cluster.id}/{group.id}": group.preferred
        for cluster in world.clusters
        for group in cluster.groups
        if f"{cluster.id}/{group.id}" in groups
    }


THIRD = fabrikam.host("hv-lon2")


def odd(world: World) -> None:
    """A second hop to a third host, checkpoints, a shared disk, a tagged adapter, a volume that is offline."""
    files = vm_named(world, "FS01")
    assert files.replication is not None
    files.replication.extended = Replication(
        primary_host=fabrikam.LEEDS, replica_host=THIRD, replica_server=THIRD, frequency=900, missed=3
    )
    files.checkpoints = [
        Checkpoint(id=world.id_for("c1"), name="before the update", created=LabClock().now() - 4 * 86400),
        Checkpoint(id=world.id_for("c2"), name="left", created=LabClock().now() - 60, checkpoint_type="Recovery"),
    ]
    orders = vm_named(world, "ORD-DB01")
    orders.disks[1].shared, orders.nics[0].vlan = True, 120
    cluster = next(one for one in world.clusters if one.volumes)
    cluster.volumes[0].state = "Offline"
    cluster.settings["CrossSiteThreshold"] = 40


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    folder = tmp_path_factory.mktemp("odd")
    with served("fabrikam", folder, odd) as world:
        yield world, discovered(folder)


def test_an_odd_estate_is_read_to_its_end_all_the_same(strange: Found) -> None:
    assert [gap.key for gap in strange[1].gaps if gap.scope.startswith(("hyperv:", "cluster:"))] == []


def test_both_hops_of_a_chain_are_found_at_every_host(strange: Found) -> None:
    world, topology = strange
    files = vm_named(world, "FS01")
    sides = {
        (one.host, one.mode, one.relationship): one for one in topology.all(VmReplication) if one.vm_id == files.id
    }
    assert set(sides) == {
        (files.host, "Primary", "Simple"),
        (fabrikam.LEEDS, "Replica", "Simple"),
        (fabrikam.LEEDS, "Replica", "Extended"),
        (THIRD, "ExtendedReplica", "Simple"),
    }
    second = sides[fabrikam.LEEDS, "Replica", "Extended"]
    assert (second.current_replica_server, second.frequency_seconds) == (THIRD, 900)
    assert second.pending_bytes is not None
    assert sides[fabrikam.LEEDS, "Replica", "Simple"].pending_bytes is None
    hops = {(one.host, one.relationship) for one in topology.all(ReplicationProvider) if one.vm_id == files.id}
    assert hops == {
        (files.host, "Simple"),
        (fabrikam.LEEDS, "Simple"),
        (fabrikam.LEEDS, "Extended"),
        (THIRD, "Simple"),
    }


def test_checkpoints_are_found_with_who_made_them(strange: Found) -> None:
    checkpoints = {one.name: one.checkpoint_type for one in strange[1].all(VmCheckpoint)}
    assert checkpoints == {"before the update": "Standard", "left": "Recovery"}


def test_what_makes_a_machine_hard_to_protect_is_found(strange: Found) -> None:
    _, topology = strange
    (orders,) = [vm for vm in topology.all(HyperVVm) if vm.name == "ORD-DB01"]
    assert [drive.shared for drive in orders.drives] == [False, True]
    assert (orders.adapters[0].vlan_mode, orders.adapters[0].vlan_id) == ("Access", 120)
    formats = {one.path: one.disk_format for one in topology.all(VirtualHardDisk)}
    assert formats[orders.drives[1].path] == "VHDSet"


def test_a_volume_that_is_offline_and_a_setting_that_was_changed(strange: Found) -> None:
    _, topology = strange
    (volume,) = topology.all(ClusterSharedVolume)
    assert (volume.state, volume.capacity_bytes, volume.free_bytes) == ("Offline", None, None)
    changed = next(one for one in topology.all(FailoverCluster) if one.key == volume.cluster)
    assert (changed.cross_site_threshold, changed.cross_site_delay_ms) == (40, 1000)


def test_a_host_without_certificates_is_known_to_have_none(tmp_path: Path) -> None:
    with served("fabrikam", tmp_path, lambda world: world.hosts[THIRD].certificates.clear()):
        topology = discovered(tmp_path)
    assert topology.all(MachineCertificate, f"hyperv:{THIRD}") == ()
    assert len(topology.all(MachineCertificate)) == 2
