"""Which JSON is a topology, in this version and in those before it?

``MIGRATIONS`` holds one step per schema: it makes of a body of its schema one of the next. A fact that an earlier
version wrote, and that lacks what is known of its kind today, becomes a gap: it says less than it would have to.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, TypeAlias

import msgspec
from msgspec import Raw, Struct

from drcheck import topology as topology_package
from drcheck.errors import SnapshotError
from drcheck.extensions import modules
from drcheck.topology.base import Clock, Fact, Gap, Looked, Seen, Target, Topology, kinds
from drcheck.topology.sharing import Shared

SCHEMA = 2
AT_A_TIME = 1000
"""Facts that are encoded at once."""
Members: TypeAlias = dict[str, Raw]


class _Body(Struct, frozen=True, kw_only=True):
    as_of: datetime
    targets: tuple[Target, ...]
    clocks: tuple[Clock, ...]
    gaps: tuple[Gap, ...]
    looked: tuple[Looked, ...]
    sites: tuple[str, ...]


class _Head(Struct, frozen=True, kw_only=True):
    """What every version of a fact has."""

    kind: str
    key: str
    seen: Seen


def _to_2(members: Members) -> Members:
    """Schema 2 knows of shards: the sites that were asked; none means all."""
    return {**members, "sites": Raw(b"[]")}


MIGRATIONS: Mapping[int, Callable[[Members], Members]] = {1: _to_2}
"""From which schema, and how to the next."""


def pieces_of(topology: Topology) -> Iterator[bytes]:
    """The canonical JSON of a topology in this version's schema: names in order, no blanks, and lines for the reader.

    A list that is not empty has line breaks after its bracket, after every so many entries and before its end, and
    nothing else has any: that is what lets ``topology_in`` read entry by entry.
    """
    members: dict[str, object] = {
        "schema": SCHEMA,
        "as_of": topology.as_of,
        "sites": topology.sites,
        "targets": topology.targets,
        "clocks": topology.clocks,
        "gaps": topology.gaps,
        "looked": topology.looked,
        "facts": topology.facts,
    }
    opening = b"{"
    for name, value in sorted(members.items()):
        yield opening + msgspec.json.encode(name) + b":"
        opening = b","
        yield from _list(value) if isinstance(value, tuple) else [msgspec.json.encode(value)]
    yield b"}"


def _list(values: Sequence[object]) -> Iterator[bytes]:
    yield b"["
    for begin in range(0, len(values), AT_A_TIME):
        encoded = msgspec.json.encode(values[begin : begin + AT_A_TIME], order="sorted")
        yield (b",\n" if begin else b"\n") + encoded[1:-1]
    yield b"\n]" if values else b"]"


def topology_in(lines: Iterable[bytes]) -> Topology | None:
    """The topology that a body is of, from its lines: the text of a large one is never in memory as a whole.

    ``None``: ``topology_of`` has to read it, because it has no lines, another schema, or a mistake.
    """
    try:
        facts, rest = _by_line(lines)
        members = msgspec.json.decode(rest, type=Members)
        if facts is None or msgspec.json.decode(members["schema"]) != SCHEMA:
            return None
        return _topology(members, facts)
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError):
        return None


def _by_line(lines: Iterable[bytes]) -> tuple[list[Fact] | None, bytes]:
    """The facts, or ``None`` when no line begins them; and the body without them."""
    shared, decoder = Shared(), msgspec.json.Decoder(list[_fact()])  # type: ignore[misc]  # a union made at run time
    facts: list[Fact] | None = None
    rest: list[bytes] = []
    inside = False
    for line in lines:
        if not inside or line.startswith(b"]"):
            rest.append(line)
            inside = line.rstrip().endswith(b'"facts":[')
            facts = [] if inside else facts
        elif facts is not None:
            some = decoder.decode(b"[%b]" % line.rstrip(b",\n"))
            shared.settle(some)
            facts += some
    return facts, b"".join(rest)


def topology_of(text: bytes) -> Topology:
    """The topology that a body is of, whatever its schema.

    Raises:
        SnapshotError: it is none, or of a schema that this version does not know.
    """
    try:
        members = msgspec.json.decode(text, type=Members)
        written = schema = msgspec.json.decode(members["schema"], type=int)
        while schema in MIGRATIONS:
            members = MIGRATIONS[schema](members)
            schema += 1
        if schema != SCHEMA:
            raise SnapshotError(f"the snapshot has schema {schema}; this version reads up to {SCHEMA}")
        if written != SCHEMA:
            return _topology(members, *_older(members["facts"]))
        every: Any = list[_fact()]  # type: ignore[misc]  # a union that is made at run time
        return _topology(members, msgspec.json.decode(members["facts"], type=every))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SnapshotError(f"the snapshot cannot be read: {error}") from error
    except KeyError as error:
        raise SnapshotError(f"the snapshot has no {error}") from error


def _topology(members: Members, facts: list[Fact], lost: Sequence[Gap] = ()) -> Topology:
    """A topology of these facts and of what else the body tells; nothing was looked at where facts were lost."""
    rest = {name: msgspec.json.decode(raw) for name, raw in members.items() if name != "facts"}
    body = msgspec.convert(rest, _Body)
    without = {(gap.kind, gap.scope) for gap in lost}
    return Topology(
        facts=facts,
        gaps=(*body.gaps, *lost),
        looked=(look for look in body.looked if (look.kind, look.scope) not in without),
        targets=body.targets,
        clocks=body.clocks,
        as_of=body.as_of,
        sites=body.sites,
    )


def _older(facts: Raw) -> tuple[list[Fact], list[Gap]]:
    """Facts of an earlier version, and gaps for those that lack what they would have to say today."""
    decoder = msgspec.json.Decoder(_fact())
    roles = {kind.__name__: kind.ROLE for kind in kinds()}
    found: list[Fact] = []
    lost: dict[tuple[str, str], Gap] = {}
    for raw in msgspec.json.decode(facts, type=list[Raw]):
        try:
            found.append(decoder.decode(raw))
        except msgspec.ValidationError as error:
            head = msgspec.json.decode(raw, type=_Head)
            scope = f"{roles.get(head.kind, 'unknown')}:{head.seen.endpoint}"
            reason = f"was written by an earlier version of drcheck: {error}"
            gap = Gap(kind=head.kind, scope=scope, cause="older-version", reason=reason, seen=head.seen)
            lost.setdefault((head.kind, scope), gap)
    return found, list(lost.values())


def _fact() -> Any:
    list(modules(topology_package))
    return reduce(or_, kinds())
