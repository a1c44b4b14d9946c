"""Do the rules of the simulated Azure hold on plain data: durations, subnets, addresses, recovery points, guests?"""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drcheck.lab.arm.answers import ticks
from drcheck.lab.arm.app import match
from drcheck.lab.azure.build import cloud_named, fabric_of, item_named, stall, the_vault, unmap_network, unprotect
from drcheck.lab.azure.durations import RANGES, draw
from drcheck.lab.azure.engine import Engine, JobFailed
from drcheck.lab.azure.failover import choose_address, choose_subnet
from drcheck.lab.azure.guest import interpret
from drcheck.lab.azure.jobs import Job
from drcheck.lab.azure.network import Machine, Subnet, VNet
from drcheck.lab.azure.points import application_consistent, of_type, recovery_points
from drcheck.lab.azure.state import azure_of
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import World

NOW = 1_800_000_000.0


@given(seed=st.integers(), step=st.sampled_from(sorted(RANGES)), name=st.text(max_size=20))
def test_durations_lie_in_their_range_and_depend_on_seed_and_name_alone(seed: int, step: str, name: str) -> None:
    low, high = RANGES[step]

    drawn = draw(World(name="any", seed=seed), step, name)

    assert low <= drawn <= high
    assert drawn == draw(World(name="any", seed=seed), step, name)


def test_another_seed_draws_another_duration() -> None:
    drawn = {draw(World(name="any", seed=seed), "guest agent", "PAY01") for seed in range(20)}

    assert len(drawn) == 20


def network(*subnets: str) -> VNet:
    built = [Subnet(name=name, prefixes=[f"10.0.{number}.0/29"]) for number, name in enumerate(subnets)]
    return VNet(id="/x", name="x", resource_group="rg", region="uksouth", prefixes=["10.0.0.0/16"], subnets=built)


@pytest.mark.parametrize(("wanted", "chosen"), [("WEB", "web"), ("db", "app"), ("", "app")])
def test_the_subnet_of_the_same_name_wins_else_the_first_alphabetically(wanted: str, chosen: str) -> None:
    assert choose_subnet(network("web", "app"), wanted).name == chosen


def test_a_network_without_subnets_and_a_full_one_fail_the_job() -> None:
    with pytest.raises(JobFailed, match="no subnet"):
        choose_subnet(network(), "web")
    subnet = network("web").subnets[0]
    with pytest.raises(JobFailed, match="no free address"):
        choose_address(subnet, "", {"10.0.0.4", "10.0.0.5", "10.0.0.6"})


@pytest.mark.parametrize(
    ("wanted", "taken", "given"),
    [
        ("", set(), "10.0.0.4"),
        ("10.0.0.6", set(), "10.0.0.6"),
        ("10.0.0.6", {"10.0.0.6"}, "10.0.0.4"),
        ("10.0.0.1", set(), "10.0.0.4"),
        ("192.168.0.1", {"10.0.0.4"}, "10.0.0.5"),
    ],
)
def test_the_wanted_address_is_given_when_it_is_free_and_usable(wanted: str, taken: set[str], given: str) -> None:
    assert choose_address(network("web").subnets[0], wanted, taken) == given


def test_recovery_points_follow_the_policy_and_stop_with_replication(estate: Any) -> None:
    world = estate()
    azure, vault, item = azure_of(world), the_vault(world), item_named(world, "PAY01")
    azure.epoch = NOW

    points = recovery_points(azure, vault, item, NOW)

    assert len(points) == 24
    assert {left - right for left, right in pairwise(points)} == {300}
    assert 300 < NOW - points[0] < 900
    assert of_type(azure, vault, item, "Latest", NOW) is None
    consistent = of_type(azure, vault, item, "LatestApplicationConsistent", NOW)
    assert consistent is not None
    assert application_consistent(consistent)
    assert consistent <= points[0]
    stall(world, world.vms[item.vm_id], 7200)
    assert NOW - recovery_points(azure, vault, item, NOW)[0] >= 7200
    assert recovery_points(azure, vault, item, NOW + 500) == recovery_points(azure, vault, item, NOW)


def test_a_scenario_that_names_what_it_does_not_have_is_told_so(estate: Any) -> None:
    world = estate()

    for question in (lambda: cloud_named(world, "lead"), lambda: item_named(world, "X"), lambda: fabric_of(world, "x")):
        with pytest.raises(LookupError, match="the scenario has no"):
            question()


def test_unprotecting_a_vm_takes_it_out_of_its_plan_and_unmapping_takes_the_target(estate: Any) -> None:
    world = estate()
    vm = world.vms[item_named(world, "PAY02").vm_id]

    unprotect(world, vm)
    unmap_network(world, "corp")

    vault = the_vault(world)
    assert [len(group.items) for group in vault.plans[0].groups] == [0, 0, 1, 1]
    assert vault.network_mappings == []


MACHINE = Machine(
    id="/m",
    name="PAY01-test",
    resource_group="rg",
    region="uksouth",
    guid="g",
    size="s",
    computer_name="PAY01",
    services=("W3SVC", "SCVMMService"),
    services_at=NOW,
)


@pytest.mark.parametrize(
    ("script", "at", "out"),
    [
        ("hostname", NOW, "PAY01"),
        ("$env:COMPUTERNAME; 'done'", NOW, "PAY01\ndone"),
        ("(Get-Service -Name 'w3svc').Status", NOW - 1, "Stopped"),
        ("(Get-Service W3SVC).Status", NOW, "Running"),
        ("Get-Service W3SVC | Select-Object -ExpandProperty Status", NOW, "Running"),
        ("if ((Get-Service W3SVC).Status -eq 'Running') { 'DRCHECK-OK' }", NOW, "DRCHECK-OK"),
        ("if ((Get-Service W3SVC).Status -eq 'Running') { 'DRCHECK-OK' }", NOW - 1, ""),
    ],
)
def test_guests_understand_a_few_statements(script: str, at: float, out: str) -> None:
    assert interpret(MACHINE, script, at) == (out, "")


@pytest.mark.parametrize("script", ["Get-Wish", "(Get-Service None).Status", "if ($true) { 'x' }"])
def test_guests_complain_of_everything_else(script: str) -> None:
    out, err = interpret(MACHINE, script, NOW)

    assert out == ""
    assert err


@given(st.floats(min_value=0, max_value=4e9))
def test_moments_have_seven_decimals(moment: float) -> None:
    written = ticks(moment)

    assert len(written) == len("2026-11-23T10:00:00.0000000Z")
    assert written.endswith("Z")


@pytest.mark.parametrize(
    ("path", "args"),
    [
        ("/a/x/b", {"one": "x"}),
        ("/A/X%2Fy/B", {"one": "X/y"}),
        ("/a/x/b/", {"one": "x"}),
        ("/a/x", None),
        ("/a/x/c", None),
    ],
)
def test_paths_match_templates_ignoring_case(path: str, args: dict[str, str] | None) -> None:
    assert match("/a/{one}/b", path) == args


def test_a_mistake_of_the_lab_fails_the_job_and_is_raised_at_the_end(estate: Any) -> None:
    world = estate()

    async def scene() -> tuple[Job, BaseException | None]:
        engine = Engine(world, LabClock(speed=1e6))
        vault = the_vault(world)
        job = engine.item_job(vault, vault.items[0], "/x", "TestFailover", "Test failover")
        await asyncio.wait({engine.start(vault, job, _mistake)})
        try:
            await engine.close()
        except BaseExceptionGroup as group:
            return job, group.exceptions[0]
        return job, None

    job, raised = asyncio.run(scene())
    assert (job.state, job.errors[0].code) == ("Failed", "LabBroken")
    assert isinstance(raised, ZeroDivisionError)


async def _mistake(_job: Job) -> None:
    raise ZeroDivisionError
