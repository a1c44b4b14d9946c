"""Can somebody outside start a lab, find everything in it, and be rid of it again?"""

import asyncio
import json
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from winrm.protocol import Protocol

from drcheck.lab.running.assembly import UnknownScenario, build, names
from drcheck.lab.running.process import LabFailed, LabProcess
from drcheck.lab.running.serve import main
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.truth import TestVmRecord, Truth

SERVE = [sys.executable, "-m", "drcheck.lab", "serve"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabProcess]:
    folder = tmp_path_factory.mktemp("lab")
    with LabProcess(scenario="contoso", seed=3, speed=50, out=folder / "out", truth=folder / "truth.json") as started:
        yield started


def hostname(lab: LabProcess, host: dict[str, Any]) -> bytes:
    """What a real WinRM client reads from a host, with nothing but lab.json to go by."""
    protocol = Protocol(
        f"https://{host['address']}:{host['port']}/wsman",
        transport="ntlm",
        username=host["user"],
        password=host["password"],
        ca_trust_path=lab.info["ca_file"],
        proxy=None,
    )
    shell = protocol.open_shell()
    try:
        return protocol.get_command_output(shell, protocol.run_command(shell, "hostname"))[0]
    finally:
        protocol.close_shell(shell)


def test_every_host_of_lab_json_answers_to_its_name(lab: LabProcess) -> None:
    assert len(lab.info["hosts"]) >= 2
    for host in lab.info["hosts"]:
        assert hostname(lab, host).decode().strip().lower() == host["name"].partition(".")[0]


def test_arm_of_lab_json_knows_its_token(lab: LabProcess) -> None:
    url = f"{lab.info['arm']['base_url']}/subscriptions?api-version=2022-12-01"
    with_token = {"Authorization": f"Bearer {lab.info['arm']['token']}"}
    assert requests.get(url, verify=lab.info["ca_file"], timeout=20).status_code == 401
    assert requests.get(url, headers=with_token, verify=lab.info["ca_file"], timeout=20).status_code != 401


def test_secrets_are_for_their_owner_only(lab: LabProcess) -> None:
    for name in ("lab.json", "winrm.password", "guest.password", "arm.token", "client.pem"):
        assert stat.S_IMODE((lab.directory / name).stat().st_mode) == 0o600, name


def test_the_estate_says_where_the_lab_listens(lab: LabProcess) -> None:
    estate = yaml.safe_load(lab.estate.read_text(encoding="utf-8"))
    windows, azure = estate["windows"], estate["azure"]
    for host in lab.info["hosts"]:
        assert windows["hosts"][host["name"]] == {"address": host["address"], "port": host["port"]}
    assert windows["credentials"]["default"]["username"] == lab.info["hosts"][0]["user"]
    assert azure["endpoint"] == lab.info["arm"]["base_url"]
    named = (windows["credentials"]["default"]["password_file"], windows["guest_credentials"]["password_file"])
    for file in (*named, windows["ca_file"], azure["ca_file"], azure["token_file"], estate["drill_records"]):
        assert (lab.directory / file).exists(), file
    assert lab.info["hosts"][0]["password"] not in lab.estate.read_text(encoding="utf-8")


def test_drill_records_are_in_their_folder(lab: LabProcess) -> None:
    files = list((lab.directory / "drills").iterdir())
    told = {file.name.removesuffix(".json"): json.loads(file.read_text(encoding="utf-8")) for file in files}
    reviews = {review["drill"] for name, review in told.items() if name.endswith(".review")}
    records = {name for name, record in told.items() if record.get("id") == name}
    assert len(reviews) + len(records) == len(files)
    assert reviews == records == {record["id"] for record in build("contoso", 3).drill_records}


def test_the_truth_starts_empty(lab: LabProcess) -> None:
    assert lab.truth is not None
    assert json.loads(lab.truth.read_text(encoding="utf-8")) == {"schema": 1, "test_vms": [], "real_failovers": []}


def test_two_labs_of_one_scenario_do_not_meet(lab: LabProcess) -> None:
    with LabProcess(scenario="contoso") as other:
        ours, theirs = lab.info["hosts"][0], other.info["hosts"][0]
        assert (ours["name"], ours["address"]) == (theirs["name"], theirs["address"])
        assert hostname(lab, ours) == hostname(other, theirs)
        assert ours["port"] != theirs["port"]
    assert not other.directory.exists()


def test_a_host_can_be_told_to_misbehave(lab: LabProcess) -> None:
    name = lab.info["hosts"][0]["name"]
    with LabProcess(scenario="contoso", faults=(f"{name}=refuse",)) as other:
        first, second = other.info["hosts"][:2]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((first["address"], first["port"]))
        assert hostname(other, second)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    command = [*SERVE, "--scenario", "contoso", "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        info = json.loads((tmp_path / "lab.json").read_text(encoding="utf-8"))
        assert info["pid"] == child.pid
        child.send_signal(number)
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out, err) == (0, b"", b"")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((info["hosts"][0]["address"], info["hosts"][0]["port"]))


def test_it_does_not_outlive_the_one_who_started_it(tmp_path: Path) -> None:
    command = [*SERVE, "--scenario", "contoso", "--out", str(tmp_path), "--stop-at-eof"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.stdin.close()
        assert child.wait(30) == 0


def test_no_input_at_all_is_an_end_too(tmp_path: Path) -> None:
    command = [*SERVE, "--scenario", "contoso", "--out", str(tmp_path), "--stop-at-eof"]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"ready\n", b"")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scenario", "atlantis", "--out", "OUT"], "there is no scenario 'atlantis'; there are: contoso, "),
        (["--scenario", "contoso", "--out", "OUT", "--speed", "0"], "the lab's speed must be above 0, not 0.0"),
        (["--scenario", "contoso", "--out", "OUT", "--seed", "x"], "argument --seed: invalid int value: 'x'"),
        (["--scenario", "contoso", "--out", "OUT", "--fault", "nobody=hang"], "there is no host 'nobody'; there are: "),
        (["--scenario", "contoso", "--out", "OUT", "--fault", "HOST=explode"], "no such fault: 'explode'"),
        (["--scenario", "contoso", "--out", "/dev/null/x"], "Not a directory"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_4(
    lab: LabProcess, arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = {"OUT": str(tmp_path / "out"), "HOST=explode": f"{lab.info['hosts'][0]['name']}=explode"}
    given = [there.get(argument, argument) for argument in arguments]
    try:
        code: object = main(given)
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    assert (code, out) == (4, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_mistake_is_the_exit_code_of_the_process() -> None:
    run = subprocess.run([*SERVE, "--scenario", "contoso"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (4, "")
    assert run.stderr.endswith("the following arguments are required: --out\n")
    assert run.stderr.count("\n") == 1


def test_another_word_than_serve_is_a_mistake() -> None:
    run = subprocess.run([*SERVE[:-1], "server"], capture_output=True, text=True, check=False)
    assert run.returncode == 4
    assert run.stderr.startswith("usage: ")


def test_a_lab_that_does_not_come_up_says_why() -> None:
    lab = LabProcess(scenario="atlantis")
    with pytest.raises(LabFailed, match=r"\(exit code 4\).*there is no scenario 'atlantis'"):
        lab.start()
    assert lab.stop() == 0
    assert not lab.directory.exists()


def test_scenarios_are_named_with_dashes() -> None:
    assert "contoso-drifted" in names()
    with pytest.raises(UnknownScenario, match="contoso_drifted"):
        build("contoso_drifted")


# Time and truth.


def test_a_clock_shortens_durations_and_leaves_moments_alone() -> None:
    clock = LabClock(speed=100)
    before = time.time()
    assert before <= clock.now() <= time.time()
    assert before + 2 <= clock.after(200) <= time.time() + 2
    with pytest.raises(ValueError, match="speed must be above 0"):
        LabClock(speed=-1)


async def _waited(clock: LabClock, moment: float) -> float:
    await clock.until(moment)
    return clock.now()


def test_a_moment_has_come_when_the_wait_for_it_ends() -> None:
    clock = LabClock()
    moment = clock.now() + 0.05
    assert asyncio.run(_waited(clock, moment)) >= moment
    assert asyncio.run(_waited(clock, 0.0)) > 0


def test_the_truth_is_written_at_every_change(tmp_path: Path) -> None:
    truth = Truth(tmp_path / "truth.json")
    made = datetime(2026, 11, 23, 9, 0, 0, 250_000, UTC).timestamp()

    def written() -> dict[str, Any]:
        text = (tmp_path / "truth.json").read_text(encoding="utf-8")
        return dict(json.loads(text))

    truth.add(TestVmRecord(platform="hyperv", id="t1", name="SQL01 - Test", vm_id="v1", created=made))
    truth.change("hyperv", "t1", recovery_point=made - 60, started=made + 1)
    [entry] = written()["test_vms"]
    assert (entry["created"], entry["recovery_point"]) == ("2026-11-23T09:00:00.250000Z", "2026-11-23T08:59:00.250000Z")
    assert (entry["removed"], entry["vm_id"], entry["platform"]) == (None, "v1", "hyperv")
    truth.change("hyperv", "t1", removed=made + 2)
    truth.real_failover("v1")
    assert written()["test_vms"][0]["removed"] == "2026-11-23T09:00:02.250000Z"
    assert written()["real_failovers"] == ["v1"]
    assert [file.name for file in tmp_path.iterdir()] == ["truth.json"]


def test_the_truth_knows_no_test_vm_that_was_never_made() -> None:
    with pytest.raises(KeyError):
        Truth().change("azure", "nobody", removed=1.0)
