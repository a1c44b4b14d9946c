"""The estate of ``contoso`` after a year without anybody looking: many faults, one of them a silent host."""

from drcheck.lab.scenarios import contoso
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.fabric import SqlInstance
from drcheck.lab.state.world import World
from drcheck.lab.telling.building import add_host
from drcheck.lab.telling.drift import (
    Finding,
    action_without_types,
    broker_failed,
    database_moved_away,
    disk_added,
    drill_network_peered,
    host_silent,
    item_behind,
    locked_in,
    needed_last,
    network_unmapped,
    never_protected,
    replica_stalled,
    retired_method,
    settle,
    tls_switched_off,
    unknown,
    vmm_in_protected_cloud,
)
from drcheck.lab.telling.drift_drills import (
    canary_got_out,
    finding_forgotten,
    guest_unprepared,
    not_drilled_lately,
    signed_by_the_executor,
)
from drcheck.lab.telling.drift_hosts import (
    drill_switch_on_the_wrong_host,
    library_at_home,
    link_narrowed,
    pool_deleted,
    version_raised,
    winrm_closed,
)
from drcheck.lab.telling.drift_upkeep import backup_service_off, licence_never_chosen
from drcheck.lab.telling.estates import DAY

SQL = "sql-lon1.lon.contoso.lab"
LIBRARY = "\\\\fs-lon1.lon.contoso.lab\\library\\Set-Dns.ps1"
SILENT = "hv-lon6.lon.contoso.lab"


def build(seed: int = 0, *, now: float | None = None) -> World:
    """The estate with every fault; ids are those of ``contoso``, so that the two can be compared."""
    moment = LabClock().now() if now is None else now
    world = contoso.build(seed, now=moment)
    _drift(world, moment)
    return world


def _drift(world: World, now: float) -> tuple[Finding, ...]:
    add_host(world, SQL, "sql")
    world.sql.append(SqlInstance(host=SQL))
    first, second = world.clusters
    return settle(
        vmm_in_protected_cloud(world, "VMM01", "gold"),
        database_moved_away(world, SQL),
        replica_stalled(world, "VMM01", hours=30, now=now),
        version_raised(world, "VMM01"),
        library_at_home(world, "rp-corporate", LIBRARY),
        pool_deleted(world, "db"),
        link_narrowed(world, 10),
        winrm_closed(world, contoso.LEEDS_DC, contoso.LEEDS),
        broker_failed(first),
        never_protected(world, "WEB-API02"),
        network_unmapped(world, "dmz"),
        disk_added(world, "PAY-SQL02"),
        item_behind(world, "ERP-DB01", hours=7),
        licence_never_chosen(world, "ERP-APP02"),
        backup_service_off(world, "WEB-DB01"),
        action_without_types(world, "rp-payments"),
        needed_last(world, "rp-payments", ["ID-DC01", "ID-DC02"]),
        drill_switch_on_the_wrong_host(world, contoso.LEEDS, "hv-lon1.lon.contoso.lab"),
        drill_network_peered(world, "vnet-drill", "vnet-hub"),
        canary_got_out(world, "rp-payments", "ID-DC01"),
        not_drilled_lately(world, "erp", "ERP-", days=200),
        locked_in(world, "london"),
        tls_switched_off(world, "hv-lon2.lon.contoso.lab"),
        signed_by_the_executor(world, "rp-payments-quarterly-1"),
        finding_forgotten(world, "vmm-first-1", days=20, now=now),
        guest_unprepared(world, "PAY-WEB01"),
        retired_method(world, "BLD-AGT01"),
        host_silent(world, SILENT, "refuse"),
        iter(
            (
                unknown("DR-GOV-004", "run"),
                unknown("DR-HVR-003", second.id),
                unknown("DR-NET-003", "hyperv:dr test (isolated)"),
            )
        ),
    )


EXPECT = _drift(contoso.build(now=400 * DAY), 400 * DAY)
