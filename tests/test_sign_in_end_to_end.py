"""Is the same found whatever way discovery signs in, and is no secret left anywhere?"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import CLIENT_FILE, publish
from drcheck.lab.running.server import Lab, running
from drcheck.topology.base import Topology
from drcheck.topology.cluster import ValidationReport
from drcheck.topology.drills import DrillRecord
from drcheck.transport.tickets import TICKETS
from tests import kerberos_realm
from tests.lab_estates import discovered, edit

WAYS = [("basic", True), ("certificate", True), ("credssp", True), ("credssp", False), ("ntlm", False)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(assemble(build("contoso", 5), also_http=True)) as started:
        yield started


@pytest.fixture(scope="module")
def by_ntlm(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Topology:
    folder = tmp_path_factory.mktemp("ntlm")
    publish(lab, "contoso", folder)
    return discovered(folder)


def sign_in(folder: Path, lab: Lab, transport: str, *, https: bool = True, **credential: str | bool) -> None:
    """Let every machine be asked in another way."""

    def change(estate: dict[str, Any]) -> None:
        windows = estate["windows"]
        port = lab.port if https else lab.http_port
        windows.update(transport=transport, https=https, port=port)
        windows["credentials"]["default"] = credential or windows["credentials"]["default"]
        for host in windows["hosts"].values():
            if "port" in host:
                host["port"] = port

    edit(folder, change)


def told(topology: Topology) -> set[tuple[str, str]]:
    """Every fact but what is dated by its lab: the drills of old, and reports whose names hold a moment."""
    dated = (DrillRecord, ValidationReport)
    return {(type(fact).__name__, fact.key) for fact in topology.facts if not isinstance(fact, dated)}


@pytest.mark.parametrize(("transport", "https"), WAYS)
def test_the_same_is_found_whatever_way_discovery_signs_in(
    lab: Lab, by_ntlm: Topology, tmp_path: Path, transport: str, https: bool
) -> None:
    publish(lab, "contoso", tmp_path)
    pem = {"cert_file": CLIENT_FILE, "key_file": CLIENT_FILE} if transport == "certificate" else {}
    sign_in(tmp_path, lab, transport, https=https, **pem)
    found = discovered(tmp_path)
    assert found.gaps == by_ntlm.gaps == ()
    assert told(found) == told(by_ntlm)


@pytest.mark.skipif(bool(kerberos_realm.lacking()), reason=kerberos_realm.lacking() or "nothing is lacking")
@pytest.mark.parametrize("https", [True, False])
def test_the_same_is_found_with_kerberos(
    by_ntlm: Topology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, https: bool
) -> None:
    world = build("contoso", 5)
    realm_folder = tmp_path / "realm"
    realm_folder.mkdir()
    with kerberos_realm.running(kerberos_realm.made(realm_folder, *world.hosts)) as realm:
        for name, value in realm.environment.items():
            monkeypatch.setenv(name, value)
        with running(assemble(world, also_http=True, keytab=realm.keytab)) as lab:
            publish(lab, "contoso", tmp_path)
            user = {"username": f"drcheck@{kerberos_realm.REALM}", "keytab_file": str(realm.user_keytab)}
            sign_in(tmp_path, lab, "kerberos", https=https, **user)
            found = discovered(tmp_path)
        TICKETS.forget()
    assert found.gaps == ()
    assert told(found) == told(by_ntlm)


@pytest.mark.parametrize("right", [True, False])
def test_no_secret_is_in_what_a_run_leaves_or_shows(lab: Lab, tmp_path: Path, right: bool) -> None:
    """Every log, report and snapshot, and the command line of the process, as others on the machine see it."""
    publish(lab, "contoso", tmp_path)
    described = json.loads((tmp_path / "lab.json").read_text())
    secrets = [described["hosts"][0]["password"], described["arm"]["token"], lab.world.guest_password]
    if not right:
        secrets = [f"wr0ng-secret-{number}" for number in range(3)]
        for name, secret in zip(("winrm.password", "arm.token", "guest.password"), secrets, strict=True):
            (tmp_path / name).write_text(f"{secret}\n")
    sign_in(tmp_path, lab, "basic")
    out = tmp_path / "out"
    out.mkdir()
    program = "import logging, sys; logging.basicConfig(level=logging.DEBUG); from drcheck.cli import main; main()"
    command = [sys.executable, "-c", program, "check", "--no-html", "--estate", str(tmp_path / "estate.yaml")]
    process = subprocess.Popen(command, cwd=out, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    shown, lines = process.stdout.read(1), Path(f"/proc/{process.pid}/cmdline").read_bytes()
    shown += process.communicate(timeout=120)[0]
    assert b"estate.yaml" in lines
    left = [path for path in out.rglob("*") if path.is_file()]
    assert {"run.json", "junit.xml", "estate.snapshot"} <= {path.name for path in left}
    for secret in secrets:
        assert secret.encode() not in shown
        assert secret.encode() not in lines
        assert [path for path in left if secret.encode() in _plain(path)] == []


def _plain(path: Path) -> bytes:
    """A file's contents, decompressed if need be."""
    data = path.read_bytes()
    if not data.startswith(b"\x28\xb5\x2f\xfd"):
        return data
    import zstandard  # noqa: PLC0415

    return zstandard.ZstdDecompressor().stream_reader(data).read()
