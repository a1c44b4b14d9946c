"""Who is on the other end of this connection? Basic, NTLM and certificate sign-in as WinRM has them over HTTPS."""

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

OFFERS = ("Negotiate", 'Basic realm="WSMAN"')
"""What a WinRM listener with Basic enabled offers to a client that has not signed in."""

MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
"""What a client that signs in with its TLS certificate sends as ``Authorization`` (DSP0226, security profiles)."""

_ACCEPTOR = threading.Lock()
"""pyspnego's acceptor finds its accounts through an environment variable, which is one per process."""


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


class Authenticator:
    """Signs clients in at one host; NTLM signs in the connection, the others every request.

    Args:
        account: the only account that may sign in.
        account_file: the same account as a file (see ``Account.write``).
        digest: SHA-256 of the host's certificate, which NTLM clients bind their response to.
    """

    def __init__(self, account: Account, account_file: Path, digest: bytes) -> None:
        self._account = account
        self._file = account_file
        self._bindings = GssChannelBindings(application_data=b"tls-server-end-point:" + digest)
        self._contexts: WeakKeyDictionary[object, spnego.ContextProxy] = WeakKeyDictionary()
        self._signed_in: WeakKeyDictionary[object, str] = WeakKeyDictionary()

    def check(self, request: web.Request) -> str:
        """The user who sends this request; raises ``SignInRequired``."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            return self._basic(token)
        if scheme == MUTUAL:
            return self._certificate(request)
        if scheme.lower() in ("negotiate", "ntlm"):
            return self._negotiate(request.transport, scheme, token)
        user = self._signed_in.get(request.transport)
        if user is None:
            raise SignInRequired
        return user

    def _basic(self, token: str) -> str:
        try:
            name, _, password = base64.b64decode(token, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise SignInRequired from error
        if not self._account.accepts(name, password):
            raise SignInRequired
        return self._account.name

    def _certificate(self, request: web.Request) -> str:
        """TLS has already checked that our authority signed it; what is left is whose it is."""
        certificate = request.get_extra_info("peercert") or {}
        if ("email", self._account.principal) not in certificate.get("subjectAltName", ()):
            raise SignInRequired
        return self._account.name

    def _negotiate(self, connection: object, scheme: str, token: str) -> str:
        try:
            reply, complete = self._step(connection, base64.b64decode(token, validate=True))
        except (SpnegoError, ValueError, struct.error) as error:
            self._contexts.pop(connection, None)
            raise SignInRequired from error
        if not complete:
            raise SignInRequired(f"{scheme} {base64.b64encode(reply).decode()}")
        self._contexts.pop(connection, None)
        self._signed_in[connection] = self._account.name
        return self._account.name

    def _step(self, connection: object, token: bytes) -> tuple[bytes, bool]:
        """Take one leg of the exchange; the reply to it, and whether the client is signed in."""
        with _accounts(self._file):
            context = self._contexts.get(connection)
            if context is None:
                protocol = "ntlm" if token.startswith(b"NTLMSSP\0") else "negotiate"
                context = spnego.server(protocol=protocol, channel_bindings=self._bindings)
                self._contexts[connection] = context
            reply = context.step(token)
        return reply or b"", context.complete


@contextmanager
def _accounts(path: Path) -> Iterator[None]:
    """Point pyspnego's acceptor at this lab's account file, for the time of one step."""
    with _ACCEPTOR:
        before = os.environ.get("NTLM_USER_FILE")
        os.environ["NTLM_USER_FILE"] = str(path)
        try:
            yield
        finally:
            if before is None:
                del os.environ["NTLM_USER_FILE"]
            else:
                os.environ["NTLM_USER_FILE"] = before
