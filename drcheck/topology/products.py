"""Which versions of Windows, SQL Server and VMM does the recovery machinery run on?"""

from collections.abc import Iterator
from typing import ClassVar

from drcheck.topology.base import Derived, Fact, Topology
from drcheck.topology.cluster import ClusterNode
from drcheck.topology.sql import SqlInstance
from drcheck.topology.vmm import VmmServer
from drcheck.topology.windows_host import HyperVHost


class InstalledProduct(Derived, frozen=True, kw_only=True, gc=False):
    r"""A product on a machine. Key: ``windows:<host>``, ``sql:<host>\<instance>`` or ``vmm:<VMM server>``.

    Windows is known of Hyper-V hosts and cluster nodes only.
    """

    SUBJECT: ClassVar[str] = "installed product"
    FROM: ClassVar[tuple[type[Fact], ...]] = (HyperVHost, ClusterNode, SqlInstance, VmmServer)

    name: str
    host: str
    product: str
    """``windows-server``, ``sql-server`` or ``vmm``."""
    version: str
    """The build of Windows, the major version of SQL Server, VMM's ``major.minor``; empty when it was not told."""

    @classmethod
    def derive(cls, topology: Topology) -> "Iterator[InstalledProduct]":
        """Windows once per machine, whoever tells of it; every instance; every VMM server."""
        for host, (build, fact) in sorted(_builds(topology).items()):
            version = str(build or "")
            yield cls(
                key=f"windows:{host}", seen=fact.seen, name=f"Windows on {host}", host=host, product="windows-server",
                version=version,
            )  # fmt: skip
        for instance in topology.seen(SqlInstance):
            yield cls(
                key=f"sql:{instance.key}", seen=instance.seen, name=f"SQL Server {instance.key}", host=instance.host,
                product="sql-server", version=instance.version.partition(".")[0],
            )  # fmt: skip
        for server in topology.seen(VmmServer):
            yield cls(
                key=f"vmm:{server.key}", seen=server.seen, name=f"VMM {server.name}", host=server.host, product="vmm",
                version=".".join(server.version.split(".")[:2]),
            )  # fmt: skip


def _builds(topology: Topology) -> dict[str, tuple[int | None, Fact]]:
    told = [(one.host.lower(), one.build, one) for one in topology.seen(ClusterNode)]
    found: dict[str, tuple[int | None, Fact]] = {}
    for host, build, fact in (*told, *((one.host.lower(), one.build, one) for one in topology.seen(HyperVHost))):
        if build is not None or host not in found:
            found[host] = (build, fact)
    return found
