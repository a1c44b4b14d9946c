"""Until when does its maker support a version, and says who? Dated values with their documents."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import msgspec
import yaml

_FILE = Path(__file__).with_name("lifecycle.yaml")


class Lifecycle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version's name, the last day of its support, the document that says so, and when it was read."""

    name: str
    ends: date
    source: str
    as_of: date

    def __str__(self) -> str:
        """``Windows Server 2022 until 2031-10-14 (Microsoft Lifecycle, "…", read 2026-11-23)``."""
        return f"{self.name} until {self.ends} ({self.source}, read {self.as_of})"


@cache
def lifecycles() -> Mapping[str, Lifecycle]:
    """Every known version by ``<product>.<version>``."""
    return msgspec.convert(yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader), dict[str, Lifecycle])


def lifecycle(product: str, version: str) -> Lifecycle | None:
    """That of one version; ``None`` when the file does not have it.

    Args:
        product: ``windows-server``, ``sql-server``, ``vmm``, ``powershell`` or ``python``.
        version: the build of Windows, the major version of SQL Server, ``major.minor`` of the others.
    """
    return lifecycles().get(f"{product}.{version}")
