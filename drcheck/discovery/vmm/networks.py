"""How does VMM model networks: logical networks, their sites, VM networks, subnets and address pools?"""

from collections.abc import Iterator

from drcheck.discovery import WindowsAsk
from drcheck.discovery.vmm.server import MODULE, after_server
from drcheck.query import Cmdlet
from drcheck.topology.base import Target
from drcheck.topology.vmm import VmNetwork
from drcheck.topology.vmm_network import NetworkSite, StaticIpPool, SubnetVlan, VmmLogicalNetwork, VmSubnet
from drcheck.transport.row import Row

NETWORKS = Cmdlet(
    id="vmm-networks",
    module=MODULE,
    cmdlet="Get-SCVMNetwork",
    select=("ID", "Name", "LogicalNetwork.Name", "LogicalNetwork.ID", "IsolationType"),
)
LOGICAL = Cmdlet(
    id="vmm-logical-networks",
    module=MODULE,
    cmdlet="Get-SCLogicalNetwork",
    select=("ID", "Name", "NetworkVirtualizationEnabled", "IsLogicalNetworkDefinitionIsolated", "IsPVLAN"),
)
SITES = Cmdlet(
    id="vmm-network-sites",
    module=MODULE,
    cmdlet="Get-SCLogicalNetworkDefinition",
    select=("ID", "Name", "LogicalNetwork.ID", "HostGroups.Path", "SubnetVLans.Subnet", "SubnetVLans.VLanID"),
)
SUBNETS = Cmdlet(
    id="vmm-subnets",
    module=MODULE,
    cmdlet="Get-SCVMSubnet",
    select=("ID", "Name", "VMNetwork.ID", "SubnetVLans.Subnet", "SubnetVLans.VLanID"),
)
POOLS = Cmdlet(
    id="vmm-ip-pools",
    module=MODULE,
    cmdlet="Get-SCStaticIPAddressPool",
    select=(
        "ID",
        "Name",
        "LogicalNetworkDefinition.ID",
        "LogicalNetworkDefinition.LogicalNetwork.ID",
        "VMSubnet.ID",
        "VMSubnet.VMNetwork.ID",
        "Subnet",
        "IPAddressRangeStart",
        "IPAddressRangeEnd",
        "TotalAddresses",
        "AvailableAddresses",
        "DefaultGateways.IPAddress",
        "DNSServers",
    ),
)


def networks(ask: WindowsAsk, _target: Target) -> Iterator[VmNetwork]:
    """Every VM network."""
    for row in after_server(ask, NETWORKS):
        yield VmNetwork(
            key=row.text("ID").lower(),
            seen=ask.seen(NETWORKS),
            name=row.text("Name"),
            logical_network=row.text_or_none("LogicalNetwork.Name") or "",
            isolation=row.text_or_none("IsolationType") or "",
            logical_network_id=row.text_or("LogicalNetwork.ID", "").lower(),
        )


def logical_networks(ask: WindowsAsk, _target: Target) -> Iterator[VmmLogicalNetwork]:
    """Every logical network."""
    for row in after_server(ask, LOGICAL):
        yield VmmLogicalNetwork(
            key=row.text("ID").lower(),
            seen=ask.seen(LOGICAL),
            name=row.text("Name"),
            network_virtualization=row.flag("NetworkVirtualizationEnabled"),
            isolated_sites=row.flag("IsLogicalNetworkDefinitionIsolated"),
            private_vlan=row.flag("IsPVLAN"),
        )


def network_sites(ask: WindowsAsk, _target: Target) -> Iterator[NetworkSite]:
    """Every site of every logical network."""
    for row in after_server(ask, SITES):
        yield NetworkSite(
            key=row.text("ID").lower(),
            seen=ask.seen(SITES),
            name=row.text("Name"),
            logical_network=row.text("LogicalNetwork.ID").lower(),
            host_groups=tuple(row.texts("HostGroups.Path")),
            subnets=_subnets(row),
        )


def subnets(ask: WindowsAsk, _target: Target) -> Iterator[VmSubnet]:
    """Every subnet of every VM network."""
    for row in after_server(ask, SUBNETS):
        yield VmSubnet(
            key=row.text("ID").lower(),
            seen=ask.seen(SUBNETS),
            name=row.text("Name"),
            vm_network=(row.text_or_none("VMNetwork.ID") or "").lower(),
            subnets=_subnets(row),
        )


def pools(ask: WindowsAsk, _target: Target) -> Iterator[StaticIpPool]:
    """Every static address pool; what no page of Microsoft's names is optional."""
    for row in after_server(ask, POOLS):
        yield StaticIpPool(
            key=row.text("ID").lower(),
            seen=ask.seen(POOLS),
            name=row.text("Name"),
            network_site=(row.text_or_none("LogicalNetworkDefinition.ID") or "").lower(),
            logical_network=(row.text_or_none("LogicalNetworkDefinition.LogicalNetwork.ID") or "").lower(),
            vm_subnet=(row.text_or_none("VMSubnet.ID") or "").lower(),
            vm_network=(row.text_or_none("VMSubnet.VMNetwork.ID") or "").lower(),
            subnet=row.maybe("Subnet", row.text),
            first_address=row.maybe("IPAddressRangeStart", row.text),
            last_address=row.maybe("IPAddressRangeEnd", row.text),
            total_addresses=row.maybe("TotalAddresses", row.integer),
            available_addresses=row.maybe("AvailableAddresses", row.integer),
            gateways=tuple(row.maybe("DefaultGateways.IPAddress", row.texts) or ()),
            dns_servers=tuple(row.maybe("DNSServers", row.texts) or ()),
        )


def _subnets(row: Row) -> tuple[SubnetVlan, ...]:
    return tuple(
        SubnetVlan(subnet=one.text_or_none("Subnet") or "", vlan_id=one.integer_or_none("VLanID") or 0)
        for one in row.beside("SubnetVLans", ("Subnet", "VLanID"))
    )
