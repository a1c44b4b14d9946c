"""Cases of the checks on what a replica needs to come up, to come back, and to be of any use in Azure."""

from drcheck.topology.declared import DrillNetwork, Site
from drcheck.topology.hyperv import Adapter, HyperVVm, VmReplication
from drcheck.topology.hyperv_replica import FailoverAddress, ReplicaServer, ReplicationProvider
from drcheck.topology.site_recovery import Fabric, ProtectedDisk, ProtectedItem, ProtectionContainer, RecoveryTarget
from drcheck.topology.vmm import VmmVm
from drcheck.topology.windows_host import ReplicaListenerRule
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_replica_hosts import BROKER, FOREIGN, provider, replica_adapter, rule, server
from tests.estates import Change, add, change, drop, lose, seen, together, unchanged

LONDON, LEEDS, VAULT = f"hyperv:{names.HV_LON}", f"hyperv:{names.HV_LDS}", f"vault:{names.VAULT}"
SENT, HELD = names.REPLICATION, f"{names.FILE_VM}@{names.HV_LDS}/Simple"
VMM_HELD = f"{names.VMM_VM}@{names.HV_LDS}/Simple"
REPLICA, PRIMARY = f"{names.FILE_VM}@{names.HV_LDS}", f"{names.FILE_VM}@{names.HV_LON}"


def adapter(**fields: object) -> Change:
    return change(HyperVVm, REPLICA, adapters=(replica_adapter(**fields),))


def address(ipv4: str) -> Change:
    return add(
        FailoverAddress(
            key=f"{REPLICA}/nic", seen=seen(names.HV_LDS), vm_id=names.FILE_VM, name="FILE01", host=names.HV_LDS,
            adapter="nic", ipv4=ipv4, mask="", gateway="", dns_servers=(), ipv6="",
        )
    )  # fmt: skip


def lives_at(*addresses: str) -> Change:
    """Its address where it runs, and subnets of the recovery site that may hold it."""
    nic = Adapter(id="nic", name="nic", switch="Corp", test_replica_switch="", addresses=addresses)
    return together(change(Site, "leeds", subnets=("10.20.0.0/16",)), change(HyperVVm, PRIMARY, adapters=(nic,)))


network = Table("DR-HVR-005", HELD)
network.passes("a test switch", unchanged, "1 adapters", names.SWITCH)
network.passes("another address there", together(lives_at("10.10.0.4"), address("10.20.0.4")), also=(VMM_HELD,))
network.passes("the same subnet", together(lives_at("fe80::1", "10.20.0.4"), address("")), also=(VMM_HELD,))
network.passes("emulated", together(lives_at("10.10.0.4"), adapter(legacy=True)), also=(VMM_HELD,))
network.fails("no test switch", adapter(test_replica_switch=""), "no switch for tests")
network.fails("a switch nobody declared", adapter(test_replica_switch="Corp"), "Corp, which is not declared")
network.fails("the address of another subnet", together(lives_at("10.10.0.4"), address("")), "10.10", also=(VMM_HELD,))
network.unknown("no address known", together(lives_at(), address("")), "not known", also=(VMM_HELD,))
network.unknown("no switch declared", drop(DrillNetwork), "declares no switch", also=(VMM_HELD,))
network.unknown("switches unread", lose(DrillNetwork, "estate:estate"), also=(VMM_HELD,))
network.unknown("addresses unread", lose(FailoverAddress, LEEDS), "FailoverAddress", also=(VMM_HELD,))
network.unknown("the VM unread", lose(HyperVVm, LEEDS), "HyperVVm", also=(VMM_HELD,))
network.unknown("the VM is gone", drop(HyperVVm, REPLICA), "was no VM")
network.skips("the sending side", unchanged, "not the receiving", subject=SENT)
network.skips("by another engine", together(add(provider(HELD, FOREIGN)), adapter(test_replica_switch="")), "engine")
network.skips("no adapter", change(HyperVVm, REPLICA, adapters=()), "no network adapter")
EMULATED = adapter(legacy=True)
V6 = together(address(""), change(FailoverAddress, f"{REPLICA}/nic", ipv6="2001:db8::4"))
network.skips("the second hop", change(VmReplication, HELD, relationship="Extended"), "not the receiving")
network.unknown(
    "switches declared in Azure only", drop(DrillNetwork, f"hyperv:{names.SWITCH.lower()}"), also=(VMM_HELD,)
)
network.fails(
    "no test switch, switches unread",
    together(adapter(test_replica_switch=""), lose(DrillNetwork, "estate:estate")),
    also=(VMM_HELD,),
)
network.passes("emulated, and set to nothing", together(lives_at("10.10.0.4"), address(""), EMULATED), also=(VMM_HELD,))
network.passes("emulated, addresses unread", together(
    lives_at("10.10.0.4"), EMULATED, lose(FailoverAddress, LEEDS)), also=(VMM_HELD,))  # fmt: skip
network.passes("a v6 address there", together(lives_at("10.10.0.4"), V6), also=(VMM_HELD,))
network.passes("a v6 address there, none known here", together(lives_at(), V6), also=(VMM_HELD,))
network.passes("an address there, none known here", together(lives_at(), address("10.20.0.4")), also=(VMM_HELD,))
network.passes("an address there, others unread", together(
    lives_at("10.10.0.4"), lose(FailoverAddress, LEEDS), address("10.20.0.4")), also=(VMM_HELD,))  # fmt: skip
network.unknown(
    "one that it gave itself", together(lives_at("169.254.1.1"), address("")), "not known", also=(VMM_HELD,)
)
network.passes("in the first of two subnets", together(
    lives_at("10.20.0.4"), change(Site, "leeds", subnets=("10.20.0.0/16", "10.21.0.0/16")), address("")),
    also=(VMM_HELD,))  # fmt: skip


def nic(name: str, *addresses: str) -> Adapter:
    return Adapter(id=name, name=name, switch="Corp", test_replica_switch="", addresses=addresses)


def primary(*adapters: Adapter) -> Change:
    return change(HyperVVm, PRIMARY, adapters=adapters)


SUBNETS = change(Site, "leeds", subnets=("10.20.0.0/16",))
network.passes("no subnets declared", together(primary(nic("nic", "10.10.0.4")), address("")))
network.passes(
    "another adapter lives elsewhere",
    together(SUBNETS, primary(nic("nic", "10.20.0.4"), nic("backup", "10.30.0.4")), address("")),
    also=(VMM_HELD,),
)
network.fails(
    "no test switch, at no site",
    together(lives_at("10.10.0.4"), address(""), adapter(test_replica_switch=""), drop(Site, "leeds")),
    also=(VMM_HELD,),
)
SECOND_NIC = add(
    FailoverAddress(
        key=f"{REPLICA}/nic2", seen=seen(names.HV_LDS), vm_id=names.FILE_VM, name="FILE01", host=names.HV_LDS,
        adapter="nic2", ipv4="", mask="", gateway="", dns_servers=(), ipv6="",
    )
)  # fmt: skip
network.fails(
    "the second of two",
    together(
        SUBNETS,
        primary(nic("nic2", "10.10.0.5")),
        change(HyperVVm, REPLICA, adapters=(replica_adapter(legacy=True), replica_adapter(id="nic2", name="nic2"))),
        SECOND_NIC,
    ),
    "nic2 has 10.10.0.5",
    also=(VMM_HELD,),
)

network.fails(
    "the first has an address there, the second none",
    together(
        SUBNETS,
        primary(nic("nic2", "10.10.0.5")),
        address("10.20.0.4"),
        change(HyperVVm, REPLICA, adapters=(replica_adapter(), replica_adapter(id="nic2", name="nic2"))),
        SECOND_NIC,
    ),
    "nic2 has 10.10.0.5",
    also=(VMM_HELD,),
)


def receives(*primaries: str, **fields: object) -> Change:
    return add(server(names.HV_LON, *primaries, **fields))


OTHER = (names.VMM_REPLICATION,)
reverse = Table("DR-HVR-008", SENT)
reverse.passes("ready", unchanged, names.HV_LDS, "VIRT-HVR")
reverse.passes("from any server", receives(from_any_server=True))
reverse.passes("by a pattern", receives("*.lds.contoso.lab"))
reverse.passes(
    "by the broker's name", together(receives(BROKER), change(VmReplication, SENT, replica_server=BROKER)), also=OTHER
)
reverse.fails("no replica server", receives(names.HV_LDS, enabled=False), "is no replica server", also=OTHER)
reverse.fails("not for that host", receives("hv7.lds.contoso.lab"), f"no replicas of {names.HV_LDS}", also=OTHER)
reverse.warns("a closed rule", add(rule(names.HV_LON, enabled=False)), "not enabled", also=OTHER)
reverse.warns("the other listener's rule", add(rule(names.HV_LON, secure=False)), also=OTHER)
reverse.warns("no rule", drop(ReplicaListenerRule, f"{names.HV_LON}/https"), also=OTHER)
reverse.unknown("settings unread", lose(ReplicaServer, LONDON), "ReplicaServer", also=OTHER)
reverse.unknown("settings not there", drop(ReplicaServer), "does not tell", also=OTHER)
reverse.unknown("rules unread", lose(ReplicaListenerRule, LONDON), "ReplicaListenerRule", also=OTHER)
reverse.unknown("the method not told", receives(names.HV_LDS, authentication=""), "sign in", also=OTHER)
reverse.unknown(
    "the partner not told", change(VmReplication, SENT, replica_server="", current_replica_server=""), "where"
)
reverse.skips("the receiving side", unchanged, "receives", subject=HELD)
reverse.skips("by another engine", add(provider(SENT, FOREIGN)), "another engine")
reverse.passes("by a short name", receives("hv2"))
reverse.warns("a rule that blocks", add(rule(names.HV_LON, allows=False)), "not enabled", also=OTHER)
reverse.passes(
    "by Kerberos", together(receives(names.HV_LDS, authentication="Kerberos"), add(rule(names.HV_LON, secure=False)))
)


def item(**fields: object) -> Change:
    return change(ProtectedItem, names.WEB_ITEM, **fields)


def sized(gib: int | None, kind: str = "OperatingSystem") -> Change:
    return item(disks=(ProtectedDisk(id="1", name="os", size_mb=gib and gib * 1024, vhd_type=kind),))


def generation(number: int | None) -> Change:
    return change(HyperVVm, f"{names.WEB_VM}@{names.HV_LON}", generation=number)


def called(name: str) -> Change:
    return item(target=RecoveryTarget(name=name, size="s", resource_group="g"))


bounds = Table("DR-ASR-002", names.WEB_ITEM)
bounds.passes("small", unchanged, "2 disks", "1 GiB")
bounds.passes("as large as generation 1 may be", sized(2048), "2048 GiB")
bounds.passes("as large as generation 2 may be", together(sized(4095), generation(2)))
bounds.passes("a large data disk", sized(32767, "Data"))
bounds.fails("too large for generation 1", together(sized(2049), generation(1)), "2049 GiB", "2048 GiB", "2026-")
bounds.fails("too large for either", sized(4096), "4096 GiB", "4095 GiB")
bounds.fails("a data disk too large", sized(32768, "Data"), "32767 GiB")
bounds.fails(
    "too many", item(disks=tuple(ProtectedDisk(id=str(one), name="d", size_mb=1) for one in range(65))), "65 disks"
)
bounds.fails("a long name", called("a" * 64), "64 characters")
bounds.fails("a name with an underscore", called("PAY_WEB01"), "PAY_WEB01")
bounds.unknown("generation not told", sized(2049), "generation")
bounds.unknown("the host unread", together(sized(2049), generation(1), lose(HyperVVm, LONDON)), "HyperVVm")
bounds.unknown("which disk is the system's not told", sized(2049, ""), "may be the system's")
bounds.unknown("a size not told", sized(None), "size")
bounds.unknown("no disks told", item(disks=()), "no disks")
bounds.unknown("items unread", lose(ProtectedItem, VAULT), subject=f"ProtectedItem@{VAULT}")
bounds.skips("failed over", item(active_location="Recovery"), "in Azure already")
bounds.skips("between VMM clouds", item(provider="HyperVReplica2012R2"), "not go to Azure")
bounds.passes("no name chosen: its own", called(""))
bounds.passes("as long a name as allowed", called("a" * 63))
bounds.unknown("what replicates it not told", change(ProtectedItem, names.WEB_ITEM, provider=""), "what replicates it")
bounds.passes(
    "as many as allowed", item(disks=tuple(ProtectedDisk(id=str(one), name="d", size_mb=1) for one in range(64)))
)

WEB_GONE = together(drop(HyperVVm, f"{names.WEB_VM}@{names.HV_LON}"), drop(VmmVm, names.WEB_VM))
FILE_GONE = together(drop(HyperVVm, PRIMARY), drop(VmmVm, names.FILE_VM))
FABRIC = add(
    Fabric(
        key="fabric", seen=seen(names.VAULT), vault=names.VAULT, name=names.VMM01, fabric_type="VMM", health="Normal"
    )
)

orphan = Table("DR-CLN-003", names.WEB_ITEM)
orphan.passes("on its host", unchanged, names.HV_LON)
orphan.passes("known to VMM only", drop(HyperVVm, f"{names.WEB_VM}@{names.HV_LON}"), "VMM has")
orphan.passes("a replica", unchanged, names.HV_LON, subject=HELD)
orphan.fails("an item without a VM", together(WEB_GONE, FABRIC), names.WEB_VM)
orphan.fails("a replica without a VM", FILE_GONE, names.FILE_VM, subject=HELD)
orphan.unknown("where it comes from not told", together(WEB_GONE, drop(Fabric)), "nobody told")
orphan.unknown(
    "from a host that was not asked", together(FILE_GONE, change(VmReplication, HELD, primary_server="hv9.far.lab")),
    "not asked", subject=HELD,
)  # fmt: skip
orphan.unknown("hosts unread", together(WEB_GONE, FABRIC, lose(HyperVVm, LEEDS)), "HyperVVm")
orphan.unknown("VMM unread", together(WEB_GONE, FABRIC, lose(VmmVm, f"vmm:{names.HA_VMM}")), "VmmVm")
orphan.unknown("the VM not told", item(vm_id=""), "which VM")
orphan.unknown("the engines unread", lose(ReplicationProvider, LEEDS), subject=HELD, also=(VMM_HELD,))
orphan.skips("failed over", item(active_location="Recovery"), "recovery location")
orphan.skips("by another engine", together(FILE_GONE, add(provider(HELD, FOREIGN))), "another engine", subject=HELD)
orphan.unknown("VMM has its replica only", together(
    drop(HyperVVm, f"{names.WEB_VM}@{names.HV_LON}"), change(VmmVm, names.WEB_VM, is_recovery=True)))  # fmt: skip
orphan.unknown("VMM has its test copy only", together(
    drop(HyperVVm, f"{names.WEB_VM}@{names.HV_LON}"), change(VmmVm, names.WEB_VM, is_test_replica=True)))  # fmt: skip
orphan.passes("on its host, VMM unread", lose(VmmVm, f"vmm:{names.VMM01}"), names.HV_LON)
orphan.unknown("of no container", together(WEB_GONE, FABRIC, drop(ProtectionContainer)), "nobody told")
orphan.unknown("from a fabric of another kind", together(
    WEB_GONE, FABRIC, change(Fabric, "fabric", fabric_type="HyperVSite")), "nobody told")  # fmt: skip
orphan.unknown("from a VMM server that is asked for something else only", together(
    WEB_GONE, FABRIC, change(Fabric, "fabric", name=names.SQL_LON)), "not asked")  # fmt: skip

CASES = [*network.cases, *reverse.cases, *bounds.cases, *orphan.cases]
