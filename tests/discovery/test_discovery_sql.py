"""What a SQL Server answers about itself and its availability groups, and what it means."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from drcheck.discovery.driver import look, sources
from drcheck.policy import Policy
from drcheck.topology.base import Target, Topology, Unknown
from drcheck.topology.sql import (
    AvailabilityGroup,
    AvailabilityReplica,
    DatabaseReplica,
    LagSample,
    SqlDatabase,
    SqlHost,
    SqlInstance,
)
from drcheck.topology.sql_objects import AgListener
from tests.pretend_machines import (
    Machine,
    Pretend,
    Rows,
    Ticking,
    changed,
    estate,
    read,
    reasons,
    replica_row,
    sql_rows,
)
from tests.sql_answers import primary_rows

PARTNERS = ("sql1.lab", "sql2.lab")


def test_a_primary_tells_of_its_group_and_of_no_other() -> None:
    topology = read("sql", "sql1.lab", primary_rows())
    (group,) = topology.all(AvailabilityGroup)
    assert (group.key, group.listeners, group.databases) == ("g1", ("ag-vmm.lab",), ("VirtualManagerDB",))
    replicas = topology.all(AvailabilityReplica)
    assert [(replica.key, replica.host, replica.role) for replica in replicas] == [
        ("r-sql1.lab", "sql1.lab", "PRIMARY"),
        ("r-sql2.lab", "sql2.lab", "SECONDARY"),
    ]
    first, second = topology.all(DatabaseReplica)
    assert (first.key, first.is_primary, first.failover_ready, first.lag_seconds) == ("r-sql1.lab/d1", True, True, ())
    assert (second.is_primary, second.failover_ready, second.lag_seconds) == (False, False, (2.5, 0.0))
    assert (second.log_send_queue_kb, second.redo_queue_kb) == (0, None)
    assert (group.failure_condition_level, group.health_check_timeout_ms, group.database_failover) == (3, 30000, True)
    assert (group.distributed, group.cluster_type) == (None, ""), "an earlier version does not have the columns"


def test_samples_of_the_lag_keep_their_order_and_moments() -> None:
    _, second = read("sql", "sql1.lab", primary_rows()).all(DatabaseReplica)
    moments = [datetime(2026, 11, 23, 10, 0, number, 123456, tzinfo=UTC) for number in (1, 2, 3)]
    assert second.samples == tuple(
        LagSample(at=at, lag_seconds=lag, log_send_queue_kb=queue, redo_queue_kb=None)
        for at, lag, queue in zip(moments, (2.5, 0.0, None), (10, 20, 30), strict=True)
    )


def with_policy(samples: int, seconds: float, *names: str) -> list[str]:
    """Ids of the samples that are asked of one machine by these names."""
    pretend, clock = Pretend(machines={"sql1.lab": Machine(rows=primary_rows())}), Ticking()
    given = estate(via={"ag.lab": ("sql1.lab",)})
    given = replace(
        given, policy=Policy(sql_lag_samples=samples), windows=replace(given.windows, total_seconds=seconds)
    )
    wanted = [Target(role="sql", endpoint=name) for name in ("sql1.lab", *names)]
    look(given, wanted, now=clock.now, monotonic=clock.monotonic, via=pretend.transports())
    ((_, asked),) = pretend.asked
    return [query for query in asked if query.startswith("sql-lag-")]


@pytest.mark.parametrize(("samples", "count"), [(1, 1), (3, 3), (5, 5), (99, 7)])
def test_as_many_samples_are_taken_as_policy_wants_and_a_quarter_of_the_deadline_allows(
    samples: int, count: int
) -> None:
    assert len(with_policy(samples, 120)) == count


def test_instances_on_one_machine_share_the_time_for_samples() -> None:
    per_instance = [query for query in with_policy(99, 120, "sql1.lab\\a", "sql1.lab\\b") if "@" not in query]
    assert len(per_instance) == 3
    assert len(with_policy(3, 8)) == 1


def test_two_names_of_one_instance_wait_once() -> None:
    assert len(with_policy(99, 120, "ag.lab")) == 7


def test_a_secondary_tells_of_no_group_and_names_its_partners() -> None:
    topology = read("sql", "sql2.lab", sql_rows("sql2.lab", cluster="sqlcl.lab", partners=PARTNERS))
    assert topology.all(AvailabilityGroup) == ()
    assert topology.all(AvailabilityReplica) == ()
    (instance,) = topology.all(SqlInstance)
    assert (instance.key, instance.cluster, instance.partners) == ("sql2.lab\\MSSQLSERVER", "sqlcl.lab", PARTNERS)
    assert {target.scope for target in instance.leads()} == {"sql:sql1.lab", "sql:sql2.lab", "cluster:sqlcl.lab"}


@pytest.mark.parametrize("role", ["RESOLVING", ""])
def test_a_group_without_a_primary_is_a_gap_and_not_no_group(role: str) -> None:
    """Every replica of a group that is down resolves, and none of them tells of it: that is no proof of absence."""
    rows = sql_rows("sql2.lab")
    rows["sql-replicas"] = [
        replica_row("sql1.lab", local=False, role=None),
        replica_row("sql2.lab", local=True, role=role),
    ]
    topology = read("sql", "sql2.lab", rows)
    for kind in (AvailabilityGroup, AvailabilityReplica, DatabaseReplica, AgListener):
        with pytest.raises(Unknown, match="neither primary nor secondary of the group g1"):
            topology.all(kind)
    assert topology.all(SqlInstance)


def test_a_group_adrift_does_not_hide_another() -> None:
    rows = primary_rows()
    adrift = {**replica_row("sql1.lab", local=True, role="RESOLVING"), "replica_id": "R-adrift", "group_id": "G3"}
    rows["sql-replicas"] = [*rows["sql-replicas"], adrift]
    topology = read("sql", "sql1.lab", rows)
    assert [group.key for group in topology.seen(AvailabilityGroup)] == ["g1"]
    (gap,) = topology.missing(AvailabilityGroup)
    assert "of the group g3 at the moment" in gap.reason


def test_behind_a_listener_the_instance_is_the_machine_that_answered() -> None:
    topology = read("sql", "ag-vmm.lab", primary_rows(), via=("sql1.lab",))
    (instance,) = topology.all(SqlInstance)
    assert (instance.host, instance.asked, instance.databases) == ("sql1.lab", "ag-vmm.lab", ("VirtualManagerDB",))


def test_a_listener_that_is_reached_by_its_own_name_still_has_a_machine_behind_it() -> None:
    (instance,) = read("sql", "ag-vmm.lab", primary_rows()).all(SqlInstance)
    assert instance.host == "sql1.lab"
    (plain,) = read("sql", "db.lab", sql_rows("sql5.lab")).all(SqlInstance)
    assert (plain.host, plain.hadr_enabled) == ("sql5.lab", True)


def database_row(name: str, **values: object) -> dict[str, object]:
    return {
        "name": name,
        "state_desc": "ONLINE",
        "recovery_model_desc": "FULL",
        "is_read_only": False,
        "user_access_desc": "MULTI_USER",
        "compatibility_level": 160,
        "collation_name": None,
        "is_encrypted": False,
        "source_database_id": None,
        "replica_id": None,
        "group_database_id": None,
        **values,
    }


def test_databases_outside_a_group_are_told_apart() -> None:
    rows = {
        **sql_rows("sql1.lab"),
        "sql-database-settings": [
            database_row("grouped", replica_id="R-1", group_database_id="D-1", is_encrypted=True),
            database_row("loose", recovery_model_desc="SIMPLE", source_database_id=7),
        ],
    }
    grouped, loose = read("sql", "sql1.lab", rows).all(SqlDatabase)
    assert (grouped.key, grouped.instance) == ("sql1.lab\\MSSQLSERVER/grouped", "sql1.lab\\MSSQLSERVER")
    assert (grouped.replica, grouped.group_database, grouped.encrypted, grouped.is_snapshot) == (
        "r-1",
        "d-1",
        True,
        False,
    )
    assert (loose.replica, loose.group_database, loose.collation, loose.is_snapshot) == ("", "", "", True)


def installed(rows: Rows, *names: str) -> Rows:
    return {**rows, "sql-installed": [{"InstalledInstances": list(names)}]}


def test_every_instance_of_a_machine_is_a_place_to_look() -> None:
    (host,) = read("sql", "sql1.lab", installed(sql_rows("sql1.lab"), "VMM", "MSSQLSERVER")).all(SqlHost)
    assert (host.key, host.instances) == ("sql1.lab", ("MSSQLSERVER", "VMM"))
    assert [target.scope for target in host.leads()] == ["sql:sql1.lab", "sql:sql1.lab\\vmm"]


def test_a_named_instance_is_asked_by_its_name_on_its_machine() -> None:
    rows = installed(sql_rows("sql1.lab"), "VMM")
    own = changed(rows, "sql-instance", instance_name="VMM")["sql-instance"]
    rows |= {"sql-instance@vmm": own, "sql-databases@vmm": [{"name": "VirtualManagerDB"}]}
    topology = read("sql", "sql1.lab\\vmm", rows, via=("sql1.lab",))
    (instance,) = topology.all(SqlInstance)
    assert (instance.key, instance.host, instance.asked) == ("sql1.lab\\VMM", "sql1.lab", "sql1.lab\\vmm")
    assert instance.seen.query.startswith("T-SQL sql-instance@vmm")
    assert not topology.missing(SqlInstance, "sql:sql1.lab\\vmm")


def default_is_missing() -> tuple[Pretend, Topology]:
    machine = Machine(rows=installed(sql_rows("sql1.lab"), "VMM"), failed={"sql-instance": "Sql2"})
    pretend, clock = Pretend(machines={"sql1.lab": machine}), Ticking()
    target = Target(role="sql", endpoint="sql1.lab")
    topology = look(estate(), (target,), now=clock.now, monotonic=clock.monotonic, via=pretend.transports())
    return pretend, topology


def test_a_default_instance_that_is_not_installed_is_no_gap() -> None:
    _, topology = default_is_missing()
    assert topology.gaps == ()
    assert topology.all(SqlInstance, "sql:sql1.lab") == ()
    assert [host.instances for host in topology.all(SqlHost)] == [("VMM",)]


def test_a_machine_that_does_not_tell_its_instances_is_asked_all_the_same() -> None:
    topology = read("sql", "sql1.lab", {**sql_rows("sql1.lab"), "sql-installed": [{}]})
    assert [gap.key for gap in topology.gaps] == ["SqlHost@sql:sql1.lab"]
    assert len(topology.all(SqlInstance, "sql:sql1.lab")) == 1
    assert "InstalledInstances" in reasons(topology)[0]


def test_partners_on_named_instances_are_looked_at_by_name() -> None:
    rows = sql_rows("sql1.lab", partners=PARTNERS)
    named = [{**row, "replica_server_name": f"{row['replica_server_name']}\\AG"} for row in rows["sql-replicas"]]
    (instance,) = read("sql", "sql1.lab", {**rows, "sql-replicas": named}).all(SqlInstance)
    assert instance.partners == PARTNERS
    assert {target.scope for target in instance.leads()} == {"sql:sql1.lab\\ag", "sql:sql2.lab\\ag"}


def test_a_login_that_does_not_see_everything_sees_nothing_that_counts() -> None:
    rows = {**primary_rows(), "sql-rights": [{"view_any_definition": 0, "view_any_database": 1}]}
    topology = read("sql", "sql1.lab", rows)
    assert {gap.kind for gap in topology.gaps} == {sourced.kind for sourced in sources()["sql"]} - {"SqlHost"}
    assert all("VIEW ANY DEFINITION" in reason for reason in reasons(topology))
    assert topology.seen(AvailabilityGroup) == ()


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("TCP://SQL1.lab:5022", "sql1.lab"),
        ("tcp://sql1.lab", "sql1.lab"),
        ("TCP://10.0.0.5:5022", "10.0.0.5"),
        ("TCP://[fd00::5]:5022", "fd00::5"),
        (None, ""),
        ("", ""),
        ("TCP://[", ""),
        ("nonsense", ""),
    ],
)
def test_the_host_of_a_replica_is_that_of_its_endpoint(url: str | None, host: str) -> None:
    rows = changed(primary_rows(), "sql-replicas", endpoint_url=url)
    first = read("sql", "sql1.lab", rows).get(AvailabilityReplica, "r-sql1.lab")
    assert first is not None
    assert first.host == host
