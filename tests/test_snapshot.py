"""Snapshots: same topology, same bytes; altered bytes are refused."""

import random
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from drcheck import topology as topology_package
from drcheck.errors import SnapshotError
from drcheck.extensions import modules
from drcheck.snapshot import dumps, load, loads, save
from drcheck.topology.base import Clock, Fact, Gap, Looked, Seen, Target, Topology, kinds
from drcheck.topology.hyperv import Adapter, HyperVVm
from drcheck.topology.vmm import Cloud

AT = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)


def seen(endpoint: str) -> Seen:
    return Seen(source="test", endpoint=endpoint, query="Get-It", at=AT)


def machine(key: str, host: str) -> Fact:
    return HyperVVm(
        key=f"{key}@{host}", seen=seen(host), vm_id=key, name=key.upper(), host=host, state="Off",
        replication_mode="Replica", clustered=False, disks=("C:\\a.vhdx",),
        adapters=(Adapter(id="1", name="n", switch="", test_replica_switch="x"),),
    )  # fmt: skip


def topology(facts: list[Fact]) -> Topology:
    return Topology(
        facts=facts,
        gaps=[Gap(kind="Cloud", scope="vmm:b", cause="refused", reason="no", seen=seen("b"))],
        looked=[Looked(kind="Cloud", scope="vmm:a", seen=seen("a"))],
        targets=[Target(role="vmm", endpoint="b"), Target(role="vmm", endpoint="a", via=("c",))],
        clocks=[Clock(endpoint="a", offset_seconds=0.5, uncertainty_seconds=0.1, at=AT)],
        as_of=AT,
    )


keys = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


@given(names=keys, seed=st.integers())
def test_the_order_of_discovery_does_not_matter(names: list[str], seed: int) -> None:
    facts = [machine(name, "hv1") for name in names] + [
        Cloud(key=n, seen=seen("a"), name=n, host_groups=()) for n in names
    ]
    shuffled = list(facts)
    random.Random(seed).shuffle(shuffled)
    assert dumps(topology(facts)) == dumps(topology(shuffled))


@given(names=keys)
def test_nothing_is_lost_on_the_way(names: list[str]) -> None:
    before = topology([machine(name, "hv1") for name in names])
    after = loads(dumps(before))
    assert (after.facts, after.gaps, after.looked, after.targets, after.clocks, after.as_of) == (
        before.facts, before.gaps, before.looked, before.targets, before.clocks, before.as_of,
    )  # fmt: skip


def test_every_kind_of_fact_says_where_it_comes_from() -> None:
    list(modules(topology_package))
    found = kinds()
    assert len(found) > 20
    assert [kind.__name__ for kind in found if not (kind.ROLE and kind.SUBJECT and kind.__doc__)] == []


def test_any_json_tool_reads_it_after_decompression() -> None:
    text = zstandard.ZstdDecompressor().decompress(dumps(topology([machine("a", "hv1")])))
    _, _, body = text.partition(b"\n")
    assert msgspec.json.decode(body)["facts"][0]["kind"] == "HyperVVm"


@given(position=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_an_altered_file_is_refused(position: int, flip: int) -> None:
    plain = zstandard.ZstdDecompressor().decompress(dumps(topology([machine("a", "hv1")])))
    altered = bytearray(plain)
    altered[position % len(altered)] ^= flip
    with pytest.raises(SnapshotError):
        loads(zstandard.ZstdCompressor().compress(bytes(altered)))


def test_noise_is_refused() -> None:
    with pytest.raises(SnapshotError, match="not a snapshot"):
        loads(b"hello")


def test_a_worker_refuses_another_file_than_announced(tmp_path: Path) -> None:
    path = tmp_path / "estate.snapshot"
    announced = save(topology([]), path)
    assert load(path, announced)[1] == announced
    save(topology([machine("a", "hv1")]), path)
    with pytest.raises(SnapshotError, match="is not the snapshot it was"):
        load(path, announced)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"nothing\.snapshot"):
        load(tmp_path / "nothing.snapshot")
