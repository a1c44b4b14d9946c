"""Where is everything, and what has to be reached from there?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_network

from drcheck.estate.document import Loc
from drcheck.estate.forms import LinkForm, ReachabilityForm, SiteForm
from drcheck.estate.model import LinkSpec, Observer, SiteSpec
from drcheck.estate.reader import Part, Reader
from drcheck.topology.base import Target, matches

RULES = ("hosts", "regions", "names", "host_groups", "fault_domains", "ad_sites", "subnets")
"""The fields of a site that say what is there."""


def read_sites(reader: Reader, value: object) -> tuple[SiteSpec, ...]:
    """The declared sites; two of them never have the same rule."""
    parts = reader.table(SiteForm, value, ("sites",))
    if isinstance(value, dict) and not value:
        reader.problem(("sites",), "declare at least one site")
    for rule in RULES:
        _check_apart(reader, parts, rule)
    return tuple(
        SiteSpec(name=name, role=form.role, **{rule: tuple(getattr(form, rule)) for rule in RULES})
        for name, part in parts.items()
        if (form := part.form) is not None
    )


def read_links(reader: Reader, value: object, sites: Sequence[SiteSpec]) -> tuple[LinkSpec, ...]:
    """The declared links, each between two declared sites and once."""
    found: dict[tuple[str, str], LinkSpec] = {}
    for part in reader.rows(LinkForm, value, ("links",)):
        ends = [
            name
            for loc, name in part.listed("between")
            if reader.one_of(name, [site.name for site in sites], loc, "a declared site")
        ]
        if part.form is None or len(ends) != 2:
            continue
        first, second = sorted(ends)
        if first == second or (first, second) in found:
            fault = "leads nowhere else" if first == second else "is declared twice"
            reader.problem((*part.loc, "between"), f"the link between {first} and {second} {fault}")
            continue
        found[first, second] = LinkSpec(sites=(first, second), mbps=part.form.mbps)
    return tuple(found.values())


def check_places(reader: Reader, sites: Sequence[SiteSpec], declared: Mapping[str, Loc]) -> None:
    """No machine that is named in the file is claimed by the names of two sites."""
    for name, loc in declared.items():
        claims = [site.name for site in sites if matches(name, site.hosts)]
        if len(claims) > 1:
            reader.problem(loc, f"{name} belongs to {' and '.join(claims)} by the hosts of these sites")


def read_reachability(reader: Reader, value: object, sites: object) -> dict[Observer, tuple[Loc, list[Target]]]:
    """The observers of each site: the place of each in the file, and what it connects to and asks for."""
    found: dict[Observer, tuple[Loc, list[Target]]] = {}
    known = [name for name in sites if isinstance(name, str)] if isinstance(sites, dict) else []
    for site, part in reader.table(ReachabilityForm, value, ("reachability",)).items():
        reader.one_of(site, known, ("reachability", site), "a declared site")
        for loc, host in part.listed("observers"):
            servers = tuple(server for _, server in part.listed("dns_servers"))
            found[Observer(host=host, dns_servers=servers)] = (loc, list(_looks(part, host)))
    return found


def _looks(part: Part[ReachabilityForm], observer: str) -> Iterator[Target]:
    for _, destination in part.listed("to"):
        yield Target(role="reach", endpoint=f"{observer}>{destination}", via=(observer,))
    for _, server in part.listed("dns_servers"):
        for _, name in part.listed("names"):
            yield Target(role="dns", endpoint=f"{observer}>{server}/{name}".lower(), via=(observer,))


def _check_apart(reader: Reader, parts: Mapping[str, Part[SiteForm]], rule: str) -> None:
    clash = _overlap if rule == "subnets" else _same
    given: list[tuple[str, str]] = []
    for name, part in parts.items():
        for loc, value in part.listed(rule):
            other = _claimed(given, name, value, clash)
            if other is not None:
                reader.problem(loc, f"{value} already belongs to the site {other}")
            given.append((name, value))


def _claimed(given: list[tuple[str, str]], name: str, value: str, clash: Callable[[str, str], bool]) -> str | None:
    return next((owner for owner, earlier in given if owner != name and clash(earlier, value)), None)


def _same(left: str, right: str) -> bool:
    return left.lower() == right.lower()


def _overlap(left: str, right: str) -> bool:
    one, other = ip_network(left), ip_network(right)
    return one.version == other.version and one.overlaps(other)
