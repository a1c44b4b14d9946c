"""Does asking a Windows machine give its answer: over real WinRM, once, complete, in time, and with its clock?"""

import asyncio
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drcheck.errors import Deadline, Garbled, QueryFailed, RemoteFault, TransportError, UsageError
from drcheck.estate.secret import Secret
from drcheck.lab.faults import Fault
from drcheck.lab.powershell.engine import Engine
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import Host, Vm, World
from drcheck.lab.wsman.shells import Console
from drcheck.query import Cmdlet, Registry
from drcheck.transport.scripts import assemble_act
from drcheck.transport.winrm import Answers, WinRmEndpoint, act, collect
from drcheck.transport.winrm_session import belongs

ROOT = Path(__file__).parent.parent.parent
FRAGMENTS = [path.read_text(encoding="ascii") for path in sorted((ROOT / "drcheck/drill").glob("*.ps1"))]
VMS = Cmdlet(id="vms", module="Hyper-V", cmdlet="Get-VM", select=("Name", "State", "Nope"))
ABSENT = Cmdlet(id="absent", module="Hyper-V", cmdlet="Get-VMNothing", select=("Name",))
KEY = Registry(id="key", key=r"HKLM:\SOFTWARE\Microsoft\Virtual Machine\Guest\Parameters", values=("VirtualMachineId",))


@pytest.fixture
def ask(start: Any, far: Any) -> Any:
    """Ask a machine whose PowerShell plays a part; the endpoint can be changed."""

    def asked(play: Any, queries: Sequence[Cmdlet] = (VMS,), **changes: Any) -> Answers:
        with start(far.FarSide(play)) as machine:
            try:
                return collect(machine.endpoint(**changes), queries, now=far.now)
            finally:
                assert machine.open_shells == 0

    return asked


@pytest.mark.parametrize("transport", ["basic", "ntlm"])
def test_queries_are_answered_by_the_labs_powershell(start: Any, far: Any, transport: str) -> None:
    name = "hv1.lon.contoso.lab"
    world = World(name="one machine", hosts={name: Host(name=name, roles={"hyperv"}, clock_offset=-40.0)})
    world.vms["a"] = Vm(id="11111111-1111-1111-1111-111111111111", vmm_id="2", name="WEB01", host=name)
    with start(Engine(world=world, clock=LabClock()), world=world) as machine:
        answers = collect(machine.endpoint(transport=transport), [VMS, ABSENT, KEY], now=far.now)
    (row,) = answers.rows(VMS)
    assert (row.text("Name"), row.text("State"), row.has("Nope")) == ("WEB01", "Running", False)
    assert answers.missing(VMS) == ("Nope",)
    assert answers.incomplete(VMS) == ""
    assert answers.missing(KEY) == ("VirtualMachineId",)
    with pytest.raises(QueryFailed, match="CommandNotFoundException") as raised:
        answers.rows(ABSENT)
    assert raised.value.query == "Get-VMNothing"
    assert answers.host == name
    assert abs(answers.clock.offset_seconds + 40.0) <= answers.clock.uncertainty_seconds + 0.001


def test_one_shell_and_one_process_for_all_queries(start: Any, far: Any) -> None:
    with start() as machine:
        collect(machine.endpoint(), [VMS, KEY], now=far.now)
        assert [machine.calls(name) for name in ("Create", "Command", "Send", "Delete")] == [1, 1, 1, 1]


def test_what_is_asked_is_what_the_query_says(start: Any, far: Any) -> None:
    side = far.FarSide(far.answer_nothing)
    piped = Cmdlet(
        id="of", module="Hyper-V", cmdlet="Measure-VMReplication", select=("Name",), pipe="vms", params={"A": True}
    )
    with start(side) as machine:
        collect(machine.endpoint(), [VMS, piped, KEY], now=far.now)
    assert side.requests == [
        {
            "allow": ["Get-VM", "Measure-VMReplication"],
            "queries": [
                {"type": "cmdlet", "id": "vms", "module": "Hyper-V", "cmdlet": "Get-VM", "params": {}, "pipe": None}
                | {"select": ["Name", "State", "Nope"], "keep": False, "limit": None, "where": None},
                {"type": "cmdlet", "id": "of", "module": "Hyper-V", "cmdlet": "Measure-VMReplication"}
                | {
                    "params": {"A": True},
                    "pipe": "vms",
                    "select": ["Name"],
                    "keep": False,
                    "limit": None,
                    "where": None,
                },
                {"type": "registry", "id": "key", "key": KEY.key, "values": ["VirtualMachineId"]},
            ],
        }
    ]


def test_a_request_larger_than_an_envelope_goes_in_pieces(start: Any, far: Any) -> None:
    side = far.FarSide(far.answer_nothing)
    many = [
        Cmdlet(id=f"q{at}", module="Hyper-V", cmdlet="Get-VM", select=tuple(f"Property{n}" for n in range(400)))
        for at in range(60)
    ]
    with start(side) as machine:
        answers = collect(machine.endpoint(), many, now=far.now)
        assert machine.calls("Send") == -(-len(side.stdin[0]) // 100_000) > 3
    assert len(answers.answers) == 60


def test_an_answer_of_many_envelopes_arrives_whole(ask: Any, far: Any) -> None:
    async def play(console: Console, _far: Any) -> int:
        await console.write(far.hello())
        for number in range(2, 20_002):
            await console.write(far.line(number, "o", q="vms", d={"Name": f"VM {number} \u4e2d\u6587"}))
        await console.write(far.end(20_002, "vms", 20_000) + far.line(20_003, "bye", n=20_002))
        return 0

    names = [row.text("Name") for row in ask(play).rows(VMS)]
    assert names == [f"VM {number} \u4e2d\u6587" for number in range(2, 20_002)]


@pytest.mark.parametrize("ahead", [-90.0, 0.0, 3600.0])
def test_the_far_clock_is_measured_within_its_stated_error(ask: Any, far: Any, ahead: float) -> None:
    async def play(console: Console, side: Any) -> int:
        utc = (far.now() + timedelta(seconds=ahead)).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
        await console.write(far.hello(utc) + far.end(2, "vms") + far.line(3, "bye", n=2))
        return 0

    clock = ask(play).clock
    assert abs(clock.offset_seconds - ahead) <= clock.uncertainty_seconds + 1e-5
    assert clock.endpoint == "hv1.lon.contoso.lab"


def test_the_clock_is_bounded_by_the_last_word_sent_not_by_the_first(start: Any, far: Any) -> None:
    """A clock that jumps a hundred seconds while the command is started: the start must not count."""
    with start() as machine:
        answers = collect(
            machine.endpoint(), [VMS], now=lambda: far.now() + timedelta(seconds=100 * machine.calls("Command"))
        )
    assert answers.clock.uncertainty_seconds < 40


@pytest.mark.parametrize(
    ("sent", "back", "same"),
    [
        ("<a:MessageID>uuid:{0}</a:MessageID>", "<a:RelatesTo>uuid:{1}</a:RelatesTo>", True),
        ('<a:MessageID x="1">uuid:{0}</a:MessageID>', "<b:RelatesTo>{0}</b:RelatesTo>", True),
        ("<a:MessageID>uuid:{0}</a:MessageID>", "<a:RelatesTo>uuid:{2}</a:RelatesTo>", False),
        ("<a:MessageID>uuid:{0}</a:MessageID>", "<html></html>", False),
    ],
    ids=["upper", "plain", "another", "none"],
)
def test_an_answer_belongs_to_its_message(sent: str, back: str, same: bool) -> None:
    guid = "0a1b2c3d-0000-4000-8000-00000000000f"
    ids = (guid, guid.upper(), guid.replace("f", "e"))
    assert belongs(sent.format(*ids).encode(), back.format(*ids).encode()) is same


def test_an_incomplete_answer_says_so(ask: Any, far: Any) -> None:
    async def play(console: Console, _side: Any) -> int:
        errors = [{"id": "AccessDenied,X", "category": "PermissionDenied", "message": "Zugriff verweigert"}]
        await console.write(far.hello() + far.line(2, "o", q="vms", d={"Name": "A"}))
        await console.write(far.end(3, "vms", 1, "partial", errors=errors) + far.line(4, "bye", n=3))
        return 0

    answers = ask(play)
    assert len(answers.rows(VMS)) == 1
    assert answers.incomplete(VMS) == "partial after 1 rows: AccessDenied,X: Zugriff verweigert"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("hello", "ends after line 1, without its last line"),
        ("hello bye2", "1 lines arrived, 2 were sent"),
        ("hello skip bye", "line 3 arrived where line 2 was expected"),
        ("hello bye", "no answer to vms came"),
    ],
)
def test_what_is_lost_is_never_taken_for_an_answer(ask: Any, far: Any, said: str, reason: str) -> None:
    lines = {
        "hello": far.hello(),
        "bye": far.line(2, "bye", n=1),
        "bye2": far.line(2, "bye", n=2),
        "skip": far.end(3, "vms"),
    }

    async def play(console: Console, _side: Any) -> int:
        await console.write(b"".join(lines[word] for word in said.split()))
        return 0

    with pytest.raises(Garbled, match=reason):
        ask(play)


def test_a_loader_that_dies_is_told_with_its_reason(ask: Any) -> None:
    async def play(console: Console, _side: Any) -> int:
        await console.write_error(
            b'#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
            b'<Obj S="progress" RefId="0"><MS><S N="A">Preparing modules</S></MS></Obj>'
            b'<S S="Error">This script is blocked by your administrator_x000D__x000A_</S></Objs>'
        )
        return 1

    with pytest.raises(RemoteFault, match=r"exit code 1: This script is blocked by your administrator\)") as raised:
        ask(play)
    assert "Preparing" not in str(raised.value)


def test_constrained_language_is_told(ask: Any, far: Any) -> None:
    async def play(console: Console, _side: Any) -> int:
        await console.write(far.line(1, "fatal", id="LanguageMode", message="not FullLanguage"))
        return 1

    with pytest.raises(RemoteFault, match="not in full language mode"):
        ask(play)


def test_a_script_the_lab_does_not_know_is_refused(start: Any, far: Any) -> None:
    with (
        start(Engine(world=World(name="empty"), clock=LabClock())) as machine,
        pytest.raises(RemoteFault, match="refused"),
    ):
        act(machine.endpoint(), "param($Request) 'mine'", "lease.read", {}, now=far.now, seconds=30)


def test_silence_costs_the_total_time_and_leaves_no_shell(start: Any, far: Any) -> None:
    with start(far.FarSide(far.never)) as machine:
        with pytest.raises(Deadline, match="within the time allowed"):
            collect(machine.endpoint(total_seconds=1.5), [VMS], now=far.now)
        assert machine.open_shells == 0
        assert machine.calls("Delete") == 1


def test_a_slow_machine_is_waited_for(start: Any, far: Any) -> None:
    """The lab answers a Receive with its time-out fault after the hold of one second; the next one is sent."""
    go = threading.Event()

    async def play(console: Console, side: Any) -> int:
        await asyncio.to_thread(go.wait)
        return int(await far.answer_nothing(console, side))

    with start(far.FarSide(play)) as machine:

        def watch() -> None:
            while machine.calls("Receive") < 2:
                go.wait(0.01)
            go.set()

        watcher = threading.Thread(target=watch)
        watcher.start()
        answers = collect(machine.endpoint(total_seconds=2.9), [VMS], now=far.now)
        watcher.join()
        assert answers.incomplete(VMS) == ""
        assert machine.calls("Receive") >= 2


def test_rows_of_a_verb_are_told_while_it_runs(start: Any, far: Any) -> None:
    """The far side goes on only after the first row was seen, so a reader that waits for the end would hang."""
    seen = threading.Event()
    told: list[tuple[object, datetime]] = []

    async def play(console: Console, _side: Any) -> int:
        await console.write(far.hello() + far.line(2, "o", q="act", d={"status": "Stopped"}))
        await asyncio.to_thread(seen.wait)
        await console.write(far.line(3, "o", q="act", d={"status": "Running"}))
        await console.write(far.end(4, "act", 2) + far.line(5, "bye", n=4))
        return 0

    def tell(row: dict[str, object], at: datetime) -> None:
        told.append((row["status"], at))
        seen.set()

    script = assemble_act(FRAGMENTS)
    with start(far.FarSide(play)) as machine:
        acted = act(machine.endpoint(), script, "v", {"a": 1}, now=far.now, seconds=30, on_event=tell)
    assert [status for status, _ in told] == ["Stopped", "Running"]
    assert told[0][1] < told[1][1]
    assert acted.rows == [{"status": "Stopped"}, {"status": "Running"}]


def test_an_interrupted_verb_leaves_no_shell(start: Any, far: Any) -> None:
    async def play(console: Console, _side: Any) -> int:
        await console.write(far.hello() + far.line(2, "o", q="act", d={"status": "Stopped"}))
        await asyncio.Event().wait()
        return 0

    def interrupt(_row: dict[str, object], _at: datetime) -> None:
        raise KeyboardInterrupt

    with start(far.FarSide(play)) as machine:
        with pytest.raises(KeyboardInterrupt):
            act(machine.endpoint(), "", "v", {}, now=far.now, seconds=30, on_event=interrupt)
        assert machine.open_shells == 0


def test_a_refused_verb_carries_its_reason(start: Any, far: Any) -> None:
    async def play(console: Console, _side: Any) -> int:
        errors = [{"id": "TestVmNotFound", "category": "InvalidOperation", "message": "nothing was sent"}]
        await console.write(far.hello() + far.end(2, "act", 0, "failed", errors=errors) + far.line(3, "bye", n=2))
        return 0

    with start(far.FarSide(play)) as machine, pytest.raises(QueryFailed, match="nothing was sent") as raised:
        act(machine.endpoint(), "", "hyperv.test-failover.stop", {}, now=far.now, seconds=30)
    assert raised.value.error_id == "TestVmNotFound"


@pytest.mark.parametrize("operation", ["Create", "Command", "Send", "Receive"])
@pytest.mark.parametrize("kind", ["lose", "reset", "503", "truncate"])
def test_a_verb_is_sent_once_whatever_happens(start: Any, far: Any, operation: str, kind: str) -> None:
    side = far.FarSide(far.answer_nothing)
    with start(side) as machine:
        fault = machine.lab.faults.add(Fault(kind=kind, operation=operation))
        with pytest.raises(TransportError):
            act(machine.endpoint(), "", "v", {}, now=far.now, seconds=30)
        assert fault.seen == 1
        assert machine.calls("Command") <= 1
        assert len(side.requests) <= 1


def test_plain_http_is_refused_unless_it_encrypts() -> None:
    settings: dict[str, Any] = {"name": "hv1", "username": "u", "password": Secret("hidden"), "https": False}
    with pytest.raises(UsageError, match="basic needs https"):
        WinRmEndpoint(transport="basic", **settings)
    endpoint = WinRmEndpoint(transport="ntlm", **settings)
    assert "hidden" not in repr(endpoint)
    assert str(endpoint) == "winrm http://hv1:5986"
