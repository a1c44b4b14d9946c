"""Which registry values say what TLS a Windows machine speaks? Asked of Hyper-V hosts and VMM's machines alike."""

from collections.abc import Callable, Sequence

from drcheck.query import Registry
from drcheck.topology.tls import Framework, Protocol
from drcheck.transport.row import Row

_SCHANNEL = r"HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols"
_NET = {64: r"HKLM:\SOFTWARE\Microsoft\.NETFramework", 32: r"HKLM:\SOFTWARE\WOW6432Node\Microsoft\.NETFramework"}

PROTOCOLS = {
    version: Registry(
        id=f"tls-{version}-client",
        key=rf"{_SCHANNEL}\TLS {version}\Client",
        values=("Enabled", "DisabledByDefault"),
    )
    for version in ("1.0", "1.1", "1.2")
}
FRAMEWORKS = {
    bits: Registry(
        id=f"dotnet-{bits}", key=rf"{key}\v4.0.30319", values=("SchUseStrongCrypto", "SystemDefaultTlsVersions")
    )
    for bits, key in _NET.items()
}
QUESTIONS = (*PROTOCOLS.values(), *FRAMEWORKS.values())


def protocols(rows: Callable[[Registry], Sequence[Row]]) -> tuple[Protocol, ...]:
    """What Schannel is told, for each version."""
    return tuple(
        Protocol(
            version=version,
            enabled=_number(rows(query)[0], "Enabled"),
            disabled_by_default=_number(rows(query)[0], "DisabledByDefault"),
        )
        for version, query in PROTOCOLS.items()
    )


def frameworks(rows: Callable[[Registry], Sequence[Row]]) -> tuple[Framework, ...]:
    """What .NET Framework is told, in each half of the registry."""
    return tuple(
        Framework(
            bits=bits,
            strong_crypto=_number(rows(query)[0], "SchUseStrongCrypto"),
            system_default=_number(rows(query)[0], "SystemDefaultTlsVersions"),
        )
        for bits, query in FRAMEWORKS.items()
    )


def _number(row: Row, name: str) -> int | None:
    return row.maybe(name, row.integer)
