"""What may a recovery plan's drill ask of Azure besides what discovery reads? The complete list, actions included.

No action here fails over for real: a role made of this list cannot, whatever a program would ask for.
"""

from drcheck.drill.azure_far_side import COMPUTE_API, DISKS_API, NETWORK_API
from drcheck.query import ArmAction, ArmRead
from drcheck.transport.arm import SITE_RECOVERY_API

_PLAN = "{vault}/replicationRecoveryPlans/{plan}"
_JOB = "{vault}/replicationJobs/{job}"
_CONTAINER = "{vault}/replicationFabrics/{fabric}/replicationProtectionContainers/{container}"
_MACHINE = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{machine}"

READS = (
    ArmRead(path=_PLAN, api_version=SITE_RECOVERY_API),
    ArmRead(path=_JOB, api_version=SITE_RECOVERY_API),
    ArmRead(path=f"{_CONTAINER}/replicationProtectedItems/{{item}}", api_version=SITE_RECOVERY_API),
    ArmRead(path="{subscription}/providers/Microsoft.Compute/virtualMachines", api_version=COMPUTE_API),
    ArmRead(path="{subscription}/providers/Microsoft.Compute/disks", api_version=DISKS_API),
    ArmRead(path="{subscription}/providers/Microsoft.Network/networkInterfaces", api_version=NETWORK_API),
    ArmRead(path=f"{_MACHINE}/instanceView", api_version=COMPUTE_API),
    # Where the answer to a run command is fetched: the path is Azure's own, from a header.
    ArmRead(
        path="/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{region}/operations/{operation}",
        api_version=COMPUTE_API,
    ),
)
ACTIONS = (
    ArmAction(path=f"{_PLAN}/testFailover", api_version=SITE_RECOVERY_API),
    ArmAction(path=f"{_PLAN}/testFailoverCleanup", api_version=SITE_RECOVERY_API),
    ArmAction(path=f"{_JOB}/resume", api_version=SITE_RECOVERY_API),
    ArmAction(path=f"{_JOB}/cancel", api_version=SITE_RECOVERY_API),
    ArmAction(path=f"{_MACHINE}/runCommand", api_version=COMPUTE_API),
)
