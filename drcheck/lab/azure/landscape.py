"""What else exists in the simulated subscription: ways out of networks, rules, roles, logs, room for machines."""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Rule:
    """A rule of a network security group."""

    name: str
    priority: int
    direction: str = "Inbound"
    access: str = "Deny"
    protocol: str = "*"
    source: str = "*"
    destination: str = "*"
    ports: list[str] = field(default_factory=lambda: ["*"])


@dataclass(kw_only=True)
class SecurityGroup:
    """A network security group; subnets name it by its ARM id."""

    name: str
    resource_group: str
    rules: list[Rule] = field(default_factory=list)


@dataclass(kw_only=True)
class Route:
    """A route; ``hop`` is an appliance's address."""

    name: str
    prefix: str
    kind: str = "VirtualAppliance"
    hop: str = ""


@dataclass(kw_only=True)
class RouteTable:
    """A route table; subnets name it by its ARM id."""

    name: str
    resource_group: str
    routes: list[Route] = field(default_factory=list)


@dataclass(kw_only=True)
class Gateway:
    """A VPN or ExpressRoute gateway in a VNet's ``GatewaySubnet``."""

    name: str
    resource_group: str
    vnet: str
    """ARM id."""
    kind: str = "Vpn"


@dataclass(kw_only=True)
class PublicAddress:
    """A public IP address."""

    name: str
    resource_group: str
    address: str = "203.0.113.10"
    used_by: str = ""
    """ARM id of an IP configuration."""


@dataclass(kw_only=True)
class LoadBalancer:
    """An internal load balancer with one address."""

    name: str
    resource_group: str
    subnet: str
    """ARM id."""
    address: str


@dataclass(kw_only=True)
class Zone:
    """A private DNS zone and the VNets (ARM ids) that can resolve it."""

    name: str
    resource_group: str
    vnets: list[str] = field(default_factory=list)
    records: int = 12


@dataclass(kw_only=True)
class Lock:
    """A lock; ``scope`` is the ARM id of what is locked."""

    name: str
    scope: str
    level: str = "CanNotDelete"
    notes: str = ""


@dataclass(kw_only=True)
class Denial:
    """A deny assignment at a scope."""

    name: str
    scope: str
    actions: list[str]
    excluded: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Policy:
    """A policy of the subscription; ``effect`` may name a parameter, whose default is ``default``."""

    name: str
    effect: str = "audit"
    default: str = ""


@dataclass(kw_only=True)
class Assignment:
    """A policy, or several as an initiative, in force at the subscription."""

    name: str
    policies: list[Policy]
    parameters: dict[str, str] = field(default_factory=dict)
    enforced: bool = True
    initiative: bool = False


@dataclass(kw_only=True)
class RoleHolder:
    """Somebody with a built-in or own role at the vault, its group or its subscription."""

    principal: str
    """Object id."""
    role: str
    """Key of ``ROLES``."""
    level: str = "vault"
    """``vault``, ``group`` or ``subscription``."""
    kind: str = "ServicePrincipal"


@dataclass(kw_only=True)
class Diagnostics:
    """Where a vault's logs go; ``workspace_days`` is how long the workspace keeps them."""

    name: str = "to-workspace"
    workspace: str = "law-dr"
    workspace_days: int = 730
    categories: list[str] = field(
        default_factory=lambda: ["AzureSiteRecoveryJobs", "AzureSiteRecoveryEvents", "AzureSiteRecoveryReplicatedItems"]
    )


@dataclass(kw_only=True)
class Size:
    """A size of machine."""

    family: str
    vcpus: int
    memory_gb: int
    interfaces: int = 2
    disks: int = 4
    premium: bool = True
    restriction: str = ""


def _sizes() -> dict[str, Size]:
    return {
        "Standard_B2ms": Size(family="standardBSFamily", vcpus=2, memory_gb=8, interfaces=3),
        "Standard_D2s_v5": Size(family="standardDSv5Family", vcpus=2, memory_gb=8),
        "Standard_D4s_v5": Size(family="standardDSv5Family", vcpus=4, memory_gb=16, disks=8),
        "Standard_D8s_v5": Size(family="standardDSv5Family", vcpus=8, memory_gb=32, interfaces=4, disks=16),
        "Standard_E4s_v5": Size(family="standardESv5Family", vcpus=4, memory_gb=32, disks=8),
        "Standard_E8s_v5": Size(family="standardESv5Family", vcpus=8, memory_gb=64, interfaces=4, disks=16),
        "Standard_A2_v2": Size(family="standardAv2Family", vcpus=2, memory_gb=4, premium=False),
    }


@dataclass(kw_only=True)
class VaultSettings:
    """What a vault is set to, in the service's own words."""

    redundancy: str = "GeoRedundant"
    immutability: str = "Unlocked"
    soft_delete: str = "AlwaysON"
    soft_delete_days: int = 14
    multi_user_authorization: str = "Enabled"
    classic_alerts: str = "Disabled"
    monitor_alerts: str = "Enabled"
    public_access: str = "Enabled"


@dataclass(kw_only=True)
class Landscape:
    """Everything of the above. What is empty by default is empty in a subscription that nobody has worked in."""

    security_groups: list[SecurityGroup] = field(default_factory=list)
    route_tables: list[RouteTable] = field(default_factory=list)
    gateways: list[Gateway] = field(default_factory=list)
    public_addresses: list[PublicAddress] = field(default_factory=list)
    load_balancers: list[LoadBalancer] = field(default_factory=list)
    zones: list[Zone] = field(default_factory=list)
    locks: list[Lock] = field(default_factory=list)
    denials: list[Denial] = field(default_factory=list)
    assignments: list[Assignment] = field(
        default_factory=lambda: [
            Assignment(name="Audit public addresses", policies=[Policy(name="audit-public-ip")]),
            Assignment(
                name="Baseline",
                initiative=True,
                policies=[
                    Policy(name="allowed-regions", effect="[parameters('effect')]", default="Deny"),
                    Policy(name="require-tags", effect="[parameters('effect')]", default="Deny"),
                ],
                parameters={"require-tags": "Audit"},
            ),
        ]
    )
    roles: list[RoleHolder] = field(
        default_factory=lambda: [
            RoleHolder(principal="aaaaaaaa-0000-4000-8000-000000000001", role="Site Recovery Reader"),
            RoleHolder(
                principal="aaaaaaaa-0000-4000-8000-000000000002",
                role="Site Recovery Operator",
                level="group",
                kind="Group",
            ),
        ]
    )
    diagnostics: list[Diagnostics] = field(default_factory=lambda: [Diagnostics()])
    settings: VaultSettings = field(default_factory=VaultSettings)
    sizes: dict[str, Size] = field(default_factory=_sizes)
    limits: dict[str, int] = field(default_factory=dict)
    """Quotas that somebody has set otherwise, by name."""
    storage_accounts: dict[str, str] = field(default_factory=dict)
    """Name -> SKU of accounts in the recovery group."""
    missing_runbooks: set[str] = field(default_factory=set)
    """Names of runbooks that plans start and that were deleted."""
    draft_runbooks: set[str] = field(default_factory=set)
    """Names of runbooks that were never published."""
    old_runbooks: set[str] = field(default_factory=set)
    """Names of runbooks that run on PowerShell 7.2; the others run on Windows PowerShell."""
    runbook_texts: dict[str, str] = field(default_factory=dict)
    """Published text by name in lower case, where it is another than that of all others."""


LIMIT = 350
"""Of vCPUs of a family and of a region, at least; machines and adapters have their own."""
ROLES = {
    "Site Recovery Reader": ("dbaa88c4-0c30-4179-9fb3-46319faa6149", ["Microsoft.RecoveryServices/vaults/*/read"]),
    "Site Recovery Operator": (
        "494ae006-db33-4328-bf46-533a6560a3ca",
        [
            "Microsoft.RecoveryServices/vaults/*/read",
            "Microsoft.RecoveryServices/vaults/replicationJobs/*",
            "Microsoft.RecoveryServices/vaults/replicationRecoveryPlans/testFailover/action",
            "Microsoft.RecoveryServices/vaults/replicationRecoveryPlans/unplannedFailover/action",
        ],
    ),
    "Owner": ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", ["*"]),
}
"""Built-in roles: id, and actions (shortened: the whole lists say the same about what drcheck asks)."""
