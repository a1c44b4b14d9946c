"""How is the complete list of what drcheck may ask and do written down, for people and for programs?"""

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from drcheck.permissions.rights import rights_of
from drcheck.permissions.scripts import Invoked, invoked
from drcheck.permissions.uses import RunKind, Use, uses
from drcheck.query import ArmAction, ArmRead, Asked, BlobCall, Certificates, Cmdlet, Registry, Sql

_INTRODUCTION = {
    RunKind.READ: "A run that reads asks this and nothing else; it changes nothing.",
    RunKind.DRILL: "A run with --drill asks what a reading run asks, and may do what is listed under drill.",
}


class Form(StrEnum):
    """What the list can be written as."""

    TEXT = "text"
    MD = "md"
    JSON = "json"


class Permitted(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that may be asked or done, and what it needs; empty fields do not apply."""

    run: str
    role: str
    type: str
    """``cmdlet``, ``registry``, ``sql``, ``certificate``, ``probe``, ``resolve``, ``arm-read``, ``arm-action`` or
    ``blob-call``."""
    what: str
    parameters: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    """Properties, values or columns."""
    text: str = ""
    """The whole T-SQL batch."""
    sources: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()


def permitted(run: RunKind) -> tuple[Permitted, ...]:
    """Everything that a run may ask and do, each thing once."""
    merged: dict[tuple[str, str, Asked], list[Use]] = {}
    for use in uses(run):
        merged.setdefault((use.run.value, use.role, _key(use.query)), []).append(use)
    rows = [_permitted(group) for group in merged.values()]
    return tuple(sorted(rows, key=lambda row: (row.run != "read", row.role, row.type, row.what, row.parameters)))


def render(run: RunKind, form: Form) -> str:
    """The list as text that ends with a line break."""
    rows, calls = permitted(run), invoked(run)
    if form is Form.JSON:
        content = {"run": run.value, "permitted": msgspec.to_builtins(rows), "scripts": msgspec.to_builtins(calls)}
        return json.dumps(content, indent=1) + "\n"
    return "\n".join(_lines(run, rows, calls, heading="## " if form is Form.MD else "")) + "\n"


def _key(query: Asked) -> Asked:
    """A query without what differs from one asking to the other."""
    if isinstance(query, Cmdlet):
        return msgspec.structs.replace(query, id="", keep=False, pipe=None, where=None, params=_Frozen(query.params))
    return query if isinstance(query, ArmRead | ArmAction | BlobCall) else msgspec.structs.replace(query, id="")


class _Frozen(dict[str, str | int | bool | None]):
    """Parameters that can be a part of a key."""

    def __hash__(self) -> int:  # type: ignore[override]  # never changed after it was made
        return hash(tuple(sorted(self.items(), key=str)))


def _permitted(group: list[Use]) -> Permitted:
    use = group[0]
    query = use.query
    return Permitted(
        run=use.run.value,
        role=use.role,
        type=_type(query),
        what=_what(query),
        parameters=tuple(f"-{name} {value}" for name, value in query.params.items())
        if isinstance(query, Cmdlet)
        else (),
        reads=_reads(query),
        text=query.text.strip() if isinstance(query, Sql) else "",
        sources=tuple(sorted({one.source for one in group})),
        rights=tuple(right.name for right in rights_of(query)),
    )


def _type(query: Asked) -> str:
    if isinstance(query, BlobCall):
        return "blob-call"
    if isinstance(query, ArmRead | ArmAction):
        return "arm-read" if isinstance(query, ArmRead) else "arm-action"
    return str(query.__struct_config__.tag)


def _what(query: Asked) -> str:
    if isinstance(query, Cmdlet):
        return f"{query.module}\\{query.cmdlet}"
    if isinstance(query, Registry):
        return query.key
    return str(query)


def _reads(query: Asked) -> tuple[str, ...]:
    if isinstance(query, Cmdlet):
        return query.select
    if isinstance(query, Registry):
        return query.values
    return query.columns if isinstance(query, Sql | Certificates) else ()


def _lines(run: RunKind, rows: Iterable[Permitted], calls: Iterable[Invoked], *, heading: str) -> Iterator[str]:
    yield f"{heading.replace('##', '#')}What drcheck may ask and do: {run}"
    yield ""
    yield _INTRODUCTION[run]
    grouped: dict[str, list[Permitted]] = {}
    for row in rows:
        grouped.setdefault(f"{row.role}" if row.run == "read" else f"{row.role}, in a drill only", []).append(row)
    for name, group in grouped.items():
        yield from ("", f"{heading}Asked of: {name}", "")
        for row in group:
            yield from _entry(row)
    yield from ("", f"{heading}Cmdlets that the scripts call themselves", "")
    for call in calls:
        yield f"- {call.script}: {call.cmdlet}{''.join(f' -{name}' for name in call.parameters)}"


def _entry(row: Permitted) -> Iterator[str]:
    yield f"- {' '.join((row.what, *row.parameters))}"
    if row.reads:
        yield f"    reads: {', '.join(row.reads)}"
    for line in row.text.splitlines():
        yield f"    | {line}"
    yield f"    needs: {'; '.join(row.rights)}"
