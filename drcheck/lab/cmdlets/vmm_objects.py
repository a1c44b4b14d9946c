"""What do VMM's objects look like? Properties and enum names as recorded from VMM 2012 R2."""

from collections.abc import Iterator

from drcheck.lab.cmdlets.objects import VMM, Call, PsObject, moment
from drcheck.lab.state.world import Cloud, Cluster, Disk, Host, Nic, Vm, VmmServer, VmNetwork


def connection_object(server: VmmServer, name: str) -> PsObject:
    """The connection that VMM hands out."""
    available = bool(server.nodes)
    values = {
        "Name": name,
        "FQDN": server.name,
        "FullyQualifiedDomainName": server.name,
        "IsConnected": True,
        "Port": 8100,
        "ProductVersion": server.version,
        "DatabaseServerName": server.database_server,
        "DatabaseInstanceName": server.database_instance,
        "DatabaseName": server.database_name,
        "IsHighlyAvailable": available,
        "ActiveVMMNode": server.host if available else None,
        "FailoverVMMNodes": list(server.nodes) if available else None,
        "VMMServiceAccount": server.service_account,
        "MinimumSupportedAgentVersion": "10.22.1000.0",
        "ConnectedUserName": "LAB\\drcheck",
        "Profile": "Administrator",
    }
    return PsObject(kind=f"{VMM}Remoting.ServerConnection", values=values, text=server.name, source=server)


def host_id(call: Call, host: Host) -> str:
    """VMM's id of a host."""
    return call.world.id_for("vmm host", host.name)


def cluster_id(call: Call, cluster: Cluster) -> str:
    """VMM's id of a host cluster."""
    return call.world.id_for("vmm cluster", cluster.name)


def host_object(call: Call, host: Host) -> PsObject:
    """A Hyper-V host."""
    cluster = next((one for one in call.world.clusters if _has_node(one, host) and one.in_vmm), None)
    answers = host.up and host.state != "NotResponding"
    values = {
        "ID": host_id(call, host),
        "Name": host.name,
        "FQDN": host.name,
        "FullyQualifiedDomainName": host.name,
        "ComputerName": host.name.partition(".")[0],
        "DomainName": host.name.partition(".")[2],
        "OverallState": host.state,
        "OverallStateString": host.state,
        "CommunicationState": "Responding" if answers else "NotResponding",
        "CommunicationStateString": "Responding" if answers else "Not Responding",
        "HostCluster": lambda: None if cluster is None else cluster_object(call, cluster),
        "VMHostGroup": lambda: group_object(call, host.host_group),
        "VirtualizationPlatform": "HyperV",
        "MaintenanceHost": False,
        "AvailableForPlacement": True,
        "VMPaths": ["C:\\ClusterStorage\\Volume1" if cluster else "D:\\Hyper-V"],
        **_host_system(),
        **_host_capacity(call, host),
    }
    return PsObject(kind=f"{VMM}Host", values=values, text=host.name, source=host)


def _host_system() -> dict[str, object]:
    name = "Microsoft Windows Server 2022 Datacenter "  # recorded with a space at its end
    return {
        "OperatingSystem": lambda: operating_system(name),
        "OperatingSystemVersion": "10.0.20348",
        "HyperVVersion": "10.0.20348.2849",
        "HyperVState": "Running",
    }


def _host_capacity(call: Call, host: Host) -> dict[str, object]:
    """By VMM's last look: what runs there is taken, memory by what is assigned."""
    total = 40 << 40

    def free_mb() -> int:
        machines = (vm for vm in call.world.vms.values() if vm.host == host.name and vm.state == "Running")
        return host.memory_gb * 1024 - sum(vm.memory_mb for vm in machines)

    def free_bytes() -> int:
        machines = (vm for vm in call.world.vms.values() if vm.host == host.name)
        return total - (sum(disk.size_gb for vm in machines for disk in vm.disks) << 30)

    return {
        "LogicalProcessorCount": host.logical_processors,
        "LogicalCPUCount": host.logical_processors,
        "PhysicalCPUCount": 2,
        "CoresPerCPU": host.logical_processors // 4,
        "CpuUtilization": 12,
        "TotalMemory": host.memory_gb << 30,
        "AvailableMemory": free_mb,
        "MemoryReserveMB": 2048,
        "TotalStorageCapacity": total,
        "AvailableStorageCapacity": free_bytes,
    }


def operating_system(name: str) -> PsObject:
    """An operating system as VMM lists it."""
    values = {"Name": name, "IsWindows": "Windows" in name}
    return PsObject(kind=f"{VMM}OperatingSystem", values=values, text=name, source=name)


def _has_node(cluster: Cluster, host: Host) -> bool:
    return any(node.host == host.name for node in cluster.nodes)


def cluster_object(call: Call, cluster: Cluster) -> PsObject:
    """A cluster of Hyper-V hosts."""
    hosts = [call.world.hosts[node.host] for node in cluster.nodes]
    values = {
        "ID": cluster_id(call, cluster),
        "Name": cluster.name,
        "ClusterName": cluster.name.partition(".")[0],
        "DomainName": cluster.name.partition(".")[2],
        "Description": "",
        "ClusterReserve": 1,
        "VirtualizationPlatform": "HyperV",
        "Nodes": lambda: [host_object(call, host) for host in hosts],
        "HostGroup": lambda: group_object(call, hosts[0].host_group),
    }
    return PsObject(kind=f"{VMM}HostCluster", values=values, text=cluster.name, source=cluster)


def group_object(call: Call, path: str) -> PsObject:
    """A host group."""
    name = path.rpartition("\\")[2]
    values = {
        "ID": call.world.id_for("vmm host group", path),
        "Name": name,
        "Path": path,
        "IsRoot": path == "All Hosts",
        "Description": "",
    }
    return PsObject(kind=f"{VMM}HostGroup", values=values, text=name, source=path)


def cloud_object(call: Call, cloud: Cloud) -> PsObject:
    """A private cloud."""
    values = {
        "ID": cloud.id,
        "Name": cloud.name,
        "Description": "",
        "HostGroup": lambda: [group_object(call, path) for path in cloud.host_groups],
        "DisasterRecoverySupported": cloud.dr_supported,
        "IsDRProtected": cloud.dr_protected,
        "IsDRProvider": False,
        "CapabilityProfiles": ["Hyper-V"],
        "LogicalNetworks": lambda: _logical_networks(call),
        "StorageClassifications": [],
    }
    return PsObject(kind=f"{VMM}Cloud", values=values, text=cloud.name, source=cloud)


def _logical_networks(call: Call) -> list[PsObject]:
    """Every cloud can use every logical network of its server."""
    server = call.session.vmm_connection
    networks = server.networks if isinstance(server, VmmServer) else []
    return [logical_network(call, name) for name in dict.fromkeys(network.logical_network for network in networks)]


def vm_object(call: Call, server: VmmServer, vm: Vm) -> PsObject:
    """A virtual machine."""
    cloud = next((one for one in server.clouds if one.id == vm.cloud_id), None)
    values = {
        **_vm_values(call, vm),
        "VirtualNetworkAdapters": lambda: list(adapters(call, server, vm)),
        "CloudId": cloud.id if cloud else None,
        "Cloud": lambda: None if cloud is None else cloud_object(call, cloud),
        "IsPrimaryVM": vm.replication is not None,
        "IsDREnabled": vm.cloud_id != "" and cloud is not None and cloud.dr_protected,
    }
    return PsObject(kind=f"{VMM}VM", values=values, text=vm.name, source=vm)


def _vm_values(call: Call, vm: Vm) -> dict[str, object]:
    host = call.world.hosts[vm.host]
    reached = host.up and host.state != "NotResponding"
    state = {"Off": "PowerOff"}.get(vm.state, vm.state) if reached else "HostNotResponding"
    return {
        "ID": vm.vmm_id,
        "VMId": vm.id.upper(),
        "Name": vm.name,
        "ComputerName": vm.name.lower(),
        "ComputerNameString": vm.name.lower(),
        "HostName": vm.host,
        "HostId": host_id(call, host),
        "VMHost": lambda: host_object(call, host),
        "HostGroupPath": host.host_group,
        "Status": state,
        "StatusString": state,
        "VirtualMachineState": state,
        "IsHighlyAvailable": vm.clustered,
        "Generation": vm.generation,
        "CPUCount": vm.cpus,
        "Memory": vm.memory_mb,
        "TotalSize": sum(disk.size_gb for disk in vm.disks) << 30,
        "Location": vm.disks[0].path.rpartition("\\")[0] if vm.disks else "",
        "IsTestReplicaVM": False,
        "IsRecoveryVM": False,
        "IsDRProtectionRequired": False,
        "DRState": "Disabled",
        "DRErrors": [],
        "HasDRError": False,
        "HasPassthroughDisk": False,
        "HasSharedStorage": any(disk.shared for disk in vm.disks),
        "DynamicMemoryEnabled": False,
        "DynamicMemoryMaximumMB": None,
        "OperatingSystem": lambda: operating_system(vm.os),
        "VMCheckpoints": lambda: [_checkpoint(call, vm, one.id, one.name) for one in vm.checkpoints],
        "VirtualDiskDrives": lambda: [_drive(call, vm, number, disk) for number, disk in enumerate(vm.disks)],
        "ModifiedTime": moment(call.now - 3600),
        "Description": "",
        "Owner": "",
        "Tag": vm.tag,
    }


def copy_object(call: Call, server: VmmServer, vm: Vm, *, test: bool) -> PsObject:
    """A replica or test VM on a managed host: VMM lists it as a machine of its own."""
    assert vm.replication is not None  # noqa: S101 - the caller chose machines that have one
    replication = vm.replication
    host = call.world.hosts[replication.replica_host]
    copy = call.world.test_vms[replication.test_vm_id] if test else None
    running = copy.started is not None if copy else replication.replica_vm_state == "Running"
    values = {
        **_vm_values(call, vm),
        "ID": call.world.id_for("vmm copy", copy.id if copy else vm.id),
        "VMId": (copy.id if copy else vm.id).upper(),
        "Name": copy.name if copy else vm.name,
        "HostName": host.name,
        "HostId": host_id(call, host),
        "VMHost": lambda: host_object(call, host),
        "HostGroupPath": host.host_group,
        "Status": "Running" if running else "PowerOff",
        "StatusString": "Running" if running else "Stopped",
        "VirtualMachineState": "Running" if running else "PowerOff",
        "IsHighlyAvailable": False,
        "IsTestReplicaVM": test,
        "IsRecoveryVM": not test,
        "IsPrimaryVM": False,
        "IsDREnabled": False,
        "CloudId": None,
        "Cloud": None,
        "VirtualNetworkAdapters": lambda: list(adapters(call, server, vm)),
    }
    return PsObject(kind=f"{VMM}VM", values=values, text=vm.name, source=None)


def _checkpoint(call: Call, vm: Vm, identifier: str, name: str) -> PsObject:
    values = {
        "ID": call.world.id_for("vmm checkpoint", identifier),
        "CheckpointID": identifier.upper(),
        "VMId": vm.vmm_id,
        "Name": name,
        "Description": "",
    }
    return PsObject(kind=f"{VMM}VMCheckpoint", values=values, text=name, source=vm)


def _drive(call: Call, vm: Vm, number: int, disk: Disk) -> PsObject:
    file = disk.path.rpartition("\\")[2]
    kept = {
        "ID": call.world.id_for("vmm vhd", disk.path),
        "Name": file,
        "SharePath": disk.path,
        "Location": disk.path,
        "Directory": disk.path.rpartition("\\")[0],
        "MaximumSize": disk.size_gb << 30,
        "Size": int(disk.size_gb * disk.used_share) << 30,
        "VHDType": "DynamicallyExpanding",
        "VHDFormatType": file.rpartition(".")[2].upper(),
    }
    values = {
        "ID": call.world.id_for("vmm drive", disk.path),
        "Name": vm.name,
        "IsVHD": True,
        "HasSharedStorage": disk.shared,
        "BusType": "SCSI" if vm.generation == 2 or number else "IDE",
        "Bus": 0,
        "Lun": number,
        "VirtualHardDisk": lambda: PsObject(kind=f"{VMM}StandaloneVirtualHardDisk", values=kept, text=file),
        "PassThroughDisk": None,
    }
    return PsObject(kind=f"{VMM}VirtualDiskDrive", values=values, text=vm.name, source=disk)


def network_object(call: Call, network: VmNetwork) -> PsObject:
    """A VM network."""
    values = {
        "ID": network.id,
        "Name": network.name,
        "IsolationType": network.isolation,
        "LogicalNetwork": lambda: logical_network(call, network.logical_network),
    }
    return PsObject(kind=f"{VMM}VMNetwork", values=values, text=network.name, source=network)


def subnet_vlans(network: VmNetwork) -> list[PsObject]:
    """The subnets and VLANs of a VM network."""
    if not network.subnet and not network.vlan:
        return []
    values = {"Subnet": network.subnet or None, "VLanID": network.vlan, "IsVlanEnabled": network.vlan != 0}
    return [PsObject(kind=f"{VMM}SubnetVLan", values=values, text=f"{network.subnet}-{network.vlan}")]


def subnet_object(call: Call, network: VmNetwork) -> PsObject | None:
    """The VM subnet of a VM network; one without isolation has none (recorded)."""
    if network.isolation == "NoIsolation":
        return None
    name = f"{network.name}-subnet"
    values = {
        "ID": call.world.id_for("vmm subnet", network.name),
        "Name": name,
        "Description": "",
        "VMNetwork": lambda: network_object(call, network),
        "SubnetVLans": lambda: subnet_vlans(network),
    }
    return PsObject(kind=f"{VMM}VMSubnet", values=values, text=name, source=network)


def logical_network(call: Call, name: str) -> PsObject:
    """A logical network, as other objects refer to it."""
    values = {"ID": call.world.id_for("vmm logical network", name), "Name": name, "Description": ""}
    return PsObject(kind=f"{VMM}LogicalNetwork", values=values, text=name, source=name)


def adapters(call: Call, server: VmmServer, vm: Vm) -> Iterator[PsObject]:
    """A machine's network adapters."""
    for nic in vm.nics:
        network = next((one for one in server.networks if one.id == nic.network_id), None)
        yield _adapter(call, nic, network)


def _adapter(call: Call, nic: Nic, network: VmNetwork | None) -> PsObject:
    values = {
        "ID": nic.id,
        "Name": nic.name,
        "MACAddress": ":".join(nic.mac[at : at + 2] for at in range(0, 12, 2)),
        "MACAddressType": "Static" if nic.static else "Dynamic",
        "IPv4Addresses": [nic.address] if nic.address else [],
        "IPv4AddressType": "Static" if nic.static else "Dynamic",
        "VirtualNetwork": nic.switch,
        "VMNetwork": lambda: None if network is None else network_object(call, network),
        "LogicalNetwork": lambda: None if network is None else logical_network(call, network.logical_network),
        "VMSubnet": lambda: None if network is None else subnet_object(call, network),
        "VLanEnabled": nic.vlan != 0,
        "VLanID": nic.vlan,
    }
    return PsObject(kind=f"{VMM}VirtualNetworkAdapter", values=values, text=nic.name, source=nic)
