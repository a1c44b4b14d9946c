"""A far side without a network: machines that answer queries with given rows, for tests of what asks them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from drcheck.discovery import ArmAsk
from drcheck.discovery.driver import Answers, Transports, look
from drcheck.errors import NameNotResolved, QueryFailed, Refused
from drcheck.estate import Azure, Credential, Estate, HostOverride, Secret, SiteSpec, VaultRef, Windows
from drcheck.query import Registry, WindowsQuery
from drcheck.topology.base import Clock, Seen, Target, Topology
from drcheck.transport.row import Row

T = TypeVar("T")
Values = Mapping[str, object]

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
VAULT = VaultRef(subscription="11111111-2222-3333-4444-555555555555", resource_group="rg-dr", name="vault-dr")


@dataclass
class Ticking:
    """A clock that is one second later whenever it is asked."""

    moment: datetime = START

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment

    def monotonic(self) -> float:
        return (self.now() - START).total_seconds()


@dataclass
class Machine:
    """What a machine answers, by query id; a query that is not mentioned has no rows."""

    rows: dict[str, Sequence[Values]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """Query id -> the error id it fails with."""
    partial: dict[str, str] = field(default_factory=dict)
    """Query id -> why its answer is incomplete."""


@dataclass
class Heard:
    """Answers, as the driver wants them."""

    name: str
    machine: Machine
    moment: datetime

    @property
    def host(self) -> str:
        return self.name

    @property
    def clock(self) -> Clock:
        return Clock(endpoint="wherever", offset_seconds=1.5, uncertainty_seconds=0.25, at=self.moment)

    def rows(self, query: WindowsQuery) -> Sequence[Row]:
        if query.id in self.machine.failed:
            raise QueryFailed(self.name, str(query), self.machine.failed[query.id], "no")
        nothing: Sequence[Values] = [{}] if isinstance(query, Registry) else []
        return [Row(str(query), values) for values in self.machine.rows.get(query.id, nothing)]

    def incomplete(self, query: WindowsQuery) -> str:
        return self.machine.partial.get(query.id, "")

    def at(self, query: WindowsQuery) -> datetime:
        assert query.id
        return self.moment


class EmptyCloud:
    """Azure with nothing in it; ``fault`` is raised instead of the answer to a path that contains its text."""

    def __init__(self, fault: tuple[str, Exception] | None, asked: list[str], target: Target) -> None:
        self._fault = fault
        self._asked = asked
        self._target = target

    def every(self, path: str, api_version: str, of: type[T]) -> Iterator[T]:
        assert api_version
        assert of
        self._ask(path)
        yield from ()

    def one(self, path: str, api_version: str, of: type[T]) -> T:
        assert api_version
        assert of
        self._ask(path)
        raise QueryFailed("arm", f"GET {path}", "ResourceNotFound", "not there")

    def each(self, paths: Iterable[str], api_version: str, of: type[T]) -> Iterator[T]:
        return (self.one(path, api_version, of) for path in paths)

    def seen(self, path: str) -> Seen:
        return Seen(source="cloud", endpoint=self._target.endpoint, query=f"GET {path}", at=START)

    def _ask(self, path: str) -> None:
        self._asked.append(path)
        if self._fault is not None and self._fault[0] in path.lower():
            raise self._fault[1]


@dataclass
class Pretend:
    """Some machines. ``lost`` are those that cannot be talked to, with what comes instead of an answer."""

    machines: dict[str, Machine] = field(default_factory=dict)
    lost: dict[str, Exception] = field(default_factory=dict)
    cloud_fault: tuple[str, Exception] | None = None
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Each conversation: the machine, and the ids of the queries."""
    cloud_asked: list[str] = field(default_factory=list)

    def transports(self) -> Transports:
        return Transports(collect=self._collect, arm=self._arm)

    def visits(self, machine: str) -> int:
        return sum(name == machine for name, _ in self.asked)

    def _collect(self, name: str, queries: Sequence[WindowsQuery]) -> Answers:
        self.asked.append((name, tuple(query.id for query in queries)))
        if name in self.lost:
            raise self.lost[name]
        if name not in self.machines:
            raise NameNotResolved(f"winrm https://{name}:5986", "the name has no address", "Check the name")
        return Heard(name, self.machines[name], START)

    @contextmanager
    def _arm(self, target: Target) -> Iterator[Callable[[str], ArmAsk]]:
        yield lambda _: EmptyCloud(self.cloud_fault, self.cloud_asked, target)


def refused(name: str) -> Refused:
    return Refused(f"winrm https://{name}:5986", "nothing listens there", "Start WinRM")


def estate(
    *endpoints: Target,
    via: Mapping[str, tuple[str, ...]] | None = None,
    vaults: tuple[VaultRef, ...] = (),
    drill_records: Path | None = None,
) -> Estate:
    """An estate that declares these endpoints; ``via`` names machines that answer for a name."""
    hosts = {name: HostOverride(via=machines) for name, machines in (via or {}).items()}
    credential = Credential(username="u", password=Secret(PASSWORD))
    return Estate(
        path=Path("estate.yaml"),
        name="test",
        sites=(SiteSpec(name="here", role="primary", hosts=("*.lab",)),),
        endpoints=(*endpoints, *(Target(role="vault", endpoint=vault.id) for vault in vaults)),
        windows=Windows(credential=credential, hosts=hosts),
        azure=Azure(vaults=vaults),
        drill_records=drill_records,
    )


Rows = dict[str, Sequence[Values]]


def vmm_rows(
    name: str, *, hosts: Sequence[str] = (), clusters: Mapping[str, Sequence[str]] | None = None, database: str = ""
) -> Rows:
    """A VMM server that manages hosts and clusters of hosts."""
    return {
        "vmm-server": [
            {
                "FullyQualifiedDomainName": name,
                "ProductVersion": "10.22.1287.0",
                "IsHighlyAvailable": False,
                "ActiveVMMNode": None,
                "FailoverVMMNodes": None,
                "DatabaseServerName": database or name,
                "DatabaseInstanceName": "MSSQLSERVER",
                "DatabaseName": "VirtualManagerDB",
            }
        ],
        "vmm-hosts": [
            {
                "ID": f"id-{host}",
                "FullyQualifiedDomainName": host,
                "OverallState": "OK",
                "VirtualizationPlatform": "HyperV",
                "VMHostGroup.Path": "All Hosts",
                "HostCluster.Name": None,
            }
            for host in hosts
        ],
        "vmm-clusters": [
            {
                "ID": f"id-{cluster}",
                "Name": cluster,
                "VirtualizationPlatform": "HyperV",
                "Nodes.FullyQualifiedDomainName": list(nodes),
            }
            for cluster, nodes in (clusters or {}).items()
        ],
    }


def hyperv_rows(*vm_ids: str) -> Rows:
    """A host that runs machines."""
    return {
        "hyperv-machines": [
            {
                "Id": vm_id.upper(),
                "Name": vm_id,
                "State": "Running",
                "ReplicationMode": "None",
                "IsClustered": False,
                "HardDrives.Path": [f"C:\\{vm_id}.vhdx"],
                "HardDrives.ControllerType": ["SCSI"],
                "HardDrives.ControllerNumber": [0],
                "HardDrives.ControllerLocation": [0],
                "NetworkAdapters.Id": [],
                "NetworkAdapters.Name": [],
                "NetworkAdapters.SwitchName": [],
                "NetworkAdapters.TestReplicaSwitchName": [],
            }
            for vm_id in vm_ids
        ]
    }


def cluster_rows(cluster: str, nodes: Sequence[str]) -> Rows:
    """A cluster without a witness."""
    name, _, domain = cluster.partition(".")
    return {
        "cluster": [
            {
                "Id": f"ID-{name}",
                "Name": name,
                "Domain": domain,
                "DynamicQuorum": 1,
                "PreferredSite": "",
                "WitnessDynamicWeight": 0,
            }
        ],
        "cluster-quorum": [
            {
                "QuorumType": "Majority",
                "QuorumResource.Name": None,
                "QuorumResource.ResourceType.Name": None,
                "QuorumResource.State": None,
            }
        ],
        "cluster-nodes": [
            {"Name": node.partition(".")[0].upper(), "State": "Up", "NodeWeight": 1, "DynamicWeight": 1}
            for node in nodes
        ],
    }


def sql_rows(name: str, *, cluster: str = "", partners: Sequence[str] = ()) -> Rows:
    """A SQL Server that is a secondary of one group with these partners."""
    return {
        "sql-installed": [{"InstalledInstances": ["MSSQLSERVER"]}],
        "sql-instance": [
            {
                "machine_name": name.partition(".")[0].upper(),
                "instance_name": None,
                "product_version": "16.0.4165.4",
                "hadr_enabled": 1,
            }
        ],
        "sql-databases": [{"name": "VirtualManagerDB"}],
        "sql-cluster": [{"cluster_name": cluster.partition(".")[0].upper()}] if cluster else [],
        "sql-replicas": [replica_row(partner, local=partner == name) for partner in partners],
    }


def replica_row(host: str, *, local: bool, role: str | None = None) -> Values:
    """A row of the replicas' query."""
    return {
        "replica_id": f"R-{host}",
        "group_id": "G1",
        "replica_server_name": host.partition(".")[0].upper(),
        "endpoint_url": f"TCP://{host.upper()}:5022",
        "availability_mode_desc": "SYNCHRONOUS_COMMIT",
        "failover_mode_desc": "AUTOMATIC",
        "is_local": local,
        "role_desc": role if role is not None else ("SECONDARY" if local else None),
        "connected_state_desc": "CONNECTED" if local else None,
        "synchronization_health_desc": "HEALTHY" if local else None,
    }


def machine(*rows: Rows) -> Machine:
    """A machine with several roles."""
    merged: dict[str, Sequence[Values]] = {}
    for each in rows:
        merged |= each
    return Machine(rows=merged)


def read(role: str, name: str, rows: Rows, *, via: tuple[str, ...] = ()) -> Topology:
    """What one machine tells about one target."""
    clock = Ticking()
    pretend = Pretend(machines=dict.fromkeys(via or (name,), Machine(rows=dict(rows))))
    given = estate(via={name: via} if via else None)
    target = Target(role=role, endpoint=name)
    return look(given, (target,), now=clock.now, monotonic=clock.monotonic, via=pretend.transports())


def reasons(topology: Topology) -> list[str]:
    return [gap.reason for gap in topology.gaps]


def changed(rows: Rows, query: str, **values: object) -> Rows:
    """The same rows, with some values of one query's first row replaced; dots in names are written ``__``."""
    new = {name.replace("__", "."): value for name, value in values.items()}
    return {**rows, query: [{**rows[query][0], **new}, *rows[query][1:]]}
