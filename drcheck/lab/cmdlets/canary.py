"""What do the verbs that ask a canary do on a simulated host?"""

from collections.abc import Mapping

from drcheck.lab.cmdlets.hyperv_machines import LocalVm, adapter_objects
from drcheck.lab.cmdlets.objects import Call, CmdletError
from drcheck.lab.guests.reaching import switch_named, tcp_lines


def connected(call: Call, local: LocalVm) -> list[str]:
    """The switches that a machine's adapters are connected to."""
    names = [str(adapter.values["SwitchName"]) for adapter in adapter_objects(call, local)]
    return [name for name in names if name]


def tcp_of_canary(call: Call, local: LocalVm, given: Mapping[str, object]) -> dict[str, object]:
    """The row of ``hyperv.canary.tcp``.

    Raises:
        CmdletError: the machine is not connected to the switch, or to another one too.
    """
    switches, wanted = connected(call, local), str(given.get("switch") or "")
    other = [name for name in switches if name != wanted]
    if other:
        raise CmdletError(
            "InvalidState", f"the canary is connected to another switch as well: {other[0]}", "InvalidOperation"
        )
    if not switches:
        raise CmdletError("InvalidState", "the canary is not connected to the switch", "InvalidOperation")
    return {"lines": guest_tcp(call, local, given)}


def guest_tcp(call: Call, local: LocalVm, given: Mapping[str, object]) -> list[str]:
    """PowerShell Direct into a machine that runs, and the guest script for TCP there."""
    world = call.world
    if local.state != "Running":
        return ["NoAnswer: 2100,PSDirectException"]
    account = (str(given.get("user") or "").lower(), str(given.get("password") or ""))
    if account != (world.guest_user.lower(), world.guest_password):
        return ["NoAnswer: InvalidCredential,PSDirectException"]
    networks = [switch_named(call.host.name, name) for name in connected(call, local)]
    return tcp_lines(world, networks, str(given.get("ends") or ""))
