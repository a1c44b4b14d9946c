"""What a SQL Server answers, and what it means."""

from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica, SqlInstance
from tests.pretend_machines import (
    Rows,
    Values,
    read,
    replica_row,
    sql_rows,
)

PARTNERS = ("sql1.lab", "sql2.lab")


def primary_rows() -> Rows:
    """sql1 as the primary of G1, with one database that sql2 is 2.5 s behind with, and then caught up."""

    def commit(host: str, at: str | None, *, primary: bool) -> Values:
        return {
            "replica_id": f"R-{host}",
            "group_database_id": "D1",
            "is_primary_replica": primary,
            "last_commit_time": at,
        }

    def state(host: str, *, primary: bool | None, ready: bool | None) -> Values:
        known = primary is not None
        return {
            "replica_id": f"R-{host}",
            "group_database_id": "D1",
            "database_name": "VirtualManagerDB",
            "is_failover_ready": ready,
            "is_database_joined": True,
            "is_primary_replica": primary,
            "synchronization_state_desc": "SYNCHRONIZED" if known else None,
            "synchronization_health_desc": "HEALTHY" if known else None,
            "is_suspended": False if known else None,
            "last_commit_time": "2026-11-23T09:59:58.5000000Z" if known else None,
            "log_send_queue_size": 0 if known else None,
            "redo_queue_size": None,
            "redo_rate": None,
        }

    newest = "2026-11-23T10:00:01.0000000Z"
    return {
        **sql_rows("sql1.lab", cluster="sqlcl.lab"),
        "sql-replicas": [
            replica_row("sql1.lab", local=True, role="PRIMARY"),
            replica_row("sql2.lab", local=False, role="SECONDARY"),
        ],
        "sql-groups": [
            {
                "group_id": "G1",
                "name": "ag-vmm",
                "primary_replica": "SQL1",
                "synchronization_health_desc": "HEALTHY",
            },
            {"group_id": "G2", "name": "elsewhere", "primary_replica": "SQL9", "synchronization_health_desc": None},
        ],
        "sql-listeners": [{"group_id": "G1", "dns_name": "AG-VMM"}, {"group_id": "G2", "dns_name": "other"}],
        "sql-group-databases": [
            {"group_id": "G1", "group_database_id": "D1", "database_name": "VirtualManagerDB"},
            {"group_id": "G2", "group_database_id": "D2", "database_name": "x"},
        ],
        "sql-database-states": [
            state("sql1.lab", primary=True, ready=True),
            state("sql2.lab", primary=False, ready=None),
            state("sql9.lab", primary=False, ready=True),
        ],
        "sql-lag-1": [
            commit("sql1.lab", newest, primary=True),
            commit("sql2.lab", "2026-11-23T09:59:58.5000000Z", primary=False),
        ],
        "sql-lag-2": [commit("sql1.lab", newest, primary=True), commit("sql2.lab", newest, primary=False)],
        "sql-lag-3": [commit("sql1.lab", newest, primary=True), commit("sql2.lab", None, primary=False)],
    }


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


def test_a_secondary_tells_of_no_group_and_names_its_partners() -> None:
    topology = read("sql", "sql2.lab", sql_rows("sql2.lab", cluster="sqlcl.lab", partners=PARTNERS))
    assert topology.all(AvailabilityGroup) == ()
    assert topology.all(AvailabilityReplica) == ()
    (instance,) = topology.all(SqlInstance)
    assert (instance.key, instance.cluster, instance.partners) == ("sql2.lab\\MSSQLSERVER", "sqlcl.lab", PARTNERS)
    assert {target.scope for target in instance.leads()} == {"sql:sql1.lab", "sql:sql2.lab", "cluster:sqlcl.lab"}


def test_behind_a_listener_the_instance_is_the_machine_that_answered() -> None:
    topology = read("sql", "ag-vmm.lab", primary_rows(), via=("sql1.lab",))
    (instance,) = topology.all(SqlInstance)
    assert (instance.host, instance.asked, instance.databases) == ("sql1.lab", "ag-vmm.lab", ("VirtualManagerDB",))


def test_a_listener_that_is_reached_by_its_own_name_still_has_a_machine_behind_it() -> None:
    (instance,) = read("sql", "ag-vmm.lab", primary_rows()).all(SqlInstance)
    assert instance.host == "sql1.lab"
    (plain,) = read("sql", "db.lab", sql_rows("sql5.lab")).all(SqlInstance)
    assert (plain.host, plain.hadr_enabled) == ("sql5.lab", True)
