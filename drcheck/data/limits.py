"""What does a service or product allow at most, and says who? Dated values with their documents."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import msgspec
import yaml

_FILE = Path(__file__).with_name("limits.yaml")


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A limit, the document it was read in, and when."""

    value: int
    unit: str
    source: str
    as_of: date

    def __str__(self) -> str:
        """``100 protected items (Microsoft, "…", read 2026-11-23)``."""
        return f"{self.value} {self.unit} ({self.source}, read {self.as_of})"


@cache
def limits() -> Mapping[str, Limit]:
    """Every limit by name."""
    return msgspec.convert(yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader), dict[str, Limit])


def limit(name: str) -> Limit:
    """One limit; raises ``KeyError`` for a name that the file does not have."""
    return limits()[name]
