"""Does a scenario that is made larger stay what it was: healthy, connected, and answered in full?"""

import asyncio
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drcheck.discovery.driver import discover
from drcheck.discovery.driver.run import Silent
from drcheck.estate import load
from drcheck.evaluate import evaluate_all
from drcheck.lab.azure.state import azure_of
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import running
from drcheck.lab.state.world import World
from drcheck.lab.telling.scale import Size, grow
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.site_recovery import ProtectedItem, Vault
from drcheck.topology.vmm import VmmServer, VmmVm
from drcheck.verdict import Verdict
from tests.checks_loaded import CHECKS

TROUBLE = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.WARN)


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def hypervisors(world: World) -> int:
    return sum("hyperv" in host.roles for host in world.hosts.values())


def test_a_larger_estate_is_read_in_full_and_healthy(tmp_path: Path) -> None:
    world = grow(build("contoso", 3), Size(hosts=12, vms=100, vaults=2))
    with running(assemble(world)) as lab:
        publish(lab, "contoso", tmp_path)
        estate = load(tmp_path / "estate.yaml", dict(os.environ))
        found = discover(estate, now=now, monotonic=time.monotonic, progress=Silent())
    assert found.gaps == ()
    assert len(found.all(VmmServer)) == len(found.all(Vault)) == 2
    assert {vm.key for vm in found.all(VmmVm)} <= world.vms.keys()
    assert {item.vm_id for item in found.all(ProtectedItem)} == {vm.id for vm in world.vms.values() if vm.cloud_id}
    assert {vm.vm_id for vm in found.all(HyperVVm)} == world.vms.keys()
    findings = evaluate_all(found, tuple(CHECKS.values()), estate.policy)
    assert [f"{one.check}: {one.message}" for one in findings if one.verdict in TROUBLE] == []


@pytest.mark.parametrize("size", [Size(hosts=200, vms=10_000, vaults=3), Size(vms=300), Size(hosts=8), Size(vaults=2)])
def test_the_size_is_what_was_asked_for(size: Size) -> None:
    before, world = build("contoso", 0), grow(build("contoso", 0), size)
    assert hypervisors(world) == (size.hosts or hypervisors(world)) >= hypervisors(before)
    assert len(world.vms) == (size.vms or len(world.vms)) >= len(before.vms)
    assert len(azure_of(world).vaults) == len(world.vmm) == max(1, size.vaults)
    assert before.vms.keys() <= world.vms.keys()


def test_the_same_size_is_the_same_estate() -> None:
    first, second = (grow(build("contoso", 0), Size(hosts=20, vms=200)) for _ in range(2))
    assert (list(first.hosts), list(first.vms)) == (list(second.hosts), list(second.vms))
    assert grow(first, Size()) is first


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("contoso", Size(hosts=3), "has 7 hosts already, more than 3"),
        ("contoso", Size(hosts=8, vaults=2), "8 hosts are too few"),
        ("contoso", Size(vms=2), "has 44 vms already"),
    ],
)
def test_a_size_that_cannot_be_is_refused(name: str, size: Size, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        grow(build(name, 0), size)


def test_hundreds_of_hosts_come_up_in_one_process() -> None:
    lab = assemble(grow(build("contoso", 0), Size(hosts=200)))

    async def up_and_down() -> int:
        await lab.start()
        try:
            return len(lab.hosts)
        finally:
            await lab.stop()

    assert asyncio.run(up_and_down()) == len(lab.world.hosts) > 200
