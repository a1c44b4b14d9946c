"""What lives on an instance outside its databases, and what its partners talk over."""

from datetime import UTC, datetime

import pytest

from drcheck.topology.base import Fact, Topology
from drcheck.topology.sql_objects import (
    AgListener,
    JobStep,
    LinkedServer,
    ListenerIp,
    MirroringEndpoint,
    QuorumMember,
    SeedingAttempt,
    SqlCredential,
    SqlJob,
    SqlLogin,
)
from drcheck.topology.sql_upkeep import DatabaseUpkeep, HealthSession
from tests.pretend_machines import Rows, read, sql_rows
from tests.sql_answers import primary_rows

HERE = "sql1.lab\\MSSQLSERVER"
OBJECTS: Rows = {
    "sql-logins": [
        {"name": "LAB\\svc", "sid": "0x0105AB", "type_desc": "WINDOWS_LOGIN", "is_disabled": False,
         "default_database_name": None},
    ],
    "sql-jobs": [
        {"job_id": "J-1", "name": "Backup", "enabled": 1, "owner_name": None},
        {"job_id": "J-2", "name": "empty", "enabled": 0, "owner_name": "sa"},
    ],
    "sql-job-steps": [
        {"job_id": "J-1", "step_id": 1, "step_name": "full", "subsystem": "TSQL", "database_name": "master",
         "command_sha256": "0xAB12"},
        {"job_id": "J-1", "step_id": 2, "step_name": "copy", "subsystem": "CmdExec", "database_name": None,
         "command_sha256": None},
    ],
    "sql-linked-servers": [{"name": "ERP", "product": None, "provider": "MSOLEDBSQL", "data_source": "erp.lab"}],
    "sql-credentials": [{"credential_id": 65536, "name": "backup", "credential_identity": "LAB\\backup"}],
    "sql-endpoints": [
        {"endpoint_id": 65537, "name": "Hadr", "state_desc": "STARTED", "role_desc": "ALL", "port": 5022,
         "is_encryption_enabled": True, "encryption_algorithm_desc": "AES", "connection_auth_desc": "NEGOTIATE"},
    ],
    "sql-cluster-members": [
        {"member_name": "SQL1", "member_type_desc": "CLUSTER_NODE", "member_state_desc": "UP",
         "number_of_quorum_votes": 1},
    ],
    "sql-seeding": [
        {"ag_id": "G1", "ag_db_id": "D1", "ag_remote_replica_id": None, "start_time": "2026-11-23T09:00:00.0000000Z",
         "completion_time": None, "current_state": "FAILED", "failure_state_desc": "Secondary error",
         "error_code": 1204, "number_of_attempts": None},
    ],
    "sql-health-session": [{"startup_state": True, "is_running": 0}],
    "sql-upkeep": [
        {"name": "VirtualManagerDB", "full_minutes": 1200, "log_minutes": None, "check_minutes": 66000000},
    ],
}  # fmt: skip


@pytest.fixture
def topology() -> Topology:
    return read("sql", "sql1.lab", {**sql_rows("sql1.lab"), **OBJECTS})


def test_what_nothing_replicates_is_read(topology: Topology) -> None:
    (login,), (backup, empty) = topology.all(SqlLogin), topology.all(SqlJob)
    assert (login.key, login.name, login.default_database) == (f"{HERE}/0x0105ab", "LAB\\svc", "")
    assert (backup.name, backup.enabled, backup.owner) == ("Backup", True, "")
    assert backup.steps == (
        JobStep(number=1, name="full", subsystem="TSQL", database="master", command_sha256="ab12"),
        JobStep(number=2, name="copy", subsystem="CmdExec", database="", command_sha256=""),
    )
    assert (empty.enabled, empty.steps) == (False, ())
    (linked,), (credential,) = topology.all(LinkedServer), topology.all(SqlCredential)
    assert (linked.key, linked.product, linked.data_source) == (f"{HERE}/erp", "", "erp.lab")
    assert (credential.name, credential.identity) == ("backup", "LAB\\backup")


def test_what_partners_talk_over_is_read(topology: Topology) -> None:
    (endpoint,), (member,), (attempt,) = (
        topology.all(MirroringEndpoint), topology.all(QuorumMember), topology.all(SeedingAttempt)
    )  # fmt: skip
    assert (endpoint.state, endpoint.port, endpoint.encryption_algorithm) == ("STARTED", 5022, "AES")
    assert (member.key, member.host, member.votes) == (f"{HERE}/sql1", "sql1.lab", 1)
    assert attempt.started == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert (attempt.completed, attempt.failure, attempt.attempts) == (None, "Secondary error", None)


def test_a_listener_is_told_by_the_primary_only() -> None:
    rows: Rows = {
        "sql-listener-settings": [
            {"group_id": "G1", "listener_id": "L-1", "dns_name": "AG-VMM", "port": None, "is_conformant": False},
            {"group_id": "G2", "listener_id": "L-2", "dns_name": "other", "port": 1433, "is_conformant": True},
        ],
        "sql-listener-addresses": [
            {"listener_id": "L-1", "ip_address": "10.1.0.5", "ip_subnet_mask": "255.255.255.0", "is_dhcp": False,
             "state_desc": "ONLINE"},
            {"listener_id": "L-2", "ip_address": "10.9.0.5", "ip_subnet_mask": None, "is_dhcp": None,
             "state_desc": None},
        ],
    }  # fmt: skip
    (listener,) = read("sql", "sql1.lab", {**primary_rows(), **rows}).all(AgListener)
    assert (listener.key, listener.name, listener.port, listener.conformant) == ("l-1", "ag-vmm.lab", None, False)
    assert listener.addresses == (
        ListenerIp(address="10.1.0.5", subnet_mask="255.255.255.0", dhcp=False, state="ONLINE"),
    )


KINDS: tuple[tuple[type[Fact], str], ...] = (
    (SqlLogin, "sql-logins"), (SqlJob, "sql-jobs"), (LinkedServer, "sql-linked-servers"),
    (SqlCredential, "sql-credentials"), (MirroringEndpoint, "sql-endpoints"), (QuorumMember, "sql-cluster-members"),
    (SeedingAttempt, "sql-seeding"),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "query"), KINDS)
def test_a_column_that_is_not_in_the_answer_is_a_gap_and_costs_nothing_else(kind: type[Fact], query: str) -> None:
    first, *others = OBJECTS[query]
    for column in first:
        without = {name: value for name, value in first.items() if name != column}
        topology = read("sql", "sql1.lab", {**sql_rows("sql1.lab"), **OBJECTS, query: [without, *others]})
        assert [gap.kind for gap in topology.gaps] == [kind.__name__], column


@pytest.mark.parametrize(("kind", "query"), KINDS)
def test_nothing_there_is_an_answer(kind: type[Fact], query: str) -> None:
    topology = read("sql", "sql1.lab", {**sql_rows("sql1.lab"), **OBJECTS, query: []})
    assert topology.all(kind, "sql:sql1.lab") == ()


def test_the_event_session_and_what_was_done_for_a_database(topology: Topology) -> None:
    (session,) = topology.all(HealthSession)
    assert (session.key, session.starts_with_server, session.running) == (HERE, True, False)
    (done,) = topology.all(DatabaseUpkeep)
    assert (done.key, done.instance, done.host) == (f"{HERE}/VirtualManagerDB", HERE, "sql1.lab")
    assert (done.full_minutes, done.log_minutes, done.check_minutes) == (1200, None, 66000000)
