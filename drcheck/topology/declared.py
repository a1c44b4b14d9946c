"""What people have declared in estate.yaml: endpoints, sites, applications, sequence, drill networks.

Declarations are facts of the role ``estate``: read once, always read to their end, and evidence only of what
somebody wrote down.
"""

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from drcheck.topology.base import Fact, Target
from drcheck.topology.subscriptions import subscriptions_of


class DeclaredEndpoint(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """An endpoint to start from. Key: ``role:endpoint``."""

    ROLE: ClassVar[str] = "estate"
    FEEDS: ClassVar[tuple[str, ...]] = ("vmm", "hyperv", "cluster", "sql", "vault", "identity", "reach", "dns")
    SUBJECT: ClassVar[str] = "endpoint"

    role: str
    endpoint: str
    via: tuple[str, ...] = ()
    """The machines that answer for it; empty when it does itself."""

    def leads(self) -> Iterator[Target]:
        """The declared endpoint itself."""
        yield Target(role=self.role, endpoint=self.endpoint, via=self.via)


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
    names: tuple[str, ...] = ()
    """Shell patterns over names of what is no host: a witness's storage account, say."""
    host_groups: tuple[str, ...] = ()
    r"""Shell patterns over paths of VMM host groups (``All Hosts\London*``)."""
    fault_domains: tuple[str, ...] = ()
    """Shell patterns over names of cluster fault domains of the type Site."""
    ad_sites: tuple[str, ...] = ()
    """Shell patterns over names of Active Directory sites."""
    subnets: tuple[str, ...] = ()
    """Prefixes in CIDR notation."""


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
    drill_method: str = ""
    """How an availability group is rehearsed: ``restore-clone``, ``isolated-copy`` or ``planned-switchover``."""
    drilled: date | None = None
    """When that was done last, as somebody has written down."""
    clouds: tuple[str, ...] = ()
    """Members by shell pattern over names of VMM clouds."""
    tags: tuple[str, ...] = ()
    """Members by shell pattern over VMM's tags."""
    plans: tuple[str, ...] = ()
    """Members by shell pattern over names of recovery plans that hold them."""
    databases: tuple[str, ...] = ()
    """Shell patterns over names of its databases; the availability groups that hold them are part of it."""
    drill_interval_seconds: int | None = None
    """How often it has to be drilled; ``None``: as often as its tier."""


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
    FEEDS: ClassVar[tuple[str, ...]] = ("azure",)
    SUBJECT: ClassVar[str] = "drill network"

    platform: str
    """``azure`` or ``hyperv``."""
    name: str
    """The VNet's ARM id, or the switch's name."""
    canary: str = ""
    """The machine that shows from inside what can be reached: an ARM id, lower case, or a VM's id or name."""
    beside: tuple[str, ...] = ()
    """What else stands in it for good, named in the same way."""
    sentinels: tuple[str, ...] = ()
    """What the canary must not reach, ``host:port``."""
    controls: tuple[str, ...] = ()
    """What it must reach, so that its silence means something."""
    outsider: str = ""
    """The machine of production that must not reach them; empty: nobody tries."""
    without_canary: str = ""
    """Why it has none; empty: nobody has said."""

    def stands(self, *names: str) -> bool:
        """Is one of these the id or name of what is declared to stand in it for good?"""
        declared = {one.lower() for one in (self.canary, *self.beside) if one}
        return any(name.lower() in declared for name in names)

    def leads(self) -> Iterator[Target]:
        """The subscription of a network in Azure."""
        yield from subscriptions_of(self.name.lower())


class DeclaredScenario(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What drills have to go through, taken together. Key: its name.

    ``site-loss``, ``vmm-loss``, ``sql-loss``, ``identity-loss``, ``link-loss`` or ``failback``.
    """

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "scenario"

    name: str


class DeclaredWaiver(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A failure that somebody accepted for a time. Key: its id. The waivers file is read to its end, or nothing is."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "waiver"

    check: str
    """The check's id."""
    subject: str
    """Shell pattern over keys of subjects."""
    reason: str
    risk: str
    owner: str
    approver: str
    ticket: str
    start: date
    expiry: date
    """The last day on which it counts."""
    compensation: str = ""
    """What makes up for the failure meanwhile; empty when nobody wrote it."""
