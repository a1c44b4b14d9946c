"""What did a drill go through, where, and what did it leave out? The scope that its record tells."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from drcheck.drill import Context
from drcheck.drill.held import Held
from drcheck.drill.timing.losses import named
from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.declared import Application
from drcheck.topology.membership import application_of
from drcheck.topology.quorum import cluster_of
from drcheck.topology.sites import site_of
from drcheck.topology.vmm import VmmVm
from drcheck.topology.workload import machines_of as machines_of_application

AnswerT = TypeVar("AnswerT")


def scope(held: Held, context: Context, applications: Sequence[Application]) -> dict[str, Any]:
    """Everything that took part, by name and id, and what did not.

    Args:
        held: the drill, over.
        context: what it worked with.
        applications: those that it was about.
    """
    topology, impact = context.topology, held.spec.business_impact
    return {
        "applications": [{"name": one.name, "tier": one.tier, "owner": one.owner} for one in applications],
        "machines": [{"name": name, "id": vm_id} for name, vm_id in machines_of(held, topology)],
        "plans": msgspec.to_builtins(held.plans),
        "availability_groups": sorted(
            part.target for group in held.spec.groups for part in group.parts if part.availability_group
        ),
        "hosts": list(held.hosts),
        "clusters": sorted(set(_clusters(held, topology))),
        "site": held.subject.site if held.subject else "",
        "sites": sorted(set(_sites(held, topology))),
        "out_of_scope": [{"what": what, "why": why} for what, why in held.spec.out_of_scope],
        "not_drilled": [one for application in applications for one in _not_drilled(held, topology, application)],
        "targets": [
            {"application": one.name, "rto_seconds": one.rto_seconds, "rpo_seconds": one.rpo_seconds}
            for one in applications
        ],
        "business_impact": msgspec.to_builtins(impact),
    }


def applications_of(held: Held, topology: Topology) -> tuple[Application, ...]:
    """The applications that the drilled machines belong to, by name; those that cannot be told are left out."""
    found = {one.key: one for name, vm_id in machines_of(held, topology) if (one := owner_of(topology, vm_id, name))}
    named = {held.spec.application, held.subject.application if held.subject else ""} - {""}
    found |= {one.key: one for one in topology.seen(Application) if one.name in named}
    return tuple(sorted(found.values(), key=lambda one: one.name))


def machines_of(held: Held, topology: Topology) -> list[tuple[str, str]]:
    """Name and id of each machine that was to be brought up."""
    return named(topology, held.vm_ids)


def owner_of(topology: Topology, vm_id: str, name: str) -> Application | None:
    """The application of a machine; ``None`` as well where that is not known."""
    return _known(lambda: application_of(topology, vm_id, name))


def _clusters(held: Held, topology: Topology) -> Iterator[str]:
    for host in held.hosts:
        cluster = _known(partial(cluster_of, topology, host))
        if cluster is not None:
            yield cluster.name


def _sites(held: Held, topology: Topology) -> Iterator[str]:
    """Where copies came up: those of the hosts, and of the regions of virtual networks."""
    networks = {name.strip().lower() for name in held.spec.network_name.split(",")}
    regions = [one.location for one in topology.seen(VirtualNetwork) if one.key in networks]
    for where in (*held.hosts, *regions):
        site = _known(partial(site_of, topology, where))
        if site is not None:
            yield site.name


def _not_drilled(held: Held, topology: Topology, application: Application) -> Iterator[dict[str, Any]]:
    """Machines of an application that the drill did not bring up, as far as VMM was seen to have any."""
    machines: Sequence[VmmVm] = _known(lambda: machines_of_application(topology, application)) or ()
    missing = sorted(vm.name for vm in machines if vm.key not in held.vm_ids)
    if missing:
        yield {"application": application.name, "machines": missing}


def _known(ask: Callable[[], AnswerT]) -> AnswerT | None:
    """What is known; a record tells it where it is, and no verdict rests on it."""
    try:
        return ask()
    except Unknown:
        return None
