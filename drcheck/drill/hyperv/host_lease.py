"""Who may drill a replica on this host? A file there, created exclusively, beside the copies of the journals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drcheck.drill.holder import holder
from drcheck.drill.hyperv.far_side import Windows
from drcheck.drill.lease import HeldLease, Remains, require_abandoned


@dataclass(frozen=True, kw_only=True)
class HostLease:
    """The lease of one replica."""

    windows: Windows
    vm_id: str
    name: str
    """Of the machine, for people."""
    now: Callable[[], datetime]

    def take(self, drill: str, expires: datetime, remains: Remains) -> None:
        """Take it, or take it over.

        Args:
            drill: who wants it.
            expires: when somebody else may ask whether this drill is dead.
            remains: tells what of another drill is still there.

        Raises:
            LeaseHeld: another drill holds it.
        """
        other = self._ask(drill, expires)
        if other is None:
            return
        self._require_abandoned(other, remains)
        self.windows.act("journal.fence", drill=other.drill)
        # Again: only now can the old drill not begin anything any more.
        self._require_abandoned(other, remains)
        still = self._ask(drill, expires, over=other.drill)
        if still is not None:
            raise still.refusal(self.name)

    def release(self, drill: str) -> None:
        """Delete the file if it is this drill's."""
        self.windows.act("lease.release", vm_id=self.vm_id, drill=drill)

    def mirror(self, drill: str) -> Callable[[str], None]:
        """Copies each journal line next to it."""

        def copy(line: str) -> None:
            self.windows.act("journal.mirror", drill=drill, line=line)

        return copy

    def _ask(self, drill: str, expires: datetime, **over: str) -> HeldLease | None:
        """The lease that is in the way; ``None`` when ours is there now."""
        until = expires.astimezone(UTC).isoformat()
        rows = self.windows.act("lease.take", vm_id=self.vm_id, holder=holder(), drill=drill, expires=until, **over)
        answer: Mapping[str, Any] = rows[0] if rows else {}
        if answer.get("taken"):
            return None
        return HeldLease(**{name: str(answer[name]) for name in ("drill", "holder", "expires") if answer.get(name)})

    def _require_abandoned(self, other: HeldLease, remains: Remains) -> None:
        def journal() -> list[str]:
            return [str(row["line"]) for row in self.windows.act("journal.read", drill=other.drill)]

        require_abandoned(other, self.name, self.now(), journal, remains)
