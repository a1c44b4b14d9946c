"""Builders of what Hyper-V hosts tell about sending and receiving replicas, and of the engines behind replications."""

from collections.abc import Iterable
from typing import Any

from drcheck.topology.base import Fact
from drcheck.topology.cluster import ClusterNetworkName
from drcheck.topology.hyperv import Adapter, Drive
from drcheck.topology.hyperv_replica import (
    BUILT_IN_PROVIDER,
    AllowedPrimary,
    ReplicaServer,
    ReplicationProvider,
    VmRecoveryPoints,
)
from drcheck.topology.windows_host import HostVolume, MachineCertificate, ReplicaListenerRule, VirtualHardDisk
from tests.estate_names import FILE_VM, HV_CLUSTER, HV_CLUSTER_NAME, HV_LDS, HV_LON, SWITCH, VMM_VM
from tests.estates import ago, seen

FOREIGN = "another-engine"
BROKER = "hvc-broker.contoso.lab"
THUMBPRINTS = {HV_LON: "AA01", HV_LDS: "AA02"}


def settings(name: str, host: str) -> dict[str, Any]:
    """What a replication of the healthy estate is set to, and what it has done in the current window."""
    return {
        "replicated_disks": (f"C:\\VMs\\{name}\\{name}.vhdx", f"D:\\VMs\\{name}\\{name}_data.vhdx"),
        "successful_count": 100, "missed_count": 0, "authentication": "Certificate",
        "certificate": THUMBPRINTS.get(host, ""), "recovery_points_kept": 4, "vss_enabled": True, "vss_hours": 4,
        "pending_bytes": 1 << 20, "average_bytes": 1 << 22, "maximum_bytes": 1 << 23, "auto_resync": True,
    }  # fmt: skip


def provider(replication: str, engine: str = BUILT_IN_PROVIDER) -> ReplicationProvider:
    """The engine of the replication with this key (``<VM id>@<host>/<relationship>``)."""
    vm_id, _, rest = replication.partition("@")
    host, _, relationship = rest.partition("/")
    return ReplicationProvider(
        key=replication, seen=seen(host), vm_id=vm_id, name=vm_id, host=host, relationship=relationship, provider=engine
    )


def allowed(server: str) -> AllowedPrimary:
    return AllowedPrimary(server=server, storage="E:\\Replica", trust_group="DR")


def server(host: str, *primaries: str, **fields: Any) -> ReplicaServer:
    given: dict[str, Any] = {
        "enabled": True, "authentication": "Certificate", "kerberos_port": 80, "certificate_port": 443,
        "certificate": THUMBPRINTS.get(host, ""), "from_any_server": False,
        "allowed": tuple(allowed(one) for one in primaries), "storage": "D:\\Replica",
        "monitoring_interval_seconds": 43200.0, "status": ("Ok",),
    }  # fmt: skip
    return ReplicaServer(key=host, seen=seen(host), host=host, **(given | fields))


def certificate(host: str, **fields: Any) -> MachineCertificate:
    thumbprint = THUMBPRINTS.get(host, "AA09")
    given: dict[str, Any] = {
        "subject": f"CN={host}", "issuer": "CN=contoso issuing CA", "not_before": ago(days=100),
        "not_after": ago(days=-265), "private_key": True, "purposes": ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"),
        "dns_names": (host, BROKER), "chain_status": (),
    }  # fmt: skip
    return MachineCertificate(
        key=f"{host}/{thumbprint}", seen=seen(host), thumbprint=thumbprint, host=host, **(given | fields)
    )


def broker_name(**fields: Any) -> ClusterNetworkName:
    given: dict[str, Any] = {"dns_name": "HVC-BROKER", "dns_suffix": "contoso.lab"}
    return ClusterNetworkName(
        key=f"{HV_CLUSTER}/broker-name", seen=seen(HV_CLUSTER_NAME), cluster=HV_CLUSTER, group="Broker",
        name="HVC-BROKER", state="Online", ttl_seconds=300, registers_every_address=False, dns_status=0,
        kerberos_status=0, **(given | fields),
    )  # fmt: skip


def replica_adapter(**fields: Any) -> Adapter:
    given: dict[str, Any] = {"id": "nic", "name": "nic", "switch": "", "test_replica_switch": SWITCH}
    return Adapter(**(given | fields))


def rule(host: str, **fields: Any) -> ReplicaListenerRule:
    given: dict[str, Any] = {"secure": True, "enabled": True, "allows": True, "port": "443", "profiles": ()}
    return ReplicaListenerRule(
        key=f"{host}/https", seen=seen(host), name="VIRT-HVRHTTPSL-In-TCP-NoScope", host=host, **(given | fields)
    )


def replica_disks(name: str) -> tuple[str, ...]:
    """Where a replica's disks are on the host that receives it."""
    return (f"D:\\Replica\\{name}\\{name}.vhdx", f"E:\\Replica\\{name}\\{name}_data.vhdx")


def storage(name: str) -> dict[str, Any]:
    """What a VM of the healthy estate has by way of disks."""
    paths = (f"C:\\VMs\\{name}\\{name}.vhdx", f"D:\\VMs\\{name}\\{name}_data.vhdx")
    drives = (Drive(path=path, controller="SCSI", controller_number=0, location=0, shared=False) for path in paths)
    return {"drives": tuple(drives), "fibre_channel_count": 0}


def hard_disk(path: str, **fields: Any) -> VirtualHardDisk:
    given: dict[str, Any] = {
        "disk_format": "VHDX", "disk_type": "Dynamic", "size_bytes": 1 << 30, "file_bytes": 1 << 29, "parent_path": "",
        "logical_sector_bytes": 512, "physical_sector_bytes": 4096,
    }  # fmt: skip
    return VirtualHardDisk(
        key=f"{HV_LON}/{path.lower()}", seen=seen(HV_LON), path=path, host=HV_LON, **(given | fields)
    )


def volume(host: str, letter: str, **fields: Any) -> HostVolume:
    given: dict[str, Any] = {"capacity_bytes": 1 << 40, "free_bytes": 1 << 39}
    return HostVolume(
        key=f"{host}/{letter.lower()}", seen=seen(host), name=f"{letter}:\\", host=host, label="", file_system="NTFS",
        **(given | fields),
    )  # fmt: skip


def points(vm_id: str, **fields: Any) -> VmRecoveryPoints:
    given: dict[str, Any] = {
        "point_count": 4, "app_consistent_count": 1, "newest_point": ago(minutes=40), "oldest_point": ago(hours=4),
        "newest_app_consistent": ago(hours=3),
    }  # fmt: skip
    return VmRecoveryPoints(
        key=f"{vm_id}@{HV_LDS}", seen=seen(HV_LDS), vm_id=vm_id, name=vm_id, host=HV_LDS, **(given | fields)
    )


def replica_hosts() -> Iterable[Fact]:
    yield server(HV_LON, HV_LDS, BROKER)
    yield server(HV_LDS, HV_LON, BROKER)
    for host in (HV_LON, HV_LDS):
        yield certificate(host)
        yield rule(host)
        yield from (volume(host, letter) for letter in "CDE")
    yield broker_name()
    yield from (points(vm_id) for vm_id in (VMM_VM, FILE_VM))
    for name in ("PAY-WEB01", "LEDGER-DB01", "VMM01", "FILE01"):
        yield from (hard_disk(drive.path) for drive in storage(name)["drives"])
