"""Cases of the checks on pools, MAC addresses, names, hosts of nodes, and on the way to what recovery starts from."""

from typing import Any

from msgspec.structs import replace

from drcheck.topology.cluster import ClusterNetworkName, ClusterNode
from drcheck.topology.declared import Site
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.identity import DomainController
from drcheck.topology.network import Connection
from drcheck.topology.site_recovery import Fabric, RecoveryPlan
from drcheck.topology.vmm import VmmServer, VmNetwork
from drcheck.topology.vmm_fabric import LibraryServer, VmConfiguration, VmmNode
from drcheck.topology.vmm_network import StaticIpPool
from tests import estate_fabric as fabric
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_vault import action
from tests.estates import Change, Estate, add, change, drop, lose, reach, seen, together, unchanged

LONDON, LEEDS = f"hyperv:{names.HV_LON}", f"hyperv:{names.HV_LDS}"
VMM, HA = f"vmm:{names.VMM01}", f"vmm:{names.HA_VMM}"


def network(**fields: object) -> Change:
    return change(VmNetwork, "net-prod", **({"logical_network_id": "ln-corp"} | fields))


def static(**fields: object) -> Change:
    return add(fabric.configured(names.FILE_VM, "FILE01", fabric.adapter(**fields)))


def pool(**fields: object) -> Change:
    return add(fabric.pool(**fields))


VIRTUAL = network(isolation="WindowsNetworkVirtualization")
OWN = pool(logical_network="", vm_subnet="subnet-1", vm_network="net-prod")

pools = Table("DR-IPC-001", "net-prod")
pools.passes("of the logical network", together(network(), static(), pool()), "pool-corp", "FILE01")
pools.passes("of its own", together(static(), OWN), "pool-corp")
pools.passes("virtualised, of its own", together(VIRTUAL, OWN), "virtualised")
pools.fails("static addresses and no pool", together(network(), static()), "FILE01", "no pool")
pools.fails("the pool of another network", together(network(), static(), pool(logical_network="ln-dmz")), "no pool")
pools.fails("virtualised and no pool", VIRTUAL, "virtualised")
pools.fails("virtualised with another network's pool", together(VIRTUAL, pool()), "no pool")
pools.passes("another server's pools unread", together(static(), OWN, lose(StaticIpPool, HA)))
pools.fails("another server's machines unread", together(network(), static(), lose(VmConfiguration, HA)), "no pool")
pools.unknown("pools unread", together(network(), static(), lose(StaticIpPool, VMM)), "StaticIpPool")
pools.unknown("virtualised, pools unread", together(VIRTUAL, lose(StaticIpPool, HA)), "StaticIpPool")
pools.unknown("machines unread", lose(VmConfiguration, VMM), "VmConfiguration")
pools.unknown("isolation not told", network(isolation=""), "isolated")
pools.unknown("logical network not told", static(), "logical network")
pools.unknown("networks unread", lose(VmNetwork, VMM), subject=f"VmNetwork@{VMM}")
pools.skips("no static addresses", network(), "no machine")
pools.skips("dynamic addresses", static(ip_address_type="Dynamic"), "no machine")
pools.skips("static on another network", static(network_id="net-dmz"), "no machine")

MAC = "00:1D:D8:B7:1C:05"


def held(vm_id: str, name: str, server: str, **fields: object) -> Change:
    mine = fabric.adapter(**({"mac_address": MAC} | fields))
    return add(fabric.configured(vm_id, name, mine, server=server, key=f"{vm_id}@{server}"))


BOTH = (names.VMM01, names.HA_VMM)
HERE, THERE = held(names.WEB_VM, "PAY-WEB01", BOTH[0]), held(names.DB_VM, "OTHER01", BOTH[1])

macs = Table("DR-IPC-101", names.VMM01)
macs.passes("healthy", unchanged, "0 static MAC")
macs.passes("different ones", together(HERE, held(names.DB_VM, "OTHER01", BOTH[1], mac_address="00:1D:D8:B7:1C:06")))
macs.passes("not from the pool", together(HERE, held(names.DB_VM, "OTHER01", BOTH[1], mac_address_type="Dynamic")))
macs.passes("the same machine", together(HERE, held(names.WEB_VM, "PAY-WEB01", BOTH[1])))
macs.passes("within one server", together(HERE, held(names.DB_VM, "OTHER01", BOTH[0])))
macs.passes("not set", together(*(held(vm, vm, at, mac_address="") for vm, at in zip("ab", BOTH, strict=True))))
macs.fails("one address twice", together(HERE, THERE), MAC, "OTHER01", BOTH[1], also=(names.HA_VMM,))
THIRD = "vmm3.contoso.lab"
macs.fails(
    "in two spellings", together(held(names.WEB_VM, "A", BOTH[0], mac_address=MAC.lower()), THERE), MAC, also=BOTH
)
macs.fails(
    "a third server unread",
    together(HERE, THERE, reach("vmm", THIRD), lose(VmConfiguration, f"vmm:{THIRD}")),
    also=(names.HA_VMM,),
)
macs.passes("of two others", together(THERE, held("x", "THIRD01", THIRD)), also=(names.HA_VMM,))
macs.passes(
    "nothing but zeros",
    together(*(held(vm, vm, at, mac_address="00:00:00:00:00:00") for vm, at in zip("ab", BOTH, strict=True))),
)
macs.unknown("machines unread", lose(VmConfiguration, HA), "VmConfiguration", also=(names.HA_VMM,))
macs.unknown("servers unread", lose(VmmServer, HA), subject=f"VmmServer@{HA}", also=(names.VMM01,))
macs.skips("the only server", together(drop(VmmServer, names.HA_VMM), HERE), "only VMM server")


def lives(vm_id: str, name: str, host: str, **fields: Any) -> Change:
    return add(facts.hyperv_vm(vm_id, name, host, **fields))


OTHER = "99990000-0000-0000-0000-000000000001"

twice = Table("DR-CLN-102", "leeds")
twice.passes("healthy", lives(OTHER, "OTHER01", names.HV_LDS), "1 VMs")
twice.passes(
    "a test copy",
    together(lives(OTHER, "OTHER01", names.HV_LDS), lives("x", "FILE01", names.HV_LDS, mode="TestReplica")),
)
twice.passes("one name at one site", together(*(lives(key, "TWIN", names.HV_LDS) for key in ("x", "y"))))
twice.fails("one name at both", lives(OTHER, "file01", names.HV_LDS), "file01", names.HV_LON, also=("london",))
twice.fails("one machine at both", lives(names.WEB_VM, "PAY-WEB01", names.HV_LDS), "lives on", also=("london",))
FAR = "hv9.far.lab"
twice.passes(
    "a third copy",
    together(lives(OTHER, "OTHER01", names.HV_LDS), lives("x", "FILE01", names.HV_LDS, mode="ExtendedReplica")),
)
twice.fails("in another spelling", lives(OTHER, "FiLe01", names.HV_LDS), "FiLe01", also=("london",))
twice.fails(
    "one name at both, a host at no site", together(lives(OTHER, "FILE01", names.HV_LDS), lives("x", "FAR01", FAR)),
    "FILE01", also=("london",),
)  # fmt: skip
twice.fails(
    "one name at both, a host unread",
    together(
        lives(OTHER, "FILE01", names.HV_LDS),
        reach("hyperv", "hv3.lon.contoso.lab"),
        lose(HyperVVm, "hyperv:hv3.lon.contoso.lab"),
    ),
    also=("london",),
)
for key, name in ((OTHER, "FILE01"), (names.FILE_VM, "OTHER01")):
    twice.unknown(f"{name} at no site as well", lives(key, name, FAR), FAR, subject="london", also=("leeds",))
twice.unknown("a host unread", lose(HyperVVm, LONDON), "HyperVVm", also=("london",))
twice.unknown(
    "a host at no site",
    together(lives(OTHER, "OTHER01", names.HV_LDS), lives("x", "FAR01", "hv9.far.lab")),
    "hv9.far.lab",
    also=("london",),
)
twice.skips("nothing runs there", unchanged, "no VM runs")
twice.skips("in Azure", unchanged, "role azure", subject="azure")
twice.skips("a witness's site", unchanged, "role witness", subject="dublin")

NODE_VMS = {
    "vmma.lon.contoso.lab": "11110000-0000-0000-0000-00000000000a",
    "vmmb.lds.contoso.lab": "22220000-0000-0000-0000-00000000000b",
}
KNOWN = together(*(change(VmmNode, node, vm_id=vm_id) for node, vm_id in NODE_VMS.items()))
VMMA, VMMB = NODE_VMS.values()


def nodes(first: str, second: str, **fields: Any) -> Change:
    return together(KNOWN, lives(VMMA, "VMMA", first, **fields), lives(VMMB, "VMMB", second, **fields))


VOLUME = ("C:\\ClusterStorage\\Volume1\\vm\\os.vhdx",)
AT_HV_CLUSTER = f"cluster:{names.HV_CLUSTER_NAME}"

apart = Table("DR-CLU-101", names.HA_VMM)
apart.passes("on two hosts", nodes(names.HV_LON, names.HV_LDS), "VMMA on hv1", "VMMB on hv2")
apart.passes("volumes of two clusters", together(
    nodes(names.HV_LON, names.HV_LDS, disks=VOLUME),
    drop(ClusterNode, f"{names.HV_CLUSTER}/{names.HV_LDS}"),
))  # fmt: skip
apart.fails("on one host", nodes(names.HV_LON, names.HV_LON), "VMMA and VMMB", names.HV_LON)
apart.fails("on one shared volume", nodes(names.HV_LON, names.HV_LDS, disks=VOLUME), "volume1")
apart.passes("local disks of one name", nodes(names.HV_LON, names.HV_LDS, disks=("D:\\vm\\os.vhdx",)))
SHOUTED = change(VmmServer, names.HA_VMM, nodes=tuple(node.upper() for node in NODE_VMS))
apart.passes("nodes in capitals", together(nodes(names.HV_LON, names.HV_LDS), SHOUTED))
apart.unknown("no nodes told", change(VmmServer, names.HA_VMM, nodes=()), "not all seen")
apart.unknown("a node that is not there", drop(VmmNode, "vmmb.lds.contoso.lab"), "not all seen")
apart.unknown(
    "a node on two hosts",
    together(nodes(names.HV_LON, names.HV_LDS), lives(VMMA, "VMMA", names.HV_LDS)),
    "on which host 1",
    impossible=True,
)
apart.unknown(
    "a node unread", together(nodes(names.HV_LON, names.HV_LDS), lose(VmmNode, "vmm-node:vmmb.lds.contoso.lab"))
)
apart.unknown("a host unread", together(nodes(names.HV_LON, names.HV_LDS), lose(HyperVVm, LEEDS)), "HyperVVm")
apart.unknown("on a host nobody knows", together(KNOWN, lives(VMMA, "VMMA", names.HV_LON)), "on which host 1")
apart.unknown(
    "clusters unread", together(nodes(names.HV_LON, names.HV_LDS, disks=VOLUME), lose(ClusterNode, AT_HV_CLUSTER))
)
apart.skips("physical machines", unchanged, "0 of its 2 nodes")
apart.skips("not highly available", unchanged, "not highly", subject=names.VMM01)


def script(path: str, **fields: object) -> Change:
    """The first plan's only action."""
    return scripts_on(path, **fields)


def scripts_on(*paths: str, **fields: object) -> Change:
    """The first plan's only actions."""

    def apply(estate: Estate) -> Estate:
        plan = next(one for one in estate.facts if isinstance(one, RecoveryPlan) and one.key == names.PLAN)
        groups = [
            *plan.groups[:-1],
            replace(plan.groups[-1], end_actions=tuple(action(detail=one, **fields) for one in paths)),
        ]
        return change(RecoveryPlan, names.PLAN, groups=tuple(groups))(estate)

    return apply


CLUSTERED = "fsc.contoso.lab"


def file_cluster(*hosts: str) -> Change:
    name = ClusterNetworkName(
        key="cluster-fs/name", seen=seen(names.HV_CLUSTER_NAME), cluster="cluster-fs", group="fsc", name="fsc",
        state="Online", dns_name="fsc", dns_suffix="contoso.lab", ttl_seconds=300, registers_every_address=False,
        dns_status=0, kerberos_status=0,
    )  # fmt: skip
    members = (facts.node("cluster-fs", names.HV_CLUSTER_NAME, host) for host in hosts)
    return together(
        add(fabric.library(CLUSTERED, is_cluster_name=True), name, *members), script(f"\\\\{CLUSTERED}\\lib\\a.ps1")
    )


SMB = f"{names.HV_LDS}>vmm01.lon.contoso.lab:445"
RELATIVE = together(
    script("\\MSSCVMMLibrary\\dns.ps1"),
    add(
        Fabric(key="fabric", seen=seen(names.VAULT), vault=names.VAULT, name=names.VMM01, fabric_type="VMM", health="")
    ),
)
LIBRARY = change(VmmNode, names.VMM01, asr_script_library="\\\\fs1.lds.contoso.lab\\lib")

scripts = Table("DR-VHA-005", names.PLAN)
scripts.passes("on the VMM server itself", unchanged, "vmm01")
scripts.passes("at another site", script("\\\\fs1.lds.contoso.lab\\lib\\a.ps1"), "fs1.lds")
scripts.passes("by a short name", together(script("\\\\fs1\\lib\\a.ps1"), add(fabric.library("fs1.lds.contoso.lab"))))
scripts.passes("in a namespace", script("\\\\contoso.lab\\dfs\\a.ps1"), "contoso.lab")
scripts.passes("under VMM's role", script("\\\\ha-vmm\\lib\\a.ps1"))
scripts.passes("on a stretched cluster", file_cluster("fs1.lon.contoso.lab", "fs2.lds.contoso.lab"), CLUSTERED)
scripts.passes("in the library that is set", together(RELATIVE, LIBRARY), "fs1.lds")
scripts.passes("and it answers", together(reach("reach", SMB), add(fabric.attempt(SMB))))
scripts.fails(
    "on a server of the primary site", script("\\\\fs1.lon.contoso.lab\\lib\\a.ps1"), "fs1.lon", "london only"
)
scripts.fails("on one node of VMM", script("\\\\vmma\\lib\\a.ps1"), "one node")
scripts.fails("on a VMM server that stays at home", drop(VmReplication, names.VMM_REPLICATION), "no replica")
scripts.fails("on a physical VMM server", change(VmmServer, names.VMM01, is_virtual=False), "physical")
scripts.fails("on a cluster of one site", file_cluster("fs1.lon.contoso.lab"), "london only")
scripts.fails("on a server that is closed", together(reach("reach", SMB), add(fabric.attempt(SMB, "timed-out"))), "445")
scripts.fails("that tells no direction", script("\\\\fs1.lon.contoso.lab\\l\\a", failover_directions=()), "london only")
scripts.fails(
    "beside one that nobody can place", scripts_on("\\\\fs1.far.lab\\l\\a", "\\\\fs1.lon.contoso.lab\\l\\a"), "london"
)
scripts.passes("another attempt unread", lose(Connection, f"reach:{fabric.WINRM}"))
scripts.unknown("an attempt not told", together(reach("reach", SMB), add(fabric.attempt(SMB, ""))), "445")
scripts.unknown("without a path", script(""), "not told")
scripts.unknown("in a library nobody told", RELATIVE, "script library")
scripts.unknown("at no site", script("\\\\fs1.far.lab\\lib\\a.ps1"), "fs1.far.lab")
scripts.unknown(
    "a cluster nobody read",
    together(script(f"\\\\{CLUSTERED}\\l\\a.ps1"), add(fabric.library(CLUSTERED, is_cluster_name=True))),
)
scripts.unknown("VMM servers unread", lose(VmmServer, VMM), "VmmServer")
scripts.unknown("libraries unread", together(script("\\\\fs1.lon.contoso.lab\\l\\a.ps1"), lose(LibraryServer, VMM)))
scripts.unknown("replications unread", lose(VmReplication, LONDON), "VmReplication")
scripts.unknown(
    "domains unread",
    together(script("\\\\fs1.lon.contoso.lab\\l\\a.ps1"), lose(DomainController, f"identity:{fabric.DC}")),
)
scripts.passes(
    "an attempt at another machine unread",
    together(reach("reach", SMB), add(fabric.attempt(SMB)), lose(Connection, f"reach:{fabric.WINRM}")),
)
scripts.unknown("an attempt unread", together(reach("reach", SMB), lose(Connection, f"reach:{SMB}")), "Connection")
scripts.unknown("the VMM server's VM not told", change(VmmServer, names.VMM01, vm_id=""), "Hyper-V id")
scripts.unknown("groups unread", change(RecoveryPlan, names.PLAN, groups=()), "without its groups")
scripts.skips("no scripts", script("x", action_type="ManualActionDetails"), "no script")
scripts.skips("on the way back only", script("\\\\fs1.lon.contoso.lab\\a", failover_directions=("RecoveryToPrimary",)))


def tried(outcome: str, key: str = fabric.WINRM) -> Change:
    return add(fabric.attempt(key, outcome))


HTTP = f"{fabric.DC}>{names.HV_LDS}:5985"
SELF, FAR = f"{names.HV_LDS}>{names.HV_LDS}:5986", f"{names.HV_LON}>{names.HV_LDS}:5986"
NOBODY = drop(Connection, fabric.WINRM)

operators = Table("DR-VMM-006", names.VMM01)
operators.passes("healthy", unchanged, "5986", fabric.DC)
operators.passes("one port is enough", together(reach("reach", HTTP), tried("open", HTTP), tried("refused")), "5985")
operators.fails("closed", tried("timed-out"), "timed-out", fabric.DC)
operators.fails("both closed", together(reach("reach", HTTP), tried("refused", HTTP), tried("timed-out")), "5985")
operators.fails(
    "an attempt from elsewhere unread",
    together(tried("refused"), reach("reach", FAR), lose(Connection, f"reach:{FAR}")),
)
operators.skips(
    "nobody near tries, elsewhere unread", together(NOBODY, reach("reach", FAR), lose(Connection, f"reach:{FAR}"))
)
operators.unknown("the attempt unread", lose(Connection, f"reach:{fabric.WINRM}"), "Connection")
operators.unknown(
    "another attempt unread", together(reach("reach", HTTP), lose(Connection, f"reach:{HTTP}"), tried("refused"))
)
operators.unknown("outcome not told", tried(""), "not told")
operators.unknown("replicas unread", lose(VmReplication, LEEDS), "VmReplication")
operators.unknown("its VM not told", change(VmmServer, names.VMM01, vm_id=""), "Hyper-V id")
operators.unknown("at no site", drop(Site, "leeds"), "no site")
operators.unknown("servers unread", lose(VmmServer, VMM), subject=f"VmmServer@{VMM}")
operators.skips("nobody tries", NOBODY, "reachability")
operators.skips("by the host itself", together(NOBODY, reach("reach", SELF), tried("open", SELF)), "reachability")
operators.skips("from another site", together(NOBODY, reach("reach", FAR), tried("open", FAR)), "reachability")
operators.skips("no replica", drop(VmReplication, f"{names.VMM_VM}@{names.HV_LDS}/Simple"), "no host holds")
operators.skips("highly available", unchanged, "highly available", subject=names.HA_VMM)
operators.skips("physical", change(VmmServer, names.VMM01, is_virtual=False), "physical")

CASES = [
    *pools.cases, *macs.cases, *twice.cases, *apart.cases, *scripts.cases, *operators.cases,
]  # fmt: skip
