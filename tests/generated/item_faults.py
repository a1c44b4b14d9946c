"""Faults of protected machines that show at several places at once."""

import re
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.azure_compute import Quota, StorageAccount
from drcheck.topology.declared import Application
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.site_recovery import ProtectedItem, ReplicationPolicy, Scenario
from drcheck.topology.site_recovery_state import RecoveryPoints
from drcheck.topology.vmm import VmmVm
from drcheck.verdict import Verdict
from tests import estate_facts as facts
from tests.estates import ago, seen
from tests.generated.fault import Drawn, Edits, Expected, Fault, Seeded, edited, gone, judged, of
from tests.generated.kinship import machine, members, needed, owner, plans, undrilled
from tests.generated.shape import REPLICA
from tests.generated.site_recovery_faults import ITEMS


def uncovered(drawn: Drawn, item: ProtectedItem) -> Expected:
    """What is said of a machine whose item does not protect it: tier 2 bears two in a hundred."""
    tier = owner(drawn, item.name).tier
    if tier == 3:
        return {}
    counted = [vm for app in drawn.all(Application, tier=2) for vm in members(drawn, app)]
    borne = tier == 2 and len(counted) >= 50
    return judged("DR-VMM-004", item.vm_id, verdict=Verdict.WARN if borne else Verdict.FAIL)


def unprotected(name: str, check: str, **fields: Any) -> Fault:
    """An item is in a state in which it protects nothing, and its plan cannot use it."""

    def seed(drawn: Drawn, item: ProtectedItem) -> Seeded:
        found = judged(check, item.key) | judged("DR-PLN-003", *(plan.key for plan in plans(drawn, item.key)))
        claims = frozenset({f"tier {owner(drawn, item.name).tier}"})
        return Seeded(edits=edited(item, **fields), expects=found | uncovered(drawn, item), claims=claims)

    return Fault(name, frozenset({check}), ITEMS, seed)


def quotas(drawn: Drawn, item: ProtectedItem) -> Expected:
    """How many cores an item needs cannot be told: nor whether all of them are free."""
    place = item.target.resource_group.split("/resourcegroups/")[0]
    keys = [one.key for one in drawn.all(Quota) if one.seen.endpoint == place and one.provider == "Microsoft.Compute"]
    return judged("DR-ASR-006", *keys, verdict=Verdict.UNKNOWN)


def sized(name: str, check: str, size: str) -> Fault:
    """An item would be recovered into another size."""

    def seed(drawn: Drawn, item: ProtectedItem) -> Seeded:
        changed = edited(item, target=replace(item.target, size=size))
        return Seeded(edits=changed, expects=judged(check, item.key) | quotas(drawn, item))

    return Fault(name, frozenset({check}), ITEMS, seed)


def lost_subnet(drawn: Drawn, item: ProtectedItem) -> Seeded:
    nics = tuple(replace(nic, target_subnet="lost", selection="SelectedByUser") for nic in item.nics)
    found = judged("DR-NET-002", item.key) | judged("DR-ASR-005", item.key)
    if any(nic.target_address for nic in nics):
        found |= judged("DR-IPC-003", item.key)
    network = judged("DR-IPC-002", item.nics[0].target_network, verdict=Verdict.UNKNOWN)
    changed = undrilled(drawn, *plans(drawn, item.key))
    return Seeded(edits=edited(item, nics=nics), expects=found | network | changed)


def unread_disk(drawn: Drawn, item: ProtectedItem) -> Seeded:
    """A disk was added to the VM; of what kind it is nobody has told yet."""
    vm = machine(drawn, item)
    found = judged("DR-ASR-004", item.key) | judged("DR-ASR-003", item.key, verdict=Verdict.UNKNOWN)
    return Seeded(edits=edited(vm, disks=(*vm.disks, "E:\\new.vhdx")), expects=found)


def critical(drawn: Drawn, item: ProtectedItem) -> Seeded:
    found = judged("DR-RPL-001", item.key) | judged("DR-PLN-003", *(plan.key for plan in plans(drawn, item.key)))
    return Seeded(edits=edited(item, replication_health="Critical"), expects=found)


def full_network(drawn: Drawn, network: VirtualNetwork) -> Seeded:
    """The subnets have shrunk: what is left is held, and addresses that were chosen are outside."""
    subnets = tuple(replace(one, prefixes=("10.0.1.0/29",), attached=("a", "b", "c")) for one in network.subnets)
    chosen = (item for item in drawn.all(ProtectedItem) if item.nics[0].target_network == network.key)
    outside = (item.key for item in chosen if item.nics[0].target_address)
    found = judged("DR-IPC-002", network.key) | judged("DR-IPC-003", *outside)
    return Seeded(edits=edited(network, subnets=subnets), expects=found)


def targets(drawn: Drawn) -> list[VirtualNetwork]:
    """Networks into which something would be recovered."""
    keys = {nic.target_network for item in drawn.all(ProtectedItem) for nic in item.nics}
    return [one for one in drawn.all(VirtualNetwork) if one.key in keys]


def two_owners(drawn: Drawn, item: ProtectedItem) -> Seeded:
    vm = machine(drawn, item)
    partner = re.sub(r"hv1(n\d+)?\.lon", "hv2.lds", vm.host)
    other = replace(
        facts.replication(vm.vm_id, vm.name, vm.host, "Primary"), seen=vm.seen, certificate="AA01",
        primary_server=vm.host, replica_server=partner, current_replica_server=partner,
    )  # fmt: skip
    claims = frozenset({vm.host, f"hyperv:{vm.host}", f"{vm.host}/https"})  # what its host is asked of each it sends
    return Seeded(edits={(VmReplication, other.key): other}, expects=judged("DR-ASR-008", item.key), claims=claims)


def premium(drawn: Drawn, item: ProtectedItem) -> Seeded:
    """Every 30 seconds into premium storage; into which storage the others go is not told."""
    key = f"{item.target.resource_group}/providers/microsoft.storage/storageaccounts/cache"
    place = item.target.resource_group.split("/resourcegroups/")[0]
    account = StorageAccount(
        key=key, seen=seen(place), name="cache", location="uksouth1", sku="Premium_LRS", account_kind="StorageV2",
        network_default="",
    )  # fmt: skip
    rule = drawn.get(ReplicationPolicy, item.policy)
    changed = edited(rule, interval_seconds=30) | edited(item, target=replace(item.target, storage=key))
    others = (one.key for one in drawn.all(ProtectedItem, policy=item.policy) if one is not item)
    found = judged("DR-ASR-101", *others, verdict=Verdict.UNKNOWN) | judged("DR-ASR-101", item.key)
    return Seeded(edits={**changed, (StorageAccount, key): account}, expects=found)


def orphaned(drawn: Drawn, link: VmReplication) -> Seeded:
    """A machine was deleted where it ran; its replica is still there."""
    primary = drawn.get(HyperVVm, f"{link.vm_id}@{link.primary_server}")
    sending = drawn.get(VmReplication, f"{link.vm_id}@{link.primary_server}/Simple")
    found = judged("DR-CLN-003", link.key)
    for check in ("DR-HVR-101", "DR-HVR-104"):
        found |= judged(check, link.key, verdict=Verdict.UNKNOWN)
    claims = frozenset({owner(drawn, link.name).key})
    return Seeded(edits=gone(primary, sending, drawn.get(VmmVm, link.vm_id)), expects=found, claims=claims)


def copied(drawn: Drawn) -> list[VmReplication]:
    """Replicas of machines whose application has others, of which one is probed in drills."""
    held = [one for one in drawn.all(VmReplication, mode="Replica") if not one.name.startswith("VMM")]
    return [one for one in held if not one.name.endswith("-0000")]


def skewed(drawn: Drawn, points: RecoveryPoints) -> Seeded:
    app = owner(drawn, points.name)
    return Seeded(edits=edited(points, newest=ago(minutes=70)), expects=judged("DR-RPL-005", app.key))


def in_company(drawn: Drawn) -> list[RecoveryPoints]:
    """Points of machines whose application has others."""
    return [one for one in drawn.all(RecoveryPoints) if len(members(drawn, owner(drawn, one.name))) > 1]


def unplanned(drawn: Drawn, item: ProtectedItem) -> Seeded:
    """A machine was taken out of its plan: no step brings it back."""
    changed: Edits = {}
    for plan in plans(drawn, item.key):
        groups = tuple(
            replace(group, items=tuple(key for key in group.items if key != item.key)) for group in plan.groups
        )
        changed |= edited(plan, groups=groups)
    app = owner(drawn, item.name)
    late = judged("DR-PLN-010", app.key, verdict=Verdict.UNKNOWN)
    claims = frozenset({"recovery time", app.key})
    found = judged("DR-PLN-001", item.vm_id) | late | undrilled(drawn, *plans(drawn, item.key), without=item.key)
    return Seeded(edits=changed, expects=found, claims=claims)


def alone(drawn: Drawn) -> list[ProtectedItem]:
    """Items of applications that nothing needs, in tiers that ask for plans."""
    others = needed(drawn)
    known = [(item, owner(drawn, item.name)) for item in drawn.all(ProtectedItem)]
    return [item for item, app in known if app.tier < 3 and app.name not in others]


def newcomer(drawn: Drawn, app: Application) -> Seeded:
    """A machine was added to an application, and nobody protected or drilled it."""
    vm = members(drawn, app)[0]
    host = drawn.get(HyperVVm, f"{vm.key}@{vm.host}")
    vm_id = f"99{vm.key[2:]}"
    known = replace(vm, key=vm_id, name=f"{vm.name}9", vmm_id=f"vmm-{vm_id}")
    live = replace(host, key=f"{vm_id}@{vm.host}", vm_id=vm_id, name=known.name, replication_mode="None")
    found = judged("DR-VMM-004", vm_id) | judged("DR-DRL-001", app.key)
    return Seeded(edits={(VmmVm, vm_id): known, (HyperVVm, live.key): live}, expects=found)


FAULTS: Sequence[Fault] = (
    unprotected("failover not committed", "DR-CLN-004", protection_state="PlannedFailoverCommitRequired"),
    unprotected(
        "first replication",
        "DR-ASR-103",
        protection_state="InitialReplicationInProgress",
        scenario=Scenario(name="EnableDr", job="j", started=ago(days=5)),
    ),
    sized("no size chosen", "DR-ASR-005", ""),
    sized("size not offered", "DR-CAP-101", "Standard_Z9"),
    Fault("subnet that is not there", frozenset({"DR-NET-002"}), ITEMS, lost_subnet),
    Fault("disk not replicated", frozenset({"DR-ASR-004"}), ITEMS, unread_disk),
    Fault("health critical", frozenset({"DR-PLN-003"}), ITEMS, critical),
    Fault("network full", frozenset({"DR-IPC-002"}), targets, full_network),
    Fault("replicated twice", frozenset({"DR-ASR-008"}), ITEMS, two_owners),
    Fault("fast into premium storage", frozenset({"DR-ASR-101"}), ITEMS, premium),
    Fault(
        "replica without its machine",
        frozenset({"DR-CLN-003"}),
        copied,
        orphaned,
    ),
    Fault("machine in no plan", frozenset({"DR-PLN-001"}), alone, unplanned),
    Fault("points far apart", frozenset({"DR-RPL-005"}), in_company, skewed),
    Fault(
        "machine not protected",
        frozenset({"DR-VMM-004"}),
        of(Application, lambda app: app.method == REPLICA and app.tier == 1),
        newcomer,
    ),
)
