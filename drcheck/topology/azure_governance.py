"""Azure: who may do what, what is forbidden to everybody, and what is recorded of it."""

from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact


class Lock(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A management lock. Key: its ARM id, lower case. It holds for everything below ``scope``."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "lock"

    name: str
    scope: str
    """ARM id of what is locked, lower case: the subscription, a resource group or a resource."""
    level: str
    """``CanNotDelete`` (clean-up of a drill fails) or ``ReadOnly`` (nothing can be created either)."""
    notes: str


class DenyAssignment(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A deny assignment: it wins over every role. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "deny assignment"

    name: str
    scope: str
    """ARM id, lower case."""
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    principals: tuple[str, ...]
    """Object ids, lower case; all zeros stand for everybody."""
    excluded: tuple[str, ...]
    """Object ids that it does not hold for."""


class PolicyAssignment(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A policy or an initiative that is in force at a scope. Key: its ARM id, lower case.

    Assignments of management groups above the subscription are among them. What a policy would do to a machine that is
    recovered cannot be read: asking for a validation is a POST, which a run that only reads does not send.
    """

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "policy assignment"

    name: str
    scope: str
    """ARM id, lower case."""
    excluded: tuple[str, ...]
    """Scopes below that it does not hold for, lower case."""
    definition: str
    """ARM id of the policy or initiative, lower case."""
    enforced: bool
    """``False``: it only reports (``DoNotEnforce``)."""


class PolicyRule(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What one policy does under one assignment. Key: ``<assignment>#<definition or reference in an initiative>``."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "policy"

    name: str
    assignment: str
    """ARM id, lower case."""
    definition: str
    """ARM id, lower case."""
    effect: str
    """Lower case: ``deny``, ``audit``, ``modify``, ``deployifnotexists``, ``disabled`` …; empty when an expression
    decides that is no simple parameter."""


class RoleAssignment(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """Somebody's role at a vault or above it. Key: its ARM id, lower case. Eligible, not active, ones are not told."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "role assignment"

    vault: str
    name: str
    principal: str
    """Object id, lower case."""
    principal_type: str
    """``User``, ``Group``, ``ServicePrincipal``, ``ForeignGroup``, ``Device``."""
    role: str
    """ARM id of the role definition, lower case."""
    scope: str
    """ARM id, lower case: the vault, its resource group, its subscription, a management group, or ``/``."""
    condition: str


class RoleDefinition(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A role that somebody has at a vault. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "role"

    vault: str
    name: str
    role_type: str
    """``BuiltInRole`` or ``CustomRole``."""
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


class LogCategory(Struct, frozen=True, kw_only=True, gc=False):
    """A category (``AzureSiteRecoveryJobs`` …) or group of categories (``allLogs``) of a diagnostic setting."""

    name: str
    enabled: bool
    retention_days: int | None
    """In a storage account (a retired setting); 0 means for ever. ``None``: not set."""


class DiagnosticSetting(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """Where a vault's logs go. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "diagnostic setting"

    vault: str
    name: str
    workspace: str
    """ARM id of a Log Analytics workspace, lower case; empty for none."""
    storage: str
    """ARM id of a storage account, lower case; empty for none."""
    event_hub: str
    """ARM id of an authorisation rule, lower case; empty for none."""
    logs: tuple[LogCategory, ...]


class LogWorkspace(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A workspace that a vault's logs go to. Key: its ARM id, lower case. Single tables may keep rows longer."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "Log Analytics workspace"

    vault: str
    name: str
    retention_days: int | None


class Runbook(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A runbook of an Automation account that a vault's plans use. Key: its ARM id, lower case.

    Every runbook of such an account is listed, so one that a plan names and that is not among them does not exist.
    """

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "runbook"

    vault: str
    name: str
    account: str
    """ARM id, lower case."""
    state: str
    """``Published``, ``New`` (never published), ``Edit`` (published, and a draft is in work)."""
    runbook_type: str
    """``PowerShell``, ``PowerShell72``, ``Python3`` …"""
    modified: datetime | None


class RunbookContent(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What is in a published runbook that a vault's plans start. Key: the runbook's ARM id, lower case.

    The text itself is not kept: scripts hold secrets more often than they should.
    """

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "runbook"

    vault: str
    sha256: str
    """Of the published text as the service gave it, hexadecimal."""
    size_bytes: int


class AutomationAccount(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """An Automation account that a vault's plans use. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "Automation account"

    vault: str
    name: str
    location: str
    state: str
    """``Ok``, ``Suspended``, ``Unavailable``."""
    identity_type: str
    """``SystemAssigned``, ``UserAssigned`` …; empty: it has none, so its runbooks sign in by other means."""

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location
