"""Cases of the checks on replica hosts: engines of replications, replication settings, certificates."""

from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import ReplicationProvider
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_replica_hosts import FOREIGN, provider
from tests.estates import add, change, lose, together

LONDON = f"hyperv:{names.HV_LON}"
BY_OTHERS = provider(names.REPLICATION, FOREIGN)
OF_VMM, OF_VMM_LDS = names.VMM_REPLICATION, f"{names.VMM_VM}@{names.HV_LDS}/Simple"
OF_FILE, OF_FILE_LDS = names.REPLICATION, f"{names.FILE_VM}@{names.HV_LDS}/Simple"
ALL = (OF_VMM, OF_VMM_LDS, OF_FILE, OF_FILE_LDS)

normal = Table("DR-HVR-001", names.REPLICATION)
normal.passes("by Hyper-V's own engine", add(provider(names.REPLICATION)))
normal.skips("by another engine", add(BY_OTHERS), "another engine")
normal.skips(
    "critical by another engine", together(add(BY_OTHERS), change(VmReplication, names.REPLICATION, health="Critical"))
)
normal.unknown("by an engine without a name", add(provider(names.REPLICATION, "")), "by which engine")
normal.unknown("the engines unread", lose(ReplicationProvider, LONDON), also=(OF_VMM,))

broker = Table("DR-HVR-003", names.HV_CLUSTER)
broker.skips("every replication by another engine", add(*(provider(key, FOREIGN) for key in ALL)), "no VM on a node")
broker.passes("one by another engine", add(BY_OTHERS))
broker.unknown(
    "the engines unread",
    together(*(lose(ReplicationProvider, f"hyperv:{host}") for host in (names.HV_LON, names.HV_LDS))),
    "ReplicationProvider",
)

vmm = Table("DR-VMM-002", names.VMM01)
vmm.fails("by another engine only", add(provider(OF_VMM, FOREIGN)), "another engine")
vmm.unknown("the engines unread", lose(ReplicationProvider, LONDON), "ReplicationProvider")

coverage = Table("DR-VMM-004", names.FILE_VM)
coverage.fails("by another engine only", add(provider(OF_FILE, FOREIGN), provider(OF_FILE_LDS, FOREIGN)), "no hyperv")

CASES = [*normal.cases, *broker.cases, *vmm.cases, *coverage.cases]
