"""What does the ActiveDirectory module answer on a domain controller?"""

from collections.abc import Iterator, Mapping

from drcheck.lab.cmdlets.objects import Call, CmdletError, Handler, LabNotImplementedError, PsObject, same_name
from drcheck.lab.state.directory import Domain, DomainController

AD = "Microsoft.ActiveDirectory.Management."
SUCCESS = 0
UNREACHABLE = 1722
"""``RPC_S_SERVER_UNAVAILABLE``."""


def domain_here(call: Call) -> tuple[Domain, DomainController]:
    """The domain of the controller that is asked; credentials do not travel from here to another one."""
    asked = call.text("Server") or call.text("Target") or "localhost"
    if asked.lower() not in {"localhost", "."} and not same_name(asked, call.host.name):
        raise CmdletError(f"ActiveDirectoryServer:0,{AD}Commands.{call.cmdlet.replace('-', '')}", "Access denied")
    for domain in call.world.domains:
        for controller in domain.controllers:
            if controller.host == call.host.name:
                return domain, controller
    message = "Unable to find a default server with Active Directory Web Services running."
    raise CmdletError(f"ActiveDirectoryServer:1355,{AD}Commands.{call.cmdlet.replace('-', '')}", message)


def get_domain_controller(call: Call) -> Iterator[PsObject]:
    """``Get-ADDomainController -Filter *``: every controller of the domain."""
    _everything(call)
    domain, _ = domain_here(call)
    for one in domain.controllers:
        values = {
            "Name": one.host.partition(".")[0].upper(),
            "HostName": one.host,
            "Domain": domain.name,
            "Forest": domain.name,
            "Site": one.site,
            "IPv4Address": one.address,
            "IsGlobalCatalog": one.global_catalog,
            "IsReadOnly": one.read_only,
            "Enabled": True,
            "OperatingSystem": "Windows Server 2022 Standard",
            "OperatingSystemVersion": "10.0 (20348)",
            "OperationMasterRoles": list(one.roles),
            "InvocationId": call.world.id_for("invocation", one.host),
            "LdapPort": 389,
        }
        yield PsObject(kind=f"{AD}ADDomainController", values=values, text=one.host, source=one)


def get_partner_metadata(call: Call) -> Iterator[PsObject]:
    """``Get-ADReplicationPartnerMetadata``: what the controller receives, per partition and partner."""
    if call.text("Target") is None:
        raise LabNotImplementedError(f"{call.cmdlet} without a target")
    domain, here = domain_here(call)
    for partner in domain.controllers:
        if partner.host != here.host and not partner.read_only:
            yield _partner(call, domain, here, partner)


def _partner(call: Call, domain: Domain, here: DomainController, partner: DomainController) -> PsObject:
    settings = f"CN=NTDS Settings,CN={partner.host.partition('.')[0].upper()},CN=Servers,CN={partner.site},CN=Sites"
    values = {
        "Server": here.host,
        "Partition": _dn(domain.name),
        "PartitionGuid": call.world.id_for("partition", domain.name),
        "Partner": f"{settings},CN=Configuration,{_dn(domain.name)}",
        "PartnerAddress": f"{call.world.id_for('dsa', partner.host)}._msdcs.{domain.name}",
        "PartnerGuid": call.world.id_for("dsa", partner.host),
        "PartnerType": "Inbound",
        "IntersiteTransportType": "IP" if partner.site != here.site else None,
        "LastReplicationAttempt": call.stamp(call.now - 60),
        "LastReplicationSuccess": call.stamp(call.now - here.behind_seconds),
        "LastReplicationResult": UNREACHABLE if here.failures else SUCCESS,
        "ConsecutiveReplicationFailures": here.failures,
        "ScheduledSync": True,
        "SyncOnStartup": True,
        "Writable": True,
    }
    return PsObject(kind=f"{AD}ADReplicationPartnerMetadata", values=values, text=partner.host, source=partner)


def get_replication_subnet(call: Call) -> Iterator[PsObject]:
    """``Get-ADReplicationSubnet -Filter *``: which prefixes belong to which AD site."""
    _everything(call)
    domain, _ = domain_here(call)
    for prefix, site in domain.subnets.items():
        values = {
            "Name": prefix,
            "Site": f"CN={site},CN=Sites,CN=Configuration,{_dn(domain.name)}",
            "Location": None,
            "DistinguishedName": f"CN={prefix},CN=Subnets,CN=Sites,CN=Configuration,{_dn(domain.name)}",
            "ObjectGUID": call.world.id_for("subnet", prefix),
        }
        yield PsObject(kind=f"{AD}ADReplicationSubnet", values=values, text=prefix, source=prefix)


def _everything(call: Call) -> None:
    if call.text("Filter") != "*":
        raise LabNotImplementedError(f"{call.cmdlet} with another filter than *")


def _dn(domain: str) -> str:
    return ",".join(f"DC={label}" for label in domain.split("."))


CMDLETS: Mapping[str, Handler] = {
    "Get-ADDomainController": get_domain_controller,
    "Get-ADReplicationPartnerMetadata": get_partner_metadata,
    "Get-ADReplicationSubnet": get_replication_subnet,
}
