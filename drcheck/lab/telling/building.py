"""How does a scenario describe its on-premises half? By calling these: hosts, clusters, machines, replicas."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drcheck.lab.state.fabric import IpPool
from drcheck.lab.state.windows import Certificate, ClusterNetwork, ReplicaServer, SharedVolume, Volume
from drcheck.lab.state.world import (
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

CORE_NAMES = {
    "en": ("Cluster Group", "Available Storage", "Cluster Name", "Cluster IP Address", "Cluster Network"),
    "de": ("Clustergruppe", "Verf\u00fcgbarer Speicher", "Clustername", "Cluster-IP-Adresse", "Clusternetzwerk"),
}
"""What Windows calls what every cluster has, by the language of the machine it was made on."""


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
    host.volumes.append(Volume(id=world.id_for("volume", name, "c"), letter="C:", label="", size_gb=200, other_gb=80))
    if "hyperv" in roles:
        uplinks = ["Intel(R) Ethernet Network Adapter E810-XXV-2", "Intel(R) Ethernet Network Adapter E810-XXV-2 #2"]
        host.volumes.append(
            Volume(id=world.id_for("volume", name, "d"), letter="D:", label="Data", size_gb=8192, other_gb=256)
        )
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


def add_cluster(
    world: World, name: str, nodes: Iterable[Host], *, sites: Sequence[str] = (), language: str = "en"
) -> Cluster:
    """Add a failover cluster with its core group and networks; a cluster of Hyper-V hosts has a shared volume.

    Args:
        world: the estate.
        name: FQDN, lower case.
        nodes: its nodes.
        sites: the nodes' site fault domains, in their order.
        language: of the machine it was made on, which decides the names of what every cluster has.
    """
    hosts = list(nodes)
    cluster = Cluster(id=world.id_for("cluster", name), name=name)
    for place, host in enumerate(hosts):
        host.roles.add("cluster")
        cluster.nodes.append(Node(host=host.name, site=sites[place] if sites else ""))
    world.clusters.append(cluster)
    core, storage, access_point, address, network = CORE_NAMES[language]
    add_group(world, cluster, core, "Cluster", core=True)
    add_group(world, cluster, storage, "AvailableStorage", core=True).state = "Offline"
    _connect(world, cluster, network)
    add_resource(world, cluster, access_point, "Network Name", core).parameters |= _registered(cluster.name)
    add_address(world, cluster, address, core)
    if all("hyperv" in host.roles for host in hosts):
        identifier = world.id_for("shared volume", name)
        cluster.volumes.append(SharedVolume(id=identifier, name="Cluster Disk 1", path="C:\\ClusterStorage\\Volume1"))
    return cluster


def _connect(world: World, cluster: Cluster, name: str) -> None:
    """A network for everything and one for heartbeats; in a stretched cluster, two of them at each site."""
    number = len(world.clusters)
    for place, site in enumerate(sorted({node.site for node in cluster.nodes})):
        hosts = [node.host for node in cluster.nodes if node.site == site]
        for role, prefix, metric in (("ClusterAndClient", "10", 70384), ("Cluster", "172", 39984)):
            subnet = f"{prefix}.{100 + number if prefix == '10' else 16}.{number * 8 + place}"
            network = ClusterNetwork(
                id=world.id_for("cluster network", cluster.name, subnet),
                name=f"{name} {len(cluster.networks) + 1}",
                address=f"{subnet}.0",
                role=role,
                metric=metric + place,
            )
            network.interfaces = {host: f"{subnet}.{11 + at}" for at, host in enumerate(hosts)}
            cluster.networks.append(network)


def _registered(name: str) -> dict[str, str | int]:
    """Private properties of a network name that is registered in DNS."""
    label, _, suffix = name.partition(".")
    return {
        "Name": label.upper(),
        "DnsName": label,
        "DnsSuffix": suffix,
        "HostRecordTTL": 1200,
        "RegisterAllProvidersIP": 0,
        "StatusDNS": 0,
        "StatusKerberos": 0,
        "StatusNetBIOS": 0,
    }


def add_address(world: World, cluster: Cluster, name: str, group: str) -> Resource:
    """Add an IP address to a group for each site of the cluster; that of the group's owner is online.

    Returns:
        The one that is online.
    """
    shared = [network for network in cluster.networks if network.role == "ClusterAndClient"]
    owner = next(one.owner for one in reversed(cluster.groups) if one.name == group)  # mostly the one just added
    online = None
    for network in sorted(shared, key=lambda one: owner not in one.interfaces):
        resource = add_resource(
            world, cluster, name if online is None else f"{name} {network.name}", "IP Address", group
        )
        host_part = 20 + len(cluster.resources)
        resource.parameters |= {
            "Address": f"{network.address.rpartition('.')[0]}.{host_part}",
            "SubnetMask": network.mask,
            "Network": network.name,
            "EnableDhcp": 0,
        }
        resource.state = "Online" if online is None else "Offline"
        online = online or resource
    assert online is not None, "every cluster has a network for clients"  # noqa: S101 - a mistake in a scenario
    return online


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
    owner = next(one.owner for one in reversed(cluster.groups) if one.name == group)  # mostly the one just added
    identifier = world.id_for("cluster resource", cluster.name, name)
    resource = Resource(id=identifier, name=name, resource_type=kind, group=group, owner=owner)
    cluster.resources.append(resource)
    return resource


def core_group(cluster: Cluster) -> Group:
    """The group of the cluster itself; its name depends on the language."""
    return next(group for group in cluster.groups if group.group_type == "Cluster")


def add_disk_witness(world: World, cluster: Cluster) -> Resource:
    """Give the cluster a witness disk."""
    return _witness(cluster, add_resource(world, cluster, "Witness Disk", "Physical Disk", core_group(cluster).name))


def add_share_witness(world: World, cluster: Cluster, path: str) -> Resource:
    """Give the cluster a file share witness at a UNC path."""
    resource = add_resource(world, cluster, "File Share Witness", "File Share Witness", core_group(cluster).name)
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
    access_point = add_resource(world, cluster, name, "Network Name", name)
    access_point.parameters |= _registered(f"{name}.{cluster.name.partition('.')[2]}")
    add_address(world, cluster, f"IP Address of {name}", name)
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


def trust_each_other(world: World, first: Sequence[Host], second: Sequence[Host], *, now: float) -> None:
    """Let two sides replicate to each other, in both directions, signed in and encrypted by certificates."""
    for mine, theirs in ((first, second), (second, first)):
        for host in mine:
            if host.replica_server is None:
                certificate = _replica_certificate(world, host, now)
                host.certificates.append(certificate)
                host.replica_server = ReplicaServer(authentication="Certificate", thumbprint=certificate.thumbprint)
            host.replica_server.primaries += [name for other in theirs for name in _replica_names(world, other)]
    for vm in world.vms.values():
        host = world.hosts[vm.host]
        if vm.replication is not None and host.replica_server is not None:
            vm.replication.authentication = "Certificate"
            vm.replication.thumbprint = host.replica_server.thumbprint


def _replica_names(world: World, host: Host) -> list[str]:
    """What a host is called as a replica server: by its own name, and by that of its cluster's broker."""
    names = [host.name]
    for cluster in world.clusters:
        if any(node.host == host.name for node in cluster.nodes):
            brokers = (group for group in cluster.groups if group.group_type == "VMReplicaBroker")
            names += [f"{group.name}.{cluster.name.partition('.')[2]}".lower() for group in brokers]
    return names


def _replica_certificate(world: World, host: Host, now: float) -> Certificate:
    names = _replica_names(world, host)
    day = 86400.0
    return Certificate(
        thumbprint=world.id_for("certificate", host.name).replace("-", "").upper() + "0DD0CAFE",
        subject=f"CN={names[-1]}",
        issuer=f"CN={world.name} issuing CA",
        not_before=now - 200 * day,
        not_after=now + 530 * day,
        eku=["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
        dns_names=names,
    )


def add_vm_network(world: World, server: VmmServer, name: str) -> VmNetwork:
    """Add a VM network on a logical network of the same name, with a VLAN, a subnet and an address pool."""
    number = len(server.networks) + 1
    prefix = f"10.10.{200 + number}"
    network = VmNetwork(
        id=world.id_for("vm network", name),
        name=name,
        logical_network=f"ln-{name}",
        subnet=f"{prefix}.0/24",
        vlan=200 + number,
        pool=IpPool(name=f"pool-{name}", first=f"{prefix}.10", last=f"{prefix}.199", gateway=f"{prefix}.1"),
    )
    server.networks.append(network)
    return network


def vm_named(world: World, name: str) -> Vm:
    """The VM of that name; ``LookupError`` when there is none."""
    for vm in world.vms.values():
        if vm.name == name:
            return vm
    raise LookupError(f"the scenario has no VM {name}")
