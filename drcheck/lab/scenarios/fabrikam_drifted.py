"""The estate of ``fabrikam`` after a year without anybody looking: many faults, one of them a host that says no."""

from drcheck.lab.scenarios import fabrikam
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import World
from drcheck.lab.telling.building import vm_named
from drcheck.lab.telling.drift import (
    Finding,
    action_without_directions,
    both_sides,
    broker_failed,
    drill_switch_external,
    dynamic_quorum_off,
    heartbeat_slackened,
    host_silent,
    item_behind,
    needed_last,
    network_unmapped,
    nodes_down,
    replica_dropped,
    replica_stalled,
    replica_suspended,
    settle,
    step_forgotten,
    unknown,
    witness_at,
)
from drcheck.lab.telling.drift_drills import not_drilled_lately, switchover_forgotten
from drcheck.lab.telling.drift_upkeep import (
    another_account,
    backups_stopped,
    exchange_stopped,
    never_validated_again,
    retention_cut,
    runtime_retired,
    session_stopped,
    subnet_forgotten,
)
from drcheck.lab.telling.estates import DAY

SILENT = fabrikam.host("hv-lon2")


def build(seed: int = 0, *, now: float | None = None) -> World:
    """The estate with every fault; ids are those of ``fabrikam``, so that the two can be compared."""
    moment = LabClock().now() if now is None else now
    world = fabrikam.build(seed, now=moment)
    _drift(world, moment)
    return world


def _drift(world: World, now: float) -> tuple[Finding, ...]:
    files = vm_named(world, "FS01")
    clusters = {cluster.name.partition(".")[0]: cluster for cluster in world.clusters}
    return settle(
        witness_at(clusters["vmmcl"], "\\\\fs-lon1.fabrikam.lab\\vmmcl-witness"),
        nodes_down(world, clusters["vmmcl"], [fabrikam.host("vmm-lds1"), fabrikam.host("vmm-lds2")]),
        another_account(world, fabrikam.host("vmm-lon2"), "FABRIKAM\\svc-vmm-test"),
        dynamic_quorum_off(clusters["hvlon"]),
        never_validated_again(clusters["sqlcl"], days=900),
        runtime_retired(world, "Warm-OrderCache"),
        subnet_forgotten(world, "vnet-drill", "front"),
        heartbeat_slackened(clusters["vmmcl"]),
        replica_dropped(world, "ag-vmm", fabrikam.host("sql-lds1")),
        backups_stopped(world, "ag-ops", days=20),
        session_stopped(world, fabrikam.host("sql-lds1")),
        replica_suspended(world, "ag-ops", fabrikam.host("sql-lds1"), hours=9),
        replica_stalled(world, "FS01", hours=30, now=now),
        exchange_stopped(world, "FS01"),
        broker_failed(clusters["hvlon"]),
        network_unmapped(world, "front"),
        item_behind(world, "ORD-DB01", hours=5),
        retention_cut(world, "ID-DC01", "ORD-APP01", "ORD-WEB01"),
        action_without_directions(world, "rp-orders"),
        needed_last(world, "rp-orders", ["ID-DC01"]),
        drill_switch_external(world),
        not_drilled_lately(world, "files", "FS", days=400),
        switchover_forgotten(world, "operations", days=380, now=now),
        step_forgotten(world, "FS01"),
        host_silent(world, SILENT, "401"),
        iter(
            (
                unknown("DR-GOV-004", "run"),
                unknown("DR-NET-102", "hyperv:dr test (isolated)"),  # the silent host may keep replicas
                unknown("DR-GOV-105", f"database:{fabrikam.VMM}"),
                unknown("DR-BWC-002", "leeds<>london"),  # replication stands still: no cycle in its window
                unknown("DR-BWC-003", "leeds<>london"),
                unknown("DR-HVR-006", both_sides(files)[0]),  # the silent host sends from the same shared volume
            )
        ),
    )


EXPECT = _drift(fabrikam.build(now=400 * DAY), 400 * DAY)
