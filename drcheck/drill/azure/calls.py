"""What may a drill ask of Azure besides what discovery reads? The complete list, actions included.

No action here fails over for real: a role made of this list cannot, whatever a program would ask for.
"""

from collections.abc import Mapping
from typing import Any

from drcheck.drill.azure.far_side import COMPUTE_API, DISKS_API, NETWORK_API
from drcheck.errors import DrillError
from drcheck.query import ArmAction, ArmRead
from drcheck.transport.arm import SITE_RECOVERY_API, Accepted, ArmClient

_VAULT_PARTS = 9
"""Segments of a vault's ARM id, the empty one before the first slash included."""
_PLAN = "{vault}/replicationRecoveryPlans/{plan}"
_JOB = "{vault}/replicationJobs/{job}"
_CONTAINER = "{vault}/replicationFabrics/{fabric}/replicationProtectionContainers/{container}"
_ITEM = f"{_CONTAINER}/replicationProtectedItems/{{item}}"
_MACHINE = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{machine}"

READS = (
    ArmRead(path=_JOB, api_version=SITE_RECOVERY_API),
    ArmRead(path=_ITEM, api_version=SITE_RECOVERY_API),
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
_RUN_COMMAND = ArmAction(path=f"{_MACHINE}/runCommand", api_version=COMPUTE_API)
PLAN_CALLS = (
    ArmRead(path=_PLAN, api_version=SITE_RECOVERY_API),
    ArmAction(path=f"{_PLAN}/testFailover", api_version=SITE_RECOVERY_API),
    ArmAction(path=f"{_PLAN}/testFailoverCleanup", api_version=SITE_RECOVERY_API),
    ArmAction(path=f"{_JOB}/resume", api_version=SITE_RECOVERY_API),
    ArmAction(path=f"{_JOB}/cancel", api_version=SITE_RECOVERY_API),
    _RUN_COMMAND,
)
ITEM_CALLS = (
    ArmRead(path=f"{_ITEM}/recoveryPoints", api_version=SITE_RECOVERY_API),
    ArmAction(path=f"{_ITEM}/testFailover", api_version=SITE_RECOVERY_API),
    ArmAction(path=f"{_ITEM}/testFailoverCleanup", api_version=SITE_RECOVERY_API),
    _RUN_COMMAND,
)
ACTIONS = tuple({call for call in (*PLAN_CALLS, *ITEM_CALLS) if isinstance(call, ArmAction)})


class UndeclaredAction(DrillError):
    """A drill was about to ask for an action that is not declared; nothing was sent."""


class DrillArm(ArmClient):
    """An ARM client that starts what is declared here and nothing else, whatever path it is given."""

    def post(self, path: str, api_version: str, body: Mapping[str, Any]) -> Accepted:
        """Start a declared operation; see ``ArmClient.post``.

        Raises:
            UndeclaredAction: it is another one.
        """
        vault = "/".join(path.split("/")[:_VAULT_PARTS])
        if not any(action.covers(path, api_version, vault) for action in ACTIONS):
            raise UndeclaredAction(f"POST {path} is not an action that drills may start; please report this as a bug")
        return super().post(path, api_version, body)
