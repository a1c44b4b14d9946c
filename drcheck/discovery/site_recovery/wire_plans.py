"""What does Site Recovery write about recovery plans? Everything is kept: an unknown key of an action may matter."""

import hashlib
from typing import Any, Self

import msgspec
from msgspec import Struct

from drcheck.discovery.site_recovery.wire import Listed
from drcheck.discovery.site_recovery.wire_items import Scenario
from drcheck.transport.arm_values import NEVER, Moment, decode_hook
from drcheck.transport.decoding import convert


class ActionDetails(Struct, frozen=True, rename="camel"):
    """What a plan's action does; a runbook that was deleted has no id."""

    instance_type: str
    description: str | None = None
    path: str | None = None
    runbook_id: str | None = None
    timeout: str | None = None
    fabric_location: str | None = None


class Action(Struct, frozen=True, rename="camel"):
    """An action of a plan; without failover types it never runs."""

    action_name: str
    custom_details: ActionDetails
    failover_types: tuple[str, ...] | None = None
    failover_directions: tuple[str, ...] | None = None


_ACTION_KEYS = frozenset(Action.__struct_encode_fields__)
_DETAIL_KEYS = frozenset(ActionDetails.__struct_encode_fields__)


class OpenAction:
    """An action with what nobody taught us: ``unknown`` holds (key, JSON text) of every other key that has a value."""

    __slots__ = ("known", "unknown")

    def __init__(self, known: Action, unknown: tuple[tuple[str, str], ...]) -> None:
        self.known = known
        self.unknown = unknown

    @classmethod
    def of(cls, value: object) -> Self:
        """Read a JSON value.

        Raises:
            ValueError: it is no action.
        """
        known = _convert(value, Action)
        given: dict[str, Any] = msgspec.convert(value, dict[str, Any])
        details = given["customDetails"]
        others = {key: found for key, found in given.items() if key not in _ACTION_KEYS}
        others |= {f"customDetails.{key}": found for key, found in details.items() if key not in _DETAIL_KEYS}
        return cls(known, tuple(sorted((key, _text(found)) for key, found in others.items() if found is not None)))


class Group(Struct, frozen=True, rename="camel"):
    """A group of a plan."""

    group_type: str
    replication_protected_items: tuple[Listed, ...] | None = None
    start_group_actions: tuple[OpenAction, ...] | None = None
    end_group_actions: tuple[OpenAction, ...] | None = None


class Groups:
    """The groups of a plan in order, and the digest of all that was written about them."""

    __slots__ = ("groups", "sha256")

    def __init__(self, groups: tuple[Group, ...] = (), sha256: str = "") -> None:
        self.groups = groups
        self.sha256 = sha256

    @classmethod
    def of(cls, value: object) -> Self:
        """Read a JSON value.

        Raises:
            ValueError: they are no groups.
        """
        return cls(_convert(value, tuple[Group, ...]), hashlib.sha256(_text(value).encode()).hexdigest())


class Plan(Struct, frozen=True, rename="camel"):
    """A recovery plan."""

    friendly_name: str
    groups: Groups
    primary_fabric_id: str | None = None
    recovery_fabric_id: str | None = None
    failover_deployment_model: str | None = None
    replication_providers: tuple[str, ...] | None = None
    allowed_operations: tuple[str, ...] | None = None
    last_test_failover_time: Moment = NEVER
    last_planned_failover_time: Moment = NEVER
    last_unplanned_failover_time: Moment = NEVER
    current_scenario: Scenario | None = None
    current_scenario_status: str | None = None


def _convert(value: object, of: Any) -> Any:
    try:
        return convert(value, of, decode_hook)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def _text(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
