"""Which cmdlets, parameters and properties exist on a Windows machine of the estate?

``catalogue.json`` is derived from a sourced catalogue of the modules that drcheck asks (see ``derive``).
``windows.json`` is kept by hand: what every Windows brings, as Microsoft documents it (CIM classes, ``CimCmdlets``),
and the properties that public scripts read of objects which the sourced catalogue names without their properties.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class CmdletEntry:
    """A cmdlet that exists. Names are looked up ignoring case, as PowerShell does."""

    name: str
    module: str
    mutates: bool
    output: str
    parameters: Mapping[str, str]
    """Lower-case name -> real name. Aliases are left out: the collector takes full names only."""
    switches: frozenset[str]
    """Real names of the switch parameters."""


class Catalogue:
    """Everything that exists; see ``derive`` for where it comes from."""

    def __init__(self, raw: Mapping[str, Mapping[str, object]]) -> None:
        self._cmdlets = {name.lower(): _entry(name, entry) for name, entry in raw["cmdlets"].items()}
        self._types = {name: _properties(entry) for name, entry in raw["types"].items()}
        self._enums = {name: frozenset(_texts(names)) for name, names in raw["enums"].items()}

    def cmdlet(self, name: str) -> CmdletEntry | None:
        """The cmdlet of this name, if there is one."""
        return self._cmdlets.get(name.lower())

    def property(self, kind: str, name: str) -> str | None:
        """The real name of a type's property, ``None`` when the type has no such property."""
        found = self._types[kind].get(name.lower())
        return found[0] if found else None

    def values(self, kind: str, name: str) -> frozenset[str] | None:
        """The names an enum property can have, ``None`` for anything but an enum."""
        enum = self._types[kind][name.lower()][1]
        return self._enums[enum] if enum else None

    def has_type(self, kind: str) -> bool:
        """Is the type known?"""
        return kind in self._types


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _entry(name: str, raw: object) -> CmdletEntry:
    if not isinstance(raw, dict):
        raise TypeError(f"catalogue entry of {name} is not an object")
    parameters = {known.lower(): known for known in raw["parameters"]}
    switches = frozenset(known for known, mark in raw["parameters"].items() if mark == "switch")
    return CmdletEntry(
        name=name,
        module=raw["module"],
        mutates=raw["mutates"],
        output=raw["output"],
        parameters=parameters,
        switches=switches,
    )


def _properties(raw: object) -> dict[str, tuple[str, str]]:
    if not isinstance(raw, dict):
        raise TypeError("the properties of a type are not an object")
    return {name.lower(): (name, str(enum)) for name, enum in raw.items()}


@cache
def catalogue() -> Catalogue:
    """The catalogue, read once."""
    merged: dict[str, dict[str, object]] = {}
    for name in ("catalogue.json", "windows.json", "directory.json"):
        for section, entries in json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8")).items():
            merged.setdefault(section, {}).update(entries)
    return Catalogue(merged)
