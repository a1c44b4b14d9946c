"""SQL Server besides databases: how replicas are reached, and what exists per instance and is copied by nobody."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact, Target


class ListenerIp(Struct, frozen=True, kw_only=True, gc=False):
    """An address of a listener. Over several subnets, one ``ONLINE`` and the rest ``OFFLINE`` is healthy."""

    address: str
    subnet_mask: str
    dhcp: bool
    """DHCP cannot span subnets."""
    state: str


class AgListener(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A listener of an availability group, told by the primary. Key: ``listener_id``, lower case."""

    ROLE: ClassVar[str] = "sql"
    FEEDS: ClassVar[tuple[str, ...]] = ("reach", "dns")
    SUBJECT: ClassVar[str] = "listener"

    group: str
    name: str
    """FQDN, lower case."""
    port: int | None
    """``None``: it was made in the cluster, and SQL Server was never told its port."""
    conformant: bool | None
    """False: its addresses are not joined by OR, so that it needs all of them to come online."""
    addresses: tuple[ListenerIp, ...] = ()

    def leads(self) -> Iterator[Target]:
        """Its name and its port, for whoever looks at them from a site."""
        yield Target(role="dns", endpoint=self.name)
        if self.port is not None:
            yield Target(role="reach", endpoint=f"{self.name}:{self.port}")


class MirroringEndpoint(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """The endpoint that an instance's partners connect to. Key: ``<instance key>/<endpoint_id>``."""

    ROLE: ClassVar[str] = "sql"
    SUBJECT: ClassVar[str] = "endpoint"

    instance: str
    host: str
    name: str
    state: str
    """``STARTED``, ``STOPPED`` or ``DISABLED``."""
    role: str
    port: int | None
    encrypted: bool
    encryption_algorithm: str
    authentication: str
    """``connection_auth_desc``: ``NEGOTIATE``, ``CERTIFICATE`` ..."""


class QuorumMember(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A member of the Windows cluster as an instance sees it. Key: ``<instance key>/<member name>``, lower case."""

    ROLE: ClassVar[str] = "sql"
    SUBJECT: ClassVar[str] = "quorum member"

    instance: str
    host: str
    """The instance's machine, not the member."""
    name: str
    member_type: str
    """``CLUSTER_NODE``, ``DISK_WITNESS``, ``FILE_SHARE_WITNESS`` or ``CLOUD_WITNESS``."""
    state: str
    votes: int | None


class SeedingAttempt(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """One automatic seeding of a database. Key: instance key, group, database, remote replica and start."""

    ROLE: ClassVar[str] = "sql"
    SUBJECT: ClassVar[str] = "database seeding"

    instance: str
    host: str
    group: str
    group_database: str
    remote_replica: str
    """``replica_id``, lower case."""
    started: datetime
    completed: datetime | None
    """``None`` while it runs."""
    state: str
    failure: str
    error_code: int | None
    attempts: int | None


class SqlLogin(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A login of an instance. Key: ``<instance key>/<SID>``.

    Databases know their users by SID: a login of the same name with another SID cannot use them after a failover.
    """

    ROLE: ClassVar[str] = "sql"
    SUBJECT: ClassVar[str] = "login"

    instance: str
    host: str
    name: str
    sid: str
    """Hexadecimal with ``0x``, lower case."""
    login_type: str
    """``SQL_LOGIN``, ``WINDOWS_LOGIN`` or ``WINDOWS_GROUP``."""
    disabled: bool
    default_database: str


class JobStep(Struct, frozen=True, kw_only=True, gc=False):
    """A step of a job; what it does is a SHA-256 in lower-case hexadecimal, empty without a command."""

    number: int
    name: str
    subsystem: str
    database: str
    command_sha256: str


class SqlJob(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A job of SQL Server Agent. Key: ``<instance key>/<job_id>``; ids differ between instances, names join them."""

    ROLE: ClassVar[str] = "sql"
    SUBJECT: ClassVar[str] = "job"

    instance: str
    host: str
    name: str
    enabled: bool
    owner: str
    """Empty when the owner's account is gone."""
    steps: tuple[JobStep, ...] = ()


class LinkedServer(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A linked server of an instance. Key: ``<instance key>/<name>``, lower case."""

    ROLE: ClassVar[str] = "sql"
    SUBJECT: ClassVar[str] = "linked server"

    instance: str
    host: str
    name: str
    product: str
    provider: str
    data_source: str


class SqlCredential(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A credential of an instance, without its secret. Key: ``<instance key>/<credential_id>``."""

    ROLE: ClassVar[str] = "sql"
    SUBJECT: ClassVar[str] = "credential"

    instance: str
    host: str
    name: str
    identity: str
    """The account it stands for."""
