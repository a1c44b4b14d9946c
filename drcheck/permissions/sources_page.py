"""Which sources are there, what does each ask and cost, and what is unknown when it cannot be read? For the docs."""

from collections.abc import Iterable, Mapping, Sequence

from drcheck.check import Check
from drcheck.discovery import ArmCollector, EstateCollector, WindowsCollector
from drcheck.discovery.driver import sources
from drcheck.discovery.driver.work import Sourced
from drcheck.permissions.reliance import concerns, reads
from drcheck.permissions.rights import NOTHING, rights_of
from drcheck.query import ArmRead, Certificates, Cmdlet, Probe, Query, Registry, Resolve, Sql
from drcheck.topology.base import Fact

COMMAND = "drcheck permissions --format sources"
_HEAD = f"""\
# Sources

Everything that discovery reads, one row per kind of fact. This page is made by `{COMMAND}`.

All queries to one Windows machine travel in one process, so the cost of a row is what the machine itself has to do. A
gap can make UNKNOWN what the last column names, and nothing else; a FAIL that was proved by what was read stands. After
"through" are checks that need to know *every* endpoint of a role which this source helps to find.
Rights are explained by `drcheck permissions`, and put into files by `drcheck permissions --out DIR`.
"""
_COLUMNS = "| Fact | Asked by | Query | Rights | Cost | Unknown after a gap |\n|---|---|---|---|---|---|"


def page(checks: Sequence[Check]) -> str:
    """The page for these checks, in Markdown."""
    read_by = {check.id: reads(check) for check in checks}
    parts = [_HEAD]
    for role, listed in sorted(sources().items()):
        rows = "\n".join(_row(sourced, read_by) for sourced in sorted(listed, key=lambda one: (one.source, one.kind)))
        parts.append(f"## Asked of: {role}\n\n{_COLUMNS}\n{rows}\n")
    return "\n".join(parts)


def _row(sourced: Sourced, read_by: Mapping[str, frozenset[type[Fact]]]) -> str:
    queries = _queries(sourced)
    kind = sourced.collector.kind
    cells = (
        f"{kind.__name__}",
        f"`{sourced.source}`",
        _asked(sourced, queries),
        "<br>".join(_rights(queries)),
        "<br>".join(dict.fromkeys(_cost(query) for query in queries)) or "reads files",
        _unknown(kind, read_by),
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _queries(sourced: Sourced) -> tuple[Query, ...]:
    collector = sourced.collector
    if isinstance(collector, WindowsCollector):
        return collector.queries
    return collector.reads if isinstance(collector, ArmCollector) else ()


def _rights(queries: Iterable[Query]) -> Iterable[str]:
    names = dict.fromkeys(right.name for query in queries for right in rights_of(query))
    return [name for name in names if name != NOTHING.name] or [NOTHING.name if names else "none"]


def _asked(sourced: Sourced, queries: Iterable[Query]) -> str:
    if isinstance(sourced.collector, EstateCollector):
        return sourced.collector.query
    return "<br>".join(dict.fromkeys(f"`{_spoken(query)}`" for query in queries))


def _spoken(query: Query) -> str:
    return f"T-SQL {query.id}" if isinstance(query, Sql) else str(query)


def _cost(query: Query) -> str:
    if isinstance(query, Cmdlet):
        return f"a call per object of {query.pipe}" if query.pipe else "one call"
    if isinstance(query, ArmRead):
        names = [part[1:-1] for part in query.path.split("/")[1:] if part.startswith("{")]
        return f"a GET per {names[-1]}" if names else "a GET per page"
    words: Mapping[type, str] = {
        Registry: "one key",
        Sql: "one batch",
        Certificates: "one store",
        Probe: "a connection per declared port",
        Resolve: "a DNS query per name and server",
    }
    return words[type(query)]


def _unknown(kind: type[Fact], read_by: Mapping[str, frozenset[type[Fact]]]) -> str:
    direct = sorted(check for check, needed in read_by.items() if kind in needed)
    beyond = concerns(kind) - {kind}
    through = sorted(check for check, needed in read_by.items() if check not in direct and needed & beyond)
    roles = ", ".join(sorted({other.ROLE for other in beyond}))
    parts = [", ".join(direct) if direct else "", f"through {roles}: {', '.join(through)}" if through else ""]
    return "<br>".join(part for part in parts if part) or "no check yet"
