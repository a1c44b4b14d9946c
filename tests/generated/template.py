"""The small healthy estate, taken apart into texts that can be copied under other names.

What a machine, a pair of hosts, a cloud or an availability group consists of is found by what facts mention, so that a
kind of fact that the small estate gets one day is copied without anybody thinking of it here.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, reduce
from operator import or_
from typing import Any

import msgspec
from msgspec import Struct

from drcheck.topology.base import Derived, Fact, Target, kinds
from drcheck.topology.declared import Application, DeclaredScenario, DeclaredWaiver, SequenceStep, Site
from drcheck.topology.drills import DrillRecord, DrillReview
from drcheck.topology.links import SiteLink
from drcheck.topology.programme import RehearsalDuty, SubstantiveChange
from drcheck.topology.site_recovery import RecoveryPlan
from tests import estate_names as names
from tests.estate_facts import healthy

WRITTEN: tuple[type[Fact], ...] = (
    Application, DeclaredScenario, DeclaredWaiver, DrillRecord, DrillReview, RecoveryPlan, RehearsalDuty, SequenceStep,
    Site, SiteLink, SubstantiveChange,
)  # fmt: skip
"""Kinds that say something about many things at once: made anew for every estate, never copied."""
STAYS = '"kind":"VmmServer"'
"""A server of VMM names its machine, and is there when that is none of the machines that are counted."""
PARTS: Mapping[str, tuple[str, ...]] = {
    "web": (names.WEB_VM, names.WEB_ITEM, "PAY-WEB01"),
    "db": (names.DB_VM, names.DB_ITEM, "LEDGER-DB01"),
    "file": (names.FILE_VM, "FILE01"),
    "dc": (names.DC_VM, "DC01"),
    "aux": (names.AUX_VM, "AUX01"),
    "role": ("vmma.", "vmmb.", "ha-vmm", "cluster-vmm"),
    "vmm": (names.VMM_VM,),
    "group": ("sql1.", "sql2.", "sqlc.", "cluster-sql", "ag-0001", "ag-vmm", "replica-l", "listener-vmm"),
    "pair": ("hv1.", "hv2.", "hvc", "cluster-hv"),
    "cloud": ("cloud-gold", "containers/gold"),
    "core": ("",),
}
"""By what each part is known. What mentions several belongs to the first of them."""


class Part(Struct, frozen=True):
    """Some facts and targets as texts."""

    facts: tuple[str, ...]
    targets: tuple[str, ...]

    def renamed(self, *pairs: tuple[str, str]) -> "Part":
        """The same under other names."""
        return Part(_renamed(self.facts, pairs), _renamed(self.targets, pairs))

    def only(self, fact: str, target: str) -> "Part":
        """What mentions this, among facts and among targets."""
        facts = tuple(one for one in self.facts if fact in one)
        return Part(facts, tuple(one for one in self.targets if target in one))


def _renamed(texts: tuple[str, ...], pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    whole = "\n".join(texts)
    for old, new in pairs:
        whole = whole.replace(old, new)
    return tuple(whole.split("\n")) if texts else ()


@cache
def template() -> Mapping[str, Part]:
    """The parts of the small healthy estate; ``core`` is what belongs to no other."""
    estate = healthy()
    facts = [written(fact) for fact in estate.facts if not isinstance(fact, WRITTEN)]
    targets = [written(target) for target in estate.targets]
    parts = {}
    for name, marks in PARTS.items():
        mentions = re.compile("|".join(map(re.escape, marks))).search
        mine = [text for text in facts if mentions(text) and (name != "vmm" or STAYS not in text)]
        asked = [text for text in targets if mentions(text)]
        parts[name] = Part(tuple(mine), tuple(asked))
        facts = [text for text in facts if text not in mine]
        targets = [text for text in targets if text not in asked]
    return parts


def written(entry: Fact | Target) -> str:
    """A fact or a target as it stands in a file."""
    return msgspec.json.encode(entry).decode()


def facts_of(texts: Iterable[str]) -> list[Fact]:
    """Facts from their texts."""
    return _facts().decode("[" + ",".join(texts) + "]")


def targets_of(texts: Iterable[str]) -> list[Target]:
    """Targets from their texts."""
    return msgspec.json.decode("[" + ",".join(texts) + "]", type=list[Target])


@cache
def _facts() -> msgspec.json.Decoder[list[Fact]]:
    known: Any = reduce(or_, (kind for kind in kinds() if not issubclass(kind, Derived)))
    return msgspec.json.Decoder(list[known])
