"""Is what stands for good on a drill switch where it belongs, and nowhere else?"""

from collections.abc import Iterator, Sequence

from drcheck.topology.declared import DrillNetwork
from drcheck.topology.hyperv import RECEIVING, HyperVVm


def standing_leaks(network: DrillNetwork, machines: Sequence[HyperVVm], host: str) -> Iterator[str]:
    """What is wrong with a canary, and with what stands beside it on the switch.

    Args:
        network: what is declared of the switch.
        machines: those of the host that are declared to stand there.
        host: the replica host.
    """
    for machine in machines:
        elsewhere = [one.switch for one in machine.adapters if one.switch not in ("", network.name)]
        if elsewhere:
            yield f"{machine.name} stands on {network.name!r} and is connected to {elsewhere[0]!r} as well: a way out"
        if machine.replication_mode in RECEIVING:
            yield f"{machine.name} on {host} is declared to stand on {network.name!r} and is a replica"
    for name in (network.canary, *network.beside):
        found = [one for one in machines if name and name.lower() in (one.vm_id, one.name.lower())]
        if name and len(found) != 1:
            yield f"{host} has {len(found)} machines {name!r} to stand on {network.name!r}; exactly one is needed"
        elif found and name == network.canary:
            yield from _canary(found[0], network)


def _canary(machine: HyperVVm, network: DrillNetwork) -> Iterator[str]:
    if machine.state != "Running":
        yield f"the canary {machine.name} is {machine.state}"
    if all(one.switch != network.name for one in machine.adapters):
        yield f"the canary {machine.name} is not connected to {network.name!r}"
