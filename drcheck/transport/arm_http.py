"""How is an HTTPS conversation ended when its time is over, whatever the far side is doing?"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection

from drcheck.transport.deadline import Guard
from drcheck.transport.resolving import connect_in_time


class WatchedAdapter(HTTPAdapter):
    """Keeps its connections where a guard can reach them: those that it opens, and those that it kept open.

    The time-outs of ``requests`` start anew with every byte, so an endpoint that drips its handshake or its headers
    would hold us for ever. The body is bounded where it is read.
    """

    def __init__(self) -> None:
        self._guard: Guard | None = None
        self._connections: WeakSet[HTTPSConnection] = WeakSet()
        super().__init__(max_retries=0)

    @contextmanager
    def within(self, guard: Guard) -> Iterator[None]:
        """Let the guard end whatever connection is used meanwhile."""
        for connection in self._connections:
            if connection.sock is not None and connection.sock.fileno() >= 0:
                # A TLS socket cannot be duplicated; its descriptor can.
                with socket.socket(fileno=os.dup(connection.sock.fileno())) as plain:
                    guard.watch(plain)
        self._guard = guard
        try:
            yield
        finally:
            self._guard = None

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools()

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Make the pools of connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **options)
        # A new mapping: urllib3 gives every manager of the process the same one.
        manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, **self._pools()}
        return manager

    def _pools(self) -> dict[str, Any]:
        opened = self._opened

        class Watched(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                plain = connect_in_time(self, super()._new_conn)
                opened(self, plain)
                return plain

        class Pool(HTTPSConnectionPool):
            ConnectionCls = Watched

        return {"https": Pool}

    def _opened(self, connection: HTTPSConnection, plain: socket.socket) -> None:
        """Note a connection before TLS begins, so that its handshake is bounded too."""
        self._connections.add(connection)
        if self._guard is not None:
            self._guard.watch(plain)
