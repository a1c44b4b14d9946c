"""What a simulated machine sees of others: ports, names, certificates, its directory."""

from collections.abc import Callable
from typing import Any

import pytest

from drcheck.lab.scenarios import contoso, fabrikam
from drcheck.lab.state.windows import Certificate
from drcheck.lab.state.world import World

Json = dict[str, Any]
Make = Callable[..., Json]
Start = Callable[..., Any]

HOST = fabrikam.LEEDS
DC = fabrikam.LEEDS_DC


@pytest.fixture
def world() -> World:
    return fabrikam.build(1)


def probe(host: str, port: int, *, tls: bool = False) -> Json:
    return {"id": "p", "type": "probe", "host": host, "port": port, "tls": tls, "seconds": 5}


def resolve(name: str, server: str = DC) -> Json:
    return {"id": "r", "type": "resolve", "name": name, "server": server}


def seen(bench: Start, world: World, query: Json) -> Json:
    (row,) = bench(world).collect(HOST, query).rows(query["id"])
    return dict(row)


@pytest.mark.parametrize(
    ("host", "port", "outcome"),
    [
        (fabrikam.LISTENER, 1433, "open"),
        (fabrikam.VMM, 8100, "open"),
        ("hvlon-broker.fabrikam.lab", 443, "open"),
        (DC, 389, "open"),
        (DC, 1433, "refused"),
        ("nobody.fabrikam.lab", 443, "name-not-resolved"),
        ("login.microsoftonline.com", 443, "open"),
        ("login.microsoftonline.com", 80, "timed-out"),
    ],
)
def test_a_port_is_as_the_machine_behind_it(world: World, bench: Start, host: str, port: int, outcome: str) -> None:
    assert seen(bench, world, probe(host, port))["Outcome"] == outcome


def test_a_machine_that_is_down_answers_nobody(world: World, bench: Start) -> None:
    world.hosts[DC].up = False
    assert seen(bench, world, probe(DC, 389))["Outcome"] == "timed-out"
    assert seen(bench, world, resolve(fabrikam.VMM))["Outcome"] == "no-answer"


def test_a_path_can_be_closed_for_one_observer(world: World, bench: Start) -> None:
    world.paths.ports[HOST, fabrikam.LISTENER, 1433] = "timed-out"
    assert seen(bench, world, probe(fabrikam.LISTENER, 1433))["Outcome"] == "timed-out"
    (row,) = bench(world).collect(DC, probe(fabrikam.LISTENER, 1433)).rows("p")
    assert row["Outcome"] == "open"


def test_a_certificate_is_presented_where_tls_is_spoken(world: World, bench: Start) -> None:
    row = seen(bench, world, probe("management.azure.com", 443, tls=True))
    assert (row["TlsOutcome"], row["TlsProtocol"], row["TlsDnsNames"]) == ("ok", "Tls12", ["management.azure.com"])
    assert seen(bench, world, probe(fabrikam.LISTENER, 1433, tls=True))["TlsOutcome"] == "failed"
    assert seen(bench, world, probe("nobody.fabrikam.lab", 443, tls=True))["TlsOutcome"] is None


@pytest.mark.parametrize(
    ("name", "outcome"),
    [(fabrikam.VMM, "answered"), (fabrikam.LISTENER, "answered"), ("nobody.fabrikam.lab", "no-such-name")],
)
def test_a_name_server_knows_the_estate(world: World, bench: Start, name: str, outcome: str) -> None:
    assert seen(bench, world, resolve(name))["Outcome"] == outcome


def test_only_controllers_serve_names(world: World, bench: Start) -> None:
    assert seen(bench, world, resolve(fabrikam.VMM, server=HOST))["Outcome"] == "no-answer"


def test_certificates_of_a_store(world: World, bench: Start) -> None:
    certificate = Certificate(thumbprint="AB", subject="CN=x", issuer="CN=ca", not_before=0.0, not_after=86400.0)
    world.hosts[HOST].certificates[:] = [certificate]
    asked = {"id": "c", "type": "certificate", "store": "My", "columns": ["Thumbprint", "NotAfter", "Nope"]}
    said = bench(world).collect(HOST, asked)
    assert said.rows("c") == [{"Thumbprint": "AB", "NotAfter": "1970-01-02T00:00:00.0000000Z"}]
    assert said.end("c")["missing"] == ["Nope"]
    missing = bench(world).collect(HOST, asked | {"store": "Nowhere"})
    assert missing.error_id("c") == "StoreNotFound"


def test_a_port_outside_the_range_is_refused(world: World, bench: Start) -> None:
    assert bench(world).collect(HOST, probe(DC, 0)).error_id("p") == "NotAllowed"


def test_a_controller_answers_for_its_own_domain_only(bench: Start, cmdlet: Make) -> None:
    world = contoso.build(1)
    asked = cmdlet("ActiveDirectory", "Get-ADDomainController", "HostName", "Site", params={"Filter": "*"})
    said = bench(world).collect(contoso.LEEDS_DC, asked)
    assert [row["Site"] for row in said.rows("Get-ADDomainController")] == ["London", "London", "Leeds"]
    elsewhere = cmdlet(
        "ActiveDirectory",
        "Get-ADDomainController",
        "HostName",
        params={"Filter": "*", "Server": "id-dc01.lon.contoso.lab"},
    )
    assert bench(world).collect(contoso.LEEDS_DC, elsewhere).end("Get-ADDomainController")["state"] == "failed"


def test_a_machine_that_is_no_controller_has_no_such_module(world: World, bench: Start, cmdlet: Make) -> None:
    asked = cmdlet("ActiveDirectory", "Get-ADDomainController", "HostName", params={"Filter": "*"})
    assert bench(world).collect(HOST, asked).error_id("Get-ADDomainController") == "CommandNotFoundException"
