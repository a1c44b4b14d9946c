"""What does a source ask Azure Resource Manager with? Lists and resources of one target, several at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from queue import SimpleQueue
from typing import Self, TypeVar

from drcheck.topology.base import Clock, Seen, Target
from drcheck.transport.arm import ArmClient

T = TypeVar("T")

AT_A_TIME = 8
"""Resources of one target that are read side by side."""


class AskArm:
    """An ``ArmAsk`` bound to one target, so that facts say where they come from.

    Args:
        client: asks.
        target: the vault or subscription; its endpoint goes into every fact's provenance.
        source: the name of the source module.
        now: the time in UTC.
        team: more clients, for reading side by side; without it one resource follows the other.
    """

    def __init__(
        self,
        client: ArmClient,
        target: Target,
        source: str,
        now: Callable[[], datetime],
        team: "Team | None" = None,
    ) -> None:
        self._client = client
        self._target = target
        self._source = source
        self._now = now
        self._team = team
        self._told: tuple[str, Seen] | None = None

    @property
    def clock(self) -> Clock | None:
        """Azure's clock against ours, if the client was given ours."""
        return self._client.clock

    def every(self, path: str, api_version: str, of: type[T]) -> Iterator[T]:
        """Every element of a list, page by page."""
        return self._client.every(path, api_version, of)

    def one(self, path: str, api_version: str, of: type[T]) -> T:
        """One resource."""
        return self._client.one(path, api_version, of)

    def each(self, paths: Iterable[str], api_version: str, of: type[T]) -> Iterator[T]:
        """One resource per path, in the order of the paths; a few are read side by side."""
        if self._team is None:
            return (self.one(path, api_version, of) for path in paths)
        return self._team.each(paths, lambda client, path: client.one(path, api_version, of))

    def seen(self, path: str) -> Seen:
        """Provenance for facts made of that path's answer: of a list's elements, when the first was told."""
        if self._told is None or self._told[0] != path:
            seen = Seen(source=self._source, endpoint=self._target.endpoint, query=f"GET {path}", at=self._now())
            self._told = (path, seen)
        return self._told[1]


class Team:
    """Threads with a client each, for one visit; nothing is started before it is needed.

    Args:
        hire: makes one more client.
    """

    def __init__(self, hire: Callable[[], ArmClient]) -> None:
        self._hire = hire
        self._idle: SimpleQueue[ArmClient] = SimpleQueue()
        self._hired = ExitStack()
        self._pool: ThreadPoolExecutor | None = None

    def each(self, paths: Iterable[str], read: Callable[[ArmClient, str], T]) -> Iterator[T]:
        """What is read at each path, in their order; no more than a few are ahead of who takes them."""
        pool = self._begin()
        ahead: deque[Future[T]] = deque()
        try:
            for path in paths:
                ahead.append(pool.submit(self._read, read, path))
                if len(ahead) >= 2 * AT_A_TIME:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            # After a failure nobody wants the others.
            for future in ahead:
                future.cancel()

    def __enter__(self) -> Self:
        """The team itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let it go."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._hired.close()

    def _begin(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="arm")
            for _ in range(AT_A_TIME):
                self._idle.put(self._hired.enter_context(self._hire()))
        return self._pool

    def _read(self, read: Callable[[ArmClient, str], T], path: str) -> T:
        client = self._idle.get()
        try:
            return read(client, path)
        finally:
            self._idle.put(client)
