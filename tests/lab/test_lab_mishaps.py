"""Can anything be made to go wrong in the lab, by name or by chance, and the same things again?"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from winrm import Session
from winrm.exceptions import WinRMTransportError

from drcheck.lab.azure.state import azure_of
from drcheck.lab.chance import Chance
from drcheck.lab.faults import AT_RANDOM
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.mishaps import Mistaken, declare, leave_to_chance
from drcheck.lab.running.server import Lab, running
from drcheck.lab.state.world import World

HOST = "hv-lds1.lds.contoso.lab"
ANY_ERROR = (requests.RequestException, WinRMTransportError)
SCRIPT = "Get-VM | Select-Object Id, Name, State | ConvertTo-Json -Compress"


@contextmanager
def served(tmp_path: Path, *mishaps: str, plain: bool = True, work: float = 0.0) -> Iterator[tuple[Lab, Session]]:
    world = build("contoso", 0)
    faults = declare(world, mishaps)
    lab = assemble(world, plain=plain)
    lab.prompt.work_seconds = work
    for fault in faults:
        lab.faults.add(fault)
    with running(lab):
        lab.authority.write(tmp_path / "ca.pem")
        yield lab, session(lab, tmp_path)


def session(lab: Lab, tmp_path: Path, host: str = HOST) -> Session:
    url = f"https://{lab.world.hosts[host].address}:{lab.port}/wsman"
    credentials = (lab.account.name, lab.account.password)
    return Session(url, auth=credentials, transport="ntlm", ca_trust_path=str(tmp_path / "ca.pem"), proxy=None)


def test_the_same_seed_draws_the_same_calls_in_any_order() -> None:
    calls = [("hv1", "Receive"), ("hv2", "Create"), ("hv1", "Send")] * 50
    forward, backward = Chance(rate=0.2, seed=7), Chance(rate=0.2, seed=7)
    drawn = sorted((call, forward.draw(AT_RANDOM, *call)) for call in calls)
    assert drawn == sorted((call, backward.draw(AT_RANDOM, *call)) for call in reversed(calls))
    other = Chance(rate=0.2, seed=8)
    assert drawn != sorted((call, other.draw(AT_RANDOM, *call)) for call in calls)


def test_the_share_is_the_one_that_was_asked_for() -> None:
    chance = Chance(rate=0.1, seed=1)
    drawn = [chance.draw(AT_RANDOM, "host", str(number)) for number in range(5000)]
    assert 400 < sum(bool(kind) for kind in drawn) < 600
    assert set(drawn) == {"", *AT_RANDOM}
    assert not any(Chance().draw(AT_RANDOM, "host") for _ in range(100))
    assert all(Chance(rate=1.0).draw(AT_RANDOM, "host", str(number)) for number in range(100))
    with pytest.raises(ValueError, match="from 0 to 1"):
        Chance(rate=1.5)


def test_one_call_of_one_host_goes_wrong_and_the_next_does_not(tmp_path: Path) -> None:
    with served(tmp_path, f"{HOST}/Create/2=reset") as (lab, client):
        assert client.run_cmd("hostname").status_code == 0
        with pytest.raises(ANY_ERROR):
            client.run_cmd("hostname")
        assert client.run_cmd("hostname").status_code == 0
        assert lab.hosts[HOST].calls["Create"] == 3


def test_an_answer_is_lost_after_its_effect(tmp_path: Path) -> None:
    with served(tmp_path, "hv-*/Create=lose") as (lab, client):
        with pytest.raises(ANY_ERROR):
            client.run_cmd("hostname")
        assert len(lab.hosts[HOST].shells) == 1


def test_azure_goes_wrong_by_path(tmp_path: Path) -> None:
    with served(tmp_path, "azure/locations=500") as (lab, _):
        azure = azure_of(lab.world)
        base = f"https://127.0.0.1:{lab.arm_port}/subscriptions"
        with requests.Session() as client:
            client.trust_env = False  # an environment's own bundle of authorities would win
            client.verify = str(tmp_path / "ca.pem")
            assert client.get(f"{base}/x/locations", timeout=20).status_code == 500
            assert client.get(base, timeout=20).status_code == 401
        assert sum(azure.faults.calls.values()) == 2


@pytest.mark.parametrize(
    ("mishap", "said"),
    [
        ("refuse", "WHERE=KIND"),
        ("nobody=hang", "there is no host 'nobody'"),
        (f"{HOST}/Explode=hang", "there is no operation 'Explode'"),
        (f"{HOST}/Send/x=hang", "there is no operation 'Send/x'"),
        ("azure=explode", "no such fault of Azure: 'explode'"),
        ("azure/(=500", "is no regular expression"),
        (f"{HOST}/Send=explode", "no such fault: 'explode'"),
    ],
)
def test_what_cannot_be_meant_is_refused(mishap: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        declare(build("contoso", 0), [mishap])


def test_azure_is_no_name_in_an_estate_without_it() -> None:
    with pytest.raises(Mistaken, match="there is no host 'azure'"):
        declare(World(name="bare"), ["azure=500"])


def test_everything_can_be_left_to_chance() -> None:
    lab = assemble(build("contoso", 0))
    azure = azure_of(lab.world)
    leave_to_chance(lab, 1.0, 3)
    assert lab.faults.pick(HOST, "Create") is not None
    assert lab.faults.pick(HOST) is None, "signing in is no operation"
    assert azure.faults.take("GET", "/subscriptions") is not None
    leave_to_chance(lab, 0.0, 3)
    assert lab.faults.pick(HOST, "Create") is None
    assert azure.faults.take("GET", "/subscriptions") is None


def test_a_plain_one_liner_is_answered_from_the_world(tmp_path: Path) -> None:
    with served(tmp_path, work=0.3) as (_, client):
        began = time.monotonic()
        answer = client.run_ps(SCRIPT)
        assert time.monotonic() - began > 0.3
        names = {machine["Name"] for machine in json.loads(answer.std_out)}
        assert names == {"VMM01", "LDS-DC01", "CANARY-LDS", "BUBBLE-DC"}
        one = client.run_ps("Get-VM -Name 'LDS-DC01' | Select-Object Id | ConvertTo-Json")
        assert list(json.loads(one.std_out)) == ["Id"]


@pytest.mark.parametrize(
    "script",
    [
        "Get-VM; Stop-VM x",
        "Remove-VM x | Select-Object a | ConvertTo-Json",
        "Get-Nothing | Select-Object a | ConvertTo-Json",
    ],
)
def test_a_plain_script_of_any_other_form_is_refused(script: str, tmp_path: Path) -> None:
    with served(tmp_path) as (_, client):
        assert client.run_ps(script).status_code == 1


def test_plain_scripts_have_to_be_asked_for(tmp_path: Path) -> None:
    with served(tmp_path, plain=False) as (_, client):
        assert client.run_ps(SCRIPT).status_code == 1
