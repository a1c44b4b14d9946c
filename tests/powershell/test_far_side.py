"""Do the scripts do on a real PowerShell what the lab believes? One command: ``pytest tests/powershell -rs``.

Skipped where there is no engine. The golden lines were derived from the contract of the wire; see CONTRIBUTING.md.
"""

import os
import socket
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drcheck.query import Certificates, Probe
from drcheck.transport import scripts
from tests.powershell.cases import ACTS, ALLOWED, COLLECT, REGISTRY, Act, ask
from tests.powershell.far_side import ENGINES, Engine, Line, engine, golden, heard, same

on_windows = pytest.mark.skipif(sys.platform != "win32", reason="the registry and %ProgramData% exist on Windows only")


@pytest.fixture(params=ENGINES)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    program = engine(request.param)
    if program is None:
        pytest.skip(f"no {request.param} here: install it, or let the Windows workflow run this")
    return Engine(program=program, log=tmp_path / "changes.log")


def expect(found: list[Line], wanted: list[Line]) -> None:
    assert len(found) == len(wanted), found
    for one, other in zip(found, wanted, strict=True):
        assert same(one, other), f"{one}\nis not\n{other}"


@pytest.mark.parametrize("case", COLLECT)
def test_the_collector_writes_the_golden_lines(shell: Engine, case: str) -> None:
    said = shell.collect(COLLECT[case], ALLOWED)
    expect(said.answer, golden(case))
    assert (said.noise, said.code) == ("", 0)
    assert said.lines[0]["mode"] == "FullLanguage"


def test_ten_thousand_rows_arrive_in_order(shell: Engine) -> None:
    said = shell.collect([ask("many", "Get-StubMany", "Number", "Name")], ALLOWED)
    assert [line["d"] for line in said.answer[:-1]] == [{"Number": at, "Name": f"vm-{at}"} for at in range(10_000)]
    assert (said.answer[-1]["state"], said.answer[-1]["n"]) == ("ok", 10_000)


@on_windows
def test_the_registry_tells_absent_from_forbidden(shell: Engine) -> None:
    expect(shell.collect(REGISTRY, []).answer, golden("registry"))


def test_an_open_port_and_a_closed_one_are_answers(shell: Engine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as closing:
        opened, closed = server.getsockname()[1], closing.getsockname()[1]
        closing.close()
        said = shell.collect([probe("open", opened), probe("closed", closed), probe("nobody", 0)], [])
    rows = [line["d"] for line in said.answer if line["t"] == "o"]
    assert [(row["Outcome"], row["Address"]) for row in rows] == [("open", "127.0.0.1"), ("refused", "127.0.0.1")]
    assert [line["state"] for line in said.answer if line["t"] == "end"] == ["ok", "ok", "failed"]


def probe(name: str, port: int) -> Line:
    return dict(msgspec.to_builtins(Probe(id=name, host="127.0.0.1", port=port)))


@on_windows
def test_a_store_that_does_not_exist_is_told_from_one_that_is_read(shell: Engine) -> None:
    asked = [Certificates(id=name, store=name, columns=("Thumbprint", "NotAfter")) for name in ("My", "NoSuchStore")]
    said = shell.collect([dict(msgspec.to_builtins(query)) for query in asked], [])
    ends = {line["q"]: line for line in said.answer if line["t"] == "end"}
    assert ends["My"]["state"] == "ok"
    assert [error["id"] for error in ends["NoSuchStore"]["errors"]] == ["StoreNotFound"]


@pytest.mark.parametrize("case", ACTS.values(), ids=ACTS)
def test_the_drill_script_changes_only_what_it_may(shell: Engine, case: Act) -> None:
    verb, args, state, lines, changes = case
    said = shell.act(verb, args, state)
    expect(said.answer, golden(lines))
    assert shell.changes == changes


@pytest.fixture
def lease() -> Iterator[tuple[str, str]]:
    """A VM and a drill that nobody else has; what they leave in %ProgramData% is removed."""
    vm, drill = str(uuid.uuid4()), f"far-side-{uuid.uuid4().hex}"
    yield vm, drill
    folder = Path(os.environ["PROGRAMDATA"]) / "drcheck"
    for path in (folder / "leases" / f"{vm}.json", folder / "journal" / f"{drill}.jsonl"):
        path.unlink(missing_ok=True)


@on_windows
def test_a_lease_is_taken_once_and_released_by_its_holder(shell: Engine, lease: tuple[str, str]) -> None:
    vm, drill = lease
    given = {"vm_id": vm, "holder": "runner1", "drill": drill, "expires": "2026-11-23T10:00:00Z"}
    assert shell.act("lease.take", given).answer[0]["d"] == {"taken": True}
    held = {"taken": False, "holder": "runner1", "drill": drill, "expires": "2026-11-23T10:00:00Z"}
    assert shell.act("lease.take", {**given, "holder": "runner2", "drill": "another"}).answer[0]["d"] == held
    listed = [line["d"] for line in shell.act("lease.list", {}).answer[:-1]]
    assert {"vm_id": vm, **{name: given[name] for name in ("holder", "drill", "expires")}} in listed
    over = {**given, "holder": "runner2", "drill": "another", "over": "nobody"}
    assert shell.act("lease.take", over).answer[0]["d"] == held
    assert shell.act("lease.take", {**over, "over": drill}).answer[0]["d"] == {"taken": True}
    assert shell.act("lease.take", {**given, "over": "another"}).answer[0]["d"] == {"taken": True}
    assert shell.act("lease.release", {"vm_id": vm, "drill": "another"}).answer[0]["d"] == {"released": False}
    assert shell.act("lease.release", {"vm_id": vm, "drill": drill}).answer[0]["d"] == {"released": True}
    assert [line["t"] for line in shell.act("lease.read", {"vm_id": vm}).answer] == ["end"]


@on_windows
def test_a_journal_is_appended_to_and_read_back(shell: Engine, lease: tuple[str, str]) -> None:
    _, drill = lease
    lines = ['{"event":"opened"}', '{"event":"Z\u00fcrich \u6771\u4eac"}']
    for number, line in enumerate(lines, 1):
        assert shell.act("journal.mirror", {"drill": drill, "line": line}).answer[0]["d"] == {"lines": number}
    read = shell.act("journal.read", {"drill": drill}).answer
    assert [line["d"]["line"] for line in read[:-1]] == lines
    about = "8f8a0a5e-1d0c-4a0a-9c70-0d7a3c3f0001"
    assert [line["t"] for line in shell.act("journal.find", {"about": about}).answer] == ["end"]
    shell.act("journal.mirror", {"drill": drill, "line": f'{{"id":"{about.upper()}"}}'})
    assert shell.act("journal.find", {"about": about}).answer[0]["d"] == {"drill": drill}
    for _ in range(2):
        assert shell.act("journal.fence", {"drill": drill}).answer[0]["d"] == {"fenced": True}
    assert shell.act("journal.mirror", {"drill": drill, "line": "{}"}).answer[-1]["t"] == "end"
    assert len(shell.act("journal.read", {"drill": drill}).answer) == 4


@pytest.mark.parametrize(
    ("stdin", "why"),
    [
        (scripts.stdin("'another script'", {}), "HashMismatch"),
        (b"no request at all\n", "NoRequest"),
        (b'{"drc":1,"script":"AAAA"', "*"),
    ],
)
def test_the_loader_runs_nothing_but_the_script_it_names(shell: Engine, stdin: bytes, why: str) -> None:
    said = shell.run(scripts.collect_script(), stdin)
    (line,) = said.lines
    assert same({"t": line["t"], "id": line["id"], "message": line["message"]}, fatal(why))
    assert said.code == 1


def fatal(why: str) -> dict[str, Any]:
    return {"t": "fatal", "id": "Loader", "message": why}


def test_a_line_of_another_code_page_would_be_noticed() -> None:
    with pytest.raises(Exception, match="ASCII"):
        heard('#drc {"l":1,"t":"fatal","id":"x","message":"\u00fc"}\n'.encode(), 1)
