"""What does ``Get-CimInstance`` answer: volumes, services, performance counters, replication settings?"""

import re
from collections.abc import Callable, Iterator, Mapping

from drcheck.lab.azure.state import AzureWorld
from drcheck.lab.cmdlets.hyperv_machines import LocalVm, local_vms
from drcheck.lab.cmdlets.objects import Call, CmdletError, Handler, LabNotImplementedError, PsObject, moment
from drcheck.lab.cmdlets.registry import vmm_on
from drcheck.lab.state.replication import draw, relation
from drcheck.lab.state.windows import Volume
from drcheck.lab.state.world import World

GIB = 1 << 30
EPOCH = 1_700_000_000
"""When the machines of every lab were started, for counters that only grow."""
PROVIDERS = {"hyperv": "22391CDC-272C-4DDF-BA88-9BEFB1A0975C", "azure": "EF5E2D1B-3C45-4B0F-9E1A-7D6C0A9B8E21"}
"""Replication providers: Hyper-V's own has this id everywhere, that of Site Recovery is made up."""

_TERM = re.compile(r"(\w+) = (?:'([^']*)'|(\d+))")


def get_instance(call: Call) -> Iterator[PsObject]:
    """``Get-CimInstance`` of one class, by default in ``root/cimv2``."""
    call.unsupported("CimSession", "ComputerName", "Query", "Property", "KeyOnly")
    name = call.text("ClassName") or ""
    namespace = (call.text("Namespace") or "root/cimv2").replace("\\", "/").lower()
    instances = CLASSES.get((namespace, name.lower()))
    if instances is None:
        raise LabNotImplementedError(f"the CIM class {namespace}:{name}")
    if "hyperv" not in call.host.roles and (namespace != "root/cimv2" or "hyperv" in name.lower()):
        raise CmdletError(f"HRESULT 0x80041010,{call.cmdlet}", "Invalid class", "MetadataError")
    wanted = _terms(call.text("Filter"))
    for values in instances(call):
        if any(all(str(values[field]).lower() == value.lower() for field, value in terms) for terms in wanted):
            yield PsObject(kind=f"CimInstance#{namespace}/{name}", values=values, text=name)


def _terms(condition: str | None) -> list[list[tuple[str, str]]]:
    """A filter of equalities: of several after OR one is enough, those between AND must all hold.

    The lab knows no other. In WQL every backslash is written twice.
    """
    alternatives = [] if condition is None else [one.split(" AND ") for one in condition.split(" OR ")]
    found = [[_TERM.fullmatch(term) for term in terms] for terms in alternatives]
    if not all(term for terms in found for term in terms):
        raise LabNotImplementedError(f"the filter {condition}")
    known = [[(term[1], (term[2] or term[3]).replace(2 * "\\", "\\")) for term in terms if term] for terms in found]
    return known or [[]]


def _volumes(call: Call) -> Iterator[Mapping[str, object]]:
    for volume in call.host.volumes:
        yield {
            "DeviceID": f"\\\\?\\Volume{{{volume.id}}}\\",
            "Name": f"{volume.letter}\\",
            "DriveLetter": volume.letter,
            "DriveType": 3,
            "Label": volume.label,
            "FileSystem": "NTFS",
            "Capacity": volume.size_gb * GIB,
            "FreeSpace": volume.size_gb * GIB - _used(call, volume),
            "SystemName": call.host.name.partition(".")[0].upper(),
        }


def _used(call: Call, volume: Volume) -> int:
    """Shared volumes are mounted below C: and take nothing of it."""
    used = volume.other_gb * GIB
    for local in local_vms(call):
        for drive, disk in zip(local.drives(call), local.vm.disks, strict=False):
            path = str(drive.values["Path"])
            if path.startswith(f"{volume.letter}\\") and "\\ClusterStorage\\" not in path:
                used += int(disk.size_gb * GIB * disk.used_share)
    return used


def _services(call: Call) -> Iterator[Mapping[str, object]]:
    installed = {"vmms": ("Virtual Machine Management", "vmms.exe", "hyperv" in call.host.roles)}
    agent = _in_protected_cloud(call.world, call.host.host_group)
    installed["obengine"] = ("Microsoft Azure Recovery Services Agent", "cbengine.exe", agent)
    for name, (display, program, there) in installed.items():
        if there:
            yield {
                "Name": name,
                "DisplayName": display,
                "State": "Running",
                "Started": True,
                "StartMode": "Auto",
                "StartName": "LocalSystem",
                "PathName": f"C:\\Windows\\System32\\{program}",
                "SystemName": call.host.name.partition(".")[0].upper(),
            }
    yield from _vmm_service(call)


def _vmm_service(call: Call) -> Iterator[Mapping[str, object]]:
    """VMM's own service, on every node of its cluster; it runs on one of them."""
    server = vmm_on(call.session)
    if server is not None:
        here = call.host.name
        running = here == server.host
        yield {
            "Name": "SCVMMService",
            "DisplayName": "System Center Virtual Machine Manager",
            "State": "Running" if running else "Stopped",
            "Started": running,
            "StartMode": "Manual" if server.nodes else "Auto",
            "StartName": server.service_accounts.get(here, server.service_account),
            "PathName": '"C:\\Program Files\\Microsoft System Center\\Virtual Machine Manager\\bin\\vmmservice.exe"',
            "SystemName": here.partition(".")[0].upper(),
        }


def _in_protected_cloud(world: World, group: str) -> bool:
    """Site Recovery's agent is installed on the hosts of every cloud it protects."""
    return any(cloud.dr_protected and group in cloud.host_groups for server in world.vmm for cloud in server.clouds)


def _activity(call: Call) -> Iterator[Mapping[str, object]]:
    """Each disk of a running machine writes at a pace of its own."""
    for local in local_vms(call):
        if local.state != "Running":
            continue
        for drive in local.drives(call):
            path = str(drive.values["Path"])
            pace = draw(call.world, local.vm, f"churn {path}").uniform(2e4, 8e5)
            yield {
                "Name": path.replace("\\", "-"),
                "WriteBytesPersec": int(pace * (call.now - EPOCH)),
                "ReadBytesPersec": int(2 * pace * (call.now - EPOCH)),
            }


def _replication_settings(call: Call) -> Iterator[Mapping[str, object]]:
    to_azure = _protected(call.world)
    for local in local_vms(call):
        if local.vm.replication is not None and not local.test:
            yield _setting(call, local, 0, "hyperv")
            if local.side == "replica" and relation(local.vm).extended is not None:
                yield _setting(call, local, 1, "hyperv")
        elif local.vm.id in to_azure:
            yield _setting(call, local, 0, "azure")


def _protected(world: World) -> frozenset[str]:
    """Ids of the VMs that Site Recovery replicates."""
    vaults = world.azure.vaults if isinstance(world.azure, AzureWorld) else ()
    return frozenset(item.vm_id for vault in vaults for item in vault.items)


def _setting(call: Call, local: LocalVm, number: int, engine: str) -> Mapping[str, object]:
    host = call.host.name.partition(".")[0].upper()
    provider = f'InstanceID="Microsoft:{host}\\\\ReplicationProvider\\\\{PROVIDERS[engine]}"'
    return {
        "InstanceID": f"Microsoft:{local.id.upper()}\\HVR\\{number}",
        "ElementName": local.name,
        "ReplicationProvider": f"\\\\{host}\\root\\virtualization\\v2:Msvm_ReplicationProvider.{provider}",
    }


def _files(call: Call) -> Iterator[Mapping[str, object]]:
    """What the lab has of files: the validation reports of the cluster that the machine is a node of."""
    for cluster in call.world.clusters:
        if all(node.host != call.host.name for node in cluster.nodes):
            continue
        cluster.validated = cluster.validated or call.now - cluster.validated_days * 86400
        written = moment(cluster.validated)
        yield {
            "Name": f"c:\\windows\\cluster\\reports\\validation report {written:%Y.%m.%d at %H.%M.%S}.htm",
            "Drive": "c:",
            "Path": "\\windows\\cluster\\reports\\",
            "FileName": f"validation report {written:%Y.%m.%d at %H.%M.%S}",
            "Extension": "htm",
            "LastModified": written,
            "CreationDate": written,
            "FileSize": 412345,
        }


Instances = Callable[[Call], Iterator[Mapping[str, object]]]
CLASSES: Mapping[tuple[str, str], Instances] = {
    ("root/cimv2", "win32_volume"): _volumes,
    ("root/cimv2", "cim_datafile"): _files,
    ("root/cimv2", "win32_service"): _services,
    ("root/cimv2", "win32_perfrawdata_counters_hypervvirtualstoragedevice"): _activity,
    ("root/virtualization/v2", "msvm_replicationsettingdata"): _replication_settings,
}

CMDLETS: Mapping[str, Handler] = {"Get-CimInstance": get_instance}
