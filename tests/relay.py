"""Somebody on the way: a relay that sees every byte between a client and a server, and may open TLS to do so."""

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PIECE = 65536


class Relay:
    """Hands every connection on to a server.

    Args:
        server: its address and port.
        inside: how TLS is spoken with the clients, ``None`` for bytes as they are.
        outside: how TLS is spoken with the server, ``None`` for bytes as they are.
    """

    def __init__(
        self, server: tuple[str, int], *, inside: ssl.SSLContext | None = None, outside: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._inside = inside
        self._outside = outside
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.seen = bytearray()
        """Everything that went by, in both directions."""
        self.connections = 0

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def run(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def hang_up(self) -> None:
        """End every connection, as a server does that has waited long enough for another word."""
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        for one in self._open:
            one.close()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, ValueError):  # the latter: closed by whoever ended the relay, just before a look at it
            near = self._inside.wrap_socket(client, server_side=True) if self._inside else client
            plain = socket.create_connection(self._server)
            far = self._outside.wrap_socket(plain, server_hostname=self._server[0]) if self._outside else plain
            self._open += [near, far]
            self._pump({near: far, far: near})

    def _pump(self, other: dict[socket.socket, socket.socket]) -> None:
        """Until one of them ends. In one thread: TLS of a connection is not for two at a time."""
        while True:
            waiting = [one for one in other if isinstance(one, ssl.SSLSocket) and one.pending()]
            for source in waiting or select.select(list(other), [], [])[0]:
                source.setblocking(False)
                try:
                    piece = source.recv(_PIECE)
                except (ssl.SSLWantReadError, BlockingIOError):
                    continue  # TLS had something to say to us alone
                finally:
                    source.setblocking(True)
                if not piece:
                    for one in other:
                        one.shutdown(socket.SHUT_RDWR)
                    return
                self.seen += piece
                other[source].sendall(piece)


@contextmanager
def relaying(
    server: tuple[str, int], *, inside: ssl.SSLContext | None = None, outside: ssl.SSLContext | None = None
) -> Iterator[Relay]:
    """A relay, running."""
    relay = Relay(server, inside=inside, outside=outside)
    thread = threading.Thread(target=relay.run, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.close()
        thread.join(10)
