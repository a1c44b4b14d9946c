"""How does what keeps an estate recoverable from day to day stop? As ``drcheck.lab.telling.drift`` has it."""

from drcheck.lab.azure.build import item_id, item_named, the_vault, vault_id, vnet_id, vnet_named
from drcheck.lab.azure.state import azure_of
from drcheck.lab.state.world import Cluster, World
from drcheck.lab.telling.building import vm_named
from drcheck.lab.telling.drift import Findings, fail
from drcheck.lab.telling.estates import DAY


def backups_stopped(world: World, group_name: str, *, days: float) -> Findings:
    """The job runs on the replica that was preferred before somebody changed the preference."""
    group = next(one for one in world.groups if one.name == group_name)
    for database in group.databases:
        database.full_backup_age = database.log_backup_age = database.check_age = days * DAY
    yield fail("DR-SQL-102", group.id)
    yield fail("DR-SQL-105", group.id)


def backup_service_off(world: World, vm_name: str) -> Findings:
    """Somebody unticked a machine's Backup service while another product saved it, and left it so."""
    vm = vm_named(world, vm_name)
    vm.services_off.add("VSS")
    yield "DR-RPL-101", f"{vm.id}@{vm.host}", "FAIL"


def exchange_stopped(world: World, vm_name: str) -> Findings:
    """A hardening guide stopped the Data Exchange service in the guest: no address is given to its replica."""
    vm = vm_named(world, vm_name)
    vm.services_mute.add("Key-Value Pair Exchange")
    assert vm.replication is not None  # noqa: S101 - a scenario that breaks what it has not built is wrong
    yield "DR-RPL-101", f"{vm.id}@{vm.replication.replica_host}", "FAIL"


def retention_cut(world: World, *vm_names: str) -> Findings:
    """Somebody saved storage: points live for an hour, which is also how far they are apart."""
    policy = next(one for one in the_vault(world).policies if one.name == item_named(world, vm_names[0]).policy)
    policy.history_hours = 1
    yield fail("DR-ASR-102", f"{vault_id(world)}/replicationPolicies/{policy.name}")
    yield from (fail("DR-RPL-103", item_id(world, name)) for name in vm_names)


def session_stopped(world: World, host: str) -> Findings:
    """An upgrade left AlwaysOn_health as it found other sessions: stopped."""
    instance = next(one for one in world.sql if one.host == host)
    instance.health_session = (False, False)
    yield "DR-SQL-103", f"{host}\\{instance.name}", "FAIL"


def never_validated_again(cluster: Cluster, *, days: float) -> Findings:
    """Validated when it was made, and never since."""
    cluster.validated_days = days
    yield fail("DR-CLU-005", cluster.id)


def runtime_retired(world: World, runbook: str) -> Findings:
    """A runbook was written for PowerShell 7.2, whose support has ended since."""
    landscape = azure_of(world).landscape
    landscape.old_runbooks.add(runbook)
    actions = (
        action
        for vault in azure_of(world).vaults
        for plan in vault.plans
        for group in plan.groups
        for action in (*group.start, *group.end)
    )
    key = next(action.detail for action in actions if action.detail.endswith(f"/{runbook}"))
    yield fail("DR-SUP-103", key)


def subnet_forgotten(world: World, drill: str, name: str) -> Findings:
    """Production got a subnet; the network for drills did not."""
    network = vnet_named(world, drill)
    network.subnets = [subnet for subnet in network.subnets if subnet.name != name]
    yield fail("DR-NET-103", f"azure:{vnet_id(world, drill)}")


def licence_never_chosen(world: World, vm_name: str) -> Findings:
    """Replication was enabled by a script that says nothing of licences."""
    item_named(world, vm_name).license_type = "NotSpecified"
    yield fail("DR-ASR-105", item_id(world, vm_name))


def another_account(world: World, host: str, account: str) -> Findings:
    """A node was installed anew in a hurry, and its installer typed the account of another environment."""
    server = world.vmm[0]
    server.service_accounts[host] = account
    yield fail("DR-VHA-102", server.name)
