"""Cases of checks on VMM that could have passed without evidence."""

from msgspec.structs import replace

from drcheck.topology.declared import Application, Site
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.sql import AvailabilityReplica
from drcheck.topology.vmm import VmmServer
from drcheck.topology.vmm_fabric import VmmAgent
from tests import estate_facts as facts
from tests import estate_names as names
from tests import estate_servers as servers
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estates import Change, add, change, cut, drop, lose, reach, seen, together

LONDON, LEEDS = f"hyperv:{names.HV_LON}", f"hyperv:{names.HV_LDS}"

agent = Table("DR-VMM-003", names.HV_LON)
FIRST = replace(servers.agent(names.HV_LON), key="a-first", seen=seen(names.HA_VMM))
agent.fails(
    "silent, though it once responded to another VMM server",
    add(FIRST, servers.agent(names.HV_LON, state="NotResponding")),
    "NotResponding",
)
agent.unknown("known to another VMM server only", together(drop(VmmAgent, f"agent-{names.HV_LON}"), add(FIRST)))

agent.unknown("on record twice, once not rated", add(replace(servers.agent(names.HV_LON, state=""), key="a-second")))
agent.passes("agents of another VMM server unread", lose(VmmAgent, f"vmm:{names.HA_VMM}"))

coverage = Table("DR-VMM-004", names.FILE_VM)
coverage.fails(
    "a replica that nobody sends to", drop(VmReplication, names.REPLICATION), "no hyperv-replica relationship sends it"
)
coverage.unknown("a replica, the sending side unread", lose(VmReplication, LONDON), "VmReplication")
coverage.unknown(
    "nothing replicated yet", change(VmReplication, names.REPLICATION, last_replication=None), "that has ended"
)
GROUPED = together(
    change(Application, "payments", method="availability-group"),
    change(AvailabilityReplica, names.AG_LON, host="pay-web01.lon.contoso.lab"),
)
coverage.fails(
    "an availability group at one site",
    together(GROUPED, change(AvailabilityReplica, names.AG_LDS, host="sql3.lon.contoso.lab")),
    "is at one site",
    subject=names.WEB_VM,
)
coverage.fails(
    "the only replica of its group",
    together(GROUPED, drop(AvailabilityReplica, names.AG_LDS)),
    "is at one site",
    subject=names.WEB_VM,
)
coverage.unknown(
    "an availability group whose replicas are not all read",
    together(GROUPED, drop(AvailabilityReplica, names.AG_LDS), cut(AvailabilityReplica, f"sql:{names.SQL_LON}")),
    "AvailabilityReplica",
    subject=names.WEB_VM,
)
coverage.unknown(
    "an availability group at no declared site",
    together(GROUPED, drop(Site, "leeds")),
    "no site",
    subject=names.WEB_VM,
    alone=True,
)
ALONE = replace(facts.ag_replica("a-alone", "pay-web01.lon.contoso.lab", "PRIMARY"), group="ag-alone")
coverage.passes(
    "in a group at one site and in another at two", together(GROUPED, add(ALONE)), "SQL1", subject=names.WEB_VM
)

order = Table("DR-VMM-005", names.VMM01)
TWIN = replace(vault.plan("/other/plans/rp-payments", "RP-Payments", ()), vault="/other", seen=seen("/other"))
order.fails(
    "a step of a VMM server of that name in another domain",
    add(facts.step(1, "vmm", "vmm01.lds.contoso.lab")),
    "no step of the declared sequence brings back this VMM server",
)
order.passes("by a name that is not its host's", together(
    change(VmmServer, names.VMM01, name="Console"), add(facts.step(1, "vmm", "console"))))  # fmt: skip
order.unknown("one of two plans of a name", together(reach("vault", "/other"), add(TWIN)), "2 recovery plans")
order.unknown(
    "one of two plans of a name, the other by its id",
    together(reach("vault", "/other"), add(TWIN, facts.step(4, "plan", "/other/plans/rp-payments"))),
    "2 recovery plans",
)
order.unknown(
    "one of two plans of a name, in other letters, the other by its id",
    together(
        reach("vault", "/other"), add(TWIN, facts.step(3, "plan", names.PLAN), facts.step(4, "plan", "rp-payments"))
    ),
    "2 recovery plans",
)
order.passes(
    "two plans of a name, each by its id",
    together(
        reach("vault", "/other"),
        add(TWIN, facts.step(3, "plan", names.PLAN), facts.step(4, "plan", "/other/plans/rp-payments")),
    ),
)

reached = Table("DR-VMM-006", names.VMM01)
LEFT_OVER = facts.replication(names.VMM_VM, "VMM01", "hv1.aaa.contoso.lab", "Replica")


def sent(**fields: str) -> Change:
    return change(VmReplication, names.VMM_REPLICATION, **fields)


reached.passes("a left-over replica beside the current one", add(LEFT_OVER), f"{names.HV_LDS} at leeds")
reached.unknown(
    "two replicas, which is current not told", together(add(LEFT_OVER), sent(current_replica_server="")), "not clear"
)
reached.unknown(
    "two replicas, the sending side unread", together(add(LEFT_OVER), lose(VmReplication, LONDON)), "VmReplication"
)
reached.unknown("the current replica unread", together(add(LEFT_OVER), lose(VmReplication, LEEDS)), "VmReplication")
reached.unknown("the current replica on a host that has none", sent(current_replica_server="hv9.lds.contoso.lab"))
reached.passes(
    "another host unread",
    together(reach("hyperv", "hv3.lon.contoso.lab"), lose(VmReplication, "hyperv:hv3.lon.contoso.lab")),
)
ONCE = replace(
    facts.replication(names.VMM_VM, "VMM01", "hv1.aaa.contoso.lab", "Primary"),
    current_replica_server="hv9.lds.contoso.lab",
)
reached.passes("a left-over sending side names another host", add(ONCE), names.HV_LDS)
reached.passes("its sending side does not name it", sent(current_replica_server=""), names.HV_LDS)

CASES = tuple(case for table in (agent, coverage, order, reached) for case in table.cases)
