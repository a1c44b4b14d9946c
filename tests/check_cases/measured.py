"""Cases of the checks on what drills measured and probed."""

from typing import Any

import msgspec

from drcheck.topology.base import Fact
from drcheck.topology.declared import Application
from drcheck.topology.drills import DrillFigure, DrillPhase, DrillProbe, DrillRecord, FigureSubject
from drcheck.topology.vmm import VmmVm
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estates import Change, add, ago, change, drop, lose, together, unchanged

BOTH = ("payments", "ledger")
RECORDS = "estate:estate"


def plan_drill(**fields: object) -> Change:
    return change(DrillRecord, "drill-plan", **fields)


def another(key: str, target: str = names.PLAN, **fields: object) -> Fact:
    return msgspec.structs.replace(facts.record(key, target, names.WEB_VM), **fields)


def figure(kind: str, seconds: float, uncertainty: float = 0.0, **fields: Any) -> DrillFigure:
    return DrillFigure(kind=kind, seconds=seconds, uncertainty_seconds=uncertainty, method="probe", **fields)


def probe(name: str, target: str = "PAY-WEB01", green: float | None = 60.0, **fields: object) -> DrillProbe:
    return DrillProbe(name=name, target=target, mandatory=bool(fields.pop("mandatory", True)), green_seconds=green)


def own(seconds: float) -> tuple[DrillFigure, ...]:
    """A drill of many applications, of which each has its own time."""
    subjects = (FigureSubject(kind="application", key=name) for name in BOTH)
    return (figure("rto", 99999.0), *(figure("rto", seconds, subject=subject) for subject in subjects))


timed = Table("DR-DRL-002", "payments")
timed.passes("its own time in a rehearsal of many", plan_drill(figures=own(600.0)), "10 min")
timed.fails("too long itself in a rehearsal of many", plan_drill(figures=own(14401.0)), "4 h", also=BOTH)
timed.passes("a bare number", unchanged, "10 min", "4 h")
timed.passes("exactly as long as allowed", plan_drill(rto_seconds=14400.0))
timed.passes("with its uncertainty", plan_drill(figures=(figure("rto", 14390.0, 10.0),)), "by probe")
timed.passes(
    "phases are told",
    plan_drill(
        phases=(DrillPhase(name="probes", seconds=300), DrillPhase(name="approve", seconds=900, declared=True)),
    ),
    "approve 15 min as declared, probes 5 min",
)
timed.passes(
    "the newest counts",
    add(another("old", rto_seconds=99999.0, started=ago(days=99), finished=ago(days=98))),
)
timed.passes(
    "a drill that measured nothing aside",
    add(another("new", rto_seconds=None, verdict="FAIL", started=ago(days=1), finished=ago(days=1))),
)
timed.passes(
    "a real switchover aside",
    add(another("real", rto_seconds=99999.0, drill_kind="planned-switchover", started=ago(days=1))),
)
timed.fails("a second too long", plan_drill(rto_seconds=14401.0), "4 h", also=BOTH)
timed.fails("in one of two plans", add(another("other", names.PLAN_2, rto_seconds=14401.0)), "drill other")
timed.fails(
    "others unread", together(plan_drill(rto_seconds=14401.0), lose(VmmVm, f"vmm:{names.HA_VMM}")),
    also=(*BOTH, "files"),
)  # fmt: skip
timed.unknown("too close to call", plan_drill(figures=(figure("rto", 14390.0, 11.0),)), also=BOTH)
timed.unknown("less than no time", plan_drill(rto_seconds=-1.0), also=BOTH)
timed.passes("no time, as far as clocks can tell", plan_drill(figures=(figure("rto", -1.0, 1.0),)))
timed.unknown("a wrong clock", plan_drill(figures=(figure("rto", 60.0, anomaly="clocks"),)), "clocks", also=BOTH)
timed.unknown("records unread", lose(DrillRecord, RECORDS), "DrillRecord", also=(*BOTH, "files"))
timed.unknown("the inventory unread", lose(VmmVm, f"vmm:{names.VMM01}"), "VmmVm", also=(*BOTH, "files"))
timed.unknown("no machine", change(VmmVm, names.WEB_VM, name="OTHER"), "no VM")
timed.skips("never drilled", drop(DrillRecord, "drill-plan"), "DR-DRL-001", also=BOTH)
timed.skips("never measured", plan_drill(rto_seconds=None), "DR-DRL-001", also=BOTH)
timed.skips("always on", unchanged, "no test failover", subject="identity")
timed.skips("no application", drop(Application), subject="estate")

lost = Table("DR-DRL-003", "payments")
lost.passes("a bare number", unchanged, "1 min ± 0 s", "15 min")
lost.passes("exactly as much as allowed", plan_drill(rpo_seconds=900.0))
lost.passes("by the platform", plan_drill(figures=(figure("rpo", 60.0),)), "by probe")
lost.fails("a second too much", plan_drill(rpo_seconds=901.0), "15 min", also=BOTH)
lost.fails("an older figure aside", together(plan_drill(figures=(figure("rpo", 901.0),))), also=BOTH)
lost.unknown("too close to call", plan_drill(figures=(figure("rpo", 899.0, 2.0),)), also=BOTH)
lost.unknown("a point in the future", plan_drill(figures=(figure("rpo", 0.0, anomaly="after t0"),)), "t0", also=BOTH)
lost.unknown("records unread", lose(DrillRecord, RECORDS), "DrillRecord", also=(*BOTH, "files"))
lost.skips("never measured", plan_drill(rpo_seconds=None), "DR-DRL-001", also=BOTH)
lost.skips("another method", change(Application, "payments", method="none"), "no test failover")
lost.skips("no application", drop(Application), subject="estate")

green = Table("DR-DRL-004", "payments")
SERVICE = probe("service W3SVC")
BEAT = probe("heartbeat")
DATABASE = probe("run-command", "LEDGER-DB01")


def probed(*probes: DrillProbe) -> Change:
    """Probes of the plan's drill, one for the other application among them."""
    return plan_drill(probes=(DATABASE, *probes))


green.passes("a service", probed(SERVICE, BEAT), "service W3SVC on PAY-WEB01 green after 60.0 s")
green.passes("an optional one is red", probed(SERVICE, probe("service Print", green=None, mandatory=False)), "red")
green.passes("the name in other letters", probed(probe("service W3SVC", "pay-web01")))
green.passes("another's is red", plan_drill(probes=(SERVICE, probe("run-command", "LEDGER-DB01", None))), also=BOTH)
green.passes("a heartbeat, in tier 3", together(probed(BEAT), change(Application, "payments", tier=3)))
green.passes(
    "a drill that was refused aside",
    add(another("new", probes=(), verdict="FAIL", started=ago(days=1), finished=ago(days=1))),
)
green.fails("red", probed(SERVICE, probe("service Pay", green=None)), "service Pay on PAY-WEB01 red")
green.fails("the newest is red", add(another("new", probes=(probe("service X", green=None),), started=ago(days=1))))
green.fails(
    "red, others unread",
    together(probed(probe("service Pay", green=None)), lose(VmmVm, f"vmm:{names.HA_VMM}")),
    also=(*BOTH, "files"),
)
green.fails("a heartbeat only", probed(BEAT), "more than whether it boots")
green.fails("a heartbeat only, in tier 2", together(probed(BEAT), change(Application, "payments", tier=2)))
green.fails("only an optional one", probed(probe("service W3SVC", mandatory=False)))
green.fails("none", probed(), "no probe ran")
green.fails("red, in tier 3", together(probed(probe("x", green=None)), change(Application, "payments", tier=3)), "red")
green.fails("it ended well and tried none", plan_drill(probes=()), "no probe ran", also=BOTH)
RED = (probe("service X", green=None),)
green.fails(
    "red in a drill that failed",
    add(another("new", probes=RED, verdict="FAIL", started=ago(days=1), finished=ago(days=1))),
    "service X on PAY-WEB01 red",
)
ELSEWHERE = lose(VmmVm, f"vmm:{names.HA_VMM}")
green.unknown("green, others unread", together(probed(SERVICE), ELSEWHERE), "VmmVm", also=(*BOTH, "files"))
green.unknown(
    "an optional one is red, others unread",
    together(probed(SERVICE, probe("service Print", green=None, mandatory=False)), ELSEWHERE),
    "VmmVm",
    also=(*BOTH, "files"),
)
green.unknown("not told", plan_drill(probes=None), "does not tell of its probes", also=BOTH)
green.unknown("records unread", lose(DrillRecord, RECORDS), "DrillRecord", also=(*BOTH, "files"))
green.unknown("the inventory unread", lose(VmmVm, f"vmm:{names.VMM01}"), "VmmVm", also=(*BOTH, "files"))
green.skips("none, in tier 3", together(probed(), change(Application, "payments", tier=3)), "tier 3")
green.skips("never drilled", drop(DrillRecord, "drill-plan"), "DR-DRL-001", also=BOTH)
green.skips("always on", unchanged, "no test failover", subject="identity")
green.skips("no application", drop(Application), subject="estate")

CASES = [*timed.cases, *lost.cases, *green.cases]
