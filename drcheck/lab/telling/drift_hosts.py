"""How do hosts, libraries and links drift away? Faults as in ``drift``, of what machines stand on."""

from typing import Any, cast

from drcheck.lab.azure.build import plan_id, plan_named
from drcheck.lab.state.world import World
from drcheck.lab.telling.building import ISOLATED_SWITCH, vm_named
from drcheck.lab.telling.drift import Findings, both_sides, fail, unknown


def version_raised(world: World, vm_name: str) -> Findings:
    """A machine's configuration version was raised to one that its replica's host does not know."""
    vm = vm_named(world, vm_name)
    vm.version = "12.0"
    yield fail("DR-HVR-101", both_sides(vm)[1])


def library_at_home(world: World, plan: str, path: str) -> Findings:
    """The scripts of a plan were moved to a file server of the primary site."""
    for group in plan_named(world, plan).groups:
        for action in (*group.start, *group.end):
            if action.kind == "ScriptActionDetails":
                action.detail = path
    yield fail("DR-VHA-005", plan_id(world, plan))


def pool_deleted(world: World, network: str) -> Findings:
    """The pool was deleted that the machines of a VM network have their addresses from."""
    found = next(one for one in world.vmm[0].networks if one.name == network)
    found.pool = None
    yield fail("DR-IPC-001", found.id)


def link_narrowed(world: World, mbps: float) -> Findings:
    """The line between the sites was replaced by a cheaper one, while what goes over it does not tell its size."""
    links = cast("list[dict[str, Any]]", world.estate["links"])
    links[0]["mbps"] = mbps
    key = "<>".join(sorted(links[0]["between"]))
    yield fail("DR-BWC-003", key)
    yield unknown("DR-BWC-002", key)  # replication stands still, and there is no cycle in its window


def winrm_closed(world: World, observer: str, host: str) -> Findings:
    """A firewall rule was tidied away: nobody at the site can manage the host with the VMM server's replica."""
    world.paths.ports[observer, host, 5986] = "timed-out"
    yield "DR-NET-006", f"{observer}>{host}:5986", "FAIL"
    yield fail("DR-VMM-006", world.vmm[0].name)


def drill_switch_on_the_wrong_host(world: World, host: str, instead: str) -> Findings:
    """The replicas' host was installed anew, and the isolated switch was made on another one."""
    there = world.hosts[host].switches
    switch = next(one for one in there if one.name == ISOLATED_SWITCH)
    there.remove(switch)
    world.hosts[instead].switches.append(switch)
    yield fail("DR-NET-102", f"hyperv:{ISOLATED_SWITCH}".lower())
