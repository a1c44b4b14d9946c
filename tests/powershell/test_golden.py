"""Do the golden lines say what the lab says? Whoever has a PowerShell holds both against the real thing."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from drcheck.lab.powershell.projection import write
from drcheck.transport.wire import Reader
from tests.powershell.cases import ACTS, COLLECT, VALUES
from tests.powershell.far_side import HERE, golden, same

MODULES = sorted((HERE / "modules").rglob("*.psm1"))
FILES = sorted(path.stem for path in (HERE / "golden").glob("*.jsonl"))

KNOWN_TO_PYTHON: dict[str, object] = {
    "Text": "plain",
    "Letters": "Z\u00fcrich \u6771\u4eac",
    "True": True,
    "Whole": 42,
    "Exact": 2**53,
    "Long": 2**53 + 1,
    "Unsigned": 2**64 - 1,
    "Double": 0.1,
    "NotANumber": float("nan"),
    "Bytes": "AAH+/w==",
    "Span": timedelta(hours=1, minutes=2, seconds=3.5),
    "NegativeSpan": timedelta(seconds=-30),
    "Nothing": None,
    "None": [],
    "One": ["only"],
    "Nested": [[1, 2], [3, [4, 5]]],
}


@pytest.mark.parametrize("name", FILES)
def test_production_s_reader_accepts_them(name: str) -> None:
    hello = {"t": "hello", "v": 1, "host": "h", "user": "u", "ps": "5.1", "mode": "FullLanguage", "utc": "2026-01-15"}
    lines = [hello, *({"ms": 0, **line} for line in golden(name))]
    reader, heard = Reader(), 0
    for number, line in enumerate([*lines, {"t": "bye", "n": len(lines)}], 1):
        heard += len(reader.feed(f"#drc {json.dumps({'l': number, **line})}\n".encode()))
    reader.close()
    assert (heard, reader.noise) == (len(lines) + 1, "")


def test_every_file_belongs_to_a_case() -> None:
    assert sorted({*COLLECT, "registry", *(case[3] for case in ACTS.values())}) == FILES


@pytest.mark.parametrize("name", COLLECT)
def test_every_query_of_a_case_ends(name: str) -> None:
    ended = [line["q"] for line in golden(name) if line["t"] == "end"]
    assert ended == [query["id"] for query in COLLECT[name]]


@pytest.mark.parametrize("name", KNOWN_TO_PYTHON)
def test_the_lab_writes_values_as_the_script_does(name: str) -> None:
    assert same(write(KNOWN_TO_PYTHON[name]), golden("values")[0]["d"][name])


def test_the_lab_writes_times_as_the_script_does() -> None:
    written = golden("values")[0]["d"]
    assert len({written[name] for name in ("Utc", "Local", "Unspecified", "Offset")}) == 1
    moment = datetime(2026, 1, 15, 10, 30, 0, 123456, tzinfo=UTC)
    found = write(moment)
    assert isinstance(found, str)
    assert (found[:-2], found[-2:]) == (written["Utc"][:-2], "0Z")


def test_identifiers_are_written_as_python_writes_them() -> None:
    written = golden("values")[0]["d"]
    assert str(uuid.UUID(written["Guid"])) == written["Guid"]
    assert str(IPv4Address(written["Address"])) == written["Address"]


def test_every_property_of_the_stub_is_asked_for() -> None:
    assert list(golden("values")[0]["d"]) == VALUES


def broken(node: Node) -> list[str]:
    found = [str(node.start_point)] if node.is_error or node.is_missing else []
    return [*found, *(one for child in node.children for one in broken(child))]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.parent.name)
def test_the_stubs_are_ascii_and_parse(path: Path) -> None:
    text = path.read_bytes()
    assert text.isascii()
    assert broken(Parser(Language(tree_sitter_powershell.language())).parse(text).root_node) == []
