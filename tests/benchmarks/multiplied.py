"""How does a snapshot become ten times as large without anybody being asked? By copies of its facts under other names.

A copy has ids, machines, applications, plans and sequence of its own at the sites of the first; what an estate has
only once stays the one that it is. Nearly all that is healthy stays healthy. ``python -m tests.benchmarks.multiplied
SNAPSHOT TARGET TIMES`` says how many machines there are then.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from msgspec.structs import replace

from drcheck.snapshot import load, save
from drcheck.snapshot.schema import pieces_of, topology_in
from drcheck.topology.base import Fact, Topology
from drcheck.topology.declared import Application, SequenceStep
from drcheck.topology.hyperv import HyperVVm

ID = rb"[0-9a-f]{2}(?=[0-9a-f]{6}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|[0-9a-f]{62}\b)"
WELL_KNOWN = rb"(?!494ae006-|dbaa88c4-)"
"""Roles that are built into Azure have one id everywhere."""
MACHINES = (b"hv-", b"hvcl", b"cl-", b"rp-", b"vault-", b"vnet-")
MOST = 16
"""Copies, the first one included: ids differ in one digit."""


def multiply(source: Path, target: Path, times: int) -> int:
    """Write a snapshot of so many copies of another one; returns how many machines it has."""
    assert times <= MOST
    first, _ = load(source)
    copies = [_numbered(first, 0), *(_numbered(_copy(first, number), number) for number in range(1, times))]
    whole = Topology(
        facts=_once(chain.from_iterable(each.facts for each in copies)),
        gaps=first.gaps,
        looked={(look.kind, look.scope): look for each in copies for look in each.looked}.values(),
        targets=(target for each in copies for target in each.targets),
        clocks={clock.endpoint: clock for each in copies for clock in each.clocks}.values(),
        as_of=first.as_of,
    )
    save(whole, target)
    return len(whole.seen(HyperVVm))


def _copy(first: Topology, number: int) -> Topology:
    renamed = _renaming(first, number)
    copy = topology_in(renamed(line) for line in b"".join(pieces_of(first)).split(b"\n"))
    assert copy is not None
    return copy


def _renaming(first: Topology, number: int) -> Callable[[bytes], bytes]:
    """What gives everything in a line of a snapshot its name in a copy."""
    # S1-001-00001 begins with S and a digit, ERP-APP01 with ERP-; disks and hosts have the names in lower case.
    begun = {re.match("[A-Z]+-?", vm.name) for vm in first.seen(HyperVVm)}
    prefixes = {found[0] + ("" if found[0].endswith("-") else r"[\d*]") for found in begun if found}
    begin = b"|".join([*MACHINES, *(each.encode() for one in prefixes for each in (one, one.lower()))])
    pattern = re.compile(rb"\b(?:%b%b|(?=%b))" % (WELL_KNOWN, ID, begin))
    name = b"k%02d-" % number

    def rename(found: re.Match[bytes]) -> bytes:
        digits = found[0]
        return b"%c%x" % (digits[0], (int(digits[1:], 16) + number) % MOST) if digits else name

    return lambda line: pattern.sub(rename, line)


def _numbered(copy: Topology, number: int) -> Topology:
    """With applications of its own, and a sequence in which the same steps of all copies follow each other."""

    def own(fact: Fact) -> Fact:
        if isinstance(fact, SequenceStep):
            step = MOST * fact.number + number
            return replace(fact, number=step, key=f"{step:05}")
        if isinstance(fact, Application) and number:
            needs = tuple(f"k{number:02}-{name}" for name in fact.depends_on)
            return replace(fact, key=f"k{number:02}-{fact.key}", name=f"k{number:02}-{fact.name}", depends_on=needs)
        return fact

    return Topology(
        facts=map(own, copy.facts), looked=copy.looked, targets=copy.targets, clocks=copy.clocks, as_of=copy.as_of
    )


def _once(facts: Iterable[Fact]) -> Iterator[Fact]:
    done: set[tuple[type[Fact], str, str]] = set()
    for fact in facts:
        place = (type(fact), fact.key, fact.seen.endpoint)
        if place not in done:
            done.add(place)
            yield fact


if __name__ == "__main__":
    machines = multiply(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(f"{machines}\n")
