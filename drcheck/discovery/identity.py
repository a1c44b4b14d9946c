"""Which domain controllers are where, do they receive changes, and whose time do they follow?

Each controller that estate.yaml names is asked about its domain and about itself, and about nothing else: credentials
do not travel from a WinRM session to a second machine. Properties are those that public scripts read; they are
unverified on a real controller.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from drcheck.discovery import WindowsAsk, WindowsCollector
from drcheck.query import Cmdlet, Registry, WindowsQuery
from drcheck.topology.base import Target
from drcheck.topology.identity import AdSubnet, ControllerService, DomainController, ReplicationPartner

ROLE = "identity"
MODULE = "ActiveDirectory"
SERVICES = r"HKLM:\SYSTEM\CurrentControlSet\Services"

CONTROLLERS = Cmdlet(
    id="ad-controllers",
    module=MODULE,
    cmdlet="Get-ADDomainController",
    select=(
        "HostName",
        "Name",
        "Domain",
        "Forest",
        "Site",
        "IPv4Address",
        "IsGlobalCatalog",
        "IsReadOnly",
        "Enabled",
        "OperationMasterRoles",
        "OperatingSystem",
    ),
    params={"Filter": "*", "Server": "<itself>"},
)
PARTNERS = Cmdlet(
    id="ad-partners",
    module=MODULE,
    cmdlet="Get-ADReplicationPartnerMetadata",
    select=(
        "Partition",
        "Partner",
        "PartnerType",
        "LastReplicationAttempt",
        "LastReplicationSuccess",
        "LastReplicationResult",
        "ConsecutiveReplicationFailures",
    ),
    params={"Target": "<itself>"},
)
SUBNETS = Cmdlet(
    id="ad-subnets",
    module=MODULE,
    cmdlet="Get-ADReplicationSubnet",
    select=("Name", "Site"),
    params={"Filter": "*", "Server": "<itself>"},
)
NETLOGON = Registry(id="netlogon", key=rf"{SERVICES}\Netlogon\Parameters", values=("SysvolReady",))
TIME = Registry(id="w32time", key=rf"{SERVICES}\W32Time\Parameters", values=("Type", "NtpServer"))


def of_itself(query: WindowsQuery, target: Target) -> WindowsQuery:
    """The controller by its own name: without one, the module looks for whichever controller is near."""
    named = replace(query, id=f"{query.id}@{target.endpoint}")
    if not isinstance(named, Cmdlet):
        return named
    given = {name: target.endpoint if name in ("Server", "Target") else value for name, value in named.params.items()}
    return replace(named, params=given)


def controllers(ask: WindowsAsk, _target: Target) -> Iterator[DomainController]:
    """Every controller of the domain."""
    for row in ask.rows(CONTROLLERS):
        host = row.text("HostName").lower()
        yield DomainController(
            key=host,
            seen=ask.seen(CONTROLLERS),
            name=row.text("Name"),
            host=host,
            domain=row.text("Domain").lower(),
            forest=row.text("Forest").lower(),
            ad_site=row.text_or_none("Site") or "",
            address=row.text_or_none("IPv4Address") or "",
            global_catalog=row.flag("IsGlobalCatalog"),
            read_only=row.flag("IsReadOnly"),
            enabled=row.flag_or_none("Enabled") if row.has("Enabled") else None,
            fsmo_roles=tuple(row.texts("OperationMasterRoles")),
            operating_system=row.text_or("OperatingSystem", ""),
        )


def partners(ask: WindowsAsk, target: Target) -> Iterator[ReplicationPartner]:
    """What the controller receives, and from whom."""
    for row in ask.rows(PARTNERS):
        partition, partner = row.text("Partition"), row.text("Partner")
        yield ReplicationPartner(
            key=f"{target.endpoint}/{partition}/{partner}".lower(),
            seen=ask.seen(PARTNERS),
            host=target.endpoint,
            partition=partition,
            partner=partner,
            partner_type=row.text("PartnerType"),
            last_attempt=row.when_or_none("LastReplicationAttempt"),
            last_success=row.when_or_none("LastReplicationSuccess"),
            last_result=row.integer("LastReplicationResult"),
            consecutive_failures=row.integer("ConsecutiveReplicationFailures"),
        )


def subnets(ask: WindowsAsk, _target: Target) -> Iterator[AdSubnet]:
    """Every subnet that the directory knows, with its site."""
    for row in ask.rows(SUBNETS):
        prefix = row.text("Name")
        yield AdSubnet(key=prefix, seen=ask.seen(SUBNETS), name=prefix, ad_site=_common_name(row.text_or("Site", "")))


def services(ask: WindowsAsk, target: Target) -> Iterator[ControllerService]:
    """What Netlogon and the time service are set to."""
    netlogon, time = ask.rows(NETLOGON)[0], ask.rows(TIME)[0]
    named = time.text_or_none("NtpServer") if time.has("NtpServer") else None
    yield ControllerService(
        key=target.endpoint,
        seen=ask.seen(TIME),
        host=target.endpoint,
        sysvol_ready=netlogon.truth("SysvolReady") if netlogon.has("SysvolReady") else None,
        time_type=time.text("Type") if time.has("Type") else None,
        time_servers=None if named is None else tuple(peer.partition(",")[0] for peer in named.split()),
    )


def _common_name(distinguished: str) -> str:
    """``Leeds`` of ``CN=Leeds,CN=Sites,…``."""
    return distinguished.partition(",")[0].removeprefix("CN=")


COLLECTORS = (
    WindowsCollector(kind=DomainController, queries=(CONTROLLERS,), read=controllers, fill=of_itself),
    WindowsCollector(kind=ReplicationPartner, queries=(PARTNERS,), read=partners, fill=of_itself),
    WindowsCollector(kind=AdSubnet, queries=(SUBNETS,), read=subnets, fill=of_itself),
    WindowsCollector(kind=ControllerService, queries=(NETLOGON, TIME), read=services, fill=of_itself),
)
