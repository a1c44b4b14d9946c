"""What does Site Recovery write on the wire about a vault's set-up, in the versions of its API that are still met?

Names follow the service, whose casing changed between versions; both spellings are read. ``None`` and an absent key
mean the same here. What a judgement rests on has no default: an answer without it is an error, not an empty text.
"""

from typing import Generic, TypeVar

from msgspec import Struct, field

from drcheck.topology.site_recovery import HealthError as Health
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


class HealthError(Struct, frozen=True, rename="camel"):
    """A health error; ``summaryMessage`` is often empty. Times of fabrics' errors carry a local offset."""

    error_code: str | None = None
    error_level: str | None = None
    error_category: str | None = None
    summary_message: str | None = None
    error_message: str | None = None
    creation_time_utc: Moment = NEVER

    @property
    def code(self) -> str:
        """The code; ``0`` when there is none."""
        return self.error_code or "0"

    @property
    def text(self) -> str:
        """What it says, on one line."""
        return " ".join((self.summary_message or self.error_message or "").split())


Errors = tuple[HealthError, ...] | None


def health(*lists: Errors) -> tuple[Health, ...]:
    """The errors of several lists, each once: before 2018 two lists told of the same ones."""
    found = (
        Health(
            code=error.code,
            level=error.error_level or "",
            category=error.error_category or "",
            message=error.text,
            created=error.creation_time_utc.at,
        )
        for errors in lists
        for error in errors or ()
    )
    return tuple(dict.fromkeys(found))


class Host(Struct, frozen=True, rename="camel"):
    """A Hyper-V host of a site."""

    id: str | None = None
    name: str | None = None
    mars_agent_version: str | None = None


class FabricKind(Struct, frozen=True, rename="camel"):
    """What kind of fabric it is; only Hyper-V sites have hosts."""

    instance_type: str | None = None
    hosts: tuple[Host, ...] | None = field(default=None, name="hyperVHosts")


class Encryption(Struct, frozen=True, rename="camel"):
    """The key that data are encrypted with; ``kekState`` is the text ``None`` when they are not."""

    kek_state: str | None = None
    kek_cert_expiry_date: Moment = NEVER


class Fabric(Struct, frozen=True, rename="camel"):
    """A VMM server or a Hyper-V site."""

    friendly_name: str
    custom_details: FabricKind | None = None
    health: str | None = None
    internal_identifier: str | None = None
    bcdr_state: str | None = None
    encryption_details: Encryption | None = None
    health_error_details: Errors = None
    failover_health_error_details: Errors = None


class VersionDetails(Struct, frozen=True, rename="camel"):
    """A version and how long it is good for (since 2018)."""

    status: str | None = None
    expiry_date: Moment = NEVER


class Provider(Struct, frozen=True, rename="camel"):
    """A provider; the short form of its expiry came before ``providerVersionDetails``."""

    friendly_name: str
    connection_status: str
    fabric_type: str | None = None
    last_heart_beat: Moment = NEVER
    provider_version: str | None = None
    provider_version_state: str | None = None
    provider_version_expiry_date: Moment = NEVER
    provider_version_details: VersionDetails | None = None
    server_version: str | None = None
    protected_item_count: Count = NO_COUNT
    health_error_details: Errors = None


class Container(Struct, frozen=True, rename="camel"):
    """A VMM cloud or a Hyper-V site's only container; ``role`` is empty while it is unpaired."""

    friendly_name: str
    fabric_type: str
    pairing_status: str | None = None
    role: str | None = None
    protected_item_count: Count = NO_COUNT


class ContainerMapping(Struct, frozen=True, rename="camel"):
    """A container with a policy; the target is an ARM id or the words ``Microsoft Azure``."""

    state: str
    policy_id: str | None = None
    target_protection_container_id: str | None = None
    health: str | None = None
    health_error_details: Errors = None


class PolicyDetails(Struct, frozen=True, rename="camel"):
    """Settings; which of the two intervals, and of the two retentions, is written depends on the provider."""

    instance_type: str | None = None
    replication_interval: Count = NO_COUNT
    replication_frequency_in_seconds: Count = NO_COUNT
    application_consistent_snapshot_frequency_in_hours: Count = NO_COUNT
    recovery_point_history_duration_in_hours: Count = NO_COUNT
    recovery_points: Count = NO_COUNT
    encryption: str | None = None


class Policy(Struct, frozen=True, rename="camel"):
    """A replication policy."""

    provider_specific_details: PolicyDetails | None = None
    friendly_name: str | None = None


class Subnet(Struct, frozen=True, rename="camel"):
    """A subnet; each address is written ``10.1.0.0/24-5 0``: a block, a VLAN and a second VLAN."""

    name: str | None = None
    friendly_name: str | None = None
    address_list: tuple[str, ...] | None = None


class Network(Struct, frozen=True, rename="camel"):
    """A network of a fabric."""

    friendly_name: str
    fabric_type: str
    network_type: str | None = None
    subnets: tuple[Subnet, ...] | None = None


class MappingKind(Struct, frozen=True, rename="camel"):
    """Between what a network mapping maps."""

    instance_type: str | None = None


class NetworkMapping(Struct, frozen=True, rename="camel"):
    """A network and what it becomes."""

    state: str
    primary_network_id: str
    recovery_network_id: str | None = None
    fabric_specific_settings: MappingKind | None = None


class LogicalNetwork(Struct, frozen=True, rename="camel"):
    """A logical network of VMM (unverified: the SDK's model)."""

    friendly_name: str
    network_virtualization_status: str | None = None
    logical_network_usage: str | None = None
    logical_network_definitions_status: str | None = None


class StorageClassification(Struct, frozen=True, rename="camel"):
    """A storage classification (unverified: recorded as an empty list, so this is the SDK's model)."""

    friendly_name: str | None = None


class StorageMapping(Struct, frozen=True, rename="camel"):
    """What a storage classification becomes (unverified: recorded as an empty list, so this is the SDK's model)."""

    target_storage_classification_id: str | None = None
