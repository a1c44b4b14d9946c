"""Does VMM's database survive the loss of the site it is at?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.topology.availability import group_of_vmm, primary_of, sites_of
from drcheck.topology.base import Fact, Topology, same_host
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica
from drcheck.topology.vmm import VmmServer, VmmVm
from drcheck.topology.workload import items_of, running
from drcheck.verdict import Severity

EXPECTED = "on VMM's own machine, or in an availability group with a replica at another site"
LOCAL_NAMES = ("localhost", ".", "(local)")


@check(
    "DR-SQL-001",
    "VMM's database is beside VMM, or has a replica at another site",
    severity=Severity.CRITICAL,
    why=(
        "VMM without its database does not start. On the same VM both come back in one step; on another machine the "
        "database has to survive by itself, which for a highly available VMM means an availability group that "
        "reaches the other site."
    ),
    source=(
        "Microsoft, Deployment considerations for VMM and Site Recovery (2016), both topologies; "
        "Microsoft, Plan a highly available VMM deployment"
    ),
    remedy=(
        "Add the database to an availability group with a replica at the secondary site (ALTER AVAILABILITY GROUP "
        "... ADD REPLICA ON ...) and let VMM connect to its listener; or move the database onto the VMM server's VM."
    ),
    controls=(
        "NIST SP 800-53 CP-6",
        "NIST SP 800-53 CP-7",
        "NIST SP 800-53 CP-10",
        "ISO/IEC 27001:2022 A.8.14",
        "DORA Art. 12",
    ),
)
def check_vmm_database_recoverable(server: VmmServer, topology: Topology) -> Outcome:
    """Find the group by database and listener (or replica host), then a data replica away from the primary's site."""
    machine = server.database_server
    if not machine:
        raise Unknown(f"{server.name} does not tell where its database is")
    if not server.highly_available and (machine in LOCAL_NAMES or same_host(machine, server.host)):
        what = f"database {server.database_name} is on VMM's own machine {server.host}"
        if not server.is_virtual:
            raise NotApplicable(f"{server.name}: {what}, a physical one: how that comes back is told by nothing here")
        return passed(f"{server.name}: {what}", observed=what, expected=EXPECTED)
    if not server.database_name:
        raise Unknown(f"{server.name} does not tell the name of its database")
    group = group_of_vmm(topology, server)
    if group is None:
        topology.require(AvailabilityGroup)
        topology.require(AvailabilityReplica)
        return _without_group(server, topology)
    away = _replicas_away(topology, group)
    primary = primary_of(topology, group.key)
    if not away:
        topology.require(AvailabilityReplica, f"sql:{group.seen.endpoint}")
        what = f"group {group.name} has no data replica outside the site of its primary {primary.name}"
        return _failed(server, what, group, primary)
    what = f"group {group.name}: primary {primary.name}, at another site {', '.join(one.name for one in away)}"
    return passed(f"{server.name}: {what}", observed=what, expected=EXPECTED, facts=(group, primary, *away))


def _replicas_away(topology: Topology, group: AvailabilityGroup) -> tuple[AvailabilityReplica, ...]:
    found = []
    for one in topology.seen(AvailabilityReplica):
        if one.group != group.key or one.availability_mode == "CONFIGURATION_ONLY":
            continue
        here, there = sites_of(topology, one)
        if here.key != there.key:
            found.append(one)
    if found and not any(one.availability_mode for one in found):
        raise Unknown(f"{group.name}: whether {found[0].name} holds data was not told")
    return tuple(found)


def _without_group(server: VmmServer, topology: Topology) -> Outcome:
    """A standalone VMM may also rest on a SQL Server whose VM is protected; its name alone is no proof of that."""
    what = f"database {server.database_name} is on {server.database_server} and in no availability group"
    vm = None
    if not server.highly_available:
        vm = next((one for one in topology.all(VmmVm) if same_host(one.name, server.database_server)), None)
    how = _protection(topology, vm) if vm else ""
    if not vm or not how:
        return _failed(server, what)
    what = f"{what}; a VM of that name ({vm.key}) is protected by {how}: show that it is the same machine"
    return warned(f"{server.name}: {what}", observed=what, expected=EXPECTED, facts=(vm,))


def _protection(topology: Topology, vm: VmmVm) -> str:
    if items_of(topology, vm.key):
        return "Site Recovery"
    hosted = running(topology, vm.key)
    if not hosted:
        raise Unknown(f"{vm.name}: no Hyper-V host that was asked runs it, so its replication is not known")
    return "Hyper-V Replica" if any(one.replication_mode == "Primary" for one in hosted) else ""


def _failed(server: VmmServer, what: str, *facts: Fact) -> Outcome:
    return failed(f"{server.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=facts)
