"""What a primary of an availability group answers; for tests of what is made of it."""

from tests.pretend_machines import Rows, Values, replica_row, sql_rows

NEWEST = "2026-11-23T10:00:01.0000000Z"
EARLIER = "2026-11-23T09:59:58.5000000Z"


def commit(host: str, at: str | None, *, primary: bool, second: int) -> Values:
    """One database on one replica, in one sample."""
    return {
        "sampled_at": f"2026-11-23T10:00:{second:02}.1234567+00:00",
        "replica_id": f"R-{host}",
        "group_database_id": "D1",
        "is_primary_replica": primary,
        "last_commit_time": at,
        "log_send_queue_size": None if primary else 10 * second,
        "redo_queue_size": None,
    }


def state(host: str, *, primary: bool | None, ready: bool | None) -> Values:
    """One database on one replica; ``primary`` is null for a replica that is not reached."""
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
        "suspend_reason_desc": None,
        "database_state_desc": "ONLINE" if known else None,
        "last_commit_time": EARLIER if known else None,
        "last_hardened_time": EARLIER if known else None,
        "log_send_queue_size": 0 if known else None,
        "log_send_rate": None,
        "redo_queue_size": None,
        "redo_rate": None,
    }


def samples() -> Rows:
    """sql2 is 2.5 s behind, catches up, and then tells no commit."""
    return {
        f"sql-lag-{number}": [
            commit("sql1.lab", NEWEST, primary=True, second=number),
            commit("sql2.lab", behind, primary=False, second=number),
        ]
        for number, behind in enumerate((EARLIER, NEWEST, None), 1)
    }


def groups() -> Rows:
    """G1, which sql1 leads, and G2, which is led elsewhere."""
    return {
        "sql-groups": [
            {
                "group_id": "G1",
                "name": "ag-vmm",
                "primary_replica": "SQL1",
                "synchronization_health_desc": "HEALTHY",
                "failure_condition_level": 3,
                "health_check_timeout": 30000,
                "db_failover": True,
            },
            {"group_id": "G2", "name": "elsewhere", "primary_replica": "SQL9", "synchronization_health_desc": None},
        ],
        "sql-listeners": [{"group_id": "G1", "dns_name": "AG-VMM"}, {"group_id": "G2", "dns_name": "other"}],
        "sql-group-databases": [
            {"group_id": "G1", "group_database_id": "D1", "database_name": "VirtualManagerDB"},
            {"group_id": "G2", "group_database_id": "D2", "database_name": "x"},
        ],
    }


def primary_rows() -> Rows:
    """sql1 as the primary of G1, with one database."""
    return {
        **sql_rows("sql1.lab", cluster="sqlcl.lab"),
        **groups(),
        **samples(),
        "sql-replicas": [
            replica_row("sql1.lab", local=True, role="PRIMARY"),
            replica_row("sql2.lab", local=False, role="SECONDARY"),
        ],
        "sql-database-states": [
            state("sql1.lab", primary=True, ready=True),
            state("sql2.lab", primary=False, ready=None),
            state("sql9.lab", primary=False, ready=True),
        ],
    }
