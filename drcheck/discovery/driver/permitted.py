"""Is what a source asks Azure what it declared? Nothing else is sent, so that the declared list is complete."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from drcheck.discovery import ArmAsk, ArmCollector
from drcheck.errors import DrcheckError
from drcheck.topology.base import Seen, Target

T = TypeVar("T")


class UndeclaredRead(DrcheckError):
    """A source asked for a path that it has not declared."""

    cause = "internal"

    def __init__(self, path: str, api_version: str, kind: str) -> None:
        text = f"GET {path} (API version {api_version}) is not among the reads that are declared for {kind}"
        super().__init__(f"{text}; please report this as a bug")


class PermittedArm:
    """An ``ArmAsk`` that sends only what a collector has declared.

    Args:
        ask: sends.
        collector: whose declaration counts.
        target: whose id the declared templates stand for.
    """

    def __init__(self, ask: ArmAsk, collector: ArmCollector, target: Target) -> None:
        self._ask = ask
        self._collector = collector
        self._target = target

    def every(self, path: str, api_version: str, of: type[T]) -> Iterator[T]:
        """Every element of a list, page by page."""
        return self._ask.every(self._checked(path, api_version), api_version, of)

    def one(self, path: str, api_version: str, of: type[T]) -> T:
        """One resource."""
        return self._ask.one(self._checked(path, api_version), api_version, of)

    def each(self, paths: Iterable[str], api_version: str, of: type[T]) -> Iterator[T]:
        """One resource per path."""
        return self._ask.each((self._checked(path, api_version) for path in paths), api_version, of)

    def seen(self, path: str) -> Seen:
        """Provenance for facts made of that path's answer."""
        return self._ask.seen(path)

    def _checked(self, path: str, api_version: str) -> str:
        if not any(read.covers(path, api_version, self._target.endpoint) for read in self._collector.reads):
            raise UndeclaredRead(path, api_version, self._collector.kind.__name__)
        return path
