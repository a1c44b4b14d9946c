"""Room for the copies of a drill: short of it, or nobody knows, and the drill is refused with the figures."""

import pytest
from msgspec import structs

from drcheck.drill.planning.announcement import Load
from drcheck.drill.planning.capacity import shortages
from drcheck.policy import Policy
from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.azure_compute import Quota, VmSize
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.windows_host import HostVolume, HyperVHost, VirtualHardDisk
from tests import estate_names as names
from tests.estate_azure_ready import CORES, FAMILY, SIZE
from tests.estate_facts import healthy
from tests.estate_replica_hosts import replica_disks
from tests.estates import Change, add, change, drop, lose, seen, together, unchanged

REPLICA = (Load(machines=1, host=names.HV_LDS, vm_ids=(names.VMM_VM,)),)
ITEMS = (Load(machines=2, vault=names.VAULT, items=(names.WEB_ITEM, names.DB_ITEM), network=names.DRILL_NET),)
GIB = 1 << 30
ON_REPLICA = f"{names.VMM_VM}@{names.HV_LDS}"
DISKS = add(
    *(
        VirtualHardDisk(
            key=f"{names.HV_LDS}/{path.lower()}", seen=seen(names.HV_LDS), path=path, host=names.HV_LDS,
            disk_format="VHDX", disk_type="Dynamic", size_bytes=100 * GIB, file_bytes=GIB, parent_path="",
            logical_sector_bytes=512, physical_sector_bytes=4096,
        )
        for path in replica_disks("VMM01")
    )
)  # fmt: skip
VOLUMES = tuple(f"{names.HV_LDS}/{letter}" for letter in "cde")


def short(loads: tuple[Load, ...], what: Change) -> str:
    return "; ".join(shortages(loads, together(DISKS, what)(healthy()).topology(), Policy()))


def everywhere(free: int | None) -> Change:
    return together(*(change(HostVolume, key, free_bytes=free) for key in VOLUMES))


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (unchanged, ""),
        (everywhere(GIB), "GiB free; the copies are expected to write"),
        (everywhere(None), "does not tell its free space"),
        (drop(VirtualHardDisk), "the size of"),
        (drop(HyperVVm, ON_REPLICA), "does not tell of the replica"),
        (change(HyperVVm, ON_REPLICA, memory_startup_bytes=4096 * GIB), "the copies start with 4096.0 GiB"),
        (change(HyperVVm, ON_REPLICA, memory_startup_bytes=None), "how much memory hv2"),
        (lose(HyperVHost, f"hyperv:{names.HV_LDS}"), "how much memory"),
    ],
)
def test_on_the_replica_host(what: Change, told: str) -> None:
    found = short(REPLICA, what)
    assert told in found
    assert bool(found) == bool(told)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (unchanged, ""),
        (change(Quota, CORES, limit=-1, used=999), ""),
        (change(Quota, CORES, limit=13), "uksouth has 3 cores free of 13; the copies take 4"),
        (change(Quota, FAMILY, limit=10), "0 standardDSv5Family free of 10; the copies take 4"),
        (drop(Quota), "were not read"),
        (change(VmSize, SIZE, vcpus=None), "how many vCPUs"),
        (drop(VmSize), "how many vCPUs the copies of"),
        (drop(VirtualNetwork, names.DRILL_NET), "was not read"),
    ],
)
def test_in_azure(what: Change, told: str) -> None:
    found = short(ITEMS, what)
    assert told in found
    assert bool(found) == bool(told)


def test_in_the_subnets_of_the_drill_network() -> None:
    estate = healthy()
    network = next(one for one in estate.facts if isinstance(one, VirtualNetwork) and one.key == names.DRILL_NET)
    (subnet,) = network.subnets
    full = structs.replace(subnet, prefixes=("10.0.0.0/29",), attached=("a", "b"))
    assert short(ITEMS, change(VirtualNetwork, names.DRILL_NET, subnets=(full,))) == (
        f"subnet {subnet.name} of vnet-drill has 1 addresses free; the copies take 2"
    )
