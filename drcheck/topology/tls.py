"""Which TLS does a Windows machine speak, as its registry says, when it calls somebody?

What Windows does where a value is not there: Microsoft, "TLS/SSL (Schannel SSP) protocols" (TLS 1.2 is on since Windows
Server 2012) and "Transport Layer Security registry settings"; for programs of .NET Framework, "TLS best practices with
.NET Framework" (those built for 4.7 and later follow Windows, older ones do not).
"""

from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Derived, Fact, Topology


class Protocol(Struct, frozen=True, kw_only=True, gc=False):
    r"""What ``SCHANNEL\Protocols\TLS <version>\Client`` says; ``None``: the value does not exist."""

    version: str
    """``1.0``, ``1.1`` or ``1.2``."""
    enabled: int | None
    disabled_by_default: int | None

    @property
    def on(self) -> bool | None:
        """Switched on, switched off, or left to Windows (``None``)."""
        if self.enabled == 0 or self.disabled_by_default not in (None, 0):
            return False
        return None if self.enabled is None and self.disabled_by_default is None else True


class Framework(Struct, frozen=True, kw_only=True, gc=False):
    """What one of the registry's halves says to .NET Framework 4; ``None``: the value does not exist."""

    bits: int
    """64 or 32."""
    strong_crypto: int | None
    """``SchUseStrongCrypto``."""
    system_default: int | None
    """``SystemDefaultTlsVersions``."""


class HostTls(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """The settings of a Hyper-V host. Key: its FQDN, lower case."""

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "TLS settings"

    host: str
    protocols: tuple[Protocol, ...]
    frameworks: tuple[Framework, ...]


class NodeTls(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """The settings of a machine of a VMM deployment. Key: its FQDN, lower case."""

    ROLE: ClassVar[str] = "vmm-node"
    SUBJECT: ClassVar[str] = "TLS settings"

    host: str
    protocols: tuple[Protocol, ...]
    frameworks: tuple[Framework, ...]


class TlsMachine(Derived, frozen=True, kw_only=True, gc=False):
    """A machine that talks to Site Recovery: a Hyper-V host or a server of VMM. Key: ``tls:<FQDN>``."""

    SUBJECT: ClassVar[str] = "Windows machine"
    FROM: ClassVar[tuple[type[Fact], ...]] = (HostTls, NodeTls)

    name: str
    host: str
    protocols: tuple[Protocol, ...]
    frameworks: tuple[Framework, ...]

    @classmethod
    def derive(cls, topology: Topology) -> "Iterator[TlsMachine]":
        """Every machine once, whatever its roles."""
        known: dict[str, HostTls | NodeTls] = {one.key: one for one in topology.seen(NodeTls)}
        known |= {one.key: one for one in topology.seen(HostTls)}
        for key, one in sorted(known.items()):
            yield cls(
                key=f"tls:{key}", seen=one.seen, name=one.host, host=one.host, protocols=one.protocols,
                frameworks=one.frameworks,
            )  # fmt: skip
