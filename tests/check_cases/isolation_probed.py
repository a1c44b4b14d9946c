"""Cases of the check on what canaries saw."""

from msgspec.structs import replace

from drcheck.topology.base import Fact
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.drills import DrillPhase, DrillRecord
from tests import estate_facts as facts
from tests import estate_isolation as isolation
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estates import Change, add, ago, change, cut, drop, lose, together, unchanged

NETWORK, SWITCH = f"azure:{names.DRILL_NET}", f"hyperv:{names.SWITCH.lower()}"
REACHED = isolation.attempt(isolation.SENTINEL, "open", name="DC01")
DEAF = isolation.attempt(isolation.CONTROL, "timed-out")

probed = Table("DR-NET-005", NETWORK)


def seen(*rounds: object, **fields: object) -> Change:
    """What the record of the plan's drill tells of its canary."""
    return change(DrillRecord, "drill-plan", **({"proofs": rounds} | fields))


def another(key: str, days: float, **fields: object) -> Fact:
    return facts.record(key, names.PLAN, names.WEB_VM, started=ago(days=days), **{**isolation.PROVEN, **fields})


def bare(**fields: object) -> Change:
    return change(DrillNetwork, NETWORK, canary="", sentinels=(), controls=(), **fields)


probed.passes("silent, and heard", unchanged, isolation.SENTINEL, isolation.CONTROL, evidence="tested")
probed.passes(
    "unreachable", seen(isolation.proof(isolation.attempt(isolation.SENTINEL, "unreachable"), isolation.ANSWERED))
)
probed.passes("an older leak", add(another("old", 99, proofs=(isolation.proof(REACHED, isolation.ANSWERED),))))
probed.passes("refused before anybody was asked", add(another("new", 1, proofs=None, phases=())))
probed.passes(
    "refused under its lease", add(another("new", 1, proofs=(), phases=(DrillPhase(name="clean up", seconds=1),)))
)
probed.passes(
    "refused after the time of its decision was declared",
    add(another("new", 1, proofs=(), phases=(DrillPhase(name="decision", seconds=60, declared=True),))),
)
probed.passes("another network's leak", add(another(
    "new", 1, networks=("vnet-x",), proofs=(isolation.proof(REACHED, isolation.ANSWERED, network="vnet-x"),),
)))  # fmt: skip
probed.passes(
    "in other letters",
    together(
        change(DrillNetwork, NETWORK, name=names.DRILL_NET.upper()),
        seen(isolation.proof(network=names.DRILL_NET.title())),
    ),
)
probed.fails("a sentinel answered", seen(isolation.proof(REACHED, isolation.ANSWERED)), "canary canary reached DC01")
probed.fails(
    "a closed port answered",
    seen(isolation.proof(isolation.attempt(isolation.SENTINEL, "refused"), isolation.ANSWERED)),
    "which refused the port",
)
probed.fails("later", seen(isolation.proof(), isolation.proof(REACHED, isolation.ANSWERED, before=False)), "reached")
probed.fails("nothing was sent", seen(isolation.proof(
    isolation.attempt(isolation.SENTINEL, "name-not-resolved"), isolation.ANSWERED)), "could not try")  # fmt: skip
probed.fails("the control is silent", seen(isolation.proof(isolation.SILENT, DEAF)), "silence means nothing")
probed.fails("the control refuses", seen(isolation.proof(
    isolation.SILENT, isolation.attempt(isolation.CONTROL, "refused"))), "silence means nothing")  # fmt: skip
for name, tried, word in (
    ("nothing was tried", (), "tried no control"),
    ("no control was tried", (isolation.SILENT,), "tried no control"),
    ("only controls were tried", (isolation.ANSWERED,), "tried nothing of production"),
):
    probed.fails(name, seen(replace(isolation.proof(), tries=tried), isolation.proof(before=False)), word)
probed.fails("the canary was off", seen(isolation.proof(trouble="it is off")), "could not be asked: it is off")
probed.fails("asked too late", seen(isolation.proof(before=False)), "no canary was asked before the failover")
probed.fails("not asked", seen(), "no canary was asked before the failover")
probed.fails("not told", seen(proofs=None), "no canary was asked before the failover")
probed.fails("only in another network", seen(isolation.proof(network="elsewhere")), "no canary was asked")
probed.fails(
    "the newest counts", add(another("new", 1, proofs=(isolation.proof(REACHED, isolation.ANSWERED),))), "drill new"
)
probed.fails(
    "the canary was taken away", together(bare(), seen(isolation.proof(REACHED, isolation.ANSWERED))), "reached DC01"
)
probed.fails(
    "the canary was taken away after it got out once",
    together(bare(), seen(isolation.proof(), isolation.proof(REACHED, isolation.ANSWERED, before=False))),
    "reached DC01",
)
probed.fails(
    "refused by its canary",
    add(another(
        "new", 1, proofs=(isolation.proof(REACHED, isolation.ANSWERED),),
        phases=(DrillPhase(name="clean up", seconds=1),),
    )),
    "drill new",
)  # fmt: skip
probed.fails(
    "though another record is damaged",
    together(seen(isolation.proof(REACHED, isolation.ANSWERED)), cut(DrillRecord, "estate:estate")),
    "reached",
    also=(SWITCH,),
)
probed.warns("none is declared", bare(), "no canary is declared")
probed.unknown("records unread", lose(DrillRecord, "estate:estate"), "DrillRecord", also=(SWITCH,))
probed.unknown(
    "a sentinel is new",
    change(DrillNetwork, NETWORK, sentinels=(isolation.SENTINEL, "10.0.1.5:53")),
    "did not try 10.0.1.5:53",
)
probed.unknown("a control is new", change(DrillNetwork, NETWORK, controls=("10.9.0.6:53",)), "did not try 10.9.0.6:53")
TRIED = change(DrillNetwork, NETWORK, outsider=names.HV_LON)
OUTSIDE = (isolation.proof(canary=names.HV_LON, inward=True), isolation.proof())
INSIDE = isolation.proof(REACHED, isolation.ANSWERED, canary=names.HV_LON, inward=True)
probed.passes("production gets nowhere", together(TRIED, seen(*OUTSIDE)), f"to {names.HV_LON}")
probed.fails(
    "production gets in", together(TRIED, seen(isolation.proof(), INSIDE)), f"production's {names.HV_LON} reached"
)
probed.unknown("production has not tried yet", TRIED, f"did not try from {names.HV_LON}")
probed.unknown(
    "another machine of production has tried",
    together(change(DrillNetwork, NETWORK, outsider=names.HV_LDS), seen(*OUTSIDE)),
    f"did not try from {names.HV_LDS}",
)
probed.skips("why there is none", bare(without_canary="no room"), "no room")
probed.skips("no drill yet", drop(DrillRecord, "drill-plan"), "no record tells of a drill")
probed.skips("drills that do not tell where", seen(proofs=None, networks=()), "no record tells of a drill")
probed.skips("a switch without one", unchanged, "estate.yaml says why", subject=SWITCH)
probed.skips("no drill network", drop(DrillNetwork), subject="estate")

CASES = probed.cases
