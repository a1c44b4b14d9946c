"""Tables of a snapshot: what is read back from them is what was in it, and their columns depend on nothing else."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from drcheck import topology as topology_package
from drcheck.errors import UsageError
from drcheck.extensions import modules
from drcheck.snapshot import load
from drcheck.snapshot.export import export
from drcheck.topology.base import Gap, Looked, Seen, Topology, kinds
from drcheck.topology.declared import Application, Site

AT = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)
FIRST = Path(__file__).parent / "snapshots" / "fabrikam.schema-1"

Reader = Callable[[Path], list[dict[str, Any]]]


def seen(endpoint: str) -> Seen:
    return Seen(source="test", endpoint=endpoint, query="Get-It", at=AT)


def small() -> Topology:
    application = Application(
        key="pay\u00f6", seen=seen("estate"), name="pay\u00f6", tier=1, owner="", rto_seconds=2**40, rpo_seconds=0,
        vm_ids=(), vm_names=("A", "B"), always_on=True,
    )  # fmt: skip
    return Topology(
        facts=[application, Site(key="s", seen=seen("estate"), name="s", role="primary")],
        gaps=[Gap(kind="Cloud", scope="vmm:b", cause="refused", reason="no", seen=seen("b"))],
        looked=[Looked(kind="Site", scope="estate:estate", seen=seen("estate"))],
        as_of=AT,
    )


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_parquet(path: Path) -> list[dict[str, Any]]:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (drcheck[parquet])")
    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return [_as_written(row) for row in rows]


def _as_written(value: Any) -> Any:
    """As it stands in the snapshot: times as text, no members that are null because a version did not write them."""
    if isinstance(value, dict):
        return {name: _as_written(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_as_written(each) for each in value]
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, date) else value


FORMS: dict[str, Reader] = {"ndjson": read_lines, "parquet": read_parquet}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("make", [small, lambda: load(FIRST)[0]], ids=["small", "fabrikam"])
def test_what_was_written_is_what_is_read(make: Callable[[], Topology], form: str, tmp_path: Path) -> None:
    topology = make()
    counted = {path.stem: rows for path, rows in export(topology, form, tmp_path / "out")}
    everything = (*topology.facts, *topology.gaps, *topology.looked, *topology.targets, *topology.clocks)
    assert sum(counted.values()) == len(everything)
    for name in counted:
        rows = FORMS[form](tmp_path / "out" / f"{name}.{form}")
        expected = [
            msgspec.json.decode(msgspec.json.encode(each)) for each in everything if type(each).__name__ == name
        ]
        assert rows == expected


def test_the_columns_of_a_kind_are_the_same_whatever_its_facts_say(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (drcheck[parquet])")
    empty = Application(
        key="k", seen=seen("estate"), name="", tier=0, owner="", rto_seconds=0, rpo_seconds=0, vm_names=()
    )
    list(export(small(), "parquet", tmp_path / "one"))
    list(export(Topology(facts=[empty], as_of=AT), "parquet", tmp_path / "two"))
    one, two = (parquet.read_schema(tmp_path / each / "Application.parquet") for each in ("one", "two"))
    assert one.equals(two)
    assert str(one.field("vm_names").type) == "list<element: string>"
    assert str(one.field("seen").type.field("at").type) == "timestamp[us, tz=UTC]"


def test_every_kind_of_fact_has_columns() -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed (drcheck[parquet])")
    from drcheck.snapshot.export import _columns  # noqa: PLC0415 - beside the library it needs

    list(modules(topology_package))
    for kind in kinds():
        names = [column.name for column in _columns(pa, kind)]
        assert names[:1] == ["kind"], kind
        assert {"key", "seen"} <= set(names)


def sample(about: inspect.Type) -> Any:
    """Something of that type; nothing is left out or empty."""
    simple = {
        inspect.StrType: "s",
        inspect.IntType: 7,
        inspect.FloatType: 1.5,
        inspect.BoolType: True,
        inspect.DateType: AT.date(),
        inspect.DateTimeType: AT,
        inspect.TimeDeltaType: timedelta(minutes=5),
    }
    match about:
        case inspect.UnionType():
            return sample(next(each for each in about.types if not isinstance(each, inspect.NoneType)))
        case inspect.StructType():
            return about.cls(**{field.name: sample(field.type) for field in about.fields})
        case inspect.VarTupleType():
            return (sample(about.item_type), sample(about.item_type))
        case inspect.TupleType():
            return tuple(sample(each) for each in about.item_types)
        case inspect.LiteralType():
            return about.values[0]
        case _:
            return simple[type(about)]


@pytest.mark.parametrize("form", FORMS)
def test_every_kind_of_fact_can_be_written_with_all_that_it_may_hold(form: str, tmp_path: Path) -> None:
    list(modules(topology_package))
    facts = [sample(inspect.type_info(kind)) for kind in kinds()]
    for path, _ in export(Topology(facts=facts, as_of=AT), form, tmp_path / "out"):
        (fact,) = (each for each in facts if type(each).__name__ == path.stem)
        assert FORMS[form](path) == [msgspec.json.decode(msgspec.json.encode(fact))]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    for folder in (tmp_path, tmp_path / "mine"):
        with pytest.raises(UsageError, match="is not an empty folder"):
            list(export(small(), "ndjson", folder))
    with pytest.raises(UsageError, match="'xml' is no form of export; there are: ndjson, parquet"):
        list(export(small(), "xml", tmp_path / "new"))


def test_without_the_library_parquet_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"Parquet needs pyarrow: pip install 'drcheck\[parquet\]'"):
        list(export(small(), "parquet", tmp_path / "out"))
    assert not (tmp_path / "out").exists()
