"""What have drills left that no journal here tells of? Looked for in the estate itself.

A test failover that somebody else made looks the same. Only what is proven to be a drill's is removed, by the same
ordinary clean-up that a drill uses, and never by deleting a machine.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from uuid import uuid4

from msgspec import Struct

from drcheck.drill import Context, azure_failover, hyperv_replica, protected_item
from drcheck.drill.azure.leases import leases_for
from drcheck.drill.engine import LEASE, journal_path, kind_named
from drcheck.drill.journal import Journal, alone
from drcheck.drill.undoing.copies import (
    Copied,
    Copies,
    copied_lines,
    copies,
    hyperv_hosts,
    in_azure,
    records_of,
    windows,
)
from drcheck.drill.undoing.recovery import give_back
from drcheck.errors import DrcheckError, DrillError
from drcheck.topology.azure import NetworkInterface
from drcheck.topology.azure_compute import AzureVm
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan

KINDS = (HyperVVm, VmReplication, ProtectedItem, RecoveryPlan, AzureVm, NetworkInterface)
"""What has to be known about an estate to look for orphans."""
LEASE_SECONDS = 1800
BY_HAND = "nothing that cleans up can reach it: it has to be removed by hand"


class Orphan(Struct, frozen=True, kw_only=True):
    """A copy that no drill seems to look after."""

    id: str
    """VM id, or ARM id of the protected item."""
    what: str
    """In words: what it is, and where."""
    proof: str = ""
    """Why it is certainly a drill's; empty: nobody has proven that."""
    hint: str = ""
    """What speaks for it, or why it cannot be removed."""
    kind: str = ""
    """The kind of failover whose clean-up removes it; empty: none does."""
    identity: Mapping[str, str] = {}
    action: str = ""
    """The action that its clean-up looks for in a journal."""
    effect: Mapping[str, str] = {}
    """What that action has made."""
    drill: str = ""
    """The drill that left it and still has the lease: recovered, not removed alone."""

    @property
    def told(self) -> str:
        """As people read it."""
        reason = (
            f"proven: {self.proof}" if self.proof else f"not proven to be a drill's{self.hint and f' ({self.hint})'}"
        )
        return f"{self.what} [{self.id}]: {reason}"


class Found(Struct, frozen=True, kw_only=True):
    """The orphans, and where nobody could look."""

    orphans: tuple[Orphan, ...] = ()
    unread: tuple[str, ...] = ()


def find(context: Context) -> Found:
    """Every test VM on replica hosts and every test failover of a vault that waits, but those of drills under way."""
    held = copies(context)
    unread = [*held.unread, *_blind(context.topology)]
    orphans: list[Orphan] = []
    for host in hyperv_hosts(context):
        try:
            orphans += _on_host(context, host, held)
        except DrcheckError as error:
            unread.append(f"{host}: {error}")
    leased = {one.identity["item"].lower(): one for one in in_azure(context).found}
    return Found(orphans=(*orphans, *_in_azure(context, leased)), unread=tuple(dict.fromkeys(unread)))


def _blind(topology: Topology) -> Iterator[str]:
    wanted = {kind.__name__ for kind in KINDS}
    for gap in topology.gaps:
        if gap.kind in wanted:
            yield f"{gap.scope}: {gap.kind} could not be read"


def _on_host(context: Context, host: str, held: Copies) -> Iterator[Orphan]:
    topology = context.topology
    replicas = [one for one in topology.seen(VmReplication) if one.host == host and one.mode == "Replica"]
    by_test = {one.test_vm_id: one for one in replicas if one.test_vm_id}
    leases = {one.identity.get("vm_id", ""): one for one in held.found if one.where == host}
    for vm in topology.seen(HyperVVm):
        if vm.host == host and vm.replication_mode == "TestReplica":
            replica = by_test.get(vm.vm_id)
            lease = leases.get(replica.vm_id) if replica else None
            if lease is None:
                yield _test_vm(context, vm, replica)
            elif lease.over(context.now()):
                yield _forsaken(vm, lease)


def _forsaken(vm: HyperVVm, lease: Copied) -> Orphan:
    what = f"test VM {vm.name} on {vm.host}"
    return Orphan(id=vm.vm_id, what=what, proof=f"the lease of its drill has run out ({lease.told})", drill=lease.drill)


def _test_vm(context: Context, vm: HyperVVm, replica: VmReplication | None) -> Orphan:
    what = f"test VM {vm.name} on {vm.host}"
    drill = _maker(context, vm)
    proof = f"the journal of drill {drill}, copied to the host, says that it made this VM" if drill else ""
    if replica is None:
        hint = f"no replica names it: {BY_HAND}"
        return Orphan(id=vm.vm_id, what=what, proof=f"{proof}; {hint}" if proof else "", hint=hint)
    return Orphan(
        id=vm.vm_id,
        what=f"{what}, of the replica {replica.name}",
        proof=proof,
        hint="no lease and no journal on its host tells of it",
        kind=hyperv_replica.KIND,
        identity={"host": vm.host, "vm_id": replica.vm_id, "name": replica.name},
        action=hyperv_replica.TEST,
        effect={"test_vm_id": vm.vm_id},
    )


def _maker(context: Context, vm: HyperVVm) -> str:
    """The drill whose journal on the host names the VM as what its test failover made; empty when there is none."""
    machine = windows(context, vm.host)
    for row in machine.act("journal.find", about=vm.vm_id):
        drill = str(row["drill"])
        for record in records_of(copied_lines(machine, drill)):
            made = str(record.data.get("test_vm_id", "")).lower()
            if record.event == "effect" and record.action.endswith(hyperv_replica.TEST) and made == vm.vm_id:
                return drill
    return ""


def _in_azure(context: Context, leased: Mapping[str, Copied]) -> Iterator[Orphan]:
    topology = context.topology
    networks = {one.name for one in context.estate.drill_networks if one.platform == "azure"}
    for item in topology.seen(ProtectedItem):
        identity = {"item": item.key, "vault": item.vault, "name": item.name}
        what, lease = f"test failover of {item.name}, which waits for its clean-up", leased.get(item.key)
        if "TestFailoverCleanup" not in item.allowed_operations:
            continue
        if lease is None:
            yield Orphan(
                id=item.key,
                what=what,
                hint=_where(topology, item, networks),
                kind=protected_item.KIND,
                identity=identity | leases_for((item,), context).identity(),
                action=azure_failover.TEST,
                effect={"job": item.scenario.job.rpartition("/")[2] or "unknown"},
            )
        elif lease.over(context.now()):
            proof = f"the lease of its drill has run out ({lease.told})"
            yield Orphan(id=item.key, what=what, proof=proof, drill=lease.drill)


def _where(topology: Topology, item: ProtectedItem, networks: Collection[str]) -> str:
    """Whether the copy is in a network that drills use: a hint, as a person may test there too."""
    copy = f"{item.target.name}-test".lower()
    nics = [nic for nic in topology.seen(NetworkInterface) if copy in nic.virtual_machine.lower()]
    subnets = {subnet.lower() for nic in nics for subnet in nic.subnets}
    inside = sorted(name for name in networks if any(subnet.startswith(f"{name}/") for subnet in subnets))
    return f"its copy is in the drill network {inside[0]}" if inside else "its copy is in no declared drill network"


def remove(orphan: Orphan, context: Context, *, vouched: bool = False) -> str:
    """Clean one up as its drill would have, journalled and under a lease; returns a sentence.

    Args:
        orphan: what to remove.
        context: what to work with.
        vouched: a person says that it is a drill's, which stands in for the proof.

    Raises:
        DrillError: it is not proven to be a drill's, nothing can remove it, or it could not be removed.
    """
    if not orphan.kind:
        raise DrillError(f"{orphan.told}. {BY_HAND}")
    if not (orphan.proof or vouched):
        raise DrillError(f"{orphan.told}. If it is one, give --mine {orphan.id}")
    drill = f"{context.now():%Y%m%dT%H%M%SZ}-orphan-{uuid4().hex[:8]}"
    path = journal_path(context.folder, drill)
    with alone(path):
        failover = kind_named(orphan.kind).resume(dict(orphan.identity), context)
        journal = Journal(path, drill, context.now)
        proof = orphan.proof or "a person vouched for it"
        journal.write("opened", kind=orphan.kind, name=drill, identity=dict(orphan.identity), orphan=proof)
        journal.write("intent", LEASE)
        failover.take_lease(drill, context.now() + timedelta(seconds=LEASE_SECONDS))
        journal.mirror_to(failover.mirror(drill))
        journal.write("intent", orphan.action, adopted=orphan.id)
        journal.write("effect", orphan.action, **orphan.effect)
        failover.clean_up(journal)
        give_back(failover, journal, context)
    return f"{orphan.what} was removed"
