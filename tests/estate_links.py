"""Builders of what was declared about the ways between sites."""

from collections.abc import Iterable
from typing import Any

from drcheck.topology.base import Fact
from drcheck.topology.links import SiteLink
from tests.estates import seen

LINK = "leeds<>london"


def link(first: str = "leeds", second: str = "london", **fields: Any) -> SiteLink:
    given: dict[str, Any] = {"mbps": 100.0}
    return SiteLink(
        key=f"{first}<>{second}", seen=seen("estate"), name=f"{first} - {second}", sites=(first, second),
        **(given | fields),
    )  # fmt: skip


def link_facts() -> Iterable[Fact]:
    yield link()
