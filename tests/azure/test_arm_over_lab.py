"""Do the vault and network sources tell over the wire what the simulated estate really holds?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drcheck.discovery import site_recovery
from drcheck.discovery.site_recovery.vault import read_fabrics
from drcheck.errors import (
    AccessDenied,
    AuthenticationFailed,
    Deadline,
    DrcheckError,
    Garbled,
    Refused,
    RemoteFault,
    Throttled,
)
from drcheck.lab.azure.faults import Fault, FaultKind
from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.site_recovery import (
    ContainerMapping,
    Fabric,
    NetworkMapping,
    ProtectedItem,
    ProtectionContainer,
    RecoveryPlan,
    Vault,
)
from drcheck.transport.arm_ask import AskArm
from tests.lab_vault import AT, Served, only, served


@pytest.fixture(scope="module")
def contoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served("contoso", tmp_path_factory.mktemp("contoso")) as found:
        yield found


def test_every_protected_machine_is_joined_to_its_vm(contoso: Served) -> None:
    found = contoso.facts()
    (vault,) = contoso.azure.vaults
    items = only(found, ProtectedItem)
    assert {item.vm_id for item in items} == {item.vm_id for item in vault.items}
    assert len(items) == len(vault.items) > 20, "more than one page"
    for item in items:
        vm = contoso.world.vms[item.vm_id]
        assert (item.name, item.container.rpartition("/")[2]) == (vm.name, vm.cloud_id)
        assert len(item.disks) == len([disk for disk in vm.disks if disk.replicated])
        assert item.last_test_failover is not None
        assert "TestFailover" in item.allowed_operations
        assert item.rpo_seconds is not None
        assert item.rpo_calculated is not None


def test_plans_clouds_networks_and_provenance(contoso: Served) -> None:
    found = contoso.facts()
    (vault,) = contoso.azure.vaults
    (seen_vault,) = only(found, Vault)
    assert (seen_vault.key, seen_vault.location) == (contoso.vault.endpoint, vault.region)
    assert list(seen_vault.leads()) == [contoso.subscription]
    assert [fabric.name for fabric in only(found, Fabric)] == [fabric.friendly_name for fabric in vault.fabrics]
    clouds = {cloud.id for server in contoso.world.vmm for cloud in server.clouds}
    assert {container.cloud_id for container in only(found, ProtectionContainer)} == clouds
    assert {mapping.target for mapping in only(found, ContainerMapping)} == {"Microsoft Azure"}
    names = {item.key: item.key.rpartition("/")[2] for item in only(found, ProtectedItem)}
    planned = {
        plan.name: [[names[item] for item in group.items] for group in plan.groups]
        for plan in only(found, RecoveryPlan)
    }
    assert planned == {plan.name: [group.items for group in plan.groups] for plan in vault.plans}
    networks = {network.key for network in only(found, VirtualNetwork)}
    assert networks == set(contoso.azure.vnets)
    assert {mapping.target for mapping in only(found, NetworkMapping)} <= networks
    for fact in found:
        target = contoso.subscription if type(fact).ROLE == "azure" else contoso.vault
        assert fact.seen.endpoint == target.endpoint
    assert contoso.azure.unknown == []
    assert contoso.azure.writes == []


def test_a_drifted_vault_is_read_without_an_error(tmp_path: Path) -> None:
    with served("contoso-drifted", tmp_path) as drifted:
        found = drifted.facts()
        assert len(only(found, ProtectedItem)) == len(drifted.azure.vaults[0].items)
        assert drifted.azure.unknown == []


FAULTS: tuple[tuple[FaultKind, type[DrcheckError]], ...] = (
    ("reset", Refused),
    ("hang", Deadline),
    ("401", AuthenticationFailed),
    ("403", AccessDenied),
    ("429", Throttled),
    ("500", RemoteFault),
    ("garbage", Garbled),
    ("truncated", Garbled),
)


@pytest.mark.parametrize(("kind", "error"), FAULTS)
def test_each_way_to_fail_has_its_own_name(contoso: Served, kind: FaultKind, error: type[DrcheckError]) -> None:
    contoso.azure.faults.add(Fault(kind=kind, path="replicationFabrics", times=None, retry_after=600))
    try:
        with contoso.client(total_seconds=1.0) as client, pytest.raises(error) as caught:
            list(read_fabrics(AskArm(client, contoso.vault, "x", lambda: AT), contoso.vault))
    finally:
        contoso.azure.faults.clear()
    assert contoso.azure.token not in str(caught.value)


def test_a_wrong_token_is_named(contoso: Served) -> None:
    with (
        contoso.client(token="stale") as client,
        pytest.raises(AuthenticationFailed, match="InvalidAuthenticationToken"),
    ):
        client.one(contoso.vault.endpoint, site_recovery.VAULT_API, object)


def test_an_operation_whose_answer_is_lost_is_not_repeated(tmp_path: Path) -> None:
    with served("contoso", tmp_path) as lab:
        plan = f"{lab.vault.endpoint}/replicationRecoveryPlans/rp-payments"
        network = next(key for key in lab.azure.vnets if key.endswith("/vnet-drill"))
        properties = {
            "failoverDirection": "PrimaryToRecovery",
            "networkType": "VmNetworkAsInput",
            "networkId": network,
            "providerSpecificDetails": [{"instanceType": "HyperVReplicaAzure", "recoveryPointType": "Latest"}],
        }
        lab.azure.faults.add(Fault(kind="lost", method="POST"))
        with lab.client() as client, pytest.raises(Refused, match="It may have begun"):
            client.post(f"{plan}/testFailover", site_recovery.API, {"properties": properties})
        assert len(lab.azure.writes) == 1
        (job,) = lab.azure.vaults[0].jobs
        with lab.client() as client:
            assert client.job(lab.vault.endpoint, job).name == job
        assert lab.azure.real_failovers == []
