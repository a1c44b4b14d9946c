"""What does SQL Server on a simulated host answer to a batch that reads?

The views of ``sqlviews`` become tables of an SQLite database in memory, and the few T-SQL idioms that differ are
rewritten. Whatever SQLite then refuses is an error, as a mistake in a batch is on a real server.
"""

import hashlib
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from drcheck.lab.cmdlets import sqlobjects
from drcheck.lab.cmdlets.objects import CmdletError, Session
from drcheck.lab.cmdlets.sqlviews import VIEWS, Cell, Instance, Row, server_name
from drcheck.lab.state.fabric import SqlInstance

Value = str | int | float | bool | None

_WRITES = re.compile(
    r"\b(INSERT|UPDATE|DELETE|MERGE|INTO|EXEC|EXECUTE|ALTER|CREATE|DROP|TRUNCATE|GRANT|REVOKE|DENY|BACKUP|RESTORE|KILL"
    r"|SHUTDOWN|DBCC|RECONFIGURE|OPENROWSET|OPENQUERY|OPENDATASOURCE|COMMIT|BULK)\b",
    re.IGNORECASE,
)

_REWRITES = (
    (re.compile(r"\bN'"), "'"),
    (re.compile(r"^\s*SET\s+\w+(?:\s+\w+)*\s+(?:ON|UNCOMMITTED|COMMITTED)\s*;", re.IGNORECASE | re.MULTILINE), ""),
    (re.compile(r"@@SERVERNAME\b", re.IGNORECASE), "SERVERPROPERTY('ServerName')"),
    (re.compile(r"\b(DATEDIFF(?:_BIG)?)\s*\(\s*(\w+)\s*,", re.IGNORECASE), r"\1('\2',"),
    (re.compile(r"\bCONVERT\s*\(\s*\w+(?:\s*\(\s*\w+\s*\))?\s*,", re.IGNORECASE), "TSQL_CONVERT("),
    (re.compile(r"\bISNULL\s*\(", re.IGNORECASE), "IFNULL("),  # ISNULL is an operator in SQLite
    (re.compile(r"\bWITH\s*\(\s*NOLOCK\s*\)", re.IGNORECASE), ""),
    (re.compile(r"\bmaster\.sys\.", re.IGNORECASE), "sys."),
    (re.compile(r"\bmsdb\.dbo\.", re.IGNORECASE), "msdb."),
)

_SCHEMAS: Sequence[tuple[str, Mapping[str, Mapping[str, str]], Callable[[Instance, str], Sequence[Row]]]] = (
    ("sys", VIEWS, Instance.rows),
    ("sys", sqlobjects.SYS, sqlobjects.rows),
    ("msdb", sqlobjects.MSDB, sqlobjects.rows),
)
_HIDDEN = frozenset(
    {
        "availability_groups",
        "availability_replicas",
        "availability_databases_cluster",
        "availability_group_listeners",
        "availability_group_listener_ip_addresses",
        "server_principals",
        "credentials",
        "database_mirroring_endpoints",
        "tcp_endpoints",
    }
)
"""What a login without VIEW ANY DEFINITION sees nothing of; the lab leaves out what it would see of itself."""

_WAIT = re.compile(
    r"\A\s*(?:IF\s+EXISTS\s*\((?P<condition>[^()]+)\)\s*)?WAITFOR\s+DELAY\s+'00:(?P<minutes>\d\d):(?P<seconds>\d\d)'\s*;",
    re.IGNORECASE,
)
"""A wait at the beginning of a batch, the only place where the lab takes one."""

_SECONDS = {"millisecond": 1000.0, "ms": 1000.0, "second": 1.0, "ss": 1.0, "minute": 1 / 60, "hour": 1 / 3600}

_REFUSALS = (
    (re.compile(r"no such table: (.+)"), 208, "Invalid object name '{}'."),
    (re.compile(r"no such column: (.+)"), 207, "Invalid column name '{}'."),
    (re.compile(r"no such function: (.+)"), 195, "'{}' is not a recognized built-in function name."),
    (re.compile(r'near "(.+)": syntax error'), 102, "Incorrect syntax near '{}'."),
)


def run(session: Session, instance: str, text: str, columns: Sequence[str]) -> tuple[list[dict[str, Value]], list[str]]:
    """The asked columns of every row of a batch, and those that the result does not have.

    Raises:
        CmdletError: ``Sql<number>``, or ``NotAllowed`` for a batch that does more than read.
    """
    if _WRITES.search(text):
        raise CmdletError("NotAllowed", "the batch does more than read", "InvalidOperation")
    here = (one for one in session.world.sql if one.host == session.host.name)
    sql = next((one for one in here if one.name.lower() == instance.lower()), None)
    if sql is None:
        raise CmdletError("Sql2", "A network-related or instance-specific error occurred.", "InvalidOperation")
    _check_rights(sql, text)
    wait = _WAIT.match(text)
    if wait is not None:
        _wait(session, sql, wait)
        text = text[wait.end() :]
    database = _database(_now(session, sql), text)
    try:
        cursor = database.execute(_rewrite(text))
        present = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(present, record, strict=True)) for record in cursor.fetchall()]
    except (sqlite3.OperationalError, sqlite3.ProgrammingError) as error:
        raise _refusal(str(error)) from error
    finally:
        database.close()
    missing = [column for column in columns if column not in present] if rows else []
    return [{name: _value(row[name]) for name in columns if name in row} for row in rows], missing


def _now(session: Session, sql: SqlInstance) -> Instance:
    return Instance(world=session.world, sql=sql, now=session.clock.now() + session.waited)


def _wait(session: Session, sql: SqlInstance, wait: re.Match[str]) -> None:
    """What follows is answered as of when the wait would be over."""
    if wait["condition"] is not None:
        database = _database(_now(session, sql), wait["condition"])
        try:
            if database.execute(_rewrite(wait["condition"])).fetchone() is None:
                return
        finally:
            database.close()
    session.waited += int(wait["minutes"]) * 60 + int(wait["seconds"])


def _check_rights(sql: SqlInstance, text: str) -> None:
    """What the server says to a login without the right to see its state (error 300)."""
    if "VIEW SERVER STATE" in sql.denied and "sys.dm_" in text.lower():
        said = "VIEW SERVER STATE permission was denied on object 'server', database 'master'."
        raise CmdletError("Sql300", said, "InvalidOperation")


def _rewrite(text: str) -> str:
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    return text.strip().rstrip(";")


def _refusal(message: str) -> CmdletError:
    for pattern, number, text in _REFUSALS:
        found = pattern.search(message)
        if found:
            return CmdletError(f"Sql{number}", text.format(found[1]), "InvalidOperation")
    return CmdletError("Sql50000", f"the lab cannot run this batch: {message}", "InvalidOperation")


def _database(instance: Instance, text: str) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES)
    for schema in ("sys", "msdb"):
        database.execute(f"ATTACH ':memory:' AS {schema}")
    named = set(re.findall(r"\w+", text.lower()))
    for schema, views, rows in _SCHEMAS:
        for view in sorted(named & set(views)):
            hidden = view in _HIDDEN and "VIEW ANY DEFINITION" in instance.sql.denied
            _fill(database, f'{schema}."{view}"', views[view], () if hidden else rows(instance, view))
    _functions(database, instance)
    return database


def _fill(database: sqlite3.Connection, table: str, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    database.execute(f"CREATE TABLE {table} ({declared})")
    marks = ", ".join("?" for _ in columns)
    values = [[row.get(name) for name in columns] for row in rows]
    database.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - names of our own views


def _functions(database: sqlite3.Connection, instance: Instance) -> None:
    local = instance.now + instance.world.hosts[instance.sql.host].clock_offset
    now = f"{datetime.fromtimestamp(local, UTC):%Y-%m-%d %H:%M:%S.%f}"
    for name in ("SYSUTCDATETIME", "GETUTCDATE", "SYSDATETIME", "GETDATE"):
        database.create_function(name, 0, lambda: now)
    database.create_function("SYSDATETIMEOFFSET", 0, lambda: f"{now}0 +00:00")
    database.create_function("SUSER_SNAME", 1, lambda owner: owner)
    database.create_function("HASHBYTES", 2, _hash)
    database.create_function("LEN", 1, lambda value: None if value is None else len(str(value)))
    database.create_function("CONCAT", -1, lambda *parts: "".join("" if part is None else str(part) for part in parts))
    database.create_function("TSQL_CONVERT", 1, lambda value: value)
    database.create_function("TSQL_CONVERT", 2, _convert)
    database.create_function("SERVERPROPERTY", 1, lambda name: _property(instance.sql, bool(instance.groups), name))
    database.create_function("DATABASEPROPERTYEX", 2, lambda name, what: _database_property(instance, name, what))
    database.create_function("HAS_DBACCESS", 1, lambda name: int(name in instance.sql.databases))
    denied = instance.sql.denied
    database.create_function("HAS_PERMS_BY_NAME", 3, lambda _on, _class, name: int(name not in denied))
    for name in ("DATEDIFF", "DATEDIFF_BIG"):
        database.create_function(name, 3, _datediff)


def _convert(value: Cell, style: int) -> Cell:
    """Styles 126 and 127 are ISO 8601; 1 writes binary as text, which it is here; others are not used."""
    if value is None or style not in {126, 127}:
        return value
    day, _, time = str(value).partition(" ")
    return f"{day}T{time.replace(' ', '')}"


def _hash(algorithm: str, text: str | None) -> str | None:
    """Of an nvarchar, which is UTF-16."""
    if algorithm.upper() != "SHA2_256":
        raise CmdletError("LabNotImplemented", f"the lab does not simulate HASHBYTES('{algorithm}')", "NotImplemented")
    return None if text is None else f"0x{hashlib.sha256(text.encode('utf-16-le')).hexdigest().upper()}"


def _datediff(part: str, start: str | None, end: str | None) -> int | None:
    if start is None or end is None:
        return None
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    return int(seconds * _SECONDS[part.lower()])


def _property(sql: SqlInstance, has_groups: bool, name: str) -> Cell:  # noqa: FBT001 - a fact about the instance
    server = server_name(sql.host)
    known: dict[str, Cell] = {
        "servername": server_name(sql.host, sql.name),
        "machinename": server,
        "computernamephysicalnetbios": server,
        "instancename": None if sql.name == "MSSQLSERVER" else sql.name,
        "productversion": sql.version,
        "productlevel": "RTM",
        "edition": sql.edition,
        "collation": sql.collation,
        "isclustered": 0,
        "ishadrenabled": int(has_groups),
        "hadrmanagerstatus": 1 if has_groups else 2,
    }
    return known.get(name.lower())


def _database_property(instance: Instance, name: str, what: str) -> Cell:
    """NULL for a property that does not exist, as the server has it."""
    return sqlobjects.last_check(instance, name) if what.lower() == "lastgoodcheckdbtime" else None


def _value(value: Cell | datetime | float) -> Value:
    """As the collector writes it: moments in UTC with seven decimals."""
    return f"{value:%Y-%m-%dT%H:%M:%S.%f}0Z" if isinstance(value, datetime) else value


# Process-wide, as SQLite has it; nothing else in the lab uses SQLite.
sqlite3.register_converter("bit", lambda raw: bool(int(raw)))
sqlite3.register_converter("datetime", lambda raw: datetime.fromisoformat(raw.decode()).replace(tzinfo=UTC))
