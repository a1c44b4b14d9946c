"""Are replicas stored where the replica server's settings say, and not all of them on one volume?"""

from collections.abc import Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import RECEIVING, HyperVVm
from drcheck.topology.hyperv_replica import ReplicaServer
from drcheck.topology.volumes import volume_of
from drcheck.verdict import Severity


@check(
    "DR-HVR-103",
    "Replicas are stored where the replica server's settings say, not all of them on one volume",
    severity=Severity.LOW,
    why=(
        "A replica that was moved by hand stands on storage that nobody planned or watches for it; in a cluster, on a "
        "disk that the next node does not have. Where all share one volume, its loss takes all of them."
    ),
    source="Microsoft, Set up Hyper-V Replica: storage location for replicas, cluster shared volumes",
    remedy="Move-VMStorage on the replica's host, to a folder that Get-VMReplicationAuthorizationEntry lists.",
    controls=("NIST SP 800-53 CP-6", "NIST SP 800-53 CP-9", "ISO/IEC 27001:2022 A.8.14"),
)
def check_replicas_where_declared(server: ReplicaServer, topology: Topology) -> Outcome:
    """The disks of the host's replicas against its storage locations, and the volumes that these are on.

    That one volume holds every replica is a warning where several places are set; which volumes are of one disk or
    array is not known. The settings are the declaration: whether they name a cluster shared volume is not judged, for a
    stand-alone host has none.
    """
    if not server.enabled:
        raise NotApplicable(f"{server.host} is no replica server")
    replicas = [vm for vm in topology.where(HyperVVm, "host", server.host) if vm.replication_mode in RECEIVING]
    places = [place for place in (server.storage, *(entry.storage for entry in server.allowed)) if place]
    expected = f"below {', '.join(dict.fromkeys(places))}"
    lost = [f"{vm.name} in {path}" for vm in replicas for path in vm.disks if places and not _below(path, places)]
    if lost:
        what = ", ".join(lost)
        return failed(f"{server.host}: {what}; allowed: {expected}", observed=what, expected=expected)
    topology.require(HyperVVm, f"hyperv:{server.seen.endpoint}")
    if not replicas:
        raise NotApplicable(f"{server.host} holds no replica")
    if not places or not all(vm.disks for vm in replicas):
        raise Unknown(f"{server.host} does not tell where it stores replicas, or where their disks are")
    volumes = {volume_of(topology, server.host, path).fact.key for vm in replicas for path in vm.disks}
    what = f"{len(replicas)} replicas on {len(volumes)} volumes"
    if len(replicas) > 1 and len(volumes) == 1 and len({place.lower() for place in places}) > 1:
        what = f"all of its {len(replicas)} replicas share one volume of those that are set"
        return warned(f"{server.host}: {what}; better: more than one", observed=what, expected=expected)
    return passed(f"{server.host}: {what}, {expected}", observed=what, expected=expected)


def _below(path: str, places: Sequence[str]) -> bool:
    return any(path.lower().startswith(f"{place.lower().rstrip(chr(92))}\\") for place in places)
