"""Builders of what SQL Server instances and VMM agents of the small healthy estate are made of."""

from collections.abc import Iterable
from typing import Any

from drcheck.topology.base import Fact
from drcheck.topology.sql import SqlDatabase
from drcheck.topology.sql_objects import JobStep, LinkedServer, MirroringEndpoint, SqlCredential, SqlJob, SqlLogin
from drcheck.topology.sql_upkeep import DatabaseUpkeep, HealthSession
from drcheck.topology.vmm_fabric import VmmAgent
from tests.estate_names import AG_LDS, AG_LON, SQL_LDS, SQL_LON, VMM01
from tests.estates import seen

AT_LON, AT_LDS = f"{SQL_LON}\\MSSQLSERVER", f"{SQL_LDS}\\MSSQLSERVER"


def agent(host: str, **fields: Any) -> VmmAgent:
    given: dict[str, Any] = {
        "roles": ("Host",), "agent_version": "10.22", "version_state": "UpToDate", "state": "Responding",
    }  # fmt: skip
    return VmmAgent(key=f"agent-{host}", seen=seen(VMM01), name=host, host=host, **(given | fields))


def database(instance: str, name: str, replica: str, **fields: Any) -> SqlDatabase:
    given: dict[str, Any] = {
        "state": "ONLINE", "recovery_model": "FULL", "read_only": False, "user_access": "MULTI_USER",
        "compatibility_level": 160, "collation": "Latin1", "encrypted": False, "is_snapshot": False,
        "group_database": f"group-{name}" if replica else "",
    }  # fmt: skip
    host = instance.partition("\\")[0]
    return SqlDatabase(
        key=f"{instance}/{name}", seen=seen(host), instance=instance, host=host, name=name, replica=replica,
        **(given | fields),
    )  # fmt: skip


def endpoint(instance: str, **fields: Any) -> MirroringEndpoint:
    given: dict[str, Any] = {
        "name": "Hadr_endpoint", "state": "STARTED", "role": "ALL", "port": 5022, "encrypted": True,
        "encryption_algorithm": "AES", "authentication": "CERTIFICATE",
    }  # fmt: skip
    host = instance.partition("\\")[0]
    return MirroringEndpoint(key=f"{instance}/1", seen=seen(host), instance=instance, host=host, **(given | fields))


def session(instance: str, **fields: Any) -> HealthSession:
    given: dict[str, Any] = {"starts_with_server": True, "running": True}
    host = instance.partition("\\")[0]
    return HealthSession(key=instance, seen=seen(host), instance=instance, host=host, **(given | fields))


def upkeep(instance: str, name: str = "VirtualManagerDB", **fields: Any) -> DatabaseUpkeep:
    given: dict[str, Any] = {"full_minutes": None, "log_minutes": None, "check_minutes": 1440}
    host = instance.partition("\\")[0]
    return DatabaseUpkeep(
        key=f"{instance}/{name}", seen=seen(host), instance=instance, host=host, name=name, **(given | fields)
    )


def login(instance: str, name: str, sid: str = "0x0a", *, disabled: bool = False) -> SqlLogin:
    host = instance.partition("\\")[0]
    return SqlLogin(
        key=f"{instance}/{name}", seen=seen(host), instance=instance, host=host, name=name, sid=sid,
        login_type="SQL_LOGIN", disabled=disabled, default_database="master",
    )  # fmt: skip


def job(instance: str, name: str, command: str = "abcdef0123", *, enabled: bool = True) -> SqlJob:
    host = instance.partition("\\")[0]
    step = JobStep(number=1, name="run", subsystem="TSQL", database="master", command_sha256=command)
    return SqlJob(
        key=f"{instance}/{name}", seen=seen(host), instance=instance, host=host, name=name, enabled=enabled, owner="sa",
        steps=(step,),
    )  # fmt: skip


def linked(instance: str, name: str) -> LinkedServer:
    host = instance.partition("\\")[0]
    return LinkedServer(
        key=f"{instance}/{name}", seen=seen(host), instance=instance, host=host, name=name, product="",
        provider="SQLNCLI", data_source=name,
    )  # fmt: skip


def credential(instance: str, name: str) -> SqlCredential:
    host = instance.partition("\\")[0]
    return SqlCredential(
        key=f"{instance}/{name}", seen=seen(host), instance=instance, host=host, name=name, identity="svc"
    )


def server_objects() -> Iterable[Fact]:
    for instance, replica in ((AT_LON, AG_LON), (AT_LDS, AG_LDS)):
        yield database(instance, "VirtualManagerDB", replica)
        yield endpoint(instance)
        yield session(instance)
        yield login(instance, "app")
        yield login(instance, "##MS_Agent##", sid=f"0x{len(instance)}{replica}")
        yield job(instance, "backup")
        yield linked(instance, "erp")
        yield credential(instance, "blob")
    # As a job leaves it that runs on the preferred replica.
    yield upkeep(AT_LON)
    yield upkeep(AT_LDS, full_minutes=1000, log_minutes=10)
