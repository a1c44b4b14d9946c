"""Every kind of probe, on both channels: what each asks in a guest, what it finds there, and what becomes of it."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from drcheck.drill.azure.calls import DrillArm
from drcheck.drill.azure.guest import Guest, Inquiry, Printed
from drcheck.drill.guest.asked import LARGEST_SCRIPT, known_kinds, refuted, script_problems
from drcheck.drill.guest.scripts import Told, guest_scripts
from drcheck.estate import ProbeSpec, Secret
from drcheck.estate.drills import GUEST_KINDS
from drcheck.lab.state.inside import Inside
from drcheck.lab.state.world import World
from drcheck.lab.telling.building import vm_named
from drcheck.transport.arm import ArmEndpoint
from tests.drills.conftest import Stage, Stages

REPLICA, PLAN = "vmm-first", "payments-plan"
SCRIPT = "Get-Service W3SVC | Out-Null; 'all well'"
DIGEST = hashlib.sha256(SCRIPT.encode()).hexdigest()
HOUR, SECONDS = 3600, 1


def furnished() -> Inside:
    """A machine that has something of everything."""
    return Inside(
        databases={"Ledger": "ONLINE", "Old": "RECOVERY_PENDING"},
        zones={"app.contoso.lab": "10.1.0.7"},
        files={r"C:\data\today.csv": 60.0},
        prints={DIGEST: "all well"},
        pending_reboot=(r"WindowsUpdate\Auto Update\RebootRequired",),
    )


def furnish(world: World) -> None:
    """VMM's console hangs."""
    for name in ("VMM01", "PAY-WEB01"):
        vm = vm_named(world, name)
        vm.services, vm.listens, vm.inside = (*vm.services, "W3SVC", "NTDS", "DNS", "SCVMMService"), (443,), furnished()
        vm.inside.hangs |= {"vmm"}


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "web.ps1"
    path.write_text(SCRIPT)
    return path


def good(script: Path) -> Sequence[ProbeSpec]:
    return (
        ProbeSpec(kind="ad"),
        ProbeSpec(kind="baseline"),
        ProbeSpec(kind="boot-time"),
        ProbeSpec(kind="dns", name="APP.contoso.lab", expect="10.1.0.7"),
        ProbeSpec(kind="file", path=r"c:\DATA\today.csv", max_age_seconds=2 * HOUR),
        ProbeSpec(kind="script", file=script, sha256=DIGEST, expect="all well"),
        ProbeSpec(kind="service", name="w3svc"),
        ProbeSpec(kind="sql-database", database="Ledger"),
        ProbeSpec(kind="tcp", port=443),
    )


def bad(script: Path) -> Mapping[str, ProbeSpec]:
    """By what is seen of them in the end."""
    made = {
        "10.1.0.7": ProbeSpec(kind="dns", name="app.contoso.lab", expect="10.1.0.8"),
        "Failed: DNS_ERROR_RCODE_NAME_ERROR": ProbeSpec(kind="dns", name="web.contoso.lab"),
        "written ": ProbeSpec(kind="file", path=r"C:\data\today.csv", max_age_seconds=30),
        "NotFound": ProbeSpec(kind="file", path=r"C:\data\yesterday.csv"),
        "RECOVERY_PENDING": ProbeSpec(kind="sql-database", database="Old"),
        "all well": ProbeSpec(kind="script", file=script, sha256=DIGEST, expect="better"),
        "refused": ProbeSpec(kind="tcp", port=80),
        "timed-out": ProbeSpec(kind="tcp", host="10.1.0.10", port=389),
        "NoAnswer: deadline": ProbeSpec(kind="vmm"),
    }
    # The others are up long before; a red probe is asked until its own time is over.
    return {seen: structs.replace(probe, mandatory=False, seconds=SECONDS) for seen, probe in made.items()}


def on(vm: str, probes: Sequence[ProbeSpec]) -> tuple[ProbeSpec, ...]:
    return tuple(structs.replace(one, vm=vm) for one in probes)


@pytest.fixture(params=[(REPLICA, "VMM01"), (PLAN, "PAY-WEB01")], ids=["hyper-v", "azure"])
def where(request: pytest.FixtureRequest) -> tuple[str, str]:
    name, vm = request.param
    return str(name), str(vm)


def test_what_may_be_declared_has_a_script_and_the_other_way_round() -> None:
    assert set(GUEST_KINDS) == set(known_kinds()) == set(guest_scripts())


def test_every_kind_tells_good_from_bad_on_both_channels(stages: Stages, where: tuple[str, str], script: Path) -> None:
    """One that hangs costs no other its time."""
    stage, (name, vm) = stages(change=furnish), where
    right, wrong = good(script), bad(script)
    outcome = stage.drill(name, probes=on(vm, [*right, *wrong.values()]))
    assert outcome.trouble == ()
    told = stage.record(outcome.drill)["probes"]
    assert [one["kind"] for one in told] == [probe.kind for probe in (*right, *wrong.values())]
    assert [one["green_seconds"] is not None for one in told] == [True] * len(right) + [False] * len(wrong), told
    vm_id = vm_named(stage.world, vm).id
    looked = next(one for one in told if one["kind"] == "baseline")
    assert (looked["vm_id"], looked["baseline"]["san_policy"]) == (vm_id, "OnlineAll")
    assert looked["baseline"]["pending_reboot"] == [r"WindowsUpdate\Auto Update\RebootRequired"]
    details = [one["detail"] for one in told[len(right) :]]
    assert [detail.startswith(seen) for detail, seen in zip(details, wrong, strict=True)] == [True] * len(wrong), told
    written: list[Any] = [outcome, stage.said, *(path.read_text() for path in stage.folder.iterdir())]
    assert stage.world.guest_password not in str(written)
    stage.assert_spotless()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (SCRIPT + "; Remove-Item C:\\", "is another one than was declared"),
        ("#" * (LARGEST_SCRIPT + 1), "bytes; 65536 are allowed"),
        (None, "is not there"),
        (SCRIPT, ""),
    ],
)
def test_a_user_s_script_is_the_declared_one_or_does_not_run(script: Path, text: str | None, why: str) -> None:
    script.unlink() if text is None else script.write_text(text)
    problems = list(script_problems([ProbeSpec(kind="script", file=script, sha256=DIGEST)]))
    assert [why in problem for problem in problems] == ([True] if why else [])


def test_another_script_than_the_declared_one_starts_nothing(stage: Stage, script: Path) -> None:
    script.write_text("Stop-Computer")
    own = ProbeSpec(kind="script", vm="PAY-WEB01", file=script, sha256=DIGEST)
    for name in (PLAN, REPLICA):
        outcome = stage.drill(name, probes=(own,))
        assert ["is another one than was declared" in line for line in outcome.trouble] == [True]
    stage.assert_nothing_started()


NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("uptime", "why"), [(10, ""), (62, ""), (300, "it was started 240 s before"), ("long", "does not tell")]
)
def test_a_guest_that_was_up_before_the_failover_is_no_recovered_one(uptime: object, why: str) -> None:
    """A saved state is resumed, or another machine was asked: nothing started anew."""
    answer = Told(drc="probe", id="1", ok=True, seen="", utc="", told={"uptime_seconds": uptime})
    doubt = refuted(ProbeSpec(kind="boot-time"), answer, NOON, NOON - timedelta(seconds=60))
    assert why in doubt
    assert bool(why) == bool(doubt)


def test_one_that_waited_for_a_hanging_one_is_as_early_as_it_was_and_the_other_rests() -> None:
    """Both were asked for in one run, which took a minute; the good one had answered 44.5 s before its end."""
    quick, hung = (
        Inquiry(probe=ProbeSpec(kind="file"), id=name, after=NOON, until=NOON + timedelta(hours=1)) for name in "12"
    )
    asked, by = NOON + timedelta(seconds=10), NOON + timedelta(seconds=70)
    line = '{"drc":"probe","id":"%s","ok":%s,"seen":"%s","utc":"",%s}'
    lines = [line % (1, "true", "there", '"age":44.5'), line % (2, "false", "NoAnswer: deadline", '"answered":false')]
    for one in (quick, hung):
        one.hear(Printed(stdout="\n".join(lines)), asked, by)
    assert quick.green is not None
    assert (quick.green.after, quick.green.by) == (NOON, NOON + timedelta(seconds=25.5))
    assert (hung.green, hung.looks, hung.detail) == (None, 0, "NoAnswer: deadline")
    assert (quick.rests_until, hung.rests_until) == (None, by + timedelta(seconds=60))
    assert hung.patience(hung.until - timedelta(seconds=20)) == 20


def test_what_hung_is_asked_after_the_others_and_before_nobody() -> None:
    """Among two that are asked over and over, one waits as long as it made the other wait; alone it does not."""
    clock = [NOON]
    quick, hung = (
        Inquiry(probe=ProbeSpec(kind="file"), id=name, after=NOON, until=NOON + timedelta(hours=1)) for name in "12"
    )
    endpoint = ArmEndpoint(base_url="https://127.0.0.1:9", token=Secret("t"), connect_seconds=1, total_seconds=1)
    with DrillArm(endpoint) as client:
        guest = Guest(client=client, machine="vm", inquiries=[quick, hung], now=lambda: clock[0])
        assert guest._next() == [quick, hung]
        hung.rests_until = NOON + timedelta(seconds=60)
        assert guest._next() == [quick]
        clock[0] = NOON + timedelta(seconds=60)
        assert guest._next() == [quick, hung]
        clock[0] = NOON
        quick.until = NOON
        assert guest._next() == [hung]


@pytest.mark.parametrize("age", ["1e18", "3600", "-5"])
def test_no_guest_makes_itself_green_before_it_was_asked_or_after_it_was_heard(age: str) -> None:
    probe = Inquiry(probe=ProbeSpec(kind="file"), id="1", after=NOON, until=NOON + timedelta(hours=1))
    asked, by = NOON + timedelta(seconds=10), NOON + timedelta(seconds=12)
    said = f'{{"drc":"probe","id":"1","ok":true,"seen":"there","utc":"","age":{age}}}'
    probe.hear(Printed(stdout=said), asked, by)
    assert probe.green is not None
    assert asked <= probe.green.by <= by
