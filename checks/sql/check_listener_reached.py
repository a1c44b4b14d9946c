"""Does a listener work from the site that has to take over?"""

from ipaddress import ip_address, ip_network

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.availability import holders, primary_of
from drcheck.topology.base import Fact, Topology, same_host
from drcheck.topology.cluster import ClusterInterface, ClusterNetworkName, FailoverCluster
from drcheck.topology.network import Connection, NameAnswer
from drcheck.topology.quorum import cluster_of
from drcheck.topology.sites import site_of
from drcheck.topology.sql import AvailabilityReplica
from drcheck.topology.sql_objects import AgListener
from drcheck.topology.vmm_fabric import VmmNode
from drcheck.verdict import Severity

EXPECTED = "an address at every site; resolved and open from the other sites; clients follow a failover in time"


@check(
    "DR-SQL-008",
    "A listener has an address at every site and answers at the sites that take over",
    severity=Severity.HIGH,
    why=(
        "The group fails over, and its clients keep asking for an address that is gone: until DNS forgets it, or for "
        "good when the listener has no address in the surviving site's subnet."
    ),
    source="Microsoft, Availability group listener: RegisterAllProvidersIP, HostRecordTTL, MultiSubnetFailover",
    remedy=(
        "ALTER AVAILABILITY GROUP ... MODIFY LISTENER ... (ADD IP ...); Set-ClusterParameter HostRecordTTL 300 and "
        "RegisterAllProvidersIP; MultiSubnetFailover=True in clients; open the port towards the site."
    ),
    controls=("NIST SP 800-53 CP-8", "NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.14"),
)
def check_listener_reached(listener: AgListener, topology: Topology, policy: Policy) -> Outcome:
    """Addresses against the subnets of replicas, what machines of the other sites resolve and reach, and DNS settings.

    Of clients only VMM's own nodes are looked at: nothing else tells its connection string.
    """
    sites = holders(topology, listener.group, listener.seen.endpoint)
    if len(sites) < 2:
        raise NotApplicable(f"the replicas behind {listener.name} are at {', '.join(sites)}")
    primary = primary_of(topology, listener.group)
    away = sorted(set(sites) - {site_of(topology, primary.host).name})
    cluster = cluster_of(topology, primary.host)
    tried = _tried(listener, topology, away)
    faults = [fault for _, fault in tried if fault] + _registration(listener, cluster, topology, policy)
    if listener.conformant is False:
        faults.append("needs all of its addresses online at once (they are not joined by OR)")
    if not topology.missing(ClusterInterface, f"cluster:{cluster.seen.endpoint}"):
        faults += _without_address(listener, sites, topology)
    if faults:
        what = "; ".join(faults)
        return failed(f"{listener.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    topology.require(ClusterInterface, f"cluster:{cluster.seen.endpoint}")
    _require(listener, topology, away)
    _settled(listener, cluster, topology)
    what = f"{len(listener.addresses)} addresses, resolved and open from {' and '.join(away)}"
    facts = tuple(fact for fact, _ in tried)
    return passed(f"{listener.name}: {what}", observed=what, expected=EXPECTED, facts=facts)


def _without_address(
    listener: AgListener, sites: dict[str, tuple[AvailabilityReplica, ...]], topology: Topology
) -> list[str]:
    try:
        subnets = [ip_network(f"{one.address}/{one.subnet_mask}", strict=False) for one in listener.addresses]
    except ValueError as error:
        raise Unknown(f"{listener.name}: an address or its mask was not told") from error
    faults = []
    for site, replicas in sorted(sites.items()):
        own = [card for one in replicas for card in topology.where(ClusterInterface, "host", one.host) if card.address]
        if not own:
            raise Unknown(f"{listener.name}: no address of a replica's machine at {site} was told")
        if not any(ip_address(card.address) in subnet for card in own for subnet in subnets):
            faults.append(f"no address in a subnet of {site}")
    return faults


def _tried(listener: AgListener, topology: Topology, away: list[str]) -> list[tuple[Fact, str]]:
    """What machines of the other sites tried, each with what was wrong."""
    found: list[tuple[Fact, str]] = []
    known = {one.address for one in listener.addresses}
    for answer in topology.where(NameAnswer, "name", listener.name):
        if site_of(topology, answer.host).name in away:
            said = ", ".join(answer.addresses) or answer.outcome
            right = not known.isdisjoint(answer.addresses)
            found.append((answer, "" if right else f"{answer.server} answers {answer.host} with {said}"))
    for attempt in topology.where(Connection, "to", listener.name):
        if attempt.port == listener.port and site_of(topology, attempt.host).name in away:
            right = attempt.outcome == "open"
            found.append((attempt, "" if right else f"port {attempt.port} is {attempt.outcome} from {attempt.host}"))
    return found


def _require(listener: AgListener, topology: Topology, away: list[str]) -> None:
    """Every attempt from the other sites that was planned was made, and there is one of each kind at each site."""
    if listener.port is None:
        raise Unknown(f"{listener.name}: SQL Server was never told its port")
    ends: tuple[tuple[type[Fact], str], ...] = (
        (NameAnswer, f"/{listener.name}"),
        (Connection, f">{listener.name}:{listener.port}"),
    )
    for kind, end in ends:
        asked = [target for target in topology.targets if target.role == kind.ROLE and target.endpoint.endswith(end)]
        observers = set()
        for target in asked:
            site = site_of(topology, target.endpoint.partition(">")[0]).name
            if site in away and topology.all(kind, target.scope):
                observers.add(site)
        blind = sorted(set(away) - observers)
        if blind:
            topology.require(kind)
            raise Unknown(f"{listener.name}: nobody at {', '.join(blind)} tries it; see `reachability` in estate.yaml")


def _registration(listener: AgListener, cluster: FailoverCluster, topology: Topology, policy: Policy) -> list[str]:
    name = _network_name(listener, cluster, topology)
    if name is None or name.registers_every_address is None:
        return []
    if not name.registers_every_address:
        slow = name.ttl_seconds is not None and name.ttl_seconds > policy.listener_ttl_max
        return [f"HostRecordTTL is {name.ttl_seconds} s, {human(policy.listener_ttl_max)} is allowed"] if slow else []
    clients = (one for one in topology.seen(VmmNode) if same_host(one.database_server or "", listener.name))
    lost = [one.name for one in clients if one.multi_subnet_failover is False]
    return [f"{client} connects without MultiSubnetFailover to a name with several addresses" for client in lost]


def _settled(listener: AgListener, cluster: FailoverCluster, topology: Topology) -> None:
    """How the name is made and registered is known, and how VMM connects where that matters."""
    if listener.conformant is None:
        raise Unknown(f"{listener.name}: whether one of its addresses is enough was not told")
    topology.require(ClusterNetworkName, f"cluster:{cluster.seen.endpoint}")
    name = _network_name(listener, cluster, topology)
    if name is None or name.registers_every_address is None:
        raise Unknown(f"{listener.name}: RegisterAllProvidersIP of its network name was not told")
    if not name.registers_every_address and name.ttl_seconds is None:
        raise Unknown(f"{listener.name}: HostRecordTTL of its network name was not told")
    if name.registers_every_address:
        for node in topology.all(VmmNode):
            mine = node.database_server is None or same_host(node.database_server, listener.name)
            if mine and not node.multi_subnet_failover:
                raise Unknown(f"{listener.name}: how {node.name} connects to its database was not told")


def _network_name(listener: AgListener, cluster: FailoverCluster, topology: Topology) -> ClusterNetworkName | None:
    label = listener.name.partition(".")[0]
    names = topology.where(ClusterNetworkName, "cluster", cluster.key)
    return next((one for one in names if (one.dns_name or "").lower() == label), None)
