"""Which drills must not be held at the same time? Those that share a host, a vault, a network or a machine."""

from collections.abc import Iterator, Mapping, Sequence

from drcheck.drill import Context
from drcheck.drill.engine import TROUBLE, kind_named
from drcheck.estate import DrillSpec

UNCLEAR = "drills"
"""The unit of drills whose targets are not known: they will be refused, or clash with each other alone."""


def units(specs: Sequence[DrillSpec], context: Context) -> Mapping[str, str]:
    """The unit of each drill, by its name: drills of one unit are held one after another.

    A copy in the same network would be a foreign machine to another drill; hosts and vaults have limits; and one
    machine is drilled once at a time, wherever its copies are.
    """
    joined: list[tuple[set[str], list[str]]] = []
    for spec in specs:
        keys, names = set(_keys(spec, context)), [spec.name]
        apart = [unit for unit in joined if not unit[0] & keys]
        for other, more in (unit for unit in joined if unit[0] & keys):
            keys |= other
            names = [*more, *names]
        joined = [*apart, (keys, names)]
    return {
        name: f"{UNCLEAR} {min(keys)}" if keys != {UNCLEAR} else UNCLEAR for keys, names in joined for name in names
    }


def _keys(spec: DrillSpec, context: Context) -> Iterator[str]:
    try:
        loads = kind_named(spec.kind).prepare(spec, context).loads()
    except TROUBLE:
        yield UNCLEAR
        return
    for load in loads:
        shared = (("host", load.host), ("vault", load.vault), ("network", load.network))
        yield from (f"{kind} {name}".lower() for kind, name in shared if name)
        yield from (f"machine {one}".lower() for one in (*load.vm_ids, *load.items))
