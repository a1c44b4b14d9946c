"""Is every scenario whole: the same for the same seed, with no reference that leads nowhere?"""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import Any

import pytest

from drcheck.lab.azure.build import item_id, plan_id, the_vault, vault_id
from drcheck.lab.azure.state import azure_of
from drcheck.lab.running.assembly import names
from drcheck.lab.scenarios import contoso, contoso_drifted, fabrikam, fabrikam_drifted
from drcheck.lab.state.world import Vm, World
from drcheck.lab.telling.drift import both_sides

NOW = 1_800_000_000.0
SCENARIOS = names()
HEALTHY = ("contoso", "fabrikam")


def _module(name: str) -> Any:
    return importlib.import_module(f"drcheck.lab.scenarios.{name.replace('-', '_')}")


@pytest.fixture(params=SCENARIOS)
def world(request: pytest.FixtureRequest) -> World:
    built: World = _module(request.param).build(5, now=NOW)
    return built


def test_the_four_scenarios_are_there() -> None:
    assert {"contoso", "contoso-drifted", "fabrikam", "fabrikam-drifted"} <= set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_same_seed_builds_the_same_world(name: str) -> None:
    first, second = (_plain(_module(name).build(5, now=NOW)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", SCENARIOS)
def test_ids_do_not_depend_on_the_seed(name: str) -> None:
    assert _module(name).build(1, now=NOW).vms.keys() == _module(name).build(2, now=NOW).vms.keys()


def _plain(world: World) -> dict[str, object]:
    return {name: value for name, value in asdict(world).items() if name != "random"}


# References


def test_every_machine_is_where_something_is(world: World) -> None:
    server = world.vmm[0]
    clouds, networks = {one.id for one in server.clouds}, {one.id for one in server.networks}
    for vm in world.vms.values():
        assert "hyperv" in world.hosts[vm.host].roles
        assert vm.cloud_id in {"", *clouds}
        assert all(nic.network_id in {"", *networks} for nic in vm.nics)
        if vm.replication:
            assert "hyperv" in world.hosts[vm.replication.replica_host].roles
    for host in world.hosts.values():
        assert host.vm_id in {"", *world.vms}


def test_test_machines_would_be_connected_to_a_switch_that_exists(world: World) -> None:
    """On which host it is DR-NET-102 says."""
    switches = {switch.name for host in world.hosts.values() for switch in host.switches}
    for vm in world.vms.values():
        if vm.replication:
            assert {nic.test_replica_switch for nic in vm.nics} <= switches


def test_clusters_own_what_they_hold(world: World) -> None:
    for cluster in world.clusters:
        nodes, groups = {node.host for node in cluster.nodes}, {group.name for group in cluster.groups}
        assert nodes <= world.hosts.keys()
        assert {group.owner for group in cluster.groups} | {one.owner for one in cluster.resources} <= nodes
        assert {one.group for one in cluster.resources} <= groups
        assert cluster.quorum_resource in {one.name for one in cluster.resources}


def test_clustered_machines_have_a_group_on_their_node(world: World) -> None:
    owners = {group.name: group.owner for cluster in world.clusters for group in cluster.groups}
    assert {vm.name: vm.host for vm in world.vms.values() if vm.clustered}.items() <= owners.items()


def test_databases_are_where_vmm_and_the_groups_look_for_them(world: World) -> None:
    server, instances = world.vmm[0], {one.host: one for one in world.sql}
    listeners = {group.listener for group in world.groups if group.listener}
    assert server.database_server in listeners | instances.keys()
    for group in world.groups:
        for replica in group.replicas:
            assert {one.name for one in group.databases} <= set(instances[replica.host].databases)


def test_plans_and_items_lead_to_machines_and_networks(world: World) -> None:
    vault, azure = the_vault(world), azure_of(world)
    assert {item.vm_id for item in vault.items} <= world.vms.keys()
    assert {item.policy for item in vault.items} <= {policy.name for policy in vault.policies}
    assert {name for plan in vault.plans for name in plan.item_names()} <= {item.name for item in vault.items}
    assert {one.vnet_id.lower() for one in vault.network_mappings} <= azure.vnets.keys()


def test_ids_are_unique(world: World) -> None:
    ids = list(_ids(world))
    assert len(ids) == len(set(ids))


def _ids(world: World) -> Iterator[str]:
    for vm in world.vms.values():
        yield from (vm.id, vm.vmm_id, *(nic.id for nic in vm.nics))
    for cluster in world.clusters:
        yield from (cluster.id, *(one.id for one in cluster.groups), *(one.id for one in cluster.resources))
    for group in world.groups:
        yield from (group.id, *(one.id for one in group.databases), *(one.id for one in group.replicas))
    yield from (cloud.id for server in world.vmm for cloud in server.clouds)
    yield from (network.id for server in world.vmm for network in server.networks)


# What estate.yaml will say


def test_every_host_belongs_to_exactly_one_declared_site(world: World) -> None:
    sites: dict[str, dict[str, list[str]]] = world.estate["sites"]  # type: ignore[assignment]
    controllers = {one.host: one.site for domain in world.domains for one in domain.controllers}
    for host in world.hosts:
        claims = [name for name, site in sites.items() if any(fnmatchcase(host, one) for one in site.get("hosts", ()))]
        claims += [name for name, site in sites.items() if controllers.get(host) in site.get("ad_sites", ())]
        assert len(set(claims)) == 1, (host, claims)


def test_every_machine_belongs_to_exactly_one_application(world: World) -> None:
    applications: dict[str, dict[str, list[str]]] = world.estate["applications"]  # type: ignore[assignment]
    claimed = {
        vm.name: [name for name, app in applications.items() if any(fnmatchcase(vm.name, one) for one in app["vms"])]
        for vm in world.vms.values()
    }
    assert {name: claims for name, claims in claimed.items() if len(claims) != 1} == {}
    assert all(need in applications for app in applications.values() for need in app["depends_on"])


def test_the_sequence_and_the_drills_name_what_exists(world: World) -> None:
    known = {plan.name for plan in the_vault(world).plans} | {vm.name for vm in world.vms.values()}
    known |= {server.name for server in world.vmm}
    known |= {name for group in world.groups for name in (group.name, group.listener)}
    groups = (group for plan in the_vault(world).plans for group in plan.groups)
    known |= {action.name for group in groups for action in (*group.start, *group.end)}
    steps: list[dict[str, str]] = world.estate["sequence"]  # type: ignore[assignment]
    assert {step["target"] for step in steps} <= known
    for drill in world.estate["drills"]:  # type: ignore[attr-defined]
        assert drill.get("vm", "") in {"", *world.vms}
        assert drill.get("plan", "") in {"", *known}


def test_drills_were_held_on_machines_that_exist(world: World) -> None:
    plans = {plan_id(world, plan.name).lower() for plan in the_vault(world).plans}
    for record in world.drill_records:
        assert record["target"] in plans | world.vms.keys()
        assert set(record["vm_ids"]) <= world.vms.keys()  # type: ignore[call-overload]


# Health and drift


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_scenario_expects_nothing(name: str) -> None:
    assert _module(name).EXPECT == ()


def test_contoso_is_as_large_as_promised() -> None:
    world = contoso.build(1, now=NOW)
    workload = [vm for vm in world.vms.values() if vm.cloud_id]
    assert (len(workload), len(world.vmm[0].clouds), len(world.clusters)) == (40, 3, 2)
    planned = {name for plan in the_vault(world).plans for name in plan.item_names()}
    assert planned == {item.name for item in the_vault(world).items}
    assert len(planned) == 40


@pytest.mark.parametrize(
    ("healthy", "drifted"), [(contoso, contoso_drifted), (fabrikam, fabrikam_drifted)], ids=["contoso", "fabrikam"]
)
def test_a_drifted_scenario_declares_faults_of_things_that_exist(healthy: Any, drifted: Any) -> None:
    before, after = healthy.build(5, now=NOW), drifted.build(5, now=NOW)
    assert before.name == after.name
    assert before.vms.keys() == after.vms.keys()
    subjects = set(_subjects(before)) | set(_subjects(after))
    assert {finding for finding in drifted.EXPECT if finding[1] not in subjects} == set()
    assert len({finding[0] for finding in drifted.EXPECT if finding[2] == "FAIL"}) >= 8
    assert any(finding[2] == "UNKNOWN" for finding in drifted.EXPECT)


def test_together_the_drifted_scenarios_break_nearly_every_kind_of_thing() -> None:
    broken = {finding[0] for module in (contoso_drifted, fabrikam_drifted) for finding in module.EXPECT}
    assert len(broken) >= 18


@pytest.mark.parametrize("module", [contoso_drifted, fabrikam_drifted], ids=["contoso", "fabrikam"])
def test_expectations_do_not_depend_on_when_or_how_they_were_drawn(module: Any) -> None:
    drift: Callable[[World, float], object] = module._drift
    healthy = contoso if module is contoso_drifted else fabrikam
    assert drift(healthy.build(99, now=NOW), NOW) == module.EXPECT


def _in_vault(world: World) -> Iterator[str]:
    """Policies, plans, and what plans start: runbooks by their ids."""
    yield from (f"{vault_id(world)}/replicationPolicies/{one.name}".lower() for one in the_vault(world).policies)
    for plan in the_vault(world).plans:
        yield plan_id(world, plan.name).lower()
        yield from (action.detail.lower() for group in plan.groups for action in (*group.start, *group.end))


def _of_machine(vm: Vm) -> Iterator[str]:
    """A machine on its host; its replica, and both sides of the replication between them."""
    yield f"{vm.id}@{vm.host}"
    for side in both_sides(vm) if vm.replication else ():
        yield from (side, side.partition("/")[0])


def _subjects(world: World) -> Iterator[str]:
    """Keys of what findings may be about."""
    yield from ("<>".join(sorted(link["between"])) for link in world.estate["links"])  # type: ignore[attr-defined]
    yield from world.vms
    yield from (f"vm:{vm.id}@{vm.host}" for vm in world.vms.values())
    yield from (server.name for server in world.vmm)
    yield from (f"database:{server.name}" for server in world.vmm)
    yield from world.hosts
    yield from (f"tls:{host}" for host in world.hosts)
    yield from (f"NodeTls@vmm-node:{node}" for server in world.vmm for node in server.nodes)
    yield from world.estate["sites"]  # type: ignore[misc]  # a section of it
    yield from world.estate["break_glass"]  # type: ignore[misc]
    yield from (name.lower() for name in world.estate["drill_controllers"])  # type: ignore[attr-defined]
    yield from ("recovery kit", "run")
    for kind in ("HyperVVm", "HyperVHost", "HostTls", "ReplicaServer"):
        yield from (f"{kind}@hyperv:{host.name}" for host in world.hosts.values() if "hyperv" in host.roles)
    yield from (network.id for server in world.vmm for network in server.networks)
    for look in world.estate["reachability"].values():  # type: ignore[attr-defined]
        yield from (f"{observer}>{to}" for observer in look["observers"] for to in look["to"])
    yield from (cluster.id for cluster in world.clusters)
    for group in world.groups:
        yield group.id
        for replica in group.replicas:
            yield replica.id
            yield from (f"{replica.id}/{database.id}" for database in group.databases)
    yield from (f"{instance.host}\\{instance.name}" for instance in world.sql)
    for item in the_vault(world).items:
        yield item_id(world, world.vms[item.vm_id].name).lower()
    yield from _in_vault(world)
    for vm in world.vms.values():
        yield from _of_machine(vm)
    yield from (f"{kind}@hyperv:{host}" for host in world.hosts for kind in ("HyperVVm", "VmReplication", "VmSwitch"))
    yield from (f"azure:{one}" for one in azure_of(world).vnets)
    yield from (f"hyperv:{switch.name.lower()}" for host in world.hosts.values() for switch in host.switches)
    yield from world.estate["applications"]  # type: ignore[misc]
    yield from (str(record["id"]) for record in world.drill_records)
    yield from (f"CHG-{name}" for name in world.estate["applications"])  # type: ignore[attr-defined]
