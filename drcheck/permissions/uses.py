"""What is asked, by which source, and what is changed, by which drill?"""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from drcheck.discovery import ArmCollector, WindowsCollector
from drcheck.discovery.driver import sources
from drcheck.drill.azure import lease_store
from drcheck.drill.engine import kinds
from drcheck.query import ArmRead, Asked, Query, Sql
from drcheck.topology.base import Fact


class RunKind(StrEnum):
    """What a run may do: ``read`` looks only; ``drill`` also holds test failovers."""

    READ = "read"
    DRILL = "drill"


class Use(Struct, frozen=True, kw_only=True):
    """One thing that is asked or done. ``kind`` is what is learnt by it; ``None`` when it is not for a fact."""

    run: RunKind
    role: str
    """Whom it is asked of: ``vmm``, ``hyperv``, ``vault``, …"""
    source: str
    query: Asked
    kind: type[Fact] | None = None


SQL_RIGHTS = Sql(
    id="doctor-sql-rights",
    text="""
SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') AS view_server_state,
       HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DEFINITION') AS view_any_definition
""",
    columns=("view_server_state", "view_any_definition"),
)
"""A missing right to see definitions is no error: SQL Server just tells less (Microsoft, "Metadata visibility")."""
GRANTED = ArmRead(path="{vault}/providers/Microsoft.Authorization/permissions", api_version="2022-04-01")
"""What the caller may do with a resource (Microsoft, REST reference "Permissions - List For Resource")."""
DOCTOR = (
    Use(run=RunKind.READ, role="sql", source="doctor", query=SQL_RIGHTS),
    Use(run=RunKind.READ, role="vault", source="doctor", query=GRANTED),
)


def uses(run: RunKind) -> tuple[Use, ...]:
    """Everything that a run of this kind may ask of Windows, SQL Server and Azure; a drill's also what it changes.

    What the drill script does on Hyper-V hosts is in ``scripts.invoked``.
    """
    found = [*_discovery(), *DOCTOR]
    if run is RunKind.DRILL:
        found += _drills()
    return tuple(found)


def _discovery() -> Iterator[Use]:
    for role, listed in sources().items():
        for sourced in listed:
            collector = sourced.collector
            queries: tuple[Query, ...] = ()
            if isinstance(collector, WindowsCollector):
                queries = collector.queries
            elif isinstance(collector, ArmCollector):
                queries = collector.reads
            for query in queries:
                yield Use(run=RunKind.READ, role=role, source=sourced.source, kind=collector.kind, query=query)


def _drills() -> Iterator[Use]:
    for name, kind in kinds().items():
        for call in kind.ARM_CALLS:
            role = "vault" if call.path.startswith("{vault}") else "azure"
            yield Use(run=RunKind.DRILL, role=role, source=name, query=call)
    for blob_call in lease_store.CALLS:
        yield Use(run=RunKind.DRILL, role="leases", source="lease_store", query=blob_call)
