"""What does the VirtualMachineManager module answer on a VMM server?"""

from collections.abc import Iterator, Mapping, Sequence

from drcheck.lab.cmdlets import vmm_network
from drcheck.lab.cmdlets.objects import VMM, Call, Handler, PsObject, same_name
from drcheck.lab.cmdlets.vmm_objects import (
    adapters,
    cloud_object,
    cluster_id,
    cluster_object,
    connection_object,
    copy_object,
    group_object,
    host_id,
    host_object,
    vm_object,
)
from drcheck.lab.cmdlets.vmm_session import OWNER_FILTERS, connection, identified, managed_hosts, named
from drcheck.lab.state.world import Vm, VmmServer


def get_vmm_server(call: Call) -> Iterator[PsObject]:
    """``Get-SCVMMServer``: connects, and becomes the session's default connection."""
    call.unsupported("Credential", "UserRoleName", "ConnectAs", "ForOnBehalfOf")
    server = connection(call, call.text("ComputerName"))
    yield connection_object(server, call.text("ComputerName") or server.name)


def get_vm_host(call: Call) -> Iterator[PsObject]:
    """``Get-SCVMHost``."""
    connection(call, call.text("VMMServer"))
    call.unsupported("VMHostCluster", "VMHostGroup")
    for host in managed_hosts(call):
        named = call.text("ComputerName")
        if (named is None or same_name(named, host.name)) and identified(call, host_id(call, host)):
            yield host_object(call, host)


def get_vm_host_cluster(call: Call) -> Iterator[PsObject]:
    """``Get-SCVMHostCluster``."""
    connection(call, call.text("VMMServer"))
    call.unsupported("HyperConvergedStorageArray", "VMHostGroup")
    hosts = {host.name for host in managed_hosts(call)}
    for cluster in call.world.clusters:
        mine = cluster.in_vmm and cluster.nodes[0].host in hosts
        if mine and named(call, cluster.name) and identified(call, cluster_id(call, cluster)):
            yield cluster_object(call, cluster)


def get_cloud(call: Call) -> Iterator[PsObject]:
    """``Get-SCCloud``."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported(*OWNER_FILTERS)
    for cloud in server.clouds:
        if named(call, cloud.name) and identified(call, cloud.id):
            yield cloud_object(call, cloud)


def get_virtual_machine(call: Call) -> Iterator[PsObject]:
    """``Get-SCVirtualMachine``: machines on managed hosts, replicas and test VMs included."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported("Cloud", "VMHost", "Service", "ComputerTier", "StorageQoSPolicy", *OWNER_FILTERS)
    hosts = {host.name for host in managed_hosts(call)}
    for vm in call.world.vms.values():
        if vm.in_vmm and vm.host in hosts and named(call, vm.name) and identified(call, vm.vmm_id):
            yield vm_object(call, server, vm)
    for vm in call.world.vms.values():
        replica = vm.replication is not None and vm.replication.replica_host in hosts
        if replica and named(call, vm.name) and "ID" not in call.params:
            yield copy_object(call, server, vm, test=False)
    for test in call.world.test_vms.values():
        if test.host in hosts and named(call, test.name) and "ID" not in call.params:
            yield copy_object(call, server, call.world.vms[test.vm_id], test=True)


def get_virtual_network_adapter(call: Call) -> Iterator[PsObject]:
    """``Get-SCVirtualNetworkAdapter``: of the machines piped in, or of all."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported("HardwareProfile", "VMHost", "VMTemplate", "VM", "ParentTypeVMOrHost", *OWNER_FILTERS)
    machines: Sequence[object] = list(call.world.vms.values())
    if call.piped is not None:
        machines = [item.source for item in call.piped]
    for vm in machines:
        if isinstance(vm, Vm) and vm.in_vmm:
            yield from adapters(call, server, vm)


def get_host_group(call: Call) -> Iterator[PsObject]:
    """``Get-SCVMHostGroup``: every host group above a managed host, the root included."""
    connection(call, call.text("VMMServer"))
    call.unsupported("ParentHostGroup")
    paths = {"All Hosts"}
    for host in managed_hosts(call):
        steps = host.host_group.split("\\")
        paths |= {"\\".join(steps[: length + 1]) for length in range(len(steps))}
    for path in sorted(paths):
        group = group_object(call, path)
        if named(call, str(group.values["Name"])) and identified(call, str(group.values["ID"])):
            yield group


def get_managed_computer(call: Call) -> Iterator[PsObject]:
    """``Get-SCVMMManagedComputer``: the agents on hosts and on the VMM server itself."""
    server = connection(call, call.text("VMMServer"))
    asked = call.text("ComputerName")
    agents = [(server.host, "Library, VMMServerRole", server.version, True)]
    for host in managed_hosts(call):
        answers = host.up and host.state != "NotResponding"
        agents.append((host.name, "Host", host.agent_version, answers))
    for name, role, version, answers in agents:
        if asked is None or same_name(asked, name):
            yield _agent(call, server, name, (role, version, answers))


def _agent(call: Call, server: VmmServer, name: str, kept: tuple[str, str, bool]) -> PsObject:
    role, version, answers = kept
    values = {
        "ID": call.world.id_for("vmm agent", name),
        "Name": name,
        "FQDN": name,
        "FullyQualifiedDomainName": name,
        "ComputerName": name.partition(".")[0],
        "Role": role,
        "RoleString": role,
        "AgentVersion": version,
        "VersionState": "UpToDate" if version == server.version else "NeedsUpgrade",
        "State": "Responding" if answers else "NotResponding",
        "UpdatedDate": call.stamp(call.now - 600),
    }
    return PsObject(kind=f"{VMM}VMMManagedComputer", values=values, text=name, source=name)


def get_library_server(call: Call) -> Iterator[PsObject]:
    """``Get-SCLibraryServer``: the VMM server itself, and others."""
    server = connection(call, call.text("VMMServer"))
    asked = call.text("ComputerName")
    for name in (server.name, *server.library):
        if (asked is None or same_name(asked, name)) and identified(call, call.world.id_for("vmm library", name)):
            yield _library_server(call, name)


def get_library_share(call: Call) -> Iterator[PsObject]:
    """``Get-SCLibraryShare``: setup's own share on every library server."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported("ID", *OWNER_FILTERS)
    for name in (server.name, *server.library):
        values = {"Name": "MSSCVMMLibrary", "Description": "", "LibraryServer": _library_server(call, name)}
        yield PsObject(kind=f"{VMM}LibraryShare", values=values, text="MSSCVMMLibrary", source=name)


def _library_server(call: Call, name: str) -> PsObject:
    clustered = any(one.name == name for one in call.world.clusters)
    values = {
        "ID": call.world.id_for("vmm library", name),
        "Name": name,
        "FQDN": name,
        "FullyQualifiedDomainName": name,
        "ComputerName": name.partition(".")[0],
        "Status": "Responding",
        "IsClusterNode": False,
        "IsVirtualClusterName": clustered,
    }
    return PsObject(kind=f"{VMM}LibraryServer", values=values, text=name, source=name)


def get_dr_registration(call: Call) -> Iterator[PsObject]:
    """``Get-SCVMMDRServiceRegistration``: of which only the existence is known."""
    server = connection(call, call.text("VMMServer"))
    call.unsupported(*OWNER_FILTERS)
    if server.provider_version:
        yield PsObject(kind="DRVMMRegistration", values={}, text=server.name, source=server)


CMDLETS: Mapping[str, Handler] = {
    "Get-SCVMMServer": get_vmm_server,
    "Get-SCVMHost": get_vm_host,
    "Get-SCVMHostCluster": get_vm_host_cluster,
    "Get-SCVMHostGroup": get_host_group,
    "Get-SCCloud": get_cloud,
    "Get-SCVirtualMachine": get_virtual_machine,
    "Get-SCVirtualNetworkAdapter": get_virtual_network_adapter,
    "Get-SCVMMManagedComputer": get_managed_computer,
    "Get-SCLibraryServer": get_library_server,
    "Get-SCLibraryShare": get_library_share,
    "Get-SCVMMDRServiceRegistration": get_dr_registration,
    **vmm_network.CMDLETS,
}
