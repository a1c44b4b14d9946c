"""Does every way to sign in to Azure work with Azure's own library over real sockets, in every cloud?"""

import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from drcheck.discovery.driver.reach import arm_client
from drcheck.errors import AuthenticationFailed
from drcheck.estate import load
from tests.entra import CLIENT, HEADER, SECRET, TENANT, Entra, serving, token_for
from tests.estate_file import problems_of

PRINCIPAL = f"method: service-principal, tenant: {TENANT}, client: {CLIENT}"
WORKLOAD = f"method: workload-identity, tenant: {TENANT}, client: {CLIENT}, token_file: federated.token"
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine that this test runs on signs in; azure-identity finds no az and no home."""
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "IDENTITY_ENDPOINT", "MSI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def entra() -> Iterator[Entra]:
    with serving(Entra()) as running:
        yield running


@pytest.fixture
def folder(entra: Entra, tmp_path: Path) -> Path:
    entra.ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "sp.pem").write_bytes(
        trustme.CA().issue_cert("sp", key_type=trustme.KeyType.RSA).private_key_and_cert_chain_pem.bytes()
    )
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    (tmp_path / "federated.token").write_text("token-of-the-cluster")
    for name in ("sp.pem", "secret", "federated.token"):
        (tmp_path / name).chmod(0o600)
    return tmp_path


def estate_file(folder: Path, *azure: str) -> Path:
    lines = [f"  {line}\n" for line in azure]
    vault = f"    - {{subscription: {TENANT}, resource_group: rg, name: v}}\n"
    text = "version: 1\nname: x\nsites:\n  a: {role: azure, regions: [uksouth]}\nazure:\n"
    (folder / "estate.yaml").write_text(f"{text}{''.join(lines)}  vaults:\n{vault}")
    return folder / "estate.yaml"


def at(entra: Entra, sign_in: str) -> tuple[str, ...]:
    where = f"endpoint: {entra.url}", f"authority: {entra.url}", "ca_file: ca.pem"
    return (*where, "connect_seconds: 2", "total_seconds: 5", f"sign_in: {sign_in}")


def asked(file: Path, **environ: str) -> list[str]:
    """The tokens that ARM was asked with."""
    with arm_client(load(file, environ), lambda: NOW) as client:
        return list(client.every("/subscriptions/1/things", "2020-01-01", str))


def refusal(file: Path, **environ: str) -> str:
    with pytest.raises(AuthenticationFailed) as raised:
        asked(file, **environ)
    text = str(raised.value)
    assert text.startswith("arm https://")
    assert "\n" not in text
    assert SECRET not in text
    assert text.endswith(raised.value.remedy)
    return text


@pytest.mark.parametrize(
    ("sign_in", "proof"),
    [
        (f"{{{PRINCIPAL}, secret_env: SP_SECRET}}", {"client_secret": SECRET}),
        (f"{{{PRINCIPAL}, secret_file: secret}}", {"client_secret": SECRET}),
        (f"{{{PRINCIPAL}, certificate_file: sp.pem}}", {}),
        (f"{{{WORKLOAD}}}", {"client_assertion": "token-of-the-cluster"}),
    ],
)
def test_an_application_signs_in(entra: Entra, folder: Path, sign_in: str, proof: dict[str, str]) -> None:
    scope = f"{entra.url}/.default"
    assert asked(estate_file(folder, *at(entra, sign_in)), SP_SECRET=SECRET) == [token_for(scope)]
    [form] = entra.forms
    assert (form["client_id"], form["scope"], form["grant_type"]) == (CLIENT, scope, "client_credentials")
    assert proof.items() <= form.items()
    assert "client_secret" in form or form["client_assertion_type"].endswith(":jwt-bearer")
    assert ("127.0.0.1", f"/{TENANT}/oauth2/v2.0/token") in entra.asked


def test_a_workload_is_told_by_its_cluster_who_it_is(
    entra: Entra, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("AZURE_CLIENT_ID", CLIENT)
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(folder / "federated.token"))
    assert asked(estate_file(folder, *at(entra, "workload-identity")))
    assert entra.forms[0]["client_assertion"] == "token-of-the-cluster"


@pytest.mark.parametrize("sign_in", ["managed-identity", f"{{method: managed-identity, client: {CLIENT}}}", "default"])
def test_a_managed_identity_signs_in(entra: Entra, folder: Path, monkeypatch: pytest.MonkeyPatch, sign_in: str) -> None:
    with serving(Entra(), secure=False) as machine:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{machine.port}/identity")
        monkeypatch.setenv("IDENTITY_HEADER", HEADER)
        assert asked(estate_file(folder, *at(entra, sign_in))) == [token_for(f"{entra.url}/.default")]
        assert machine.asked == [("127.0.0.1", "/identity")]


@pytest.mark.parametrize("sign_in", ["cli", f"{{method: cli, tenant: {TENANT}}}", "default"])
def test_the_azure_cli_signs_in(entra: Entra, folder: Path, monkeypatch: pytest.MonkeyPatch, sign_in: str) -> None:
    """An az in the path, that gives what the real one prints."""
    token = '{"accessToken": "token-for-az", "expires_on": 4102444800, "expiresOn": "2100-01-01 00:00:00.000000"}'
    az = folder / "az"
    az.write_text(f"#!/bin/sh\necho \"$@\" >{folder}/az.seen\necho '{token}'\n")
    az.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "dev")  # no search for a managed identity at 169.254.169.254
    assert asked(estate_file(folder, *at(entra, sign_in))) == ["token-for-az"]
    seen = (folder / "az.seen").read_text()
    assert "account get-access-token" in seen
    assert (TENANT in seen) == (TENANT in sign_in)


@pytest.mark.parametrize(
    ("cloud", "arm", "login", "scope"),
    [
        ("public", "management.azure.com", "login.microsoftonline.com", "https://management.azure.com/.default"),
        (
            "china",
            "management.chinacloudapi.cn",
            "login.chinacloudapi.cn",
            "https://management.chinacloudapi.cn/.default",
        ),
        (
            "us-government",
            "management.usgovcloudapi.net",
            "login.microsoftonline.us",
            "https://management.core.usgovcloudapi.net/.default",
        ),
    ],
)
def test_every_cloud_has_its_own_sign_in_host_and_scope(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloud: str, arm: str, login: str, scope: str
) -> None:
    """The requests go to the real names, through a proxy that plays them."""
    with serving(Entra(), secure=False) as proxy:
        proxy.ca.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        file = estate_file(tmp_path, f"cloud: {cloud}", "ca_file: ca.pem", f"sign_in: {{{PRINCIPAL}, secret_env: S}}")
        assert asked(file, S=SECRET) == [token_for(scope)]
        assert proxy.hosts == {arm, login}
        assert [form["scope"] for form in proxy.forms] == [scope]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("AADSTS7000215", "the client secret is wrong (AADSTS7000215). Give the secret's value"),
        ("AADSTS7000222", "the client secret has expired (AADSTS7000222)"),
        ("AADSTS700016", "the tenant has no application with this client id (AADSTS700016)"),
        ("AADSTS90002", "there is no such tenant in this cloud (AADSTS90002)"),
        ("AADSTS700213", "the application does not trust the workload's token (AADSTS700213)"),
        ("AADSTS53003", "conditional access does not allow the sign-in (AADSTS53003)"),
        ("AADSTS999999", "service-principal did not sign in: "),
    ],
)
def test_what_the_sign_in_host_complains_of_is_one_clear_line(
    entra: Entra, folder: Path, code: str, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    entra.refuse = lambda _form: code
    text = refusal(estate_file(folder, *at(entra, f"{{{PRINCIPAL}, secret_env: S}}")), S=SECRET)
    assert text.startswith(f"arm {entra.url}: {says}")
    assert code in text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("sign_in", "says"),
    [
        ("cli", "Run az login"),
        ("workload-identity", "Are AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE set"),
        ("default", "Choose a way under azure.sign_in, or give token_env."),
    ],
)
def test_a_way_that_this_machine_does_not_have(
    entra: Entra, folder: Path, monkeypatch: pytest.MonkeyPatch, sign_in: str, says: str
) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "dev")
    text = refusal(estate_file(folder, *at(entra, sign_in)))
    assert says in text
    assert ".." not in text
    assert ("tried AzureCliCredential" in text) == (sign_in == "default")


def test_a_sign_in_host_that_is_not_there(entra: Entra, folder: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        lines = at(entra, f"{{{PRINCIPAL}, secret_env: S}}")
        away = [
            f"authority: https://127.0.0.1:{nobody.getsockname()[1]}" if "authority" in one else one for one in lines
        ]
        text = refusal(estate_file(folder, *away), S=SECRET)
    assert "the sign-in host did not answer: " in text
    assert "Check the network, the proxy and ca_file" in text


def test_a_sign_in_host_with_a_certificate_nobody_trusts(entra: Entra, folder: Path) -> None:
    trustme.CA().cert_pem.write_to_path(folder / "ca.pem")
    text = refusal(estate_file(folder, *at(entra, f"{{{PRINCIPAL}, secret_env: S}}")), S=SECRET)
    assert "the sign-in host did not answer: " in text
    assert "certificate verify failed" in text
    assert entra.forms == []


def test_a_certificate_file_without_a_key(entra: Entra, folder: Path) -> None:
    (folder / "sp.pem").write_bytes(entra.ca.cert_pem.bytes())
    text = refusal(estate_file(folder, *at(entra, f"{{{PRINCIPAL}, certificate_file: sp.pem}}")))
    assert "service-principal did not sign in" in text


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("sign_in: clii",), "azure.sign_in.method: must be 'default', 'cli', 'managed-identity'"),
        (("sign_in: {method: cli, client: x}",), "azure.sign_in.client: 'x' is not an id"),
        ((f"sign_in: {{method: cli, client: {CLIENT}}}",), "azure.sign_in: cli takes no client"),
        (("sign_in: service-principal",), "azure.sign_in: service-principal needs tenant and client"),
        ((f"sign_in: {{{PRINCIPAL}}}",), "give one of certificate_file, secret_env, secret_file and secret_keyring"),
        ((f"sign_in: {{{PRINCIPAL}, secret: {SECRET}}}",), "azure.sign_in.secret: is not known here; did you mean"),
        ((f"sign_in: {{{PRINCIPAL}, secret_env: NOT_SET}}",), "the environment variable NOT_SET is not set"),
        (("sign_in: cli", "token_env: T"), "azure: give one of token_env, token_file and sign_in"),
        (("cloud: germany",), "azure.cloud: must be 'public', 'china' or 'us-government', not 'germany'"),
        (("cloud: china", "endpoint: https://arm.example"), "azure: give cloud or endpoint, not both"),
        (("authority: https://login.example",), "azure: authority goes with endpoint"),
    ],
)
def test_a_sign_in_that_cannot_be_is_a_mistake(tmp_path: Path, lines: tuple[str, ...], says: str) -> None:
    told = "\n".join(problems_of(estate_file(tmp_path, *lines), {"T": "t"}))
    assert says in told
    assert SECRET not in told


@pytest.mark.parametrize("name", ["sp.pem", "secret"])
def test_keys_and_secrets_that_others_can_read_are_refused(entra: Entra, folder: Path, name: str) -> None:
    (folder / name).chmod(0o644)
    key = "certificate_file" if name == "sp.pem" else "secret_file"
    file = estate_file(folder, *at(entra, f"{{{PRINCIPAL}, {key}: {name}}}"))
    assert "can be read by others (mode 0644)" in "\n".join(problems_of(file, {}))
