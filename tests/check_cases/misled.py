"""Cases in which something in Azure is broken, or nobody knows, and what is easily looked at is well."""

import msgspec

from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.azure_compute import ResourceGroup, VmSize
from drcheck.topology.azure_edges import Frontend, LoadBalancer
from drcheck.topology.site_recovery import (
    ProtectedItem,
    RecoveryTarget,
    Scenario,
    Vault,
)
from tests import estate_azure_ready as ready
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.azure_ready import NICS, counted, filtered
from tests.check_cases.azure_remains import MACHINE
from tests.check_cases.case import Table
from tests.check_cases.drill_networks import production
from tests.check_cases.stretch import chosen, pin
from tests.estates import Change, add, ago, change, drop, lose, reach, seen, together

SCOPE, AZURE = f"vault:{names.VAULT}", f"azure:{names.SUBSCRIPTION}"
BOTH = (names.WEB_ITEM, names.DB_ITEM)


def item(**fields: object) -> Change:
    return change(ProtectedItem, names.WEB_ITEM, **fields)


def going(**fields: object) -> Change:
    given = {"name": "PAY-WEB01", "size": "Standard_D2s_v5", "resource_group": ready.RECOVERED} | fields
    return item(target=RecoveryTarget(**given))  # type: ignore[arg-type]  # fields of the struct


def adapters(*selections: str) -> Change:
    nic = msgspec.structs.replace(chosen("10.0.1.10"), target_address="")
    return item(nics=tuple(msgspec.structs.replace(nic, selection=one) for one in selections))


def far(location: str) -> Change:
    return change(VirtualNetwork, names.PROD_NET, location=location)


def two_networks() -> Change:
    nic = msgspec.structs.replace(chosen("10.0.1.10"), target_address="")
    return item(nics=(nic, msgspec.structs.replace(nic, id="second", target_network=names.DRILL_NET)))


NEXT_DOOR = "/subscriptions/22222222-2222-2222-2222-222222222222"
complete = Table("DR-ASR-005", names.WEB_ITEM)
complete.fails(
    "a group that is gone", going(resource_group=ready.RECOVERED + "-old"), "rg-recovered-old does not exist"
)
complete.fails("a network of another region", far("westeurope"), "vnet-recovery is in westeurope", also=BOTH)
complete.fails("no adapter selected", adapters("NotSelected", "NotSelected"), "none of its adapters is selected")
complete.passes("one of two selected", adapters("NotSelected", "SelectedByUser"))
complete.passes("the region in other letters", far("UKSouth"))
complete.passes("the vault's region in other letters", change(Vault, names.VAULT, location="UKSouth"))
complete.fails("a group that is gone, another subscription unread", together(
    going(resource_group=ready.RECOVERED + "-old"), reach("azure", NEXT_DOOR), lose(ResourceGroup, f"azure:{NEXT_DOOR}")
), "rg-recovered-old does not exist")  # fmt: skip
complete.unknown("the region of one of two networks not told", together(
    two_networks(), change(VirtualNetwork, names.DRILL_NET, location="")), "region")  # fmt: skip
complete.unknown("the network's region not told", far(""), "region", also=BOTH)
complete.unknown("the vault's region not told", change(Vault, names.VAULT, location=""), "region", also=BOTH)
complete.unknown("the vault unread", lose(Vault, SCOPE), "Vault", also=BOTH)
complete.unknown("the vault gone", drop(Vault), "region", also=BOTH)
complete.unknown("groups unread", lose(ResourceGroup, AZURE), "ResourceGroup", also=BOTH)
complete.fails("a network and the group gone", together(
    going(resource_group=ready.RECOVERED + "-old"), drop(VirtualNetwork, names.PROD_NET)),
    "vnet-recovery does not exist; the resource group", also=BOTH)  # fmt: skip

first = Table("DR-ASR-103", names.WEB_ITEM)
JUST_NOW = Scenario(name="EnableDr", job="j", started=ago(hours=1))
for state in ("InitialReplicationFailed", "EnablingFailed"):
    first.fails(f"{state} an hour ago", item(protection_state=state, scenario=JUST_NOW), f"has failed ({state})")

room = Table("DR-ASR-006", ready.FAMILY)
NO_FAMILY = change(VmSize, ready.SIZE, family="")
room.unknown("of which family its size is not told", NO_FAMILY, "of which family", also=(ready.CORES,))
room.unknown(
    "adapters not told", together(counted(NICS, "NetworkInterfaces", 100), item(nics=())), "adapters of PAY-WEB01",
    subject=NICS,
)  # fmt: skip
room.passes("adapters not told, of machines", together(counted(NICS, "NetworkInterfaces", 100), item(nics=())))

subnets = Table("DR-IPC-002", names.PROD_NET)
subnets.unknown("adapters not told", item(nics=()), "adapters of PAY-WEB01", also=(names.DRILL_NET,))
subnets.unknown("adapters not told, but their network", together(going(network=names.PROD_NET), item(nics=())), "adapt")
subnets.passes("adapters not told, of another network", together(
    going(network=names.DRILL_NET), item(nics=())), "for 1 adapters", also=(names.DRILL_NET,))  # fmt: skip
subnets.passes("in Azure already, adapters not told", item(nics=(), active_location="Recovery"), "for 1 adapters")

pinned = Table("DR-IPC-003", names.WEB_ITEM)


def balancer(address: str, network: str = names.PROD_NET) -> Change:
    front = Frontend(name="f", address=address, subnet=f"{network}/subnets/corp", public_address="")
    here = f"{names.SUBSCRIPTION}/lb"
    return add(
        LoadBalancer(key=here, seen=seen(names.SUBSCRIPTION), name="lb-sql", location="uksouth", frontends=(front,))
    )


pinned.fails("held by a load balancer", together(pin("10.0.1.10"), balancer("10.0.1.10")), "held by lb-sql")
pinned.passes("held by one elsewhere", together(pin("10.0.1.10"), balancer("10.0.1.10", names.DRILL_NET)))
pinned.fails("twice on one machine", item(nics=(chosen("10.0.1.10"), chosen("10.0.1.10"))), "two of its adapters")
pinned.passes("two on one machine", item(nics=(chosen("10.0.1.10"), chosen("10.0.1.11"))), "10.0.1.10, 10.0.1.11")
pinned.unknown("load balancers unread", together(pin("10.0.1.10"), lose(LoadBalancer, AZURE)), "LoadBalancer")
pinned.unknown("in a network that is gone", together(
    pin("10.0.1.10"), drop(VirtualNetwork, names.PROD_NET)), "vnet-recovery", "DR-ASR-005")  # fmt: skip
pinned.unknown("adapters not told", item(nics=()), "adapters of PAY-WEB01")
pinned.unknown("what replicates it not told", together(pin("10.0.1.10"), item(provider="")), "what replicates it")
pinned.skips("between VMM clouds", together(pin("10.0.1.3"), item(provider="HyperVReplica2012R2")), "not waiting")

apart = Table("DR-NET-003", f"azure:{names.DRILL_NET}")
apart.fails(
    "chosen for a machine whose adapters are not told", together(going(network=names.DRILL_NET), item(nics=())),
    "PAY-WEB01 is set to fail over into it",
)  # fmt: skip

isolated = Table("DR-NET-004", f"azure:{names.DRILL_NET}")
OPEN = ready.nsg_rule("web", 90, "outbound", "allow", destinations=("Internet",))
CLOSED_FIRST = (ready.nsg_rule("shut", 80, "outbound", "deny"), ready.nsg_rule("shut-in", 80, "inbound", "deny"))
isolated.fails("open in other letters", add(ready.nsg(OPEN)), "rule web")
isolated.fails("open to what was not told", filtered("web", "Outbound", destinations=()), "not told (rule web)")
isolated.passes("shut in other letters", add(ready.nsg(*CLOSED_FIRST, OPEN)))

alike = Table("DR-NET-103", f"azure:{names.DRILL_NET}")
OTHER = f"{names.NETWORKS}/vnet-empty"


def empty(*subnets: str) -> Change:
    """Real failovers go into a second network, in which no machine can be."""
    made = msgspec.structs.replace(vault.vnet(OTHER, tags=()), subnets=tuple(map(ready.closed, subnets)))
    return add(made, vault.network_mapping(f"{names.VAULT}/networks/net-2", OTHER))


alike.fails("a subnet short, beside an empty network", together(production("dmz"), empty()), "no subnet dmz")
alike.fails("beside one for services", together(production("dmz"), empty("GatewaySubnet")), "no subnet dmz")

ended = Table("DR-CLN-001", names.WEB_ITEM)
ended.unknown("neither operations nor state told", item(allowed_operations=(), test_failover_state=""), "not told")
ended.passes("a job runs", item(allowed_operations=()))
ended.passes("only operations told", item(test_failover_state=""))

remains = Table("DR-CLN-002", ready.RECOVERED)
remains.fails(
    "days after the clean-up", together(add(MACHINE), item(test_failover_state="MarkedForDeletion")), "PAY-WEB01-test"
)
remains.passes("while it is cleaned up", together(
    add(MACHINE), item(test_failover_state="MarkedForDeletion", allowed_operations=())), "under way")  # fmt: skip
remains.passes("its clean-up is offered", together(
    add(MACHINE), item(test_failover_state="", allowed_operations=("TestFailover", "TestFailoverCleanup")), item(
        test_failover_state="Unheard")), "under way")  # fmt: skip

members = Table("DR-PLN-003", names.PLAN)
members.unknown("no health computed", item(replication_health="None"), "health of PAY-WEB01")

CASES = [
    case
    for table in (
        complete, first, room, subnets, pinned, apart, isolated, alike, ended, remains, members,
    )
    for case in table.cases
]  # fmt: skip
