"""What does a Hyper-V host run, replicate and connect?"""

from drcheck.discovery import WindowsCollector
from drcheck.discovery.hyperv.machines import (
    CHECKPOINTS,
    DISKS,
    DRIVES,
    INTEGRATION,
    MACHINES,
    SWITCHES,
    checkpoints,
    disks,
    integration,
    machines,
    switches,
)
from drcheck.discovery.hyperv.replication import (
    ENTRIES,
    EXTENDED,
    EXTENDED_STATISTICS,
    FAILOVER_ADDRESSES,
    PROVIDERS,
    REPLICATION,
    SERVER,
    STATISTICS,
    failover_addresses,
    providers,
    recovery_points,
    replication,
    servers,
)
from drcheck.topology.hyperv import HyperVVm, VmIntegration, VmReplication, VmSwitch
from drcheck.topology.hyperv_replica import (
    FailoverAddress,
    ReplicaServer,
    ReplicationProvider,
    VmCheckpoint,
    VmRecoveryPoints,
)
from drcheck.topology.windows_host import VirtualHardDisk

ROLE = "hyperv"
COLLECTORS = (
    WindowsCollector(kind=HyperVVm, queries=(MACHINES,), read=machines),
    WindowsCollector(
        kind=VmReplication, queries=(REPLICATION, EXTENDED, STATISTICS, EXTENDED_STATISTICS), read=replication
    ),
    WindowsCollector(kind=VmSwitch, queries=(SWITCHES,), read=switches),
    WindowsCollector(kind=ReplicaServer, queries=(SERVER, ENTRIES), read=servers),
    WindowsCollector(kind=VmRecoveryPoints, queries=(MACHINES, CHECKPOINTS), read=recovery_points),
    WindowsCollector(kind=VmIntegration, queries=(MACHINES, INTEGRATION), read=integration),
    WindowsCollector(kind=VmCheckpoint, queries=(MACHINES, CHECKPOINTS), read=checkpoints),
    WindowsCollector(kind=FailoverAddress, queries=(MACHINES, FAILOVER_ADDRESSES), read=failover_addresses),
    WindowsCollector(kind=ReplicationProvider, queries=(PROVIDERS,), read=providers),
    WindowsCollector(kind=VirtualHardDisk, queries=(MACHINES, DRIVES, DISKS), read=disks),
)
