"""An application is declared by whatever tells who belongs to it; its drills take from it what they do not have."""

from pathlib import Path

import pytest

from drcheck.discovery.declared import applications
from drcheck.estate import load
from drcheck.estate.model import Estate
from drcheck.topology.base import Seen
from tests.estate_file import ENVIRON, WHOLE, Write, problems_of, writer
from tests.estates import AS_OF

WIDE = WHOLE.replace(
    "    depends_on: [identity]\n",
    "    depends_on: [identity]\n    clouds: [Gold, 'Silver*']\n    tags: [pay]\n    plans: [rp-*]\n"
    "    databases: [Pay*]\n"
    "    drill_interval: 30d\n    probes: [{kind: heartbeat}, {kind: run-command, vm: W, script: s, expect: e}]\n",
)
DRILL = WIDE.replace("    probes: [{kind: heartbeat}, {kind: service, name: SCVMMService, mandatory: false}]\n", "")
OF_PAYMENTS = DRILL.replace("    rto: 30m\n    rpo: 15m\n", "    application: payments\n")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


def loaded(write: Write, text: str) -> Estate:
    assert text != WHOLE
    return load(write(text), ENVIRON)


def test_members_are_declared_in_every_way(write: Write) -> None:
    seen = Seen(source="s", endpoint="estate", query="q", at=AS_OF)
    facts = {one.key: one for one in applications(loaded(write, WIDE), seen)}
    payments = facts["payments"]
    assert (payments.clouds, payments.tags, payments.plans) == (("Gold", "Silver*"), ("pay",), ("rp-*",))
    assert (payments.databases, payments.drill_interval_seconds) == (("Pay*",), 30 * 86400)
    assert (facts["identity"].clouds, facts["identity"].drill_interval_seconds) == ((), None)


def test_a_drill_of_an_application_has_its_probes_and_targets(write: Write) -> None:
    replica, plan = loaded(write, OF_PAYMENTS).drills
    assert [one.kind for one in replica.probes] == ["heartbeat"]
    assert (replica.rto_seconds, replica.rpo_seconds) == (14400, 900)
    assert [one.vm for one in plan.probes] == ["PAY-WEB01"]
    assert plan.rto_seconds is None


def test_what_a_drill_has_itself_counts(write: Write) -> None:
    text = WIDE.replace("    rto: 30m\n    rpo: 15m\n", "    application: payments\n    rto: 30m\n")
    replica, _ = loaded(write, text).drills
    assert [one.kind for one in replica.probes] == ["heartbeat", "service"]
    assert (replica.rto_seconds, replica.rpo_seconds) == (1800, 900)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DRILL, "drills[0].probes: at least one probe must be mandatory"),
        (OF_PAYMENTS.replace("application: payments", "application: pay"), "drills[0].application: "),
        (OF_PAYMENTS.replace("{kind: heartbeat}, ", ""), "drills[0].probes: at least one probe must be mandatory"),
        (
            OF_PAYMENTS.replace("{kind: heartbeat}", "{kind: service, name: x}").replace("  guest_credentials", "  #"),
            "drills[0].application: the service probe of payments signs in to the guest",
        ),
        (WIDE.replace("script: s, ", ""), "applications.payments.probes[1]"),
        (WIDE.replace("drill_interval: 30d", "drill_interval: soon"), "applications.payments.drill_interval: "),
    ],
)
def test_mistakes_are_told_at_their_place(write: Write, text: str, said: str) -> None:
    assert any(said in problem for problem in problems_of(write(text))), problems_of(write(text))
