"""Cases of the check on which hosts have the switch that drills use."""

from drcheck.topology.cluster import ClusterNode
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.hyperv import Adapter, HyperVVm, VmReplication, VmSwitch
from drcheck.topology.hyperv_replica import ReplicationProvider
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estates import Change, add, change, cut, drop, lose, reach, seen, together, unchanged

NETWORK, OTHER = f"hyperv:{names.SWITCH.lower()}", "hyperv:second"
LON, LDS = f"{names.HV_LON}/{names.SWITCH}", f"{names.HV_LDS}/{names.SWITCH}"
HELD = tuple(f"{vm}@{names.HV_LDS}" for vm in (names.FILE_VM, names.VMM_VM))
FILE, VMM = (f"{key}/Simple" for key in HELD)
SECOND = add(DrillNetwork(key=OTHER, seen=seen("estate"), platform="hyperv", name="second", without_canary="-"))
GONE = drop(VmSwitch, LON)

there = Table("DR-NET-102", NETWORK)


def each(**fields: object) -> Change:
    """Both replicas are like this."""
    return together(*(change(HyperVVm, key, **fields) for key in HELD))


def engine(key: str, provider: str) -> Change:
    """By which engine a replica is replicated."""
    vm_id, host = key.removesuffix("/Simple").split("@")
    told = ReplicationProvider(
        key=key, seen=seen(host), vm_id=vm_id, name="one", host=host, relationship="Simple", provider=provider
    )
    return add(told)


def tested(*switches: str) -> tuple[Adapter, ...]:
    return tuple(Adapter(id=one, name=one, switch="", test_replica_switch=one) for one in switches)


there.passes("on both nodes", unchanged, names.HV_LON, names.HV_LDS)
there.passes("in other letters", add(facts.switch(names.HV_LON, names.SWITCH.upper(), "Private")))
there.passes("no cluster, on the replicas' host", together(GONE, each(clustered=False)), names.HV_LDS)
there.fails("not on the other node", GONE, f"not on {names.HV_LON}", "allowed: the switch on every host")
there.fails(
    "not on the replicas' host",
    together(drop(VmSwitch, LDS), each(clustered=False)),
    f"not on {names.HV_LDS}",
)
there.fails("one replica's host", together(GONE, change(HyperVVm, HELD[0], clustered=False)))
there.fails("named in other letters", together(GONE, SECOND, each(adapters=tested(names.SWITCH.upper()))))
there.fails("by one adapter of two", together(GONE, SECOND, each(adapters=tested("second", names.SWITCH))))
there.fails("no test switch, and only one declared", together(GONE, each(adapters=tested(""))))
there.fails(
    "the third copy's host",
    together(GONE, change(VmReplication, FILE, mode="ExtendedReplica"), drop(VmReplication, VMM)),
)
there.fails("another cluster unread", together(GONE, lose(ClusterNode, f"cluster:{names.HA_VMM}")), names.HV_LON)
there.fails("networks not read to the end", together(GONE, cut(DrillNetwork, "estate:estate")))
there.fails("one replica's engine unread", together(GONE, engine(FILE, "")))
there.fails(
    "another host silent",
    together(GONE, reach("hyperv", "hv9"), lose(VmSwitch, "hyperv:hv9"), lose(VmReplication, "hyperv:hv9")),
)
THIRD = "hv9.lds.contoso.lab"
there.fails("another host in no cluster", together(GONE, reach("hyperv", THIRD), add(
    facts.hyperv_vm(names.WEB_VM, "PAY-WEB01", THIRD, mode="Replica", adapters=tested(names.SWITCH)),
    facts.replication(names.WEB_VM, "PAY-WEB01", THIRD, "Replica"))), names.HV_LON)  # fmt: skip
there.unknown(
    "one engine not told, the other another one",
    together(GONE, engine(FILE, ""), engine(VMM, "x")),
    "by which engine",
)
there.unknown("one engine not told", engine(FILE, ""), "by which engine")
there.unknown("switches unread", lose(VmSwitch, f"hyperv:{names.HV_LON}"), "VmSwitch")
there.unknown("no other host read", together(drop(VmSwitch, LDS), lose(VmSwitch, f"hyperv:{names.HV_LON}")), "VmSwitch")
there.unknown("replications unread", lose(VmReplication, f"hyperv:{names.HV_LON}"), "VmReplication")
there.unknown("machines unread", lose(HyperVVm, f"hyperv:{names.HV_LDS}"), "HyperVVm")
there.unknown("a machine not listed", drop(HyperVVm, HELD[0]), "when its VMs were listed")
there.unknown("nodes unread", lose(ClusterNode, f"cluster:{names.HV_CLUSTER_NAME}"), "ClusterNode")
there.unknown("nodes not read to the end", cut(ClusterNode, f"cluster:{names.HV_CLUSTER_NAME}"), "ClusterNode")
there.unknown("in no cluster", drop(ClusterNode, *(f"{names.HV_CLUSTER}/{host}" for host in (
    names.HV_LON, names.HV_LDS))), "no cluster says")  # fmt: skip
there.unknown("a node that nobody asked", add(facts.node(
    names.HV_CLUSTER, names.HV_CLUSTER_NAME, "hv3.lds.contoso.lab")), "never asked")  # fmt: skip
there.unknown("no test switch, networks not read to the end", together(
    GONE, each(adapters=tested("")), cut(DrillNetwork, "estate:estate")), "DrillNetwork")  # fmt: skip
there.unknown("networks nobody can list", lose(DrillNetwork, "estate:estate"), subject="DrillNetwork@estate:estate")
there.skips("in Azure", unchanged, "in Azure", subject=f"azure:{names.DRILL_NET}")
there.skips("no such switch", drop(VmSwitch, LON, LDS), "DR-NET-003")
there.skips("nothing is replicated", together(GONE, drop(VmReplication)), "no replica")
there.skips("only sent", together(GONE, drop(VmReplication, FILE, VMM)), "no replica")
there.skips(
    "only sent on", together(GONE, *(change(VmReplication, one, relationship="Extended") for one in (FILE, VMM)))
)
there.skips("another engine's", together(GONE, engine(FILE, "x"), engine(VMM, "x")))
there.skips("tested elsewhere", together(GONE, SECOND, each(adapters=tested("second"))), "no replica", also=(OTHER,))
there.skips("no test switch, and two declared", together(GONE, SECOND, each(adapters=tested(""))), "no replica")
there.skips("no adapter", together(GONE, each(adapters=())), "no replica")

CASES = there.cases
