"""What machines can reach and resolve from where they are, as tried by themselves."""

from datetime import datetime
from typing import ClassVar

from drcheck.topology.base import Fact


class Connection(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """One attempt to connect. Key: ``<from>><host>:<port>``, with ``/tls`` when a TLS server is expected there."""

    ROLE: ClassVar[str] = "reach"
    SUBJECT: ClassVar[str] = "connection"

    host: str
    """Who tried: FQDN, lower case."""
    to: str
    port: int
    outcome: str
    """``open``, ``refused``, ``timed-out``, ``unreachable``, ``name-not-resolved`` or ``failed``."""
    address: str
    """The address tried last; empty when the name has none."""
    detail: str
    """The socket error's name, or why TLS failed; empty when all went well."""
    milliseconds: int | None
    tls_outcome: str | None = None
    """``ok`` when the handshake succeeded, ``failed``, ``None`` when none was tried."""
    tls_protocol: str = ""
    tls_subject: str = ""
    tls_issuer: str = ""
    tls_expires: datetime | None = None
    tls_thumbprint: str = ""
    tls_names: tuple[str, ...] = ()
    """DNS names of the certificate."""
    tls_errors: tuple[str, ...] = ()
    """What the machine has against the certificate: ``RemoteCertificateNameMismatch``,
    ``RemoteCertificateChainErrors``, ``RemoteCertificateNotAvailable``; empty when it trusts it."""

    @property
    def title(self) -> str:
        """From where to where."""
        return f"{self.host} -> {self.to}:{self.port}"


class NameAnswer(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What one DNS server answered about a name. Key: ``<from>><server>/<name>``."""

    ROLE: ClassVar[str] = "dns"
    SUBJECT: ClassVar[str] = "DNS answer"

    host: str
    """Who asked: FQDN, lower case."""
    server: str
    name: str
    outcome: str
    """``answered``, ``no-such-name``, ``no-records``, ``server-failure``, ``refused`` or ``no-answer``."""
    addresses: tuple[str, ...]
    aliases: tuple[str, ...]
    ttl_seconds: int | None
    """The shortest of the records that led to an address."""
    milliseconds: int | None

    @property
    def title(self) -> str:
        """The name and who was asked."""
        return f"{self.name} at {self.server}"
