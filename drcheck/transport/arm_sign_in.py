"""As whom is Azure asked? Azure's own library signs in; what it complains of becomes one line with a remedy."""

import logging
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from azure.core.credentials import AccessToken, TokenCredential
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError

from drcheck.errors import AuthenticationFailed
from drcheck.estate.model import AzureSignIn
from drcheck.estate.secret import Secret
from drcheck.transport.arm_endpoint import ArmEndpoint
from drcheck.transport.arm_errors import causes_of, one_line

# Without a handler of its own, Python prints its pages of advice on stderr in the middle of our output.
logging.getLogger("azure.identity").addHandler(logging.NullHandler())

TOKEN_NEVER_EXPIRES = 4102444800
"""2100-01-01; a given token's real end is told by a 401."""

_UNTRUSTED = "the application does not trust the workload's token"
_CODES: Mapping[str, tuple[str, str]] = {
    "AADSTS7000215": ("the client secret is wrong", "Give the secret's value, not its id, or make a new one."),
    "AADSTS7000222": ("the client secret has expired", "Make a new one, or use a certificate."),
    "AADSTS700016": ("the tenant has no application with this client id", "Check tenant and client."),
    "AADSTS90002": ("there is no such tenant in this cloud", "Check tenant, and cloud."),
    "AADSTS700027": ("the application does not know the certificate", "Upload the certificate to the application."),
    "AADSTS70021": (_UNTRUSTED, "Compare the federated credential's issuer and subject with the workload's."),
    "AADSTS700211": (_UNTRUSTED, "Compare the federated credential's issuer with the workload's."),
    "AADSTS700213": (_UNTRUSTED, "Compare the federated credential's subject with the workload's."),
    "AADSTS700024": ("the assertion is out of date", "Set this machine's clock, and check that the token is renewed."),
    "AADSTS53003": ("conditional access does not allow the sign-in", "Exempt the identity, or run elsewhere."),
}
"""What the sign-in service's codes mean (learn.microsoft.com, Microsoft Entra authentication error codes)."""

_REMEDIES: Mapping[str, str] = {
    "default": "Choose a way under azure.sign_in, or give token_env.",
    "cli": "Run az login, and az cloud set for another cloud than the public one.",
    "managed-identity": "Has this machine an identity, and may it reach 169.254.169.254? One of several needs client.",
    "workload-identity": "Are AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE set, or declared?",
    "service-principal": "Check tenant, client, and the secret or certificate.",
}
_TRIED = re.compile(r"^\s*(\w+Credential): ", re.MULTILINE)
_NO_ANSWER = "Check the network, the proxy and ca_file; the machine must reach the sign-in host, too."


class StaticToken:
    """A credential that is a given token."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """The token, whatever it is asked for."""
        return AccessToken(self._token.reveal(), TOKEN_NEVER_EXPIRES)


class SignedIn:
    """A credential of azure-identity whose errors are ours.

    Args:
        make: makes it; what is wrong with its files is told when a token is first asked for.
        endpoint: whom the tokens are for.
    """

    def __init__(self, make: Callable[[], TokenCredential], endpoint: ArmEndpoint) -> None:
        self._make = make
        self._endpoint = endpoint
        self._making = threading.Lock()
        self._inner: TokenCredential | None = None

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token.

        Raises:
            AuthenticationFailed: there is none, and why.
        """
        try:
            return self._made().get_token(*scopes, **options)
        except (AzureError, ValueError, OSError) as error:
            raise _told(self._endpoint, error) from error

    def _made(self) -> TokenCredential:
        with self._making:
            if self._inner is None:
                self._inner = self._make()
            return self._inner


def credential_for(endpoint: ArmEndpoint) -> TokenCredential:
    """The endpoint's own token, else what signs in as declared; may be shared by clients."""
    if endpoint.token is not None:
        return StaticToken(endpoint.token)
    return SignedIn(lambda: _made(endpoint), endpoint)


def _made(endpoint: ArmEndpoint) -> TokenCredential:
    from azure import identity  # noqa: PLC0415  # half a second that a given token saves

    chosen = endpoint.sign_in
    ids = {"tenant_id": chosen.tenant, "client_id": chosen.client}
    known = {name: value for name, value in ids.items() if value}
    if chosen.method == "cli":
        return identity.AzureCliCredential(tenant_id=chosen.tenant, process_timeout=_whole(endpoint.total_seconds))
    if chosen.method == "managed-identity":
        return identity.ManagedIdentityCredential(client_id=chosen.client or None, **_limits(endpoint))
    options = {**_limits(endpoint), **_authority(endpoint)}
    if chosen.method == "workload-identity":
        path = {"token_file_path": str(chosen.token_file)} if chosen.token_file else {}
        return identity.WorkloadIdentityCredential(**known, **path, **options)
    if chosen.certificate_file is not None:
        return identity.CertificateCredential(**ids, certificate_path=str(chosen.certificate_file), **options)
    if chosen.secret is not None:
        return identity.ClientSecretCredential(**ids, client_secret=chosen.secret.reveal(), **options)
    return identity.DefaultAzureCredential(
        exclude_interactive_browser_credential=True,  # drcheck runs where nobody can answer
        exclude_broker_credential=True,
        exclude_visual_studio_code_credential=True,
        exclude_shared_token_cache_credential=True,
        process_timeout=_whole(endpoint.total_seconds),
        **options,
    )


def _limits(endpoint: ArmEndpoint) -> dict[str, Any]:
    """Azure's own would wait for minutes; the authority's file is the same as for the resource manager."""
    return {
        "connection_timeout": endpoint.connect_seconds,
        "read_timeout": min(endpoint.total_seconds, 30.0),
        "timeout": endpoint.total_seconds,
        "retry_total": 2,
        **({"connection_verify": str(endpoint.ca_file)} if endpoint.ca_file else {}),
    }


def _authority(endpoint: ArmEndpoint) -> dict[str, Any]:
    if endpoint.sign_in_host:
        # A host that the public cloud need not know of, and must not be asked about.
        return {"authority": endpoint.sign_in_host, "disable_instance_discovery": True}
    return {} if endpoint.authority is None else {"authority": endpoint.authority}


def _whole(seconds: float) -> int:
    return max(1, int(seconds))


def _told(endpoint: ArmEndpoint, error: Exception) -> AuthenticationFailed:
    """The error in our own words: the library's type does not tell a refusal from no answer at all."""
    chosen: AzureSignIn = endpoint.sign_in
    text = one_line(str(error)).rstrip(".")
    inside = list(causes_of(error))
    what, remedy = f"{chosen.method} did not sign in: {text}", _REMEDIES[chosen.method]
    if chosen.method == "default" and (tried := _TRIED.findall(str(error))):
        what = f"nothing on this machine signs in (tried {', '.join(tried)})"
    code = next((code for code in sorted(_CODES, key=len, reverse=True) if f"{code}:" in text), "")
    if code:
        what, remedy = f"{_CODES[code][0]} ({code})", _CODES[code][1]
    elif any(isinstance(cause, ServiceRequestError | ServiceResponseError) for cause in inside):
        what, remedy = f"the sign-in host did not answer: {one_line(str(inside[-1]))}", _NO_ANSWER
    if chosen.secret is not None:
        what = chosen.secret.hide_in(what)
    return AuthenticationFailed(endpoint.label, what, remedy)
