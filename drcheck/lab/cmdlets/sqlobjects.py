"""Which rows do the views and tables hold that tell of logins, jobs, endpoints and the cluster on one instance?

Column names and value numbers follow Microsoft's pages (sql-docs, ``sys.*`` and msdb's SQL Server Agent tables).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from drcheck.lab.cmdlets.sqlviews import BIT, ID, INT, NAME, WHEN, Instance, Row, server_name, when

SYS: Mapping[str, Mapping[str, str]] = {
    "server_principals": {
        "name": NAME, "principal_id": INT, "sid": NAME, "type": NAME, "type_desc": NAME, "is_disabled": BIT,
        "default_database_name": NAME,
    },
    "servers": {
        "server_id": INT, "name": NAME, "product": NAME, "provider": NAME, "data_source": NAME, "is_linked": BIT,
    },
    "credentials": {"credential_id": INT, "name": NAME, "credential_identity": NAME},
    "database_mirroring_endpoints": {
        "endpoint_id": INT, "name": NAME, "state_desc": NAME, "role_desc": NAME, "is_encryption_enabled": BIT,
        "encryption_algorithm_desc": NAME, "connection_auth_desc": NAME,
    },
    "tcp_endpoints": {"endpoint_id": INT, "name": NAME, "port": INT},
    "dm_hadr_automatic_seeding": {
        "start_time": WHEN, "completion_time": WHEN, "ag_id": ID, "ag_db_id": ID, "ag_remote_replica_id": ID,
        "is_source": BIT, "current_state": NAME, "performed_seeding": BIT, "failure_state": INT,
        "failure_state_desc": NAME, "error_code": INT, "number_of_attempts": INT,
    },
    "server_event_sessions": {"event_session_id": INT, "name": NAME, "startup_state": BIT},
    "dm_xe_sessions": {"name": NAME},
}  # fmt: skip
MSDB: Mapping[str, Mapping[str, str]] = {
    "sysjobs": {"job_id": ID, "name": NAME, "enabled": INT, "owner_sid": NAME},
    "sysjobsteps": {
        "job_id": ID, "step_id": INT, "step_name": NAME, "subsystem": NAME, "command": NAME, "database_name": NAME,
    },
    "backupset": {"database_name": NAME, "type": NAME, "backup_finish_date": NAME, "is_copy_only": BIT},
}  # fmt: skip

_TYPES = {"SQL_LOGIN": "S", "WINDOWS_LOGIN": "U", "WINDOWS_GROUP": "G", "CERTIFICATE_MAPPED_LOGIN": "C"}


def rows(instance: Instance, view: str) -> Sequence[Row]:
    """The rows of one of these; columns that are left out are NULL."""
    return list(_ROWS[view](instance))


def _principals(instance: Instance) -> Iterator[Row]:
    for number, login in enumerate(instance.sql.logins, 1):
        yield {
            "name": login.name, "principal_id": number, "sid": f"0x{login.sid.upper()}",
            "type": _TYPES[login.type_desc], "type_desc": login.type_desc, "is_disabled": int(login.disabled),
            "default_database_name": login.default_database,
        }  # fmt: skip
    # every instance has its own, of SQL Server's making
    yield {
        "name": "##MS_PolicyTsqlExecutionLogin##", "principal_id": 257, "sid": f"0x{_own(instance, 'policy')}",
        "type": "S", "type_desc": "SQL_LOGIN", "is_disabled": 1, "default_database_name": "master",
    }  # fmt: skip


def _own(instance: Instance, what: str) -> str:
    return instance.world.id_for(what, instance.sql.host, instance.sql.name).replace("-", "").upper()


def _servers(instance: Instance) -> Iterator[Row]:
    own = server_name(instance.sql.host, instance.sql.name)
    yield {"server_id": 0, "name": own, "product": "SQL Server", "data_source": own, "is_linked": 0}
    for number, linked in enumerate(instance.sql.linked_servers, 1):
        yield {
            "server_id": number, "name": linked.name, "product": "", "provider": linked.provider,
            "data_source": linked.data_source, "is_linked": 1,
        }  # fmt: skip


def _credentials(instance: Instance) -> Iterator[Row]:
    for number, credential in enumerate(instance.sql.credentials, 65536):
        yield {"credential_id": number, "name": credential.name, "credential_identity": credential.identity}


def _endpoints(instance: Instance) -> Iterator[Row]:
    if instance.groups:
        yield {
            "endpoint_id": 65537, "name": "Hadr_endpoint", "state_desc": "STARTED", "role_desc": "ALL",
            "is_encryption_enabled": 1, "encryption_algorithm_desc": "AES", "connection_auth_desc": "NEGOTIATE",
        }  # fmt: skip


def _tcp_endpoints(instance: Instance) -> Iterator[Row]:
    yield {"endpoint_id": 4, "name": "TSQL Default TCP", "port": 0}
    if instance.groups:
        yield {"endpoint_id": 65537, "name": "Hadr_endpoint", "port": 5022}


def _seeding(instance: Instance) -> Iterator[Row]:
    """A primary remembers what it tried for a replica that never joined; the rest was seeded long ago."""
    tried = instance.now // 86400 * 86400 - 3600
    for group in instance.groups:
        if not any(one.role == "PRIMARY" and one.host == instance.sql.host for one in group.replicas):
            continue
        for replica in (one for one in group.replicas if not one.joined):
            for database in group.databases:
                yield {
                    "start_time": when(tried), "completion_time": when(tried + 600),
                    "ag_id": group.id, "ag_db_id": database.id, "ag_remote_replica_id": replica.id, "is_source": 1,
                    "current_state": "FAILED", "performed_seeding": 0, "failure_state": 21,
                    "failure_state_desc": "Seeding Check Message Timeout", "error_code": 0, "number_of_attempts": 1,
                }  # fmt: skip


def _jobs(instance: Instance) -> Iterator[Row]:
    for job in instance.sql.jobs:
        yield {
            "job_id": _job_id(instance, job.name), "name": job.name, "enabled": int(job.enabled),
            "owner_sid": job.owner or None,
        }  # fmt: skip


def _steps(instance: Instance) -> Iterator[Row]:
    for job in instance.sql.jobs:
        for number, step in enumerate(job.steps, 1):
            yield {
                "job_id": _job_id(instance, job.name), "step_id": number, "step_name": step.name,
                "subsystem": step.subsystem, "command": step.command, "database_name": step.database,
            }  # fmt: skip


def _job_id(instance: Instance, name: str) -> str:
    """Every instance gives its own."""
    return instance.world.id_for("job", instance.sql.host, instance.sql.name, name)


def _event_sessions(instance: Instance) -> Iterator[Row]:
    yield {"event_session_id": 65536, "name": "system_health", "startup_state": 1}
    yield {"event_session_id": 65537, "name": "AlwaysOn_health", "startup_state": int(instance.sql.health_session[0])}


def _running_sessions(instance: Instance) -> Iterator[Row]:
    yield {"name": "system_health"}
    if instance.sql.health_session[1]:
        yield {"name": "AlwaysOn_health"}


def _local(instance: Instance) -> float:
    return instance.now + instance.world.hosts[instance.sql.host].clock_offset


def _backups(instance: Instance) -> Iterator[Row]:
    """Of databases in groups: on the secondaries, or on the only replica; by the local time of the server."""
    for group in instance.groups:
        keeping = [one for one in group.replicas if one.role == "SECONDARY"] or group.replicas
        if not any((one.host, one.instance) == (instance.sql.host, instance.sql.name) for one in keeping):
            continue
        for database in group.databases:
            for kind, age in (("D", database.full_backup_age), ("L", database.log_backup_age)):
                yield {
                    "database_name": database.name, "type": kind, "is_copy_only": int(kind == "D"),
                    "backup_finish_date": when(_local(instance) - age),
                }  # fmt: skip


def last_check(instance: Instance, name: str) -> str:
    """``LastGoodCheckDbTime`` of a database, in local time: 1900 for one that was never checked."""
    databases = (database for group in instance.groups for database in group.databases if database.name == name)
    checked = next((when(_local(instance) - database.check_age) for database in databases), None)
    return checked or "1900-01-01 00:00:00.000"


_ROWS: Mapping[str, Callable[[Instance], Iterator[Row]]] = {
    "server_principals": _principals,
    "servers": _servers,
    "credentials": _credentials,
    "database_mirroring_endpoints": _endpoints,
    "tcp_endpoints": _tcp_endpoints,
    "dm_hadr_automatic_seeding": _seeding,
    "server_event_sessions": _event_sessions,
    "dm_xe_sessions": _running_sessions,
    "backupset": _backups,
    "sysjobs": _jobs,
    "sysjobsteps": _steps,
}
