"""What is on a host, whichever way its name is written?"""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from drcheck.topology.base import same_host

T = TypeVar("T")


class ByHost(Generic[T]):
    """Things by the host that each one names: finds what ``same_host`` would, without comparing every pair.

    Args:
        things: what is looked for.
        host: tells the name of the host that something is on.
    """

    def __init__(self, things: Iterable[T], host: Callable[[T], str]) -> None:
        self._host = host
        self._known: dict[str, list[T]] = {}
        for one in things:
            self._known.setdefault(_label(host(one)), []).append(one)

    def on(self, host: str) -> list[T]:
        """What is on this host, in order."""
        return [one for one in self._known.get(_label(host), ()) if same_host(self._host(one), host)]


def _label(host: str) -> str:
    """What names of one host have in common."""
    return host.lower().partition(".")[0]
