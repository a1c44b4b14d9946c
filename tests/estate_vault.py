"""The Azure half of the small healthy estate: builders of its vault and networks."""

from collections.abc import Iterable
from typing import Any

import msgspec

from drcheck.topology.azure import NetworkInterface, Subnet, VirtualNetwork
from drcheck.topology.base import Fact
from drcheck.topology.site_recovery import (
    AsrNetwork,
    ContainerMapping,
    NetworkMapping,
    PlanAction,
    PlanGroup,
    ProtectedDisk,
    ProtectedItem,
    ProtectedNic,
    ProtectionContainer,
    RecoveryPlan,
    RecoveryTarget,
    ReplicationPolicy,
    Vault,
)
from drcheck.topology.site_recovery_state import RecoveryPoints, RecoveryProvider
from tests.estate_azure_ready import ALERTS, PROTECTION, RECOVERED, azure_ready, closed
from tests.estate_names import (
    ASR_NET,
    CONTAINER,
    DB_ITEM,
    DB_VM,
    DRILL_NET,
    GOLD,
    NETWORKS,
    PLAN,
    POLICY,
    PROD_NET,
    PROVIDER,
    SUBSCRIPTION,
    VAULT,
    WEB_ITEM,
    WEB_VM,
)
from tests.estates import ago, seen


def item(key: str, name: str, vm_id: str, **fields: Any) -> ProtectedItem:
    given: dict[str, Any] = {
        "container": CONTAINER,
        "provider": "HyperVReplicaAzure",
        "policy": POLICY,
        "target": RecoveryTarget(
            name=name, size="Standard_D2s_v5", resource_group=RECOVERED, license_type="WindowsServer"
        ),
        "guest_os": "Windows",
        "protection_state": "Protected",
        "state_description": "Protected",
        "replication_health": "Normal",
        "failover_health": "Normal",
        "active_location": "Primary",
        "allowed_operations": ("TestFailover",),
        "test_failover_state": "None",
        "recovery_fabric": "Microsoft Azure",
        "rpo_seconds": 240,
        "rpo_calculated": ago(minutes=6),
        "last_test_failover": None,
        "last_failover": ago(days=100),
        "disks": (
            ProtectedDisk(id="1", name=name, size_mb=1024),
            ProtectedDisk(id="2", name=f"{name}_data", size_mb=1024),
        ),
        "nics": (
            ProtectedNic(
                id=f"nic-{vm_id}", source_network="Prod", target_network=PROD_NET, target_subnet="corp",
                target_address="", test_network="", selection="SelectedByDefault",
            ),
        ),
    }  # fmt: skip
    return ProtectedItem(key=key, seen=seen(VAULT), vault=VAULT, name=name, vm_id=vm_id, **(given | fields))


def action(**fields: Any) -> PlanAction:
    given: dict[str, Any] = {
        "name": "Point DNS at Azure",
        "action_type": "ScriptActionDetails",
        "failover_types": ("TestFailover", "PlannedFailover", "UnplannedFailover"),
        "failover_directions": ("PrimaryToRecovery",),
        "detail": "\\\\vmm01\\MSSCVMMLibrary\\dns.ps1",
    }
    return PlanAction(**(given | fields))


def plan(key: str, name: str, *boots: tuple[str, ...], actions: tuple[PlanAction, ...] = ()) -> RecoveryPlan:
    groups = [PlanGroup(group_type="Boot", items=items) for items in boots]
    groups[-1] = msgspec.structs.replace(groups[-1], end_actions=actions)
    return RecoveryPlan(
        key=key, seen=seen(VAULT), vault=VAULT, name=name, primary_fabric="fabric", recovery_fabric="Microsoft Azure",
        deployment_model="ResourceManager", allowed_operations=("TestFailover",), last_test_failover=None,
        groups=(PlanGroup(group_type="Shutdown", items=()), PlanGroup(group_type="Failover", items=()), *groups),
    )  # fmt: skip


def container(key: str, cloud_id: str) -> ProtectionContainer:
    return ProtectionContainer(
        key=key, seen=seen(VAULT), vault=VAULT, fabric="fabric", name=cloud_id, cloud_id=cloud_id,
        pairing_status="Paired", role="Primary",
    )  # fmt: skip


def mapped(container_key: str) -> ContainerMapping:
    return ContainerMapping(
        key=f"{container_key}/mapping", seen=seen(VAULT), vault=VAULT, container=container_key,
        policy=POLICY, target="Microsoft Azure", state="Paired", health="Normal",
    )  # fmt: skip


def asr_network(key: str, network_id: str, vault: str = VAULT) -> AsrNetwork:
    return AsrNetwork(key=key, seen=seen(VAULT), vault=vault, fabric="fabric", name=network_id, network_id=network_id)


def network_mapping(source: str, target: str, state: str = "Paired") -> NetworkMapping:
    return NetworkMapping(
        key=f"{source}/mapping", seen=seen(VAULT), vault=VAULT, state=state, source=source, target=target
    )


def policy(key: str = POLICY, **fields: Any) -> ReplicationPolicy:
    given: dict[str, Any] = {
        "provider": "HyperVReplicaAzure", "interval_seconds": 300, "app_consistent_hours": 1, "encryption": "Disabled",
        "retention_hours": 24,
    }  # fmt: skip
    return ReplicationPolicy(key=key, seen=seen(VAULT), vault=VAULT, name="five", **(given | fields))


def points(item_key: str, name: str, **fields: Any) -> RecoveryPoints:
    given: dict[str, Any] = {
        "count": 12, "newest": ago(minutes=5), "newest_app_consistent": ago(minutes=40), "oldest": ago(hours=20),
    }  # fmt: skip
    return RecoveryPoints(key=item_key, seen=seen(VAULT), vault=VAULT, name=name, **(given | fields))


def provider(**fields: Any) -> RecoveryProvider:
    given: dict[str, Any] = {
        "fabric": "fabric", "name": "vmm01.lon.contoso.lab", "fabric_type": "VMM", "connection": "Connected",
        "last_heartbeat": ago(minutes=3), "version": "5.25.9", "version_state": "Latest",
        "version_status": "Supported", "version_expires": None, "server_version": "10.22", "protected_items": 2,
    }  # fmt: skip
    return RecoveryProvider(key=PROVIDER, seen=seen(VAULT), vault=VAULT, **(given | fields))


def vault_facts() -> Iterable[Fact]:
    yield Vault(
        key=VAULT, seen=seen(VAULT), name="vault-dr", location="uksouth", subscription=SUBSCRIPTION.rpartition("/")[2],
        protection=PROTECTION, alerts=ALERTS,
    )  # fmt: skip
    yield container(CONTAINER, GOLD)
    yield mapped(CONTAINER)
    yield item(WEB_ITEM, "PAY-WEB01", WEB_VM)
    yield item(DB_ITEM, "LEDGER-DB01", DB_VM)
    yield policy()
    yield provider()
    yield points(WEB_ITEM, "PAY-WEB01")
    yield points(DB_ITEM, "LEDGER-DB01")
    yield plan(PLAN, "rp-payments", (DB_ITEM,), (WEB_ITEM,), actions=(action(),))
    yield asr_network(ASR_NET, "net-prod")
    yield network_mapping(ASR_NET, PROD_NET)


def vnet(key: str, **fields: Any) -> VirtualNetwork:
    given: dict[str, Any] = {
        "location": "uksouth",
        "prefixes": ("10.0.0.0/16",),
        "dns_servers": (),
        "tags": (("drcheck", "isolated"),),
        "subnets": (
            Subnet(
                name="corp", prefixes=("10.0.1.0/24",), security_group="", route_table="", nat_gateway="", attached=()
            ),
        ),
        "peerings": (),
    }
    return VirtualNetwork(key=key, seen=seen(SUBSCRIPTION), name=key.rpartition("/")[2], **(given | fields))


def interface(network: str, machine: str) -> NetworkInterface:
    return NetworkInterface(
        key=f"{NETWORKS}/nic-{machine}", seen=seen(SUBSCRIPTION), name=f"nic-{machine}",
        virtual_machine=f"{SUBSCRIPTION}/machines/{machine}" if machine else "", subnets=(f"{network}/subnets/corp",),
        addresses=(), public_addresses=(),
    )  # fmt: skip


def azure_facts() -> Iterable[Fact]:
    yield vnet(PROD_NET, tags=())
    yield vnet(DRILL_NET, subnets=(closed("corp"),))
    yield from azure_ready()
