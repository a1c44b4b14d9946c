"""What do Hyper-V's failover cmdlets do when somebody types them? Everything that drcheck never sends.

They exist so that tests can tell a lab in which nothing real happens from one in which nothing real could happen.
"""

import re
from collections.abc import Callable, Mapping

from drcheck.lab.state.replication import ReplicaError, Replicator, relation
from drcheck.lab.state.world import Host, Vm, World

_LINE = re.compile(
    r"(?P<cmdlet>(?:Start|Stop|Complete)-VMFailover|(?:Set|Remove)-VMReplication|(?:Start|Remove)-VM)"
    r"\s+-(?:VMName|Name)\s+'?(?P<vm>[\w-]+)'?(?P<switches>(?:\s+-\w+(?::\$\w+)?)*)",
    re.IGNORECASE,
)


def acting(line: str) -> "re.Match[str] | None":
    """The line, if it is one that changes something."""
    return _LINE.fullmatch(line.strip())


async def act(world: World, replicator: Replicator, host: Host, line: "re.Match[str]") -> None:
    """Carry it out.

    Raises:
        ReplicaError: Hyper-V refuses.
    """
    vm = _vm(world, host, line["vm"])
    cmdlet, switches = line["cmdlet"].lower(), {each.lower() for each in line["switches"].split()}
    if cmdlet == "start-vmfailover" and "-astest" in switches:
        await replicator.start_test(vm, None)
    elif cmdlet == "stop-vmfailover":
        await replicator.stop(vm)
    elif cmdlet == "set-vmreplication" and "-reverse" not in switches:
        raise ReplicaError("InvalidParameter", "The lab sets nothing of a replication but its direction.")
    else:
        simple: Mapping[str, Callable[[Vm], None]] = {
            "start-vmfailover": replicator.prepare if "-prepare" in switches else replicator.start_failover,
            "complete-vmfailover": replicator.complete,
            "set-vmreplication": replicator.reverse,
            "remove-vmreplication": replicator.disable,
            "start-vm": replicator.start_replica,
            "remove-vm": replicator.delete,
        }
        simple[cmdlet](vm)


def _vm(world: World, host: Host, name: str) -> Vm:
    for vm in world.vms.values():
        here = {vm.host} | ({relation(vm).replica_host} if vm.replication else set())
        if vm.name.lower() == name.lower() and host.name in here:
            return vm
    raise ReplicaError("InvalidParameter", f"Hyper-V was unable to find a virtual machine with name '{name}'.")
