"""What VMM answers about one object of each kind; for tests of what is made of it."""

from collections.abc import Mapping

from tests.pretend_machines import Values

MACHINE: Values = {
    "VMId": "0F8FAD5B",
    "Name": "PAY-SQL01",
    "HostName": "HV1.lab",
    "IsRecoveryVM": False,
    "Generation": 2,
    "CPUCount": 4,
    "Memory": 8192,
    "DynamicMemoryEnabled": True,
    "DynamicMemoryMaximumMB": 16384,
    "OperatingSystem.Name": "Windows Server 2022 Standard",
    "IsHighlyAvailable": True,
    "HasPassthroughDisk": False,
    "HasSharedStorage": True,
    "TotalSize": 85899345920,
    "IsDREnabled": True,
    "HasDRError": False,
    "IsPrimaryVM": True,
    "ModifiedTime": "2026-11-23T09:00:00.0000000Z",
    "VMCheckpoints.ID": ["C1", "C2"],
    "VirtualDiskDrives.ID": ["D1", "D2"],
    "VirtualDiskDrives.IsVHD": [True, False],
    "VirtualDiskDrives.HasSharedStorage": [True, False],
    "VirtualDiskDrives.BusType": ["SCSI", "SCSI"],
    "VirtualDiskDrives.Bus": [0, 0],
    "VirtualDiskDrives.Lun": [0, 1],
    "VirtualDiskDrives.VirtualHardDisk.SharePath": ["C:\\V\\os.vhdx", None],
    "VirtualDiskDrives.VirtualHardDisk.MaximumSize": [85899345920, None],
    "VirtualDiskDrives.VirtualHardDisk.Size": ["9007199254740993", None],
    "VirtualDiskDrives.VirtualHardDisk.VHDType": ["DynamicallyExpanding", None],
    "VirtualDiskDrives.VirtualHardDisk.VHDFormatType": ["VHDX", None],
    "VirtualNetworkAdapters.ID": ["N1", "N2"],
    "VirtualNetworkAdapters.Name": ["PAY-SQL01", "PAY-SQL01"],
    "VirtualNetworkAdapters.MACAddress": ["00:1d:d8:b7:2c:b6", None],
    "VirtualNetworkAdapters.MACAddressType": ["Static", "Dynamic"],
    "VirtualNetworkAdapters.IPv4AddressType": ["Static", "Dynamic"],
    "VirtualNetworkAdapters.IPv4Addresses": [["10.1.0.7", "10.1.0.8"], []],
    "VirtualNetworkAdapters.VLanEnabled": [True, False],
    "VirtualNetworkAdapters.VLanID": [231, 0],
    "VirtualNetworkAdapters.VMNetwork.ID": ["NET-A", None],
    "VirtualNetworkAdapters.VMSubnet.ID": ["SUB-A", None],
    "VirtualNetworkAdapters.LogicalNetwork.Name": ["ln", None],
    "VirtualNetworkAdapters.VirtualNetwork": ["vSwitch", None],
}

HOST: Values = {
    "FullyQualifiedDomainName": "HV1.lab",
    "VirtualizationPlatform": "HyperV",
    "CommunicationState": "Responding",
    "OperatingSystem": "Microsoft Windows Server 2022 Datacenter ",
    "OperatingSystemVersion": "10.0.20348",
    "HyperVVersion": "10.0.20348.1",
    "MaintenanceHost": False,
    "AvailableForPlacement": True,
    "LogicalProcessorCount": 64,
    "PhysicalCPUCount": 2,
    "CpuUtilization": 12,
    "TotalMemory": 549755813888,
    "AvailableMemory": 400000,
    "MemoryReserveMB": 2048,
    "TotalStorageCapacity": 1000,
    "AvailableStorageCapacity": 400,
    "VMPaths": ["C:\\ClusterStorage\\Volume1"],
}

POOL: Values = {
    "ID": "P-1",
    "Name": "pool",
    "LogicalNetworkDefinition.ID": "SITE-1",
    "LogicalNetworkDefinition.LogicalNetwork.ID": "LN-1",
    "VMSubnet.ID": None,
    "VMSubnet.VMNetwork.ID": None,
    "Subnet": "10.1.0.0/24",
    "IPAddressRangeStart": "10.1.0.10",
    "IPAddressRangeEnd": "10.1.0.19",
    "TotalAddresses": 10,
    "AvailableAddresses": 9,
    "DefaultGateways.IPAddress": ["10.1.0.1"],
    "DNSServers": None,
}

CLOUD: Values = {
    "ID": "C-1",
    "Name": "gold",
    "HostGroup.Path": ["All Hosts\\London"],
    "DisasterRecoverySupported": True,
    "IsDRProtected": True,
    "IsDRProvider": False,
    "CapabilityProfiles": ["Hyper-V"],
    "LogicalNetworks.ID": ["LN-1"],
    "StorageClassifications.ID": None,
}

SITE: Values = {
    "ID": "SITE-1",
    "Name": "london",
    "LogicalNetwork.ID": "LN-1",
    "HostGroups.Path": ["All Hosts\\London"],
    "SubnetVLans.Subnet": ["10.1.0.0/24", None],
    "SubnetVLans.VLanID": [231, 232],
}

SUBNET: Values = {
    "ID": "SUB-1",
    "Name": "front-subnet",
    "VMNetwork.ID": "NET-A",
    "SubnetVLans.Subnet": ["10.1.0.0/24"],
    "SubnetVLans.VLanID": [0],
}

LOGICAL: Values = {
    "ID": "LN-1",
    "Name": "ln",
    "NetworkVirtualizationEnabled": True,
    "IsLogicalNetworkDefinitionIsolated": False,
    "IsPVLAN": False,
}

AGENT: Values = {
    "ID": "A-1",
    "FullyQualifiedDomainName": "VMM.lab",
    "Role": "Library, VMMServerRole",
    "AgentVersion": "10.22.1287.0",
    "VersionState": "UpToDate",
    "State": "Responding",
    "UpdatedDate": None,
}

LIBRARY: Values = {
    "ID": "L-1",
    "FullyQualifiedDomainName": "FS.lab",
    "Status": "Responding",
    "IsClusterNode": False,
    "IsVirtualClusterName": True,
}

ONE_OF_EACH: Mapping[str, Values] = {
    "vmm-configurations": MACHINE,
    "vmm-host-capacity": HOST,
    "vmm-ip-pools": POOL,
    "vmm-clouds": CLOUD,
    "vmm-network-sites": SITE,
    "vmm-subnets": SUBNET,
    "vmm-logical-networks": LOGICAL,
    "vmm-agents": AGENT,
    "vmm-library-servers": LIBRARY,
    "vmm-library-shares": {"Name": "MSSCVMMLibrary", "LibraryServer.FullyQualifiedDomainName": "FS.lab"},
    "vmm-host-groups": {"ID": "HG-1", "Name": "London", "Path": "All Hosts\\London"},
}
