"""What does Site Recovery write about machines: protectable, protected, and the points they could be recovered to?

See ``wire`` for how names and missing values are read.
"""

from msgspec import Struct, field

from drcheck.discovery.site_recovery.wire import Errors, Resource
from drcheck.transport.arm_values import NEVER, NO_COUNT, Count, Moment, Switch


class Disk(Struct, frozen=True, rename="camel"):
    """``maxSizeMB`` is text for replication to Azure and a number between VMM clouds."""

    vhd_id: str | None = None
    vhd_name: str | None = None
    vhd_type: str | None = None
    lun_id: str | None = None
    max_size: Count = field(default=NO_COUNT, name="maxSizeMB")


class IpConfig(Struct, frozen=True, rename="camel"):
    """An address of an adapter after failover; an empty static address means a dynamic one.

    What begins with ``tfo`` is for test failovers, and was null in every recording.
    """

    is_primary: bool | None = None
    source_address: str | None = field(default=None, name="staticIPAddress")
    recovery_subnet_name: str | None = None
    recovery_static_ip_address: str | None = field(default=None, name="recoveryStaticIPAddress")
    recovery_public_address: str | None = field(default=None, name="recoveryPublicIPAddressId")
    tfo_subnet_name: str | None = None
    tfo_address: str | None = field(default=None, name="tfoStaticIPAddress")
    tfo_public_address: str | None = field(default=None, name="tfoPublicIPAddressId")


class Nic(Struct, frozen=True, rename="camel"):
    """The flat ``recoveryVMSubnetName`` and ``replicaNicStaticIPAddress`` are from before ``ipConfigs`` (2018)."""

    nic_id: str | None = None
    source_network: str | None = field(default=None, name="vMNetworkName")
    target_network: str | None = field(default=None, name="recoveryVMNetworkId")
    test_network: str | None = field(default=None, name="tfoVMNetworkId")
    recovery_network_security_group_id: str | None = None
    tfo_network_security_group_id: str | None = None
    ip_configs: tuple[IpConfig, ...] | None = None
    flat_subnet: str | None = field(default=None, name="recoveryVMSubnetName")
    flat_address: str | None = field(default=None, name="replicaNicStaticIPAddress")
    flat_source_address: str | None = field(default=None, name="primaryNicStaticIPAddress")
    selection_type: str | None = None
    target_nic_name: str | None = None


class InitialReplication(Struct, frozen=True, rename="camel"):
    """How far the first copy is; a text, and stale: ``23`` for machines that had long been protected."""

    initial_replication_progress_percentage: Count = NO_COUNT


class OsDetails(Struct, frozen=True, rename="camel"):
    """The guest, as somebody said when enabling replication; edition and version are made up (``1.1.1.1``)."""

    os_type: str | None = None


class ItemDetails(Struct, frozen=True, rename="camel"):
    """What the replication provider tells; the RPO is absent between VMM clouds and before the first delta.

    Names with ``_until_2018`` are the older spelling of the line above them.
    """

    instance_type: str | None = None
    vm_id: str | None = None
    rpo_in_seconds: Count = NO_COUNT
    last_rpo_calculated_time: Moment = NEVER
    last_replicated_time: Moment = NEVER
    last_recovery_point_received: Moment = NEVER
    azure_disks: tuple[Disk, ...] | None = field(default=None, name="azureVmDiskDetails")
    azure_disks_until_2018: tuple[Disk, ...] | None = field(default=None, name="azureVMDiskDetails")
    vmm_disks: tuple[Disk, ...] | None = field(default=None, name="vMDiskDetails")
    vm_nics: tuple[Nic, ...] | None = None
    target_name: str | None = field(default=None, name="recoveryAzureVmName")
    target_name_until_2018: str | None = field(default=None, name="recoveryAzureVMName")
    target_size: str | None = field(default=None, name="recoveryAzureVMSize")
    recovery_azure_resource_group_id: str | None = None
    recovery_azure_storage_account: str | None = None
    recovery_availability_set_id: str | None = None
    target_availability_zone: str | None = None
    use_managed_disks: Switch = field(default_factory=Switch)
    selected_recovery_azure_network_id: str | None = None
    license_type: str | None = None
    sql_server_license_type: str | None = None
    encryption: str | None = None
    os_details: OsDetails | None = field(default=None, name="oSDetails")
    memory: Count = field(default=NO_COUNT, name="sourceVmRamSizeInMB")
    memory_until_2018: Count = field(default=NO_COUNT, name="sourceVmRAMSizeInMB")
    cpus: Count = field(default=NO_COUNT, name="sourceVmCpuCount")
    cpus_until_2018: Count = field(default=NO_COUNT, name="sourceVmCPUCount")
    initial_replication_details: InitialReplication | None = None


class Scenario(Struct, frozen=True, rename="camel"):
    """The operation at work; none is ``None`` with the year 1753 and a job id that ends in ``/None``."""

    scenario_name: str | None = None
    job_id: str | None = None
    start_time: Moment = NEVER


class Item(Struct, frozen=True, rename="camel"):
    """A protected machine; health errors came as two lists until 2018."""

    friendly_name: str
    protection_state: str
    replication_health: str
    provider_specific_details: ItemDetails
    protectable_item_id: str | None = None
    recovery_services_provider_id: str | None = None
    policy_id: str | None = None
    protection_state_description: str | None = None
    failover_health: str | None = None
    active_location: str | None = None
    allowed_operations: tuple[str, ...] | None = None
    test_failover_state: str | None = None
    recovery_fabric_id: str | None = None
    last_successful_test_failover_time: Moment = NEVER
    last_successful_failover_time: Moment = NEVER
    current_scenario: Scenario | None = None
    health_errors: Errors = None
    replication_health_errors: Errors = None
    failover_health_errors: Errors = None


class ProtectableDetails(Struct, frozen=True, rename="camel"):
    """Where a protectable machine is in Hyper-V, and what it has; presence is told since 2022."""

    instance_type: str | None = None
    source_item_id: str | None = None
    generation: str | None = None
    has_physical_disk: str | None = None
    has_fibre_channel_adapter: str | None = None
    has_shared_vhd: str | None = None
    hyper_v_host_id: str | None = None


class Protectable(Struct, frozen=True, rename="camel"):
    """A machine that is, or could be, protected."""

    friendly_name: str | None = None
    protection_status: str | None = None
    replication_protected_item_id: str | None = None
    protection_readiness_errors: tuple[str, ...] | None = None
    custom_details: ProtectableDetails | None = None


class RecoveryPoint(Struct, frozen=True, rename="camel"):
    """A point; unverified for Hyper-V machines: the shape is the SDK's and of VMware recordings."""

    recovery_point_time: Moment
    recovery_point_type: str | None = None


class RecoveryPointPage(Struct, frozen=True, rename="camel"):
    """The first page of a machine's points, which is all of them unless it says where the next one is."""

    value: tuple[Resource[RecoveryPoint], ...]
    next_link: str | None = None
