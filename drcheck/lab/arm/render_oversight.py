"""How does ARM describe who may touch a vault, where its logs go, and what its plans start?"""

from collections.abc import Iterator

from drcheck.lab.arm.answers import Ask, Json, ticks
from drcheck.lab.azure.landscape import ROLES, RoleHolder

_RUNBOOK_AGE = 30 * 86400.0


def role_assignments(ask: Ask) -> Iterator[Json]:
    """Who has a role at the vault or above it."""
    for holder in ask.azure.landscape.roles:
        key = ask.world.id_for("role-assignment", holder.principal, holder.role)
        scope = _scope(ask, holder)
        yield {
            "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{key}",
            "name": key,
            "type": "Microsoft.Authorization/roleAssignments",
            "properties": {
                "roleDefinitionId": _role_id(ask, holder.role),
                "principalId": holder.principal,
                "principalType": holder.kind,
                "scope": scope,
                "condition": None,
            },
        }


def role_definitions(ask: Ask) -> Iterator[Json]:
    """The roles there are."""
    nothing: list[str] = []
    for name, (guid, actions) in ROLES.items():
        permission = {"actions": actions, "notActions": nothing, "dataActions": nothing, "notDataActions": nothing}
        yield {
            "id": _role_id(ask, name),
            "name": guid,
            "type": "Microsoft.Authorization/roleDefinitions",
            "properties": {
                "roleName": name,
                "type": "BuiltInRole",
                "description": "",
                "assignableScopes": ["/"],
                "permissions": [permission],
            },
        }


def diagnostics(ask: Ask) -> Iterator[Json]:
    """Where the vault's logs go."""
    home = ask.azure.vault_id(ask.vault, own=False)
    for setting in ask.azure.landscape.diagnostics:
        no_retention = {"enabled": False, "days": 0}
        yield {
            "id": f"{home}/providers/microsoft.insights/diagnosticSettings/{setting.name}",
            "name": setting.name,
            "type": "Microsoft.Insights/diagnosticSettings",
            "location": None,
            "properties": {
                "storageAccountId": None,
                "eventHubAuthorizationRuleId": None,
                "workspaceId": workspace_id(ask, setting.workspace),
                "logs": [
                    {"category": name, "categoryGroup": None, "enabled": True, "retentionPolicy": no_retention}
                    for name in setting.categories
                ],
                "metrics": [],
                "logAnalyticsDestinationType": "Dedicated",
            },
        }


def workspaces(ask: Ask) -> Iterator[Json]:
    """Log Analytics workspaces."""
    for setting in ask.azure.landscape.diagnostics:
        yield {
            "id": workspace_id(ask, setting.workspace),
            "name": setting.workspace,
            "type": "Microsoft.OperationalInsights/workspaces",
            "location": ask.azure.region,
            "properties": {"provisioningState": "Succeeded", "retentionInDays": setting.workspace_days},
        }


def workspace_id(ask: Ask, name: str) -> str:
    """ARM id of a workspace."""
    return ask.azure.resource_id(ask.azure.recovery_group, "Microsoft.OperationalInsights/workspaces", name)


def accounts(ask: Ask) -> Iterator[Json]:
    """The Automation accounts of all runbooks that plans start."""
    for account in dict.fromkeys(runbook.rpartition("/runbooks/")[0] for runbook in _runbooks(ask)):
        yield {
            "id": account,
            "name": account.rpartition("/")[2],
            "type": "Microsoft.Automation/AutomationAccounts",
            "location": ask.azure.region,
            "identity": {"type": "SystemAssigned", "principalId": ask.world.id_for("identity", account)},
            "properties": {"state": "Ok", "sku": {"name": "Basic"}},
        }


def runbooks(ask: Ask, account: str) -> Iterator[Json]:
    """The runbooks of an account: those that plans start and that were not deleted."""
    landscape = ask.azure.landscape
    for runbook in _runbooks(ask):
        home, _, name = runbook.rpartition("/runbooks/")
        if home.lower() != account.lower() or name in landscape.missing_runbooks:
            continue
        yield {
            "id": runbook,
            "name": name,
            "type": "Microsoft.Automation/AutomationAccounts/Runbooks",
            "location": ask.azure.region,
            "properties": {
                "runbookType": "PowerShell72" if name in landscape.old_runbooks else "PowerShell",
                "state": "New" if name in landscape.draft_runbooks else "Published",
                "lastModifiedTime": ticks((ask.azure.epoch or ask.now) - _RUNBOOK_AGE),
            },
        }


def _runbooks(ask: Ask) -> list[str]:
    actions = (
        action
        for vault in ask.azure.vaults
        for plan in vault.plans
        for group in plan.groups
        for action in (*group.start, *group.end)
    )
    kinds = (action.detail for action in actions if action.kind == "AutomationRunbookActionDetails")
    return list(dict.fromkeys(kinds))


def _scope(ask: Ask, holder: RoleHolder) -> str:
    vault = ask.azure.vault_id(ask.vault, own=False)
    group = ask.azure.group_id(ask.vault.resource_group)
    return {"vault": vault, "group": group}.get(holder.level, f"/subscriptions/{ask.azure.subscription}")


def _role_id(ask: Ask, role: str) -> str:
    home = f"/subscriptions/{ask.azure.subscription}/providers/Microsoft.Authorization/roleDefinitions"
    return f"{home}/{ROLES[role][0]}"
