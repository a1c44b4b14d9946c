"""What does a discovery suggest: which sites, which applications, which networks for drills?"""

import re
from collections.abc import Iterator

from msgspec import Struct

from drcheck.drill.isolation.configuration import network_leaks
from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.base import Topology, same_host
from drcheck.topology.cluster import ClusterNetworkName
from drcheck.topology.hyperv import RECEIVING, HyperVVm, VmReplication, VmSwitch
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan, Vault
from drcheck.topology.sql import AvailabilityGroup
from drcheck.topology.vmm import ManagedHost, VmmServer, VmmVm

MACHINE_ROLES = ("vmm-node", "hyperv", "sql", "identity")
_NOT_DECLARED = "is not declared as a drill network"
_PREFIX = re.compile(r"^(?:rp|plan|asr|dr)[-_ ]+", re.IGNORECASE)


class SiteGuess(Struct, frozen=True, kw_only=True):
    """Machines that probably stand together, and the rule that tells them from others."""

    name: str
    rule: str
    """``hosts``, ``host_groups`` or ``regions``."""
    patterns: tuple[str, ...]
    why: str


class ApplicationGuess(Struct, frozen=True, kw_only=True):
    """Machines that are recovered together."""

    name: str
    vms: tuple[str, ...]
    plan: str


class NetworkGuess(Struct, frozen=True, kw_only=True):
    """A network that drills might use. ``leaks`` say why not; none means isolated."""

    name: str
    title: str
    leaks: tuple[str, ...]


def machines(topology: Topology) -> tuple[str, ...]:
    """Every Windows machine that was found, whether it answered or not."""
    found = {target.endpoint for target in topology.targets if target.role in MACHINE_ROLES}
    found |= {name for server in topology.seen(VmmServer) for name in (server.host, *server.nodes)}
    found |= {fact.host for fact in topology.seen(ManagedHost)}
    listeners = [name for group in topology.seen(AvailabilityGroup) for name in group.listeners]
    names = {name.partition("\\")[0] for name in found if "." in name}
    return tuple(sorted(name for name in names if not any(same_host(name, one) for one in listeners)))


def replica_hosts(topology: Topology) -> tuple[str, ...]:
    """Hosts that replicas are sent to, and that nothing else has led to; names of brokers are left out."""
    known = {target.endpoint for target in topology.targets} | {
        name.dns_name or name.name for name in topology.seen(ClusterNetworkName)
    }
    sent = {fact.current_replica_server or fact.replica_server for fact in topology.seen(VmReplication)}
    return tuple(sorted(name for name in sent if "." in name and not any(same_host(name, one) for one in known)))


def sites(topology: Topology) -> tuple[SiteGuess, ...]:
    """Sites by the domains of the machines' names; where all share one, by VMM's host groups."""
    names = machines(topology)
    domains = sorted({name.partition(".")[2] for name in names})
    guesses = [_domain(domain, names) for domain in domains] if len(domains) > 1 else list(_groups(topology, names))
    regions = sorted({vault.location for vault in topology.seen(Vault) if vault.location})
    guesses += [
        SiteGuess(name=f"azure-{region}", rule="regions", patterns=(region,), why="where the vault is")
        for region in regions
    ]
    return tuple(guesses)


def applications(topology: Topology) -> tuple[ApplicationGuess, ...]:
    """One per recovery plan."""
    items = {item.key: item.name for item in topology.seen(ProtectedItem)}
    guesses: dict[str, ApplicationGuess] = {}
    for plan in topology.seen(RecoveryPlan):
        name = _slug(_PREFIX.sub("", plan.name))
        while name in guesses:
            name += "-2"
        vms = tuple(sorted(items[item] for item in plan.items if item in items))
        guesses[name] = ApplicationGuess(name=name, vms=vms, plan=plan.name)
    return tuple(guesses.values())


def in_no_plan(topology: Topology) -> tuple[str, ...]:
    """Machines of VMM that no recovery plan brings up."""
    planned = {name for guess in applications(topology) for name in guess.vms}
    return tuple(sorted({vm.name for vm in topology.seen(VmmVm)} - planned))


def virtual_networks(topology: Topology) -> tuple[NetworkGuess, ...]:
    """Azure networks, isolated ones first."""
    guesses = [
        NetworkGuess(
            name=network.key,
            title=network.name,
            leaks=tuple(leak for leak in network_leaks(topology, network.key) if _NOT_DECLARED not in leak),
        )
        for network in topology.seen(VirtualNetwork)
    ]
    return tuple(sorted(guesses, key=lambda guess: (bool(guess.leaks), guess.name)))


def switches(topology: Topology) -> tuple[NetworkGuess, ...]:
    """Switches of hosts that hold replicas, isolated ones first; one of a name that leaks anywhere leaks."""
    hosts = {vm.host for vm in topology.seen(HyperVVm) if vm.replication_mode in RECEIVING}
    found: dict[str, list[str]] = {}
    for switch in topology.seen(VmSwitch):
        if switch.host in hosts:
            found.setdefault(switch.name, []).extend(_wired(switch))
    guesses = [NetworkGuess(name=name, title=name, leaks=tuple(leaks)) for name, leaks in found.items()]
    return tuple(sorted(guesses, key=lambda guess: (bool(guess.leaks), guess.name)))


def _wired(switch: VmSwitch) -> Iterator[str]:
    if switch.switch_type != "Private":
        yield f"{switch.switch_type} on {switch.host}, not Private"
    if switch.uplinks:
        yield f"wired to {', '.join(switch.uplinks)}"
    if switch.allow_management_os:
        yield f"shared with {switch.host} itself"


def _domain(domain: str, names: tuple[str, ...]) -> SiteGuess:
    own = [name.partition(".")[0] for name in names if name.partition(".")[2] == domain]
    return SiteGuess(name=_slug(domain), rule="hosts", patterns=(f"*.{domain}",), why=", ".join(own))


def _groups(topology: Topology, names: tuple[str, ...]) -> Iterator[SiteGuess]:
    """One per top host group; machines that VMM does not manage are listed apart."""
    groups: dict[str, list[str]] = {}
    for host in topology.seen(ManagedHost):
        parts = host.host_group.split("\\")
        groups.setdefault(parts[1] if len(parts) > 1 else "all-hosts", []).append(host.host)
    managed = {name for hosts in groups.values() for name in hosts}
    for group, hosts in sorted(groups.items()):
        why = f"VMM's host group {group}"
        yield SiteGuess(name=_slug(group), rule="hosts", patterns=tuple(sorted(hosts)), why=why)
    rest = tuple(name for name in names if name not in managed)
    if rest:
        yield SiteGuess(name="unplaced", rule="hosts", patterns=rest, why="not in VMM: move each to its site")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed"
