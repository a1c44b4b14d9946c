"""What can a site's own machines connect to, and what does a TLS server there present?

Each target is one attempt: ``<observer>><host>:<port>``, with ``/tls`` for an https:// address. A closed port is a
fact; a gap means that the observer could not be asked.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from drcheck.discovery import WindowsAsk, WindowsCollector
from drcheck.query import Probe, WindowsQuery
from drcheck.topology.base import Target
from drcheck.topology.network import Connection

ROLE = "reach"

ATTEMPT = Probe(id="reach", host="<host>", port=443, tls=True)


def towards(query: WindowsQuery, target: Target) -> WindowsQuery:
    """The attempt that a target names."""
    _, host, port, tls = _parts(target)
    return replace(query, id=f"{query.id} {target.endpoint}", host=host, port=port, tls=tls)


def connections(ask: WindowsAsk, target: Target) -> Iterator[Connection]:
    """How the attempt ended."""
    observer, to, port, tls = _parts(target)
    for row in ask.rows(ATTEMPT):
        spoke = tls and row.text_or_none("TlsOutcome") == "ok"
        yield Connection(
            key=target.endpoint,
            seen=ask.seen(ATTEMPT),
            host=observer,
            to=to,
            port=port,
            outcome=row.text("Outcome"),
            address=row.text_or_none("Address") or "",
            detail=row.text_or_none("Detail") or "",
            milliseconds=row.integer_or_none("Milliseconds"),
            tls_outcome=row.text_or_none("TlsOutcome") if tls else None,
            tls_protocol=row.text("TlsProtocol") if spoke else "",
            tls_subject=row.text("TlsSubject") if spoke else "",
            tls_issuer=row.text("TlsIssuer") if spoke else "",
            tls_expires=row.when_or_none("TlsNotAfter") if spoke else None,
            tls_thumbprint=row.text("TlsThumbprint") if spoke else "",
            tls_names=tuple(row.texts("TlsDnsNames")) if spoke else (),
            tls_errors=tuple(row.texts("TlsErrors")) if spoke else (),
        )


def _parts(target: Target) -> tuple[str, str, int, bool]:
    observer, _, rest = target.endpoint.partition(">")
    place, _, tls = rest.partition("/")
    host, _, port = place.rpartition(":")
    return observer, host, int(port), tls == "tls"


COLLECTORS = (WindowsCollector(kind=Connection, queries=(ATTEMPT,), read=connections, fill=towards),)
