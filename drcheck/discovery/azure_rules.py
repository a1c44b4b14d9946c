"""What forbids something to everybody in a subscription: locks, deny assignments, policies?

Policies are read, not tried: ``deployments/validate`` is a POST, which a run that only reads does not send. Shapes
are those of Microsoft's REST reference of the versions below; unverified against a recording.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from drcheck.discovery import ArmAsk, ArmCollector
from drcheck.query import ArmRead
from drcheck.topology.azure_governance import DenyAssignment, Lock, PolicyAssignment, PolicyRule
from drcheck.topology.base import Target
from drcheck.transport.arm_values import arm_id

ROLE = "azure"
LOCKS_API = "2020-05-01"
"""Version of Microsoft.Authorization/locks."""
DENY_API = "2022-04-01"
"""Version of Microsoft.Authorization/denyAssignments."""
POLICY_API = "2023-04-01"
"""Version of Microsoft.Authorization/policyAssignments and their definitions."""
OWN = "/providers/microsoft.authorization/"
_PARAMETER = re.compile(r"\[\s*parameters\(\s*'([^']+)'\s*\)\s*\]", re.IGNORECASE)


class _LockProperties(Struct, frozen=True):
    level: str
    notes: str | None = None


class _Lock(Struct, frozen=True):
    id: str
    name: str
    properties: _LockProperties


class _Principal(Struct, frozen=True):
    id: str | None = None


class _Permission(Struct, frozen=True, rename="camel"):
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None


class _DenyProperties(Struct, frozen=True, rename="camel"):
    scope: str
    permissions: tuple[_Permission, ...]
    deny_assignment_name: str | None = None
    principals: tuple[_Principal, ...] | None = None
    exclude_principals: tuple[_Principal, ...] | None = None


class _Deny(Struct, frozen=True):
    id: str
    name: str
    properties: _DenyProperties


class _Value(Struct, frozen=True):
    """A parameter that is given; also of a definition's own parameters, where a default stands."""

    value: Any = None


class _Default(Struct, frozen=True, rename="camel"):
    default_value: Any = None


class _AssignmentProperties(Struct, frozen=True, rename="camel"):
    scope: str
    policy_definition_id: str
    display_name: str | None = None
    not_scopes: tuple[str, ...] | None = None
    parameters: dict[str, _Value] | None = None
    enforcement_mode: str | None = None


class _Assignment(Struct, frozen=True):
    id: str
    name: str
    properties: _AssignmentProperties


class _Then(Struct, frozen=True):
    effect: Any = None


class _PolicyBody(Struct, frozen=True):
    then: _Then | None = None


class _Member(Struct, frozen=True, rename="camel"):
    """A policy of an initiative; it can be there twice, so its reference tells it apart."""

    policy_definition_id: str
    policy_definition_reference_id: str | None = None
    parameters: dict[str, _Value] | None = None


class _DefinitionProperties(Struct, frozen=True, rename="camel"):
    """A policy has a rule; an initiative has members."""

    display_name: str | None = None
    parameters: dict[str, _Default] | None = None
    policy_rule: _PolicyBody | None = None
    policy_definitions: tuple[_Member, ...] | None = None


class _Definition(Struct, frozen=True):
    id: str
    name: str
    properties: _DefinitionProperties


def read_locks(ask: ArmAsk, target: Target) -> Iterator[Lock]:
    """Every lock of the subscription, of its groups and of its resources: the list holds all of them."""
    path = f"{target.endpoint}/providers/Microsoft.Authorization/locks"
    for found in ask.every(path, LOCKS_API, _Lock):
        yield Lock(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=found.name,
            scope=arm_id(found.id).rpartition(OWN)[0],
            level=found.properties.level,
            notes=found.properties.notes or "",
        )


def read_denials(ask: ArmAsk, target: Target) -> Iterator[DenyAssignment]:
    """Every deny assignment at the subscription, above it and below it."""
    path = f"{target.endpoint}/providers/Microsoft.Authorization/denyAssignments"
    for found in ask.every(path, DENY_API, _Deny):
        denied = found.properties
        yield DenyAssignment(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=denied.deny_assignment_name or found.name,
            scope=arm_id(denied.scope),
            actions=tuple(action for one in denied.permissions for action in one.actions or ()),
            not_actions=tuple(action for one in denied.permissions for action in one.not_actions or ()),
            principals=tuple(arm_id(one.id) for one in denied.principals or ()),
            excluded=tuple(arm_id(one.id) for one in denied.exclude_principals or ()),
        )


def read_assignments(ask: ArmAsk, target: Target) -> Iterator[PolicyAssignment]:
    """Every policy assignment at the subscription, above it and below it."""
    path = f"{target.endpoint}/providers/Microsoft.Authorization/policyAssignments"
    for found in ask.every(path, POLICY_API, _Assignment):
        assigned = found.properties
        yield PolicyAssignment(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=assigned.display_name or found.name,
            scope=arm_id(assigned.scope),
            excluded=tuple(arm_id(scope) for scope in assigned.not_scopes or ()),
            definition=arm_id(assigned.policy_definition_id),
            enforced=(assigned.enforcement_mode or "Default") != "DoNotEnforce",
        )


def read_rules(ask: ArmAsk, target: Target) -> Iterator[PolicyRule]:
    """What every assigned policy does; each definition is read once, however often it is assigned."""
    path = f"{target.endpoint}/providers/Microsoft.Authorization/policyAssignments"
    assigned = list(ask.every(path, POLICY_API, _Assignment))
    known = _definitions(ask, (one.properties.policy_definition_id for one in assigned))
    members = (member for one in known.values() for member in one.properties.policy_definitions or ())
    inside = [member.policy_definition_id for member in members if arm_id(member.policy_definition_id) not in known]
    known |= _definitions(ask, inside)
    for assignment in assigned:
        definition = known[arm_id(assignment.properties.policy_definition_id)]
        for reference, policy, given in _policies(assignment, definition, known):
            yield PolicyRule(
                key=f"{arm_id(assignment.id)}#{reference.lower()}",
                seen=ask.seen(definition.id),
                name=policy.properties.display_name or policy.name,
                assignment=arm_id(assignment.id),
                definition=arm_id(policy.id),
                effect=_effect(policy.properties, given),
            )


def _definitions(ask: ArmAsk, ids: Iterable[str]) -> dict[str, _Definition]:
    """Definitions by their id, lower case. Their names, unlike those of resources, may hold spaces."""
    wanted = {arm_id(one): quote(arm_id(one)) for one in ids}
    return dict(zip(wanted, ask.each(wanted.values(), POLICY_API, _Definition), strict=True))


def _policies(
    assignment: _Assignment, definition: _Definition, known: Mapping[str, _Definition]
) -> Iterator[tuple[str, _Definition, Mapping[str, Any]]]:
    """Each policy of an assignment: its reference, itself, and the parameters that it is given."""
    given = {name: found.value for name, found in (assignment.properties.parameters or {}).items()}
    found = definition.properties
    if found.policy_definitions is None:
        yield arm_id(definition.id), definition, given
        return
    for member in found.policy_definitions:
        policy = known[arm_id(member.policy_definition_id)]
        passed = {
            name: _resolved(value.value, given, found.parameters) for name, value in (member.parameters or {}).items()
        }
        yield member.policy_definition_reference_id or arm_id(policy.id), policy, passed


def _effect(policy: _DefinitionProperties, given: Mapping[str, Any]) -> str:
    effect = policy.policy_rule and policy.policy_rule.then and policy.policy_rule.then.effect
    found = _resolved(effect, given, policy.parameters)
    return found.lower() if isinstance(found, str) and not found.startswith("[") else ""


def _resolved(value: Any, given: Mapping[str, Any], defaults: Mapping[str, _Default] | None) -> Any:
    """A value, or what the parameter that it names was given, or that parameter's default; names ignore case."""
    match = _PARAMETER.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    name = match[1].lower()
    passed = next((one for key, one in given.items() if key.lower() == name), None)
    if passed is not None:
        return passed
    return next((one.default_value for key, one in (defaults or {}).items() if key.lower() == name), None)


def _reads(kind: str, version: str) -> ArmRead:
    return ArmRead(path=f"{{subscription}}/providers/Microsoft.Authorization/{kind}", api_version=version)


def _definition_reads(kind: str) -> Iterator[ArmRead]:
    """Definitions are built in, of a subscription or of a management group."""
    own = f"/providers/Microsoft.Authorization/{kind}/{{definition}}"
    groups = "/providers/Microsoft.Management/managementGroups/{group}"
    for scope in ("", "/subscriptions/{subscription}", groups):
        yield ArmRead(path=f"{scope}{own}", api_version=POLICY_API)


_ASSIGNMENTS = _reads("policyAssignments", POLICY_API)

COLLECTORS = (
    ArmCollector(kind=Lock, read=read_locks, reads=(_reads("locks", LOCKS_API),)),
    ArmCollector(kind=DenyAssignment, read=read_denials, reads=(_reads("denyAssignments", DENY_API),)),
    ArmCollector(kind=PolicyAssignment, read=read_assignments, reads=(_ASSIGNMENTS,)),
    ArmCollector(
        kind=PolicyRule,
        read=read_rules,
        reads=(_ASSIGNMENTS, *_definition_reads("policyDefinitions"), *_definition_reads("policySetDefinitions")),
    ),
)
