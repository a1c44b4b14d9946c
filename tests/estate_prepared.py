"""Builders of what the people of the small healthy estate have prepared, and of what its machines say of TLS."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from drcheck.topology.base import Fact
from drcheck.topology.cluster import ValidationReport
from drcheck.topology.prepared import BreakGlass, DataFile, DrillController, KitPart, QuorumDesign, RecoveryKit
from drcheck.topology.tls import Framework, HostTls, NodeTls, Protocol
from tests.estate_names import HA_VMM, HV_CLUSTER, HV_CLUSTER_NAME, HV_LDS, HV_LON, SQL_CLUSTER, VMM01, VMM_CLUSTER
from tests.estate_sql_vmm_site import SQL_CLUSTER_NAME
from tests.estates import ago, seen

PARTS = ("runbook", "contacts", "keys", "media")
FIRST = "LEDGER-DB01"
"""The machine that the recovery plan starts first stands for a copied controller."""
CONTROLLER = "dc0.lon.contoso.lab"


def data_file(name: str = "limits.yaml", **fields: Any) -> DataFile:
    given: dict[str, Any] = {"values": 7, "oldest": "recovery-plan.groups", "as_of": date(2026, 11, 1)}
    return DataFile(key=name, seen=seen("estate"), name=name, **(given | fields))


def design(name: str = HV_CLUSTER_NAME, **fields: Any) -> QuorumDesign:
    given: dict[str, Any] = {"witness": "share", "votes": ((HV_LDS, 1),), "dynamic_quorum": True}
    return QuorumDesign(key=name, seen=seen("estate"), name=name, **(given | fields))


def break_glass(name: str = "hyper-v", **fields: Any) -> BreakGlass:
    given: dict[str, Any] = {
        "kept_at": ("london", "leeds"), "holders": ("one", "other"), "needs": (HV_LDS,), "domain": "contoso.lab",
        "tested": date(2026, 11, 1),
    }  # fmt: skip
    return BreakGlass(key=name, seen=seen("estate"), name=name, **(given | fields))


def drill_controller(name: str = FIRST, **fields: Any) -> DrillController:
    given: dict[str, Any] = {"host": CONTROLLER, "fsmo": "seize", "generation_id_accepted": True}
    return DrillController(key=name, seen=seen("estate"), name=name, **(given | fields))


def part(name: str, **fields: Any) -> KitPart:
    given: dict[str, Any] = {"kept_at": ("leeds",), "reviewed": date(2026, 11, 1)}
    return KitPart(name=name, **(given | fields))


def kit(*parts: KitPart) -> RecoveryKit:
    """The whole kit, with these parts instead of its own."""
    known = {name: part(name) for name in PARTS} | {one.name: one for one in parts}
    return RecoveryKit(key="recovery kit", seen=seen("estate"), parts=tuple(known.values()))


def protocols(**told: tuple[int | None, int | None]) -> tuple[Protocol, ...]:
    """All three; ``v12=(enabled, disabled by default)`` changes one."""
    known: dict[str, tuple[int | None, int | None]] = {"v10": (0, 1), "v11": (0, 1), "v12": (1, 0), **told}
    return tuple(
        Protocol(version=f"1.{name[-1]}", enabled=enabled, disabled_by_default=disabled)
        for name, (enabled, disabled) in known.items()
    )


def frameworks(strong: int | None = 1, default: int | None = 1, *, bits: int = 0) -> tuple[Framework, ...]:
    """Both halves of the registry as told, or one of them."""
    return tuple(
        Framework(
            bits=half,
            strong_crypto=strong if bits in (0, half) else 1,
            system_default=default if bits in (0, half) else 1,
        )
        for half in (64, 32)
    )


def host_tls(host: str) -> HostTls:
    return HostTls(key=host, seen=seen(host), host=host, protocols=protocols(), frameworks=frameworks())


def node_tls(host: str) -> NodeTls:
    return NodeTls(key=host, seen=seen(host), host=host, protocols=protocols(), frameworks=frameworks())


def report(cluster: str, endpoint: str, **fields: Any) -> ValidationReport:
    given: dict[str, Any] = {"name": "Validation Report 1.htm", "written": ago(days=100)}
    given["key"] = f"{cluster}/report"
    return ValidationReport(seen=seen(endpoint), cluster=cluster, **(given | fields))


def prepared_facts() -> Iterable[Fact]:
    yield data_file()
    yield data_file("lifecycle.yaml")
    yield design()
    yield break_glass()
    yield drill_controller()
    yield kit()
    yield report(HV_CLUSTER, HV_CLUSTER_NAME)
    yield report(VMM_CLUSTER, HA_VMM)
    yield report(SQL_CLUSTER, SQL_CLUSTER_NAME)
    yield from (host_tls(host) for host in (HV_LON, HV_LDS))
    yield from (node_tls(host) for host in (VMM01, "vmma.lon.contoso.lab", "vmmb.lds.contoso.lab"))
