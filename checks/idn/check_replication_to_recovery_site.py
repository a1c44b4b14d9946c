"""Does the directory at the recovery site know what was changed at the primary one?"""

from collections.abc import Callable, Iterator
from ipaddress import collapse_addresses, ip_network

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.directory import RECOVERY_ROLES
from drcheck.topology.identity import AdSubnet, ControllerService, DomainController, ReplicationPartner
from drcheck.topology.sites import site_of
from drcheck.verdict import Severity


@check(
    "DR-IDN-002",
    "Controllers at the recovery site receive changes, share SYSVOL and serve the subnets there",
    severity=Severity.HIGH,
    why=(
        "A controller that has received nothing for days comes back with old passwords, old machine accounts and old "
        "VMM keys. Nobody notices while the others answer."
    ),
    source="Microsoft, Get-ADReplicationPartnerMetadata; Microsoft, Active Directory replication troubleshooting",
    remedy=(
        "repadmin /showrepl <controller> and /replsummary name the broken link; map subnets with "
        "New-ADReplicationSubnet -Name <prefix> -Site <AD site>."
    ),
    controls=("NIST SP 800-53 CP-9(5)", "ISO/IEC 27001:2022 A.8.14"),
)
def check_replication_to_recovery_site(controller: DomainController, topology: Topology, policy: Policy) -> Outcome:
    """Ask the controller itself: inbound partners, SYSVOL, and who serves the site's declared subnets.

    The schedule of a site link is not read, so that only the age and not twice the schedule is judged.
    """
    site = site_of(topology, controller.host)
    if site.role not in RECOVERY_ROLES:
        raise NotApplicable(f"{controller.host} is at {site.name}, which is no recovery site")
    limit = human(policy.ad_replication_max_age)
    expected = f"every partner without failures and heard of in the last {limit}, SYSVOL ready, subnets in its AD site"
    faults: list[str] = []
    unclear: list[str] = []
    for look in (_partners, _sysvol, _subnets):
        _gather(look, controller, topology, policy, faults, unclear)
    if faults:
        what = "; ".join(faults)
        return failed(f"{controller.host}: {what}; allowed: {expected}", observed=what, expected=expected)
    if unclear:
        raise Unknown(f"{controller.host}: {'; '.join(unclear)}")
    partners = _inbound(controller, topology)
    what = f"{len(partners)} inbound links, SYSVOL ready"
    return passed(f"{controller.host}: {what}", observed=what, expected=expected, facts=partners)


def _gather(
    look: Callable[[DomainController, Topology, Policy], Iterator[str]],
    controller: DomainController,
    topology: Topology,
    policy: Policy,
    faults: list[str],
    unclear: list[str],
) -> None:
    """A fault that was seen stands, whatever else could not be."""
    try:
        for fault in look(controller, topology, policy):
            faults.append(fault)  # noqa: PERF402 - one by one: what comes before an Unknown counts
    except Unknown as unknown:
        unclear.append(unknown.reason)


def _inbound(controller: DomainController, topology: Topology) -> tuple[ReplicationPartner, ...]:
    mine = topology.where(ReplicationPartner, "host", controller.host)
    return tuple(one for one in mine if one.partner_type == "Inbound")


def _partners(controller: DomainController, topology: Topology, policy: Policy) -> Iterator[str]:
    partners = _inbound(controller, topology)
    too_close: list[Unknown] = []
    for one in partners:
        try:
            yield from _link(one, topology, policy)
        except Unknown as unknown:
            too_close.append(unknown)
    topology.require(ReplicationPartner, f"identity:{controller.host}")
    if too_close:
        raise too_close[0]
    yield from _islanded(controller, topology) if partners else _alone(controller, topology)


def _link(one: ReplicationPartner, topology: Topology, policy: Policy) -> Iterator[str]:
    if one.consecutive_failures or one.last_result:
        yield f"{one.title} failed {one.consecutive_failures} times in a row (error {one.last_result})"
    elif one.last_success is None:
        yield f"{one.title} never succeeded"
    else:
        age = age_of(topology, one.last_success, one.seen.endpoint, policy.clock_skew_max)
        if age.exceeds(policy.ad_replication_max_age):
            yield f"{one.title} last succeeded {human(age.seconds)} ago"


def _alone(controller: DomainController, topology: Topology) -> Iterator[str]:
    """Nothing comes in. That is right for the only controller with a writable copy, and for no other."""
    same = topology.where(DomainController, "domain", controller.domain)
    others = [one.host for one in same if one.host != controller.host and not one.read_only]
    if others:
        yield f"it receives from nobody, and {', '.join(sorted(others)[:3])} holds the same domain"
    topology.require(DomainController)


def _islanded(controller: DomainController, topology: Topology) -> Iterator[str]:
    """What comes in comes, over however many controllers, from this AD site only, and there are others."""
    if not controller.ad_site:
        raise Unknown(f"{controller.host} does not tell its AD site")
    here, reached, waiting = controller.ad_site.lower(), {controller.host}, [controller]
    while waiting:
        for link in _inbound(waiting.pop(), topology):
            server, ad_site = _sender(link)
            if ad_site.lower() != here:
                return
            known = [one for one in topology.seen(DomainController) if one.host.partition(".")[0] == server.lower()]
            waiting += [one for one in known if one.host not in reached]
            reached |= {one.host for one in known}
    topology.require(DomainController)
    forest = [one for one in topology.seen(DomainController) if one.forest == controller.forest]
    away = sorted(one.host for one in forest if one.ad_site.lower() != here and not one.read_only)
    for host in sorted(reached) if away else ():
        topology.require(ReplicationPartner, f"identity:{host}")
    if away:
        yield f"all it receives comes from the AD site {controller.ad_site}, and nothing from {', '.join(away[:3])}"


def _sender(link: ReplicationPartner) -> tuple[str, str]:
    """The server and the AD site in ``CN=NTDS Settings,CN=<server>,CN=Servers,CN=<site>,CN=Sites,…``."""
    parts = [part.partition("=")[2] for part in link.partner.split(",")]
    if len(parts) < 4:
        raise Unknown(f"from which AD site {link.host} receives {link.partition} was not told")
    return parts[1], parts[3]


def _sysvol(controller: DomainController, topology: Topology, _policy: Policy) -> Iterator[str]:
    service = topology.get(ControllerService, controller.host)
    if service is None or service.sysvol_ready is None:
        topology.require(ControllerService, f"identity:{controller.host}")
        raise Unknown(f"{controller.host} does not tell whether SYSVOL is ready")
    if not service.sysvol_ready:
        yield "SYSVOL is not ready"


def _subnets(controller: DomainController, topology: Topology, _policy: Policy) -> Iterator[str]:
    """Whose clients find it: the most specific AD subnet decides, and parts may have their own."""
    declared = site_of(topology, controller.host).subnets
    if not declared:
        return
    known = {ip_network(one.name): one.ad_site for one in topology.all(AdSubnet, f"identity:{controller.host}")}
    for prefix in map(ip_network, declared):
        alike = {net: ad_site for net, ad_site in known.items() if net.version == prefix.version}
        above = [net for net in alike if prefix.subnet_of(net)]  # type: ignore[arg-type]  # of one version
        parts = [net for net in alike if net != prefix and net.subnet_of(prefix)]  # type: ignore[arg-type]
        deciding = ([max(above, key=lambda net: net.prefixlen)] if above else []) + parts
        if not above and prefix not in set(collapse_addresses(parts)):  # type: ignore[type-var]
            yield f"{prefix} belongs to no AD subnet"
        for net in sorted(deciding, key=str):
            if alike[net].lower() != controller.ad_site.lower():
                yield f"{net} belongs to the AD site {alike[net] or 'of nobody'}, not {controller.ad_site}"
