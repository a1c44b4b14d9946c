"""When may the lease of another drill be taken over? When it is over, and what its drill may have left is proven gone.

A drill that dies leaves its lease. The expiry in it only says when somebody may ask: the copy of that drill's journal
tells what it may have begun, and the estate tells whether anything of it is still there. Doubt leaves the lease alone.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from drcheck.drill.journal import Record
from drcheck.errors import DrcheckError, DrillError, LeaseHeld
from drcheck.topology.base import Unknown
from drcheck.transport.decoding import decoder

CLOCKS = timedelta(minutes=5)
"""How much later than its expiry a lease is over: the clocks of two machines that hold drills differ."""
QUIET = timedelta(minutes=15)
"""A drill that has written its journal since is alive, or has just sent what is not to be seen yet."""
FENCED = "fenced"
"""Event of the line that ends a journal's copy: who takes a lease over writes it, and the old drill stops at it."""

Remains = Callable[[tuple[Record, ...]], str]
"""What is still there of a drill whose journal these are; empty when it is proven that nothing is."""


class HeldLease(Struct, frozen=True, kw_only=True):
    """A lease as its holder wrote it."""

    drill: str = "?"
    holder: str = "somebody"
    expires: str = "?"

    def refusal(self, name: str, why: str = "") -> LeaseHeld:
        """The error for who wants the lease of a machine of that name."""
        return LeaseHeld(
            f"{name} is drilled by {self.holder} (drill {self.drill}, until {self.expires}){why}. "
            "Wait, or run `drcheck drill recover` with that drill's journal."
        )

    def over(self, now: datetime) -> bool:
        """Has it expired, by any clock? One whose expiry cannot be read never does."""
        try:
            return now > datetime.fromisoformat(self.expires) + CLOCKS
        except (ValueError, TypeError):
            return False


def require_abandoned(
    lease: HeldLease, name: str, now: datetime, journal: Callable[[], Sequence[str]], remains: Remains
) -> None:
    """Return if a lease may be taken over.

    Args:
        lease: another drill's.
        name: of the machine that it is for.
        now: the time, UTC.
        journal: gives the copy of that drill's journal, line by line; none were copied when it died before it began
            anything, as every step is copied before its effect.
        remains: looks at what is there.

    Raises:
        LeaseHeld: it may not, and why.
    """
    if not lease.over(now):
        raise lease.refusal(name)
    try:
        records = records_of(journal())
        left = _alive(records, now) or remains(records)
    except (DrcheckError, Unknown) as doubt:
        raise lease.refusal(name, f"; it has expired, and what it may have left cannot be told: {doubt}") from doubt
    if left:
        raise lease.refusal(name, f"; it has expired, but {left}")


def _alive(records: Sequence[Record], now: datetime) -> str:
    """Why a drill is not dead, by what it wrote last; empty when it is."""
    try:
        written = [datetime.fromisoformat(record.at).astimezone(UTC) for record in records if record.event != FENCED]
    except ValueError:
        return "its journal does not tell when it was written to"
    return f"its journal was written to at {max(written).isoformat()}" if written and now - max(written) < QUIET else ""


def records_of(lines: Sequence[str]) -> tuple[Record, ...]:
    """The records of a journal's copy.

    Raises:
        DrillError: a line cannot be read.
    """
    try:
        return tuple(decoder(Record).decode(line) for line in lines)
    except ValueError as error:
        raise DrillError(f"the copy of its journal is damaged: {error}") from error
