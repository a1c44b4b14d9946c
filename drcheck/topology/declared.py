"""What people have declared in estate.yaml: endpoints, sites, applications, sequence, drill networks.

Declarations are facts of the role ``estate``: read once, always read to their end, and evidence only of what
somebody wrote down.
"""

from collections.abc import Iterator
from typing import ClassVar

from drcheck.topology.base import Fact, Target, Topology, Unknown, matches


class DeclaredEndpoint(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """An endpoint to start from. Key: ``role:endpoint``."""

    ROLE: ClassVar[str] = "estate"
    FEEDS: ClassVar[tuple[str, ...]] = ("vmm", "hyperv", "cluster", "sql", "vault")
    SUBJECT: ClassVar[str] = "endpoint"

    role: str
    endpoint: str

    def leads(self) -> Iterator[Target]:
        """The declared endpoint itself."""
        yield Target(role=self.role, endpoint=self.endpoint)


class Site(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A place that can be lost as a whole. Key: its name."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "site"

    name: str
    role: str
    """``primary``, ``secondary``, ``witness`` or ``azure``."""
    hosts: tuple[str, ...] = ()
    """Shell patterns over host FQDNs."""
    regions: tuple[str, ...] = ()
    """Azure regions, as ARM writes them (``uksouth``)."""


class Application(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What the business calls a service: its members, targets and dependencies. Key: its name."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "application"

    name: str
    tier: int
    owner: str
    rto_seconds: int
    rpo_seconds: int
    vm_ids: tuple[str, ...] = ()
    """Members by Hyper-V VM id, lower case."""
    vm_names: tuple[str, ...] = ()
    """Members by shell pattern over VM names."""
    depends_on: tuple[str, ...] = ()
    """Applications that must be up before this one."""
    always_on: bool = False
    """Runs at the recovery site at all times (a domain controller, say), so nothing has to start it."""
    method: str = "site-recovery"
    """How its machines are protected: ``site-recovery``, ``hyperv-replica``, ``availability-group`` or ``none``."""


class SequenceStep(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """One step of the declared recovery sequence, in order. Key: its number, zero-padded."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "recovery sequence"

    number: int
    action: str
    """``sql``, ``vmm``, ``plan`` or ``manual``."""
    target: str
    """The database, VMM server, recovery plan or task meant."""
    owner: str
    minutes: int
    manual: bool = False


class DrillNetwork(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A network that drills may use. Key: ``azure:<VNet ARM id>`` or ``hyperv:<switch name>``, lower case."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "drill network"

    platform: str
    """``azure`` or ``hyperv``."""
    name: str
    """The VNet's ARM id, or the switch's name."""


def site_of(topology: Topology, where: str) -> Site:
    """The declared site of a host or Azure region.

    Raises:
        Unknown: no site, or more than one, claims it. A guess from names is never made.
    """
    claims = [
        site
        for site in topology.seen(Site)
        if matches(where, site.hosts) or where.lower() in {region.lower() for region in site.regions}
    ]
    if len(claims) != 1:
        claimed = " and ".join(site.name for site in claims) or "no site"
        raise Unknown(f"{where or 'a machine without a name'} belongs to {claimed} in estate.yaml; declare exactly one")
    return claims[0]


def application_of(topology: Topology, vm_id: str, name: str) -> Application | None:
    """The application a VM belongs to: by id first, then by name pattern; ``None`` when nobody declared one."""
    applications = topology.seen(Application)
    for application in applications:
        if vm_id and vm_id in application.vm_ids:
            return application
    return next((app for app in applications if name and matches(name, app.vm_names)), None)
