"""Do the runbooks that a vault's recovery plans start exist, and could they run?

Shapes are those of Microsoft's REST reference of the version below; unverified against a recording.
"""

from collections.abc import Iterator

from msgspec import Struct

from drcheck.discovery import ArmAsk, ArmCollector
from drcheck.query import ArmRead
from drcheck.topology.azure_governance import AutomationAccount, Runbook, RunbookContent
from drcheck.topology.base import Target
from drcheck.transport.arm_values import NEVER, BodyDigest, Moment, arm_id, parent_id

ROLE = "vault"
API = "2025-08-01"
"""Version of Site Recovery."""
AUTOMATION_API = "2023-11-01"
"""Version of Microsoft.Automation."""
RUNBOOKS = "runbooks"
NEVER_PUBLISHED = "New"


class _Details(Struct, frozen=True, rename="camel"):
    runbook_id: str | None = None


class _Action(Struct, frozen=True, rename="camel"):
    custom_details: _Details


class _Group(Struct, frozen=True, rename="camel"):
    start_group_actions: tuple[_Action, ...] | None = None
    end_group_actions: tuple[_Action, ...] | None = None


class _PlanProperties(Struct, frozen=True):
    groups: tuple[_Group, ...]


class _Plan(Struct, frozen=True):
    id: str
    properties: _PlanProperties


class _Listed(Struct, frozen=True):
    id: str


class _Identity(Struct, frozen=True):
    type: str | None = None


class _AccountProperties(Struct, frozen=True):
    state: str | None = None


class _Account(Struct, frozen=True):
    id: str
    name: str
    location: str | None = None
    identity: _Identity | None = None
    properties: _AccountProperties = _AccountProperties()


class _RunbookProperties(Struct, frozen=True, rename="camel"):
    state: str
    runbook_type: str | None = None
    last_modified_time: Moment = NEVER


class _Runbook(Struct, frozen=True):
    id: str
    name: str
    properties: _RunbookProperties


def read_accounts(ask: ArmAsk, target: Target) -> Iterator[AutomationAccount]:
    """Every account that a plan's runbook lies in."""
    wanted = _accounts(ask, target)
    for path, found in zip(wanted, ask.each(wanted, AUTOMATION_API, _Account), strict=True):
        yield AutomationAccount(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            name=found.name,
            location=(found.location or "").lower(),
            state=found.properties.state or "",
            identity_type=(found.identity or _Identity()).type or "",
        )


def read_runbooks(ask: ArmAsk, target: Target) -> Iterator[Runbook]:
    """Every runbook of those accounts."""
    for account in _accounts(ask, target):
        path = f"{account}/runbooks"
        for found in ask.every(path, AUTOMATION_API, _Runbook):
            runbook = found.properties
            yield Runbook(
                key=arm_id(found.id),
                seen=ask.seen(path),
                vault=target.endpoint,
                name=found.name,
                account=account,
                state=runbook.state,
                runbook_type=runbook.runbook_type or "",
                modified=runbook.last_modified_time.at,
            )


def read_contents(ask: ArmAsk, target: Target) -> Iterator[RunbookContent]:
    """What is in every published runbook that a plan starts: its digest only, for the text may hold secrets."""
    named = _runbooks(ask, target)
    accounts = sorted({parent_id(runbook, RUNBOOKS) for runbook in named})
    listed = (found for account in accounts for found in ask.every(f"{account}/{RUNBOOKS}", AUTOMATION_API, _Runbook))
    wanted = [arm_id(found.id) for found in listed if found.properties.state != NEVER_PUBLISHED]
    paths = [f"{runbook}/content" for runbook in wanted if runbook in named]
    for path, found in zip(paths, ask.each(paths, AUTOMATION_API, BodyDigest), strict=True):
        yield RunbookContent(
            key=path.removesuffix("/content"),
            seen=ask.seen(path),
            vault=target.endpoint,
            sha256=found.sha256,
            size_bytes=found.size_bytes,
        )


def _accounts(ask: ArmAsk, target: Target) -> list[str]:
    """Accounts of all runbooks that plans name, lower case, in name order."""
    return sorted({parent_id(runbook, RUNBOOKS) for runbook in _runbooks(ask, target)})


def _runbooks(ask: ArmAsk, target: Target) -> frozenset[str]:
    """Ids of all runbooks that plans name, lower case."""
    listed = [plan.id for plan in ask.every(f"{target.endpoint}/replicationRecoveryPlans", API, _Listed)]
    groups = (group for plan in ask.each(listed, API, _Plan) for group in plan.properties.groups)
    actions = (
        action for group in groups for action in (*(group.start_group_actions or ()), *(group.end_group_actions or ()))
    )
    named = (arm_id(action.custom_details.runbook_id) for action in actions)
    return frozenset(runbook for runbook in named if f"/{RUNBOOKS}/" in runbook)


_ACCOUNT = (
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Automation/automationAccounts/{account}"
)
_PLANS = (
    ArmRead(path="{vault}/replicationRecoveryPlans", api_version=API),
    ArmRead(path="{vault}/replicationRecoveryPlans/{plan}", api_version=API),
)
_LISTED = ArmRead(path=f"{_ACCOUNT}/runbooks", api_version=AUTOMATION_API)

COLLECTORS = (
    ArmCollector(
        kind=AutomationAccount, read=read_accounts, reads=(*_PLANS, ArmRead(path=_ACCOUNT, api_version=AUTOMATION_API))
    ),
    ArmCollector(
        kind=Runbook,
        read=read_runbooks,
        reads=(*_PLANS, _LISTED),
    ),
    ArmCollector(
        kind=RunbookContent,
        read=read_contents,
        reads=(*_PLANS, _LISTED, ArmRead(path=f"{_ACCOUNT}/runbooks/{{runbook}}/content", api_version=AUTOMATION_API)),
    ),
)
