"""Snapshots: same topology, same bytes; altered bytes are refused."""

import hashlib
import random
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from drcheck import topology as topology_package
from drcheck.errors import SnapshotError
from drcheck.extensions import modules
from drcheck.snapshot import SCHEMA, dumps, load, load_parts, loads, save
from drcheck.snapshot.schema import AT_A_TIME, pieces_of, topology_in
from drcheck.topology.base import Clock, Fact, Gap, Looked, Seen, Target, Topology, kinds
from drcheck.topology.declared import DrillNetwork, Site
from drcheck.topology.vmm import VmmServer

AT = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)
FIRST = Path(__file__).parent / "snapshots" / "fabrikam.schema-1"
"""The lab's estate "fabrikam", discovered by the last version that wrote schema 1."""


def seen(endpoint: str) -> Seen:
    return Seen(source="test", endpoint=endpoint, query="Get-It", at=AT)


def network(key: str) -> Fact:
    return DrillNetwork(key=key, seen=seen("estate"), platform="hyperv", name=key.upper())


def site(key: str) -> Fact:
    return Site(key=key, seen=seen("estate"), name=key, role="primary", hosts=(f"*.{key}",))


def topology(facts: list[Fact], sites: tuple[str, ...] = ()) -> Topology:
    return Topology(
        facts=facts,
        gaps=[Gap(kind="Cloud", scope="vmm:b", cause="refused", reason="no", seen=seen("b"))],
        looked=[Looked(kind="Cloud", scope="vmm:a", seen=seen("a"))],
        targets=[Target(role="vmm", endpoint="b"), Target(role="vmm", endpoint="a", via=("c",))],
        clocks=[Clock(endpoint="a", offset_seconds=0.5, uncertainty_seconds=0.1, at=AT)],
        as_of=AT,
        sites=sites,
    )


def same(left: Topology, right: Topology) -> bool:
    names = ("facts", "gaps", "looked", "targets", "clocks", "as_of", "sites")
    return all(getattr(left, name) == getattr(right, name) for name in names)


keys = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)
sites = st.lists(st.sampled_from(["leeds", "london"]), unique=True)


@given(names=keys, seed=st.integers())
def test_the_order_of_discovery_does_not_matter(names: list[str], seed: int) -> None:
    facts = [network(name) for name in names] + [site(name) for name in names]
    shuffled = list(facts)
    random.Random(seed).shuffle(shuffled)
    assert dumps(topology(facts)) == dumps(topology(shuffled))


@given(names=keys, asked=sites)
def test_nothing_is_lost_on_the_way(names: list[str], asked: list[str]) -> None:
    before = topology([network(name) for name in names], tuple(asked))
    assert same(loads(dumps(before)), before)


def test_every_kind_of_fact_says_where_it_comes_from() -> None:
    list(modules(topology_package))
    found = kinds()
    assert len(found) > 20
    assert len({kind.__name__ for kind in found}) == len(found), "a kind's name is its tag in the file"
    assert [kind.__name__ for kind in found if not (kind.ROLE and kind.SUBJECT and kind.__doc__)] == []


def test_any_json_tool_reads_it_after_decompression() -> None:
    with zstandard.ZstdDecompressor().stream_reader(dumps(topology([network("a")])), read_across_frames=True) as plain:
        read = msgspec.json.decode(plain.read())
    assert read["schema"] == SCHEMA
    assert read["facts"][0]["kind"] == "DrillNetwork"


@given(position=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_an_altered_file_is_refused(position: int, flip: int) -> None:
    altered = bytearray(dumps(topology([network("a")])))
    altered[position % len(altered)] ^= flip
    with pytest.raises(SnapshotError):
        loads(bytes(altered))


def test_every_single_byte_counts() -> None:
    data = dumps(topology([network("a")]))
    for position, flip in product(range(len(data)), (1, 2, 4, 8, 16, 32, 64, 128, 255)):
        altered = bytearray(data)
        altered[position] ^= flip
        with pytest.raises(SnapshotError):
            loads(bytes(altered))


@given(length=st.integers(min_value=0))
def test_a_file_that_was_cut_short_is_refused(length: int) -> None:
    data = dumps(topology([network("a")]))
    with pytest.raises(SnapshotError):
        loads(data[: length % len(data)])


def test_noise_is_refused() -> None:
    for noise in (b"", b"hello", b"hello" * 100, zstandard.ZstdCompressor().compress(b"hello")):
        with pytest.raises(SnapshotError):
            loads(noise)


def test_what_follows_a_snapshot_is_refused() -> None:
    with pytest.raises(SnapshotError, match="something follows"):
        loads(dumps(topology([])) * 2)


def test_a_worker_refuses_another_file_than_announced(tmp_path: Path) -> None:
    path = tmp_path / "estate.snapshot"
    announced = save(topology([]), path)
    assert load(path, announced)[1] == announced
    save(topology([network("a")]), path)
    with pytest.raises(SnapshotError, match="is not the snapshot it was"):
        load(path, announced)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for reads in (load, load_parts):
        with pytest.raises(SnapshotError, match=r"nothing\.snapshot"):
            reads(tmp_path / "nothing.snapshot")


@given(names=keys, cut=st.integers(min_value=0))
def test_parts_are_read_up_to_the_one_that_was_cut_short(
    names: list[str], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "estate.snapshot.parts"
    parts = [dumps(topology([network(name)]), level=1) for name in names]
    written = b"".join(parts)
    kept = written[: cut % (len(written) + 1)]
    path.write_bytes(kept)
    found, whole = load_parts(path)
    ends = [sum(map(len, parts[:number])) for number in range(len(parts) + 1)]
    assert len(found) == max(number for number, end in enumerate(ends) if end <= len(kept))
    assert whole == written[: ends[len(found)]]
    assert [part.facts[0].key for part in found] == names[: len(found)]


def test_a_part_that_was_altered_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parts"
    one = dumps(topology([network("a")]))
    altered = bytearray(one + one)
    altered[len(one) - 1] ^= 1
    path.write_bytes(altered)
    with pytest.raises(SnapshotError, match=r"x\.parts: the snapshot was altered"):
        load_parts(path)


def test_a_snapshot_is_a_file_of_one_part(tmp_path: Path) -> None:
    path = tmp_path / "x.snapshot"
    save(topology([network("a")]), path)
    (part,), whole = load_parts(path)
    assert same(part, topology([network("a")]))
    assert whole == path.read_bytes()


def test_a_file_of_the_first_schema_is_still_read() -> None:
    read, _ = load(FIRST)
    (server,) = read.seen(VmmServer)
    assert (server.name, server.version) == ("vmm.fabrikam.lab", "10.22.1287.0")
    assert read.sites == ()
    assert same(loads(dumps(read)), read), "it is written in today's schema, and nothing is lost"


def test_what_an_earlier_version_did_not_write_is_a_gap_and_not_a_default(tmp_path: Path) -> None:
    read, _ = load(FIRST)
    older = [gap for gap in read.gaps if gap.cause == "older-version"]
    assert len(older) == len(read.gaps)
    for gap in older:
        assert not any((look.kind, look.scope) == (gap.kind, gap.scope) for look in read.looked)
    assert same(load_parts(FIRST)[0][0], read)


def first_schema(body: bytes) -> bytes:

    return zstandard.ZstdCompressor().compress(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def test_the_first_schema_byte_for_byte() -> None:
    told = b'{"source":"s","endpoint":"estate","query":"q","at":"2026-11-23T10:00:00Z"}'
    body = (
        b'{"schema":1,"as_of":"2026-11-23T10:00:00Z","targets":[{"role":"vmm","endpoint":"b","via":[]}],"clocks":[],'
        b'"gaps":[],"looked":[{"kind":"Site","scope":"estate:estate","seen":%s},'
        b'{"kind":"Cloud","scope":"vmm:b","seen":%s}],"facts":['
        b'{"kind":"Site","key":"leeds","seen":%s,"name":"leeds","role":"primary"},'
        b'{"kind":"Site","key":"london","seen":%s},'
        b'{"kind":"Forgotten","key":"x","seen":%s}]}'
    ) % (told, told, told, told, told)
    read = loads(first_schema(body))
    assert [fact.key for fact in read.facts] == ["leeds"]
    assert [(gap.key, gap.cause) for gap in read.gaps] == [
        ("Forgotten@unknown:estate", "older-version"),
        ("Site@estate:estate", "older-version"),
    ]
    assert [look.kind for look in read.looked] == ["Cloud"]
    assert read.missing(Site, "estate:estate")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"schema":99}', "has schema 99; this version reads up to"),
        (b'{"schema":0}', "has schema 0"),
        (b'{"as_of":1}', "has no 'schema'"),
        (b'{"schema":1,"facts":[]}', "cannot be read: Object missing required field"),
        (b"[1]", "cannot be read"),
        (b"{", "cannot be read"),
        (b'{"schema":"\xff"}', "cannot be read"),
    ],
)
def test_what_is_no_topology_is_named(body: bytes, why: str) -> None:
    with pytest.raises(SnapshotError, match=why):
        loads(first_schema(body))


def test_the_pieces_are_the_whole_and_any_number_of_facts_is_canonical() -> None:
    for count in (0, 1, AT_A_TIME, AT_A_TIME + 1, 2 * AT_A_TIME + 7):
        before = topology([network(f"{number:06}") for number in range(count)], ("leeds",))
        text = b"".join(pieces_of(before))
        assert msgspec.json.encode(msgspec.json.decode(text), order="sorted") == text.replace(b"\n", b"")
        assert (topology_in(text.split(b"\n")) is not None) is bool(count), "facts are read line by line"
        assert topology_in([text.replace(b"\n", b"")]) is None, "without lines it is read as a whole"
        assert same(loads(dumps(before)), before)


def test_lines_of_another_schema_are_not_taken_for_ours() -> None:
    text = b"".join(pieces_of(topology([network("a")])))
    theirs = text.replace(b'"schema":%d' % SCHEMA, b'"schema":%d' % (SCHEMA + 1))
    assert topology_in(text.split(b"\n")) is not None
    assert topology_in(theirs.split(b"\n")) is None
