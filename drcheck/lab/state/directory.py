"""What of a simulated estate lies between machines: its domains, their controllers, and who can reach whom?"""

import hashlib
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class DomainController:
    """A domain controller. Its machine is the host of the same name, when the lab serves one."""

    host: str
    """FQDN, lower case."""
    site: str
    """AD site."""
    address: str
    global_catalog: bool = True
    read_only: bool = False
    roles: list[str] = field(default_factory=list)
    """FSMO roles it holds."""
    behind_seconds: float = 240.0
    """How long ago it last received changes from every partner."""
    failures: int = 0
    """Consecutive failures to receive them."""
    sysvol_ready: bool = True
    time_type: str = "NT5DS"
    """``NT5DS`` follows the domain, ``NTP`` the servers in ``time_servers``."""
    time_servers: str = "time.windows.com,0x9"


@dataclass(kw_only=True)
class Domain:
    """An Active Directory domain."""

    name: str
    controllers: list[DomainController] = field(default_factory=list)
    subnets: dict[str, str] = field(default_factory=dict)
    """Prefix -> AD site."""


@dataclass(kw_only=True)
class Paths:
    """Who can reach whom, where it is not what the machines' roles and states say."""

    ports: dict[tuple[str, str, int], str] = field(default_factory=dict)
    """(from, to, port) -> the outcome of a connection attempt; from may be a network (see ``lab.reaching``)."""
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    """(DNS server, name) -> the outcome of a question."""
    outside: set[str] = field(default_factory=set)
    """Host names on the internet that answer on port 443."""


def address_of(name: str) -> str:
    """The address that the estate's own DNS knows for a name: the same in every run, and no machine's real one."""
    digest = hashlib.sha256(name.lower().encode()).digest()
    return f"10.{100 + digest[0] % 100}.{digest[1]}.{1 + digest[2] % 250}"
