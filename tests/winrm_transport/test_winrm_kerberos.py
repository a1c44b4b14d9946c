"""Does Kerberos sign in, with a real KDC, and does every way in which it fails say what to do?"""

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from drcheck.errors import AuthenticationFailed
from drcheck.estate.secret import Secret
from drcheck.lab.state.world import Host, World
from drcheck.query import Cmdlet
from drcheck.transport.deadline import Guard
from drcheck.transport.tickets import TICKETS
from drcheck.transport.winrm import collect
from drcheck.transport.winrm_session import Shell
from tests.kerberos_realm import PASSWORD, REALM, Realm, lacking, made, running
from tests.relay import relaying

pytestmark = pytest.mark.skipif(bool(lacking()), reason=lacking() or "nothing is lacking")

HOST = "hv1.lon.contoso.lab"
WITHOUT_SERVICE = "hv2.lon.contoso.lab"
USER = f"drcheck@{REALM}"
VMS = Cmdlet(id="vms", module="Hyper-V", cmdlet="Get-VM", select=("Name",))
FAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
LONG_AGO = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "-3d"}

Use = Callable[..., None]


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    with running(made(tmp_path_factory.mktemp("realm"), HOST)) as started:
        yield started


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Use]:
    """Use a realm in this process, with tickets of this test's own, and none that are there."""

    def enter(realm: Realm, **more: str) -> None:
        for name, value in {**realm.environment, **more}.items():
            monkeypatch.setenv(name, value)

    yield enter
    TICKETS.forget()


def signed_in(machine: Any, far: Any, **changes: Any) -> bool:
    settings = {"transport": "kerberos", "username": USER, "password": Secret(""), **changes}
    return bool(collect(machine.endpoint(**settings), [VMS], now=far.now).incomplete(VMS) == "")


def refusal(machine: Any, far: Any, **changes: Any) -> str:
    """The one line that a sign-in ends in."""
    with pytest.raises(AuthenticationFailed) as raised:
        signed_in(machine, far, **changes)
    text = str(raised.value)
    assert text.startswith(f"winrm https://{changes.get('name', HOST)}:")
    assert "\n" not in text
    assert "{" not in text
    assert PASSWORD not in text
    return text


@pytest.mark.parametrize("https", [True, False])
def test_a_ticket_that_is_there_signs_in(start: Any, far: Any, realm: Realm, use: Use, https: bool) -> None:
    use(realm, **realm.ticket())
    with start(keytab=realm.keytab) as machine:
        assert signed_in(machine, far, https=https)
        assert machine.open_shells == 0


@pytest.mark.parametrize("proof", ["password", "keytab"])
def test_a_password_or_a_keytab_gets_the_ticket(start: Any, far: Any, realm: Realm, use: Use, proof: str) -> None:
    use(realm)
    given = {"password": Secret(PASSWORD)} if proof == "password" else {"keytab_file": str(realm.user_keytab)}
    with start(keytab=realm.keytab) as machine:
        assert signed_in(machine, far, **given)


def test_many_threads_share_one_ticket_that_was_got_once(start: Any, far: Any, realm: Realm, use: Use) -> None:
    use(realm)
    before = (realm.folder / "kdc.log").read_text().count("AS_REQ")
    with start(keytab=realm.keytab) as machine, ThreadPoolExecutor(16) as pool:
        jobs = [pool.submit(signed_in, machine, far, password=Secret(PASSWORD)) for _ in range(48)]
        assert all(job.result(60) for job in jobs)
    asked = (realm.folder / "kdc.log").read_text().count("AS_REQ") - before
    assert asked <= 2, "an AS exchange has at most two requests: without and with pre-authentication"


def test_two_users_have_a_ticket_each(start: Any, far: Any, realm: Realm, use: Use) -> None:
    """The lab knows only one of them; the other one's ticket is good, and he may not sign in there."""
    use(realm)
    with start(keytab=realm.keytab) as machine:
        assert signed_in(machine, far, password=Secret(PASSWORD))
        text = refusal(machine, far, username=f"other@{REALM}", password=Secret(PASSWORD))
        assert signed_in(machine, far, password=Secret(PASSWORD))
    assert "the credentials were refused" in text
    assert f"Is the SPN HTTP/{HOST} registered" in text


def test_sealed_messages_cannot_be_read_and_survive_a_closed_connection(start: Any, realm: Realm, use: Use) -> None:
    use(realm, **realm.ticket())
    heard: list[bytes] = []
    with start(keytab=realm.keytab) as machine:
        place = (machine.lab.world.hosts[HOST].address, machine.lab.http_port)
        with relaying(place) as relay, Guard(30) as guard:
            at = {"https": False, "address": "127.0.0.1", "port": relay.port}
            endpoint = machine.endpoint(transport="kerberos", username=USER, password=Secret(""), **at)
            with Shell(endpoint, guard) as shell:
                for _ in range(2):
                    relay.hang_up()
                    shell.run("more", b"plain-text" * 2000, heard.append, lambda: None)
        assert b"".join(heard) == b"plain-text" * 4000
        assert (machine.calls("Create"), machine.calls("Command"), machine.open_shells) == (1, 2, 0)
    assert b"Kerberos" in relay.seen or b"SPNEGO" in relay.seen
    assert b"Envelope" not in relay.seen
    assert b"plain-text" not in relay.seen


def test_no_ticket_at_all(start: Any, far: Any, realm: Realm, use: Use, caplog: pytest.LogCaptureFixture) -> None:
    use(realm)
    caplog.set_level(logging.DEBUG)
    with start(keytab=realm.keytab) as machine:
        text = refusal(machine, far)
    assert f"there is no Kerberos ticket of {USER}. Get one (kinit {USER}; klist shows it)" in text
    assert "Traceback" not in caplog.text, "the library logs a traceback of every error it raises"


def test_a_service_that_kerberos_does_not_know(start: Any, far: Any, realm: Realm, use: Use) -> None:
    use(realm, **realm.ticket())
    world = World(name="no SPN", hosts={WITHOUT_SERVICE: Host(name=WITHOUT_SERVICE)})
    with start(keytab=realm.keytab, world=world) as machine:
        at = machine.lab.world.hosts[WITHOUT_SERVICE].address
        text = refusal_of(machine, far, WITHOUT_SERVICE, at)
    assert f"Kerberos knows no service HTTP/{WITHOUT_SERVICE}. Register it (setspn -S HTTP/{WITHOUT_SERVICE}" in text


def refusal_of(machine: Any, far: Any, name: str, address: str) -> str:
    machine.lab.world.hosts.setdefault(HOST, machine.lab.world.hosts[name])
    return refusal(machine, far, name=name, address=address)


def test_a_wrong_password_is_tried_once_for_all(start: Any, far: Any, realm: Realm, use: Use) -> None:
    use(realm)
    before = (realm.folder / "kdc.log").read_text().count("AS_REQ")
    with start(keytab=realm.keytab) as machine:
        texts = {refusal(machine, far, password=Secret("wr0ng-and-secret")) for _ in range(5)}
    assert len(texts) == 1
    assert f"Kerberos refused the password of {USER}. Check the password" in texts.pop()
    asked = (realm.folder / "kdc.log").read_text().count("AS_REQ") - before
    assert asked <= 2, "a password that is tried for every machine locks the account"


@pytest.mark.parametrize(
    ("user", "says"),
    [
        (f"nobody@{REALM}", f"Kerberos knows no user nobody@{REALM}. Write the user as name@REALM"),
        ("drcheck@contoso.lab", "no Kerberos domain controller answers. Write the realm of drcheck@contoso.lab as"),
        ("drcheck@ELSEWHERE.LAB", "no Kerberos domain controller answers"),
    ],
)
def test_a_user_that_kerberos_does_not_know(start: Any, far: Any, realm: Realm, use: Use, user: str, says: str) -> None:
    use(realm)
    with start(keytab=realm.keytab) as machine:
        assert says in refusal(machine, far, username=user, password=Secret(PASSWORD))


def test_a_keytab_that_is_none(start: Any, far: Any, realm: Realm, use: Use, tmp_path: Path) -> None:
    use(realm)
    (tmp_path / "wrong.keytab").write_bytes(b"\0")
    with start(keytab=realm.keytab) as machine:
        text = refusal(machine, far, keytab_file=str(tmp_path / "wrong.keytab"))
    assert "Kerberos did not sign in" in text


def test_no_program_that_gets_tickets(start: Any, far: Any, realm: Realm, use: Use) -> None:
    use(realm, PATH="/nonexistent")
    with start(keytab=realm.keytab) as machine:
        assert "the program kinit is not installed" in refusal(machine, far, password=Secret(PASSWORD))


@pytest.mark.skipif(FAKETIME is None, reason="faketime is not installed")
class TestOtherClocks:
    @pytest.mark.parametrize("proof", ["password", "keytab"])
    def test_clocks_that_differ(self, start: Any, far: Any, tmp_path: Path, use: Use, proof: str) -> None:
        with running(made(tmp_path, HOST), **LONG_AGO) as realm, start(keytab=realm.keytab) as machine:
            use(realm)
            given = {"password": Secret(PASSWORD)} if proof == "password" else {"keytab_file": str(realm.user_keytab)}
            text = refusal(machine, far, **given)
        assert "the clocks differ by more than Kerberos allows. Set this machine's clock by the domain's" in text

    def test_a_ticket_of_days_ago(self, start: Any, far: Any, tmp_path: Path, use: Use) -> None:
        realm = made(tmp_path, HOST)
        with running(realm, **LONG_AGO):
            use(realm, **realm.ticket(**LONG_AGO))
        with running(realm), start(keytab=realm.keytab) as machine:
            text = refusal(machine, far)
        assert f"the Kerberos ticket of {USER} has expired. Get a new one (kinit {USER})" in text


def test_the_password_is_on_no_command_line(realm: Realm, use: Use, tmp_path: Path, start: Any) -> None:
    """A kinit in the path writes down what everybody on the machine could see of it, and then is the real one."""
    use(realm, PATH=f"{tmp_path}:{realm.environment['PATH']}")
    spy = tmp_path / "kinit"
    real = realm.run("which", "kinit", PATH=realm.environment["PATH"]).strip()
    spy.write_text(
        f"#!/bin/sh\ntr '\\0' ' ' </proc/$$/cmdline >{tmp_path}/seen\nenv >>{tmp_path}/seen\nexec {real} \"$@\"\n"
    )
    spy.chmod(0o755)
    with start(keytab=realm.keytab) as machine:
        endpoint = machine.endpoint(transport="kerberos", username=USER, password=Secret(PASSWORD))
        TICKETS.ensure(endpoint, 30)
    seen = (tmp_path / "seen").read_text()
    assert USER in seen
    assert PASSWORD not in seen
    assert PASSWORD not in Path(f"/proc/{os.getpid()}/cmdline").read_text()
