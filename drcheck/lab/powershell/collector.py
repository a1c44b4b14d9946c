"""What does the collector script answer to one query?"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from drcheck.lab.cmdlets import certificates, cim, cluster, hyperv, identity, network, registry, tsql, vmm
from drcheck.lab.cmdlets.objects import Call, CmdletError, Handler, LabNotImplementedError, PsObject, Scalar, Session
from drcheck.lab.powershell.catalogue import Catalogue, CmdletEntry
from drcheck.lab.powershell.projection import Projection

HANDLERS: Mapping[str, Handler] = {
    **vmm.CMDLETS,
    **hyperv.CMDLETS,
    **cluster.CMDLETS,
    **cim.CMDLETS,
    **identity.CMDLETS,
}

FORBIDDEN = frozenset(
    "AsJob CimSession Credential Debug ErrorAction ErrorVariable InformationAction InformationVariable"
    " JobVariable OnBehalfOfUser OnBehalfOfUserRole OutBuffer OutVariable PipelineVariable PROTipID RunAsynchronously"
    " UseTransaction Verbose WarningAction WarningVariable".lower().split()
)
"""Parameters that the collector script refuses whatever the cmdlet."""

ROLE_OF_MODULE = {
    "VirtualMachineManager": "vmm",
    "Hyper-V": "hyperv",
    "FailoverClusters": "cluster",
    "ActiveDirectory": "identity",
}

MOST_ERRORS = 20
"""The script reports no more per query."""

PAUSE = 50
"""Rows after which others get their turn."""

Row = dict[str, object]


@dataclass(kw_only=True)
class End:
    """How a query ended."""

    state: str = "ok"
    errors: Sequence[CmdletError] = ()
    missing: Sequence[str] = ()

    def body(self, query: str, rows: int, seconds: float) -> dict[str, object]:
        """The end record's fields."""
        return {
            "q": query,
            "state": self.state,
            "n": rows,
            "ms": round(seconds * 1000),
            "errors": [
                {"id": error.error_id, "category": error.category, "message": error.message}
                for error in self.errors[:MOST_ERRORS]
            ],
            "missing": list(self.missing),
        }


@dataclass(kw_only=True)
class Collector:
    """Answers the queries of one request, in order; later ones may be fed by earlier ones."""

    session: Session
    catalogue: Catalogue
    allowed: frozenset[str]
    kept: dict[str, Sequence[PsObject]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)

    async def ask(self, query: Mapping[str, Any]) -> tuple[list[Row], End]:
        """Answer one query. What goes wrong is part of the answer; other machines answer in the meantime."""
        rows, end = await self._ask(query)
        self.states[query["id"]] = end.state
        return rows, end

    async def _ask(self, query: Mapping[str, Any]) -> tuple[list[Row], End]:
        try:
            return await self._answer(query)
        except CmdletError as error:
            return [], End(state="failed", errors=[error])

    async def _answer(self, query: Mapping[str, Any]) -> tuple[list[Row], End]:
        match query["type"]:
            case "cmdlet":
                return await self._cmdlet(query)
            case "registry":
                return self._registry(query)
            case "sql":
                return self._sql(query)
            case "certificate":
                found = list(certificates.read(self.session, query["store"], query["columns"]))
                return found, End(missing=[name for name in query["columns"] if found and name not in found[0]])
            case "probe":
                network.check_query(query)
                return [network.probe(self.session, query)], End()
            case "resolve":
                return [network.resolve(self.session, query)], End()
            case _:
                raise CmdletError("NotAllowed", "unknown type of query")

    async def _cmdlet(self, query: Mapping[str, Any]) -> tuple[list[Row], End]:
        entry = self._resolve(query)
        call = Call(
            session=self.session,
            cmdlet=entry.name,
            params=_bind(entry, query.get("params") or {}),
            piped=self._input(query.get("pipe"), query.get("where")),
        )
        if query.get("pipe") is not None and self.states[query["pipe"]] != "ok":
            text = f"query {query['pipe']} was not answered in full"
            call.note(CmdletError("PipeSourceIncomplete", text, "InvalidOperation"))
        handler = HANDLERS.get(entry.name)
        if handler is None:
            raise LabNotImplementedError(entry.name)
        found: Iterable[PsObject] = () if call.piped == [] else handler(call)
        limit = query.get("limit")
        objects = list(found if limit is None else islice(found, limit + 1))
        limited = limit is not None and len(objects) > limit
        objects = objects[:limit]
        if query.get("keep"):
            self.kept[query["id"]] = objects
        projection = Projection(self.catalogue, query["select"])
        rows = await _each_row(projection, objects)
        state = "partial" if call.errors else "limited" if limited else "ok"
        return rows, End(state=state, errors=call.errors, missing=list(projection.missing))

    def _resolve(self, query: Mapping[str, Any]) -> CmdletEntry:
        name = query["cmdlet"]
        entry = self.catalogue.cmdlet(name)
        if name not in self.allowed or not re.fullmatch(r"(Get|Measure)-[A-Za-z0-9]+", name):
            raise CmdletError("NotAllowed", f"{name} is not on the allow-list", "InvalidOperation")
        if entry is None or entry.module.lower() != query["module"].lower() or not self._installed(entry.module):
            raise CmdletError(
                "CommandNotFoundException",
                f"module {query['module']} has no {name} here, or is not installed",
                "InvalidOperation",
            )
        if entry.module in self.session.host.refused:
            text = f"{name} : You do not have the required permission to complete this task."
            raise CmdletError(f"AccessDenied,{name}", text, "PermissionDenied")
        return entry

    def _installed(self, module: str) -> bool:
        """Modules come with roles: a SQL server has no Hyper-V module. Others are on every Windows."""
        role = ROLE_OF_MODULE.get(module)
        host = self.session.host
        return (role is None or role in host.roles) and module not in host.not_installed

    def _input(self, pipe: str | None, where: Mapping[str, Any] | None) -> Sequence[PsObject] | None:
        if pipe is None:
            return None
        if pipe not in self.kept:
            raise CmdletError("PipeSourceFailed", f"there is no kept answer of query {pipe}", "InvalidOperation")
        return self.kept[pipe] if where is None else [item for item in self.kept[pipe] if self._among(item, where)]

    def _among(self, item: PsObject, where: Mapping[str, Any]) -> bool:
        projection = Projection(self.catalogue, [where["path"]])
        row = projection.row(item)
        if projection.missing:
            raise CmdletError("PropertyNotFound", f"there is no {where['path']}", "InvalidOperation")
        return row[where["path"]] in where["values"]

    def _registry(self, query: Mapping[str, Any]) -> tuple[list[Row], End]:
        row, missing = registry.read(self.session, query["key"], query["values"])
        return [dict(row)], End(missing=missing)

    def _sql(self, query: Mapping[str, Any]) -> tuple[list[Row], End]:
        rows, missing = tsql.run(self.session, query["instance"], query["text"], query["columns"])
        return [dict(row) for row in rows], End(missing=missing)


async def _each_row(projection: Projection, objects: Sequence[PsObject]) -> list[Row]:
    """The rows of many objects, with pauses: nobody else is answered while this runs."""
    rows: list[Row] = []
    for item in objects:
        rows.append(projection.row(item))
        if len(rows) % PAUSE == 0:
            await asyncio.sleep(0)
    return rows


def _bind(entry: CmdletEntry, given: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Parameters by real name. Aliases and abbreviations are refused, as by the script."""
    bound = {}
    for name, value in given.items():
        if name.lower() in FORBIDDEN or isinstance(value, dict):
            raise CmdletError("NotAllowed", f"parameter {name} is not allowed", "InvalidOperation")
        real = entry.parameters.get(name.lower())
        if real is None:
            raise CmdletError("NamedParameterNotFound", f"{entry.name} has no parameter {name}", "InvalidOperation")
        if real in entry.switches and not isinstance(value, bool):
            raise CmdletError(
                f"CannotConvertArgumentNoMessage,{entry.name}",
                f"Cannot convert the value of {real}.",
                "InvalidArgument",
            )
        bound[real] = value
    return bound
