"""Do the sources agree? The same object as different sources tell of it, joined by id, with what they contradict.

A contradiction rests on two sources that were both read. What only a gap stands behind is not one: it is unclear.
"""

from collections.abc import Callable, Iterator
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Derived, Fact, Seen, Topology, Unknown, same_host
from drcheck.topology.cluster import ClusterGroup, ClusterNode
from drcheck.topology.hyperv import COPIES, HyperVVm
from drcheck.topology.vmm import ManagedHost, VmmServer, VmmVm
from drcheck.topology.vmm_fabric import VmmNode

STATES = {"Running": "on", "Off": "off", "PowerOff": "off"}
"""What VMM and Hyper-V call the two states that one cannot pass for the other."""


class Statement(Struct, frozen=True, kw_only=True, gc=False):
    """What one source says."""

    source: str
    says: str

    def __str__(self) -> str:
        """``VMM: on hv1, Running``."""
        return f"{self.source}: {self.says}"


class Reconciled(Derived, frozen=True, kw_only=True, gc=False):
    """An object that more than one source may tell of.

    Key: ``vm:<VM id>@<host>`` for a VM on the host where at least one source has it, ``database:<VMM server>`` for the
    database of a VMM deployment.
    """

    SUBJECT: ClassVar[str] = "object of several sources"
    FROM: ClassVar[tuple[type[Fact], ...]] = (VmmVm, HyperVVm, VmmServer)

    name: str
    host: str
    vm_id: str = ""
    statements: tuple[Statement, ...]
    contradictions: tuple[str, ...]
    unclear: str = ""
    """What could not be read and may contradict; empty when everything that could speak did."""

    @classmethod
    def derive(cls, topology: Topology) -> "Iterator[Reconciled]":
        """Every VM on every host that a source names for it, and every VMM database."""
        known: dict[tuple[str, str], HyperVVm] = {}
        claimed: dict[tuple[str, str], VmmVm] = {}
        for found in topology.seen(HyperVVm):
            if found.replication_mode not in COPIES:
                known[found.vm_id, found.host.lower()] = found
        for vm in topology.seen(VmmVm):
            if not (vm.is_recovery or vm.is_test_replica):
                claimed[vm.key, vm.host.lower()] = vm
        for pair in dict.fromkeys((*claimed, *known)):
            yield _Hearing(topology, pair).machine(claimed.get(pair), known.get(pair))
        for server in topology.seen(VmmServer):
            yield _database(topology, server)


class _Hearing:
    """Hears every source about one VM on one host."""

    def __init__(self, topology: Topology, pair: tuple[str, str]) -> None:
        self._topology = topology
        self._vm_id, self._host = pair
        self._statements: list[Statement] = []
        self._contradictions: list[str] = []
        self._unclear: list[str] = []

    def machine(self, claimed: VmmVm | None, known: HyperVVm | None) -> Reconciled:
        """What VMM, Hyper-V and the cluster say. At least one of the two is given."""
        if known is not None:
            self._says("Hyper-V", f"on {known.host}, {known.state}")
            self._ask(lambda: self._vmm_of(known))
            self._ask(lambda: self._cluster_of(known))
        elif claimed is not None:
            self._says("VMM", f"on {claimed.host}, {claimed.status}")
            self._ask(lambda: self._hyperv_of(claimed))
        seen: Seen = (known or claimed).seen  # type: ignore[union-attr]  # at least one is given
        return Reconciled(
            key=f"vm:{self._vm_id}@{self._host}",
            seen=seen,
            name=known.name if known else claimed.name if claimed else self._vm_id,
            host=self._host,
            vm_id=self._vm_id,
            statements=tuple(self._statements),
            contradictions=tuple(self._contradictions),
            unclear="; ".join(self._unclear),
        )

    def _ask(self, question: Callable[[], None]) -> None:
        try:
            question()
        except Unknown as unknown:
            self._unclear.append(unknown.reason)

    def _says(self, source: str, what: str) -> None:
        self._statements.append(Statement(source=source, says=what))

    def _contradicts(self, what: str) -> None:
        self._contradictions.append(what)

    def _vmm_of(self, known: HyperVVm) -> None:
        """VMM has it on the same host, or does not manage that host."""
        vm = self._topology.get(VmmVm, self._vm_id)
        if vm is None:
            managed = self._topology.get(ManagedHost, self._host)
            if managed is None:
                self._topology.require(ManagedHost)
                return
            self._topology.require(VmmVm)
            self._says("VMM", "does not know it")
            self._contradicts(f"VMM manages {self._host} and does not know the VM")
            return
        self._says("VMM", f"on {vm.host}, {vm.status}")
        if not same_host(vm.host, self._host):
            self._contradicts(f"VMM has it on {vm.host}, Hyper-V on {self._host}")
        elif {STATES.get(vm.status), STATES.get(known.state)} == {"on", "off"}:
            self._contradicts(f"VMM says {vm.status}, Hyper-V says {known.state}")

    def _hyperv_of(self, claimed: VmmVm) -> None:
        """VMM names a host whose own Hyper-V does not have it."""
        self._topology.require(HyperVVm, f"hyperv:{self._host}")
        self._says("Hyper-V", f"{self._host} does not know it")
        self._contradicts(f"VMM has {claimed.name} on {self._host}; Hyper-V there was read to its end and does not")

    def _cluster_of(self, known: HyperVVm) -> None:
        """The group of a clustered VM is owned by the node that runs it."""
        if not known.clustered:
            return
        cluster = self._topology.memo(("cluster of", self._host), lambda: _cluster(self._topology, self._host))
        if cluster is None:
            return
        group = self._group(known.name, cluster)
        if group is None or not group.owner_node:
            return
        if same_host(group.owner_node, self._host):
            self._says("cluster", f"owned by {group.owner_node}, {group.state}")
        elif self._only_one_of_its_name(known, cluster):
            self._says("cluster", f"owned by {group.owner_node}, {group.state}")
            self._contradicts(f"the cluster's group is owned by {group.owner_node}, and {self._host} has the VM")

    def _group(self, name: str, cluster: str) -> ClusterGroup | None:
        """The VM's group, by name within one cluster: its id is in the parameters of its resource, at a call each."""
        named = (
            group
            for group in self._topology.where(ClusterGroup, "name", name)
            if group.cluster == cluster and group.group_type == "VirtualMachine"
        )
        return next(named, None)

    def _only_one_of_its_name(self, known: HyperVVm, cluster: str) -> bool:
        """Does no other VM on the cluster's nodes have the name, so that the group cannot be another one's?"""
        hosts = {node.host for node in self._topology.where(ClusterNode, "cluster", cluster)}
        for host in sorted(hosts):
            self._topology.require(HyperVVm, f"hyperv:{host}")
        return {vm.vm_id for vm in self._topology.where(HyperVVm, "name", known.name) if vm.host in hosts} == {
            known.vm_id
        }


def _cluster(topology: Topology, host: str) -> str | None:
    """Id of the cluster that a host is a node of, all of whose groups were read; ``None`` when it is of none."""
    nodes = topology.where(ClusterNode, "host", host)
    if not nodes:
        topology.require(ClusterNode)
        return None
    topology.require(ClusterGroup, f"cluster:{nodes[0].seen.endpoint}")
    return nodes[0].cluster


def _elsewhere(server: VmmServer, node: VmmNode, machine: str) -> Iterator[str]:
    """How a node's registry contradicts VMM; an instance or a name that one of them does not tell contradicts none."""
    told = ((server.database_name, node.database_name), (server.instance, node.database_instance))
    if not same_host(server.database_server, machine):
        yield f"VMM reports {server.database_server}, the registry of {node.host} has {machine}"
    for ours, theirs in told:
        if ours and theirs and ours.lower() != theirs.lower():
            yield f"VMM reports {ours}, the registry of {node.host} has {theirs}"


def _database(topology: Topology, server: VmmServer) -> Reconciled:
    """The database as VMM reports it and as the registry of each of its nodes has it."""
    statements = [Statement(source="VMM", says=server.database_server or "no database")]
    contradictions: list[str] = []
    unclear: list[str] = []
    for name in server.nodes or (server.host,):
        node = topology.get(VmmNode, name.lower())
        if node is None:
            unclear += [gap.reason for gap in topology.missing(VmmNode, f"{VmmNode.ROLE}:{name.lower()}")]
        elif node.database_server:
            statements.append(Statement(source=f"registry of {node.host}", says=node.database_server))
            contradictions += _elsewhere(server, node, node.database_server)
        else:
            unclear.append(f"the registry of {node.host} does not tell its database")
    return Reconciled(
        key=f"database:{server.key}",
        seen=server.seen,
        name=f"database of {server.name}",
        host=server.host,
        statements=tuple(statements),
        contradictions=tuple(contradictions),
        unclear="; ".join(unclear),
    )
