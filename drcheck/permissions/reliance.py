"""Which kinds of facts does a check read? Taken from its code, so that nobody has to keep a list.

What a function names is followed into the functions it calls, in checks, in ``drcheck.topology`` and in
``drcheck.drilled``, which are all that a check may use.
"""

from collections.abc import Iterator
from functools import cached_property
from types import CodeType, FunctionType

from msgspec import Struct, structs

from drcheck.check import Check
from drcheck.topology.base import Derived, Fact, Topology, kinds

MINE = ("drcheck.topology.", "drcheck.evaluate", "drcheck.check", "drcheck.drilled")


def reads(check: Check) -> frozenset[type[Fact]]:
    """The kinds that a check reads, its subject's included."""
    return frozenset((*_read_for(check.subject), *_reached(check.judge, *_methods(check.subject))))


def concerns(kind: type[Fact]) -> frozenset[type[Fact]]:
    """The kinds that nobody can know to the end while facts of a kind are missing: itself, and what it leads to."""
    reached, waiting = {kind}, [kind]
    while waiting:
        feeds = waiting.pop().FEEDS
        for other in kinds():
            if other.ROLE in feeds and other not in reached:
                reached.add(other)
                waiting.append(other)
    return frozenset(reached)


def _reached(*functions: object) -> Iterator[type[Fact]]:
    done: set[object] = set()
    waiting = list(functions)
    while waiting:
        current = waiting.pop()
        if not isinstance(current, FunctionType) or current in done:
            continue
        done.add(current)
        for value in _named(current):
            if isinstance(value, type) and issubclass(value, Fact):
                yield from _read_for(value)
                waiting.extend(_methods(value))
            elif isinstance(value, FunctionType) and _ours(value, current):
                waiting.append(value)
            elif isinstance(value, type) and _ours(value, current):
                waiting.extend(_methods(value))


def _read_for(kind: type[Fact]) -> Iterator[type[Fact]]:
    """A kind that is read, or those that a derived one follows from."""
    if issubclass(kind, Derived):
        for source in kind.FROM:
            yield from _read_for(source)
    elif kind.ROLE:
        yield kind


def _named(function: FunctionType) -> Iterator[object]:
    """The global objects, and attributes of such objects, that a function's code names."""
    known = function.__globals__
    for name in _names(function.__code__):
        if name in known:
            yield from _parts(known[name])
    for cell in function.__closure__ or ():
        yield from _parts(cell.cell_contents)


def _parts(value: object) -> Iterator[object]:
    """A value, or what a table of values holds."""
    if isinstance(value, Struct) and type(value).__module__.startswith(MINE):
        value = structs.astuple(value)
    if isinstance(value, tuple):
        for part in value:
            yield from _parts(part)
    else:
        yield value


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _ours(value: FunctionType | type, caller: FunctionType) -> bool:
    return value.__module__.startswith(MINE) or value.__module__ == caller.__module__


def _methods(kind: type) -> Iterator[object]:
    if kind is Topology:
        return
    for value in vars(kind).values():
        if isinstance(value, cached_property):
            yield value.func
        else:
            yield getattr(value, "fget", getattr(value, "__func__", value))
