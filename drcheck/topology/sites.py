"""At which declared site is something?

What a name, an address or a region literally says decides. Only when no such rule claims do facts: the VMM host group,
the cluster's fault domain, the AD site, the address. Rules of two sites that claim one thing are a mistake, and no rule
that does is one too: neither is ever settled by a guess.
"""

from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Derived, Fact, Seen, Topology, Unknown, matches
from drcheck.topology.cluster import ClusterInterface, ClusterNode, FailoverCluster
from drcheck.topology.declared import Site
from drcheck.topology.identity import DomainController
from drcheck.topology.site_recovery import Vault
from drcheck.topology.sql import AvailabilityReplica, SqlInstance
from drcheck.topology.vmm import ManagedHost, VmmServer


class Claim(Struct, frozen=True, kw_only=True):
    """A site that a rule gives, and the rule in words."""

    site: Site
    rule: str

    def __str__(self) -> str:
        """``leeds (AD site Leeds)``."""
        return f"{self.site.name} ({self.rule})"


class _Mark(Struct, frozen=True, kw_only=True):
    """Something that facts tell about a host and sites have rules for."""

    rules: str
    """The field of ``Site``."""
    kind: type[Fact]
    read: Callable[[Topology, str], tuple[str, ...] | None]
    """The values for a host; ``None`` when no fact tells."""
    words: str


def site_of(topology: Topology, where: str) -> Site:
    """The declared site of a host, an address or an Azure region.

    Raises:
        Unknown: no site, or more than one, claims it, or what would tell was not read.
    """
    found = topology.memo(("site of", where.lower()), lambda: _decided(topology, where))
    if isinstance(found, str):
        raise Unknown(found)
    return found


def _decided(topology: Topology, where: str) -> Site | str:
    try:
        claims = claims_by_name(topology, where) or claims_by_facts(topology, where)
    except Unknown as unknown:
        return f"no site claims {where} by its name, and what else would tell is unknown: {unknown.reason}"
    sites = {claim.site.key: claim.site for claim in claims}
    if len(sites) != 1:
        claimed = " and ".join(site.name for site in sites.values()) or "no site"
        return f"{where or 'a machine without a name'} belongs to {claimed} in estate.yaml; declare exactly one"
    return next(iter(sites.values()))


def claims_by_name(topology: Topology, where: str) -> tuple[Claim, ...]:
    """What the name, address or region itself says."""
    return tuple(claim for site in topology.seen(Site) if where for claim in _named(site, where))


def _named(site: Site, where: str) -> Iterator[Claim]:
    for field, words in (("hosts", "host"), ("names", "name")):
        for pattern in getattr(site, field):
            if matches(where, (pattern,)):
                yield Claim(site=site, rule=f"{words} {pattern}")
    if where.lower() in {region.lower() for region in site.regions}:
        yield Claim(site=site, rule=f"region {where}")
    for prefix in _prefixes(where, site.subnets):
        yield Claim(site=site, rule=f"subnet {prefix}")


def claims_by_facts(topology: Topology, where: str) -> tuple[Claim, ...]:
    """What facts about a host say.

    Raises:
        Unknown: sites have rules for something that may be known of the host and was not read.
    """
    found: list[Claim] = []
    for mark in MARKS:
        ruled = [site for site in topology.seen(Site) if getattr(site, mark.rules)]
        if not ruled:
            continue
        values = mark.read(topology, where.lower())
        if values is None:
            topology.require(mark.kind)
        found.extend(_marked(ruled, mark, values or ()))
    return tuple(found)


def _marked(sites: Iterable[Site], mark: _Mark, values: Iterable[str]) -> Iterator[Claim]:
    for site in sites:
        for value in values:
            rules: tuple[str, ...] = getattr(site, mark.rules)
            if _prefixes(value, rules) if mark.rules == "subnets" else matches(value, rules):
                yield Claim(site=site, rule=f"{mark.words} {value}")


def _prefixes(address: str, prefixes: Iterable[str]) -> list[str]:
    """The prefixes that an address is in; none when it is no address."""
    try:
        given = ip_address(address)
    except ValueError:
        return []
    return [prefix for prefix in prefixes if given in ip_network(prefix)]


def _host_groups(topology: Topology, host: str) -> tuple[str, ...] | None:
    managed = topology.get(ManagedHost, host)
    return None if managed is None else (managed.host_group,)


def _fault_domains(topology: Topology, host: str) -> tuple[str, ...] | None:
    nodes = topology.where(ClusterNode, "host", host)
    return tuple(node.fault_domain_site for node in nodes if node.fault_domain_site) if nodes else None


def _controller_address(topology: Topology, host: str) -> tuple[str, ...] | None:
    controller = topology.get(DomainController, host)
    return None if controller is None else (controller.address,)


def _ad_sites(topology: Topology, host: str) -> tuple[str, ...] | None:
    controller = topology.get(DomainController, host)
    return None if controller is None else (controller.ad_site,)


def _addresses(topology: Topology, host: str) -> tuple[str, ...] | None:
    interfaces = topology.where(ClusterInterface, "host", host)
    return tuple(interface.address for interface in interfaces) if interfaces else None


MARKS = (
    _Mark(rules="host_groups", kind=ManagedHost, read=_host_groups, words="VMM host group"),
    _Mark(rules="fault_domains", kind=ClusterNode, read=_fault_domains, words="fault domain"),
    _Mark(rules="ad_sites", kind=DomainController, read=_ad_sites, words="AD site"),
    _Mark(rules="subnets", kind=DomainController, read=_controller_address, words="address"),
    _Mark(rules="subnets", kind=ClusterInterface, read=_addresses, words="address"),
)


class Located(Derived, frozen=True, kw_only=True, gc=False):
    """Something that has to be at a declared site. Key: ``host:<FQDN>``, ``witness:<cluster id>`` or a vault's id."""

    SUBJECT: ClassVar[str] = "located object"
    FROM: ClassVar[tuple[type[Fact], ...]] = (
        ManagedHost,
        ClusterNode,
        FailoverCluster,
        SqlInstance,
        AvailabilityReplica,
        DomainController,
        VmmServer,
        Vault,
    )

    name: str
    what: str
    """The field's term: ``Hyper-V host``, ``cluster node``, ``witness`` …"""
    place: str
    """What the rules are applied to; empty for what is in Azure and has no region of the estate."""

    @property
    def where(self) -> str:
        """Host, address or region."""
        return self.place

    @classmethod
    def derive(cls, topology: Topology) -> "Iterator[Located]":
        """Every host once, whatever its roles; every witness; every vault."""
        hosts: dict[str, Located] = {}
        for host, what, seen in _hosts(topology):
            hosts.setdefault(host, cls(key=f"host:{host}", seen=seen, name=host, what=what, place=host))
        yield from hosts.values()
        for cluster in topology.seen(FailoverCluster):
            if cluster.witness in ("share", "cloud"):
                key, name = f"witness:{cluster.key}", f"of {cluster.name} ({cluster.witness_place})"
                what = "witness" if cluster.witness == "share" else "cloud witness"
                yield cls(key=key, seen=cluster.seen, name=name, what=what, place=witness_place(cluster))
        for vault in topology.seen(Vault):
            yield cls(key=vault.key, seen=vault.seen, name=vault.name, what="vault", place=vault.location)


def _hosts(topology: Topology) -> Iterator[tuple[str, str, Seen]]:
    for target in topology.targets:
        if target.role == "hyperv":
            seen = Seen(source="drcheck", endpoint=target.endpoint, query="-", at=topology.as_of)
            yield target.endpoint, "Hyper-V host", seen
    for kind, what in ((ManagedHost, "Hyper-V host"), (VmmServer, "VMM server"), (ClusterNode, "cluster node")):
        yield from ((fact.where.lower(), what, fact.seen) for fact in topology.seen(kind))
    for fact in (*topology.seen(SqlInstance), *topology.seen(AvailabilityReplica)):
        yield fact.where.lower(), "SQL server", fact.seen
    for controller in topology.seen(DomainController):
        yield controller.host, "domain controller", controller.seen


def witness_place(cluster: FailoverCluster) -> str:
    """The file server's FQDN, or the storage account's name."""
    if cluster.witness == "cloud":
        return cluster.witness_place
    server = cluster.witness_place.lstrip("\\").partition("\\")[0].lower()
    return server if "." in server or not server else f"{server}.{cluster.domain}"
