"""Which questions about networks and machines of the subscription does the simulated ARM answer?"""

from drcheck.lab.arm.answers import Answer, ArmError, Ask, Json, Route, not_found, plain, ticks
from drcheck.lab.arm.orders import text
from drcheck.lab.arm.own_scripts import own_script
from drcheck.lab.arm.render_azure import (
    render_disk,
    render_group,
    render_instance_view,
    render_interface,
    render_machine,
    render_result,
    render_subscription,
    render_vnet,
)
from drcheck.lab.azure.guest import run_command
from drcheck.lab.azure.network import Command, DiskResource, Interface, Machine, VNet

_SUB = "/subscriptions/{sub}"
_GROUP = _SUB + "/resourcegroups/{rg}"
_NETWORK = "/providers/microsoft.network"
_COMPUTE = "/providers/microsoft.compute"
_MACHINE = f"{_GROUP}{_COMPUTE}/virtualmachines/{{name}}"


def _in_group(ask: Ask, group: str) -> bool:
    return ask.args.get("rg", group).lower() == group.lower()


def _known_group(ask: Ask) -> str:
    """ARM answers for a group that does not exist with an error, not with an empty list."""
    name = ask.args.get("rg", "")
    if name and name.lower() not in {group.lower() for group in ask.azure.resource_groups}:
        raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
    return name


def _vnets(ask: Ask) -> Answer:
    _known_group(ask)
    return plain([render_vnet(ask, vnet) for vnet in ask.azure.vnets.values() if _in_group(ask, vnet.resource_group)])


def _vnet(ask: Ask) -> VNet:
    kind = "Microsoft.Network/virtualNetworks"
    vnet = ask.azure.vnets.get(ask.azure.resource_id(_known_group(ask), kind, ask.args["name"]).lower())
    if vnet is None:
        raise not_found(f"{kind}/{ask.args['name']}", ask.args["rg"])
    return vnet


def _interfaces(ask: Ask) -> Answer:
    _known_group(ask)
    chosen = [nic for nic in ask.azure.interfaces.values() if _in_group(ask, nic.resource_group)]
    return plain([render_interface(ask, nic) for nic in chosen])


def _interface(ask: Ask) -> Interface:
    kind = "Microsoft.Network/networkInterfaces"
    found = ask.azure.interfaces.get(ask.azure.resource_id(_known_group(ask), kind, ask.args["name"]).lower())
    if found is None:
        raise not_found(f"{kind}/{ask.args['name']}", ask.args["rg"])
    return found


def _machines(ask: Ask) -> Answer:
    _known_group(ask)
    chosen = [machine for machine in ask.azure.machines.values() if _in_group(ask, machine.resource_group)]
    return plain([render_machine(ask, machine) for machine in chosen])


def _machine(ask: Ask) -> Machine:
    kind = "Microsoft.Compute/virtualMachines"
    machine = ask.azure.machines.get(ask.azure.resource_id(_known_group(ask), kind, ask.args["name"]).lower())
    if machine is None:
        raise not_found(f"{kind}/{ask.args['name']}", ask.args["rg"])
    return machine


def _get_machine(ask: Ask) -> Answer:
    machine = _machine(ask)
    body = render_machine(ask, machine)
    if ask.query.get("$expand", "").lower() == "instanceview":
        properties = body["properties"]
        assert isinstance(properties, dict)  # noqa: S101 - for the type checker; render_machine wrote it
        body = {**body, "properties": {**properties, "instanceView": render_instance_view(ask, machine)}}
    return Answer(body=body)


def _disks(ask: Ask) -> Answer:
    _known_group(ask)
    chosen = [disk for disk in ask.azure.disks.values() if _in_group(ask, disk.resource_group)]
    return plain([render_disk(disk) for disk in chosen])


def _disk(ask: Ask) -> DiskResource:
    kind = "Microsoft.Compute/disks"
    disk = ask.azure.disks.get(ask.azure.resource_id(_known_group(ask), kind, ask.args["name"]).lower())
    if disk is None:
        raise not_found(f"{kind}/{ask.args['name']}", ask.args["rg"])
    return disk


def _groups(ask: Ask) -> Answer:
    return plain([render_group(ask, group) for group in ask.azure.resource_groups])


def _group(ask: Ask) -> Answer:
    wanted = _known_group(ask).lower()
    return Answer(body=next(render_group(ask, name) for name in ask.azure.resource_groups if name.lower() == wanted))


def _run(ask: Ask) -> Answer:
    """Take a Run Command; Azure allows one at a time in a machine."""
    machine = _machine(ask)
    shell, script = text(ask.body, "commandId"), ask.body.get("script")
    if shell not in {"RunPowerShellScript", "RunShellScript"} or not isinstance(script, list):
        raise ArmError(400, "BadRequest", "The request needs a known 'commandId' and a 'script' that is a list.")
    if machine.power != "running":
        text_ = "The operation requires the VM to be running (or set to run)."
        raise ArmError(409, "OperationNotAllowed", text_)
    if machine.running_command:
        text_ = (
            "Run command extension execution is in progress. Please wait for completion before invoking a run command."
        )
        raise ArmError(409, "Conflict", text_)
    lines = "\n".join(str(line) for line in script)
    command = Command(
        id=ask.engine.new_id("command"),
        machine=machine.id,
        shell=shell,
        script=lines,
        started=ask.now,
        parameters=_parameters(ask),
    )
    machine.running_command = command.id
    ask.azure.commands[command.id] = command
    ask.engine.follow(run_command(ask.engine, machine, command, own_script))
    version = ask.query["api-version"]
    place = f"{ask.base}/subscriptions/{ask.azure.subscription}/providers/Microsoft.Compute/locations/{machine.region}"
    status = f"{place}/operations/{command.id}?api-version={version}"
    headers = {"Azure-AsyncOperation": status, "Location": f"{status}&monitor=true", "Retry-After": "1"}
    return Answer(status=202, headers=headers)


def _parameters(ask: Ask) -> dict[str, str]:
    """What the script is given by name."""
    given = ask.body.get("parameters") or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise ArmError(400, "BadRequest", "'parameters' is a list of names and values.")
    return {text(one, "name"): text(one, "value") for one in given}


def _operation(ask: Ask) -> Answer:
    """Progress of a Run Command; with ``monitor=true``, its result alone."""
    command = ask.azure.commands.get(ask.args["operation"].lower())
    if command is None:
        raise ArmError(404, "NotFound", f"The operation {ask.args['operation']} was not found.")
    if ask.query.get("monitor") == "true":
        if command.state == "InProgress":
            return Answer(status=202, headers={"Retry-After": "1"})
        if command.state == "Failed":
            raise ArmError(409, "OperationPreempted", "The machine was deleted while the command ran.")
        return Answer(body=render_result(command))
    return Answer(body=_progress(command), headers={} if command.ended else {"Retry-After": "1"})


def _progress(command: Command) -> Json:
    from_state: dict[str, object] = {"startTime": _time(command.started), "status": command.state, "name": command.id}
    if command.ended is not None:
        from_state["endTime"] = _time(command.ended)
    if command.state == "Succeeded":
        from_state["properties"] = {"output": render_result(command)}
    if command.state == "Failed":
        message = "The machine was deleted while the command ran."
        from_state["error"] = {"code": "OperationPreempted", "message": message}
    return from_state


def _time(moment: float) -> str:
    return f"{ticks(moment)[:-1]}+00:00"


ROUTES: tuple[Route, ...] = (
    ("GET", _SUB, lambda ask: Answer(body=render_subscription(ask))),
    ("GET", f"{_SUB}/resourcegroups", _groups),
    ("GET", _GROUP, _group),
    ("GET", f"{_SUB}{_NETWORK}/virtualnetworks", _vnets),
    ("GET", f"{_GROUP}{_NETWORK}/virtualnetworks", _vnets),
    ("GET", f"{_GROUP}{_NETWORK}/virtualnetworks/{{name}}", lambda ask: Answer(body=render_vnet(ask, _vnet(ask)))),
    ("GET", f"{_SUB}{_NETWORK}/networkinterfaces", _interfaces),
    ("GET", f"{_GROUP}{_NETWORK}/networkinterfaces", _interfaces),
    (
        "GET",
        f"{_GROUP}{_NETWORK}/networkinterfaces/{{name}}",
        lambda ask: Answer(body=render_interface(ask, _interface(ask))),
    ),
    ("GET", f"{_SUB}{_COMPUTE}/virtualmachines", _machines),
    ("GET", f"{_GROUP}{_COMPUTE}/virtualmachines", _machines),
    ("GET", _MACHINE, _get_machine),
    ("GET", f"{_MACHINE}/instanceview", lambda ask: Answer(body=render_instance_view(ask, _machine(ask)))),
    ("POST", f"{_MACHINE}/runcommand", _run),
    ("GET", f"{_SUB}{_COMPUTE}/locations/{{location}}/operations/{{operation}}", _operation),
    ("GET", f"{_SUB}{_COMPUTE}/disks", _disks),
    ("GET", f"{_GROUP}{_COMPUTE}/disks", _disks),
    ("GET", f"{_GROUP}{_COMPUTE}/disks/{{name}}", lambda ask: Answer(body=render_disk(_disk(ask)))),
)
"""Microsoft.Network, Microsoft.Compute and resource groups."""
