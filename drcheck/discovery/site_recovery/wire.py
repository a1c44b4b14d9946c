"""What does Site Recovery write on the wire, in the versions of its API that are still met?

Names follow the service, whose casing changed between versions; both spellings are read. ``None`` and an absent key
mean the same here. What a judgement rests on has no default: an answer without it is an error, not an empty text.
"""

from typing import Generic, TypeVar

from msgspec import Struct, field

from drcheck.transport.arm_values import NEVER, NO_COUNT, Count, Moment

P = TypeVar("P")


class Resource(Struct, Generic[P], frozen=True):
    """An ARM resource."""

    id: str
    name: str
    properties: P


class Listed(Struct, frozen=True):
    """A list element of which only the id is wanted."""

    id: str


class Vault(Struct, frozen=True):
    """The vault itself, from its own provider: here the location stands beside the properties."""

    id: str
    name: str
    location: str


class FabricKind(Struct, frozen=True, rename="camel"):
    """What kind of fabric it is."""

    instance_type: str | None = None


class Fabric(Struct, frozen=True, rename="camel"):
    """A VMM server or a Hyper-V site."""

    friendly_name: str
    custom_details: FabricKind | None = None
    health: str | None = None


class Container(Struct, frozen=True, rename="camel"):
    """A VMM cloud or a Hyper-V site's only container; ``role`` is empty while it is unpaired."""

    friendly_name: str
    fabric_type: str
    pairing_status: str | None = None
    role: str | None = None


class ContainerMapping(Struct, frozen=True, rename="camel"):
    """A container with a policy; the target is an ARM id or the words ``Microsoft Azure``."""

    state: str
    policy_id: str | None = None
    target_protection_container_id: str | None = None
    health: str | None = None


class PolicyDetails(Struct, frozen=True, rename="camel"):
    """Settings; which of the two intervals is written depends on the provider."""

    instance_type: str | None = None
    replication_interval: Count = NO_COUNT
    replication_frequency_in_seconds: Count = NO_COUNT
    application_consistent_snapshot_frequency_in_hours: Count = NO_COUNT
    encryption: str | None = None


class Policy(Struct, frozen=True, rename="camel"):
    """A replication policy."""

    provider_specific_details: PolicyDetails | None = None
    friendly_name: str | None = None


class HealthError(Struct, frozen=True, rename="camel"):
    """A health error; ``summaryMessage`` is often empty."""

    error_code: str | None = None
    summary_message: str | None = None
    error_message: str | None = None


class Disk(Struct, frozen=True, rename="camel"):
    """``maxSizeMB`` is text for replication to Azure and a number between VMM clouds."""

    vhd_id: str | None = None
    vhd_name: str | None = None
    max_size: Count = field(default=NO_COUNT, name="maxSizeMB")


class IpConfig(Struct, frozen=True, rename="camel"):
    """An address of an adapter after failover; an empty static address means a dynamic one."""

    is_primary: bool | None = None
    recovery_subnet_name: str | None = None
    recovery_static_ip_address: str | None = field(default=None, name="recoveryStaticIPAddress")


class Nic(Struct, frozen=True, rename="camel"):
    """The flat ``recoveryVMSubnetName`` and ``replicaNicStaticIPAddress`` are from before ``ipConfigs`` (2018)."""

    nic_id: str | None = None
    source_network: str | None = field(default=None, name="vMNetworkName")
    target_network: str | None = field(default=None, name="recoveryVMNetworkId")
    test_network: str | None = field(default=None, name="tfoVMNetworkId")
    ip_configs: tuple[IpConfig, ...] | None = None
    flat_subnet: str | None = field(default=None, name="recoveryVMSubnetName")
    flat_address: str | None = field(default=None, name="replicaNicStaticIPAddress")
    selection_type: str | None = None


class ItemDetails(Struct, frozen=True, rename="camel"):
    """What the replication provider tells; the RPO is absent between VMM clouds and before the first delta."""

    instance_type: str | None = None
    vm_id: str | None = None
    rpo_in_seconds: Count = NO_COUNT
    last_rpo_calculated_time: Moment = NEVER
    azure_disks: tuple[Disk, ...] | None = field(default=None, name="azureVmDiskDetails")
    azure_disks_until_2018: tuple[Disk, ...] | None = field(default=None, name="azureVMDiskDetails")
    vmm_disks: tuple[Disk, ...] | None = field(default=None, name="vMDiskDetails")
    vm_nics: tuple[Nic, ...] | None = None


class Item(Struct, frozen=True, rename="camel"):
    """A protected machine; health errors came as two lists until 2018."""

    friendly_name: str
    protection_state: str
    replication_health: str
    provider_specific_details: ItemDetails
    protectable_item_id: str | None = None
    policy_id: str | None = None
    protection_state_description: str | None = None
    failover_health: str | None = None
    active_location: str | None = None
    allowed_operations: tuple[str, ...] | None = None
    test_failover_state: str | None = None
    recovery_fabric_id: str | None = None
    last_successful_test_failover_time: Moment = NEVER
    health_errors: tuple[HealthError, ...] | None = None
    replication_health_errors: tuple[HealthError, ...] | None = None
    failover_health_errors: tuple[HealthError, ...] | None = None


class ProtectableDetails(Struct, frozen=True, rename="camel"):
    """Where a protectable machine is in Hyper-V."""

    source_item_id: str | None = None


class Protectable(Struct, frozen=True, rename="camel"):
    """A machine that is, or could be, protected."""

    custom_details: ProtectableDetails | None = None


class ActionDetails(Struct, frozen=True, rename="camel"):
    """What a plan's action does; a runbook that was deleted has no id."""

    instance_type: str
    description: str | None = None
    path: str | None = None
    runbook_id: str | None = None


class Action(Struct, frozen=True, rename="camel"):
    """An action of a plan; without failover types it never runs."""

    action_name: str
    custom_details: ActionDetails
    failover_types: tuple[str, ...] | None = None
    failover_directions: tuple[str, ...] | None = None


class Group(Struct, frozen=True, rename="camel"):
    """A group of a plan."""

    group_type: str
    replication_protected_items: tuple[Listed, ...] | None = None
    start_group_actions: tuple[Action, ...] | None = None
    end_group_actions: tuple[Action, ...] | None = None


class Plan(Struct, frozen=True, rename="camel"):
    """A recovery plan."""

    friendly_name: str
    groups: tuple[Group, ...]
    primary_fabric_id: str | None = None
    recovery_fabric_id: str | None = None
    failover_deployment_model: str | None = None
    allowed_operations: tuple[str, ...] | None = None
    last_test_failover_time: Moment = NEVER


class Network(Struct, frozen=True, rename="camel"):
    """A network of a fabric."""

    friendly_name: str
    fabric_type: str


class NetworkMapping(Struct, frozen=True, rename="camel"):
    """A network and what it becomes."""

    state: str
    primary_network_id: str
    recovery_network_id: str | None = None
