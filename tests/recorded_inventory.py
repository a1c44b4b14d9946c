"""A recorded inventory of a real VMM server, as the rows that the collector script would have sent for it.

Windows PowerShell's ConvertTo-Json wrote it: enums are numbers, arrays below its depth are one text, and only what
somebody chose to record is there. What was not recorded and is always there is null here, or the value of a machine
that has nothing to do with replication.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.pretend_machines import Rows, Values

SAMPLE = Path(__file__).parents[2] / "shared" / "samples" / "vmm" / "inventory.2017.json"
needs_sample = pytest.mark.skipif(not SAMPLE.is_file(), reason="the recorded inventory is not on this machine")

ENUMS: Mapping[str, Mapping[int, str]] = {
    "OverallState": {0: "OK"},
    "CommunicationState": {0: "Responding"},
    "VirtualizationPlatform": {2: "HyperV"},
    "MACAddressType": {0: "Dynamic", 1: "Static"},
    "IPv4AddressType": {0: "Dynamic", 1: "Static"},
    "Profile": {1: "Administrator"},
}
ADAPTER = (
    "ID", "Name", "MACAddress", "MACAddressType", "IPv4AddressType", "VLanEnabled", "VLanID", "VirtualNetwork",
)  # fmt: skip
NOT_RECORDED: Values = {
    "IsTestReplicaVM": False,
    "IsRecoveryVM": False,
    "CloudId": None,
    "DynamicMemoryEnabled": False,
    "DynamicMemoryMaximumMB": None,
    "IsHighlyAvailable": False,
    "HasPassthroughDisk": False,
    "HasSharedStorage": False,
    "TotalSize": 0,
    "IsDREnabled": False,
    "HasDRError": False,
    "IsPrimaryVM": False,
    "ModifiedTime": None,
    "VirtualDiskDrives.ID": None,
}


def recorded() -> Mapping[str, Any]:
    """The inventory."""
    inventory: Mapping[str, Any] = json.loads(SAMPLE.read_text(encoding="utf-8-sig"))
    return inventory


def rows() -> Rows:
    """The inventory as answers."""
    inventory = recorded()
    hosts = [node for cluster in inventory["clusters"] for node in cluster["Nodes"]]
    networks = inventory["vmnetworks"]
    return {
        "vmm-server": [_plain(inventory["vms"][0]["ServerConnection"])],
        "vmm-hosts": [{**_plain(host), "VMHostGroup.Path": host["VMHostGroup"], "HostCluster.Name": host["HostCluster"]}
                      for host in hosts],
        "vmm-host-capacity": [{**_plain(host), "VMPaths": [host["VMPaths"]]} for host in hosts],
        "vmm-clusters": [_cluster(cluster) for cluster in inventory["clusters"]],
        "vmm-networks": [{**_plain(one), "LogicalNetwork.Name": one["LogicalNetwork"]["Name"], "IsolationType": None}
                         for one in networks],
        "vmm-logical-networks": list({one["LogicalNetwork"]["ID"]: _plain(one["LogicalNetwork"])
                                      for one in networks}.values()),
        "vmm-subnets": [_subnet(subnet, one["ID"]) for one in networks for subnet in one["VMSubnet"]],
        "vmm-machines": [_machine(vm, networks) for vm in inventory["vms"]],
        "vmm-configurations": [_machine(vm, networks) for vm in inventory["vms"]],
    }  # fmt: skip


def _plain(recorded_object: Mapping[str, Any]) -> dict[str, object]:
    """Scalars as the collector writes them: enums by name, and no object."""
    return {
        name: ENUMS[name].get(value, str(value)) if name in ENUMS and isinstance(value, int) else value
        for name, value in recorded_object.items()
        if not isinstance(value, dict | list)
    }


def _cluster(cluster: Mapping[str, Any]) -> Values:
    nodes = [node["FullyQualifiedDomainName"] for node in cluster["Nodes"]]
    named = {"Name": cluster["Nodes"][0]["HostCluster"], "VirtualizationPlatform": "HyperV"}
    return {**_plain(cluster), **named, "Nodes.FullyQualifiedDomainName": nodes}


def _subnet(subnet: Mapping[str, Any], network: str) -> Values:
    """``192.168.1.0/24-399 192.168.1.0/24-120``: a list cut at the depth."""
    pairs = [re.fullmatch(r"(.*)-(\d+)", text) for text in subnet["SubnetVLans"].split()]
    found = [pair for pair in pairs if pair is not None]
    return {
        **_plain(subnet),
        "VMNetwork.ID": network,
        "SubnetVLans.Subnet": [pair[1] for pair in found],
        "SubnetVLans.VLanID": [int(pair[2]) for pair in found],
    }


def _machine(vm: Mapping[str, Any], networks: list[Mapping[str, Any]]) -> Values:
    ids = {network["Name"]: network["ID"] for network in networks}
    adapters = [_plain(adapter) for adapter in vm["VirtualNetworkAdapters"]]
    names = [adapter["VMNetwork"] for adapter in vm["VirtualNetworkAdapters"]]
    beside = {name: [adapter[name] for adapter in adapters] for name in ADAPTER}
    beside["IPv4Addresses"] = [adapter["IPv4Addresses"].split() for adapter in vm["VirtualNetworkAdapters"]]
    beside |= {"VMNetwork.Name": names, "VMNetwork.ID": [ids.get(name) for name in names]}
    beside["LogicalNetwork.Name"] = [adapter["LogicalNetwork"] for adapter in vm["VirtualNetworkAdapters"]]
    beside["VMSubnet.ID"] = list(_subnets_of(vm, networks))
    return {
        **_plain(vm),
        **NOT_RECORDED,
        "VMId": vm["VMCPath"].rpartition("\\")[2].removesuffix(".xml"),
        "VirtualMachineState": vm["VirtualMachineStateString"],
        "OperatingSystem.Name": vm["OperatingSystem"]["Name"],
        "VMCheckpoints.ID": [checkpoint["ID"] for checkpoint in vm["VMCheckpoints"]],
        **{f"VirtualNetworkAdapters.{name}": values for name, values in beside.items()},
    }


def _subnets_of(vm: Mapping[str, Any], networks: list[Mapping[str, Any]]) -> Iterator[object]:
    ids = {subnet["Name"]: subnet["ID"] for network in networks for subnet in network["VMSubnet"]}
    for adapter in vm["VirtualNetworkAdapters"]:
        yield ids.get(adapter["VMSubnet"])
