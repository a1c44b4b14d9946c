"""Which replica of an availability group is the primary, and which ones would survive the loss of its site?"""

from drcheck.topology.base import Topology, Unknown, same_host
from drcheck.topology.declared import Application, Site
from drcheck.topology.membership import application_named, applications_of_database
from drcheck.topology.sites import site_of
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica, SqlInstance
from drcheck.topology.vmm import VmmServer


def primary_of(topology: Topology, group: str) -> AvailabilityReplica:
    """The replica that is primary now.

    Raises:
        Unknown: it was not seen, or the group has none at the moment (it is resolving).
    """
    found = [one for one in topology.seen(AvailabilityReplica) if one.group == group and one.role == "PRIMARY"]
    if len(found) != 1:
        topology.require(AvailabilityReplica)
        raise Unknown(f"availability group {group} has {len(found)} primary replicas at the moment")
    return found[0]


def group_of_vmm(topology: Topology, server: VmmServer) -> AvailabilityGroup | None:
    """The group that was seen to hold a VMM server's database; ``None`` proves nothing.

    Two groups may hold databases of one name; the one meant is behind VMM's own connection.
    """
    for group in topology.seen(AvailabilityGroup):
        if server.database_name.lower() not in (name.lower() for name in group.databases):
            continue
        hosts = [one.host for one in topology.where(AvailabilityReplica, "group", group.key)]
        if any(same_host(server.database_server, name) for name in (*group.listeners, *hosts)):
            return group
    return None


def holders(topology: Topology, group: str, endpoint: str) -> dict[str, tuple[AvailabilityReplica, ...]]:
    """The replicas of a group that hold data, by the name of their site.

    Args:
        topology: what is known.
        group: the group's key.
        endpoint: who told of the group.

    Raises:
        Unknown: the group's replicas, or the site of one of them, are not known; or none was told.
    """
    topology.require(AvailabilityReplica, f"sql:{endpoint}")
    found: dict[str, tuple[AvailabilityReplica, ...]] = {}
    for one in topology.where(AvailabilityReplica, "group", group):
        if one.availability_mode != "CONFIGURATION_ONLY":
            site = site_of(topology, one.host).name
            found[site] = (*found.get(site, ()), one)
    if not found:
        raise Unknown(f"no replica with data of availability group {group} was told")
    return found


def has_replica(topology: Topology, host: str) -> bool:
    """Is a replica of any availability group on this machine?

    Raises:
        Unknown: none was seen, and one may be there: not all were read, or one does not tell its machine.
    """
    replicas = topology.seen(AvailabilityReplica)
    if any(same_host(one.host, host) for one in replicas):
        return True
    topology.require(AvailabilityReplica)
    silent = next((one.name for one in replicas if not one.host), "")
    if silent:
        raise Unknown(f"on which machine the replica {silent} is was not told")
    return False


def takes_over(replica: AvailabilityReplica) -> bool:
    """May the group fail over to this replica by itself?"""
    return (replica.availability_mode, replica.failover_mode) == ("SYNCHRONOUS_COMMIT", "AUTOMATIC")


def replica_of(topology: Topology, database: DatabaseReplica) -> AvailabilityReplica:
    """The replica that holds a copy of a database.

    Raises:
        Unknown: it was not told.
    """
    replica = topology.get(AvailabilityReplica, database.replica)
    if replica is None:
        topology.require(AvailabilityReplica)
        raise Unknown(f"{database.name}: its replica {database.replica} was not told")
    return replica


def sites_of(topology: Topology, replica: AvailabilityReplica) -> tuple[Site, Site]:
    """The sites of the group's primary and of this replica."""
    return site_of(topology, primary_of(topology, replica.group).host), site_of(topology, replica.host)


def spared(topology: Topology, replica: AvailabilityReplica) -> str:
    """Why a replica is no copy that another site would rely on; empty when it is one.

    Only a replica that holds data at another site than the primary is what a recovery would use.
    """
    if replica.role == "PRIMARY":
        return f"{replica.name} is the primary"
    if replica.availability_mode == "CONFIGURATION_ONLY":
        return f"{replica.name} holds configuration and no data"
    here, there = sites_of(topology, replica)
    if here.key == there.key:
        return f"{replica.name} is at {there.name}, where the primary is; it does not survive the loss of that site"
    return ""


def tier_of(topology: Topology, database: DatabaseReplica, replica: AvailabilityReplica) -> int | None:
    """VMM's own database is tier 0; another is of its application's tier, the most demanding one's of several.

    Raises:
        Unknown: it may be the database of a VMM server that was not read, or does not tell which one it has.
    """
    if any(server.database_name.lower() == database.name.lower() for server in topology.seen(VmmServer)):
        return 0
    topology.require(VmmServer)
    silent = next((server.name for server in topology.seen(VmmServer) if not server.database_name), "")
    if silent:
        raise Unknown(f"{silent} does not tell the name of its database, which may be {database.name}")
    owners = owners_of(topology, database, replica)
    return min((one.tier for one in owners), default=None)


def owners_of(topology: Topology, database: DatabaseReplica, replica: AvailabilityReplica) -> tuple[Application, ...]:
    """The applications that declare a database of this name, else the one that claims the replica's machine."""
    declared = applications_of_database(topology, database.name)
    machine = None if declared else application_named(topology, replica.host.partition(".")[0])
    return declared if machine is None else (machine,)


def instances_of(topology: Topology, group: AvailabilityGroup) -> tuple[SqlInstance, ...]:
    """The instances behind every replica of a group that holds data, the group's primary first.

    Raises:
        Unknown: a replica's instance was not seen.
    """
    topology.require(AvailabilityReplica, f"sql:{group.seen.endpoint}")
    found = []
    for one in topology.where(AvailabilityReplica, "group", group.key):
        if one.availability_mode == "CONFIGURATION_ONLY":
            continue
        name = one.name.partition("\\")[2] or "MSSQLSERVER"
        at = [each for each in topology.seen(SqlInstance) if same_host(each.host, one.host)]
        mine = next((each for each in at if each.name.lower() == name.lower()), None)
        if mine is None:
            topology.require(SqlInstance)
            raise Unknown(f"the instance of {one.name} was not seen on {one.host}")
        found.append((one.role != "PRIMARY", one.name, mine))
    return tuple(instance for _, _, instance in sorted(found, key=lambda each: each[:2]))
