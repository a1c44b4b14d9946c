"""What does Site Recovery write about events, health and settings of a vault?

See ``wire`` for how names and missing values are read.
"""

from msgspec import Struct, field

from drcheck.discovery.site_recovery.wire import Errors
from drcheck.transport.arm_values import NEVER, NO_COUNT, Count, Moment


class Event(Struct, frozen=True, rename="camel"):
    """An event (unverified: recorded as an empty list, so this is the SDK's model)."""

    severity: str
    event_code: str | None = None
    description: str | None = None
    event_type: str | None = None
    affected: str | None = field(default=None, name="affectedObjectFriendlyName")
    time_of_occurrence: Moment = NEVER
    fabric_id: str | None = None
    health_errors: Errors = None


class Issue(Struct, frozen=True, rename="camel"):
    """An issue of a summary."""

    summary_code: str | None = None
    category: str | None = None
    severity: str | None = None
    summary_message: str | None = None
    affected: tuple[str, ...] | None = field(default=None, name="affectedResourceCorrelationIds")


class Summary(Struct, frozen=True, rename="camel"):
    """The health of objects of one sort; only that of protected items has counts by category."""

    resource_count: Count = NO_COUNT
    issues: tuple[Issue, ...] | None = None
    categorized_resource_counts: dict[str, Count] | None = None


class Health(Struct, frozen=True, rename="camel"):
    """The health of a vault: one object, although it is read where lists are."""

    vault_errors: Errors = None
    protected_items_health: Summary | None = None
    fabrics_health: Summary | None = None
    containers_health: Summary | None = None


class Alert(Struct, frozen=True, rename="camel"):
    """Whom e-mails go to."""

    send_to_owners: str | None = None
    custom_email_addresses: tuple[str, ...] | None = None
    locale: str | None = None


class Setting(Struct, frozen=True, rename="camel"):
    """Settings for VMware and migrations (unverified: the SDK's model)."""

    migration_solution_id: str | None = None
    vmware_to_azure_provider_type: str | None = None


class OsVersion(Struct, frozen=True, rename="camel"):
    """A version of an operating system."""

    version: str | None = None
    service_pack: str | None = None


class Os(Struct, frozen=True, rename="camel"):
    """An operating system."""

    os_name: str
    os_type: str | None = None
    os_versions: tuple[OsVersion, ...] | None = None


class SupportedOs(Struct, frozen=True, rename="camel"):
    """What one replication provider can replicate; Hyper-V's is not among those that were recorded."""

    instance_type: str
    supported_os: tuple[Os, ...] | None = None


class SupportedOsList(Struct, frozen=True, rename="camel"):
    """The list by provider."""

    supported_os_list: tuple[SupportedOs, ...]
