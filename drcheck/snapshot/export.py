"""What is in a snapshot, as tables? One file per kind of fact, for DuckDB, pandas and the like.

NDJSON is one object a line, as in the snapshot. Parquet has a schema that follows from the kind of fact alone, so that
the files of many nights can be read as one table; it needs pyarrow (``pip install 'drcheck[parquet]'``).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
from msgspec import Struct, inspect

from drcheck.errors import UsageError
from drcheck.topology.base import Topology

Write = Callable[[Path, Sequence[Struct]], None]


def export(topology: Topology, form: str, folder: Path) -> Iterator[tuple[Path, int]]:
    """Write each kind of fact, the gaps, looks, targets and clocks; yields each file and its number of rows.

    Raises:
        UsageError: the folder holds something already, the form is unknown, or pyarrow is not installed.
    """
    writers: Mapping[str, Callable[[], Write]] = {"ndjson": lambda: _write_ndjson, "parquet": _parquet_writer}
    if form not in writers:
        raise UsageError(f"{form!r} is no form of export; there are: {', '.join(writers)}")
    write = writers[form]()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in _tables(topology).items():
        path = folder / f"{name}.{form}"
        write(path, rows)
        yield path, len(rows)


def _tables(topology: Topology) -> dict[str, list[Struct]]:
    tables: dict[str, list[Struct]] = {}
    for row in (*topology.facts, *topology.gaps, *topology.looked, *topology.targets, *topology.clocks):
        tables.setdefault(type(row).__name__, []).append(row)
    return dict(sorted(tables.items()))


def _write_ndjson(path: Path, rows: Sequence[Struct]) -> None:
    encoder = msgspec.json.Encoder(order="sorted")
    with path.open("wb") as file:
        for row in rows:
            file.write(encoder.encode(row) + b"\n")


def _parquet_writer() -> Write:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an optional extra
        from pyarrow import parquet  # noqa: PLC0415 - as above
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow: pip install 'drcheck[parquet]'") from error

    def write(path: Path, rows: Sequence[Struct]) -> None:
        schema = pa.schema(_columns(pa, type(rows[0])))
        values = [msgspec.to_builtins(row, builtin_types=(date, datetime), order="sorted") for row in rows]
        parquet.write_table(pa.Table.from_pylist(values, schema=schema), path)

    return write


def _columns(pa: ModuleType, kind: type) -> list[Any]:
    """The columns of a kind of fact, from its declaration."""
    about = inspect.type_info(kind)
    assert isinstance(about, inspect.StructType)  # noqa: S101 - for the type checker; rows are structs
    tag = [pa.field("kind", pa.string())] if about.tag else []
    return tag + [pa.field(field.encode_name, _column(pa, field.type)) for field in about.fields]


def _many(pa: ModuleType, item: inspect.Type) -> Any:
    """Many of something; a list has one type for all, so that pairs of a name and a number are a map."""
    if isinstance(item, inspect.TupleType):
        columns = [_column(pa, each) for each in item.item_types]
        if columns[0] != columns[-1]:
            return pa.map_(*columns)
    return pa.list_(_column(pa, item))


def _column(pa: ModuleType, about: inspect.Type) -> Any:
    if isinstance(about, inspect.UnionType):
        (about,) = [each for each in about.types if not isinstance(each, inspect.NoneType)]
    if isinstance(about, inspect.StructType):
        return pa.struct(_columns(pa, about.cls))
    if isinstance(about, inspect.VarTupleType):
        return _many(pa, about.item_type)
    if isinstance(about, inspect.TupleType):  # pairs and the like, of one type
        return pa.list_(_column(pa, about.item_types[0]))
    simple = {
        inspect.StrType: pa.string(),
        inspect.LiteralType: pa.string(),
        inspect.TimeDeltaType: pa.string(),  # ISO 8601, as in the snapshot
        inspect.IntType: pa.int64(),
        inspect.FloatType: pa.float64(),
        inspect.BoolType: pa.bool_(),
        inspect.DateType: pa.date32(),
        inspect.DateTimeType: pa.timestamp("us", tz="UTC"),
    }
    return simple[type(about)]
