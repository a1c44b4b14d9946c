"""What machines of a site can connect to and resolve: closed ports and unknown names are answers, not gaps."""

from datetime import UTC, datetime

import pytest

from drcheck.topology.base import Topology
from drcheck.topology.network import Connection, NameAnswer
from tests.pretend_machines import Values, read, reasons

HOST = "hv1.lds.lab"
PLAIN = f"{HOST}>ag.lab:1433"
SECURE = f"{HOST}>login.example.com:443/tls"
NAME = f"{HOST}>10.20.0.10/ag.lab"
OPEN: Values = {"Outcome": "open", "Address": "10.1.2.3", "Milliseconds": 3, "Detail": None}
SPOKEN: Values = {
    **OPEN,
    "TlsOutcome": "ok",
    "TlsProtocol": "Tls12",
    "TlsSubject": "CN=login.example.com",
    "TlsIssuer": "CN=Some CA",
    "TlsNotAfter": "2027-01-01T00:00:00.0000000Z",
    "TlsThumbprint": "AB",
    "TlsDnsNames": ["login.example.com"],
    "TlsErrors": ["RemoteCertificateChainErrors"],
}
ANSWER: Values = {"Outcome": "answered", "Addresses": ["10.1.2.3"], "Aliases": [], "TtlSeconds": 300, "Milliseconds": 2}


def tried(endpoint: str, row: Values) -> Topology:
    return read("reach", endpoint, {f"reach {endpoint}": [row]}, via=(HOST,))


def asked(row: Values) -> Topology:
    return read("dns", NAME, {f"dns {NAME}": [row]}, via=(HOST,))


def test_an_open_port() -> None:
    (one,) = tried(PLAIN, OPEN).all(Connection)
    assert (one.host, one.to, one.port, one.outcome, one.address) == (HOST, "ag.lab", 1433, "open", "10.1.2.3")
    assert one.tls_outcome is None
    assert one.title == f"{HOST} -> ag.lab:1433"


@pytest.mark.parametrize("outcome", ["refused", "timed-out", "unreachable", "name-not-resolved", "failed"])
def test_a_closed_port_is_a_fact(outcome: str) -> None:
    row = {"Outcome": outcome, "Address": None, "Milliseconds": None, "Detail": "TimedOut"}
    topology = tried(PLAIN, row)
    (one,) = topology.all(Connection)
    assert (one.outcome, one.address, one.milliseconds, one.detail) == (outcome, "", None, "TimedOut")
    assert topology.gaps == ()


def test_what_a_tls_server_presents() -> None:
    (one,) = tried(SECURE, SPOKEN).all(Connection)
    assert (one.tls_outcome, one.tls_protocol, one.tls_names) == ("ok", "Tls12", ("login.example.com",))
    assert one.tls_expires == datetime(2027, 1, 1, tzinfo=UTC)
    assert one.tls_errors == ("RemoteCertificateChainErrors",)


def test_an_open_port_without_tls_behind_it() -> None:
    (one,) = tried(SECURE, {**OPEN, "TlsOutcome": "failed", "Detail": "unexpected packet"}).all(Connection)
    assert (one.outcome, one.tls_outcome, one.tls_expires, one.detail) == ("open", "failed", None, "unexpected packet")


def test_a_certificate_without_an_end_is_a_gap() -> None:
    row = {name: value for name, value in SPOKEN.items() if name != "TlsNotAfter"}
    topology = tried(SECURE, row)
    assert topology.seen(Connection) == ()
    assert any("TlsNotAfter" in reason for reason in reasons(topology))


def test_an_answer_of_a_name_server() -> None:
    (one,) = asked(ANSWER).all(NameAnswer)
    assert (one.host, one.server, one.name) == (HOST, "10.20.0.10", "ag.lab")
    assert (one.outcome, one.addresses, one.ttl_seconds) == ("answered", ("10.1.2.3",), 300)


@pytest.mark.parametrize("outcome", ["no-such-name", "no-records", "no-answer", "server-failure", "refused"])
def test_a_server_that_does_not_know_is_a_fact(outcome: str) -> None:
    row: Values = {"Outcome": outcome, "Addresses": [], "Aliases": [], "TtlSeconds": None, "Milliseconds": 2000}
    topology = asked(row)
    (one,) = topology.all(NameAnswer)
    assert (one.outcome, one.addresses, one.ttl_seconds) == (outcome, (), None)
    assert topology.gaps == ()


def test_an_observer_that_cannot_be_asked_is_a_gap() -> None:
    topology = read("reach", PLAIN, {}, via=("another.lab",))
    assert topology.seen(Connection) == ()
    (gap,) = topology.missing(Connection)
    assert gap.scope == f"reach:{PLAIN}"
    assert HOST in gap.reason
