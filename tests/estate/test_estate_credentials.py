"""Where may a credential's proof be, and does every way of signing in find what it needs?"""

import copy
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from drcheck.discovery.driver.reach import windows_endpoint
from drcheck.estate import Estate, Secret, load
from tests.estate_file import ENVIRON, problems_of

ESTATE = """\
version: 1
name: contoso
sites:
  london: {{role: primary, hosts: ["*.lon.contoso.lab"]}}
endpoints:
  hyperv: [hv1.lon.contoso.lab]
windows:
  {windows}
  credentials:
    default: {{{default}}}
    other: {{{other}}}
  hosts:
    hv2.lon.contoso.lab: {{{host}}}
"""

PASSWORD = "username: u, password_env: DRCHECK_PASSWORD"


class Drawer(KeyringBackend):
    """A keyring of one entry."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        return "from-the-keyring" if (service, username) == ("drcheck", "CONTOSO\\drcheck") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


def drawer() -> KeyringBackend:
    return Drawer()  # type: ignore[no-untyped-call]


def no_keyring() -> KeyringBackend:
    return fail.Keyring()  # type: ignore[no-untyped-call]


@pytest.fixture(autouse=True)
def _keep_the_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("user.pem", "user.key", "user.keytab"):
        (tmp_path / name).write_text("-----BEGIN-----\n")
        (tmp_path / name).chmod(0o600)
    return tmp_path


def written(
    folder: Path, *, windows: str = "transport: ntlm", default: str = PASSWORD, other: str = PASSWORD, host: str = ""
) -> Path:
    path = folder / "estate.yaml"
    path.write_text(ESTATE.format(windows=windows, default=default, other=other, host=host))
    return path


def loaded(folder: Path, **parts: str) -> Estate:
    return load(written(folder, **parts), ENVIRON)


def told(folder: Path, **parts: str) -> str:
    return "\n".join(problems_of(written(folder, **parts)))


def test_a_password_may_be_in_the_keyring(folder: Path) -> None:
    keyring.set_keyring(drawer())
    estate = loaded(folder, default="username: 'CONTOSO\\drcheck', password_keyring: drcheck")
    assert windows_endpoint(estate, "hv1.lon.contoso.lab").password.reveal() == "from-the-keyring"


@pytest.mark.parametrize(
    ("backend", "user", "says"),
    [
        (drawer(), "somebody", "holds nothing for it; run: keyring set 'drcheck' 'somebody'"),
        (no_keyring(), "CONTOSO\\drcheck", "cannot be read (NoKeyringError); is it there and unlocked?"),
    ],
)
def test_a_keyring_without_the_password_is_a_mistake(
    folder: Path, backend: KeyringBackend, user: str, says: str
) -> None:
    keyring.set_keyring(backend)
    assert f"estate.yaml:10:{47 + len(user)}: " in told(
        folder, default=f"username: '{user}', password_keyring: drcheck"
    )
    assert says in told(folder, default=f"username: '{user}', password_keyring: drcheck")


def test_a_keyring_that_is_not_installed_is_told_as_such(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "pip install 'drcheck[keyring]'" in told(folder, default="username: u, password_keyring: drcheck")


@pytest.mark.parametrize("key", ["password", "Password", "passwd"])
def test_a_password_in_the_file_itself_is_a_mistake_and_is_not_repeated(folder: Path, key: str) -> None:
    problems = told(folder, default=f"username: u, {key}: hunter2")
    assert f"estate.yaml:10:28: windows.credentials.default.{key}: is not known here; did you mean" in problems
    assert "hunter2" not in problems


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"windows": "transport: certificate"}, "estate.yaml:8:14: windows.transport: certificate needs a credential"),
        ({"windows": "transport: kerberos"}, "windows.transport: kerberos needs a username written as name@REALM"),
        (
            {"windows": "transport: kerberos", "default": "username: 'D\\u@R', ticket_cache: true"},
            "windows.transport: kerberos needs a username written as name@REALM",
        ),
        (
            {"default": "username: u@R, ticket_cache: true"},
            "windows.transport: ntlm needs a credential with a password",
        ),
        ({"default": "username: u@R, keytab_file: user.keytab"}, "ntlm needs a credential with a password"),
        ({"windows": "{transport: basic, https: false}"}, "is not YAML"),
        ({"host": "transport: basic, https: false"}, "hv2.lon.contoso.lab: basic needs https"),
        ({"host": "transport: certificate"}, "estate.yaml:13:26: windows.hosts.hv2.lon.contoso.lab: certificate needs"),
        (
            {
                "windows": "transport: kerberos",
                "default": "username: u@R, ticket_cache: true",
                "other": "username: v@R, password_env: DRCHECK_PASSWORD",
                "host": "credential: other",
            },
            "windows.credentials: Kerberos tickets are either all there",
        ),
        ({"default": "password_env: DRCHECK_PASSWORD"}, "username is missing; only a certificate speaks for itself"),
        ({"default": "username: u, ticket_cache: true, password_env: DRCHECK_PASSWORD"}, "give one of password_env"),
        ({"default": "username: u"}, "give one of password_env"),
        (
            {"windows": "guest_credentials: {username: u, ticket_cache: true}"},
            "windows.guest_credentials: PowerShell Direct signs in to a guest with a password only",
        ),
    ],
)
def test_a_way_of_signing_in_that_lacks_something_is_a_mistake(folder: Path, parts: dict[str, str], says: str) -> None:
    assert says in told(folder, **parts)


@pytest.mark.parametrize(
    ("windows", "default"),
    [
        ("transport: kerberos", "username: u@R, ticket_cache: true"),
        ("transport: kerberos", "username: u@R, keytab_file: user.keytab"),
        ("transport: kerberos", "username: u@R, password_env: DRCHECK_PASSWORD"),
        ("transport: certificate", "cert_file: user.pem, key_file: user.key"),
        ("transport: credssp", PASSWORD),
    ],
)
def test_every_way_of_signing_in_can_be_declared(folder: Path, windows: str, default: str) -> None:
    estate = loaded(folder, windows=windows, default=default)
    endpoint = windows_endpoint(estate, "hv1.lon.contoso.lab")
    assert (endpoint.transport, endpoint.https, endpoint.port) == (windows.removeprefix("transport: "), True, 5986)
    files = (endpoint.cert_file, endpoint.key_file, endpoint.keytab_file)
    assert all(Path(name).is_absolute() for name in files if name)


@pytest.mark.parametrize("secret_file", ["user.key", "user.keytab"])
def test_keys_that_others_can_read_are_refused(folder: Path, secret_file: str) -> None:
    (folder / secret_file).chmod(0o640)
    proof = "cert_file: user.pem, key_file: user.key" if secret_file == "user.key" else f"keytab_file: {secret_file}"
    assert "can be read by others (mode 0640); run chmod 600 on it" in told(folder, default=f"username: u@R, {proof}")


@pytest.mark.parametrize(
    ("windows", "host", "expected"),
    [
        ("transport: ntlm", "", [(True, 5986), (True, 5986)]),
        ("https: false", "", [(False, 5985), (False, 5985)]),
        ("https: false", "https: true", [(False, 5985), (True, 5986)]),
        ("port: 443", "https: false", [(True, 443), (False, 5985)]),
        ("port: 443", "https: false, port: 80", [(True, 443), (False, 80)]),
    ],
)
def test_the_port_is_winrms_own_unless_it_is_declared(
    folder: Path, windows: str, host: str, expected: list[tuple[bool, int]]
) -> None:
    estate = loaded(folder, windows=windows, host=host)
    ways = [estate.windows.host(f"hv{number}.lon.contoso.lab") for number in (1, 2)]
    assert [(way.https, way.port) for way in ways] == expected


def test_a_secret_shows_itself_to_nobody_who_does_not_ask() -> None:
    secret = Secret("hunter2")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r}", f"{secret!s:>20}", f"{[secret]}", "%s" % secret]  # noqa: UP031
    assert not any("hunter2" in text for text in shown)
    for serialise in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not serialised"):
            serialise(secret)
    assert not hasattr(secret, "__dict__")
