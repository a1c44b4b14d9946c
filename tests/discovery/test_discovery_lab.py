"""Discovery over the wire: what the simulated estate holds is what is found, whatever else goes wrong there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from drcheck.discovery.driver import sources
from drcheck.lab.state.world import World
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.cluster import ClusterGroup, ClusterNode, ClusterResource, FailoverCluster
from drcheck.topology.hyperv import HyperVVm, VmReplication, VmSwitch
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica, SqlInstance
from drcheck.topology.vmm import Cloud, HostCluster, ManagedHost, VmmServer, VmmVm, VmNetwork
from tests.lab_estates import discovered, edit, served

SCENARIOS = ("contoso", "fabrikam")
LOST = "hv-lon2.lon.contoso.lab"


@pytest.fixture(scope="module", params=SCENARIOS)
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Topology]]:
    """A healthy estate and what was found of it."""
    folder = tmp_path_factory.mktemp(request.param)
    with served(request.param, folder) as world:
        yield world, discovered(folder)


Found = tuple[World, Topology]


def test_a_healthy_estate_is_read_to_its_end(found: Found) -> None:
    _, topology = found
    assert topology.gaps == ()
    assert all(not topology.missing(type(fact)) for fact in topology.facts)


def test_every_machine_that_answered_has_a_clock_near_ours(found: Found) -> None:
    world, topology = found
    assert {clock.endpoint for clock in topology.clocks} <= set(world.hosts)
    assert {host.name for host in world.hosts.values() if "hyperv" in host.roles} <= {
        clock.endpoint for clock in topology.clocks
    }
    for clock in topology.clocks:
        truth = world.hosts[clock.endpoint].clock_offset
        assert abs(clock.offset_seconds - truth) <= clock.uncertainty_seconds + 0.001


def test_vmm_is_found_as_it_is(found: Found) -> None:
    world, topology = found
    (server,), (real,) = topology.all(VmmServer), world.vmm
    assert (server.key, server.host, server.version) == (real.name, real.host, real.version)
    assert server.vm_id == world.hosts[real.host].vm_id
    assert server.database_server == real.database_server
    assert server.nodes == tuple(real.nodes)
    assert {cloud.key: cloud.name for cloud in topology.all(Cloud)} == {cloud.id: cloud.name for cloud in real.clouds}
    assert {each.key for each in topology.all(VmNetwork)} == {each.id for each in real.networks}
    managed = {host.name for host in world.hosts.values() if "hyperv" in host.roles and host.host_group}
    assert {host.key for host in topology.all(ManagedHost)} == managed
    clusters = {each.name: {node.host for node in each.nodes} for each in world.clusters if each.in_vmm}
    assert {each.name: set(each.nodes) for each in topology.all(HostCluster)} == clusters


def test_every_machine_is_found_in_vmm_and_on_its_host(found: Found) -> None:
    world, topology = found
    in_vmm = {vm.id: (vm.name, vm.cloud_id) for vm in world.vms.values() if vm.in_vmm}
    workload = {vm.key: (vm.name, vm.cloud_id) for vm in topology.all(VmmVm) if not vm.is_recovery}
    assert workload == in_vmm
    asked = {target.endpoint for target in topology.targets if target.role == "hyperv"}
    on_hosts = {(vm.id, vm.host): [disk.path for disk in vm.disks] for vm in world.vms.values() if vm.host in asked}
    running_there = {
        (vm.vm_id, vm.host): list(vm.disks) for vm in topology.all(HyperVVm) if vm.replication_mode != "Replica"
    }
    assert running_there == on_hosts


def test_each_side_of_a_replication_is_found(found: Found) -> None:
    world, topology = found
    real = {(vm.id, vm.replication.primary_host, "Primary") for vm in world.vms.values() if vm.replication}
    real |= {(vm.id, vm.replication.replica_host, "Replica") for vm in world.vms.values() if vm.replication}
    sides = topology.all(VmReplication)
    assert {(side.vm_id, side.host, side.mode) for side in sides} == real
    assert real
    for side in sides:
        assert side.last_replication is not None
        assert side.lag is not None
        assert side.lag.total_seconds() > -1
        assert (side.pending_bytes is None) == (side.mode == "Replica")
        assert side.successful_count is not None


def test_switches_are_found(found: Found) -> None:
    world, topology = found
    asked = {target.endpoint for target in topology.targets if target.role == "hyperv"}
    real = {(name, switch.name, switch.switch_type) for name in asked for switch in world.hosts[name].switches}
    assert {(each.host, each.name, each.switch_type) for each in topology.all(VmSwitch)} == real


def test_clusters_are_found_with_votes_sites_and_witness(found: Found) -> None:
    world, topology = found
    real = {each.id: each for each in world.clusters}
    clusters = topology.all(FailoverCluster)
    assert {cluster.key for cluster in clusters} == set(real)
    for cluster in clusters:
        witness = next(
            (one for one in real[cluster.key].resources if one.name == real[cluster.key].quorum_resource), None
        )
        place = witness.parameters.get("SharePath", witness.name) if witness else ""
        assert cluster.witness_place == place
        assert cluster.witness_vote == real[cluster.key].witness_vote
    votes = {
        f"{each.id}/{node.host}": (node.weight, node.dynamic_weight, node.site)
        for each in world.clusters
        for node in each.nodes
    }
    nodes = topology.all(ClusterNode)
    assert {each.key: (each.node_weight, each.dynamic_weight, each.fault_domain_site) for each in nodes} == votes
    groups = {f"{each.id}/{group.id}" for each in world.clusters for group in each.groups}
    assert {group.key for group in topology.all(ClusterGroup)} == groups
    resources = {f"{each.id}/{one.id}" for each in world.clusters for one in each.resources}
    assert {resource.key for resource in topology.all(ClusterResource)} == resources


def test_availability_groups_are_found(found: Found) -> None:
    world, topology = found
    groups = {group.id: sorted(each.name for each in group.databases) for group in world.groups}
    assert {group.key: list(group.databases) for group in topology.all(AvailabilityGroup)} == groups
    replicas = {
        replica.id: (replica.host, replica.role, replica.availability_mode, replica.failover_mode)
        for group in world.groups
        for replica in group.replicas
    }
    assert {
        each.key: (each.host, each.role, each.availability_mode, each.failover_mode)
        for each in topology.all(AvailabilityReplica)
    } == replicas
    expected = {
        f"{replica.id}/{db.id}" for group in world.groups for replica in group.replicas for db in group.databases
    }
    databases = topology.all(DatabaseReplica)
    assert {each.key for each in databases} == expected
    assert all(len(each.lag_seconds) == 3 for each in databases if not each.is_primary)


def test_sql_instances_are_found_with_their_cluster(found: Found) -> None:
    world, topology = found
    real = {f"{each.host}\\{each.name}": (each.cluster, sorted(each.databases)) for each in world.sql}
    assert {each.key: (each.cluster, sorted(each.databases)) for each in topology.all(SqlInstance)} == real


def test_one_host_that_is_down_is_unknown_and_hides_nobody_else(tmp_path: Path) -> None:
    def broken(world: World) -> None:
        world.hosts[LOST].up = False

    with served("contoso", tmp_path, broken) as world:
        topology = discovered(tmp_path)
    assert {gap.key: gap.cause for gap in topology.gaps} == {
        f"{sourced.kind}@hyperv:{LOST}": "refused" for sourced in sources()["hyperv"]
    }
    assert all("\n" not in gap.reason and LOST in gap.reason for gap in topology.gaps)
    with pytest.raises(Unknown):
        topology.all(HyperVVm)
    others = [host.name for host in world.hosts.values() if "hyperv" in host.roles and host.name != LOST]
    assert len(others) == 6
    assert all(topology.looked_at(HyperVVm, f"hyperv:{name}") for name in others)
    assert len(topology.all(FailoverCluster)) == len(world.clusters)


def test_a_silent_host_costs_its_own_deadline_and_no_other_machine_anything(tmp_path: Path) -> None:
    def broken(world: World) -> None:
        world.hosts[LOST].fault = "silent"

    with served("contoso", tmp_path, broken) as world:
        edit(tmp_path, lambda value: value["windows"].update(connect_seconds=1, total_seconds=20))
        edit(tmp_path, lambda value: value["windows"]["hosts"][LOST].update(total_seconds=1))
        topology = discovered(tmp_path)
    assert {gap.scope for gap in topology.gaps} == {f"hyperv:{LOST}"}
    assert {gap.cause for gap in topology.gaps} == {"timeout"}
    assert len(topology.all(FailoverCluster)) == len(world.clusters)


def test_a_wrong_password_is_one_gap_per_machine_and_does_not_touch_azure(tmp_path: Path) -> None:
    with served("contoso", tmp_path):
        path = tmp_path / "winrm.password"
        path.write_text("not the password")
        topology = discovered(tmp_path)
    on_windows = {gap.scope: gap.cause for gap in topology.gaps if not gap.scope.startswith(("vault", "azure"))}
    assert set(on_windows.values()) == {"authentication"}
    assert {scope for scope in on_windows if not scope.startswith(("reach:", "dns:"))} == {
        "vmm:vmm01.lon.contoso.lab",
        "hyperv:hv-lds1.lds.contoso.lab",
        "identity:lds-dc01.lds.contoso.lab",
    }
    tried_from = {scope.partition(":")[2].partition(">")[0] for scope in on_windows if ">" in scope}
    assert tried_from == {"hv-lds1.lds.contoso.lab", "lds-dc01.lds.contoso.lab"}
    assert [gap for gap in topology.gaps if gap.scope.startswith(("vault", "azure"))] == []
    assert not any("not the password" in gap.reason for gap in topology.gaps)


def test_an_unknown_authority_is_a_gap_everywhere(tmp_path: Path) -> None:
    with served("contoso", tmp_path):
        trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        topology = discovered(tmp_path)
    assert {gap.cause for gap in topology.gaps} == {"tls"}
    roles = {"estate", "vmm", "hyperv", "vault", "azure", "identity", "reach", "dns"}
    assert {target.role for target in topology.targets} == roles
    assert {gap.scope for gap in topology.gaps} == {
        target.scope for target in topology.targets if target.role != "estate"
    }
