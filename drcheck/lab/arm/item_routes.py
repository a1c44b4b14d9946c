"""Which questions and orders about machines does the simulated Site Recovery answer?"""

import re
from collections.abc import Iterator

from drcheck.lab.arm.answers import Answer, ArmError, Ask, Handler, Json, Route, everything, no_such, paged
from drcheck.lab.arm.orders import accepted, target_network, text
from drcheck.lab.arm.paths import CONTAINER, ITEM, V
from drcheck.lab.arm.render_items import (
    allowed_operations,
    item_path,
    point_named,
    points,
    protectable_vms,
    render_item,
    render_point,
    render_protectable,
)
from drcheck.lab.arm.render_legacy import is_legacy
from drcheck.lab.arm.vault_routes import one
from drcheck.lab.azure.failover import Cleanup, TestFailover
from drcheck.lab.azure.realfailover import AFTER, start_real_operation
from drcheck.lab.azure.state import ProtectedItem

_BY_PLAN = re.compile(r"RecoveryPlanName eq '([^']*)'", re.IGNORECASE)


def _cloud(ask: Ask) -> str:
    wanted = ask.args["container"].lower()
    clouds = (cloud.id for server in ask.world.vmm for cloud in server.clouds)
    if wanted not in clouds:
        raise no_such(ask.args["container"])
    return wanted


def _item(ask: Ask) -> ProtectedItem:
    item = ask.vault.item_named(ask.args["item"])
    if item is None or item.cloud_id != _cloud(ask):
        raise no_such(ask.args["item"])
    return item


def _all_items(ask: Ask) -> Answer:
    items = ask.vault.items
    wanted = ask.query.get("$filter", "")
    if wanted:
        match = _BY_PLAN.fullmatch(wanted.strip())
        if match is None:
            raise ArmError(400, "BadRequest", f"the lab does not know the filter {wanted}", "FilterNotSupported")
        members = {
            name
            for plan in ask.vault.plans
            if plan.name.lower() == match.group(1).lower()
            for name in plan.item_names()
        }
        items = [item for item in items if item.name in members]
    return paged(ask, items, lambda item: render_item(ask, item))


def _items_of_cloud(ask: Ask) -> Answer:
    cloud = _cloud(ask)
    return everything([render_item(ask, item) for item in ask.vault.items if item.cloud_id == cloud])


def _get_item(ask: Ask) -> Answer:
    return Answer(body=render_item(ask, _item(ask)))


def _protectables(ask: Ask) -> Answer:
    cloud = _cloud(ask)
    return paged(ask, protectable_vms(ask, cloud), lambda vm: render_protectable(ask, vm, cloud), tail=True)


def _protectable(ask: Ask) -> Answer:
    cloud = _cloud(ask)
    named = (vm for vm in protectable_vms(ask, cloud) if vm.vmm_id == ask.args["name"].lower())
    return one([render_protectable(ask, vm, cloud) for vm in named], ask.args["name"])


def _points(ask: Ask) -> list[Json]:
    item = _item(ask)
    return [render_point(ask, item, moment) for moment in points(ask, item)]


def _sizes(ask: Ask) -> Answer:
    item = _item(ask)
    properties = {"name": item.size, "friendlyName": item.size, "cpuCoresCount": 2, "memoryInGB": 8, "errors": []}
    path = f"{item_path(ask, item)}/targetComputeSizes/{item.size}"
    return everything([{"id": path, "name": item.size, "type": "targetComputeSizes", "properties": properties}])


def _test_failover(ask: Ask) -> Answer:
    """Accepted whenever the item is replicated: a conflict shows in the job, as the service does it."""
    item, given = _item(ask), ask.properties()
    vnet = target_network(ask, given)
    if is_legacy(item.provider) or (item.protection_state, item.active_location) != ("Protected", "Primary"):
        _refuse("TestFailover", item)
    details = given.get("providerSpecificDetails")
    point_id = text(details, "recoveryPointId") if isinstance(details, dict) else ""
    point = point_named(ask, item, point_id) if point_id else None
    job = ask.engine.item_job(ask.vault, item, item_path(ask, item), "TestFailover", "Test failover")
    ask.engine.start(ask.vault, job, TestFailover(ask.engine, item, vnet, point=point))
    return accepted(ask, job.id, item_path(ask, item))


def _cleanup(ask: Ask) -> Answer:
    item = _item(ask)
    if not item.test_machine and not item.job_id:
        _refuse("TestFailoverCleanup", item)
    path = item_path(ask, item)
    job = ask.engine.item_job(ask.vault, item, path, "TestFailoverCleanup", "Test failover cleanup")
    ask.engine.start(ask.vault, job, Cleanup(ask.engine, item, text(ask.properties(), "comments")))
    return accepted(ask, job.id, path)


def _refuse(operation: str, item: ProtectedItem) -> None:
    """The service's own code for this was never recorded; the envelope was."""
    allowed = ", ".join(allowed_operations(item)) or "none"
    message = f"The operation {operation} is not allowed on {item.target_name}; allowed: {allowed}."
    raise ArmError(400, "BadRequest", message, "OperationNotAllowed")


def _real(operation: str) -> Handler:
    def handle(ask: Ask) -> Answer:
        item = _item(ask)
        path = item_path(ask, item)
        job = start_real_operation(ask.engine, ask.vault, item, path, operation)
        return accepted(ask, job.id, path)

    return handle


def _real_routes() -> Iterator[Route]:
    for operation in (*AFTER, "remove"):
        yield "POST", f"{ITEM}/{operation}", _real(operation)
    yield "DELETE", ITEM, _real("delete")


ROUTES: tuple[Route, ...] = (
    ("GET", f"{V}/replicationprotecteditems", _all_items),
    ("GET", f"{CONTAINER}/replicationprotecteditems", _items_of_cloud),
    ("GET", ITEM, _get_item),
    ("GET", f"{CONTAINER}/replicationprotectableitems", _protectables),
    ("GET", f"{CONTAINER}/replicationprotectableitems/{{name}}", _protectable),
    ("GET", f"{ITEM}/recoverypoints", lambda ask: everything(_points(ask))),
    ("GET", f"{ITEM}/recoverypoints/{{name}}", lambda ask: one(_points(ask), ask.args["name"])),
    ("GET", f"{ITEM}/targetcomputesizes", _sizes),
    ("POST", f"{ITEM}/testfailover", _test_failover),
    ("POST", f"{ITEM}/testfailovercleanup", _cleanup),
    *_real_routes(),
)
"""Machines: protectable, protected, their recovery points, and what can be done with them."""
