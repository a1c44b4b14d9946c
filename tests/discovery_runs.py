"""A small estate that can be discovered, and a progress that remembers; for tests of the driver."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from drcheck.discovery.driver import discover
from drcheck.estate import Estate
from drcheck.topology.base import Gap, Target, Topology
from tests.pretend_machines import (
    Pretend,
    Ticking,
    cluster_rows,
    hyperv_rows,
    machine,
    sql_rows,
    vmm_rows,
)

VMM = Target(role="vmm", endpoint="vmm.lab")
HV1 = Target(role="hyperv", endpoint="hv1.lab")
NODES = ("hv1.lab", "hv2.lab")


@dataclass
class Noted:
    """A progress that remembers."""

    seen: list[str] = field(default_factory=list)
    started_at: list[tuple[str, str]] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)
    closed: int = 0

    def found(self, target: Target) -> None:
        self.seen.append(target.scope)

    def started(self, target: Target, machine: str) -> None:
        self.started_at.append((target.scope, machine))

    def done(self, target: Target, *, facts: int, gaps: Sequence[Gap], seconds: float) -> None:
        assert facts >= 0
        assert seconds >= 0
        assert all(gap.scope == target.scope for gap in gaps)
        self.ended[target.scope] += 1

    def close(self) -> None:
        self.closed += 1


def contoso() -> Pretend:
    """VMM with its database on itself, two hosts in one cluster."""
    return Pretend(
        machines={
            "vmm.lab": machine(vmm_rows("vmm.lab", hosts=NODES, clusters={"hvcl.lab": NODES}), sql_rows("vmm.lab")),
            "hv1.lab": machine(hyperv_rows("vm1"), cluster_rows("hvcl.lab", NODES)),
            "hv2.lab": machine(hyperv_rows("vm2"), cluster_rows("hvcl.lab", NODES)),
        }
    )


def discovered(pretend: Pretend, given_estate: Estate, progress: Noted | None = None) -> Topology:
    clock = Ticking()
    return discover(
        given_estate,
        now=clock.now,
        monotonic=clock.monotonic,
        progress=progress or Noted(),
        via=pretend.transports(),
    )
