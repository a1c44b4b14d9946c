"""How does Site Recovery describe a machine that is still replicated between VMM clouds, a scenario it has retired?

The shapes are those of a recording of 2017: no recovery point objective, a bare VMM id for the network, no Azure disk.
"""

from pathlib import PureWindowsPath

from drcheck.lab.arm.answers import Ask, Json, seconds
from drcheck.lab.azure.points import newest_data
from drcheck.lab.azure.state import Policy, ProtectedItem
from drcheck.lab.state.world import Vm


def is_legacy(provider: str) -> bool:
    """Does this provider replicate between VMM clouds?"""
    return provider.startswith("HyperVReplica2012")


def render_legacy_details(ask: Ask, item: ProtectedItem, vm: Vm) -> Json:
    """The provider's part of a protected item."""
    names = {network.id: network.name for server in ask.world.vmm for network in server.networks}
    return {
        "instanceType": item.provider,
        "lastReplicatedTime": seconds(newest_data(ask.azure, item, ask.now)),
        "vmNics": [
            {
                "nicId": nic.id,
                "replicaNicId": ask.world.id_for("replica-nic", nic.id),
                "sourceNicArmId": None,
                "vMSubnetName": None,
                "vMNetworkName": names.get(nic.network_id, ""),
                "recoveryVMNetworkId": "00000000-0000-0000-0000-000000000000",
                "recoveryVMSubnetName": None,
                "ipAddressType": "Dynamic",
                "primaryNicStaticIPAddress": None,
                "replicaNicStaticIPAddress": None,
                "selectionType": "NotSelected",
            }
            for nic in vm.nics
        ],
        "vmId": vm.vmm_id,
        "vmProtectionState": item.protection_state,
        "vmProtectionStateDescription": item.state_description,
        "initialReplicationDetails": {
            "initialReplicationType": "OverNetwork",
            "initialReplicationProgressPercentage": "0",
        },
        "vMDiskDetails": [
            {
                "maxSizeMB": disk.size_gb * 1024,
                "vhdType": "OperatingSystem" if number == 0 else "Data",
                "vhdId": ask.world.id_for("vhd", vm.id, disk.path),
                "vhdName": PureWindowsPath(disk.path).stem,
            }
            for number, disk in enumerate(disk for disk in vm.disks if disk.replicated)
        ],
    }


def render_legacy_policy(policy: Policy) -> Json:
    """The provider's part of a policy."""
    return {
        "instanceType": policy.provider,
        "replicationFrequencyInSeconds": policy.interval,
        "recoveryPoints": 1,
        "applicationConsistentSnapshotFrequencyInHours": policy.app_consistent_hours,
        "compression": "Disabled",
        "initialReplicationMethod": "OverNetwork",
        "offlineReplicationImportPath": "",
        "offlineReplicationExportPath": "",
        "replicationPort": 8083,
        "allowedAuthenticationType": 1,
        "replicaDeletionOption": "SecondaryVMOnRecoveryCloud",
    }
