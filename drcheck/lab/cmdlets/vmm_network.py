"""What does the VirtualMachineManager module answer about networks, their sites, subnets and address pools?"""

from collections.abc import Iterator, Mapping

from drcheck.lab.cmdlets.objects import VMM, Call, Handler, PsObject
from drcheck.lab.cmdlets.vmm_objects import group_object, network_object, subnet_object, subnet_vlans
from drcheck.lab.cmdlets.vmm_session import OWNER_FILTERS, connection, identified, managed_hosts, named
from drcheck.lab.state.world import VmmServer, VmNetwork


def get_vm_network(call: Call) -> Iterator[PsObject]:
    """``Get-SCVMNetwork``."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported("LogicalNetwork", "Unassigned", *OWNER_FILTERS)
    for network in server.networks:
        if named(call, network.name) and identified(call, network.id):
            yield network_object(call, network)


def get_logical_network(call: Call) -> Iterator[PsObject]:
    """``Get-SCLogicalNetwork``."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported("VMHost", "Cloud", "VMHostGroup", "CloudRootHostGroup", "All", *OWNER_FILTERS)
    for network in _first_of_each(server):
        if named(call, network.logical_network):
            yield _logical_network(call, network)


def get_network_site(call: Call) -> Iterator[PsObject]:
    """``Get-SCLogicalNetworkDefinition``: one site per VM network's subnet."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported("LogicalNetwork", "Subnet", "VLanID", "ID", "VMHostGroup", "Cloud", "ReturnAllTypes")
    for network in server.networks:
        site = _site(call, network)
        if named(call, site.text):
            yield site


def get_vm_subnet(call: Call) -> Iterator[PsObject]:
    """``Get-SCVMSubnet``: a VM network without isolation has none (recorded)."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported("Subnet", "VMNetwork", "Unassigned", "ID", *OWNER_FILTERS)
    for network in server.networks:
        subnet = subnet_object(call, network)
        if subnet is not None and named(call, subnet.text):
            yield subnet


def get_ip_pool(call: Call) -> Iterator[PsObject]:
    """``Get-SCStaticIPAddressPool``."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported("IPAddress", "IPv4", "IPv6", "LogicalNetworkDefinition", "VMSubnet", "Subnet", "ID", "Cloud")
    for network in server.networks:
        if network.pool is not None and named(call, network.pool.name):
            yield _pool(call, network)


def _first_of_each(server: VmmServer) -> list[VmNetwork]:
    return list({network.logical_network: network for network in reversed(server.networks)}.values())[::-1]


def _logical_network(call: Call, network: VmNetwork) -> PsObject:
    values = {
        "ID": call.world.id_for("vmm logical network", network.logical_network),
        "Name": network.logical_network,
        "Description": "",
        "NetworkVirtualizationEnabled": network.isolation == "WindowsNetworkVirtualization",
        "IsLogicalNetworkDefinitionIsolated": network.isolation == "VLANNetwork",
        "IsPVLAN": False,
    }
    return PsObject(kind=f"{VMM}LogicalNetwork", values=values, text=network.logical_network, source=network)


def _site(call: Call, network: VmNetwork) -> PsObject:
    name = f"{network.name}-site"
    paths = sorted({host.host_group for host in managed_hosts(call)})
    values = {
        "ID": call.world.id_for("vmm network site", network.name),
        "Name": name,
        "LogicalNetwork": lambda: _logical_network(call, network),
        "HostGroups": lambda: [group_object(call, path) for path in paths],
        "SubnetVLans": lambda: subnet_vlans(network),
        "IsolationType": "None",
    }
    return PsObject(kind=f"{VMM}LogicalNetworkDefinition", values=values, text=name, source=network)


def _pool(call: Call, network: VmNetwork) -> PsObject:
    pool = network.pool
    assert pool is not None  # noqa: S101 - the caller chose networks that have one
    total = int(pool.last.rpartition(".")[2]) - int(pool.first.rpartition(".")[2]) + 1
    taken = sum(nic.static and nic.network_id == network.id for vm in call.world.vms.values() for nic in vm.nics)
    values = {
        "ID": call.world.id_for("vmm ip pool", pool.name),
        "Name": pool.name,
        "LogicalNetworkDefinition": lambda: _site(call, network),
        "VMSubnet": lambda: subnet_object(call, network),
        "Subnet": network.subnet,
        "IPAddressRangeStart": pool.first,
        "IPAddressRangeEnd": pool.last,
        "TotalAddresses": total,
        "AvailableAddresses": total - taken,
        "DefaultGateways": lambda: [_gateway(pool.gateway)],
        "DNSServers": list(pool.dns_servers),
    }
    return PsObject(kind=f"{VMM}StaticIPAddressPool", values=values, text=pool.name, source=pool)


def _gateway(address: str) -> PsObject:
    return PsObject(kind=f"{VMM}DefaultGateway", values={"IPAddress": address}, text=address)


CMDLETS: Mapping[str, Handler] = {
    "Get-SCVMNetwork": get_vm_network,
    "Get-SCLogicalNetwork": get_logical_network,
    "Get-SCLogicalNetworkDefinition": get_network_site,
    "Get-SCVMSubnet": get_vm_subnet,
    "Get-SCStaticIPAddressPool": get_ip_pool,
}
