"""What the doctor finds: nothing in a healthy estate, and each of ten things that are wrong, with its remedy."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from drcheck.cli import main
from drcheck.doctor import State, Symptom, Topic
from drcheck.doctor.examine import examine
from drcheck.estate import load
from drcheck.lab.azure.state import azure_of
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import Lab, running
from drcheck.lab.state.world import World

TEST_FAILOVER = "Microsoft.RecoveryServices/vaults/replicationRecoveryPlans/testFailover/action"
VMM = "vmm01.lon.contoso.lab"


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


@contextmanager
def served(name: str, folder: Path, broken: Callable[[World], None] | None = None) -> Iterator[Lab]:
    """A lab whose estate.yaml is in a folder."""
    world = build(name, 5)
    if broken is not None:
        broken(world)
    with running(assemble(world)) as lab:
        publish(lab, name, folder)
        yield lab


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "estate.yaml"
    value = yaml.safe_load(path.read_text())
    change(value)
    path.write_text(yaml.safe_dump(value, sort_keys=False))


def found(folder: Path) -> tuple[Symptom, ...]:
    return examine(load(folder / "estate.yaml", dict(os.environ)), now=now, monotonic=time.monotonic)


def break_ten(world: World) -> None:
    """Eight of them in the lab; the name and the password are wrong in estate.yaml."""
    hosts = {name.partition(".")[0]: host for name, host in world.hosts.items()}
    hosts["hv-lon1"].fault = "refuse"
    hosts["hv-lon2"].fault = "untrusted"
    hosts["hv-lon3"].fault = "expired"
    hosts["hv-lon4"].fault = "expiring"
    hosts["hv-lon4"].clock_offset = 600.0
    hosts["hv-lon5"].language_mode = "ConstrainedLanguage"
    hosts["hv-lon6"].not_installed = frozenset({"FailoverClusters"})
    for instance in world.sql:
        instance.denied = frozenset({"VIEW SERVER STATE"})
    azure_of(world).not_actions.append(TEST_FAILOVER)
    azure_of(world).blobs.allowed = frozenset()


def mistake_two(value: dict[str, Any]) -> None:
    value["endpoints"]["hyperv"].append("hv-nowhere.lon.contoso.invalid")
    value["windows"]["credentials"]["stale"] = {"username": "CONTOSO\\drcheck", "password_env": "STALE_PASSWORD"}
    value["windows"]["hosts"]["hv-lds1.lds.contoso.lab"]["credential"] = "stale"


TEN = {
    "a name without an address": ("hv-nowhere", Topic.NAME, "has no address", "DNS record"),
    "a closed port": ("hv-lon1", Topic.TCP, "port", "winrm quickconfig -transport:https"),
    "an unknown authority": ("hv-lon2", Topic.TLS, "not trusted", "ca_file"),
    "an expired certificate": ("hv-lon3", Topic.TLS, "has expired", "CertificateThumbprint"),
    "a certificate that expires soon": ("hv-lon4", Topic.TLS, "expiring in 9 days", "CertificateThumbprint"),
    "a wrong clock": ("hv-lon4", Topic.CLOCK, "+600", "w32tm /resync"),
    "a constrained language mode": ("hv-lon5", Topic.POWERSHELL, "language mode", "WDAC"),
    "a missing module": ("hv-lon6", Topic.MODULE, "FailoverClusters", "Install-WindowsFeature RSAT-Clustering"),
    "a wrong password": ("hv-lds1", Topic.SIGN_IN, "", ""),
    "a missing right in SQL Server": ("vmm01", Topic.RIGHT, "VIEW SERVER STATE", "GRANT VIEW SERVER STATE TO"),
    "a missing data action on blobs": (
        "/account/drcheck",
        Topic.RIGHT,
        "was denied",
        "blobServices/default/containers",
    ),
    "a missing action in Azure": ("vault-dr", Topic.RIGHT, TEST_FAILOVER, "az role assignment create"),
}


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Symptom, ...]]:
    folder = tmp_path_factory.mktemp("ten")
    with served("contoso", folder, break_ten), pytest.MonkeyPatch.context() as environ:
        environ.setenv("STALE_PASSWORD", "last year's")
        edit(folder, mistake_two)
        yield found(folder)


@pytest.mark.parametrize("wrong", TEN)
def test_it_names_what_is_wrong_and_what_puts_it_right(ten: tuple[Symptom, ...], wrong: str) -> None:
    endpoint, topic, what, remedy = TEN[wrong]
    fitting = [one for one in ten if endpoint in one.endpoint and one.topic is topic and one.state is not State.OK]
    assert any(what in one.what and one.remedy and remedy in one.remedy for one in fitting), fitting or [
        one for one in ten if endpoint in one.endpoint
    ]


def test_it_names_nothing_else(ten: tuple[Symptom, ...]) -> None:
    expected = {(endpoint, topic) for endpoint, topic, _, _ in TEN.values()}
    for one in ten:
        if one.state is State.MISSING:
            assert any(endpoint in one.endpoint and one.topic is topic for endpoint, topic in expected), one


@pytest.mark.parametrize("name", ["contoso", "fabrikam"])
def test_a_healthy_estate_lacks_nothing_and_is_not_changed(name: str, tmp_path: Path) -> None:
    with served(name, tmp_path) as lab:
        before = sorted(str(path) for path in tmp_path.rglob("*"))
        assert [one for one in found(tmp_path) if one.state is State.MISSING] == []
        assert azure_of(lab.world).writes == azure_of(lab.world).blobs.writes == []
        assert lab.world.heard.verbs == set()
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


def test_every_endpoint_that_discovery_would_ask_is_examined(tmp_path: Path) -> None:
    with served("contoso", tmp_path) as lab:
        examined = {one.endpoint for one in found(tmp_path)}
    asked = {host.name for host in lab.world.hosts.values() if host.roles}
    assert {name for name in asked if not any(name in endpoint for endpoint in examined)} == set()


def test_a_right_that_lets_sql_server_tell_less_is_missed_though_no_query_fails(tmp_path: Path) -> None:
    def blind(world: World) -> None:
        for instance in world.sql:
            instance.denied = frozenset({"VIEW ANY DEFINITION"})

    with served("contoso", tmp_path, blind):
        missing = [one for one in found(tmp_path) if one.state is State.MISSING]
    assert [(one.topic, "VIEW ANY DEFINITION" in one.what, one.remedy.startswith("GRANT")) for one in missing] == [
        (Topic.RIGHT, True, True)
    ]


@pytest.mark.parametrize(
    ("host", "module", "remedy"),
    [
        ("hv-lon1", "Hyper-V", "Add-LocalGroupMember -SID S-1-5-32-578"),
        ("vmm01", "VirtualMachineManager", "Set-SCUserRole"),
    ],
)
def test_a_missing_group_or_role_is_named_with_the_command_that_grants_it(
    host: str, module: str, remedy: str, tmp_path: Path
) -> None:
    def refuse(world: World) -> None:
        next(one for name, one in world.hosts.items() if name.startswith(host)).refused = frozenset({module})

    with served("contoso", tmp_path, refuse):
        missing = [one for one in found(tmp_path) if one.state is State.MISSING]
    assert {(host in one.endpoint, one.topic) for one in missing} == {(True, Topic.RIGHT)}
    assert all(remedy in one.remedy for one in missing)


FAULTS = ("silent", "plain", "wrong-name", "reset", "garbage", "html", "empty", "401", "500", "503", "fault:5")


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_a_host_does_it_is_named_and_the_others_are_examined(fault: str, tmp_path: Path) -> None:
    def misbehave(world: World) -> None:
        world.hosts["hv-lds1.lds.contoso.lab"].fault = fault

    with served("contoso", tmp_path, misbehave):
        edit(tmp_path, lambda value: value["windows"]["hosts"]["hv-lds1.lds.contoso.lab"].update(connect_seconds=0.5))
        symptoms = found(tmp_path)
    missing = [one for one in symptoms if one.state is State.MISSING]
    assert {one.endpoint.partition(".")[0] for one in missing} == {"winrm https://hv-lds1"}
    assert all(one.remedy for one in missing)
    assert any("hv-lon6" in one.endpoint and one.topic is Topic.RIGHT for one in symptoms)


def test_a_machine_that_nobody_declared_a_credential_for_is_named(tmp_path: Path) -> None:
    def only_vmm(value: dict[str, Any]) -> None:
        windows = value["windows"]
        windows["credentials"] = {"vmm": windows["credentials"]["default"]}
        windows["hosts"][VMM]["credential"] = "vmm"
        for roles in ("hyperv", "identity"):
            value["endpoints"].pop(roles, None)
        value.pop("reachability", None)

    with served("contoso", tmp_path):
        edit(tmp_path, only_vmm)
        missing = [one for one in found(tmp_path) if one.state is State.MISSING]
    assert {one.topic for one in missing} == {Topic.SIGN_IN}
    assert any("hv-lon1" in one.endpoint and "no credential" in one.what for one in missing)
    assert all("windows.credentials" in one.remedy for one in missing)


def test_a_token_that_azure_does_not_take_is_a_sign_in_that_failed(tmp_path: Path) -> None:
    with served("contoso", tmp_path):
        (tmp_path / "arm.token").write_text("yesterday's")
        missing = [one for one in found(tmp_path) if one.state is State.MISSING]
    assert {one.topic for one in missing} == {Topic.SIGN_IN}
    assert all("Microsoft.RecoveryServices" in one.endpoint or "subscriptions" in one.endpoint for one in missing)
    assert all(one.remedy for one in missing)


def test_an_azure_role_that_reads_nothing_is_told_by_its_actions(tmp_path: Path) -> None:
    def strip(world: World) -> None:
        azure_of(world).actions[:] = ["Microsoft.Authorization/permissions/read"]

    with served("contoso", tmp_path, strip):
        missing = [one.what for one in found(tmp_path) if one.state is State.MISSING]
    assert any("Microsoft.RecoveryServices/vaults/replicationFabrics/read" in what for what in missing)
    assert any("Microsoft.Network/virtualNetworks/read" in what for what in missing) or len(missing) > 10


def test_the_command_prints_remedies_and_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served("contoso", tmp_path):
        trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        assert main(["doctor", "--estate", str(tmp_path / "estate.yaml")]) == 1
    out = capsys.readouterr().out
    assert "MISSING  tls" in out
    assert "remedy:     Save the certificate of the authority" in out


def test_the_command_exits_with_0_when_nothing_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served("contoso", tmp_path):
        assert main(["doctor", "--estate", str(tmp_path / "estate.yaml"), "--all"]) == 0
    assert "Nothing is missing." in capsys.readouterr().out


def test_the_command_tells_programs_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served("contoso", tmp_path):
        assert main(["doctor", "--estate", str(tmp_path / "estate.yaml"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["state"] for one in told["requirements"]} <= {"ok", "warning"}
    assert {"name", "tcp", "tls", "sign-in", "clock", "powershell", "module", "right"} <= {
        one["topic"] for one in told["requirements"]
    }


def test_a_bad_estate_file_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "estate.yaml").write_text("version: 2\n")
    assert main(["doctor", "--estate", str(tmp_path / "estate.yaml")]) == 4
    assert "estate.yaml:1:" in capsys.readouterr().err
