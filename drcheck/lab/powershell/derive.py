"""How is ``catalogue.json`` made from a full catalogue of cmdlets? Run it again when that catalogue grows.

Usage: ``python -m drcheck.lab.powershell.derive FULL_CATALOGUE.json``. The full catalogue lists cmdlets with their
parameters, types with their properties, and enums, each with where it was seen. Only facts are kept: names, and
whether a cmdlet changes anything. What nobody could source is left out, so that the lab denies it as Windows may.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

MODULES = ("VirtualMachineManager", "Hyper-V", "FailoverClusters")


def derive(full: Mapping[str, Any]) -> dict[str, Any]:
    """Reduce a full catalogue to what the lab needs to say "unknown cmdlet, parameter or property"."""
    return {
        "cmdlets": {
            cmdlet["name"]: {
                "module": cmdlet["module"],
                "mutates": cmdlet["mutates"],
                "output": _last(cmdlet.get("output")),
                "parameters": _parameters(cmdlet["parameters"]),
            }
            for cmdlet in full["cmdlets"]
            if cmdlet["module"] in MODULES
        },
        "types": {
            name: {
                prop["name"]: _enum(prop, full["enums"])
                for prop in kind["properties"]
                if prop.get("status") == "sourced"
            }
            for name, kind in full["types"].items()
            if kind["module"] in (*MODULES, None)
        },
        "enums": {name: list(enum["values"]) for name, enum in full["enums"].items()},
    }


def _last(names: Sequence[str] | None) -> str:
    """The most specific output type."""
    return names[-1].removeprefix("Microsoft.Management.Infrastructure.") if names else ""


def _parameters(parameters: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Each parameter with ``switch`` or nothing."""
    return {parameter["name"]: "switch" if parameter["switch"] else "" for parameter in parameters}


def _enum(prop: Mapping[str, Any], enums: Mapping[str, Any]) -> str:
    """The enum a property's values come from, when every name of it is known."""
    named = str(prop.get("enum") or prop.get("type", "")).removesuffix("[]").removesuffix("|string")
    named = named.removeprefix("System.Nullable<").removesuffix(">")
    return named if named in enums and not named.startswith("Microsoft.VirtualManager") else ""


def render(catalogue: Mapping[str, Mapping[str, Any]]) -> str:
    """One line per entry, so that a change reads well in a diff."""
    sections = []
    for section, entries in catalogue.items():
        lines = [f"  {json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}" for name, entry in entries.items()]
        sections.append(f" {json.dumps(section)}: {{\n" + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def main(source: str) -> None:
    """Write ``catalogue.json`` next to this module."""
    full = json.loads(Path(source).read_text(encoding="utf-8"))
    Path(__file__).with_name("catalogue.json").write_text(render(derive(full)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
