"""The list of what may be asked and done: complete against what a lab heard, and safe in what it grants."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drcheck.cli import main
from drcheck.cli.check_files import checks_at
from drcheck.discovery import ArmCollector
from drcheck.discovery.driver import sources
from drcheck.drill.azure.calls import DrillArm, UndeclaredAction
from drcheck.drill.engine import kinds
from drcheck.drill.guest.scripts import act_script
from drcheck.errors import TransportError
from drcheck.estate import Secret
from drcheck.lab.heard import Heard, nameless
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import running
from drcheck.lab.state.clock import LabClock
from drcheck.permissions.artefacts import artefacts
from drcheck.permissions.azure import SUBSCRIPTION, VAULT, granted, right_of
from drcheck.permissions.listing import Form, permitted, render
from drcheck.permissions.scripts import invoked
from drcheck.permissions.sources_page import page
from drcheck.permissions.uses import RunKind, uses
from drcheck.query import ArmAction, ArmRead, BlobCall, WindowsQuery
from drcheck.transport.arm import SITE_RECOVERY_API, ArmEndpoint

ROOT = Path(__file__).parent.parent
HEALTHY = ("contoso", "fabrikam")
REAL = ("plannedFailover", "unplannedFailover", "failoverCommit", "reProtect", "applyRecoveryPoint", "failoverCancel")


def shape(query: Mapping[str, Any]) -> tuple[object, ...]:
    """A query without what differs from one target to the next."""
    match query["type"]:
        case "cmdlet":
            return ("cmdlet", query["module"], query["cmdlet"], *sorted(query["params"]), *query["select"])
        case "registry":
            return ("registry", query["key"], *query["values"])
        case "sql":
            return ("sql", query["text"], *query["columns"])
        case "certificate":
            return ("certificate", query["store"], *query["columns"])
        case other:
            return (other,)


def declared_queries(run: RunKind) -> set[tuple[object, ...]]:
    return {shape(msgspec.to_builtins(use.query)) for use in uses(run) if isinstance(use.query, WindowsQuery)}


def declared_calls(run: RunKind) -> set[tuple[str, str, str]]:
    calls = [use.query for use in uses(run) if isinstance(use.query, ArmRead | ArmAction)]
    return {
        (
            "GET" if isinstance(call, ArmRead) else "POST",
            nameless(call.path.replace("{vault}", VAULT, 1) if call.path.startswith("{vault}") else spelled(call.path)),
            call.api_version,
        )
        for call in calls
    }


def spelled(path: str) -> str:
    return path.replace("{subscription}", SUBSCRIPTION, 1) if path.startswith("{subscription}") else path


def heard(scenario: str, folder: Path, *command: str) -> Heard:
    """What a simulated estate was asked by one command."""
    world = build(scenario, 3)
    with running(assemble(world, LabClock(speed=300))) as lab:
        publish(lab, scenario, folder)
        told = [sys.executable, "-m", "drcheck", *command, "--estate", str(folder / "estate.yaml")]
        done = subprocess.run(told, cwd=folder, capture_output=True, text=True, timeout=250, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return world.heard


@pytest.fixture(scope="module")
def drills(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Heard]:
    """What was heard of a discovery, its checks and every drill of each estate; at once, for a drill mostly waits."""
    with ThreadPoolExecutor() as pool:
        waits = {
            name: pool.submit(heard, name, tmp_path_factory.mktemp(name), "drill", "--no-html") for name in HEALTHY
        }
    return {name: wait.result() for name, wait in waits.items()}


@pytest.fixture(params=HEALTHY)
def drilled(request: pytest.FixtureRequest, drills: Mapping[str, Heard]) -> Heard:
    """What was heard in one of them."""
    return drills[request.param]


def undeclared(queries: Iterable[str], run: RunKind) -> list[str]:
    known = declared_queries(run)
    return [query for query in queries if shape(json.loads(query)) not in known]


def test_everything_that_windows_heard_is_in_the_list(drilled: Heard) -> None:
    assert len(drilled.queries) > 20
    assert undeclared(drilled.queries, RunKind.DRILL) == []


def test_everything_that_azure_heard_is_in_the_list(drilled: Heard) -> None:
    assert drilled.calls - declared_calls(RunKind.DRILL) == set()


def test_everything_that_the_container_of_leases_heard_is_in_the_list(drilled: Heard) -> None:
    calls = [use.query for use in uses(RunKind.DRILL) if isinstance(use.query, BlobCall)]
    assert ("PUT", "appendblock", "journals") in drilled.blobs
    assert drilled.blobs - {(call.method, call.comp, call.folder) for call in calls} == set()


def test_drills_were_among_what_was_heard(drilled: Heard) -> None:
    assert "hyperv.test-failover.start" in drilled.verbs
    assert any(method == "POST" for method, _, _ in drilled.calls)


def test_a_reading_run_sends_nothing_that_acts(tmp_path: Path) -> None:
    told = heard("contoso", tmp_path, "discover", "-o", str(tmp_path / "estate.snapshot"))
    assert told.verbs == set()
    assert told.blobs == set()
    assert undeclared(told.queries, RunKind.READ) == []
    assert told.calls - declared_calls(RunKind.READ) == set()
    assert {method for method, _, _ in told.calls} == {"GET"}


def test_the_doctor_asks_only_what_is_in_the_list(tmp_path: Path) -> None:
    told = heard("contoso", tmp_path, "doctor")
    assert told.blobs == {("GET", "list", "")}
    assert undeclared(told.queries, RunKind.READ) == []
    assert told.calls - declared_calls(RunKind.READ) == set()


def test_every_source_in_azure_declares_what_it_reads() -> None:
    silent = [
        sourced.kind
        for listed in sources().values()
        for sourced in listed
        if isinstance(sourced.collector, ArmCollector) and not sourced.collector.reads
    ]
    assert silent == []


def actions(run: RunKind) -> list[str]:
    role = json.loads(artefacts(run)[f"azure-role-{run}.json"])
    return [str(action) for action in role["Actions"]]


def test_the_drill_role_can_hold_and_clean_up_a_test_failover() -> None:
    vault = "Microsoft.RecoveryServices/vaults"
    item = f"{vault}/replicationFabrics/replicationProtectionContainers/replicationProtectedItems"
    for kind in (f"{vault}/replicationRecoveryPlans", item):
        assert {f"{kind}/testFailover/action", f"{kind}/testFailoverCleanup/action"} <= set(actions(RunKind.DRILL))


def test_only_the_drill_role_touches_blobs_and_only_those_of_a_container() -> None:
    blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
    data = {run: json.loads(artefacts(run)[f"azure-role-{run}.json"])["DataActions"] for run in RunKind}
    assert data[RunKind.READ] == []
    assert set(data[RunKind.DRILL]) == {f"{blobs}/{what}" for what in ("read", "write", "delete")}


@pytest.mark.parametrize("run", RunKind)
def test_no_role_can_fail_over_for_real_or_change_anything_else(run: RunKind) -> None:
    held = actions(run)
    item = (
        "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectedItems"
    )
    plan = "Microsoft.RecoveryServices/vaults/replicationRecoveryPlans"
    for real in REAL:
        assert not any(granted(f"{kind}/{real}/action", held, ()) for kind in (item, plan))
    assert not [action for action in held if "*" in action or action.endswith(("/write", "/delete"))]


def test_the_reading_role_only_reads() -> None:
    assert {action.rpartition("/")[2] for action in actions(RunKind.READ)} == {"read"}


@pytest.mark.parametrize(
    ("call", "right"),
    [
        (ArmRead(path="{vault}", api_version="x"), "Microsoft.RecoveryServices/vaults/read"),
        (ArmRead(path="{subscription}", api_version="x"), "Microsoft.Resources/subscriptions/read"),
        (
            ArmRead(path="{vault}/replicationFabrics/{fabric}/replicationLogicalNetworks", api_version="x"),
            "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationLogicalNetworks/read",
        ),
        (
            ArmRead(path="{vault}/providers/Microsoft.Authorization/permissions", api_version="x"),
            "Microsoft.Authorization/permissions/read",
        ),
        (
            ArmRead(path="{subscription}/providers/Microsoft.Network/locations/{region}/usages", api_version="x"),
            "Microsoft.Network/locations/usages/read",
        ),
        (
            ArmAction(path="{vault}/replicationJobs/{job}/resume", api_version="x"),
            "Microsoft.RecoveryServices/vaults/replicationJobs/resume/action",
        ),
    ],
)
def test_a_right_follows_from_the_path(call: ArmRead | ArmAction, right: str) -> None:
    assert right_of(call) == right


@pytest.mark.parametrize(
    ("held", "taken", "yes"),
    [
        (["*"], [], True),
        (["*/read"], [], True),
        (["microsoft.recoveryservices/VAULTS/*"], [], True),
        (["*"], ["Microsoft.RecoveryServices/vaults/read"], False),
        (["Microsoft.Network/*"], [], False),
        ([], [], False),
    ],
)
def test_wildcards_and_exclusions_of_a_role_count(held: list[str], taken: list[str], yes: bool) -> None:
    assert granted("Microsoft.RecoveryServices/vaults/read", held, taken) is yes


PLAN = f"{VAULT}/replicationRecoveryPlans/rp"
ITEM = f"{VAULT}/replicationFabrics/f/replicationProtectionContainers/c/replicationProtectedItems/i"


@pytest.mark.parametrize(
    "path",
    [
        *(f"{place}/{real}" for place in (PLAN, ITEM) for real in REAL),
        f"{ITEM}/testFailover/x",
        f"{PLAN}/testFailover/x",
        f"{PLAN}/../other/plannedFailover",
        f"{VAULT}/replicationJobs/j/restart",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m/deallocate",
    ],
)
def test_a_drill_sends_no_action_that_is_not_declared(path: str) -> None:
    """The port is closed: an action that was sent would end as another error."""
    endpoint = ArmEndpoint(base_url="https://127.0.0.1:9", token=Secret("t"), connect_seconds=1, total_seconds=1)
    with DrillArm(endpoint) as client, pytest.raises(UndeclaredAction):
        client.post(path, SITE_RECOVERY_API, {})


def test_a_drill_sends_what_is_declared() -> None:
    endpoint = ArmEndpoint(base_url="https://127.0.0.1:9", token=Secret("t"), connect_seconds=1, total_seconds=1)
    with DrillArm(endpoint) as client:
        for place in (PLAN, ITEM):
            with pytest.raises(TransportError):
                client.post(f"{place}/testFailover", SITE_RECOVERY_API, {})


def test_the_drill_script_changes_what_is_listed_and_only_tests() -> None:
    act = {call.cmdlet: call.parameters for call in invoked(RunKind.DRILL) if call.script == "act"}
    changing = {name for name in act if name.rpartition("\\")[2].split("-")[0] in ("Start", "Stop", "Set", "Remove")}
    assert changing == {r"Hyper-V\Start-VMFailover", r"Hyper-V\Stop-VMFailover", r"Hyper-V\Start-VM", "Start-Sleep"}
    assert "AsTest" in act[r"Hyper-V\Start-VMFailover"]
    assert act_script().count("Start-VMFailover -V") == act_script().count("-AsTest -Confirm:$false")


def test_a_reading_run_does_not_hold_the_drill_script() -> None:
    assert {call.script for call in invoked(RunKind.READ)} == {"collect", "loader"}


def test_no_cmdlet_that_queries_name_changes_anything() -> None:
    named = {row.what.partition("\\")[2] for row in permitted(RunKind.DRILL) if row.type == "cmdlet"}
    assert {name.split("-")[0] for name in named} <= {"Get", "Measure"}


def test_no_batch_changes_anything() -> None:
    words = {word for row in permitted(RunKind.READ) if row.type == "sql" for word in row.text.upper().split()}
    assert not words & {"INSERT", "UPDATE", "DELETE", "MERGE", "ALTER", "CREATE", "DROP", "EXEC", "GRANT", "KILL"}


def test_the_list_is_written_for_people_and_for_programs() -> None:
    told = json.loads(render(RunKind.DRILL, Form.JSON))
    assert told["run"] == "drill"
    for form in (Form.TEXT, Form.MD):
        text = render(RunKind.DRILL, form)
        assert all(str(row["what"]) in text for row in told["permitted"])
    assert "Start-VMFailover" not in render(RunKind.READ, Form.TEXT)


def test_the_files_are_written_once_and_never_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "granted"
    assert main(["permissions", "--run", "drill", "--out", str(out)]) == 0
    names = {path.name for path in out.iterdir()}
    assert names == {"permissions.txt", "azure-role-drill.json", "sql-grants.sql", "vmm-role.ps1", "windows-groups.ps1"}
    (out / "permissions.txt").write_text("mine")
    assert main(["permissions", "--run", "drill", "--out", str(out)]) == 4
    assert (out / "permissions.txt").read_text() == "mine"
    assert "exists" in capsys.readouterr().err


def test_the_files_are_for_the_account_and_the_subscription_that_are_given(tmp_path: Path) -> None:
    given = ["--account", "FABRIKAM\\svc dr", "--subscription", "3db890f0-fdf4-5f7f-9ab2-d68b18a4d8f3"]
    assert main(["permissions", "--out", str(tmp_path), *given]) == 0
    texts = {path.name: path.read_text() for path in tmp_path.iterdir() if path.name != "permissions.txt"}
    assert not [name for name, text in texts.items() if "CONTOSO" in text or "00000000" in text]
    assert "GRANT VIEW SERVER STATE TO [FABRIKAM\\svc dr];" in texts["sql-grants.sql"]
    assert json.loads(texts["azure-role-read.json"])["AssignableScopes"] == [f"/subscriptions/{given[3]}"]


@pytest.mark.parametrize("account", ["a'; Remove-Item C:\\", "x]; DROP LOGIN sa; --", "$(calc)", "a\nb"])
def test_an_account_that_would_be_code_is_refused(account: str, tmp_path: Path) -> None:
    assert main(["permissions", "--out", str(tmp_path / "out"), "--account", account]) == 4
    assert not (tmp_path / "out").exists()


def test_grants_name_each_right_that_a_batch_needs() -> None:
    grants = artefacts(RunKind.READ)["sql-grants.sql"]
    assert "GRANT VIEW SERVER STATE" in grants
    assert "GRANT VIEW ANY DEFINITION" in grants


def test_every_kind_of_drill_says_what_it_asks_of_azure() -> None:
    assert all(isinstance(kind.ARM_CALLS, tuple) for kind in kinds().values())


def test_the_page_of_sources_is_current() -> None:
    written = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    assert written == page(checks_at(())), "run: make docs"
