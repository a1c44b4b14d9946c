"""Answers that never came, and what nobody can say without them: UNKNOWN, and nothing else."""

from collections.abc import Callable, Sequence

from drcheck.topology.azure_compute import Quota
from drcheck.topology.azure_governance import DiagnosticSetting, LogWorkspace, RoleDefinition
from drcheck.topology.base import Fact
from drcheck.topology.cluster import ClusterGroup, PossibleOwners
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.hyperv_replica import FailoverAddress, ReplicaServer, VmCheckpoint, VmRecoveryPoints
from drcheck.topology.identity import ReplicationPartner
from drcheck.topology.network import NameAnswer
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.site_recovery_state import RecoveryPoints
from drcheck.topology.sql_objects import MirroringEndpoint, SqlJob
from drcheck.topology.vmm import ManagedHost, VmmServer
from drcheck.topology.vmm_fabric import VmmAgent
from drcheck.topology.windows_host import MachineCertificate, ReplicaListenerRule, VirtualHardDisk
from drcheck.verdict import Verdict
from tests.generated.fabric_faults import from_host, group_of
from tests.generated.fault import Drawn, Fault, Seeded, judged
from tests.generated.kinship import links_of, machine, members, owner

Asked = Callable[[Drawn], Sequence[str]]
"""The endpoints that may not answer."""
Untold = Callable[[Drawn, str], Sequence[str]]
"""The subjects of which a check can say nothing without what an endpoint tells."""


def asked(role: str) -> Asked:
    """Every endpoint of a role."""
    return lambda drawn: [target.endpoint for target in drawn.estate.targets if target.role == role]


def lost(kind: type[Fact], endpoints: Asked, **untold: Untold) -> Fault:
    """An endpoint does not tell of a kind; for each check (``ASR_006``) the subjects of which it says UNKNOWN."""

    def seed(drawn: Drawn, endpoint: str) -> Seeded:
        found: dict[tuple[str, str], Verdict] = {}
        for check, subjects in untold.items():
            name = f"DR-{check.replace('_', '-')}"
            found |= judged(name, *subjects(drawn, endpoint), verdict=Verdict.UNKNOWN)
        missing = frozenset(fact.key for fact in drawn.all(kind) if fact.seen.endpoint == endpoint)
        answer = (kind.__name__, f"{kind.ROLE}:{endpoint}")
        return Seeded(edits={}, expects=found, lost=(answer,), claims=missing | {answer[1]})

    checks = frozenset(f"DR-{check.replace('_', '-')}" for check in untold)
    return Fault(f"{kind.__name__} unread", checks, endpoints, seed)


def itself(kind: type[Fact]) -> Untold:
    """Nobody can list the subjects: the gap stands for them."""
    return lambda _, endpoint: [f"{kind.__name__}@{kind.ROLE}:{endpoint}"]


def same(_: Drawn, endpoint: str) -> list[str]:
    """The subject is called like the endpoint."""
    return [endpoint]


def sent_over(drawn: Drawn, endpoint: str) -> list[str]:
    """Links over which a host sends."""
    return links_of(drawn, endpoint)


def clustered(drawn: Drawn, endpoint: str) -> list[str]:
    return [one.key for one in drawn.all(VmmServer, highly_available=True) if one.seen.endpoint == endpoint]


def of_roles(drawn: Drawn) -> list[str]:
    """Clusters on which VMM is a role."""
    return sorted({group.seen.endpoint for group in drawn.all(ClusterGroup)})


def managed(drawn: Drawn, endpoint: str) -> list[str]:
    return [host.key for host in drawn.all(ManagedHost) if host.seen.endpoint == endpoint]


def on_host(drawn: Drawn, endpoint: str) -> list[str]:
    """Items whose VM runs on a host."""
    return [item.key for item in drawn.all(ProtectedItem) if machine(drawn, item).host == endpoint]


def protected(drawn: Drawn, endpoint: str) -> list[str]:
    """VMs and replicas on a host that somebody replicates."""
    copied = {one.vm_id for one in drawn.all(VmReplication, host=endpoint)}
    copied |= {item.vm_id for item in drawn.all(ProtectedItem)}
    return [vm.key for vm in drawn.all(HyperVVm, host=endpoint) if vm.vm_id in copied]


def held(drawn: Drawn, endpoint: str) -> list[str]:
    """Replicas that a host holds."""
    return [one.key for one in drawn.all(VmReplication) if one.host == endpoint and one.mode == "Replica"]


def replicas(drawn: Drawn, endpoint: str) -> list[str]:
    """The machines that a host holds as replicas."""
    return [vm.key for vm in drawn.all(HyperVVm, host=endpoint) if vm.replication_mode == "Replica"]


def together(drawn: Drawn, endpoint: str) -> list[str]:
    """Applications with several machines that a vault protects."""
    apps = {owner(drawn, item.name) for item in drawn.all(ProtectedItem) if item.seen.endpoint == endpoint}
    return [app.key for app in apps if len(members(drawn, app)) > 1]


def grouped(drawn: Drawn, endpoint: str) -> list[str]:
    return [group_of(drawn, endpoint).key]


def named(_: Drawn, endpoint: str) -> list[str]:
    """What was asked for, and whatever else this answer might have told of."""
    return [f"name:{endpoint.rpartition('/')[2]}", f"NameAnswer@dns:{endpoint}"]


def of_vmm(drawn: Drawn) -> list[str]:
    """Questions about names of VMM servers."""
    return [one.key for one in drawn.all(NameAnswer) if not one.name.startswith("ag")]


FAULTS: Sequence[Fault] = (
    lost(LogWorkspace, asked("vault"), SEC_005=same),
    lost(DiagnosticSetting, asked("vault"), SEC_005=same),
    lost(RoleDefinition, asked("vault"), SEC_004=same),
    lost(RecoveryPoints, asked("vault"), RPL_003=itself(RecoveryPoints), RPL_005=together),
    lost(Quota, asked("azure"), ASR_006=itself(Quota)),
    lost(PossibleOwners, of_roles, VHA_002=clustered),
    lost(VmmAgent, asked("vmm"), VMM_003=managed),
    lost(VirtualHardDisk, asked("hyperv"), ASR_003=on_host, HVR_006=from_host, BWC_003=sent_over),
    lost(VmCheckpoint, asked("hyperv"), CLN_005=protected),
    lost(VmRecoveryPoints, asked("hyperv"), HVR_007=held),
    lost(ReplicaListenerRule, asked("hyperv"), HVR_008=from_host),
    lost(FailoverAddress, asked("hyperv"), HVR_005=held, RPL_101=replicas),
    lost(MachineCertificate, asked("hyperv"), SEC_002=same),
    lost(
        ReplicaServer,
        asked("hyperv"),
        SEC_001=itself(ReplicaServer),
        SEC_002=itself(ReplicaServer),
        NET_006=itself(ReplicaServer),
        HVR_008=from_host,
        HVR_103=itself(ReplicaServer),
    ),
    lost(ReplicationPartner, asked("identity"), IDN_002=same),
    lost(NameAnswer, of_vmm, IDN_003=named),
    lost(SqlJob, asked("sql"), SQL_007=grouped),
    lost(MirroringEndpoint, asked("sql"), SQL_104=itself(MirroringEndpoint)),
)
