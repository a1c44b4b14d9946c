"""Builders of what the people of the small healthy estate have prepared."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from drcheck.topology.base import Fact
from drcheck.topology.prepared import DataFile
from tests.estates import seen


def data_file(name: str = "limits.yaml", **fields: Any) -> DataFile:
    given: dict[str, Any] = {"values": 7, "oldest": "recovery-plan.groups", "as_of": date(2026, 11, 1)}
    return DataFile(key=name, seen=seen("estate"), name=name, **(given | fields))


def prepared_facts() -> Iterable[Fact]:
    yield data_file()
    yield data_file("lifecycle.yaml")
