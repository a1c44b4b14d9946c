"""What do a site's own DNS servers answer about the names that a recovery needs?

Each target is one question: ``<observer>><server>/<name>``. The server is asked and nobody else is; a name that it
does not know, and a server that keeps silent, are facts.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from drcheck.discovery import WindowsAsk, WindowsCollector
from drcheck.query import Resolve, WindowsQuery
from drcheck.topology.base import Target
from drcheck.topology.network import NameAnswer

ROLE = "dns"

QUESTION = Resolve(id="dns", name="<name>", server="<server>")


def about(query: WindowsQuery, target: Target) -> WindowsQuery:
    """The question that a target names."""
    _, server, name = _parts(target)
    return replace(query, id=f"{query.id} {target.endpoint}", name=name, server=server)


def answers(ask: WindowsAsk, target: Target) -> Iterator[NameAnswer]:
    """What the server said."""
    observer, server, name = _parts(target)
    for row in ask.rows(QUESTION):
        yield NameAnswer(
            key=target.endpoint,
            seen=ask.seen(QUESTION),
            host=observer,
            server=server,
            name=name,
            outcome=row.text("Outcome"),
            addresses=tuple(row.texts("Addresses")),
            aliases=tuple(row.texts("Aliases")),
            ttl_seconds=row.integer_or_none("TtlSeconds"),
            milliseconds=row.integer_or_none("Milliseconds"),
        )


def _parts(target: Target) -> tuple[str, str, str]:
    observer, _, rest = target.endpoint.partition(">")
    server, _, name = rest.partition("/")
    return observer, server, name


COLLECTORS = (WindowsCollector(kind=NameAnswer, queries=(QUESTION,), read=answers, fill=about),)
