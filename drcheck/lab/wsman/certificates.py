"""Who vouches for the lab's servers? A private authority, one certificate per simulated host."""

import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import trustme

LONG_AGO = datetime(2021, 1, 1, tzinfo=UTC)
SOON = timedelta(days=10)


@dataclass(frozen=True, kw_only=True)
class ServerCertificate:
    """A server's certificate, ready to listen with."""

    context: ssl.SSLContext
    digest: bytes
    """SHA-256 of the certificate (DER): the ``tls-server-end-point`` channel binding of RFC 5929."""


class Authority:
    """The certificate authority of one lab."""

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="drcheck lab")

    @property
    def pem(self) -> bytes:
        """The authority's own certificate: what a client has to trust."""
        return self._authority.cert_pem.bytes()

    def write(self, path: Path) -> None:
        """Write the authority's certificate to a file."""
        path.write_bytes(self.pem)

    def issue(self, *names: str, fault: str = "") -> ServerCertificate:
        """A certificate for host names and addresses; ``fault`` is one of the lab's TLS faults, or empty."""
        authority = trustme.CA(organization_name="somebody else") if fault == "untrusted" else self._authority
        subjects = ("elsewhere.invalid",) if fault == "wrong-name" else names
        soon = datetime.fromtimestamp(time.time(), UTC) + SOON  # whoever connects asks the real clock
        ends = {"expired": LONG_AGO, "expiring": soon}.get(fault)
        issued = authority.issue_cert(*subjects, not_after=ends)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        issued.configure_cert(context)
        context.verify_mode = ssl.CERT_OPTIONAL  # a client may sign in with a certificate; nobody has to have one
        self._authority.configure_trust(context)
        der = ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())
        return ServerCertificate(context=context, digest=sha256(der).digest())

    def write_client(self, user: str, path: Path) -> None:
        """Write a certificate that a user signs in with, key and chain in one PEM file for its owner only.

        Args:
            user: ``user@dns.domain``. Windows maps the UPN in the certificate; the lab puts it where mail goes.
            path: the file.
        """
        path.touch(mode=0o600)
        path.write_bytes(self._authority.issue_cert(user).private_key_and_cert_chain_pem.bytes())
