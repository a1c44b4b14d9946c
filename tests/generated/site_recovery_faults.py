"""Faults of vaults, of what they protect, and of their subscriptions."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from drcheck.topology.azure import Peering, VirtualNetwork
from drcheck.topology.azure_compute import AzureVm, Quota, ResourceGroup
from drcheck.topology.azure_edges import SecurityGroup
from drcheck.topology.azure_governance import Lock, LogWorkspace, RoleAssignment
from drcheck.topology.base import Fact
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.hyperv_replica import VmCheckpoint
from drcheck.topology.site_recovery import (
    NetworkMapping,
    PlanGroup,
    ProtectedItem,
    RecoveryPlan,
    ReplicationPolicy,
    Vault,
)
from drcheck.topology.site_recovery_state import RecoveryPoints, RecoveryProvider
from drcheck.topology.vmm import VmmVm
from drcheck.topology.windows_host import WindowsService
from drcheck.verdict import Verdict
from tests import estate_azure_ready as ready
from tests.estates import ago, seen
from tests.generated.fault import Drawn, Fault, Places, Seeded, edited, judged, of, simple
from tests.generated.kinship import machine, plans, undrilled

ITEMS = of(ProtectedItem)


def holding(kind: type[Fact], field: str = "vault") -> Places:
    """Facts of a vault that protects something; the field says which vault it is."""

    def places(drawn: Drawn) -> list[Fact]:
        busy = {item.vault for item in drawn.all(ProtectedItem)}
        return [fact for fact in drawn.all(kind) if getattr(fact, field) in busy]

    return places


def subscribed(kind: type[Fact], part: str) -> Places:
    """Facts of a subscription into which something would be recovered, by a part of their key."""

    def places(drawn: Drawn) -> list[Fact]:
        busy = {item.target.resource_group.split("/resourcegroups/")[0] for item in drawn.all(ProtectedItem)}
        return [fact for fact in drawn.all(kind) if part in fact.key and fact.seen.endpoint in busy]

    return places


def on_machine(name: str, check: str, **fields: Any) -> Fault:
    """The VM behind an item has other values on its host."""

    def seed(drawn: Drawn, item: ProtectedItem) -> Seeded:
        vm = machine(drawn, item)
        values = {field: value(vm) if callable(value) else value for field, value in fields.items()}
        return Seeded(edits=edited(vm, **values), expects=judged(check, item.key))

    return Fault(name, frozenset({check}), ITEMS, seed)


def without_agent(drawn: Drawn, service: Fact) -> Seeded:
    held = (item.key for item in drawn.all(ProtectedItem) if machine(drawn, item).host == service.where)
    found = judged("DR-ASR-001", service.where)
    return Seeded(edits=edited(service, state="Stopped"), expects=found, claims=frozenset(held))


def agents(drawn: Drawn) -> list[Fact]:
    """Agents of hosts that hold protected machines."""
    hosts = {drawn.get(VmmVm, item.vm_id).host for item in drawn.all(ProtectedItem)}
    return [one for one in drawn.all(WindowsService, name="obengine") if one.host in hosts]


def locked(drawn: Drawn, group: ResourceGroup) -> Seeded:
    here = seen(group.seen.endpoint)
    lock = Lock(key=f"{group.key}/lock", seen=here, name="keep", scope=group.key, level="CanNotDelete", notes="")
    return Seeded(edits={(Lock, lock.key): lock}, expects=judged("DR-ASR-007", group.key))


def left_behind(drawn: Drawn, group: ResourceGroup) -> Seeded:
    item = next(one for one in drawn.all(ProtectedItem) if one.target.resource_group == group.key)
    key = f"{group.key}/providers/m/{item.name.lower()}-test"
    vm = AzureVm(
        key=key, seen=seen(group.seen.endpoint), name=f"{item.name}-test", location=group.location, vm_id="1",
        size="Standard_D2s_v5", provisioning_state="Succeeded", interfaces=(), disks=(), created=ago(days=9),
    )  # fmt: skip
    return Seeded(edits={(AzureVm, key): vm}, expects=judged("DR-CLN-002", group.key), claims=frozenset({item.key}))


def checkpoint(drawn: Drawn, item: ProtectedItem) -> Seeded:
    vm = machine(drawn, item)
    made = VmCheckpoint(
        key=f"c1@{vm.key}", seen=vm.seen, vm_id=vm.vm_id, name="before", host=vm.host, checkpoint_type="Standard",
        created=ago(days=4), automatic=None,
    )  # fmt: skip
    return Seeded(edits={(VmCheckpoint, made.key): made}, expects=judged("DR-CLN-005", vm.key))


def unmapped(drawn: Drawn, mapping: NetworkMapping) -> Seeded:
    items = [one.key for one in drawn.all(ProtectedItem, vault=mapping.vault)]
    return Seeded(edits=edited(mapping, state="Broken"), expects=judged("DR-NET-001", *items))


def drill_network(name: str, *found: tuple[str, Verdict], **fields: Any) -> Fault:
    """The network for drills in Azure has other values."""

    def seed(drawn: Drawn, network: VirtualNetwork) -> Seeded:
        key = f"azure:{network.key}"
        return Seeded(edits=edited(network, **fields), expects={(check, key): verdict for check, verdict in found})

    return Fault(
        name, frozenset(check for check, _ in found), of(VirtualNetwork, lambda one: one.name == "vnet-drill"), seed
    )


def unfiltered(drawn: Drawn, group: SecurityGroup) -> Seeded:
    network = next(one for one in drawn.all(DrillNetwork, platform="azure") if one.name.startswith(group.seen.endpoint))
    return Seeded(edits=edited(group, rules=()), expects=judged("DR-NET-004", network.key))


def owned(drawn: Drawn, held: RoleAssignment) -> Seeded:
    owner = replace(ready.role(f"{held.vault}/owner", "Owner", "*"), vault=held.vault, seen=held.seen)
    changed = edited(held, role=owner.key)
    return Seeded(edits={**changed, (type(owner), owner.key): owner}, expects=judged("DR-SEC-004", held.vault))


def short_memory(drawn: Drawn, workspace: LogWorkspace) -> Seeded:
    return Seeded(edits=edited(workspace, retention_days=30), expects=judged("DR-SEC-005", workspace.vault))


def silent(drawn: Drawn, provider: RecoveryProvider) -> Seeded:
    found = judged("DR-CLN-101", provider.key) | judged("DR-SUP-003", provider.key)
    return Seeded(edits=edited(provider, last_heartbeat=ago(days=90)), expects=found)


def planned(name: str, check: str, groups: Any) -> Fault:
    """A recovery plan has other groups than when it was drilled."""

    def seed(drawn: Drawn, plan: RecoveryPlan) -> Seeded:
        found = judged(check, plan.key) | undrilled(drawn, plan)
        return Seeded(edits=edited(plan, groups=groups(plan)), expects=found)

    return Fault(name, frozenset({check}), of(RecoveryPlan), seed)


def acting(**fields: Any) -> Any:
    """The plan's groups, the action at their end with other values."""

    def groups(plan: RecoveryPlan) -> tuple[PlanGroup, ...]:
        return (
            *plan.groups[:-1],
            replace(plan.groups[-1], end_actions=(replace(plan.groups[-1].end_actions[0], **fields),)),
        )

    return groups


def pinned(drawn: Drawn, item: ProtectedItem) -> Seeded:
    nics = tuple(replace(nic, target_address="10.9.9.9") for nic in item.nics)
    found = judged("DR-IPC-003", item.key) | undrilled(drawn, *plans(drawn, item.key))
    return Seeded(edits=edited(item, nics=nics), expects=found)


FAULTS: Sequence[Fault] = (
    Fault("agent stopped", frozenset({"DR-ASR-001"}), agents, without_agent),
    simple("name that Azure refuses", ITEMS, "DR-ASR-002", target=lambda item: replace(item.target, name="no_good")),
    on_machine("fibre channel", "DR-ASR-003", fibre_channel_count=2),
    simple("no quota", subscribed(Quota, "/usages/cores"), "DR-ASR-006", limit=11),
    Fault("lock", frozenset({"DR-ASR-007"}), subscribed(ResourceGroup, "rg-recovered"), locked),
    simple("points kept too short", of(ReplicationPolicy), "DR-ASR-102", app_consistent_hours=12, retention_hours=12),
    Fault("drill left behind", frozenset({"DR-CLN-002"}), subscribed(ResourceGroup, "rg-recovered"), left_behind),
    simple("test failover left", ITEMS, "DR-CLN-001", test_failover_state="WaitingForCompletion"),
    Fault("old checkpoint", frozenset({"DR-CLN-005"}), ITEMS, checkpoint),
    Fault("provider long gone", frozenset({"DR-CLN-101"}), of(RecoveryProvider), silent),
    Fault("network not mapped", frozenset({"DR-NET-001"}), holding(NetworkMapping), unmapped),
    drill_network("drill network untagged", ("DR-NET-003", Verdict.WARN), tags=()),
    drill_network(
        "drill network peered",
        ("DR-NET-003", Verdict.FAIL),
        ("DR-NET-004", Verdict.FAIL),
        peerings=(Peering(name="p", state="Connected", remote="/subscriptions/2/other"),),
    ),
    Fault("drill network unfiltered", frozenset({"DR-NET-004"}), of(SecurityGroup), unfiltered),
    planned("action switched off", "DR-PLN-007", acting(failover_types=())),
    planned("runbook gone", "DR-PLN-006", acting(action_type="AutomationRunbookActionDetails", detail="x/gone")),
    planned("question that nobody declared", "DR-PLN-008", acting(action_type="ManualActionDetails")),
    planned(
        "too many groups", "DR-PLN-002", lambda plan: (*plan.groups, *(PlanGroup(group_type="Boot", items=()),) * 8)
    ),
    simple("RPO above the target", ITEMS, "DR-RPL-001", rpo_seconds=10**6),
    simple("no application-consistent point", of(RecoveryPoints), "DR-RPL-003", newest_app_consistent=None),
    Fault("vault owned", frozenset({"DR-SEC-004"}), of(RoleAssignment), owned),
    simple(
        "soft delete off",
        of(Vault),
        "DR-SEC-103",
        protection=lambda one: replace(one.protection, soft_delete="Disabled"),
    ),
    Fault("logs not kept", frozenset({"DR-SEC-005"}), of(LogWorkspace), short_memory),
    simple("provider not supported", of(RecoveryProvider), "DR-SUP-003", version_status="NotSupported"),
    simple("retired encryption", of(ReplicationPolicy), "DR-SUP-004", encryption="Enabled"),
    simple("classic alerts", of(Vault), "DR-SUP-101", alerts=lambda one: replace(one.alerts, classic="Enabled")),
    simple("retired scenario", ITEMS, "DR-SUP-001", provider="HyperVReplica2012R2"),
    Fault("address outside its subnet", frozenset({"DR-IPC-003"}), ITEMS, pinned),
)
