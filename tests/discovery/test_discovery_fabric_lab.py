"""Over the wire: what VMM keeps about its fabric and what SQL Server keeps outside databases is found as it is."""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from drcheck.estate import load
from drcheck.evaluate import evaluate_all
from drcheck.lab.state.fabric import LinkedServer as WorldLinkedServer
from drcheck.lab.state.fabric import SqlCredential as WorldCredential
from drcheck.lab.state.world import World
from drcheck.snapshot import dumps
from drcheck.topology.base import Topology
from drcheck.topology.sql import DatabaseReplica, SqlDatabase, SqlHost, SqlInstance
from drcheck.topology.sql_objects import (
    AgListener,
    LinkedServer,
    MirroringEndpoint,
    QuorumMember,
    SeedingAttempt,
    SqlCredential,
    SqlJob,
    SqlLogin,
)
from drcheck.topology.vmm import Cloud, VmmServer, VmmVm, VmNetwork
from drcheck.topology.vmm_fabric import (
    DrRegistration,
    HostCapacity,
    HostGroup,
    LibraryServer,
    LibraryShare,
    VmConfiguration,
    VmmAgent,
    VmmNode,
    VmmService,
)
from drcheck.topology.vmm_network import NetworkSite, StaticIpPool, VmmLogicalNetwork, VmSubnet
from drcheck.verdict import Verdict
from tests.checks_loaded import CHECKS
from tests.lab_estates import discovered, served

Found = tuple[World, Topology]


@pytest.fixture(scope="module", params=["contoso", "fabrikam"])
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    folder = tmp_path_factory.mktemp(request.param)
    with served(request.param, folder) as world:
        yield world, discovered(folder)


def test_how_every_machine_is_configured_is_found(found: Found) -> None:
    world, topology = found
    configured = {each.key: each for each in topology.all(VmConfiguration)}
    assert set(configured) == {vm.key for vm in topology.all(VmmVm)}
    for vm in (vm for vm in world.vms.values() if vm.in_vmm):
        each = configured[vm.id]
        assert (each.cpu_count, each.memory_mb, each.operating_system) == (vm.cpus, vm.memory_mb, vm.os)
        assert [(disk.path, disk.maximum_bytes) for disk in each.disks] == [
            (disk.path, disk.size_gb << 30) for disk in vm.disks
        ]
        assert [(nic.network_id, nic.vlan_id, nic.ip_addresses) for nic in each.adapters] == [
            (nic.network_id, nic.vlan, (nic.address,)) for nic in vm.nics
        ]
        assert each.checkpoints == len(vm.checkpoints)


def test_what_hosts_have_left_is_found(found: Found) -> None:
    world, topology = found
    capacities = topology.all(HostCapacity)
    managed = {host.name for host in world.hosts.values() if "hyperv" in host.roles and host.host_group}
    assert {each.key for each in capacities} == managed
    for each in capacities:
        host = world.hosts[each.host]
        used = sum(vm.memory_mb for vm in world.vms.values() if vm.host == host.name)
        assert (each.total_memory_bytes, each.available_memory_mb) == (
            host.memory_gb << 30, host.memory_gb * 1024 - used,
        )  # fmt: skip
        assert (each.logical_processors, each.communication_state) == (host.logical_processors, "Responding")
    assert {host.host_group for host in world.hosts.values() if host.host_group} <= {
        group.path for group in topology.all(HostGroup)
    }


def test_agents_library_and_registration_are_found(found: Found) -> None:
    world, topology = found
    (server,), (real,) = topology.all(VmmServer), world.vmm
    agents = {agent.host: agent for agent in topology.all(VmmAgent)}
    assert agents[real.host].roles == ("Library", "VMMServerRole")
    assert all(agent.version_state == "UpToDate" for agent in agents.values())
    assert {each.host for each in topology.all(LibraryServer)} == {real.name, *real.library}
    assert {each.key for each in topology.all(LibraryShare)} == {
        f"{name}\\msscvmmlibrary" for name in (real.name, *real.library)
    }
    assert [(each.key, each.registered) for each in topology.all(DrRegistration)] == [(server.key, True)]
    assert {cloud.dr_protected for cloud in topology.all(Cloud)} == {cloud.dr_protected for cloud in real.clouds}
    usable = {network.logical_network_id for network in topology.all(VmNetwork)}
    assert all(set(cloud.logical_networks) == usable for cloud in topology.all(Cloud))


def test_networks_are_found_with_their_subnets_and_pools(found: Found) -> None:
    world, topology = found
    networks = {each.key: each for each in topology.all(VmNetwork)}
    logical = {each.key: each.name for each in topology.all(VmmLogicalNetwork)}
    assert sorted(logical.values()) == sorted({each.logical_network for each in world.vmm[0].networks})
    assert {(logical[site.logical_network], site.subnets[0].vlan_id) for site in topology.all(NetworkSite)} == {
        (each.logical_network, each.vlan) for each in world.vmm[0].networks
    }
    isolated = {each.id for each in world.vmm[0].networks if each.isolation != "NoIsolation"}
    assert {each.vm_network for each in topology.all(VmSubnet)} == isolated
    pools = topology.all(StaticIpPool)
    assert len(pools) == len(networks)
    nics = [nic for vm in world.vms.values() for nic in vm.nics]
    for pool in pools:
        owner = next(one for one in world.vmm[0].networks if one.pool and one.pool.name == pool.name)
        taken = sum(nic.static for nic in nics if nic.network_id == owner.id)
        assert (pool.total_addresses, pool.available_addresses) == (190, 190 - taken)
        assert pool.vm_network in ("", *isolated)


def test_every_node_of_vmm_tells_of_itself(found: Found) -> None:
    world, topology = found
    (real,) = world.vmm
    nodes = {node.key: node for node in topology.all(VmmNode)}
    assert set(nodes) == set(real.nodes or [real.host])
    for node in nodes.values():
        assert (node.database_server, node.database_name) == (real.database_server, real.database_name)
        assert node.asr_provider_version == real.provider_version
        assert node.dkm_container == (real.dkm_container or None)
    services = {one.key: one for one in topology.all(VmmService)}
    assert {one.account for one in services.values()} == {real.service_account}
    assert {key for key, one in services.items() if one.state == "Running"} == {real.host}
    assert services.keys() == nodes.keys()


def test_what_nothing_replicates_is_the_same_on_every_replica(found: Found) -> None:
    world, topology = found
    for sql in world.sql:
        key = f"{sql.host}\\{sql.name}"
        logins = {(one.name, one.sid) for one in topology.all(SqlLogin) if one.instance == key}
        assert logins == {(one.name, f"0x{one.sid}") for one in sql.logins}
        jobs = {job.name: job for job in topology.all(SqlJob) if job.instance == key}
        assert {name: len(job.steps) for name, job in jobs.items()} == {job.name: len(job.steps) for job in sql.jobs}
        assert all(len(step.command_sha256) == 64 for job in jobs.values() for step in job.steps)
        databases = {one.name for one in topology.all(SqlDatabase) if one.instance == key}
        assert databases == set(sql.databases)
    assert b"not-a-real-secret" not in dumps(topology)


def test_what_partners_talk_over_is_found(found: Found) -> None:
    world, topology = found
    assert {one.name for one in topology.all(AgListener)} == {one.listener for one in world.groups if one.listener}
    in_groups = {replica.host for group in world.groups for replica in group.replicas}
    assert {one.host for one in topology.all(MirroringEndpoint) if one.state == "STARTED"} == in_groups
    assert {one.host for one in topology.all(QuorumMember)} == in_groups
    for each in topology.all(DatabaseReplica):
        moments = [sample.at for sample in each.samples]
        assert all((later - earlier).total_seconds() >= 5 for earlier, later in pairwise(moments))
        assert bool(moments) == (not each.is_primary)


def test_a_database_on_a_named_instance_is_found_through_vmm(tmp_path: Path) -> None:
    def renamed(world: World) -> None:
        world.vmm[0].database_instance = "VMM"
        world.sql[0].name = "VMM"

    with served("contoso", tmp_path, renamed) as world:
        topology = discovered(tmp_path)
    assert [gap for gap in topology.gaps if gap.scope.startswith(("sql:", "vmm"))] == []
    host = world.vmm[0].host
    assert {one.key: one.databases for one in topology.all(SqlInstance)} == {f"{host}\\VMM": ("VirtualManagerDB",)}
    assert {one.key: one.instances for one in topology.all(SqlHost)} == {host: ("VMM",)}


def test_instances_side_by_side_are_all_found(tmp_path: Path) -> None:
    def doubled(world: World) -> None:
        linked = [WorldLinkedServer(name="ERP", data_source="erp.contoso.lab")]
        accounts = [WorldCredential(name="backup", identity="CONTOSO\\backup")]
        second = replace(world.sql[0], name="REPORTS", databases=["Sales"], linked_servers=linked, credentials=accounts)
        world.sql.append(second)

    with served("contoso", tmp_path, doubled) as world:
        topology = discovered(tmp_path)
    assert [gap for gap in topology.gaps if gap.scope.startswith(("sql:", "vmm"))] == []
    host = world.vmm[0].host
    assert {one.key: one.databases for one in topology.all(SqlInstance)} == {
        f"{host}\\MSSQLSERVER": ("VirtualManagerDB",),
        f"{host}\\REPORTS": ("Sales",),
    }
    assert len({job.key for job in topology.all(SqlJob)}) == 2 * len(world.sql[0].jobs)
    assert [one.key for one in topology.all(LinkedServer)] == [f"{host}\\REPORTS/erp"]
    assert [(one.name, one.identity) for one in topology.all(SqlCredential)] == [("backup", "CONTOSO\\backup")]


def test_a_node_that_differs_from_the_others_is_seen(tmp_path: Path) -> None:
    def differing(world: World) -> None:
        server = world.vmm[0]
        server.node_databases[server.nodes[2]] = "sql-lon1.fabrikam.lab"
        server.provider_versions = {server.nodes[1]: "5.1.8600.0", server.nodes[3]: ""}

    with served("fabrikam", tmp_path, differing) as world:
        topology = discovered(tmp_path)
    nodes = {node.key: node for node in topology.all(VmmNode)}
    _, second, third, fourth = world.vmm[0].nodes
    assert nodes[third].database_server == "sql-lon1.fabrikam.lab"
    assert (nodes[second].asr_provider_version, nodes[fourth].asr_provider_version) == ("5.1.8600.0", None)
    assert [server.database_server for server in topology.all(VmmServer)] == ["ag-vmm.fabrikam.lab"]


def test_a_login_that_sees_too_little_is_a_gap_and_no_empty_answer(tmp_path: Path) -> None:
    def blind(world: World) -> None:
        for sql in world.sql:
            sql.denied = frozenset({"VIEW ANY DEFINITION"})

    with served("fabrikam", tmp_path, blind):
        topology = discovered(tmp_path)
    assert not any(isinstance(fact, SqlInstance | SqlLogin | AgListener) for fact in topology.facts)
    reasons = {gap.reason for gap in topology.gaps if gap.scope.startswith("sql:")}
    assert reasons
    assert all("VIEW ANY DEFINITION" in reason for reason in reasons)


@pytest.mark.parametrize("name", ["contoso", "fabrikam"])
def test_a_healthy_estate_on_named_instances_is_healthy(name: str, tmp_path: Path) -> None:
    def renamed(world: World) -> None:
        world.vmm[0].database_instance = "VMM"
        for sql in world.sql:
            sql.name = "VMM"
        for replica in (replica for group in world.groups for replica in group.replicas):
            replica.instance = "VMM"

    with served(name, tmp_path, renamed):
        topology = discovered(tmp_path)
        policy = load(tmp_path / "estate.yaml", dict(os.environ)).policy
    findings = evaluate_all(topology, tuple(CHECKS.values()), policy)
    assert {one.verdict for one in findings} == {Verdict.PASS, Verdict.NOT_APPLICABLE}


def test_a_replica_that_never_joined_has_a_failed_seeding(tmp_path: Path) -> None:
    def apart(world: World) -> None:
        world.groups[0].replicas[1].joined = False

    with served("fabrikam", tmp_path, apart) as world:
        topology = discovered(tmp_path)
    (attempt,) = topology.all(SeedingAttempt)
    group = world.groups[0]
    assert (attempt.group, attempt.remote_replica, attempt.state) == (group.id, group.replicas[1].id, "FAILED")
    states = {one.key: one.joined for one in topology.all(DatabaseReplica) if one.group == group.id}
    assert sorted(states.values()) == [False, True]
