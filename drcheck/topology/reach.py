"""Which attempts to reach a port were made, from where, and which of them were not told?"""

from drcheck.topology.base import Topology, same_host
from drcheck.topology.network import Connection


def attempts(topology: Topology, host: str, *ports: int) -> tuple[Connection, ...]:
    """Every attempt that was seen to connect to one of a machine's ports; a short name is the full one's."""
    return tuple(one for one in topology.seen(Connection) if one.port in ports and same_host(one.to, host))


def planned(topology: Topology, host: str, *ports: int) -> list[str]:
    """Scopes of every such attempt that is planned, made or not."""
    ends = {str(port) for port in ports}
    found = []
    for target in topology.targets:
        if target.role == Connection.ROLE and ">" in target.endpoint:
            name, _, port = target.endpoint.partition(">")[2].partition("/")[0].rpartition(":")
            if port in ends and same_host(name, host):
                found.append(target.scope)
    return found
