"""Over the wire: a site's observer tries what is declared and what is found, and its directory tells who is where."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drcheck.discovery.driver import discover
from drcheck.discovery.driver.run import Silent
from drcheck.estate import load
from drcheck.lab.running.assembly import assemble
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import running
from drcheck.lab.scenarios import fabrikam
from drcheck.lab.state.world import World
from drcheck.topology.base import Topology
from drcheck.topology.identity import ControllerService, DomainController, ReplicationPartner
from drcheck.topology.network import Connection, NameAnswer
from drcheck.topology.reconciliation import Reconciled
from drcheck.topology.sites import site_of

OBSERVER, DC = fabrikam.LEEDS, fabrikam.LEEDS_DC
Read = Callable[[Callable[[World], object]], Topology]


def unchanged(_world: World) -> None:
    """Nothing is changed."""


def declare_azure_only(world: World) -> None:
    leeds = {"observers": [OBSERVER], "to": ["https://login.microsoftonline.com"]}
    world.estate["reachability"] = {"leeds": {**leeds, "dns_servers": [DC], "names": [fabrikam.VMM]}}


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Discovers the estate after something was changed in it."""

    def reading(change: Callable[[World], object]) -> Topology:
        world = fabrikam.build(2)
        change(world)
        with running(assemble(world)) as lab:
            publish(lab, "fabrikam", tmp_path)
            estate = load(tmp_path / "estate.yaml", dict(os.environ))
            now = lambda: datetime.fromtimestamp(time.time(), UTC)  # noqa: E731 - the clock of this test
            return discover(estate, now=now, monotonic=time.monotonic, progress=Silent())

    return reading


def test_what_is_declared_and_what_is_found_is_tried(read: Read) -> None:
    topology = read(declare_azure_only)
    outcomes = {one.key: one.outcome for one in topology.all(Connection)}
    assert outcomes == {
        f"{OBSERVER}>login.microsoftonline.com:443/tls": "open",
        f"{OBSERVER}>{fabrikam.LISTENER}:1433": "open",
        f"{OBSERVER}>hv-lon1.fabrikam.lab:443": "open",
        f"{OBSERVER}>hv-lon2.fabrikam.lab:443": "open",
    }
    names = {one.name: one.outcome for one in topology.all(NameAnswer)}
    assert names == {fabrikam.VMM: "answered", fabrikam.LISTENER: "answered"}


def test_the_directory_tells_sites_and_replication(read: Read) -> None:
    topology = read(unchanged)
    assert {one.host: one.ad_site for one in topology.all(DomainController)} == {
        "id-lon-dc01.fabrikam.lab": "London",
        DC: "Leeds",
    }
    (partner,) = topology.all(ReplicationPartner)
    assert (partner.host, partner.last_result, partner.consecutive_failures) == (DC, 0, 0)
    (service,) = topology.all(ControllerService)
    assert (service.sysvol_ready, service.time_type) == (True, "NT5DS")
    assert site_of(topology, DC).name == "leeds"


def test_a_dead_primary_site_is_seen_from_the_other(read: Read) -> None:
    def lost(world: World) -> None:
        for host in world.hosts.values():
            host.up = "-lon" not in host.name

    topology = read(lost)
    outcomes = {one.key: one.outcome for one in topology.seen(Connection)}
    assert outcomes[f"{OBSERVER}>{fabrikam.LISTENER}:1433"] == "timed-out"
    assert outcomes[f"{OBSERVER}>{DC}:389"] == "open"
    assert {one.outcome for one in topology.seen(NameAnswer)} == {"answered"}


def test_a_directory_that_does_not_receive_is_told(read: Read) -> None:
    def stale(world: World) -> None:
        controller = next(one for one in world.domains[0].controllers if one.host == DC)
        controller.failures, controller.behind_seconds = 7, 90000.0

    (partner,) = read(stale).all(ReplicationPartner)
    assert (partner.last_result, partner.consecutive_failures) == (1722, 7)
    assert partner.last_success is not None
    assert partner.last_attempt is not None
    assert (partner.last_attempt - partner.last_success).total_seconds() > 86400


def test_a_vm_that_vmm_has_elsewhere_is_a_contradiction(read: Read) -> None:
    topology = read(unchanged)
    objects = topology.all(Reconciled)
    assert not any(one.contradictions or one.unclear for one in objects)
    agreed = [one for one in objects if one.vm_id and len(one.statements) == 3]
    assert {statement.source for one in agreed for statement in one.statements} == {"VMM", "Hyper-V", "cluster"}


def test_a_node_whose_registry_names_another_database_contradicts_vmm(read: Read) -> None:
    def edited(world: World) -> None:
        world.vmm[0].registry_database_server = "sql-lds1.fabrikam.lab"

    (database,) = (one for one in read(edited).seen(Reconciled) if one.key == f"database:{fabrikam.VMM}")
    assert len(database.contradictions) == len(fabrikam.VMM_NODES)
    assert all("sql-lds1.fabrikam.lab" in found for found in database.contradictions)


def test_a_group_that_another_node_owns_contradicts_the_host(read: Read) -> None:
    def moved(world: World) -> None:
        cluster = next(one for one in world.clusters if one.in_vmm)
        group = next(one for one in cluster.groups if one.name == "ORD-DB01")
        group.owner = next(node.host for node in cluster.nodes if node.host != group.owner)

    contradicted = [one for one in read(moved).seen(Reconciled) if one.contradictions]
    assert [one.name for one in contradicted] == ["ORD-DB01"]
    assert "the cluster's group is owned by" in contradicted[0].contradictions[0]
