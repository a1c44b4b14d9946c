"""How does ARM describe networks, adapters, machines and disks?"""

from drcheck.lab.arm.answers import Ask, Json, ticks
from drcheck.lab.azure.network import Command, DiskResource, Interface, Machine, Peering, Subnet, VNet


def render_subscription(ask: Ask) -> Json:
    """The subscription."""
    return {
        "id": f"/subscriptions/{ask.azure.subscription}",
        "subscriptionId": ask.azure.subscription,
        "tenantId": ask.world.id_for("tenant"),
        "displayName": ask.world.name,
        "state": "Enabled",
    }


def render_group(ask: Ask, name: str) -> Json:
    """A resource group."""
    return {
        "id": ask.azure.group_id(name),
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": ask.azure.region,
        "properties": {"provisioningState": "Succeeded"},
    }


def render_vnet(ask: Ask, vnet: VNet) -> Json:
    """A virtual network with its subnets and peerings."""
    properties: dict[str, object] = {
        "provisioningState": "Succeeded",
        "resourceGuid": ask.world.id_for("vnet", vnet.name),
        "addressSpace": {"addressPrefixes": list(vnet.prefixes)},
        "subnets": [_render_subnet(ask, vnet, subnet) for subnet in vnet.subnets],
        "virtualNetworkPeerings": [_render_peering(ask, vnet, peering) for peering in vnet.peerings],
        "enableDdosProtection": False,
    }
    if vnet.dns_servers:
        properties["dhcpOptions"] = {"dnsServers": list(vnet.dns_servers)}
    return {
        "name": vnet.name,
        "id": vnet.id,
        "etag": f'W/"{ask.world.id_for("etag", vnet.id)}"',
        "type": "Microsoft.Network/virtualNetworks",
        "location": vnet.region,
        "tags": dict(vnet.tags),
        "properties": properties,
    }


def _render_subnet(ask: Ask, vnet: VNet, subnet: Subnet) -> Json:
    nics = (nic for nic in ask.azure.interfaces.values() if nic.vnet.lower() == vnet.id.lower())
    attached = [f"{nic.id}/ipConfigurations/ipconfig1" for nic in nics if nic.subnet == subnet.name] + subnet.attached
    properties: dict[str, object] = {
        "provisioningState": "Succeeded",
        "delegations": [],
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
    }
    if len(subnet.prefixes) == 1:
        properties["addressPrefix"] = subnet.prefixes[0]
    else:
        properties["addressPrefixes"] = list(subnet.prefixes)
    linked = {
        "networkSecurityGroup": subnet.security_group,
        "routeTable": subnet.route_table,
        "natGateway": subnet.nat_gateway,
    }
    properties |= {name: {"id": target} for name, target in linked.items() if target}
    if attached:
        properties["ipConfigurations"] = [{"id": config} for config in attached]
    return {
        "name": subnet.name,
        "id": f"{vnet.id}/subnets/{subnet.name}",
        "etag": f'W/"{ask.world.id_for("etag", vnet.id)}"',
        "properties": properties,
        "type": "Microsoft.Network/virtualNetworks/subnets",
    }


def _render_peering(ask: Ask, vnet: VNet, peering: Peering) -> Json:
    remote = ask.azure.vnets.get(peering.remote.lower())
    return {
        "name": peering.name,
        "id": f"{vnet.id}/virtualNetworkPeerings/{peering.name}",
        "etag": f'W/"{ask.world.id_for("etag", vnet.id)}"',
        "properties": {
            "provisioningState": "Succeeded",
            "peeringState": peering.state,
            "peeringSyncLevel": "FullyInSync",
            "remoteVirtualNetwork": {"id": peering.remote},
            "allowVirtualNetworkAccess": True,
            "allowForwardedTraffic": peering.forwarded,
            "allowGatewayTransit": peering.gateway_transit,
            "useRemoteGateways": False,
            "remoteAddressSpace": {"addressPrefixes": list(remote.prefixes) if remote else []},
        },
        "type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
    }


def render_interface(ask: Ask, nic: Interface) -> Json:
    """A network interface."""
    address: dict[str, object] = {
        "provisioningState": "Succeeded",
        "privateIPAddress": nic.address,
        "privateIPAllocationMethod": "Dynamic",
        "subnet": {"id": f"{nic.vnet}/subnets/{nic.subnet}"},
        "primary": True,
        "privateIPAddressVersion": "IPv4",
    }
    if nic.public_address:
        address["publicIPAddress"] = {"id": nic.public_address}
    properties: dict[str, object] = {
        "provisioningState": "Succeeded",
        "resourceGuid": ask.world.id_for("nic", nic.id),
        "ipConfigurations": [
            {
                "name": "ipconfig1",
                "id": f"{nic.id}/ipConfigurations/ipconfig1",
                "type": "Microsoft.Network/networkInterfaces/ipConfigurations",
                "properties": address,
            }
        ],
        "dnsSettings": {"dnsServers": [], "appliedDnsServers": []},
        "macAddress": nic.mac,
        "primary": True,
        "enableAcceleratedNetworking": False,
        "enableIPForwarding": False,
    }
    if nic.machine:
        properties["virtualMachine"] = {"id": nic.machine}
    return {
        "name": nic.name,
        "id": nic.id,
        "type": "Microsoft.Network/networkInterfaces",
        "location": nic.region,
        "properties": properties,
    }


def render_machine(ask: Ask, machine: Machine) -> Json:
    """A virtual machine."""
    disks = [ask.azure.disks[disk.lower()] for disk in machine.disks]
    return {
        "name": machine.name,
        "id": machine.id,
        "type": "Microsoft.Compute/virtualMachines",
        "location": machine.region,
        "tags": dict(machine.tags),
        "properties": {
            "vmId": machine.guid,
            "hardwareProfile": {"vmSize": machine.size},
            "provisioningState": "Creating" if machine.power == "creating" else "Succeeded",
            "storageProfile": {
                "osDisk": next(
                    (
                        {
                            "osType": "Windows",
                            "name": disk.name,
                            "createOption": "Attach",
                            "managedDisk": {"id": disk.id},
                        }
                        for disk in disks
                        if disk.os
                    ),
                    None,
                ),
                "dataDisks": [
                    {"lun": lun, "name": disk.name, "createOption": "Attach", "managedDisk": {"id": disk.id}}
                    for lun, disk in enumerate(disk for disk in disks if not disk.os)
                ],
            },
            "networkProfile": {
                "networkInterfaces": [
                    {"id": nic, "properties": {"primary": number == 0}} for number, nic in enumerate(machine.interfaces)
                ]
            },
            "timeCreated": ticks(machine.created),
        },
    }


def render_instance_view(ask: Ask, machine: Machine) -> Json:
    """What runs in a machine; the guest agent reports itself as soon as it is up."""
    view: dict[str, object] = {
        "statuses": [
            {
                "code": "ProvisioningState/succeeded" if machine.power != "creating" else "ProvisioningState/creating",
                "level": "Info",
                "displayStatus": "Provisioning succeeded",
                "time": ticks(machine.created),
            },
            {"code": f"PowerState/{machine.power}", "level": "Info", "displayStatus": f"VM {machine.power}"},
        ]
    }
    agent = {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Ready"}
    if machine.agent_at is None:
        agent = {"code": "ProvisioningState/Unavailable", "level": "Warning", "displayStatus": "Not Ready"}
    else:
        view |= {"computerName": machine.computer_name, "osName": "Windows Server"}
    view["vmAgent"] = {
        "vmAgentVersion": "Unknown" if machine.agent_at is None else "2.7.41491.1083",
        "statuses": [{**agent, "time": ticks(ask.now)}],
    }
    return view


def render_disk(disk: DiskResource) -> Json:
    """A managed disk."""
    return {
        "name": disk.name,
        "id": disk.id,
        "type": "Microsoft.Compute/disks",
        "location": disk.region,
        "managedBy": disk.machine or None,
        "sku": {"name": "Standard_LRS", "tier": "Standard"},
        "properties": {
            "osType": "Windows" if disk.os else None,
            "creationData": {"createOption": "Upload"},
            "diskSizeGB": disk.size_gb,
            "diskState": "Attached" if disk.machine else "Unattached",
            "provisioningState": "Succeeded",
        },
    }


def render_result(command: Command) -> Json:
    """What a Run Command returned: PowerShell in two entries, a shell in one with marked sections."""
    base = {"level": "Info", "displayStatus": "Provisioning succeeded"}
    if command.shell == "RunShellScript":
        message = f"Enable succeeded: \n[stdout]\n{command.out}\n[stderr]\n{command.err}\n"
        return {"value": [{"code": "ProvisioningState/succeeded", **base, "message": message}]}
    return {
        "value": [
            {"code": "ComponentStatus/StdOut/succeeded", **base, "message": command.out},
            {"code": "ComponentStatus/StdErr/succeeded", **base, "message": command.err},
        ]
    }
