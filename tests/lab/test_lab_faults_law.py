"""The law of faults: whatever goes wrong at whatever call, a discovery ends, with gaps or with the same facts.

The lab and our own clocks stand still, so that two discoveries of one estate differ in nothing but what went wrong.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from drcheck.discovery.driver import discover
from drcheck.discovery.driver.run import Silent
from drcheck.estate import Estate, load
from drcheck.lab.azure import faults as arm
from drcheck.lab.azure.build import add_plan, add_vnet, make_azure, map_network, protect, protect_cloud
from drcheck.lab.azure.state import azure_of
from drcheck.lab.faults import AFTER, AT_RANDOM, Fault
from drcheck.lab.running.assembly import assemble
from drcheck.lab.running.mishaps import leave_to_chance
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import Lab, running
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.fabric import SqlInstance
from drcheck.lab.state.world import Cloud, VmmServer, World
from drcheck.lab.telling.building import Place, add_cluster, add_host, add_vm, add_vm_network
from drcheck.lab.telling.estates import declare_vault
from drcheck.topology.base import Fact, Topology, kinds

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MACHINE_SECONDS = 1.5
"""What a conversation with one machine may take; a silent one costs this, and a shell left behind a little more."""
LONG = 60.0
"""Seconds by which every discovery is over, whatever goes wrong: several times what the deadlines add up to."""
VMM = "vmm.lon.law.lab"
NODES = ("hv1.lon.law.lab", "hv2.lon.law.lab")


class Still(LabClock):
    """A clock of the lab that stands at noon."""

    def now(self) -> float:
        return NOON.timestamp()


def world() -> World:
    """One VMM server with its database, a cluster of two hosts, three protected machines and their plan."""
    made = World(name="law", seed=5)
    server = VmmServer(name=VMM, host=VMM, database_server=VMM, database_instance="MSSQLSERVER")
    server.clouds.append(
        Cloud(id=made.id_for("cloud", "gold"), name="gold", host_groups=["All Hosts\\A"], dr_protected=True)
    )
    made.vmm.append(server)
    add_host(made, VMM, "vmm", "sql")
    made.sql.append(SqlInstance(host=VMM, databases=["VirtualManagerDB"]))
    hosts = [add_host(made, name, "hyperv", group="All Hosts\\A") for name in NODES]
    cluster = add_cluster(made, "cl.lon.law.lab", hosts)
    cluster.in_vmm = True
    network = add_vm_network(made, server, "corp")
    place = Place(host=hosts[0], cluster=cluster, cloud_id=server.clouds[0].id, network=network)
    machines = [add_vm(made, f"VM{number}", place) for number in range(3)]
    make_azure(made)
    add_vnet(made, "vnet-recovery", ["10.1.0.0/16"], {"corp": "10.1.0.0/24"})
    protect_cloud(made, "gold")
    map_network(made, "corp", "vnet-recovery")
    for vm in machines:
        protect(made, vm, last_test_days=10)
    add_plan(made, "rp-all", [[vm.name for vm in machines]])
    made.estate = {
        "sites": {"london": {"role": "primary", "hosts": ["*.lon.law.lab"]}},
        "endpoints": {"vmm": [VMM]},
        "windows": {"connect_seconds": 1, "total_seconds": MACHINE_SECONDS},
    }
    declare_vault(made)
    made.estate["azure"] = {**made.estate["azure"], "connect_seconds": 1, "total_seconds": 2, "visit_seconds": 8}  # type: ignore[dict-item]
    return made


Call = tuple[str, str, int]
"""Host, operation and number; or ``azure``, path and 1."""


@dataclass
class Site:
    """A lab that can be discovered again and again, and what it told when nothing went wrong."""

    lab: Lab
    estate: Estate
    whole: Topology
    calls: list[Call]

    def discover(self) -> Topology:
        """One discovery; it has to end in time."""
        began = time.monotonic()
        found = look(self.estate)
        assert time.monotonic() - began < LONG
        return found


def calls_of(lab: Lab) -> list[Call]:
    """Every call of the one discovery there was."""
    counted = [(host, operation, n) for host, each in sorted(lab.hosts.items()) for operation, n in each.calls.items()]
    windows = [(host, operation, nth) for host, operation, count in counted for nth in range(1, count + 1)]
    return windows + [("azure", path, 1) for _, path in sorted(azure_of(lab.world).faults.calls)]


def look(estate: Estate) -> Topology:
    return discover(estate, now=lambda: NOON, monotonic=time.monotonic, progress=Silent())


@contextmanager
def up(folder: Path) -> Iterator[Site]:
    """A site, once it was discovered with nothing wrong."""
    with running(assemble(world(), Still(speed=100))) as lab:
        publish(lab, "law", folder)
        estate = load(folder / "estate.yaml", dict(os.environ))
        whole = look(estate)
        assert whole.gaps == ()
        yield Site(lab, estate, whole, calls_of(lab))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with up(tmp_path_factory.mktemp("law")) as there:
        yield there


def missing(found: Topology, whole: Topology) -> set[tuple[type[Fact], str]]:
    """What is not known to be complete: (kind, scope) that was read before, and now was not."""
    scopes = {(look.kind, look.scope) for look in whole.looked} - {(look.kind, look.scope) for look in found.looked}
    named = {kind.__name__: kind for kind in kinds()}
    return {(named[kind], scope) for kind, scope in scopes}


def holds(found: Topology, whole: Topology) -> None:
    """The law itself."""
    assert set(found.facts) <= set(whole.facts), "nothing that was not there before"
    for kind, scope in missing(found, whole):
        known = scope in {target.scope for target in found.targets}
        assert found.missing(kind, scope if known else None), (
            f"{kind.__name__} at {scope} is missing, and no gap says so"
        )
    for fact in set(whole.facts) - set(found.facts):
        assert found.missing(type(fact)), f"{fact.key} is missing, and no gap says so"


@contextmanager
def wrong(site: Site, where: Call, kind: str) -> Iterator[None]:
    """Let one call go wrong, and all be well again afterwards."""
    host, call, nth = where
    with ExitStack() as stack:
        if host == "azure":
            chosen = next(known for known in arm.AT_RANDOM if known == kind)
            faults = azure_of(site.lab.world).faults
            faults.add(arm.Fault(kind=chosen, path=f"^{_quoted(call)}$", times=1, retry_after=1))
            stack.callback(faults.clear)
        else:
            fault = Fault(kind=kind, host=host, operation=call, nth=nth, times=1, seconds=0.5)
            site.lab.faults.add(fault)
            stack.callback(site.lab.faults.remove, fault)
        yield


def _quoted(path: str) -> str:
    return "".join(letter if letter.isalnum() else f"\\{letter}" for letter in path)


def drawn(site: Site, share: int) -> list[tuple[Call, str]]:
    """Calls and how each goes wrong: drawn once and for all, every kind of fault among them."""
    random = Random(share)
    windows = [call for call in site.calls if call[0] != "azure"]
    clouds = [call for call in site.calls if call[0] == "azure"]
    pairs = [(random.choice(windows), kind) for kind in (*AT_RANDOM, *AFTER)]
    pairs += [(random.choice(clouds), kind) for kind in arm.AT_RANDOM]
    return pairs


def go_wrong(site: Site, share: int) -> None:
    """One discovery for each call that is drawn."""
    for where, kind in drawn(site, share):
        with wrong(site, where, kind):
            found = site.discover()
        try:
            holds(found, site.whole)
        except AssertionError as broken:
            raise AssertionError(f"{kind} at {where}: {broken}") from broken


def test_one_call_goes_wrong(site: Site, tmp_path: Path) -> None:
    """At two sites side by side: most of it is waiting for what never answers."""
    with up(tmp_path) as other, ThreadPoolExecutor() as pool:
        for done in [pool.submit(go_wrong, one, share) for share, one in enumerate((site, other))]:
            done.result()


@pytest.mark.parametrize("seed", range(3))
def test_calls_go_wrong_by_chance(site: Site, seed: int) -> None:
    leave_to_chance(site.lab, 0.05, seed)
    try:
        found = site.discover()
    finally:
        leave_to_chance(site.lab, 0.0, 0)
    holds(found, site.whole)


def test_everything_goes_wrong(site: Site) -> None:
    leave_to_chance(site.lab, 1.0, 1)
    try:
        found = site.discover()
    finally:
        leave_to_chance(site.lab, 0.0, 0)
    assert found.gaps
    holds(found, site.whole)


def test_all_is_well_again(site: Site) -> None:
    again = site.discover()
    assert again.gaps == ()
    assert again.facts == site.whole.facts
