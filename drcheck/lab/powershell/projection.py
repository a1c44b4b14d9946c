"""What does the collector read of an object: which properties, and how are their values written?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drcheck.lab.cmdlets.objects import LabNotImplementedError, PsObject
from drcheck.lab.powershell.catalogue import Catalogue

EXACT = 2**53
"""Integers beyond this travel as text: JSON readers that use doubles would round them."""


class _Absent:
    """The property does not exist on the object, which is not the same as being null."""


ABSENT = _Absent()


@dataclass
class Projection:
    """Reads property paths of objects and remembers which of them no object had."""

    catalogue: Catalogue
    paths: Sequence[str]
    missing: dict[str, None] = field(default_factory=dict)
    """An ordered set."""
    _read_before: dict[tuple[int, str], object] = field(default_factory=dict, repr=False)
    """What the properties of one row's objects said: several paths begin alike, and a property may be dear to read."""

    def __post_init__(self) -> None:
        """Take the paths apart once."""
        self._steps = [(path, tuple(path.split("."))) for path in self.paths]

    def row(self, item: PsObject) -> dict[str, object]:
        """The paths that the object has."""
        row = {}
        for path, names in self._steps:
            value = self._walk(item, names)
            if isinstance(value, _Absent):
                self.missing[path] = None
            else:
                row[path] = value
        self._read_before.clear()
        return row

    def _walk(self, value: object, names: tuple[str, ...]) -> object:
        if not names or value is None:
            return write(value)
        if isinstance(value, PsObject):
            found = self._read(value, names[0])
            return found if isinstance(found, _Absent) else self._walk(found, names[1:])
        return self._each(value, names) if isinstance(value, list | tuple) else ABSENT

    def _each(self, values: Sequence[object], names: tuple[str, ...]) -> object:
        found = [self._walk(value, names) for value in values]
        if any(isinstance(value, _Absent) for value in found):
            return ABSENT
        return [value for value in found if not isinstance(value, _Absent)]

    def _read(self, item: PsObject, name: str) -> object:
        place = (id(item), name)
        if place not in self._read_before:
            self._read_before[place] = self._ask(item, name)
        return self._read_before[place]

    def _ask(self, item: PsObject, name: str) -> object:
        real = self.catalogue.property(item.kind, name)
        if real is None:
            return ABSENT
        if real not in item.values:
            raise LabNotImplementedError(f"{item.kind}.{real}")
        lazy = item.values[real]
        value = lazy() if callable(lazy) else lazy
        self._check_enum(item.kind, real, value)
        return value

    def _check_enum(self, kind: str, name: str, value: object) -> None:
        allowed = self.catalogue.values(kind, name)
        if allowed is None or value is None:
            return
        for one in value if isinstance(value, list | tuple) else [value]:
            if one not in allowed:
                raise LabNotImplementedError(f"the value {one!r} of {kind}.{name}")


def write(value: object) -> object:
    """A value as the collector writes it."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, list | tuple):
        return [write(item) for item in value]
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S.%f}0Z"
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, PsObject):
        return value.text or value.kind
    return _number(value)


def _number(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    long = isinstance(value, int) and not isinstance(value, bool) and abs(value) > EXACT
    return str(value) if long else value
