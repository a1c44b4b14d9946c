"""Which machine, and which SQL Server instance on it, does a name mean that the far side wrote?"""

from msgspec import Struct

_SERVER = ("data source", "server", "address", "addr", "network address")
_MULTI_SUBNET = ("multisubnetfailover", "multi subnet failover")


class Place(Struct, frozen=True, kw_only=True):
    """Where an ADO.NET connection string connects to."""

    host: str
    """As written, without protocol, instance and port."""
    instance: str
    """``MSSQLSERVER`` when none is named."""
    multi_subnet_failover: bool


def place_of(connection_string: str) -> Place | None:
    """Where a connection string leads; ``None`` when it names no server."""
    values = _values(connection_string)
    written = next((values[name] for name in _SERVER if name in values), "")
    host, _, instance = _place(written).partition("\\")
    if not host.strip():
        return None
    parallel = next((values[name] for name in _MULTI_SUBNET if name in values), "")
    return Place(
        host=host.strip(),
        instance=instance.strip() or "MSSQLSERVER",
        multi_subnet_failover=parallel.lower() in ("true", "yes"),
    )


def full_name(name: str, domain: str) -> str:
    """A host name in lower case, completed with a domain when it is short, as the far side's resolver would do it."""
    name = name.strip().lower().rstrip(".")
    return f"{name}.{domain}" if name and domain and "." not in name else name


def host_meant(name: str, machine: str, domain: str) -> str:
    """The FQDN that a machine means by the name of a server, instance and port aside; its own has several spellings."""
    host = _place(name).partition("\\")[0].strip()
    return machine if host.lower() in {".", "(local)", "localhost"} else full_name(host, domain)


def _place(written: str) -> str:
    """Without protocol and port, as in ``tcp:sql1,1433``."""
    return written.strip().rpartition(":")[2].partition(",")[0]


def _values(connection_string: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in connection_string.split(";"))
    return {name.strip().lower(): value.strip().strip("\"'") for name, found, value in pairs if found}
