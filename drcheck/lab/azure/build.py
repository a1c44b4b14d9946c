"""How does a scenario describe its Azure half? By calling these, after the VMM servers, clouds and VMs are in place."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from drcheck.lab.azure.blobs import BlobAccount
from drcheck.lab.azure.network import Peering, Subnet, VNet
from drcheck.lab.azure.state import (
    AzureWorld,
    ContainerMapping,
    Fabric,
    HealthError,
    NetworkMapping,
    Plan,
    PlanAction,
    PlanGroup,
    Policy,
    ProtectedItem,
    Vault,
    azure_of,
)
from drcheck.lab.state.world import Cloud, Vm, VmmServer, VmNetwork, World

Found = TypeVar("Found")


def make_azure(
    world: World,
    *,
    region: str = "uksouth",
    vault: str = "vault-dr",
    resource_group: str = "rg-dr",
    recovery_group: str = "rg-recovered",
) -> AzureWorld:
    """Give the world a subscription with one vault, in which every VMM server is registered as a fabric."""
    azure = AzureWorld(
        subscription=world.id_for("subscription"),
        region=region,
        recovery_group=recovery_group,
        token=hashlib.sha256(world.id_for("arm-token").encode()).hexdigest(),
        blobs=BlobAccount(token=hashlib.sha256(world.id_for("storage-token").encode()).hexdigest()),
        resource_groups=[resource_group, recovery_group],
    )
    azure.vaults.append(Vault(name=vault, resource_group=resource_group, region=region))
    world.azure = azure
    for server in world.vmm:
        register_vmm(world, server)
    return azure


def add_vault(world: World, name: str, *, resource_group: str = "rg-dr") -> Vault:
    """Add a further vault; a VMM server can be registered in one vault only, so it needs servers of its own."""
    azure = azure_of(world)
    vault = Vault(name=name, resource_group=resource_group, region=azure.region)
    azure.vaults.append(vault)
    return vault


def register_vmm(world: World, server: VmmServer, vault: Vault | None = None) -> Fabric:
    """Register a VMM server in a vault (the first one), as installing the provider does."""
    fabric = Fabric(
        name=hashlib.sha256(f"{world.name}/{server.name}".encode()).hexdigest(),
        friendly_name=server.name,
        internal_id=world.id_for("vmm", server.name),
        server_version=server.version,
    )
    (vault or the_vault(world)).fabrics.append(fabric)
    return fabric


def add_policy(
    world: World,
    name: str = "policy-5min",
    *,
    interval: int = 300,
    app_consistent_hours: int = 1,
    encryption: str = "Disabled",
    vault: Vault | None = None,
) -> Policy:
    """Add a replication policy to a vault (the first one); ``interval`` in seconds, 30 or 300."""
    policy = Policy(name=name, interval=interval, app_consistent_hours=app_consistent_hours, encryption=encryption)
    (vault or the_vault(world)).policies.append(policy)
    return policy


def protect_cloud(world: World, cloud_name: str, policy: str = "policy-5min") -> ContainerMapping:
    """Associate a VMM cloud with a policy; the policy is added when the vault has none of that name."""
    cloud = cloud_named(world, cloud_name)
    vault = vault_of(world, cloud.id)
    if all(known.name != policy for known in vault.policies):
        add_policy(world, policy, vault=vault)
    mapping = ContainerMapping(name=f"{cloud.name}-to-azure", cloud_id=cloud.id, policy=policy)
    vault.container_mappings.append(mapping)
    return mapping


def unprotect_cloud(world: World, cloud_name: str) -> None:
    """Take the association of a cloud away; items in it stay what they are."""
    cloud = cloud_named(world, cloud_name)
    vault = vault_of(world, cloud.id)
    vault.container_mappings = [mapping for mapping in vault.container_mappings if mapping.cloud_id != cloud.id]


def add_vnet(
    world: World,
    name: str,
    prefixes: Sequence[str],
    subnets: Mapping[str, str],
    *,
    resource_group: str = "rg-network",
    dns_servers: Sequence[str] = (),
) -> VNet:
    """Add a VNet; ``subnets`` maps names to prefixes. It is peered with nothing (see ``peer``) and has no tags."""
    azure = azure_of(world)
    if resource_group not in azure.resource_groups:
        azure.resource_groups.append(resource_group)
    vnet = VNet(
        id=azure.resource_id(resource_group, "Microsoft.Network/virtualNetworks", name),
        name=name,
        resource_group=resource_group,
        region=azure.region,
        prefixes=list(prefixes),
        subnets=[Subnet(name=subnet, prefixes=[prefix]) for subnet, prefix in subnets.items()],
        dns_servers=list(dns_servers),
    )
    azure.vnets[vnet.id.lower()] = vnet
    return vnet


def peer(world: World, left: str, right: str, *, state: str = "Connected") -> None:
    """Peer two VNets, in both directions, as a working peering is."""
    first, second = vnet_named(world, left), vnet_named(world, right)
    first.peerings.append(Peering(name=f"{left}-to-{right}", remote=second.id, state=state))
    second.peerings.append(Peering(name=f"{right}-to-{left}", remote=first.id, state=state))


def map_network(world: World, vm_network: str, vnet: str) -> NetworkMapping:
    """Map a VM network to a VNet, both by name; VMs on it get the VNet as their target."""
    network, target = network_named(world, vm_network), vnet_named(world, vnet)
    mapping = NetworkMapping(name=f"{network.name}-to-{target.name}", network_id=network.id, vnet_id=target.id)
    server = next(server for server in world.vmm if network in server.networks)
    _registered(world, server)[0].network_mappings.append(mapping)
    return mapping


def unmap_network(world: World, vm_network: str) -> None:
    """Delete the mapping of a VM network; VMs on it have no target network any more."""
    network, vault = network_named(world, vm_network), the_vault(world)
    vault.network_mappings = [mapping for mapping in vault.network_mappings if mapping.network_id != network.id]


def protect(
    world: World, vm: Vm, *, policy: str = "", subnet: str = "", last_test_days: float | None = None
) -> ProtectedItem:
    """Enable replication of a VM to Azure; its cloud has to be protected already.

    Args:
        world: the estate.
        vm: the VM; disks with ``replicated`` false stay behind.
        policy: name of the policy; empty for the one of its cloud.
        subnet: the subnet to recover into; empty for the first one of the mapped VNet.
        last_test_days: the last successful test failover was this many days ago; ``None`` for never.
    """
    vault = vault_of(world, vm.cloud_id)
    mappings = (known for known in vault.container_mappings if known.cloud_id == vm.cloud_id)
    mapping = _the(mappings, f"protected cloud of {vm.name}")
    item = ProtectedItem(
        name=vm.vmm_id,
        vm_id=vm.id,
        cloud_id=vm.cloud_id,
        policy=policy or mapping.policy,
        target_name=vm.name,
        subnet=subnet or _first_subnet(world, vault, vm),
        last_test_age=None if last_test_days is None else last_test_days * 86400,
    )
    vault.items.append(item)
    return item


def unprotect(world: World, vm: Vm) -> None:
    """Disable replication of a VM: its item disappears, plans included."""
    vault, item = vault_of(world, vm.cloud_id), item_of(world, vm)
    vault.items.remove(item)
    for plan in vault.plans:
        for group in plan.groups:
            group.items = [name for name in group.items if name != item.name]


def stall(world: World, vm: Vm, seconds: float) -> None:
    """Stop the replication of a VM: its last recovery point is this many seconds old, and health says so."""
    item = item_of(world, vm)
    item.stalled_age = seconds
    item.replication_health = "Critical"
    item.health_errors.append(
        HealthError(
            code="67512",
            summary="Replication is behind",
            message=f"The last replication of the virtual machine '{vm.name}' is more than ten minutes ago.",
        )
    )


def add_plan(world: World, name: str, groups: Sequence[Iterable[str]], *, last_test_days: float | None = None) -> Plan:
    """Add a recovery plan; ``groups`` are the Boot groups in order, each with the names of its VMs."""
    vault = the_vault(world)
    boot = [PlanGroup(items=[item_named(world, vm).name for vm in names]) for names in groups]
    first = next((item_named(world, vm) for names in groups for vm in names), None)
    fabric = fabric_of(world, first.cloud_id) if first else vault.fabrics[0]
    plan = Plan(
        name=name,
        fabric=fabric.name,
        groups=[PlanGroup(kind="Shutdown"), PlanGroup(kind="Failover"), *boot],
        last_test_age=None if last_test_days is None else last_test_days * 86400,
    )
    vault.plans.append(plan)
    return plan


def boot_group(plan: Plan, number: int) -> PlanGroup:
    """The Boot group with this number, from 1, for adding actions to its ``start`` and ``end``."""
    return [group for group in plan.groups if group.kind == "Boot"][number - 1]


def manual_action(name: str, instruction: str) -> PlanAction:
    """A step for a person; the plan waits for it, in test failovers too."""
    return PlanAction(name=name, kind="ManualActionDetails", detail=instruction)


def script_action(name: str, path: str) -> PlanAction:
    """A script on the VMM server's library share."""
    return PlanAction(name=name, kind="ScriptActionDetails", detail=path)


def runbook_action(name: str, runbook_id: str) -> PlanAction:
    """An Azure Automation runbook."""
    return PlanAction(name=name, kind="AutomationRunbookActionDetails", detail=runbook_id)


def the_vault(world: World) -> Vault:
    """The world's first vault, mostly its only one."""
    return azure_of(world).vaults[0]


def vault_of(world: World, cloud_id: str) -> Vault:
    """The vault in which the VMM server of a cloud is registered."""
    return _registered(world, _server_of(world, cloud_id))[0]


def vault_id(world: World) -> str:
    """ARM id of the first vault."""
    return azure_of(world).vault_id(the_vault(world), own=False)


def plan_id(world: World, name: str) -> str:
    """ARM id of a plan, as the service writes it."""
    vaults = (vault for vault in azure_of(world).vaults if any(plan.name == name for plan in vault.plans))
    return f"{azure_of(world).vault_id(next(vaults, the_vault(world)))}/replicationRecoveryPlans/{name}"


def vnet_id(world: World, name: str) -> str:
    """ARM id of a VNet."""
    return vnet_named(world, name).id


def item_id(world: World, vm_name: str) -> str:
    """ARM id of a VM's protected item, as the service writes it."""
    return item_path(world, item_named(world, vm_name))


def item_path(world: World, item: ProtectedItem) -> str:
    """ARM id of a protected item, as the service writes it."""
    container = f"replicationFabrics/{fabric_of(world, item.cloud_id).name}/replicationProtectionContainers"
    base = f"{azure_of(world).vault_id(vault_of(world, item.cloud_id))}/{container}/{item.cloud_id}"
    return f"{base}/replicationProtectedItems/{item.name}"


def cloud_named(world: World, name: str) -> Cloud:
    """The VMM cloud of that name."""
    return _the((cloud for server in world.vmm for cloud in server.clouds if cloud.name == name), f"cloud {name}")


def network_named(world: World, name: str) -> VmNetwork:
    """The VM network of that name."""
    networks = (network for server in world.vmm for network in server.networks if network.name == name)
    return _the(networks, f"VM network {name}")


def vnet_named(world: World, name: str) -> VNet:
    """The VNet of that name."""
    return _the((vnet for vnet in azure_of(world).vnets.values() if vnet.name == name), f"VNet {name}")


def fabric_of(world: World, cloud_id: str) -> Fabric:
    """The fabric of the VMM server that a cloud belongs to."""
    return _registered(world, _server_of(world, cloud_id))[1]


def item_of(world: World, vm: Vm) -> ProtectedItem:
    """The protected item of a VM."""
    items = (item for vault in azure_of(world).vaults for item in vault.items if item.vm_id == vm.id)
    return _the(items, f"protected item of {vm.name}")


def item_named(world: World, vm_name: str) -> ProtectedItem:
    """The protected item of the VM of that name."""
    items = (item for vault in azure_of(world).vaults for item in vault.items)
    return _the((item for item in items if world.vms[item.vm_id].name == vm_name), f"protected item of {vm_name}")


def plan_named(world: World, name: str) -> Plan:
    """The recovery plan of that name."""
    plans = (plan for vault in azure_of(world).vaults for plan in vault.plans)
    return _the((plan for plan in plans if plan.name == name), f"recovery plan {name}")


def _the(found: Iterator[Found], what: str) -> Found:
    for thing in found:
        return thing
    raise LookupError(f"the scenario has no {what}")


def _server_of(world: World, cloud_id: str) -> VmmServer:
    owners = (server for server in world.vmm if any(cloud.id == cloud_id for cloud in server.clouds))
    return _the(owners, f"VMM server of cloud {cloud_id}")


def _registered(world: World, server: VmmServer) -> tuple[Vault, Fabric]:
    """Where a VMM server is registered, and as what."""
    places = ((vault, fabric) for vault in azure_of(world).vaults for fabric in vault.fabrics)
    return _the((place for place in places if place[1].friendly_name == server.name), f"fabric of {server.name}")


def _first_subnet(world: World, vault: Vault, vm: Vm) -> str:
    networks = {nic.network_id for nic in vm.nics}
    for mapping in vault.network_mappings:
        if mapping.network_id in networks:
            vnet = azure_of(world).vnets[mapping.vnet_id.lower()]
            return min(subnet.name for subnet in vnet.subnets)
    return ""
