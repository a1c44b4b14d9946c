"""Why did signing in to a Windows machine fail, and what can the user do about it?

Libraries tell it in their own ways: pywinrm says only that credentials were rejected, Kerberos gives numbers of the
com_err tables in krb5.h, the others exceptions of packages that need not be installed and are known here by name.
"""

import re
from collections.abc import Iterator, Mapping

import requests
from msgspec import Struct
from requests import exceptions as http
from winrm.exceptions import AuthenticationError, WinRMError, WinRMTransportError

from drcheck.errors import AuthenticationFailed, RemoteFault, TlsFailed, TransportError
from drcheck.transport.winrm_session import WinRmEndpoint

REFUSED = {
    "basic": "Check user name and password; Basic takes local accounts only, and must be enabled on the machine.",
    "ntlm": "Check user name and password, and that nothing on the way opens TLS: the sign-in is bound to the "
    "machine's own certificate.",
    "kerberos": "Is the SPN HTTP/{name} registered on the machine's own account, is its clock right, and may this "
    "account sign in there?",
    "credssp": "Check user name and password, and that CredSSP is enabled there (Enable-WSManCredSSP -Role Server).",
    "certificate": "Is the certificate mapped to a local account there (winrm enumerate winrm/config/service/"
    "certmapping), and Certificate enabled?",
}
"""What a 401 can mean, by the way of signing in. Which accounts a way takes is from Ansible's "Windows Remote
Management" page (authentication options); a foreign certificate in between is told apart by nothing on the wire."""


class Case(Struct, frozen=True):
    """What happened, in the words of one of our errors."""

    error: type[TransportError]
    what: str
    remedy: str


class _Trouble(Struct, frozen=True):
    """One of Kerberos' own errors: its numbers, a part of the text that kinit prints for it, and what to do."""

    codes: tuple[int, ...]
    text: str
    what: str
    remedy: str


_TROUBLES = (
    _Trouble(
        (-1765328377,),
        "not found in Kerberos database",
        "Kerberos knows no service HTTP/{name}",
        "Register it (setspn -S HTTP/{name} <computer account>), and check the realm of {name} in krb5.conf.",
    ),
    _Trouble(
        (-1765328352,),
        "Ticket expired",
        "the Kerberos ticket of {user} has expired",
        "Get a new one (kinit {user}), or give the credential a password or a keytab_file.",
    ),
    _Trouble(
        (-1765328243, -1765328189, 39756044, 2529639053),
        "No credentials cache",
        "there is no Kerberos ticket of {user}",
        "Get one (kinit {user}; klist shows it), or give the credential a password or a keytab_file.",
    ),
    _Trouble(
        (-1765328347,),
        "Clock skew too great",
        "the clocks differ by more than Kerberos allows",
        "Set this machine's clock by the domain's, and check that of {name}.",
    ),
    _Trouble(
        (-1765328228, -1765328230),
        "any KDC|Cannot find KDC|Cannot resolve",
        "no Kerberos domain controller answers",
        "Write the realm of {user} as the domain has it (in capitals), and check its kdc in krb5.conf and port 88.",
    ),
    _Trouble(
        (-1765328360, -1765328353),
        "Password incorrect|Preauthentication failed|Cannot read password",
        "Kerberos refused the password of {user}",
        "Check the password, or renew the keytab_file.",
    ),
    _Trouble(
        (-1765328361,),
        "Password has expired",
        "the password of {user} has expired",
        "Change it in the domain.",
    ),
    _Trouble(
        (-1765328366, -1765328383),
        "credentials have been revoked",
        "the account {user} is disabled or locked",
        "Enable it in the domain.",
    ),
)
_UNKNOWN_USER = _Trouble(
    (-1765328378,),
    r"Client '.*' not found in Kerberos database",
    "Kerberos knows no user {user}",
    "Write the user as name@REALM, as the domain has it.",
)
_NUMBER = re.compile(r"-?\d{8,}")

_MUTUAL = (
    "the machine could not prove who it is, or the ticket ended meanwhile",
    "Is the SPN HTTP/{name} on its own account? klist shows the ticket's end.",
)
_FOREIGN: Mapping[str, tuple[str, str]] = {
    "MutualAuthenticationError": _MUTUAL,
    "KerberosExchangeError": ("Kerberos did not sign in", "Is there a valid ticket (klist)?"),
    "GSSError": ("Kerberos did not sign in", "Is there a valid ticket (klist)?"),
    "NTStatusException": ("the machine refused the credentials", REFUSED["credssp"]),
    "AuthenticationException": ("the machine refused the credentials", REFUSED["credssp"]),
    "NoCredentialsError": ("there is nothing to sign in with", "Check the credential in estate.yaml."),
    "SpnegoError": ("the credentials were refused", "Check the account's name and password."),
}
"""Errors of optional packages by type name, with what they say and what to do."""


def sign_in_case(endpoint: WinRmEndpoint, error: Exception) -> Case | None:
    """What an error says about signing in; ``None`` when it is about something else."""
    if isinstance(error, AuthenticationError) or (isinstance(error, PermissionError) and error.errno is None):
        # requests_ntlm raises a PermissionError of its own when its first leg is answered by no challenge.
        return _case(endpoint, "the credentials were refused", REFUSED[endpoint.transport])
    if isinstance(error, WinRMError) and "not installed" in str(error):
        remedy = f"Install it (pip install 'drcheck[{endpoint.transport}]'), or choose another way to sign in."
        return Case(AuthenticationFailed, f"{endpoint.transport} needs a package that is not installed", remedy)
    if isinstance(error, http.SSLError | requests.ConnectionError) and endpoint.transport == "certificate":
        return _of_certificate(error)
    if isinstance(error, WinRMTransportError) and error.code == 500 and not endpoint.https:
        remedy = "It takes encrypted messages only (AllowUnencrypted is false): use https, or another sign-in."
        return Case(RemoteFault, "the machine refused a message (HTTP status 500)", remedy)
    return _foreign(endpoint, error)


def kerberos_case(endpoint: WinRmEndpoint, text: str) -> Case:
    """What Kerberos said, by its numbers (whatever the language), or by kinit's words in English."""
    numbers = {int(found) for found in _NUMBER.findall(text)}
    for trouble in (_UNKNOWN_USER, *_TROUBLES):
        if numbers.intersection(trouble.codes) or (not numbers and re.search(trouble.text, text)):
            return _case(endpoint, trouble.what, trouble.remedy)
    said = " ".join(text.split())[:200]
    return _case(endpoint, f"Kerberos did not sign in ({said})", "Is there a valid ticket (klist)?")


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything inside it: requests wraps urllib3's errors in arguments, not in ``__cause__``."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__)
        waiting += [item for item in inner if isinstance(item, BaseException)]


def _case(endpoint: WinRmEndpoint, what: str, remedy: str) -> Case:
    words = {"name": endpoint.name, "user": endpoint.username or "this account"}
    return Case(AuthenticationFailed, what.format_map(words), remedy.format_map(words))


def _of_certificate(error: Exception) -> Case | None:
    text = " ".join(str(cause) for cause in causes(error))
    if "KEY_VALUES_MISMATCH" in text or "private key is encrypted" in text or "PEM lib" in text:
        what = "the client certificate and its key cannot be used"
        return Case(TlsFailed, what, "cert_file and key_file are PEM, belong together, and the key has no passphrase.")
    if "ALERT_PROTOCOL_VERSION" in text:
        what = "the machine speaks TLS 1.3 only, in which WinRM cannot ask for a client certificate"
        return Case(TlsFailed, what, "Allow TLS 1.2 there, or sign in another way.")
    if "CERTIFICATE_VERIFY_FAILED" not in text and ("ALERT" in text or "UNEXPECTED_EOF" in text):
        what = "the machine did not go on after it saw the client certificate"
        return Case(TlsFailed, what, "Is it in date, and its authority among the machine's trusted roots?")
    return None


def _foreign(endpoint: WinRmEndpoint, error: Exception) -> Case | None:
    found = {kind.__name__: cause for cause in causes(error) for kind in type(cause).__mro__}
    name = next((name for name in _FOREIGN if name in found), None)
    if name is None:
        return None
    if name in ("KerberosExchangeError", "GSSError"):
        return kerberos_case(endpoint, str(found[name]))
    return _case(endpoint, *_FOREIGN[name])
