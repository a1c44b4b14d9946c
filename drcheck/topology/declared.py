"""What people have declared in estate.yaml: endpoints, sites, applications, sequence, drill networks.

Declarations are facts of the role ``estate``: read once, always read to their end, and evidence only of what
somebody wrote down.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from fnmatch import translate
from operator import itemgetter
from typing import ClassVar

from drcheck.topology.base import Fact, Target, Topology
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


def application_of(topology: Topology, vm_id: str, name: str) -> Application | None:
    """The application a VM belongs to: by id first, then by name pattern; ``None`` when nobody declared one."""
    return topology.memo("claims", lambda: _Claims(topology.seen(Application))).on(vm_id, name)


class _Claims:
    """Which application claims a VM? The first one that was declared wins."""

    def __init__(self, applications: Sequence[Application]) -> None:
        self._ids = {vm_id: app for app in reversed(applications) for vm_id in app.vm_ids}
        # By what patterns begin with: asking each of a thousand applications in turn took most of a run.
        self._begun: dict[str, list[tuple[int, re.Pattern[str], Application]]] = {}
        for place, app in enumerate(applications):
            for pattern in map(str.lower, app.vm_names):
                begin = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
                self._begun.setdefault(begin, []).append((place, re.compile(translate(pattern)), app))
        self._lengths = {len(begin) for begin in self._begun}
        self._known: dict[str, Application | None] = {}

    def on(self, vm_id: str, name: str) -> Application | None:
        """The application that claims this VM."""
        return self._ids.get(vm_id) or self._by_name(name.lower())

    def _by_name(self, name: str) -> Application | None:
        if name not in self._known:
            claims = (claim for length in self._lengths for claim in self._begun.get(name[:length], ()))
            found = (claim for claim in claims if name and claim[1].match(name))
            self._known[name] = min(found, key=itemgetter(0), default=(0, None, None))[2]
        return self._known[name]
