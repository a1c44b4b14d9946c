"""Do the facts say what the recorded vaults said?"""

from datetime import UTC, datetime

from drcheck.topology.site_recovery import (
    AsrNetwork,
    ContainerMapping,
    Fabric,
    FabricHost,
    HealthError,
    NetworkMapping,
    ProtectedItem,
    ProtectionContainer,
    RecoveryPlan,
    ReplicationPolicy,
    Scenario,
    Vault,
)
from drcheck.topology.site_recovery_state import (
    AlertSetting,
    ProtectableItem,
    SiteRecoveryJob,
    VaultHealth,
)
from drcheck.transport.arm_job import Job
from tests.recorded_vaults import decode, exchanges, facts, needs_samples, only

EMPTY = "empty-vault.lists-and-health.2023"
SITE_2023 = "hyperv-site-to-azure.enable-and-failover.2023"
SITE_2017 = "hyperv-site-to-azure.test-failover.2017"
VMM_2017 = "vmm-to-azure.failing-reprotect-job.2017"
MAPPED_2017 = "vmm-to-azure.network-mapping.2017"
CLOUDS_2017 = "vmm-to-vmm.recovery-plan-edit.2017"


@needs_samples
def test_a_vmm_vault_of_2017() -> None:
    found = facts(VMM_2017)
    (vault,) = only(found, Vault)
    assert (vault.name, vault.location, vault.subscription) == (
        "E2ETest",
        "eastus",
        "7c943c1b-5122-4097-90c8-861411bdd574",
    )
    assert [lead.endpoint for lead in vault.leads()] == ["/subscriptions/7c943c1b-5122-4097-90c8-861411bdd574"]
    (fabric,) = only(found, Fabric)
    assert (fabric.fabric_type, fabric.health) == ("VMM", "Normal")
    assert fabric.name.startswith("IDCLAB-A137.")
    unpaired, cloud = only(found, ProtectionContainer)
    assert (cloud.name, cloud.cloud_id, cloud.role) == ("primary", "b2b708f7-5500-472d-9b4e-34a88340b067", "Primary")
    assert cloud.fabric == fabric.key
    assert (unpaired.pairing_status, unpaired.role) == ("NotPaired", "")
    (mapping,) = only(found, ContainerMapping)
    assert (mapping.container, mapping.target) == (cloud.key, "Microsoft Azure")
    (policy,) = only(found, ReplicationPolicy)
    assert (policy.provider, policy.interval_seconds, policy.app_consistent_hours) == ("HyperVReplicaAzure", 30, 0)
    assert mapping.policy == policy.key


@needs_samples
def test_the_hyperv_id_of_a_vmm_machine_comes_from_the_protectable_item() -> None:
    first, second = only(facts(VMM_2017), ProtectedItem)
    assert first.name == "VM1"
    assert first.key.endswith("/672ac946-913b-4297-8c35-1aae8c388f63"), "the item is named by VMM's id"
    assert first.vm_id == "2cd1a1fa-69b2-4a40-836e-d4b76fe1c28e"
    assert second.vm_id == "", "its protectable item was not recorded, and vmId is VMM's"
    assert first.protection_state == "PlannedFailoverCommitRequired"
    assert first.active_location == "Recovery"
    assert "TestFailover" not in first.allowed_operations
    assert first.last_test_failover == datetime(2017, 9, 19, 11, 31, 46, 477831, tzinfo=UTC)
    assert second.last_test_failover is None
    assert [(disk.name, disk.size_mb) for disk in second.disks] == [("vm3_disk_1", 40960)]
    assert second.nics[0].target_network == ""


@needs_samples
def test_a_hyperv_site_of_2017() -> None:
    found = facts(SITE_2017)
    (site,) = only(found, ProtectionContainer)
    assert site.cloud_id == ""
    first, second = only(found, ProtectedItem)
    assert (first.vm_id, second.name) == ("b1956159-f3d3-4317-86d4-94fb027c6d95", "hyperV2")
    assert (first.rpo_seconds, first.rpo_calculated) == (None, None), "older versions do not tell"
    assert [(disk.size_mb, disk.name) for disk in first.disks] == [(1024, "hyperV1")]
    (nic,) = first.nics
    assert nic.target_network.endswith("/virtualnetworks/e2anetworksea")
    assert (nic.source_network, nic.target_subnet, nic.selection) == ("HRMExternalNetwork", "default", "SelectedByUser")


@needs_samples
def test_a_hyperv_site_of_2023() -> None:
    found = facts(SITE_2023)
    (item,) = only(found, ProtectedItem)
    assert item.vm_id == "4468b400-1393-4d08-a81e-0e3c19c04a0b"
    assert item.rpo_seconds == 3
    assert item.rpo_calculated == datetime(2023, 8, 11, 3, 17, 44, 567716, tzinfo=UTC)
    assert (item.replication_health, item.failover_health) == ("Normal", "Warning")
    assert item.health_errors == ("161011: No successful test failover has been done on the virtual machine 'VM1'.",)
    assert [(disk.id, disk.size_mb) for disk in item.disks] == [("e6a167ba-26ce-4546-b818-79e6a0f5a006", 40960)]
    assert item.nics[0].target_subnet == "MySubnet"
    assert item.nics[0].test_network == ""
    (plan,) = only(found, RecoveryPlan)
    assert [group.group_type for group in plan.groups] == ["Shutdown", "Failover", "Boot"]
    assert plan.items == {item.key}
    assert (plan.recovery_fabric, plan.deployment_model) == ("Microsoft Azure", "ResourceManager")
    assert plan.last_test_failover is None


@needs_samples
def test_the_list_of_plans_is_hollow_and_the_plan_itself_is_not() -> None:
    lists = [
        exchange["response"]["value"]
        for exchange in exchanges(SITE_2023)
        if exchange["method"] == "GET" and exchange["path"].partition("?")[0].endswith("/replicationRecoveryPlans")
    ]
    assert [[plan["properties"]["groups"] for plan in plans] for plans in lists] == [[[]], []]


@needs_samples
def test_replication_between_vmm_clouds() -> None:
    found = facts(CLOUDS_2017)
    (policy,) = only(found, ReplicationPolicy)
    assert (policy.provider, policy.interval_seconds, policy.encryption) == ("HyperVReplica2012R2", 30, "")
    (mapping,) = only(found, ContainerMapping)
    assert mapping.target.startswith("/subscriptions/")
    tested, untested = only(found, ProtectedItem)
    assert tested.recovery_fabric in {fabric.key for fabric in only(found, Fabric)}
    assert tested.test_failover_state == "MarkedForDeletion"
    assert "TestFailover" in tested.allowed_operations
    assert tested.last_test_failover == datetime(2017, 9, 18, 13, 45, 1, 395931, tzinfo=UTC)
    assert untested.failover_health == "Critical"
    assert len(untested.health_errors) == 1, "two lists told of the same error"
    assert untested.nics[0].target_network == "", "the zero id is no network"
    (plan,) = only(found, RecoveryPlan)
    assert (plan.name, plan.deployment_model) == ("RPSwag96", "NotApplicable")
    assert plan.items == {tested.key}


@needs_samples
def test_networks_and_their_mapping() -> None:
    found = facts(MAPPED_2017)
    networks = {network.key: network for network in only(found, AsrNetwork)}
    (mapping,) = only(found, NetworkMapping)
    assert networks[mapping.source].name == "corp"
    assert networks[mapping.source].network_id == "53eefb7e-e28e-4d73-8ec5-012e21f2146a"
    assert mapping.target.endswith("/microsoft.network/virtualnetworks/a2a-source-rg-vnetasr")
    assert mapping.state == "Paired"


@needs_samples
def test_policies_of_other_providers_do_not_stop_the_reading() -> None:
    found = only(facts(EMPTY), ReplicationPolicy)
    assert [(policy.provider, policy.interval_seconds) for policy in found] == [
        ("InMageRcm", None),
        ("InMageRcmFailback", None),
    ]


@needs_samples
def test_a_recorded_test_failover_job() -> None:
    jobs = [
        decode(exchange["response"], Job)
        for exchange in exchanges(SITE_2017)
        if exchange["method"] == "GET" and "/replicationjobs/" in exchange["path"].lower()
    ]
    done = next(job for job in jobs if job.ended)
    assert done.succeeded
    assert done.problems == ()
    (machine,) = done.machines
    assert (machine.test_vm_name, machine.subnet) == ("hyperV1-test", "default")
    assert machine.recovery_point.at == datetime(2017, 9, 20, 13, 15, 6, 654433, tzinfo=UTC)
    boot = done.tasks[-1]
    assert (boot.name, boot.end.at) == ("VmTfoBootTestVm", datetime(2017, 9, 20, 13, 27, 59, 620902, tzinfo=UTC))
    assert done.ended_at is not None
    assert boot.end.at is not None
    assert done.ended_at < boot.end.at, "the job's end is cut to seconds and can precede its last task"


@needs_samples
def test_a_recorded_failed_job_and_one_with_group_tasks() -> None:
    by_file = {
        name: [
            decode(exchange["response"], Job)
            for exchange in exchanges(name)
            if exchange["method"] == "GET" and "/replicationjobs/" in exchange["path"].lower()
        ][-1]
        for name in (VMM_2017, MAPPED_2017)
    }
    failed, grouped = by_file.values()
    assert failed.problems == ("25038: The virtual machine 'VM1' isn't ready for reenabling protection.",)
    assert [(task.state, task.start.at is None) for task in failed.tasks] == [
        ("Failed", False),
        ("Other", True),
        ("Other", True),
    ]
    assert [task.name for task in grouped.tasks] == [
        "ModifyVMNetworksPairingStatusTask",
        "VMNetworksUpdateVMNicsTask",
        "VmNicUpdateJob",
    ]


@needs_samples
def test_what_protects_a_new_vault_of_2023() -> None:
    (vault,) = only(facts(EMPTY), Vault)
    assert (vault.name, vault.location, vault.sku) == ("vault000002", "eastus2euap", "Standard")
    protection = vault.protection
    assert (protection.soft_delete, protection.soft_delete_days) == ("Enabled", 14)
    assert protection.multi_user_authorization == "Disabled"
    assert protection.immutability == "", "null is not Disabled"
    assert protection.redundancy == "", "this version did not tell"
    assert (protection.public_network_access, protection.private_endpoint_state) == ("Enabled", "None")
    assert (vault.alerts.job_failures, vault.alerts.classic) == ("Enabled", "Enabled")
    assert (vault.identity_type, protection.encryption_key, protection.private_endpoints) == ("", "", ())


@needs_samples
def test_health_and_alerts_of_an_empty_vault() -> None:
    found = facts(EMPTY)
    (health,) = only(found, VaultHealth)
    assert health.key == only(found, Vault)[0].key
    assert health.items is not None
    assert (health.items.resources, health.items.issues) == (0, ())
    counts = dict(health.items.counts)
    assert counts["testFailoverWaitingProtectedItemsCount"] == 0
    assert len(counts) == 12
    assert health.fabrics is not None
    assert health.fabrics.counts == (), "only machines are counted by category"
    assert health.containers is not None
    assert health.errors == ()
    (alert,) = only(found, AlertSetting)
    assert (alert.send_to_owners, alert.addresses, alert.locale) == ("Send", ("email@address.com",), "en_US")
    (job,) = only(found, SiteRecoveryJob)
    assert (job.scenario, job.state, job.target_type) == ("RefreshVaultHealth", "Succeeded", "Vault")


@needs_samples
def test_keys_hosts_and_agents_of_fabrics() -> None:
    (site,) = only(facts(SITE_2023), Fabric)
    assert site.hosts == (FabricHost(id="srsourcehyperv2", name="SRsourcehyperv2", agent_version="2.0.9259.0"),)
    assert (site.key_encryption, site.key_expires) == ("None", None), "the service's word for no encryption"
    (vmm,) = only(facts(VMM_2017), Fabric)
    assert (vmm.key_encryption, vmm.state, vmm.hosts) == ("Enabled", "Valid", ())
    assert vmm.key_expires == datetime(2020, 9, 19, 14, 27, 16, tzinfo=UTC)
    assert vmm.internal_id == "630960be-c5ae-4e94-a747-37aa0d1050b7"


@needs_samples
def test_what_a_machine_would_become() -> None:
    (new,) = only(facts(SITE_2023), ProtectedItem)
    assert (new.target.name, new.target.size, new.target.managed_disks) == ("VM1", "Standard_A2m_v2", False)
    assert "/resourcegroups/" in new.target.resource_group
    assert new.target.storage.rpartition("/")[0].endswith("/storageaccounts")
    assert new.target.network == new.nics[0].target_network
    assert (new.source_memory_mb, new.source_cpus, new.target.license_type) == (16384, 1, "NotSpecified")
    assert new.guest_os == "Windows"
    assert new.scenario == Scenario(name="None")
    assert new.last_recovery_point == datetime(2023, 8, 11, 3, 17, 41, 200896, tzinfo=UTC)
    assert (new.nics[0].primary, new.nics[0].addresses, new.nics[0].test_subnet) == (True, 1, "")
    assert {lead.endpoint for lead in new.leads()} == {"/subscriptions/00000000-0000-0000-0000-000000000000"}
    old, _ = only(facts(VMM_2017), ProtectedItem)
    assert (old.target.name, old.target.size, old.source_memory_mb, old.source_cpus) == ("Vm1", "Basic_A0", 32, 1)
    assert old.last_failover == datetime(2017, 9, 19, 11, 46, 12, 592223, tzinfo=UTC)
    assert (old.target.license_type, old.disks[0].vhd_type, old.nics[0].primary) == (
        "WindowsServer",
        "OperatingSystem",
        None,
    )


@needs_samples
def test_health_errors_keep_their_level() -> None:
    (new,) = only(facts(SITE_2023), ProtectedItem)
    assert new.errors == (
        HealthError(
            code="161011",
            level="Warning",
            category="TestFailover",
            message="No successful test failover has been done on the virtual machine 'VM1'.",
            created=datetime(2023, 8, 11, 2, 30, 46, 927754, tzinfo=UTC),
        ),
    )
    _, old = only(facts(CLOUDS_2017), ProtectedItem)
    (error,) = old.errors
    assert (error.code, error.level, error.category) == ("161011", "Error", ""), "an error in 2017, a warning since"


@needs_samples
def test_protectable_machines() -> None:
    (vmm,) = only(facts(VMM_2017), ProtectableItem)
    assert (vmm.vm_id, vmm.generation) == ("2cd1a1fa-69b2-4a40-836e-d4b76fe1c28e", "1")
    assert (vmm.protection_status, vmm.readiness_errors, vmm.shared_disk) == ("Protected", (), "")
    assert vmm.protected_item.endswith("/672ac946-913b-4297-8c35-1aae8c388f63")
    (site,) = only(facts(SITE_2023), ProtectableItem)
    assert (site.physical_disk, site.fibre_channel, site.shared_disk) == ("NotPresent", "NotPresent", "Unknown")


@needs_samples
def test_jobs_and_their_errors() -> None:
    (failed,) = only(facts(VMM_2017), SiteRecoveryJob)
    assert (failed.state, failed.target_name, failed.target_type) == ("Failed", "VM1", "ProtectionEntity")
    assert failed.problems == ("25038: The virtual machine 'VM1' isn't ready for reenabling protection.",)
    assert failed.started is not None
    first, second = only(facts(SITE_2017), SiteRecoveryJob)
    assert {first.scenario, second.scenario} == {"TestFailover", "TestFailoverCleanup"}
    assert {first.state, second.state} == {"Succeeded"}


@needs_samples
def test_a_plan_is_known_by_its_groups() -> None:
    (plan,) = only(facts(CLOUDS_2017), RecoveryPlan)
    assert len(plan.groups_sha256) == 64
    assert plan.providers == ("HyperVReplica2012R2",)
    assert plan.scenario == Scenario()
    (other,) = only(facts(SITE_2023), RecoveryPlan)
    assert other.groups_sha256 != plan.groups_sha256


@needs_samples
def test_subnets_carry_their_vlans() -> None:
    networks = only(facts(MAPPED_2017), AsrNetwork)
    with_subnets = next(network for network in networks if network.subnets)
    (subnet,) = with_subnets.subnets
    assert (subnet.name, subnet.prefixes, subnet.vlans) == ("subnet-lorem-1", ("192.168.1.0/24",), ("0",))
    assert {network.network_type for network in networks} >= {"NoIsolation"}
    (mapping,) = only(facts(MAPPED_2017), NetworkMapping)
    assert mapping.target_kind == "VmmToAzure"
    assert [lead.role for lead in mapping.leads()] == ["azure"]
