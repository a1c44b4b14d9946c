"""What does the VirtualMachineManager module answer on a VMM server?"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from drcheck.lab.cmdlets.objects import VMM, Call, CmdletError, Handler, PsObject, same_name
from drcheck.lab.cmdlets.registry import vmm_on
from drcheck.lab.world import Cloud, Cluster, Host, Nic, Vm, VmmServer, VmNetwork

OWNER_FILTERS = ("OnBehalfOfUser", "OnBehalfOfUserRole")


def connection(call: Call, asked: str | None) -> VmmServer:
    """The VMM service that a name reaches from here; remembered as the session's default connection."""
    if asked is None and isinstance(call.session.vmm_connection, VmmServer):
        return call.session.vmm_connection
    if asked is None:
        raise CmdletError(
            f"1615,{VMM}Cmdlets.{call.cmdlet.replace('-', '')}",
            "No VMM management server is connected: specify the VMMServer parameter.",
            "ObjectNotFound",
        )
    server = vmm_on(call.session)
    here = asked.lower() in {"localhost", "."} or same_name(asked, call.host.name)
    if server is None or not (here or same_name(asked, server.name)) or server.host != call.host.name:
        raise CmdletError(
            f"1612,{VMM}Cmdlets.{call.cmdlet.replace('-', '')}",
            f"Unable to connect to the VMM management server {asked}.",
            "ConnectionError",
        )
    call.session.vmm_connection = server
    return server


def get_vmm_server(call: Call) -> Iterator[PsObject]:
    """``Get-SCVMMServer``: connects, and becomes the session's default connection."""
    call.unsupported("Credential", "UserRoleName", "ConnectAs", "ForOnBehalfOf")
    server = connection(call, call.text("ComputerName"))
    yield _connection_object(server, call.text("ComputerName") or server.name)


def get_vm_host(call: Call) -> Iterator[PsObject]:
    """``Get-SCVMHost``."""
    connection(call, call.text("VMMServer"))
    call.unsupported("VMHostCluster", "VMHostGroup")
    for host in managed_hosts(call):
        named = call.text("ComputerName")
        if (named is None or same_name(named, host.name)) and _identified(call, _host_id(call, host)):
            yield _host_object(call, host)


def get_vm_host_cluster(call: Call) -> Iterator[PsObject]:
    """``Get-SCVMHostCluster``."""
    connection(call, call.text("VMMServer"))
    call.unsupported("HyperConvergedStorageArray", "VMHostGroup")
    hosts = {host.name for host in managed_hosts(call)}
    for cluster in call.world.clusters:
        mine = cluster.in_vmm and cluster.nodes[0].host in hosts
        if mine and _named(call, cluster.name) and _identified(call, _cluster_id(call, cluster)):
            yield _cluster_object(call, cluster)


def get_cloud(call: Call) -> Iterator[PsObject]:
    """``Get-SCCloud``."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported(*OWNER_FILTERS)
    for cloud in server.clouds:
        if _named(call, cloud.name) and _identified(call, cloud.id):
            yield _cloud_object(call, cloud)


def get_virtual_machine(call: Call) -> Iterator[PsObject]:
    """``Get-SCVirtualMachine``: machines on managed hosts, replicas and test VMs included."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported("Cloud", "VMHost", "Service", "ComputerTier", "StorageQoSPolicy", *OWNER_FILTERS)
    hosts = {host.name for host in managed_hosts(call)}
    for vm in call.world.vms.values():
        if vm.in_vmm and vm.host in hosts and _named(call, vm.name) and _identified(call, vm.vmm_id):
            yield _vm_object(call, server, vm)
    for vm in call.world.vms.values():
        replica = vm.replication is not None and vm.replication.replica_host in hosts
        if replica and _named(call, vm.name) and "ID" not in call.params:
            yield _copy_object(call, server, vm, test=False)
    for test in call.world.test_vms.values():
        if test.host in hosts and _named(call, test.name) and "ID" not in call.params:
            yield _copy_object(call, server, call.world.vms[test.vm_id], test=True)


def get_vm_network(call: Call) -> Iterator[PsObject]:
    """``Get-SCVMNetwork``."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported("LogicalNetwork", "Unassigned", *OWNER_FILTERS)
    for network in server.networks:
        if _named(call, network.name) and _identified(call, network.id):
            yield _network_object(call, network)


def get_virtual_network_adapter(call: Call) -> Iterator[PsObject]:
    """``Get-SCVirtualNetworkAdapter``: of the machines piped in, or of all."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported("HardwareProfile", "VMHost", "VMTemplate", "VM", "ParentTypeVMOrHost", *OWNER_FILTERS)
    machines: Sequence[object] = list(call.world.vms.values())
    if call.piped is not None:
        machines = [item.source for item in call.piped]
    for vm in machines:
        if isinstance(vm, Vm) and vm.in_vmm:
            yield from _adapters(call, server, vm)


def managed_hosts(call: Call) -> list[Host]:
    """Hyper-V hosts in one of the host groups of the VMM server that this session is connected to."""
    mine = ("", getattr(call.session.vmm_connection, "name", ""))
    hosts = (host for host in call.world.hosts.values() if "hyperv" in host.roles and host.host_group)
    return [host for host in hosts if host.vmm in mine]


def _named(call: Call, name: str) -> bool:
    asked = call.text("Name")
    return asked is None or fnmatchcase(name.lower(), asked.lower())


def _identified(call: Call, identifier: str) -> bool:
    asked = call.text("ID")
    return asked is None or asked.lower() == identifier


def _connection_object(server: VmmServer, name: str) -> PsObject:
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
        "VMMServiceAccount": "LocalSystem" if not available else "svc-vmm",
    }
    return PsObject(kind=f"{VMM}Remoting.ServerConnection", values=values, text=server.name, source=server)


def _host_id(call: Call, host: Host) -> str:
    return call.world.id_for("vmm host", host.name)


def _cluster_id(call: Call, cluster: Cluster) -> str:
    return call.world.id_for("vmm cluster", cluster.name)


def _host_object(call: Call, host: Host) -> PsObject:
    cluster = next((one for one in call.world.clusters if _has_node(one, host) and one.in_vmm), None)
    answers = host.up and host.state != "NotResponding"
    values = {
        "ID": _host_id(call, host),
        "Name": host.name,
        "FQDN": host.name,
        "FullyQualifiedDomainName": host.name,
        "ComputerName": host.name.partition(".")[0],
        "DomainName": host.name.partition(".")[2],
        "OverallState": host.state,
        "OverallStateString": host.state,
        "CommunicationState": "Responding" if answers else "NotResponding",
        "CommunicationStateString": "Responding" if answers else "Not Responding",
        "HostCluster": lambda: None if cluster is None else _cluster_object(call, cluster),
        "VMHostGroup": lambda: _group_object(call, host.host_group),
        "OperatingSystemVersion": "10.0.20348.0",
        "VirtualizationPlatform": "HyperV",
        "MaintenanceHost": False,
        "AvailableForPlacement": True,
        "LogicalProcessorCount": 64,
        "TotalMemory": 512 << 30,
    }
    return PsObject(kind=f"{VMM}Host", values=values, text=host.name, source=host)


def _has_node(cluster: Cluster, host: Host) -> bool:
    return any(node.host == host.name for node in cluster.nodes)


def _cluster_object(call: Call, cluster: Cluster) -> PsObject:
    hosts = [call.world.hosts[node.host] for node in cluster.nodes]
    values = {
        "ID": _cluster_id(call, cluster),
        "Name": cluster.name,
        "ClusterName": cluster.name.partition(".")[0],
        "DomainName": cluster.name.partition(".")[2],
        "Description": "",
        "ClusterReserve": 1,
        "VirtualizationPlatform": "HyperV",
        "Nodes": lambda: [_host_object(call, host) for host in hosts],
        "HostGroup": lambda: _group_object(call, hosts[0].host_group),
    }
    return PsObject(kind=f"{VMM}HostCluster", values=values, text=cluster.name, source=cluster)


def _group_object(call: Call, path: str) -> PsObject:
    name = path.rpartition("\\")[2]
    values = {
        "ID": call.world.id_for("vmm host group", path),
        "Name": name,
        "Path": path,
        "IsRoot": path == "All Hosts",
        "Description": "",
    }
    return PsObject(kind=f"{VMM}HostGroup", values=values, text=name, source=path)


def _cloud_object(call: Call, cloud: Cloud) -> PsObject:
    values = {
        "ID": cloud.id,
        "Name": cloud.name,
        "Description": "",
        "HostGroup": lambda: [_group_object(call, path) for path in cloud.host_groups],
        "DisasterRecoverySupported": cloud.dr_supported,
        "IsDRProtected": cloud.dr_protected,
        "IsDRProvider": False,
    }
    return PsObject(kind=f"{VMM}Cloud", values=values, text=cloud.name, source=cloud)


def _vm_object(call: Call, server: VmmServer, vm: Vm) -> PsObject:
    cloud = next((one for one in server.clouds if one.id == vm.cloud_id), None)
    values = {
        **_vm_values(call, vm),
        "VirtualNetworkAdapters": lambda: list(_adapters(call, server, vm)),
        "CloudId": cloud.id if cloud else None,
        "Cloud": lambda: None if cloud is None else _cloud_object(call, cloud),
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
        "HostId": _host_id(call, host),
        "VMHost": lambda: _host_object(call, host),
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
        "HasSharedStorage": False,
        "Description": "",
        "Owner": "",
        "Tag": "(none)",
    }


def _copy_object(call: Call, server: VmmServer, vm: Vm, *, test: bool) -> PsObject:
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
        "HostId": _host_id(call, host),
        "VMHost": lambda: _host_object(call, host),
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
        "VirtualNetworkAdapters": lambda: list(_adapters(call, server, vm)),
    }
    return PsObject(kind=f"{VMM}VM", values=values, text=vm.name, source=None)


def _network_object(call: Call, network: VmNetwork) -> PsObject:
    values = {
        "ID": network.id,
        "Name": network.name,
        "IsolationType": network.isolation,
        "LogicalNetwork": lambda: _logical_network(call, network.logical_network),
    }
    return PsObject(kind=f"{VMM}VMNetwork", values=values, text=network.name, source=network)


def _logical_network(call: Call, name: str) -> PsObject:
    values = {"ID": call.world.id_for("vmm logical network", name), "Name": name, "Description": ""}
    return PsObject(kind=f"{VMM}LogicalNetwork", values=values, text=name, source=name)


def _adapters(call: Call, server: VmmServer, vm: Vm) -> Iterator[PsObject]:
    for nic in vm.nics:
        network = next((one for one in server.networks if one.id == nic.network_id), None)
        yield _adapter(call, nic, network)


def _adapter(call: Call, nic: Nic, network: VmNetwork | None) -> PsObject:
    values = {
        "ID": nic.id,
        "Name": nic.name,
        "MACAddress": ":".join(nic.mac[at : at + 2] for at in range(0, 12, 2)),
        "MACAddressType": "Dynamic",
        "IPv4Addresses": [nic.address] if nic.address else [],
        "IPv4AddressType": "Dynamic",
        "VirtualNetwork": nic.switch,
        "VMNetwork": lambda: None if network is None else _network_object(call, network),
        "LogicalNetwork": lambda: None if network is None else _logical_network(call, network.logical_network),
        "VLanEnabled": False,
        "VLanID": 0,
    }
    return PsObject(kind=f"{VMM}VirtualNetworkAdapter", values=values, text=nic.name, source=nic)


CMDLETS: Mapping[str, Handler] = {
    "Get-SCVMMServer": get_vmm_server,
    "Get-SCVMHost": get_vm_host,
    "Get-SCVMHostCluster": get_vm_host_cluster,
    "Get-SCCloud": get_cloud,
    "Get-SCVirtualMachine": get_virtual_machine,
    "Get-SCVMNetwork": get_vm_network,
    "Get-SCVirtualNetworkAdapter": get_virtual_network_adapter,
}
