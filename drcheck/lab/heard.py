"""What was the lab ever asked? Kept small: what differs from one object to the next is left out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

OWN = frozenset({"id", "pipe", "keep", "limit", "where"})
"""Of a query: how it is wired to others, not what it reads."""


@dataclass(kw_only=True)
class Heard:
    """Every kind of question and of order, once."""

    queries: set[str] = field(default_factory=set)
    """Queries of the collector as JSON, without their ids."""
    verbs: set[str] = field(default_factory=set)
    """Verbs of the drill script."""
    calls: set[tuple[str, str, str]] = field(default_factory=set)
    """ARM: method, path in lower case with ``*`` for every name, and API version."""
    orders: list[tuple[str, str]] = field(default_factory=list)
    """Everything that was to change something, in order: host and verb, or method and path as it was sent."""
    blobs: set[tuple[str, str, str]] = field(default_factory=set)
    """Blob Storage: method, ``comp``, and the folder of the blob's name, empty where a list was asked for."""
    requests: int = 0
    """How much was asked and ordered in all: queries, verbs and ARM calls."""

    def verb(self, host: str, name: str) -> None:
        """Note a verb of the drill script."""
        self.requests += 1
        self.verbs.add(name)
        self.orders.append((host, name))

    def query(self, query: Mapping[str, object]) -> None:
        """Note a query."""
        self.requests += 1
        self.queries.add(json.dumps({name: value for name, value in query.items() if name not in OWN}, sort_keys=True))

    def call(self, method: str, path: str, version: str) -> None:
        """Note an ARM call."""
        self.requests += 1
        self.calls.add((method, nameless(path), version))

    def blob(self, method: str, comp: str, name: str) -> None:
        """Note a call to Blob Storage."""
        self.blobs.add((method, comp, name.partition("/")[0]))


def nameless(path: str) -> str:
    """An ARM path in lower case with ``*`` for every name: type and name take turns, anew after each provider."""
    shaped: list[str] = []
    name_next = False
    for part in path.strip("/").lower().split("/"):
        namespace = shaped[-1:] == ["providers"]
        shaped.append("*" if name_next else part)
        name_next = not (name_next or namespace or part == "providers")
    return "/" + "/".join(shaped)
