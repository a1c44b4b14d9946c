"""Which Active Directory domains does a recovery need, and which names?"""

from collections.abc import Iterator
from typing import ClassVar

from drcheck.topology.base import Derived, Fact, Seen, Topology, Unknown
from drcheck.topology.cluster import FailoverCluster
from drcheck.topology.identity import DomainController
from drcheck.topology.network import NameAnswer
from drcheck.topology.sites import site_of
from drcheck.topology.sql_objects import AgListener
from drcheck.topology.vmm import VmmServer

RECOVERY_ROLES = ("secondary",)
"""Roles of the sites that have to work when the primary one is gone."""


class AdDomain(Derived, frozen=True, kw_only=True, gc=False):
    """A domain that a controller tells of or a cluster is joined to. Key: its DNS name, lower case."""

    SUBJECT: ClassVar[str] = "AD domain"
    FROM: ClassVar[tuple[type[Fact], ...]] = (DomainController, FailoverCluster)

    name: str

    @classmethod
    def derive(cls, topology: Topology) -> "Iterator[AdDomain]":
        """Every domain once. A cluster without a domain is joined to none, or does not tell."""
        found: dict[str, Seen] = {}
        told = [(one.domain, one.seen) for one in topology.seen(DomainController)]
        told += [(one.domain, one.seen) for one in topology.seen(FailoverCluster)]
        for name, seen in told:
            if name:
                found.setdefault(name.lower(), seen)
        for name, seen in sorted(found.items()):
            yield cls(key=name, seen=seen, name=name)


class RecoveryName(Derived, frozen=True, kw_only=True, gc=False):
    """A name that has to resolve from the recovery site: of VMM, a listener, or declared. Key: ``name:<FQDN>``."""

    SUBJECT: ClassVar[str] = "name"
    FROM: ClassVar[tuple[type[Fact], ...]] = (VmmServer, AgListener, NameAnswer)

    name: str
    what: str
    """``VMM server``, ``listener`` or ``declared name``."""

    @property
    def moves(self) -> bool:
        """Does its address change in a failover?"""
        return self.what != "declared name"

    @classmethod
    def derive(cls, topology: Topology) -> "Iterator[RecoveryName]":
        """Every name once: as what VMM and SQL Server tell of it, else as declared."""
        found: dict[str, tuple[str, Seen]] = {}
        for server in topology.seen(VmmServer):
            found.setdefault(server.key.lower(), ("VMM server", server.seen))
        for listener in topology.seen(AgListener):
            found.setdefault(listener.name.lower(), ("listener", listener.seen))
        for answer in topology.seen(NameAnswer):
            found.setdefault(answer.name.lower(), ("declared name", answer.seen))
        for name, (what, seen) in sorted(found.items()):
            yield cls(key=f"name:{name}", seen=seen, name=name, what=what)


def is_recovery_site(topology: Topology, where: str) -> bool:
    """Is a machine or an address at a secondary site? A DNS server's address counts as its controller's host.

    Raises:
        Unknown: nobody declared where it is.
    """
    try:
        return site_of(topology, where).role in RECOVERY_ROLES
    except Unknown:
        hosts = {one.host for one in topology.where(DomainController, "address", where) if where}
        if len(hosts) != 1:
            topology.require(DomainController)
            raise
        return site_of(topology, hosts.pop()).role in RECOVERY_ROLES
