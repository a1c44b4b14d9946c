"""Cases of checks on clusters that could have passed without evidence."""

from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.declared import Site
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.prepared import QuorumDesign
from drcheck.topology.vmm import VmmServer
from tests import estate_facts as facts
from tests import estate_names as names
from tests import estate_sql_vmm_site as site
from tests.check_cases.case import Table
from tests.check_cases.fabric import NODE_VMS, nodes, script
from tests.estates import Change, Estate, add, change, cut, drop, together

LDS_NODE, LON_NODE = f"{names.HV_CLUSTER}/{names.HV_LDS}", f"{names.HV_CLUSTER}/{names.HV_LON}"
NO_NODES = drop(ClusterNode, LDS_NODE, LON_NODE)
VMMA, VMMB = site.VMM_NODES
VMMC = "vmmc.lds.contoso.lab"


def third(**fields: str) -> Change:
    """A second node of VMM's cluster at leeds."""
    return add(facts.node(names.VMM_CLUSTER, names.HA_VMM, VMMC, fault_domain_site="Leeds", **fields))


def possible(service: tuple[str, ...], name: tuple[str, ...]) -> Change:
    return add(site.possible(site.SERVICE, *service), site.possible("ha-vmm", *name))


def down(host: str, **fields: str) -> Change:
    return change(ClusterNode, f"{names.VMM_CLUSTER}/{host}", state="Down", **fields)


moves = Table("DR-VHA-002", names.HA_VMM)
moves.fails(
    "each resource to another node of the site",
    together(third(), possible((VMMA, VMMB), (VMMA, VMMC))),
    "no node at leeds is a possible owner of every resource",
)
moves.passes("all resources to one node of the site", together(third(), possible((VMMA, VMMB, VMMC), (VMMA, VMMC))))
moves.fails(
    "to a node that is down, beside one that is up",
    together(third(), possible((VMMA, VMMB), (VMMA, VMMB)), down(VMMB)),
    "no node at leeds that may own it is up",
)
moves.passes("one of two nodes down", together(third(), possible((VMMA, VMMB, VMMC), (VMMA, VMMB, VMMC)), down(VMMB)))
moves.warns(
    "to a node in quarantine, beside one that is up",
    together(third(), possible((VMMA, VMMB), (VMMA, VMMB)), down(VMMB, status="Quarantined")),
    "Quarantined",
)
moves.passes("every node of a site down", down(VMMB))
moves.unknown("no nodes told", drop(ClusterNode, *(f"{names.VMM_CLUSTER}/{host}" for host in site.VMM_NODES)))

moves.unknown("the status of a node empty", change(
    ClusterNode, f"{names.VMM_CLUSTER}/{VMMB}", status=""), "quarantine")  # fmt: skip

keys = Table("DR-VHA-003", names.HA_VMM)
for account in (".\\svc-vmm", "VMMB\\svc-vmm", "NT AUTHORITY\\SYSTEM", "NT AUTHORITY\\LocalSystem"):
    keys.fails(f"as {account}", change(VmmServer, names.HA_VMM, service_account=account), f"it runs as {account}")
keys.fails("as a node's account, nodes in capitals", change(
    VmmServer, names.HA_VMM, service_account="vmmb\\svc-vmm", nodes=("VMMA", "VMMB")), "it runs as vmmb")  # fmt: skip
keys.passes("as a principal", change(VmmServer, names.HA_VMM, service_account="svc-vmm@contoso.lab"))

apart = Table("DR-CLU-101", names.HA_VMM)
TWO_HOSTS = nodes(names.HV_LON, names.HV_LDS)


def bare(estate: Estate) -> Estate:
    found = (one for one in estate.facts if isinstance(one, HyperVVm) and one.vm_id == NODE_VMS[VMMB])
    return change(HyperVVm, next(found).key, disks=())(estate)


apart.unknown("on two hosts, the disks of one not told", together(TWO_HOSTS, bare), "VMMB are was not told")

witness = Table("DR-CLU-002", names.HV_CLUSTER)
witness.unknown("no nodes told", NO_NODES, "its nodes were not told")
beat = Table("DR-CLU-102", names.HV_CLUSTER)
beat.unknown("no nodes told", NO_NODES, "its nodes were not told")
survives = Table("DR-CLU-003", names.HV_CLUSTER)
survives.unknown("no nodes told", NO_NODES, "its nodes were not told")
survives.unknown("the state of one not told", change(ClusterNode, LDS_NODE, state=""), "the state of one")

domains = Table("DR-CLU-001", names.HV_CLUSTER)
domains.unknown("no nodes told", NO_NODES, "its nodes were not told")
domains.unknown("whether one is up not told", change(ClusterNode, LDS_NODE, state=""), "the state of hv2")
SWAPPED = together(
    change(ClusterNode, LDS_NODE, fault_domain_site="LONDON"), change(ClusterNode, LON_NODE, fault_domain_site="leeds")
)
domains.fails("each named as the other", SWAPPED, "LONDON is named as london and holds nodes at leeds")
domains.fails("each named as the other, sites not read to their end", together(
    SWAPPED, cut(Site, "estate:estate")), alone=True)  # fmt: skip
domains.fails(
    "by the other's rule",
    together(
        change(Site, "london", fault_domains=("DC-A*",)), change(ClusterNode, LDS_NODE, fault_domain_site="dc-a2")
    ),
    "dc-a2 is named as london",
)
domains.passes("by a name of the cluster's own", change(ClusterNode, LDS_NODE, fault_domain_site="DC-B"))
domains.passes(
    "by a rule of its own, in another site's words",
    together(
        change(Site, "leeds", fault_domains=("London 2",)), change(ClusterNode, LDS_NODE, fault_domain_site="London 2")
    ),
)
domains.passes(
    "by a rule of two sites",
    together(
        change(Site, "leeds", fault_domains=("Room*",)), change(Site, "dublin", fault_domains=("Room*",)),
        change(ClusterNode, LDS_NODE, fault_domain_site="Room 2"),
    ),
)  # fmt: skip
domains.fails(
    "no node up for certain, another's state not told",
    together(change(ClusterNode, LDS_NODE, state="Down"), change(ClusterNode, LON_NODE, state="")),
    "no node is up at leeds",
)

quorum = Table("DR-CLU-004", names.HV_CLUSTER)
quorum.unknown("no nodes told", NO_NODES, "its nodes were not told")
quorum.unknown(
    "the witness not told", change(FailoverCluster, names.HV_CLUSTER, witness=""), "does not tell its witness"
)
quorum.passes(
    "the witness not told and left open",
    together(
        change(FailoverCluster, names.HV_CLUSTER, witness=""), change(QuorumDesign, names.HV_CLUSTER_NAME, witness="")
    ),
)
quorum.fails(
    "a fault, the witness not told",
    change(FailoverCluster, names.HV_CLUSTER, witness="", dynamic_quorum=False),
    "is off",
)

scripts = Table("DR-VHA-005", names.PLAN)
AT_ROLE = script(f"\\\\{names.HA_VMM}\\lib\\a.ps1")
scripts.passes("on a stretched VMM", AT_ROLE)
scripts.fails(
    "on a VMM with every node at the primary site",
    together(AT_ROLE, change(VmmServer, names.HA_VMM, nodes=(VMMA, "vmmc.lon.contoso.lab"))),
    "has every node at london",
)
scripts.passes(
    "on a VMM with every node at the recovery site",
    together(AT_ROLE, change(VmmServer, names.HA_VMM, nodes=(VMMB, VMMC))),
)
scripts.unknown(
    "on a VMM that does not tell its nodes", together(AT_ROLE, change(VmmServer, names.HA_VMM, nodes=())), "the nodes"
)

TABLES = (moves, keys, apart, witness, beat, survives, domains, quorum, scripts)
CASES = tuple(case for table in TABLES for case in table.cases)
