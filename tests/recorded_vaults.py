"""What real vaults said: the recorded exchanges, and an ``ArmAsk`` over them."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from drcheck.discovery.site_recovery import COLLECTORS, ROLE
from drcheck.topology.base import Fact, Seen, Target
from drcheck.transport.arm_values import decode_hook

T = TypeVar("T")
F = TypeVar("F", bound=Fact)

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "site-recovery"
FILES = (
    "empty-vault.lists-and-health.2023",
    "hyperv-site-to-azure.enable-and-failover.2023",
    "hyperv-site-to-azure.test-failover.2017",
    "vmm-to-azure.failing-reprotect-job.2017",
    "vmm-to-azure.network-mapping.2017",
    "vmm-to-vmm.recovery-plan-edit.2017",
)
AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
SUB = "/subscriptions/11111111-2222-3333-4444-555555555555"
VAULT = f"{SUB}/resourcegroups/rg/providers/microsoft.recoveryservices/vaults/v"
TARGET = Target(role=ROLE, endpoint=VAULT)

needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the recorded payloads are not on this machine")


def decode(resource: object, of: type[T]) -> T:
    """A resource as the transport decodes it."""
    return msgspec.json.decode(json.dumps(resource), type=of, dec_hook=decode_hook)


class Answers:
    """An ``ArmAsk`` over plain data: resources by id, lists as the parent's children, decoded as on the wire.

    ``one`` of a path that was never recorded is a ``LookupError``.
    """

    def __init__(self, listed: dict[str, Any], single: dict[str, Any], vault: str = VAULT) -> None:
        self._listed = listed
        self._single = single
        self._vault = vault
        self.asked: list[str] = []

    def every(self, path: str, api_version: str, of: type[T]) -> Iterator[T]:
        self.asked.append(path)
        for resource in self._children(path):
            yield decode(resource, of)

    def one(self, path: str, api_version: str, of: type[T]) -> T:
        self.asked.append(path)
        known, key = self._listed | self._single, path.lower()
        # The vault's health is one object, named Default, although it is read where lists are.
        return decode(known[key if key in known else f"{key}/default"], of)

    def each(self, paths: Iterable[str], api_version: str, of: type[T]) -> Iterator[T]:
        return (self.one(path, api_version, of) for path in paths)

    def seen(self, path: str) -> Seen:
        return Seen(source="site_recovery", endpoint=self._vault, query=f"GET {path}", at=AT)

    def _children(self, path: str) -> Iterator[Any]:
        head, _, kind = path.partition("?")[0].lower().rpartition("/")
        for key, resource in (self._listed | self._single).items():
            parent, _, _ = key.rpartition("/")
            if key.startswith(f"{head}/") and parent.endswith(f"/{kind}"):
                yield resource


def exchanges(name: str) -> list[dict[str, Any]]:
    """A recording, in the recorder's order."""
    loaded: list[dict[str, Any]] = json.loads((SAMPLES / f"{name}.json").read_text())
    return loaded


def resources(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a recording's reads gave: in lists, and alone; the last reading of each resource, by its id."""
    listed: dict[str, Any] = {}
    single: dict[str, Any] = {}
    for exchange in exchanges(name):
        answer = exchange["response"]
        if exchange["method"] != "GET" or exchange["status"] != 200:
            continue
        if isinstance(answer.get("value"), list):
            listed |= {found["id"].lower(): found for found in answer["value"]}
        elif answer.get("id"):
            single[answer["id"].lower()] = answer
    return listed, single


def vault_of(*known: dict[str, Any]) -> Target:
    """The vault of a recording."""
    vaults = {key for each in known for key in each if key.rpartition("/")[0].endswith("/vaults")}
    assert len(vaults) == 1
    return Target(role=ROLE, endpoint=vaults.pop())


def facts(name: str) -> list[Fact]:
    """Everything that the collectors find in a recording; some of what they ask was not recorded."""
    listed, single = resources(name)
    target = vault_of(listed, single)
    ask = Answers(listed, single, target.endpoint)
    found: list[Fact] = []
    for collector in COLLECTORS:
        with suppress(LookupError):
            found.extend(collector.read(ask, target))
    return found


def only(found: list[Fact], kind: type[F]) -> list[F]:
    """Facts of one kind."""
    return [fact for fact in found if isinstance(fact, kind)]
