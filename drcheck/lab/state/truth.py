"""What really happened in the lab: the logbook that measurements are held against. drcheck itself never opens it."""

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Literal, TypedDict, Unpack

Platform = Literal["hyperv", "azure"]

_TIMES = ("recovery_point", "created", "started", "heartbeat_at", "services_at", "removed")


class Changes(TypedDict, total=False):
    """What may become known about a test VM after its creation; moments are POSIX seconds (UTC)."""

    name: str
    recovery_point: float | None
    started: float | None
    heartbeat_at: float | None
    services_at: float | None
    removed: float | None


@dataclass(frozen=True, kw_only=True)
class TestVmRecord:
    """One test VM from its creation to its removal; moments are POSIX seconds (UTC), ``None`` until they came."""

    __test__: ClassVar[bool] = False
    """Not a test class, whatever pytest makes of its name."""

    platform: Platform
    id: str
    name: str
    vm_id: str
    """The VM it is a copy of: its Hyper-V id."""
    created: float
    recovery_point: float | None = None
    """The moment whose data it holds."""
    started: float | None = None
    """Powered on."""
    heartbeat_at: float | None = None
    """Its guest system answers."""
    services_at: float | None = None
    """Its declared services run."""
    removed: float | None = None


class Truth:
    """The logbook; written to a file, atomically, on every change when a path is given."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.test_vms: dict[tuple[Platform, str], TestVmRecord] = {}
        self.real_failovers: list[str] = []
        """Ids of VMs that were failed over for real, or what comes after: a drill must never cause one."""
        self._write()

    def add(self, record: TestVmRecord) -> None:
        """Enter a test VM that was created just now."""
        self.test_vms[record.platform, record.id] = record
        self._write()

    def change(self, platform: Platform, test_vm_id: str, **changes: Unpack[Changes]) -> None:
        """Enter what became known about a test VM; ``KeyError`` when it was never added."""
        key = (platform, test_vm_id)
        self.test_vms[key] = replace(self.test_vms[key], **changes)
        self._write()

    def real_failover(self, vm_id: str) -> None:
        """Enter that a VM was failed over for real, committed, reversed, or that its protection or it itself ended."""
        self.real_failovers.append(vm_id)
        self._write()

    def as_json(self) -> dict[str, object]:
        """The whole logbook, moments as ISO 8601 UTC."""
        return {
            "schema": 1,
            "test_vms": [_render(record) for record in self.test_vms.values()],
            "real_failovers": list(self.real_failovers),
        }

    def _write(self) -> None:
        if self.path is None:
            return
        text = json.dumps(self.as_json(), indent=1) + "\n"
        scratch = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(self.path)


def _render(record: TestVmRecord) -> dict[str, object]:
    rendered = asdict(record)
    for name in _TIMES:
        if rendered[name] is not None:
            rendered[name] = datetime.fromtimestamp(rendered[name], UTC).isoformat().replace("+00:00", "Z")
    return rendered
