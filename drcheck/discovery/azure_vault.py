"""Who may do what with a vault, and what is recorded of it?

Shapes are those of Microsoft's REST reference of the versions below; role definitions were recorded in 2023.
"""

from collections.abc import Iterator

from msgspec import Struct, field

from drcheck.discovery import ArmAsk, ArmCollector
from drcheck.query import ArmRead
from drcheck.topology.azure_governance import (
    DiagnosticSetting,
    LogCategory,
    LogWorkspace,
    RoleAssignment,
    RoleDefinition,
)
from drcheck.topology.base import Target
from drcheck.transport.arm_values import NO_COUNT, Count, arm_id

ROLE = "vault"
ROLES_API = "2022-04-01"
"""Version of Microsoft.Authorization/roleAssignments and roleDefinitions."""
DIAGNOSTICS_API = "2021-05-01-preview"
"""Version of Microsoft.Insights/diagnosticSettings; no later one is stable."""
WORKSPACE_API = "2023-09-01"
"""Version of Microsoft.OperationalInsights/workspaces."""


class _AssignmentProperties(Struct, frozen=True, rename="camel"):
    principal_id: str
    role_definition_id: str
    scope: str
    principal_type: str | None = None
    condition: str | None = None


class _Assignment(Struct, frozen=True):
    id: str
    name: str
    properties: _AssignmentProperties


class _Permission(Struct, frozen=True, rename="camel"):
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    data_actions: tuple[str, ...] | None = None
    not_data_actions: tuple[str, ...] | None = None


class _RoleProperties(Struct, frozen=True, rename="camel"):
    role_name: str
    permissions: tuple[_Permission, ...]
    role_type: str | None = field(default=None, name="type")


class _Role(Struct, frozen=True):
    id: str
    name: str
    properties: _RoleProperties


class _Retention(Struct, frozen=True):
    enabled: bool | None = None
    days: Count = NO_COUNT


class _Category(Struct, frozen=True, rename="camel"):
    """Either a category or a group of categories."""

    enabled: bool
    category: str | None = None
    category_group: str | None = None
    retention_policy: _Retention | None = None


class _SettingProperties(Struct, frozen=True, rename="camel"):
    workspace_id: str | None = None
    storage_account_id: str | None = None
    event_hub_authorization_rule_id: str | None = None
    logs: tuple[_Category, ...] | None = None


class _Setting(Struct, frozen=True):
    id: str
    name: str
    properties: _SettingProperties


class _WorkspaceProperties(Struct, frozen=True, rename="camel"):
    retention_in_days: Count = NO_COUNT


class _Workspace(Struct, frozen=True):
    id: str
    name: str
    properties: _WorkspaceProperties = _WorkspaceProperties()


def read_role_assignments(ask: ArmAsk, target: Target) -> Iterator[RoleAssignment]:
    """Every role at the vault and above it."""
    path = _assignments(target)
    for found in ask.every(path, ROLES_API, _Assignment):
        assigned = found.properties
        yield RoleAssignment(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            name=found.name,
            principal=arm_id(assigned.principal_id),
            principal_type=assigned.principal_type or "",
            role=arm_id(assigned.role_definition_id),
            scope=arm_id(assigned.scope),
            condition=assigned.condition or "",
        )


def read_role_definitions(ask: ArmAsk, target: Target) -> Iterator[RoleDefinition]:
    """Every role that is assigned there, each once."""
    assigned = ask.every(_assignments(target), ROLES_API, _Assignment)
    wanted = list(dict.fromkeys(arm_id(found.properties.role_definition_id) for found in assigned))
    for path, found in zip(wanted, ask.each(wanted, ROLES_API, _Role), strict=True):
        role = found.properties
        yield RoleDefinition(
            key=path,
            seen=ask.seen(path),
            vault=target.endpoint,
            name=role.role_name,
            role_type=role.role_type or "",
            actions=tuple(action for one in role.permissions for action in one.actions or ()),
            not_actions=tuple(action for one in role.permissions for action in one.not_actions or ()),
            data_actions=tuple(action for one in role.permissions for action in one.data_actions or ()),
            not_data_actions=tuple(action for one in role.permissions for action in one.not_data_actions or ()),
        )


def read_diagnostics(ask: ArmAsk, target: Target) -> Iterator[DiagnosticSetting]:
    """Where the vault's logs go."""
    path = _diagnostics(target)
    for found in ask.every(path, DIAGNOSTICS_API, _Setting):
        setting = found.properties
        yield DiagnosticSetting(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            name=found.name,
            workspace=arm_id(setting.workspace_id),
            storage=arm_id(setting.storage_account_id),
            event_hub=arm_id(setting.event_hub_authorization_rule_id),
            logs=tuple(_category(category) for category in setting.logs or ()),
        )


def read_workspaces(ask: ArmAsk, target: Target) -> Iterator[LogWorkspace]:
    """The workspaces that they go to, each once; they may lie in another subscription."""
    settings = ask.every(_diagnostics(target), DIAGNOSTICS_API, _Setting)
    used = (arm_id(found.properties.workspace_id) for found in settings)
    wanted = [workspace for workspace in dict.fromkeys(used) if workspace]
    for path, found in zip(wanted, ask.each(wanted, WORKSPACE_API, _Workspace), strict=True):
        yield LogWorkspace(
            key=path,
            seen=ask.seen(path),
            vault=target.endpoint,
            name=found.name,
            retention_days=found.properties.retention_in_days.value,
        )


def _assignments(target: Target) -> str:
    return f"{target.endpoint}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()"


def _diagnostics(target: Target) -> str:
    return f"{target.endpoint}/providers/Microsoft.Insights/diagnosticSettings"


def _category(found: _Category) -> LogCategory:
    """A retention that is switched off is none, whatever its days say."""
    retention = found.retention_policy
    return LogCategory(
        name=found.category or found.category_group or "",
        enabled=found.enabled,
        retention_days=retention.days.value if retention and retention.enabled else None,
    )


_ROLE_READS = (ArmRead(path="{vault}/providers/Microsoft.Authorization/roleAssignments", api_version=ROLES_API),)
_DEFINITION = "/providers/Microsoft.Authorization/roleDefinitions/{role}"
_SETTINGS = (ArmRead(path="{vault}/providers/Microsoft.Insights/diagnosticSettings", api_version=DIAGNOSTICS_API),)
_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
_WORKSPACE = f"{_GROUP}/providers/Microsoft.OperationalInsights/workspaces/{{workspace}}"

COLLECTORS = (
    ArmCollector(kind=RoleAssignment, read=read_role_assignments, reads=_ROLE_READS),
    ArmCollector(
        kind=RoleDefinition,
        read=read_role_definitions,
        reads=(
            *_ROLE_READS,
            ArmRead(path=_DEFINITION, api_version=ROLES_API),
            ArmRead(path=f"/subscriptions/{{subscription}}{_DEFINITION}", api_version=ROLES_API),
        ),
    ),
    ArmCollector(kind=DiagnosticSetting, read=read_diagnostics, reads=_SETTINGS),
    ArmCollector(
        kind=LogWorkspace,
        read=read_workspaces,
        reads=(*_SETTINGS, ArmRead(path=_WORKSPACE, api_version=WORKSPACE_API)),
    ),
)
