"""What the small healthy estate has in Azure besides its vault and networks: room, rights, filters, runbooks."""

from collections.abc import Iterable
from typing import Any

from drcheck.topology.azure import Subnet
from drcheck.topology.azure_compute import Quota, ResourceGroup, VmSize
from drcheck.topology.azure_edges import SecurityGroup, SecurityRule
from drcheck.topology.azure_governance import (
    AutomationAccount,
    DiagnosticSetting,
    LogCategory,
    LogWorkspace,
    PolicyAssignment,
    PolicyRule,
    RoleAssignment,
    RoleDefinition,
    Runbook,
)
from drcheck.topology.base import Fact
from drcheck.topology.network import Connection
from drcheck.topology.site_recovery import VaultAlerts, VaultProtection
from drcheck.topology.windows_host import WindowsService
from tests.estate_names import HV_LDS, HV_LON, SUBSCRIPTION, VAULT
from tests.estates import ago, seen

RECOVERED, IDLE = f"{SUBSCRIPTION}/resourcegroups/rg-recovered", f"{SUBSCRIPTION}/resourcegroups/rg-idle"
NSG = f"{SUBSCRIPTION}/resourcegroups/rg-net/providers/microsoft.network/networksecuritygroups/nsg-drill"
ACCOUNT = f"{SUBSCRIPTION}/resourcegroups/rg-aa/providers/microsoft.automation/automationaccounts/aa-dr"
RUNBOOK = f"{ACCOUNT}/runbooks/warm-cache"
WORKSPACE = f"{SUBSCRIPTION}/resourcegroups/rg-log/providers/microsoft.operationalinsights/workspaces/law-dr"
SETTING = f"{VAULT}/providers/microsoft.insights/diagnosticsettings/to-workspace"
READER, OWNER = (f"{SUBSCRIPTION}/providers/microsoft.authorization/roledefinitions/{one}" for one in ("r", "o"))
HELD = f"{VAULT}/providers/microsoft.authorization/roleassignments/1"
POLICY_AT = f"{SUBSCRIPTION}/providers/microsoft.authorization/policyassignments/baseline"
SOMEBODY = "aaaaaaaa-0000-4000-8000-000000000001"
REACHED = f"{HV_LDS}>{HV_LON}:443"
CORES = f"{SUBSCRIPTION}/providers/microsoft.compute/locations/uksouth/usages/cores"
FAMILY = f"{SUBSCRIPTION}/providers/microsoft.compute/locations/uksouth/usages/standarddsv5family"
ADDRESSES = f"{SUBSCRIPTION}/providers/microsoft.network/locations/uksouth/usages/publicipaddresses"
SIZE = f"{SUBSCRIPTION}/uksouth/standard_d2s_v5"
PROTECTION = VaultProtection(
    redundancy="GeoRedundant", immutability="Unlocked", soft_delete="AlwaysON", soft_delete_days=14,
    multi_user_authorization="Enabled",
)  # fmt: skip
ALERTS = VaultAlerts(job_failures="Enabled", replication="Enabled", failover="Enabled", classic="Disabled")


def closed(name: str, **fields: Any) -> Subnet:
    """A subnet whose security group lets nothing in or out."""
    given: dict[str, Any] = {
        "prefixes": ("10.0.1.0/24",), "security_group": NSG, "route_table": "", "nat_gateway": "", "attached": (),
    }  # fmt: skip
    return Subnet(name=name, **(given | fields))


def nsg_rule(name: str, priority: int, direction: str, access: str, **fields: Any) -> SecurityRule:
    given: dict[str, Any] = {
        "protocol": "*", "sources": ("*",), "source_ports": ("*",), "destinations": ("*",), "destination_ports": ("*",),
    }  # fmt: skip
    return SecurityRule(name=name, priority=priority, direction=direction, access=access, **(given | fields))


def nsg(*more: SecurityRule) -> SecurityGroup:
    """Closed, but for rules that come first."""
    rules = (
        *more,
        nsg_rule("own-out", 100, "Outbound", "Allow", destinations=("VirtualNetwork",)),
        nsg_rule("own-in", 100, "Inbound", "Allow", sources=("VirtualNetwork", "10.0.0.0/24")),
        nsg_rule("none-out", 4096, "Outbound", "Deny"),
        nsg_rule("none-in", 4096, "Inbound", "Deny"),
    )
    return SecurityGroup(key=NSG, seen=seen(SUBSCRIPTION), name="nsg-drill", location="uksouth", rules=rules)


def quota(key: str, name: str, limit: int, *, provider: str = "Microsoft.Compute", used: int = 10) -> Quota:
    return Quota(
        key=key, seen=seen(SUBSCRIPTION), name=name, location="uksouth", provider=provider, used=used, limit=limit
    )


def role(key: str, name: str, *actions: str, without: tuple[str, ...] = ()) -> RoleDefinition:
    return RoleDefinition(
        key=key, seen=seen(VAULT), vault=VAULT, name=name, role_type="BuiltInRole", actions=actions, not_actions=without
    )


def azure_ready() -> Iterable[Fact]:
    yield from (nsg(), *_room(), *_rights(), *_logs(), *_automation())
    yield WindowsService(
        key=f"{HV_LON}/obengine", seen=seen(HV_LON), name="obengine", host=HV_LON, state="Running", start_mode="Auto",
        account="LocalSystem", program="cbengine.exe",
    )  # fmt: skip
    yield Connection(
        key=REACHED, seen=seen(REACHED), host=HV_LDS, to=HV_LON, port=443, outcome="open", address="10.0.0.1",
        detail="", milliseconds=3,
    )  # fmt: skip


def _room() -> Iterable[Fact]:
    for key in (RECOVERED, IDLE):
        yield ResourceGroup(key=key, seen=seen(SUBSCRIPTION), name=key.rpartition("/")[2], location="uksouth")
    yield quota(CORES, "cores", 100)
    yield quota(FAMILY, "standardDSv5Family", 100)
    yield quota(ADDRESSES, "PublicIPAddresses", 10, provider="Microsoft.Network")
    yield VmSize(
        key=SIZE, seen=seen(SUBSCRIPTION), name="Standard_D2s_v5", location="uksouth", family="standardDSv5Family",
        vcpus=2, memory_gb=8.0, max_interfaces=2, max_data_disks=4, premium=True, restrictions=(),
    )  # fmt: skip


def _rights() -> Iterable[Fact]:
    yield role(READER, "Site Recovery Reader", "Microsoft.RecoveryServices/vaults/*/read")
    yield RoleAssignment(
        key=HELD, seen=seen(VAULT), vault=VAULT, name="1", principal=SOMEBODY, principal_type="User", role=READER,
        scope=VAULT, condition="",
    )  # fmt: skip
    yield PolicyAssignment(
        key=POLICY_AT, seen=seen(SUBSCRIPTION), name="Baseline", scope=SUBSCRIPTION, excluded=(), definition="d",
        enforced=True,
    )  # fmt: skip
    yield PolicyRule(
        key=f"{POLICY_AT}#regions", seen=seen(SUBSCRIPTION), name="regions", assignment=POLICY_AT, definition="d",
        effect="deny",
    )  # fmt: skip


def _logs() -> Iterable[Fact]:
    kept = ("AzureSiteRecoveryJobs", "AzureSiteRecoveryEvents")
    yield DiagnosticSetting(
        key=SETTING, seen=seen(VAULT), vault=VAULT, name="to-workspace", workspace=WORKSPACE, storage="", event_hub="",
        logs=tuple(LogCategory(name=name, enabled=True, retention_days=None) for name in kept),
    )  # fmt: skip
    yield LogWorkspace(key=WORKSPACE, seen=seen(VAULT), vault=VAULT, name="law-dr", retention_days=730)


def _automation() -> Iterable[Fact]:
    yield AutomationAccount(
        key=ACCOUNT, seen=seen(VAULT), vault=VAULT, name="aa-dr", location="uksouth", state="Ok",
        identity_type="SystemAssigned",
    )  # fmt: skip
    yield Runbook(
        key=RUNBOOK, seen=seen(VAULT), vault=VAULT, name="Warm-Cache", account=ACCOUNT, state="Published",
        runbook_type="PowerShell", modified=ago(days=30),
    )  # fmt: skip
