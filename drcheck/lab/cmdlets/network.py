"""What does a machine of the estate see of others: open ports, certificates behind them, answers of DNS servers?"""

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from drcheck.lab.cmdlets.objects import CmdletError, Session, moment, same_name
from drcheck.lab.state.access_points import registered
from drcheck.lab.state.directory import DomainController, address_of
from drcheck.lab.state.world import Host, World

EVERYWHERE = frozenset({135, 445, 3389, 5985, 5986})
PORTS: Mapping[str, frozenset[int]] = {
    "vmm": frozenset({8100, 8101, 8102}),
    "hyperv": frozenset({80, 443, 6600}),
    "cluster": frozenset({3343}),
    "sql": frozenset({1433, 5022}),
    "identity": frozenset({53, 88, 389, 464, 636, 3268, 3269}),
}
"""Where machines of a role listen."""
TLS = frozenset({443, 636, 3269, 5986})
YEAR = 365 * 86400.0
DEAD = ("refuse", "hang", "reset")
"""Faults of a host that its neighbours notice as well."""


def probe(session: Session, query: Mapping[str, Any]) -> dict[str, object]:
    """The one row of a probe."""
    name, port = str(query["host"]).lower(), int(query["port"])
    outcome = session.world.paths.ports.get((session.host.name, name, port)) or _outcome(session.world, name, port)
    known = outcome != "name-not-resolved"
    row: dict[str, object] = {
        "Outcome": outcome,
        "Address": next(iter(registered(session.world, name)), address_of(name)) if known else None,
        "Milliseconds": (5000 if outcome == "timed-out" else 3) if known else None,
        "Detail": DETAILS.get(outcome),
    }
    return row | _tls(session, name, port, outcome) if query["tls"] else row


DETAILS = {
    "refused": "ConnectionRefused",
    "timed-out": "TimedOut",
    "unreachable": "HostUnreachable",
    "name-not-resolved": "HostNotFound",
}


def _outcome(world: World, name: str, port: int) -> str:
    if name in world.paths.outside:
        return "open" if port == 443 else "timed-out"
    host = machine_behind(world, name)
    if host is None:
        return "timed-out" if name in _known_names(world) or _is_address(name) else "name-not-resolved"
    if not host.up or host.fault in DEAD:
        return "timed-out"
    listening = EVERYWHERE.union(*(PORTS.get(role, frozenset()) for role in host.roles))
    return "open" if port in listening else "refused"


def _is_address(name: str) -> bool:
    """Is it one that nobody in production has? What lies in drill networks is out of reach."""
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


def _tls(session: Session, name: str, port: int, outcome: str) -> dict[str, object]:
    if outcome != "open":
        return {"TlsOutcome": None}
    if port not in TLS:
        return {"TlsOutcome": "failed", "Detail": "The handshake failed due to an unexpected packet format."}
    expires: datetime = moment(session.clock.now() + YEAR)
    return {
        "TlsOutcome": "ok",
        "TlsProtocol": "Tls12",
        "TlsSubject": f"CN={name}",
        "TlsIssuer": "CN=Lab Issuing CA",
        "TlsNotAfter": f"{expires:%Y-%m-%dT%H:%M:%S.%f}0Z",
        "TlsThumbprint": address_of(name).encode().hex().upper().ljust(40, "0")[:40],
        "TlsDnsNames": [name],
        "TlsErrors": [],
    }


def resolve(session: Session, query: Mapping[str, Any]) -> dict[str, object]:
    """The one row of a question to a DNS server."""
    name, server = str(query["name"]).lower(), str(query["server"]).lower()
    outcome = session.world.paths.names.get((server, name)) or _answer(session.world, server, name)
    found = outcome == "answered"
    return {
        "Outcome": outcome,
        "Addresses": (registered(session.world, name) or [address_of(name)]) if found else [],
        "Aliases": [],
        "TtlSeconds": 300 if found else None,
        "Milliseconds": 2,
    }


def _answer(world: World, server: str, name: str) -> str:
    controller = next((one for one in controllers(world) if server in (one.host, one.address)), None)
    if controller is None:
        return "no-answer"
    machine = world.hosts.get(controller.host)
    if machine is not None and (not machine.up or machine.fault in DEAD):
        return "no-answer"
    return "answered" if name in _known_names(world) | world.paths.outside else "no-such-name"


def controllers(world: World) -> list[DomainController]:
    """Every domain controller."""
    return [one for domain in world.domains for one in domain.controllers]


def machine_behind(world: World, name: str) -> Host | None:
    """The machine that answers for a name: a host, or who holds a listener, a VMM role or an access point now."""
    for server in world.vmm:
        if same_name(server.name, name):
            return world.hosts.get(server.host)
    for group in world.groups:
        if group.listener and same_name(group.listener, name):
            primary = next((one for one in group.replicas if one.role == "PRIMARY"), None)
            return world.hosts.get(primary.host) if primary else None
    for cluster in world.clusters:
        for resource in cluster.resources:
            if resource.resource_type == "Network Name" and same_name(resource.name, name):
                return world.hosts.get(resource.owner)
    return next((host for host in world.hosts.values() if same_name(host.name, name)), None)


def _known_names(world: World) -> frozenset[str]:
    named = {*world.hosts, *(server.name for server in world.vmm), *(cluster.name for cluster in world.clusters)}
    named |= {group.listener for group in world.groups if group.listener}
    named |= {one.host for one in controllers(world)}
    return frozenset(name.lower() for name in named)


def check_query(query: Mapping[str, Any]) -> None:
    """What the script refuses to look at."""
    if query["type"] == "probe" and not (0 < int(query["port"]) < 65536 and 0 < int(query["seconds"]) <= 30):
        raise CmdletError("NotAllowed", "not a host and a port, or not between 1 and 30 seconds", "InvalidOperation")
