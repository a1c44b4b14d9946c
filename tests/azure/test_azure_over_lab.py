"""Do the Azure sources tell what the simulated subscription holds, over the wire?"""

from collections.abc import Iterator

import pytest

from drcheck.errors import QueryFailed
from drcheck.lab.azure import landscape
from drcheck.lab.azure.build import boot_group, peer, runbook_action
from drcheck.lab.azure.network import DiskResource, Machine
from drcheck.topology.azure import NetworkInterface, VirtualNetwork
from drcheck.topology.azure_compute import AzureVm, ManagedDisk, Quota, ResourceGroup, StorageAccount, VmSize
from drcheck.topology.azure_edges import (
    LoadBalancer,
    NetworkGateway,
    PrivateZone,
    PublicAddress,
    RouteTable,
    SecurityGroup,
    ZoneLink,
)
from drcheck.topology.azure_governance import (
    AutomationAccount,
    DenyAssignment,
    DiagnosticSetting,
    Lock,
    LogWorkspace,
    PolicyAssignment,
    PolicyRule,
    RoleAssignment,
    RoleDefinition,
    Runbook,
    RunbookContent,
)
from drcheck.topology.site_recovery import Vault
from tests.lab_vault import AT, F, Served, served

ACCOUNT = "resourceGroups/rg-auto/providers/Microsoft.Automation/automationAccounts/aa-dr"


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served("contoso", tmp_path_factory.mktemp("azure")) as found:
        yield found
        assert found.azure.writes == [], "reading changes nothing"


def vnet(lab: Served, name: str) -> str:
    return next(one.id for one in lab.azure.vnets.values() if one.name == name)


def named(found: list[F], name: str) -> F:
    return next(fact for fact in found if fact.title == name)


def test_rules_of_a_security_group(lab: Served) -> None:
    rules = [
        landscape.Rule(name="deny-out", priority=100, direction="Outbound", destination="Internet"),
        landscape.Rule(
            name="web", priority=200, access="Allow", protocol="Tcp", source="10.50.0.0/16", ports=["80", "443"]
        ),
    ]
    lab.landscape.security_groups.append(
        landscape.SecurityGroup(name="nsg-web", resource_group="rg-network", rules=rules)
    )
    group = named(lab.read(SecurityGroup), "nsg-web")
    own = [rule for rule in group.rules if not rule.default]
    assert [(rule.name, rule.access, rule.direction) for rule in own] == [
        ("deny-out", "Deny", "Outbound"),
        ("web", "Allow", "Inbound"),
    ]
    assert (own[0].destinations, own[0].destination_ports, own[0].sources) == (("Internet",), ("*",), ("*",))
    assert (own[1].sources, own[1].destination_ports) == (("10.50.0.0/16",), ("80", "443"))
    assert {rule.priority for rule in group.rules if rule.default} == {65000, 65001, 65500}


def test_routes_gateways_and_addresses(lab: Served) -> None:
    hub = vnet(lab, "vnet-hub")
    route = landscape.Route(name="all", prefix="0.0.0.0/0", hop="10.40.0.4")
    lab.landscape.route_tables.append(landscape.RouteTable(name="rt", resource_group="rg-network", routes=[route]))
    lab.landscape.gateways.append(landscape.Gateway(name="gw", resource_group="rg-network", vnet=hub))
    lab.landscape.public_addresses.append(landscape.PublicAddress(name="pip", resource_group="rg-network"))
    subnet = f"{hub}/subnets/web"
    lab.landscape.load_balancers.append(
        landscape.LoadBalancer(name="lb", resource_group="rg-network", subnet=subnet, address="10.40.1.9")
    )
    (table,) = lab.read(RouteTable)
    assert [(one.next_hop_type, one.next_hop) for one in table.routes] == [("VirtualAppliance", "10.40.0.4")]
    assert table.gateway_routes is True
    gateway = named(lab.read(NetworkGateway), "gw")
    assert (gateway.gateway_type, gateway.subnets) == ("Vpn", (f"{hub}/subnets/GatewaySubnet".lower(),))
    public = named(lab.read(PublicAddress), "pip")
    assert (public.address, public.used_by) == ("203.0.113.10", "")
    (balancer,) = lab.read(LoadBalancer)
    assert [(one.address, one.subnet) for one in balancer.frontends] == [("10.40.1.9", subnet.lower())]


def test_private_zones_and_who_resolves_them(lab: Served) -> None:
    drill = vnet(lab, "vnet-drill")
    lab.landscape.zones += [
        landscape.Zone(name="privatelink.database.windows.net", resource_group="rg-network", vnets=[drill]),
        landscape.Zone(name="unused.internal", resource_group="rg-network"),
    ]
    assert {zone.name for zone in lab.read(PrivateZone)} > {"privatelink.database.windows.net", "unused.internal"}
    (link,) = [one for one in lab.read(ZoneLink) if one.zone.endswith(".net")]
    assert (link.network, link.state, link.registers) == (drill.lower(), "Completed", False)
    assert link.zone.endswith("/privatednszones/privatelink.database.windows.net")


def test_machines_and_disks_that_tests_left_behind(lab: Served) -> None:
    group, region = lab.azure.recovery_group, lab.azure.region
    disk = DiskResource(
        id=f"{lab.azure.group_id('rg')}/disks/d",
        name="d",
        size_gb=127,
        os=True,
        machine="m",
        resource_group=group,
        region=region,
    )
    machine = Machine(
        id=f"{lab.azure.group_id('rg')}/vm/PAY-WEB01-test",
        name="PAY-WEB01-test",
        guid="ABCDEF00-0000-4000-8000-000000000001",
        size="Standard_D2s_v5",
        disks=[disk.id],
        created=AT.timestamp(),
        resource_group=group,
        region=region,
    )
    lab.azure.machines.clear()  # a canary stands there otherwise
    lab.azure.interfaces.clear()
    lab.azure.disks[disk.id.lower()] = disk
    lab.azure.machines[machine.id.lower()] = machine
    (vm,) = lab.read(AzureVm)
    assert (vm.name, vm.size, vm.looks_like_test) == ("PAY-WEB01-test", "Standard_D2s_v5", True)
    assert (vm.disks, vm.created, vm.vm_id) == ((disk.id.lower(),), AT, machine.guid.lower())
    (found,) = lab.read(ManagedDisk)
    assert (found.size_gb, found.state, found.machine) == (127, "Attached", "m")
    assert lab.read(NetworkInterface) == []
    used = {quota.name: quota.used for quota in lab.read(Quota)}
    assert (used["cores"], used["standardDSv5Family"], used["virtualMachines"]) == (2, 2, 1)


def test_room_is_read_where_there_are_networks(lab: Served) -> None:
    lab.landscape.limits["standardDSv5Family"] = 10
    lab.landscape.sizes["Standard_E8s_v5"].restriction = "NotAvailableForSubscription"
    lab.landscape.storage_accounts["stcache"] = "Premium_LRS"
    quotas = {quota.name: quota for quota in lab.read(Quota)}
    assert (quotas["standardDSv5Family"].limit, quotas["standardDSv5Family"].location) == (10, lab.azure.region)
    assert quotas["NetworkInterfaces"].provider == "Microsoft.Network"
    sizes = {size.name: size for size in lab.read(VmSize)}
    assert len(sizes) == len(lab.landscape.sizes), "disks are no sizes"
    large = sizes["Standard_E8s_v5"]
    assert large.restrictions == ("Location: NotAvailableForSubscription",)
    assert (large.vcpus, large.memory_gb, large.max_interfaces, large.premium) == (8, 64.0, 4, True)
    assert sizes["Standard_D2s_v5"].restrictions == ()
    account = named(lab.read(StorageAccount), "stcache")
    assert (account.sku, account.network_default) == ("Premium_LRS", "Deny")
    assert {group.name for group in lab.read(ResourceGroup)} == set(lab.azure.resource_groups)


def test_what_is_forbidden_to_everybody(lab: Served) -> None:
    group = lab.azure.group_id(lab.azure.recovery_group)
    vault = lab.azure.vault_id(lab.azure.vaults[0], own=False)
    lab.landscape.locks += [
        landscape.Lock(name="keep", scope=vault),
        landscape.Lock(name="frozen", scope=group, level="ReadOnly"),
    ]
    lab.landscape.denials.append(
        landscape.Denial(name="stack", scope=group, actions=["*/delete"], excluded=["Somebody"])
    )
    assert {(lock.scope, lock.level) for lock in lab.read(Lock)} == {
        (vault.lower(), "CanNotDelete"),
        (group.lower(), "ReadOnly"),
    }
    (denial,) = lab.read(DenyAssignment)
    assert (denial.name, denial.scope, denial.actions) == ("stack", group.lower(), ("*/delete",))
    assert denial.principals == ("00000000-0000-0000-0000-000000000000",)
    assert denial.excluded == ("somebody",)


def test_what_policies_do(lab: Served) -> None:
    alone = landscape.Policy(name="no-public-ip", effect="[parameters('effect')]", default="Audit")
    lab.landscape.assignments += [
        landscape.Assignment(name="strict", policies=[alone], parameters={"effect": "Deny"}),
        landscape.Assignment(
            name="lax", policies=[landscape.Policy(name="sizes", effect="[if(equals('a','a'),'deny','audit')]")]
        ),
        landscape.Assignment(name="off", policies=[alone], enforced=False),
    ]
    assigned = {one.name: one for one in lab.read(PolicyAssignment)}
    assert (assigned["off"].enforced, assigned["strict"].enforced) == (False, True)
    names = {one.key: one.name for one in assigned.values()}
    effects = {(names[rule.assignment], rule.name): rule.effect for rule in lab.read(PolicyRule)}
    assert effects == {
        ("Audit public addresses", "audit-public-ip"): "audit",
        ("Baseline", "allowed-regions"): "deny",
        ("Baseline", "require-tags"): "audit",
        ("strict", "no-public-ip"): "deny",
        ("off", "no-public-ip"): "audit",
        ("lax", "sizes"): "",
    }


def test_who_may_do_what_with_the_vault(lab: Served) -> None:
    lab.landscape.roles.append(landscape.RoleHolder(principal="AAAA", role="Owner", level="subscription", kind="User"))
    assigned = lab.read(RoleAssignment)
    roles = {role.key: role for role in lab.read(RoleDefinition)}
    held = {(one.principal, roles[one.role].name, one.principal_type) for one in assigned}
    assert ("aaaa", "Owner", "User") in held
    assert {one.scope for one in assigned if one.principal == "aaaa"} == {lab.subscription.endpoint}
    owner = next(role for role in roles.values() if role.name == "Owner")
    assert (owner.actions, owner.role_type) == (("*",), "BuiltInRole")


def test_where_logs_go_and_how_long_they_are_kept(lab: Served) -> None:
    lab.landscape.diagnostics[0].workspace_days = 90
    (setting,) = lab.read(DiagnosticSetting)
    jobs = setting.logs[0]
    assert (jobs.name, jobs.enabled, jobs.retention_days) == ("AzureSiteRecoveryJobs", True, None)
    (workspace,) = lab.read(LogWorkspace)
    assert (workspace.key, workspace.retention_days) == (setting.workspace, 90)
    lab.landscape.diagnostics.clear()
    assert (lab.read(DiagnosticSetting), lab.read(LogWorkspace)) == ([], [])


def test_what_the_vault_is_set_to(lab: Served) -> None:
    lab.landscape.settings.soft_delete = "Disabled"
    (vault,) = lab.read(Vault)
    assert vault.protection.soft_delete == "Disabled"
    assert (vault.protection.immutability, vault.protection.redundancy) == ("Unlocked", "GeoRedundant")
    assert (vault.alerts.failover, vault.alerts.classic) == ("Enabled", "Disabled")
    assert vault.identity_type == "SystemAssigned"


def test_runbooks_that_plans_start(lab: Served) -> None:
    home = f"/subscriptions/{lab.azure.subscription}/{ACCOUNT}"
    group = boot_group(lab.azure.vaults[0].plans[0], 1)
    group.end += [runbook_action(name, f"{home}/runbooks/{name}") for name in ("Dns", "Gone", "Draft")]
    lab.landscape.missing_runbooks.add("Gone")
    lab.landscape.draft_runbooks.add("Draft")
    (account,) = lab.read(AutomationAccount)
    assert (account.key, account.identity_type, account.state) == (home.lower(), "SystemAssigned", "Ok")
    found = {runbook.name: runbook for runbook in lab.read(Runbook)}
    assert {name: runbook.state for name, runbook in found.items()} == {"Dns": "Published", "Draft": "New"}
    modified = found["Dns"].modified
    assert modified is not None
    assert modified.tzinfo == AT.tzinfo
    assert found["Dns"].account == account.key
    (content,) = lab.read(RunbookContent)
    assert content.key == found["Dns"].key, "a draft has no published text, a deleted one is not asked for"
    lab.landscape.runbook_texts["dns"] = "Remove-Item C:\\ -Recurse"
    (changed,) = lab.read(RunbookContent)
    assert changed.sha256 != content.sha256
    assert changed.size_bytes == len("Remove-Item C:\\ -Recurse")


def test_a_vault_without_runbooks_needs_no_account(lab: Served) -> None:
    assert (lab.read(AutomationAccount), lab.read(Runbook), lab.read(RunbookContent)) == ([], [], [])


def test_ways_between_networks(lab: Served) -> None:
    peer(lab.world, "vnet-drill", "vnet-hub", state="Disconnected")
    networks = {network.name: network for network in lab.read(VirtualNetwork)}
    (peering,) = networks["vnet-drill"].peerings
    assert (peering.state, peering.forwarded_traffic, peering.gateway_transit) == ("Disconnected", True, False)


def test_a_subscription_that_cannot_be_read_is_an_error_by_name(lab: Served) -> None:
    foreign = lab.subscription.endpoint[:-4] + "ffff"
    lab.subscription = type(lab.subscription)(role="azure", endpoint=foreign)
    with pytest.raises(QueryFailed, match="SubscriptionNotFound"):
        lab.read(VirtualNetwork)


def test_a_healthy_estate_filters_its_networks_and_keeps_drills_from_production_names(lab: Served) -> None:
    networks = {network.name: network for network in lab.read(VirtualNetwork)}
    groups = {group.key: group for group in lab.read(SecurityGroup)}
    used = {groups[subnet.security_group].name for subnet in networks["vnet-drill"].subnets}
    assert used == {"nsg-drill"}
    assert networks["vnet-drill"].key not in {link.network for link in lab.read(ZoneLink)}
    (gateway,) = lab.read(NetworkGateway)
    assert [subnet.rpartition("/subnets/")[0] for subnet in gateway.subnets] == [networks["vnet-hub"].key]
