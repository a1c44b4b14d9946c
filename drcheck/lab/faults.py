"""Which calls go wrong, and how? Faults that a test or a scenario injects into the lab's answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from drcheck.lab.chance import Chance

BEFORE = ("reset", "hang", "garbage", "html", "empty")
"""The call has no effect: the connection is reset, no answer ever comes, or the answer is not the protocol (bytes that
are no HTTP, a web page, nothing). So it is with a number (an HTTP status) and ``fault:<number>`` (a SOAP fault)."""

AFTER = ("lose", "truncate", "drip", "late")
"""The call has its effect, and then the answer is lost with the connection, cut in the middle, sent one byte per
``seconds``, or held back for ``seconds``."""

AT_RANDOM = ("reset", "hang", "garbage", "html", "empty", "500", "503", "lose", "truncate", "late")
"""What meets a call that goes wrong by chance."""

ON_LISTENING = ("refuse", "silent", "plain", "wrong-name", "expired", "expiring", "untrusted")
"""Faults of the listening socket, fixed when the lab starts: nothing listens; a connection is taken and not one byte
ever sent; TLS is not spoken; the certificate is for another name, out of date, so soon, or of another authority."""


@dataclass(kw_only=True)
class Fault:
    """One way in which calls go wrong.

    Without an ``operation`` it meets every HTTP request, sign-in legs included; with one, signed-in calls only.
    """

    kind: str
    """A member of ``BEFORE`` or ``AFTER``, an HTTP status, or ``fault:<number>``."""
    host: str = "*"
    """FQDN, or a shell pattern of it."""
    operation: str = ""
    """``Create``, ``Command``, ``Send``, ``Receive``, ``Signal`` or ``Delete``; empty for any request."""
    about: str = ""
    """Text that must occur in the command's line or stdin, as far as it was sent before this call is answered."""
    nth: int = 1
    """The first matching call that is hit, from 1."""
    times: int | None = None
    """How many calls are hit; ``None``: all from the ``nth`` on."""
    seconds: float = 1.0
    """For ``drip`` and ``late``."""
    seen: int = 0
    """Matching calls so far."""

    def __post_init__(self) -> None:
        """Refuse a kind that would silently do nothing."""
        if self.kind not in (*BEFORE, *AFTER) and not self.kind.removeprefix("fault:").isdigit():
            raise ValueError(f"no such fault: {self.kind!r}")

    @property
    def after(self) -> bool:
        """Whether the call has its effect."""
        return self.kind in AFTER

    def hits(self, host: str, operation: str, about: Callable[[], str]) -> bool:
        """Count a call if it matches, and tell whether this one is hit."""
        if operation != self.operation or not fnmatchcase(host, self.host):
            return False
        if self.about and self.about not in about():
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)


class Faults:
    """Every fault that is injected at the moment; safe to change while the lab runs."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults = list(faults)
        self.chance = Chance()
        """What goes wrong besides; of the signed-in calls only, so that each is one operation."""

    def add(self, fault: Fault) -> Fault:
        """Inject a fault from now on; returns it, so that ``seen`` can be read and ``remove`` called."""
        self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Stop injecting a fault."""
        self._faults.remove(fault)

    def clear(self) -> None:
        """Stop injecting all of them."""
        self._faults.clear()

    def pick(self, host: str, operation: str = "", about: Callable[[], str] = str) -> Fault | None:
        """The fault that meets this call; every matching fault counts it, the first one that hits wins.

        Args:
            host: FQDN of the host that is called.
            operation: the operation, or empty while it is not known who calls.
            about: gives what the command was told so far; only asked when a fault wants to know.
        """
        hits = [fault for fault in self._faults if fault.hits(host, operation, about)]
        if hits:
            return hits[0]
        kind = self.chance.draw(AT_RANDOM, host, operation) if operation else ""
        return Fault(kind=kind) if kind else None
