"""Cases of the checks on network mapping and drill networks."""

import msgspec

from drcheck.topology.azure import NetworkInterface, Peering, Subnet, VirtualNetwork
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.hyperv import Adapter, HyperVVm, VmSwitch
from drcheck.topology.site_recovery import AsrNetwork, NetworkMapping, ProtectedItem, ProtectedNic, ProtectionContainer
from drcheck.topology.vmm import VmmNic, VmmVm
from tests import estate_facts as facts
from tests import estate_isolation as isolation
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estates import Change, add, change, drop, lose, reach, seen, together, unchanged

VAULT_SCOPE = f"vault:{names.VAULT}"
AZURE_SCOPE = f"azure:{names.SUBSCRIPTION}"
MAPPING = f"{names.ASR_NET}/mapping"
BOTH = (names.DB_ITEM,)

mapped = Table("DR-NET-001", names.WEB_ITEM)


def nics(*networks: str) -> Change:
    given = tuple(VmmNic(id=str(at), network_id=one, network_name=one) for at, one in enumerate(networks))
    return change(VmmVm, names.WEB_VM, nics=given)


OTHER_VAULT = f"{names.VAULT}2"
mapped.passes("mapped", unchanged, "Prod -> vnet-recovery")
mapped.passes("one adapter unplugged", nics("net-prod", ""))
mapped.fails("not mapped", drop(NetworkMapping), "VM network Prod is not mapped", also=BOTH)
mapped.fails(
    "the adapter's network without a name",
    change(VmmVm, names.WEB_VM, nics=(VmmNic(id="1", network_id="net-x", network_name=""),)),
    "VM network net-x is not mapped",
)
mapped.fails("the second adapter not mapped", nics("net-prod", "net-dmz"), "VM network net-dmz is not mapped")
mapped.fails(
    "mapped in another vault only",
    change(AsrNetwork, names.ASR_NET, vault=OTHER_VAULT),
    "not mapped",
    also=BOTH,
)
mapped.fails("a mapping that broke", change(NetworkMapping, MAPPING, state="Broken"), "is Broken", also=BOTH)
mapped.fails("mapped to nothing that exists", drop(VirtualNetwork, names.PROD_NET), "does not exist", also=BOTH)
mapped.unknown("the mapping's state not told", change(NetworkMapping, MAPPING, state=""), also=BOTH)
mapped.unknown("networks of the vault unread", lose(AsrNetwork, VAULT_SCOPE), "AsrNetwork", also=BOTH)
mapped.unknown("mappings unread", lose(NetworkMapping, VAULT_SCOPE), "NetworkMapping", also=BOTH)
mapped.unknown("virtual networks unread", lose(VirtualNetwork, AZURE_SCOPE), "VirtualNetwork", also=BOTH)
mapped.unknown(
    "mapped into a subscription that was not asked",
    change(NetworkMapping, MAPPING, target="/subscriptions/2/resourcegroups/r/providers/n/virtualnetworks/v"),
    "never asked",
    also=BOTH,
)
mapped.unknown("containers unread", lose(ProtectionContainer, VAULT_SCOPE), "ProtectionContainer", also=BOTH)
mapped.unknown("the container not told", drop(ProtectionContainer), also=BOTH)
mapped.unknown("the inventory unread", lose(VmmVm, f"vmm:{names.VMM01}"), "VmmVm", also=BOTH)
mapped.unknown("unknown to VMM", drop(VmmVm, names.WEB_VM), "no VMM server knows", names.WEB_VM)
mapped.skips("not to Azure", change(ProtectedItem, names.WEB_ITEM, provider="HyperVReplica2012R2"), "2012R2")
mapped.skips("not from a cloud", change(ProtectionContainer, names.CONTAINER, cloud_id=""), "no VMM cloud", also=BOTH)
mapped.unknown("what replicates it not told", change(ProtectedItem, names.WEB_ITEM, provider=""), "what replicates it")
mapped.skips("connected to nothing", nics(""), "connected to no VM network")

apart = Table("DR-NET-003", f"azure:{names.DRILL_NET}")
SWITCH = f"hyperv:{names.SWITCH.lower()}"
PRIVATE = f"{names.HV_LDS}/{names.SWITCH}"


def peered(network: str, remote: str) -> Change:
    return change(VirtualNetwork, network, peerings=(Peering(name="p", state="Connected", remote=remote),))


def gateway(*attached: str) -> Change:
    subnet = Subnet(
        name="GatewaySubnet", prefixes=(), security_group="", route_table="", nat_gateway="", attached=attached
    )
    return change(VirtualNetwork, names.DRILL_NET, subnets=(subnet,))


def plugged(name: str, mode: str = "None") -> Change:
    adapter = Adapter(id="x", name="x", switch=name, test_replica_switch="")
    return add(facts.hyperv_vm(names.AUX_VM, "AUX01", names.HV_LDS, mode=mode, adapters=(adapter,)))


apart.passes("apart", unchanged, "vnet-drill", "nothing leads into it")
apart.passes("with a test VM", add(vault.interface(names.DRILL_NET, "pay-web01-test")))
apart.passes("with a loose interface", add(vault.interface(names.DRILL_NET, "")))
apart.passes("with an empty gateway subnet", gateway())
apart.passes("beside one whose name begins alike", add(vault.interface(f"{names.DRILL_NET}-2", "pay-web01")))
apart.passes(
    "with something else attached to a subnet",
    change(
        VirtualNetwork,
        names.DRILL_NET,
        subnets=(
            Subnet(name="corp", prefixes=(), security_group="", route_table="", nat_gateway="", attached=("test-ip",)),
        ),
    ),
)
ELSEWHERE = "/subscriptions/3/resourcegroups/r/providers/n/virtualnetworks/v"
apart.unknown(
    "in a subscription that was not asked",
    add(DrillNetwork(key=f"azure:{ELSEWHERE}", seen=seen("estate"), platform="azure", name=ELSEWHERE)),
    "never asked",
    subject=f"azure:{ELSEWHERE}",
)
apart.unknown(
    "another subscription unread, which may be peered with it",
    together(reach("azure", "/subscriptions/2"), lose(VirtualNetwork, "azure:/subscriptions/2")),
    "no answer",
)
apart.fails("a mapped network", change(NetworkMapping, MAPPING, target=names.DRILL_NET), "network mapping")
apart.fails(
    "an item's own failover network",
    add(
        vault.item(
            "i-x",
            "X",
            "x",
            nics=(
                ProtectedNic(
                    id="n",
                    source_network="",
                    target_network=names.DRILL_NET,
                    target_subnet="",
                    target_address="",
                    test_network="",
                    selection="",
                ),
            ),
        )
    ),
    "X is set to fail over into it",
)
apart.fails("peered", peered(names.DRILL_NET, names.PROD_NET), "peered with vnet-recovery", "Connected")
apart.fails("peered from the other side", peered(names.PROD_NET, names.DRILL_NET), "vnet-recovery is peered with it")
apart.fails("a gateway", gateway("gw"), "gateway")
apart.fails("a machine in it", add(vault.interface(names.DRILL_NET, "pay-web01")), "pay-web01 is connected to it")
apart.fails("absent", drop(VirtualNetwork, names.DRILL_NET), "does not exist")
apart.warns(
    "without the tag",
    change(VirtualNetwork, names.DRILL_NET, tags=(("owner", "isolated"),)),
    "drcheck=isolated",
)
apart.warns("with the tag turned off", change(VirtualNetwork, names.DRILL_NET, tags=(("drcheck", "no"),)))
apart.unknown("networks unread", lose(VirtualNetwork, AZURE_SCOPE), "VirtualNetwork")
apart.unknown("interfaces unread", lose(NetworkInterface, AZURE_SCOPE), "NetworkInterface")
apart.unknown("mappings unread", lose(NetworkMapping, VAULT_SCOPE), "NetworkMapping")
apart.unknown("items unread", lose(ProtectedItem, VAULT_SCOPE), "ProtectedItem")
apart.passes("a private switch", unchanged, "Private on", names.HV_LDS, subject=SWITCH)
apart.passes("a private switch with a test VM", plugged(names.SWITCH, "TestReplica"), subject=SWITCH)
apart.fails(
    "an external switch",
    add(facts.switch(names.HV_LDS, names.SWITCH, "External", "NIC 1")),
    "External",
    "NIC 1",
    subject=SWITCH,
)
apart.fails("an internal switch", add(facts.switch(names.HV_LDS, names.SWITCH, "Internal")), "Internal", subject=SWITCH)
apart.fails("one of two hosts", add(facts.switch(names.HV_LON, names.SWITCH, "External")), names.HV_LON, subject=SWITCH)
apart.fails("a machine on the switch", plugged(names.SWITCH.upper()), "AUX01", subject=SWITCH)
apart.fails(
    "no such switch",
    drop(VmSwitch, PRIVATE, f"{names.HV_LON}/{names.SWITCH}"),
    "no Hyper-V host has a switch",
    subject=SWITCH,
)
apart.unknown("switches unread", lose(VmSwitch, f"hyperv:{names.HV_LON}"), "VmSwitch", subject=SWITCH)
apart.unknown("machines unread", lose(HyperVVm, f"hyperv:{names.HV_LON}"), "HyperVVm", subject=SWITCH)
apart.unknown("the switch's type not told", change(VmSwitch, PRIVATE, switch_type=""), subject=SWITCH)
apart.skips("no drill network", drop(DrillNetwork), subject="estate")


def tagged(*tags: tuple[str, str]) -> Change:
    return change(VirtualNetwork, names.DRILL_NET, tags=tags)


DECLARED = f"azure:{names.DRILL_NET}"
apart.passes("declared in other letters", change(DrillNetwork, DECLARED, name=names.DRILL_NET.upper()))
apart.passes("an item without adapters", change(ProtectedItem, names.WEB_ITEM, nics=()))
INSIDE = vault.interface(names.DRILL_NET, "pay-web01")
apart.fails("a machine in it, declared in other letters", together(
    change(DrillNetwork, DECLARED, name=names.DRILL_NET.upper()), add(INSIDE)), "pay-web01 is connected")  # fmt: skip
apart.passes("its canary in it", add(msgspec.structs.replace(INSIDE, virtual_machine=isolation.CANARY)))
apart.passes("what stands on the switch for good", together(
    change(DrillNetwork, SWITCH, beside=("aux01",)), plugged(names.SWITCH)), subject=SWITCH)  # fmt: skip
IN_TWO = msgspec.structs.replace(
    vault.interface(names.DRILL_NET, "pay-web01"),
    subnets=(f"{names.DRILL_NET}/subnets/corp", f"{names.PROD_NET}/subnets/corp"),
)
apart.fails("a machine in it and elsewhere", add(IN_TWO), "pay-web01 is connected")
apart.warns("without tags", tagged())
apart.passes("with other tags too", tagged(("owner", "it"), ("DrCheck", "Isolated")))
apart.unknown(
    "one of two switches' type not told", add(facts.switch(names.HV_LON, names.SWITCH, "")), "type", subject=SWITCH
)
apart.passes(
    "a machine without adapters", change(HyperVVm, f"{names.WEB_VM}@{names.HV_LON}", adapters=()), subject=SWITCH
)

CASES = [*mapped.cases, *apart.cases]
