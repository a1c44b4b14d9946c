"""Does a simulated host deny what Windows denies, and answer what Windows answers?"""

import asyncio
import base64
import importlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drcheck.lab.powershell import catalogue
from drcheck.lab.powershell.derive import derive, render
from drcheck.lab.scenarios import contoso, fabrikam
from drcheck.lab.state.world import World
from drcheck.topology.base import Target
from drcheck.transport.scripts import collect_script, command_line, loader_text, sha256, stdin

Json = dict[str, Any]
Make = Callable[..., Json]
Start = Callable[..., Any]

VMM, HYPERV, CLUSTERS = "VirtualMachineManager", "Hyper-V", "FailoverClusters"
HOST = "hv-lon1.lon.contoso.lab"
GUEST_KEY = r"HKLM:\SOFTWARE\Microsoft\Virtual Machine\Guest\Parameters"


@pytest.fixture
def world() -> World:
    return contoso.build(1)


@pytest.fixture
def connect(cmdlet: Make) -> Json:
    return cmdlet(VMM, "Get-SCVMMServer", "Name", params={"ComputerName": "localhost"})


def _registry(key: str, *values: str) -> Json:
    return {"id": "r", "type": "registry", "key": key, "values": list(values)}


def _sql(text: str, *columns: str) -> Json:
    return {"id": "s", "type": "sql", "instance": "MSSQLSERVER", "text": text, "columns": list(columns)}


# What may run


def test_a_changed_loader_is_refused_and_runs_nothing(world: World, bench: Start) -> None:
    pinned = loader_text().replace("@SCRIPT_SHA256@", sha256(collect_script()))
    changed = base64.b64encode(pinned.replace("HashMismatch", "Hello").encode("utf-16-le")).decode()
    said = asyncio.run(bench(world).run(HOST, changed, stdin(collect_script(), {"allow": [], "queries": []})))
    assert said.code == 1
    assert said.out == b""
    assert "unknown loader" in said.error


def test_another_script_than_the_pinned_one_is_refused(world: World, bench: Start) -> None:
    line = command_line(collect_script()).rpartition(" ")[2]
    said = asyncio.run(bench(world).run(HOST, line, stdin(collect_script() + "\n", {"allow": [], "queries": []})))
    assert said.code == 4
    assert [(one["t"], one["id"], one["message"]) for one in said.lines] == [("fatal", "Loader", "HashMismatch")]


def test_a_script_nobody_reviewed_is_refused(world: World, bench: Start) -> None:
    said = asyncio.run(bench(world).say(HOST, collect_script() + "\n", {"allow": [], "queries": []}))
    assert [(one["t"], one["id"]) for one in said.lines] == [("fatal", "LabUnknownScript")]


# The catalogue

FULL = Path(__file__).parents[3] / "shared" / "catalog" / "cmdlets.json"


@pytest.mark.skipif(not FULL.exists(), reason="the full catalogue is not beside the repository")
def test_the_catalogue_is_what_derives_from_the_full_one() -> None:
    full = json.loads(FULL.read_text(encoding="utf-8"))
    assert render(derive(full)) == Path(catalogue.__file__).with_name("catalogue.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (VMM, "Get-SCRecoveryPlan"),
        (HYPERV, "Get-VMReplicationHealth"),
        (HYPERV, "Get-SCVMHost"),
        (VMM, "Get-SCVMHost"),
    ],
    ids=["never existed", "believed to exist", "other module", "module not installed here"],
)
def test_an_unknown_cmdlet_is_not_found(world: World, bench: Start, cmdlet: Make, module: str, name: str) -> None:
    said = bench(world).collect(HOST, cmdlet(module, name))
    assert said.end(name)["state"] == "failed"
    assert said.error_id(name) == "CommandNotFoundException"


@pytest.mark.parametrize("allow", [[], ["Get-VM"]])
def test_a_cmdlet_that_is_not_allowed_does_not_run(world: World, bench: Start, cmdlet: Make, allow: list[str]) -> None:
    said = bench(world).collect(HOST, cmdlet(HYPERV, "Get-VMSwitch", "Name"), allow=allow)
    assert said.error_id("Get-VMSwitch") == "NotAllowed"
    assert said.rows("Get-VMSwitch") == []


def test_a_cmdlet_that_changes_things_is_refused_even_when_it_is_listed(
    world: World, bench: Start, cmdlet: Make
) -> None:
    said = bench(world).collect(HOST, cmdlet(HYPERV, "Start-VMFailover", params={"VMName": "VMM01"}))
    assert said.error_id("Start-VMFailover") == "NotAllowed"
    assert not any(vm.replication and vm.replication.failed_over for vm in world.vms.values())


def test_an_unknown_parameter_is_an_error(world: World, bench: Start, cmdlet: Make) -> None:
    said = bench(world).collect(HOST, cmdlet(HYPERV, "Get-VM", "Name", params={"Nmae": "VMM01"}))
    assert said.error_id("Get-VM") == "NamedParameterNotFound"


def test_a_property_that_does_not_exist_is_missing_and_not_null(world: World, bench: Start, cmdlet: Make) -> None:
    said = bench(world).collect(HOST, cmdlet(HYPERV, "Get-VM", "Name", "Nmae", "HardDrives.Pth", "NetworkAdapters.X.Y"))
    assert said.end("Get-VM")["missing"] == ["Nmae", "HardDrives.Pth", "NetworkAdapters.X.Y"]
    assert all(set(row) == {"Name"} for row in said.rows("Get-VM"))


def test_replication_properties_that_vmm_machines_are_believed_to_have_are_missing(
    world: World, bench: Start, cmdlet: Make, connect: Json
) -> None:
    asked = cmdlet(VMM, "Get-SCVirtualMachine", "Name", "ReplicationState", "LastReplicationTime")
    said = bench(world).collect(contoso.VMM, connect, asked)
    assert said.end("Get-SCVirtualMachine")["missing"] == ["ReplicationState", "LastReplicationTime"]


def test_what_exists_but_is_not_simulated_fails_loudly(world: World, bench: Start, cmdlet: Make, connect: Json) -> None:
    jobs = cmdlet(VMM, "Get-SCJob", "Name")
    hosts = cmdlet(VMM, "Get-SCVMHost", "Name", "ProcessorModel")
    said = bench(world).collect(contoso.VMM, connect, jobs, hosts)
    assert said.error_id("Get-SCJob") == said.error_id("Get-SCVMHost") == "LabNotImplemented"
    assert said.end("Get-SCVMHost")["state"] == "failed"


def _queries(role: str, host: str) -> list[Json]:
    module = importlib.import_module(f"drcheck.discovery.{role}")
    target = Target(role=role, endpoint=host)
    by_id = {query.id: query for collector in module.COLLECTORS for query in collector.asked(target)}
    return [msgspec.to_builtins(query) for query in by_id.values()]


def _askable() -> Iterator[Any]:
    for build in (contoso.build, fabrikam.build):
        world = build(1)
        active = {server.host for server in world.vmm}
        for host in world.hosts.values():
            for role in sorted(host.roles):
                if role != "vmm" or host.name in active:
                    yield pytest.param(build, host.name, role, id=f"{host.name}-{role}")


@pytest.mark.parametrize(("build", "host", "role"), list(_askable()))
def test_every_question_of_discovery_is_answered_in_full(
    bench: Start, build: Callable[[int], World], host: str, role: str
) -> None:
    queries = _queries(role, host)
    said = bench(build(1)).collect(host, *queries)
    ends = {query["id"]: said.end(query["id"]) for query in queries}
    assert {name: (end["state"], end["errors"]) for name, end in ends.items()} == dict.fromkeys(ends, ("ok", []))
    assert {name for name, end in ends.items() if end["missing"]} <= {"vmm-guest"}


# How answers are written


def test_lines_are_numbered_and_counted(world: World, bench: Start, cmdlet: Make) -> None:
    said = bench(world).collect(HOST, cmdlet(HYPERV, "Get-VM", "Name"))
    assert [line["l"] for line in said.lines] == list(range(1, len(said.lines) + 1))
    assert said.lines[-1] == {"l": len(said.lines), "t": "bye", "n": len(said.lines) - 1}
    assert said.end("Get-VM")["n"] == len(said.rows("Get-VM"))


def test_a_path_over_a_list_gives_a_list_and_over_null_gives_null(world: World, bench: Start, cmdlet: Make) -> None:
    asked = cmdlet(HYPERV, "Get-VMReplication", "VMName", "ReplicatedDisks.Path", "TestVirtualMachine.Id")
    (row,) = bench(world).collect(contoso.LEEDS, asked).rows("Get-VMReplication")
    assert row["VMName"] == "VMM01"
    assert [path.rpartition("\\")[2] for path in row["ReplicatedDisks.Path"]] == ["VMM01-os.vhdx", "VMM01-data1.vhdx"]
    assert row["TestVirtualMachine.Id"] is None


def test_the_clock_of_a_host_shows_in_its_first_line(world: World, bench: Start) -> None:
    world.hosts[HOST].clock_offset = 90.0
    hello = bench(world).collect(HOST).lines[0]
    assert (hello["t"], hello["host"], hello["mode"]) == ("hello", "HV-LON1.lon.contoso.lab", "FullLanguage")
    assert hello["utc"] == "2027-01-15T08:01:30.0000000Z"


def test_the_clock_of_a_host_shows_in_the_moments_it_tells(world: World, bench: Start, cmdlet: Make) -> None:
    asked = cmdlet(HYPERV, "Get-VMReplication", "LastReplicationTime")
    right = bench(world).collect(contoso.LEEDS, asked).rows("Get-VMReplication")[0]["LastReplicationTime"]
    world.hosts[contoso.LEEDS].clock_offset = 3600.0
    wrong = bench(world).collect(contoso.LEEDS, asked).rows("Get-VMReplication")[0]["LastReplicationTime"]
    assert datetime.fromisoformat(wrong) - datetime.fromisoformat(right) == timedelta(hours=1)


def test_a_limit_is_reported(world: World, bench: Start, cmdlet: Make) -> None:
    said = bench(world).collect(HOST, cmdlet(HYPERV, "Get-VM", "Name", limit=2))
    assert (said.end("Get-VM")["state"], said.end("Get-VM")["n"]) == ("limited", 2)


def test_kept_objects_feed_a_later_query(world: World, bench: Start, cmdlet: Make) -> None:
    found = cmdlet(CLUSTERS, "Get-ClusterResource", "Name", keep=True)
    read = cmdlet(CLUSTERS, "Get-ClusterParameter", "ClusterObject.Name", "Name", "Value", pipe="Get-ClusterResource")
    rows = bench(world).collect("hv-lon4.lon.contoso.lab", found, read).rows("Get-ClusterParameter")
    share = "\\\\fs-lon1.lon.contoso.lab\\witness-hvcl2"
    assert {"ClusterObject.Name": "File Share Witness", "Name": "SharePath", "Value": share} in rows


def test_only_what_a_condition_lets_through_feeds_a_later_query(world: World, bench: Start, cmdlet: Make) -> None:
    found = cmdlet(CLUSTERS, "Get-ClusterResource", "Name", keep=True)
    where = {"path": "ResourceType.Name", "values": ["File Share Witness"]}
    read = cmdlet(CLUSTERS, "Get-ClusterParameter", "Name", pipe="Get-ClusterResource", where=where)
    rows = bench(world).collect("hv-lon4.lon.contoso.lab", found, read).rows("Get-ClusterParameter")
    assert rows == [{"Name": "SharePath"}]
    wrong = read | {"where": where | {"path": "ResourceKind"}}
    assert bench(world).collect(HOST, found, wrong).error_id("Get-ClusterParameter") == "PropertyNotFound"


def test_a_source_that_kept_nothing_is_an_error(world: World, bench: Start, cmdlet: Make) -> None:
    found = cmdlet(CLUSTERS, "Get-ClusterResource", "Name")
    read = cmdlet(CLUSTERS, "Get-ClusterParameter", "Name", pipe="Get-ClusterResource")
    assert bench(world).collect(HOST, found, read).error_id("Get-ClusterParameter") == "PipeSourceFailed"


def test_a_type_of_checkpoint_that_a_machine_has_none_of_is_an_error(world: World, bench: Start, cmdlet: Make) -> None:
    machines = cmdlet(HYPERV, "Get-VM", "Name", keep=True)
    plain = cmdlet(HYPERV, "Get-VMSnapshot", "Name", pipe="Get-VM")
    said = bench(world).collect(HOST, machines, plain)
    assert (said.end("Get-VMSnapshot")["state"], said.rows("Get-VMSnapshot")) == ("ok", [])
    said = bench(world).collect(HOST, machines, plain | {"params": {"SnapshotType": "AppConsistentReplica"}})
    assert (said.end("Get-VMSnapshot")["state"], said.error_id("Get-VMSnapshot")) == (
        "partial",
        "ObjectNotFound,Get-VMSnapshot",
    )


def test_a_vm_that_is_not_there_is_an_error_and_the_answer_partial(world: World, bench: Start, cmdlet: Make) -> None:
    said = bench(world).collect(HOST, cmdlet(HYPERV, "Get-VM", "Name", params={"Name": "NOBODY"}))
    assert (said.end("Get-VM")["state"], said.error_id("Get-VM")) == ("partial", "InvalidParameter,Get-VM")


# VMM


def test_without_a_connection_vmm_tells_nothing(world: World, bench: Start, cmdlet: Make) -> None:
    said = bench(world).collect(contoso.VMM, cmdlet(VMM, "Get-SCCloud", "Name"))
    assert said.error_id("Get-SCCloud").startswith("1615,")


def test_the_vmm_service_answers_on_its_active_node_only(bench: Start, connect: Json) -> None:
    desk = bench(fabrikam.build(1))
    states = {
        node: desk.collect(fabrikam.host(node), connect).end("Get-SCVMMServer")["state"] for node in fabrikam.VMM_NODES
    }
    assert states == {"vmm-lon1": "ok", "vmm-lon2": "failed", "vmm-lds1": "failed", "vmm-lds2": "failed"}


def test_vmm_tells_hyperv_ids_in_upper_case(world: World, bench: Start, cmdlet: Make, connect: Json) -> None:
    asked = cmdlet(VMM, "Get-SCVirtualMachine", "VMId", "ID", "CloudId")
    rows = bench(world).collect(contoso.VMM, connect, asked).rows("Get-SCVirtualMachine")
    assert len(rows) == 41
    assert {row["VMId"].lower() for row in rows} == {vm.id for vm in world.vms.values() if vm.in_vmm}
    assert all(row["VMId"] == row["VMId"].upper() and row["ID"] == row["ID"].lower() for row in rows)


# The registry


def test_a_guest_knows_its_vm_and_a_physical_machine_has_no_such_key(world: World, bench: Start) -> None:
    guest = bench(world).collect(contoso.VMM, _registry(GUEST_KEY, "VirtualMachineId", "VirtualMachineName"))
    assert guest.rows("r")[0]["VirtualMachineName"] == "VMM01"
    physical = bench(world).collect(HOST, _registry(GUEST_KEY, "VirtualMachineId"))
    assert (physical.rows("r"), physical.end("r")["missing"]) == ([{}], ["VirtualMachineId"])


def test_an_unknown_registry_key_is_loud(world: World, bench: Start) -> None:
    said = bench(world).collect(HOST, _registry(r"HKLM:\SOFTWARE\Contoso", "A"))
    assert said.error_id("r") == "LabNotImplemented"


# SQL Server

STATES = "SELECT replica_id, is_local, role_desc FROM sys.dm_hadr_availability_replica_states"
REPLICAS = "SELECT replica_id, replica_server_name FROM sys.availability_replicas"


def test_a_secondary_sees_only_its_own_state_but_every_replica(bench: Start) -> None:
    desk = bench(fabrikam.build(1))
    seen = {
        (node, text): len(desk.collect(fabrikam.host(node), _sql(text, "replica_id")).rows("s"))
        for node in fabrikam.SQL_NODES
        for text in (STATES, REPLICAS)
    }
    assert seen == {
        ("sql-lon1", STATES): 4,
        ("sql-lds1", STATES): 2,
        ("sql-lon1", REPLICAS): 4,
        ("sql-lds1", REPLICAS): 4,
    }


def test_bits_are_booleans_and_moments_are_utc(bench: Start) -> None:
    columns = ("is_primary_replica", "last_commit_time")
    text = "SELECT * FROM sys.dm_hadr_database_replica_states WHERE is_primary_replica = 1"
    rows = bench(fabrikam.build(1)).collect(fabrikam.host("sql-lon1"), _sql(text, *columns))
    assert rows.rows("s")[0] == {"is_primary_replica": True, "last_commit_time": "2027-01-15T07:59:58.0000000Z"}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SELECT name FROM sys.databasez", "Sql208"),
        ("SELECT nmae FROM sys.databases", "Sql207"),
        ("SELECT SOUNDS_LIKE(name, 1) FROM sys.databases", "Sql195"),
        ("SELEC name FROM sys.databases", "Sql102"),
        ("DELETE FROM sys.databases", "NotAllowed"),
        ("SELECT name INTO #t FROM sys.databases", "NotAllowed"),
    ],
)
def test_a_wrong_batch_is_an_error(world: World, bench: Start, text: str, error: str) -> None:
    assert bench(world).collect(contoso.VMM, _sql(text, "name")).error_id("s") == error


def test_t_sql_idioms_are_understood(bench: Start) -> None:
    text = (
        "SET NOCOUNT ON; SELECT @@SERVERNAME AS server, ISNULL(rs.connected_state_desc, N'?') AS state, "
        "CAST(SERVERPROPERTY('IsHadrEnabled') AS int) AS hadr, "
        "DATEDIFF(second, ds.last_commit_time, SYSUTCDATETIME()) AS age, "
        "CONVERT(varchar(33), ds.last_commit_time, 126) AS at "
        "FROM sys.availability_replicas AS ar WITH (NOLOCK) "
        "JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.replica_id = ar.replica_id "
        "JOIN sys.dm_hadr_database_replica_states AS ds ON ds.replica_id = ar.replica_id WHERE rs.is_local = 1;"
    )
    columns = ("server", "state", "hadr", "age", "at")
    (first, _) = bench(fabrikam.build(1)).collect(fabrikam.host("sql-lon1"), _sql(text, *columns)).rows("s")
    assert first == {"server": "SQL-LON1", "state": "CONNECTED", "hadr": 1, "age": 2, "at": "2027-01-15T07:59:58.000"}
