"""How long may a conversation with one endpoint take in all, whatever the endpoint does?"""

import socket
import threading
import time
from types import TracebackType
from typing import Self

EARLY = 0.01
"""Seconds by which a timer may be early."""


class Guard:
    """Ends every connection it watches when its time is over.

    Time-outs of a socket count from byte to byte, so an endpoint that sends one byte a second is never late by them.
    The guard shuts the connection down from a thread of its own, which ends a blocked handshake, header or body alike.

    Args:
        seconds: from now on.
    """

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []
        self._timer: threading.Timer | None = None
        self._ends = 0.0
        self._counted_anew = False
        self.seconds = seconds
        self.expired = False
        """Whether the time was over before it was counted anew."""
        self._start(seconds)

    @property
    def remaining(self) -> float:
        """Seconds that are left."""
        return max(0.0, self._ends - time.monotonic())

    def restart(self, seconds: float) -> None:
        """Count anew, to leave the endpoint in order; ``expired`` stays what it was."""
        self._counted_anew = True
        self._start(seconds)

    def watch(self, connection: socket.socket) -> None:
        """Watch a connection. A duplicate of its descriptor is kept: TLS wraps the socket into another object."""
        with self._lock:
            self._watched.append(connection.dup())
        if not self.remaining:
            self._expire()

    def close(self) -> None:
        """End the conversation: nothing that was watched stays open, whoever still holds it (a traceback, mostly)."""
        with self._lock:
            for connection in self._watched:
                _shut(connection)
        self.release()

    def release(self) -> None:
        """Stop watching and leave the connections open, for the next question."""
        with self._lock:
            self._stop()
            for connection in self._watched:
                connection.close()
            self._watched = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, seconds: float) -> None:
        with self._lock:
            self._stop()
            self._ends = time.monotonic() + seconds
            self._timer = threading.Timer(seconds, self._expire)
            self._timer.daemon = True
            self._timer.start()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _expire(self) -> None:
        with self._lock:
            if time.monotonic() < self._ends - EARLY:
                # A timer that was cancelled too late: the time was counted anew meanwhile.
                return
            self.expired = self.expired or not self._counted_anew
            for connection in self._watched:
                _shut(connection)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # Already gone: the far side was quicker.
        return
