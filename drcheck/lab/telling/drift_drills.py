"""How does a programme of drills drift? Like ``drift``: each function breaks one thing and says what must be found."""

from datetime import UTC, datetime

from drcheck.lab.azure.build import item_id, item_named
from drcheck.lab.guests.finds import baseline
from drcheck.lab.state.inside import Inside
from drcheck.lab.state.world import World
from drcheck.lab.telling.building import vm_named
from drcheck.lab.telling.drift import Findings, fail, has_item
from drcheck.lab.telling.estates import DAY


def not_drilled_lately(world: World, application: str, prefix: str, *, days: float) -> Findings:
    """An application's machines were left out of the drills; their last success is too long ago."""
    ids = {vm.id for vm in world.vms.values() if vm.name.startswith(prefix)}
    for record in world.drill_records:
        known = record["vm_ids"]
        record["vm_ids"] = [one for one in known if one not in ids] if isinstance(known, list) else known
    world.drill_records[:] = [one for one in world.drill_records if one["vm_ids"] and one["target"] not in ids]
    for vm in world.vms.values():
        if vm.id in ids and has_item(world, vm):
            item_named(world, vm.name).last_test_age = days * DAY
    yield fail("DR-DRL-001", application)
    programme: dict[str, dict[str, object]] = world.estate["programme"]  # type: ignore[assignment]  # a section of it
    if application in programme["authors"]:
        yield fail("DR-DRL-103", application)
    if f"CHG-{application}" in programme["changes"]:
        yield "DR-DRL-102", f"CHG-{application}", "FAIL"


def signed_by_the_executor(world: World, drill: str) -> Findings:
    """Whoever held a drill signed its record as well."""
    record = next(one for one in world.drill_records if one["id"] == drill)
    executors = record["executors"]
    assert isinstance(executors, list)  # noqa: S101 - every record has them
    _review(world, drill)["reviewer"] = executors[0]
    yield fail("DR-DRL-007", drill)


def finding_forgotten(world: World, drill: str, *, days: float, now: float) -> Findings:
    """What a drill found was never mended, and was due days ago."""
    findings = _review(world, drill)["findings"]
    assert isinstance(findings, list)  # noqa: S101 - a scenario that breaks what it has not built is wrong
    due = datetime.fromtimestamp(now - days * DAY, UTC).date().isoformat()
    for one in findings:
        one |= {"due": due, "closed": None, "retest": ""}
    yield fail("DR-DRL-005", drill)


def guest_unprepared(world: World, vm_name: str) -> Findings:
    """Somebody set a machine up for its own site alone; its newest drill saw that."""
    vm = vm_named(world, vm_name)
    vm.inside = Inside(san_policy="OfflineShared", persistent_routes=("10.0.0.0,255.0.0.0,10.10.0.1,1",))
    record = max((one for one in world.drill_records if vm.id in _ids(one)), key=lambda one: str(one["started"]))
    probes: list[dict[str, object]] = record["probes"]  # type: ignore[assignment]  # a section of it
    looks = [one for one in probes if one["kind"] == "baseline" and one.get("vm_id") == vm.id]
    for look in looks:
        look["baseline"] = baseline(vm.inside)
    yield fail("DR-ASR-009", item_id(world, vm_name))


def _ids(record: dict[str, object]) -> list[object]:
    ids = record["vm_ids"]
    return ids if isinstance(ids, list) else []


def canary_got_out(world: World, plan: str, sentinel: str) -> Findings:
    """In the newest drill of a plan the canary reached production, which no configuration had shown."""
    records = [one for one in world.drill_records if str(one["target"]).endswith(f"/{plan}")]
    newest = max(records, key=lambda one: str(one["started"]))
    isolation: dict[str, list[dict[str, list[dict[str, object]]]]] = newest["isolation"]  # type: ignore[assignment]
    for proof in isolation["probes"]:
        for one in proof["tries"]:
            if one["name"] == sentinel:
                one["outcome"] = "open"
    yield fail("DR-NET-005", f"azure:{isolation['network']}")


def switchover_forgotten(world: World, application: str, *, days: float, now: float) -> Findings:
    """An application that has to be switched over for real was last switched over too long ago."""
    applications: dict[str, dict[str, object]] = world.estate["applications"]  # type: ignore[assignment]  # a section
    applications[application]["drilled"] = datetime.fromtimestamp(now - days * DAY, UTC).date()
    yield fail("DR-DRL-101", application)
    yield fail("DR-SQL-010", application)


def _review(world: World, drill: str) -> dict[str, object]:
    return next(one for one in world.drill_reviews if one["drill"] == drill)
