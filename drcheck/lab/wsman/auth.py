"""Who is on the other end of this connection? Every way of signing in that WinRM has, over HTTPS and plain HTTP."""

import base64
import binascii
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import spnego
from aiohttp import web
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from drcheck.lab.wsman.sealing import Plain, Seal, Sealed, Unreadable, kind_of

OFFERS = ("Negotiate", 'Basic realm="WSMAN"', "CredSSP")
"""What an HTTPS listener with Basic and CredSSP enabled offers to a client that has not signed in."""
OFFERS_IN_THE_CLEAR = ("Negotiate", "CredSSP")
"""What a plain HTTP listener offers: never Basic, which would show the password."""

MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
"""What a client that signs in with its TLS certificate sends as ``Authorization`` (DSP0226, security profiles)."""

KERBEROS = bytes.fromhex("06092a864886f712010202")
"""The object identifier 1.2.840.113554.1.2.2, with which a Kerberos token begins that is not wrapped in SPNEGO."""
KERBEROS_NAME = "kerberos"

_ACCEPTOR = threading.Lock()
"""pyspnego's acceptor finds accounts and keys through environment variables, of which a process has one set."""


@dataclass(frozen=True, kw_only=True)
class Account:
    r"""A Windows account; it may be written ``DOMAIN\user`` or ``user@dns.domain``."""

    domain: str
    """NetBIOS name."""
    dns_domain: str
    user: str
    password: str

    @property
    def name(self) -> str:
        r"""``DOMAIN\user``."""
        return f"{self.domain}\\{self.user}"

    @property
    def principal(self) -> str:
        """``user@dns.domain``."""
        return f"{self.user}@{self.dns_domain}"

    def accepts(self, name: str, password: str) -> bool:
        """Whether these are its name, in either form and any case, and its password."""
        return name.lower() in (self.name.lower(), self.principal.lower()) and password == self.password

    def write(self, path: Path) -> None:
        """Write it as the account file of pyspnego's NTLM acceptor (``DOMAIN:user:password``), for both forms."""
        lines = (f"{self.domain}:{self.user}:{self.password}", f":{self.principal}:{self.password}")
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


class SignInRequired(Exception):
    """The request is not signed in; ``offers`` are the ``WWW-Authenticate`` headers of the 401."""

    def __init__(self, *offers: str) -> None:
        super().__init__("not signed in")
        self.offers = offers or OFFERS


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A client that has signed in."""

    user: str
    reply: str = ""
    """``WWW-Authenticate`` of the answer, by which the host proves itself in turn; often empty."""
    context: spnego.ContextProxy | None = None
    """Holds the keys of the connection; ``None`` when nothing can be encrypted with this way of signing in."""

    def open(self, content_type: str, body: bytes) -> tuple[bytes, Seal]:
        """The plain text of a message, and what seals its answer; raises ``Unreadable``."""
        kind = kind_of(content_type)
        if not kind:
            return body, Plain()
        if self.context is None:
            raise Unreadable("nobody has keys for it")
        seal = Sealed(context=self.context, kind=kind)
        return seal.take(body), seal


@dataclass(frozen=True, kw_only=True)
class Acceptor:
    """What a host accepts NTLM, Kerberos and CredSSP with.

    Kerberos is accepted only with a keytab, and needs the packages gssapi and krb5.
    """

    hostname: str
    accounts: Path
    """The account as a file; see ``Account.write``."""
    digest: bytes
    """SHA-256 of the host's certificate, which NTLM clients bind their response to."""
    keytab: Path | None = None
    """Keys of ``HTTP/<hostname>``."""

    def context(self, scheme: str, token: bytes, *, secure: bool) -> spnego.ContextProxy:
        """A context for a client's first token."""
        if scheme == "credssp":
            return spnego.server(protocol="credssp")
        if KERBEROS in token[:32]:
            return spnego.server(protocol="kerberos", hostname=self.hostname, service="HTTP")
        protocol = "ntlm" if token.startswith(b"NTLMSSP\0") else "negotiate"
        bindings = GssChannelBindings(application_data=b"tls-server-end-point:" + self.digest) if secure else None
        return spnego.server(protocol=protocol, channel_bindings=bindings)


class Authenticator:
    """Signs clients in at one host; tokens sign in the connection, a password or a certificate every request.

    Args:
        account: the only account that may sign in.
        acceptor: what tokens are accepted with.
    """

    def __init__(self, account: Account, acceptor: Acceptor) -> None:
        self._account = account
        self._acceptor = acceptor
        self._contexts: WeakKeyDictionary[object, spnego.ContextProxy] = WeakKeyDictionary()
        self._signed_in: WeakKeyDictionary[object, SignedIn] = WeakKeyDictionary()

    def check(self, request: web.Request) -> SignedIn:
        """The client that sends this request; raises ``SignInRequired``."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() in ("negotiate", "ntlm", "credssp"):
            return self._negotiate(request, scheme, token)
        if scheme.lower() == "basic" and request.secure:
            return self._basic(token)
        if scheme == MUTUAL:
            return self._certificate(request)
        client = self._signed_in.get(request.transport)
        if client is None:
            raise _required(request)
        return client

    def _basic(self, token: str) -> SignedIn:
        try:
            name, _, password = base64.b64decode(token, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise SignInRequired from error
        if not self._account.accepts(name, password):
            raise SignInRequired
        return SignedIn(user=self._account.name)

    def _certificate(self, request: web.Request) -> SignedIn:
        """TLS has already checked that our authority signed it; what is left is whose it is."""
        certificate = request.get_extra_info("peercert") or {}
        if ("email", self._account.principal) not in certificate.get("subjectAltName", ()):
            raise _required(request)
        return SignedIn(user=self._account.name)

    def _negotiate(self, request: web.Request, scheme: str, token: str) -> SignedIn:
        connection = request.transport
        try:
            reply, context = self._step(request, scheme.lower(), base64.b64decode(token, validate=True))
        except (SpnegoError, ValueError, struct.error) as error:
            self._contexts.pop(connection, None)
            raise _required(request) from error
        answer = f"{scheme} {base64.b64encode(reply).decode()}" if reply else ""
        if not context.complete:
            raise SignInRequired(answer or scheme)
        self._contexts.pop(connection, None)
        if KERBEROS_NAME in (context.negotiated_protocol or "") and not self._is_ours(context.client_principal or ""):
            raise _required(request)
        client = SignedIn(user=self._account.name, context=context)
        self._signed_in[connection] = client
        return SignedIn(user=client.user, context=context, reply=answer)

    def _step(self, request: web.Request, scheme: str, token: bytes) -> tuple[bytes, spnego.ContextProxy]:
        """Take one leg of the exchange; the reply to it, and the context that has taken it."""
        with _environment(NTLM_USER_FILE=self._acceptor.accounts, KRB5_KTNAME=self._acceptor.keytab):
            context = self._contexts.get(request.transport)
            if context is None:
                context = self._acceptor.context(scheme, token, secure=request.secure)
                self._contexts[request.transport] = context
            reply = context.step(token)
        return reply or b"", context

    def _is_ours(self, principal: str) -> bool:
        return principal.rstrip("\0").lower() == self._account.principal.lower()


def _required(request: web.Request) -> SignInRequired:
    return SignInRequired(*(OFFERS if request.secure else OFFERS_IN_THE_CLEAR))


@contextmanager
def _environment(**paths: Path | None) -> Iterator[None]:
    """Point pyspnego's acceptor at this lab's files, for the time of one step."""
    wanted = {name: str(path) for name, path in paths.items() if path is not None}
    with _ACCEPTOR:
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
