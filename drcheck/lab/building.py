"""How does a scenario describe its on-premises half? By calling these: hosts, clusters, machines, replicas."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drcheck.lab.world import (
    Cluster,
    Disk,
    Group,
    Host,
    Nic,
    Node,
    Replication,
    Resource,
    Switch,
    Vm,
    VmmServer,
    VmNetwork,
    World,
)

PRODUCTION_SWITCH = "vSwitch-Production"
ISOLATED_SWITCH = "DR Test (isolated)"


def add_host(world: World, name: str, *roles: str, group: str = "", vm: Vm | None = None) -> Host:
    """Add a Windows machine.

    Args:
        world: the estate.
        name: FQDN, lower case.
        roles: ``vmm``, ``hyperv``, ``cluster``, ``sql``.
        group: path of the VMM host group it is in; empty when VMM does not manage it.
        vm: the VM it runs in; ``None`` for a physical machine.
    """
    host = Host(name=name, roles=set(roles), host_group=group, vm_id=vm.id if vm else "")
    if "hyperv" in roles:
        uplinks = ["Intel(R) Ethernet Network Adapter E810-XXV-2", "Intel(R) Ethernet Network Adapter E810-XXV-2 #2"]
        host.switches.append(
            Switch(
                id=world.id_for("switch", name, PRODUCTION_SWITCH),
                name=PRODUCTION_SWITCH,
                uplinks=uplinks,
                allow_management_os=True,
            )
        )
    world.hosts[name] = host
    return host


def add_isolated_switch(world: World, host: Host) -> Switch:
    """Add the private switch that test VMs are connected to: no uplink, and not even the host on it."""
    identifier = world.id_for("switch", host.name, ISOLATED_SWITCH)
    switch = Switch(id=identifier, name=ISOLATED_SWITCH, switch_type="Private")
    host.switches.append(switch)
    return switch


def add_cluster(world: World, name: str, nodes: Iterable[Host], *, sites: Sequence[str] = ()) -> Cluster:
    """Add a failover cluster with its core group; ``sites`` are the nodes' site fault domains, in their order."""
    hosts = list(nodes)
    cluster = Cluster(id=world.id_for("cluster", name), name=name)
    for place, host in enumerate(hosts):
        host.roles.add("cluster")
        cluster.nodes.append(Node(host=host.name, site=sites[place] if sites else ""))
    world.clusters.append(cluster)
    add_group(world, cluster, "Cluster Group", "Cluster", core=True)
    add_group(world, cluster, "Available Storage", "AvailableStorage", core=True).state = "Offline"
    for kind, resource in (("Network Name", "Cluster Name"), ("IP Address", "Cluster IP Address")):
        add_resource(world, cluster, resource, kind, "Cluster Group")
    return cluster


def add_group(world: World, cluster: Cluster, name: str, kind: str, *, owner: str = "", core: bool = False) -> Group:
    """Add a cluster group; it is owned by the first node when nobody says otherwise."""
    group = Group(
        id=world.id_for("cluster group", cluster.name, name),
        name=name,
        group_type=kind,
        owner=owner or cluster.nodes[0].host,
        core=core,
    )
    cluster.groups.append(group)
    return group


def add_resource(world: World, cluster: Cluster, name: str, kind: str, group: str) -> Resource:
    """Add a cluster resource to a group, owned by the group's owner."""
    owner = next(one.owner for one in cluster.groups if one.name == group)
    identifier = world.id_for("cluster resource", cluster.name, name)
    resource = Resource(id=identifier, name=name, resource_type=kind, group=group, owner=owner)
    cluster.resources.append(resource)
    return resource


def add_disk_witness(world: World, cluster: Cluster) -> Resource:
    """Give the cluster a witness disk."""
    return _witness(cluster, add_resource(world, cluster, "Witness Disk", "Physical Disk", "Cluster Group"))


def add_share_witness(world: World, cluster: Cluster, path: str) -> Resource:
    """Give the cluster a file share witness at a UNC path."""
    resource = add_resource(world, cluster, "File Share Witness", "File Share Witness", "Cluster Group")
    resource.parameters["SharePath"] = path
    return _witness(cluster, resource)


def _witness(cluster: Cluster, resource: Resource) -> Resource:
    """Dynamic quorum gives the witness a vote when the number of nodes is even (recorded on 2 and 3 nodes)."""
    cluster.quorum_resource = resource.name
    cluster.witness_vote = int(len(cluster.nodes) % 2 == 0)
    return resource


def add_broker(world: World, cluster: Cluster, name: str) -> Group:
    """Add a Hyper-V Replica Broker; ``name`` is its client access point."""
    group = add_group(world, cluster, name, "VMReplicaBroker")
    add_resource(world, cluster, name, "Network Name", name).parameters["DnsName"] = name
    add_resource(world, cluster, f"IP Address of {name}", "IP Address", name)
    add_resource(
        world, cluster, f"Virtual Machine Replication Broker {name}", "Virtual Machine Replication Broker", name
    )
    return group


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a VM runs and belongs."""

    host: Host
    cluster: Cluster | None = None
    cloud_id: str = ""
    network: VmNetwork | None = None


def add_vm(world: World, name: str, place: Place, *, data_disks: int = 0, services: tuple[str, ...] = ()) -> Vm:
    """Add a running VM with an operating system disk, data disks and one adapter."""
    number = len(world.vms) + 1
    store = "C:\\ClusterStorage\\Volume1" if place.cluster else "D:\\Hyper-V"
    disks = [Disk(path=f"{store}\\{name}\\{name}-os.vhdx", size_gb=80)]
    disks += [Disk(path=f"{store}\\{name}\\{name}-data{one}.vhdx", size_gb=200) for one in range(1, data_disks + 1)]
    vm = Vm(
        id=world.id_for("vm", name),
        vmm_id=world.id_for("vmm vm", name),
        name=name,
        host=place.host.name,
        cloud_id=place.cloud_id,
        clustered=place.cluster is not None,
        disks=disks,
        nics=[
            Nic(
                id=world.id_for("nic", name),
                network_id=place.network.id if place.network else "",
                switch=PRODUCTION_SWITCH,
                mac=f"00155D01{number:04X}",
                address=f"10.10.{number // 250}.{number % 250 + 4}",
            )
        ],
        in_vmm=bool(place.host.host_group),
        services=services,
    )
    world.vms[vm.id] = vm
    if place.cluster:
        _cluster_vm(world, place.cluster, vm)
    return vm


def _cluster_vm(world: World, cluster: Cluster, vm: Vm) -> None:
    add_group(world, cluster, vm.name, "VirtualMachine", owner=vm.host)
    add_resource(world, cluster, f"Virtual Machine {vm.name}", "Virtual Machine", vm.name)
    add_resource(world, cluster, f"Virtual Machine Configuration {vm.name}", "Virtual Machine Configuration", vm.name)


def replicate(vm: Vm, to: Host, *, last_test: float | None = None) -> Replication:
    """Replicate a VM to a stand-alone host, its test copies to be connected to the isolated switch only."""
    vm.replication = Replication(
        primary_host=vm.host, replica_host=to.name, replica_server=to.name, last_test=last_test
    )
    for nic in vm.nics:
        nic.test_replica_switch = ISOLATED_SWITCH
    return vm.replication


def add_vm_network(world: World, server: VmmServer, name: str) -> VmNetwork:
    """Add a VM network on a logical network of the same name."""
    network = VmNetwork(id=world.id_for("vm network", name), name=name, logical_network=f"ln-{name}")
    server.networks.append(network)
    return network


def vm_named(world: World, name: str) -> Vm:
    """The VM of that name; ``LookupError`` when there is none."""
    for vm in world.vms.values():
        if vm.name == name:
            return vm
    raise LookupError(f"the scenario has no VM {name}")
