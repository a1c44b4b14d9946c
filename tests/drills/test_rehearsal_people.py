"""People in a rehearsal, and in a plan: who did what is in the record, and how long it took in the RTO."""

from dataclasses import dataclass

import pytest
from msgspec import structs

from drcheck.drill.engine import run
from drcheck.estate import HumanStep
from tests.drills.conftest import Stages
from tests.drills.rehearsing import PLAN
from tests.drills.test_drill_lost_answers import asks_somebody

LONG = 60.0


@dataclass
class Duty:
    """Somebody who does what is asked, and says so at once."""

    name: str
    asked: list[str]

    def ask(self, question: str) -> None:
        self.asked.append(question)

    def answered(self, question: str) -> str:
        return self.name if question in self.asked else ""

    def forget(self, question: str) -> None:
        self.asked.remove(question)


def test_a_plan_waits_for_the_person_that_its_manual_action_asks(stages: Stages) -> None:
    stage = stages(change=asks_somebody, speed=500)
    context = structs.replace(stage.context(), person=Duty("Dana Duty", []))
    after = HumanStep(name="Tell the desk", owner="Payments desk", seconds=60, confirm=True)
    outcome = run(stage.spec(PLAN, manual_actions="confirm", human=(after,)), context)
    assert outcome.trouble == ()
    rto = next(one for one in outcome.measurements if one.kind == "rto")
    assert [phase.name for phase in rto.phases if phase.name in ("Look", "Tell the desk")] == ["Look", "Tell the desk"]
    assert rto.seconds == pytest.approx(sum(phase.seconds for phase in rto.phases), abs=0.01)
    steps = {one["name"]: one["by"] for one in stage.record(outcome.drill)["phases"]}
    assert (steps["Look"], steps["Tell the desk"]) == ("Dana Duty", "Dana Duty")
    assert stage.writes("/resume") == 1
    stage.assert_spotless()
