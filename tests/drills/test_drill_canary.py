"""A canary tries the network from inside: what configuration does not show starts nothing, or ends what has started.

One lab serves them all: what is refused leaves nothing behind, and every change is taken back.
"""

from collections.abc import Callable

import pytest
from msgspec import structs

from drcheck.drill import Context, DrillOutcome
from drcheck.drill.engine import run
from drcheck.drill.isolation.canary import canaries_on
from drcheck.drill.journal import read
from drcheck.estate import NetworkSpec, Outsider, ProbeSpec, Reach
from drcheck.lab.azure.build import vnet_named
from drcheck.lab.azure.network import Machine
from drcheck.lab.guests.reaching import switch_named
from drcheck.lab.guests.reaching import vnet_named as azure_named
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.lab.state.world import Nic, Vm
from drcheck.lab.telling.building import ISOLATED_SWITCH, PRODUCTION_SWITCH, vm_named
from drcheck.lab.telling.canaries import CANARY, CONTROLLER, OUTSIDE
from drcheck.permissions.needed import looked_at
from drcheck.topology.drills import DrillRecord
from drcheck.verdict import Verdict
from tests.drills.conftest import Stage, Stages

PLAN, REPLICA = "payments-plan", "vmm-first"
SENTINEL = (str(OUTSIDE["host"]), 443)
SWITCH = switch_named(LEEDS, ISOLATED_SWITCH)
LONDON, DC = "hv-lon1.lon.contoso.lab", "lds-dc01.lds.contoso.lab"
HEARTBEAT = (ProbeSpec(kind="heartbeat"),)

Change = Callable[[Stage, pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def shared(one_stage_each: Stages) -> Stage:
    """One lab for all."""
    return one_stage_each()


@pytest.fixture(scope="module")
def context(shared: Stage) -> Context:
    """What was found before the first drill."""
    return shared.context()


def azure_network(stage: Stage) -> str:
    return azure_named(vnet_named(stage.world, "vnet-drill").id)


def in_azure(stage: Stage, name: str) -> Machine:
    return next(one for one in stage.azure.machines.values() if one.name == f"vm-{name.lower()}")


def on_switch(stage: Stage, name: str) -> Vm:
    return vm_named(stage.world, name)


def proven(outcome: DrillOutcome) -> Verdict:
    (found,) = [finding for finding in outcome.findings if finding.check == "DR-NET-005"]
    return found.verdict


def path(network: Callable[[Stage], str], outcome: str) -> Change:
    """A path that no configuration shows, with what comes back on it."""

    def change(stage: Stage, patch: pytest.MonkeyPatch) -> None:
        patch.setitem(stage.world.paths.ports, (network(stage), *SENTINEL), outcome)

    return change


def on_the_switch(stage: Stage) -> str:
    del stage
    return SWITCH


def control_dead(stage: Stage, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(on_switch(stage, CONTROLLER), "listens", ())


def asleep(stage: Stage, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(on_switch(stage, CANARY), "state", "Off")


def away(stage: Stage, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(on_switch(stage, CANARY).nics[0], "switch", "")


def in_two_networks(name: str) -> Change:
    def change(stage: Stage, patch: pytest.MonkeyPatch) -> None:
        vm = on_switch(stage, name)
        patch.setattr(vm, "nics", [*vm.nics, Nic(id=stage.world.id_for("second"), switch=PRODUCTION_SWITCH)])

    return change


def two_of_a_name(stage: Stage, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(on_switch(stage, "LDS-DC01"), "name", CANARY)


def gone(stage: Stage, patch: pytest.MonkeyPatch) -> None:
    patch.delitem(stage.world.vms, on_switch(stage, CANARY).id)


def control_dead_in_azure(stage: Stage, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(in_azure(stage, CONTROLLER), "listens", ())


def off_in_azure(stage: Stage, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(in_azure(stage, CANARY), "power", "stopped")


def elsewhere_in_azure(stage: Stage, patch: pytest.MonkeyPatch) -> None:
    nic = stage.azure.interfaces[in_azure(stage, CANARY).interfaces[0].lower()]
    patch.setattr(nic, "vnet", vnet_named(stage.world, "vnet-recovery").id)


KINDS: dict[str, tuple[str, Change, str]] = {
    "a hidden path": (REPLICA, path(on_the_switch, "open"), "canary CANARY-LDS reached the internet (192.0.2.53:443)"),
    "a dead control": (REPLICA, control_dead, "does not reach its control BUBBLE-DC"),
    "a canary that is off": (REPLICA, asleep, "the canary CANARY-LDS is Off"),
    "a canary elsewhere": (REPLICA, away, "the canary CANARY-LDS is not connected to"),
    "a canary in two networks": (
        *(REPLICA, in_two_networks(CANARY)),
        "is connected to 'vSwitch-Production' as well: a way out",
    ),
    "a control in two networks": (
        *(REPLICA, in_two_networks(CONTROLLER)),
        "BUBBLE-DC stands on 'DR Test (isolated)' and is connected to 'vSwitch-Production' as well: a way out",
    ),
    "two canaries": (REPLICA, two_of_a_name, "has 2 machines 'CANARY-LDS' to stand on"),
    "no canary": (REPLICA, gone, "has 0 machines 'CANARY-LDS' to stand on"),
    "a hidden path in Azure": (
        *(PLAN, path(azure_network, "open")),
        "canary vm-canary-lds reached the internet (192.0.2.53:443)",
    ),
    "a dead control in Azure": (PLAN, control_dead_in_azure, "does not reach its control vm-bubble-dc"),
    "a canary that is off in Azure": (PLAN, off_in_azure, "could not be asked"),
    "a canary elsewhere in Azure": (PLAN, elsewhere_in_azure, "canary vm-canary-lds has no interface in vnet-drill"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_that_no_canary_proves_isolated_starts_nothing(
    shared: Stage, context: Context, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    name, change, why = KINDS[kind]
    made, asked = len(shared.lab.clock.truth.test_vms), shared.writes("/testFailover")
    change(shared, monkeypatch)
    outcome = run(shared.spec(name, **({"probes": HEARTBEAT} if name == REPLICA else {})), context)
    assert why in outcome.trouble[0]
    assert "Nothing was started" in outcome.trouble[0]
    assert (len(shared.lab.clock.truth.test_vms), shared.writes("/testFailover")) == (made, asked)
    monkeypatch.undo()
    shared.assert_spotless()
    assert shared.open_drills() == ()


def test_without_an_account_of_the_guest_nothing_is_proven_and_nothing_starts(shared: Stage, context: Context) -> None:
    asked = shared.replication.tests
    poor = structs.replace(context, estate=structs.replace(context.estate, guest_credentials=None))
    outcome = run(shared.spec(REPLICA, probes=HEARTBEAT), poor)
    assert "gives no windows.guest_credentials" in outcome.trouble[0]
    assert proven(outcome) is Verdict.FAIL
    assert shared.replication.tests == asked


@pytest.mark.parametrize(("name", "where"), [(REPLICA, on_the_switch), (PLAN, azure_network)], ids=["switch", "vnet"])
def test_a_path_that_opens_in_mid_drill_ends_it_and_is_cleaned_up(
    shared: Stage, context: Context, monkeypatch: pytest.MonkeyPatch, name: str, where: Callable[[Stage], str]
) -> None:
    monkeypatch.setitem(shared.when, "failover", lambda: path(where, "open")(shared, monkeypatch))
    never = (
        ProbeSpec(kind="service", name="NoSuchService")
        if name == REPLICA
        else ProbeSpec(kind="run-command", vm="PAY-WEB01", script="hostname", expect="what no machine says")
    )
    outcome = run(shared.spec(name, probes=(never,), seconds=600), context)
    assert "did not stay isolated" in outcome.trouble[0]
    assert "reached the internet" in outcome.trouble[0]
    assert proven(outcome) is Verdict.FAIL
    assert outcome.measurements == ()
    shared.assert_spotless()
    assert shared.open_drills() == ()


def test_what_the_canary_saw_is_journalled_recorded_and_read_back(shared: Stage, context: Context) -> None:
    outcome = run(shared.spec(REPLICA), context)
    assert proven(outcome) is Verdict.PASS
    records = read(shared.folder / f"{outcome.drill}.journal.jsonl")
    (seen,) = [record for record in records if record.event == "observed"]
    assert seen.data["wrong"] == []
    assert seen.data["tries"]["the internet (192.0.2.53:443)"] == "timed-out"
    isolation = shared.record(outcome.drill)["isolation"]
    assert isolation["how"].endswith("by the canary CANARY-LDS")
    (fact,) = [one for one in shared.look(()).seen(DrillRecord) if one.key == outcome.drill]
    assert fact.networks == (ISOLATED_SWITCH.lower(),)
    assert fact.proofs is not None
    assert [proof.before for proof in fact.proofs] == [True, False]
    assert all(not proof.problems for proof in fact.proofs)


def tried_from(context: Context, host: str) -> Context:
    """Somebody in production tries to get into every drill network."""
    outsider = Outsider(host=host, must_reach=(Reach(host=DC, port=389),))
    networks = tuple(
        structs.replace(one, canary=structs.replace(one.canary, from_production=outsider)) if one.canary else one
        for one in context.estate.drill_networks
    )
    return structs.replace(context, estate=structs.replace(context.estate, drill_networks=networks))


def inside(stage: Stage) -> str:
    return on_switch(stage, CONTROLLER).nics[0].address


def test_production_that_gets_nowhere_is_proof_as_well(shared: Stage, context: Context) -> None:
    (call,) = (call for one in canaries_on(tried_from(context, LONDON), LEEDS, ISOLATED_SWITCH) if one.inward
               for call in one.announced())  # fmt: skip
    assert call.on == f"{LONDON}>{inside(shared)}:53, {LONDON}>{DC}:389"
    assert ({use.role for use in looked_at(call)}, call.changes) == ({"reach"}, False)
    outcome = run(shared.spec(REPLICA), tried_from(context, LONDON))
    assert outcome.trouble == ()
    (finding,) = [one for one in outcome.findings if one.check == "DR-NET-005"]
    assert finding.verdict is Verdict.PASS
    assert f"BUBBLE-DC ({inside(shared)}:53) to {LONDON}" in finding.observed
    isolation = shared.record(outcome.drill)["isolation"]
    assert isolation["how"].endswith(f"by the canary {CANARY}, and from production by {LONDON}")
    told = isolation["probes"]
    tries = [one["tries"] for one in told if one["inward"]]
    assert [[(one["must_reach"], one["outcome"]) for one in each] for each in tries] == [
        [(False, "timed-out"), (True, "open")]
    ] * 2


@pytest.mark.parametrize(
    ("name", "host", "path", "why"),
    [
        (REPLICA, LONDON, (CONTROLLER, 53, "open"), f"production's {LONDON} reached BUBBLE-DC"),
        (REPLICA, LONDON, (CONTROLLER, 53, "refused"), f"production's {LONDON} was answered by BUBBLE-DC"),
        (REPLICA, LONDON, (DC, 389, "timed-out"), f"production's {LONDON} does not reach its control {DC}:389"),
        (PLAN, "hv-none.lon.contoso.lab", (DC, 389, "open"), "production's hv-none.lon.contoso.lab could not be asked"),
    ],
    ids=["a way in", "a closed port", "a dead control", "nobody to ask"],
)
def test_a_network_that_production_may_reach_starts_nothing(
    *, shared: Stage, context: Context, monkeypatch: pytest.MonkeyPatch,
    name: str, host: str, path: tuple[str, int, str], why: str,
) -> None:  # fmt: skip
    to, port, outcome = path
    address = inside(shared) if to == CONTROLLER else to
    monkeypatch.setitem(shared.world.paths.ports, (host, address, port), outcome)
    made, asked = len(shared.lab.clock.truth.test_vms), shared.writes("/testFailover")
    held = run(shared.spec(name), tried_from(context, host))
    assert why in held.trouble[0]
    assert proven(held) is Verdict.FAIL
    assert (len(shared.lab.clock.truth.test_vms), shared.writes("/testFailover")) == (made, asked)
    shared.assert_spotless()


def test_without_a_canary_a_drill_goes_by_configuration_and_says_so(
    shared: Stage, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (CANARY, CONTROLLER):
        monkeypatch.delitem(shared.world.vms, on_switch(shared, name).id)
    bare = tuple(
        NetworkSpec(platform=one.platform, name=one.name, without_canary="no licence left")
        for one in shared.estate.drill_networks
    )
    monkeypatch.setattr(shared, "estate", structs.replace(shared.estate, drill_networks=bare))
    outcome = shared.drill(REPLICA)
    assert outcome.trouble == ()
    assert [one for one in outcome.findings if one.check == "DR-NET-005"] == []
    isolation = shared.record(outcome.drill)["isolation"]
    assert isolation["how"].endswith("by configuration only; no licence left")
    assert isolation["probes"] is None


def test_what_stands_beside_a_canary_is_no_stranger_only_while_it_is_declared(
    shared: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = tuple(
        structs.replace(one, canary=structs.replace(one.canary, beside=())) if one.canary else one
        for one in shared.estate.drill_networks
    )
    monkeypatch.setattr(shared, "estate", structs.replace(shared.estate, drill_networks=networks))
    context = shared.context()
    assert "BUBBLE-DC on hv-lds1.lds.contoso.lab is connected to" in run(shared.spec(REPLICA), context).trouble[0]
    assert "vm-bubble-dc" in run(shared.spec(PLAN), context).trouble[0]
