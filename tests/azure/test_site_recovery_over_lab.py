"""Do the facts of a vault tell what a test failover does to it, while it lasts and afterwards?"""

import time
from collections.abc import Iterator

import pytest

from drcheck.lab.azure.build import item_id, vnet_id
from drcheck.lab.azure.landscape import Zone
from drcheck.topology.azure import NetworkInterface
from drcheck.topology.azure_compute import AzureVm, ManagedDisk
from drcheck.topology.azure_edges import ZoneLink
from drcheck.topology.site_recovery import Fabric, ProtectedItem, Scenario
from drcheck.topology.site_recovery_state import (
    AlertSetting,
    LogicalNetwork,
    ProtectableItem,
    RecoveryPoints,
    RecoveryProvider,
    SiteRecoveryEvent,
    SiteRecoveryJob,
    StorageClassification,
    StorageMapping,
    VaultHealth,
    VaultSetting,
)
from tests.lab_vault import Served, served

API = "2025-08-01"
LONG = 60.0
"""Real seconds after which something that should have happened never will."""
MACHINE = "PAY-WEB01"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A vault in which a test failover has ended and waits for its clean-up."""
    with served("contoso", tmp_path_factory.mktemp("vault"), speed=2000.0) as found:
        found.job = _failed_over(found)
        yield found


def _failed_over(lab: Served) -> str:
    properties = {
        "failoverDirection": "PrimaryToRecovery",
        "networkType": "VmNetworkAsInput",
        "networkId": vnet_id(lab.world, "vnet-drill"),
        "providerSpecificDetails": {"instanceType": "HyperVReplicaAzure"},
    }
    deadline = time.monotonic() + LONG
    with lab.client() as client:
        job = client.post(f"{item_id(lab.world, MACHINE)}/testFailover", API, {"properties": properties}).job
        while not client.job(lab.vault.endpoint, job).ended:
            assert time.monotonic() < deadline
    return job


def test_the_job_is_told(lab: Served) -> None:
    (job,) = lab.read(SiteRecoveryJob)
    assert job.key.endswith(lab.job)
    assert (job.scenario, job.state, job.target_name, job.target_type) == (
        "TestFailover",
        "Succeeded",
        MACHINE,
        "ProtectionEntity",
    )
    assert job.started is not None


def test_the_item_waits_for_its_clean_up(lab: Served) -> None:
    items = {item.name: item for item in lab.read(ProtectedItem)}
    tested = items.pop(MACHINE)
    assert (tested.allowed_operations, tested.test_failover_state) == (("TestFailoverCleanup",), "WaitingForCompletion")
    assert (tested.scenario.name, tested.scenario.job.rpartition("/")[2]) == ("TestFailover", lab.job)
    assert {item.scenario for item in items.values()} == {Scenario(name="None")}
    (health,) = lab.read(VaultHealth)
    assert health.items is not None
    assert dict(health.items.counts)["testFailoverWaitingProtectedItemsCount"] == 1


def test_what_the_test_made_is_found_in_azure(lab: Served) -> None:
    (machine,) = [one for one in lab.read(AzureVm) if one.disks]  # what stands in the network for good has none
    assert (machine.name, machine.looks_like_test) == (f"{MACHINE}-test", True)
    (nic,) = [one for one in lab.read(NetworkInterface) if one.virtual_machine == machine.key]
    assert nic.key == machine.interfaces[0]
    assert {disk.key for disk in lab.read(ManagedDisk)} == set(machine.disks)


def test_events_tell_of_it(lab: Served) -> None:
    events = lab.read(SiteRecoveryEvent)
    assert {(event.affected, event.severity) for event in events} == {(MACHINE, "OK")}


def test_fabrics_providers_and_what_they_could_protect(lab: Served) -> None:
    (fabric,) = lab.read(Fabric)
    assert (fabric.key_encryption, fabric.state) == ("Enabled", "Valid")
    (provider,) = lab.read(RecoveryProvider)
    assert (provider.fabric, provider.connection, provider.version_status) == (fabric.key, "Connected", "Supported")
    assert provider.version_expires is not None
    assert provider.last_heartbeat is not None
    machines = {item.vm_id: item for item in lab.read(ProtectableItem)}
    assert set(machines) >= {item.vm_id for item in lab.azure.vaults[0].items}
    assert {network.fabric for network in lab.read(LogicalNetwork)} == {fabric.key}


def test_points_of_every_machine(lab: Served) -> None:
    points = {one.key: one for one in lab.read(RecoveryPoints)}
    assert set(points) == {item.key for item in lab.read(ProtectedItem)}
    for found in points.values():
        assert found.newest is not None
        assert found.oldest is not None
        assert found.newest_app_consistent is not None
        assert found.newest >= found.newest_app_consistent >= found.oldest
        assert found.count > 20


def test_settings_and_what_an_estate_of_clouds_does_not_have(lab: Served) -> None:
    (alert,) = lab.read(AlertSetting)
    assert (alert.send_to_owners, alert.addresses) == ("Send", ())
    (setting,) = lab.read(VaultSetting)
    assert (setting.migration_solution, setting.vmware_provider) == ("", "Unknown")
    assert (lab.read(StorageClassification), lab.read(StorageMapping)) == ([], [])


def test_many_zones_are_read_side_by_side_and_in_order(lab: Served) -> None:
    drill = vnet_id(lab.world, "vnet-drill")
    names = [f"zone{number:02}.internal" for number in range(30)]
    lab.landscape.zones = [Zone(name=name, resource_group="rg-network", vnets=[drill]) for name in names]
    assert [link.zone.rpartition("/")[2] for link in lab.read(ZoneLink)] == names
