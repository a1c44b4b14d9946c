"""How does ARM describe what is forbidden: locks, deny assignments, policies and what they do?"""

from collections.abc import Iterator

from drcheck.lab.arm.answers import Ask, Json
from drcheck.lab.azure.landscape import Assignment, Policy

OWN = "providers/Microsoft.Authorization"


def locks(ask: Ask) -> Iterator[Json]:
    """Locks of the subscription and of everything in it."""
    for lock in ask.azure.landscape.locks:
        yield {
            "id": f"{lock.scope}/{OWN}/locks/{lock.name}",
            "name": lock.name,
            "type": "Microsoft.Authorization/locks",
            "properties": {"level": lock.level, "notes": lock.notes},
        }


def denials(ask: Ask) -> Iterator[Json]:
    """Deny assignments."""
    for denial in ask.azure.landscape.denials:
        key = ask.world.id_for("deny", denial.name)
        nothing: list[str] = []
        yield {
            "id": f"{denial.scope}/{OWN}/denyAssignments/{key}",
            "name": key,
            "type": "Microsoft.Authorization/denyAssignments",
            "properties": {
                "denyAssignmentName": denial.name,
                "permissions": [{"actions": denial.actions, "notActions": nothing, "dataActions": nothing}],
                "scope": denial.scope,
                "doNotApplyToChildScopes": False,
                "principals": [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}],
                "excludePrincipals": [{"id": one, "type": "ServicePrincipal"} for one in denial.excluded],
                "isSystemProtected": True,
            },
        }


def assignments(ask: Ask) -> Iterator[Json]:
    """Policy assignments."""
    for assignment in ask.azure.landscape.assignments:
        key = ask.world.id_for("assignment", assignment.name)
        scope = f"/subscriptions/{ask.azure.subscription}"
        yield {
            "id": f"{scope}/{OWN}/policyAssignments/{key}",
            "name": key,
            "type": "Microsoft.Authorization/policyAssignments",
            "properties": {
                "displayName": assignment.name,
                "policyDefinitionId": _definition_id(ask, assignment),
                "scope": scope,
                "notScopes": [],
                "parameters": _given(assignment),
                "enforcementMode": "Default" if assignment.enforced else "DoNotEnforce",
            },
        }


def policies(ask: Ask) -> Iterator[Json]:
    """Policies of the subscription."""
    for assignment in ask.azure.landscape.assignments:
        for policy in assignment.policies:
            yield _policy(ask, policy)


def initiatives(ask: Ask) -> Iterator[Json]:
    """Initiatives of the subscription."""
    for assignment in ask.azure.landscape.assignments:
        if assignment.initiative:
            yield _initiative(ask, assignment)


def _given(assignment: Assignment) -> Json:
    """An initiative's parameters are named after its policies; a single policy's only one is its effect."""
    if assignment.initiative:
        return {f"{name}-effect": {"value": value} for name, value in assignment.parameters.items()}
    return {name: {"value": value} for name, value in assignment.parameters.items()}


def _definition_id(ask: Ask, assignment: Assignment) -> str:
    scope = f"/subscriptions/{ask.azure.subscription}/{OWN}"
    if assignment.initiative:
        return f"{scope}/policySetDefinitions/{ask.world.id_for('initiative', assignment.name)}"
    return f"{scope}/policyDefinitions/{ask.world.id_for('policy', assignment.policies[0].name)}"


def _policy(ask: Ask, policy: Policy) -> Json:
    key = ask.world.id_for("policy", policy.name)
    parameters = {"effect": {"type": "String", "defaultValue": policy.default}} if policy.default else {}
    return {
        "id": f"/subscriptions/{ask.azure.subscription}/{OWN}/policyDefinitions/{key}",
        "name": key,
        "type": "Microsoft.Authorization/policyDefinitions",
        "properties": {
            "displayName": policy.name,
            "policyType": "Custom",
            "mode": "All",
            "parameters": parameters,
            "policyRule": {
                "if": {"field": "type", "equals": "Microsoft.Compute/virtualMachines"},
                "then": {"effect": policy.effect},
            },
        },
    }


def _initiative(ask: Ask, assignment: Assignment) -> Json:
    own = f"/subscriptions/{ask.azure.subscription}/{OWN}"
    key = ask.world.id_for("initiative", assignment.name)
    return {
        "id": f"{own}/policySetDefinitions/{key}",
        "name": key,
        "type": "Microsoft.Authorization/policySetDefinitions",
        "properties": {
            "displayName": assignment.name,
            "policyType": "Custom",
            "parameters": {
                f"{policy.name}-effect": {"type": "String", "defaultValue": policy.default or policy.effect}
                for policy in assignment.policies
            },
            "policyDefinitions": [
                {
                    "policyDefinitionId": f"{own}/policyDefinitions/{ask.world.id_for('policy', policy.name)}",
                    "policyDefinitionReferenceId": policy.name,
                    "parameters": {"effect": {"value": f"[parameters('{policy.name}-effect')]"}},
                }
                for policy in assignment.policies
            ],
        },
    }
