"""Which probes are green inside a machine of a Hyper-V host? Asked over PowerShell Direct, which needs no network.

One conversation per machine: the host asks all probes of it side by side and tells every change as it happens.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drcheck.drill.guest.asked import PATIENCE_SECONDS, arguments, refuted
from drcheck.drill.guest.scripts import Told, encoded, told
from drcheck.drill.hyperv.far_side import Watched, Windows
from drcheck.drill.timing.measurement import Moment
from drcheck.drill.timing.waiting import attended
from drcheck.errors import DrillError
from drcheck.estate import Estate, ProbeSpec
from drcheck.estate.model import Credential

EVER = datetime.min.replace(tzinfo=UTC)
"""Production has been up for as long as anybody can tell."""
TEST_VM, PRODUCTION = "hyperv.test-vm.probe", "hyperv.vm.probe"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What became of one probe. ``green`` is ``None`` while it is red; ``told`` is the guest's newest answer."""

    green: Moment | None
    detail: str
    looks: int = 0
    told: Told | None = None


@dataclass(frozen=True, kw_only=True)
class Direct:
    """The guests of one host.

    Args:
        windows: the host.
        estate: holds the credential of the guests.
        wait: a drill's pause, which may end it.
    """

    windows: Windows
    estate: Estate
    wait: Callable[[float], None]

    def ask(self, test_vm: str, probes: Sequence[ProbeSpec], *, seconds: float, floor: datetime) -> tuple[Seen, ...]:
        """Ask a test VM until every probe is green or out of time.

        Args:
            test_vm: its VM id.
            probes: what is asked; the results are in this order.
            seconds: how long, for those that do not say it themselves.
            floor: on our clock; none was green before.

        Raises:
            DrillError: the estate has no credential for guests.
        """
        return self._ask({"test_vm_id": test_vm}, TEST_VM, probes, seconds=seconds, floor=floor)

    def ask_production(
        self, vm_id: str, probes: Sequence[ProbeSpec], *, seconds: float, scripts: bool
    ) -> tuple[Seen, ...]:
        """Ask a running machine, which is no copy, the same; ``scripts`` lets the user's own scripts run in it.

        Raises:
            DrillError: the estate has no credential for guests.
        """
        target = {"vm_id": vm_id, "scripts": scripts}
        return self._ask(target, PRODUCTION, probes, seconds=seconds, floor=EVER)

    def _ask(
        self, target: Mapping[str, object], verb: str, probes: Sequence[ProbeSpec], *, seconds: float, floor: datetime
    ) -> tuple[Seen, ...]:
        if not probes:
            return ()
        guest = self._credential
        asked = [_asked(probe, str(at), seconds) for at, probe in enumerate(probes)]
        longest = max(float(str(one["seconds"])) for one in asked)
        events = attended(
            self.wait,
            lambda: self.windows.watch(
                verb,
                seconds=longest,
                user=guest.username,
                password=guest.password.reveal(),
                probes=asked,
                **target,
            ),
        )
        return tuple(_seen(events, probe, str(at), floor) for at, probe in enumerate(probes))

    @property
    def _credential(self) -> Credential:
        if self.estate.guest_credentials is None:
            raise DrillError("estate.yaml gives no windows.guest_credentials for PowerShell Direct")
        return self.estate.guest_credentials


def _asked(probe: ProbeSpec, identifier: str, seconds: float) -> dict[str, object]:
    return {
        "id": identifier,
        "kind": probe.kind,
        "given": encoded(arguments(probe, identifier)),
        "seconds": probe.seconds or seconds,
        "attempts": probe.attempts or 0,
        "patience": min(PATIENCE_SECONDS, probe.seconds or seconds),
    }


def _seen(events: Watched, probe: ProbeSpec, identifier: str, floor: datetime) -> Seen:
    rows: list[Mapping[str, Any]] = [row for row in events.rows if row.get("id") == identifier]
    own = Watched(rows=rows, offset=events.offset, uncertainty=events.uncertainty)
    last = rows[-1] if rows else {}
    answer = told(str(last.get("line") or "")).get(identifier)
    green, looks = own.turned(lambda row: bool(row.get("ok")), floor), int(last.get("looks", 0))
    doubt = refuted(probe, answer, green.by, floor) if green is not None else ""
    if doubt:
        return Seen(green=None, detail=doubt, looks=looks, told=answer)
    return Seen(green=green, detail=own.last("seen"), looks=looks, told=answer)
