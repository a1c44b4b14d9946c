"""To which moments could a protected item be recovered?"""

from drcheck.lab.azure.state import AzureWorld, ProtectedItem, Vault


def newest_data(azure: AzureWorld, item: ProtectedItem, now: float) -> float:
    """When the newest data that has been processed was written."""
    if item.stalled_age is not None:
        return (azure.epoch or now) - item.stalled_age
    return now - item.rpo_age - (item.rpo_seconds or 0)


def recovery_points(azure: AzureWorld, vault: Vault, item: ProtectedItem, now: float) -> list[float]:
    """Moments of its recovery points, newest first; one at every interval of the policy."""
    policy = next(policy for policy in vault.policies if policy.name == item.policy)
    newest = newest_data(azure, item, now) // policy.interval * policy.interval
    return [newest - number * policy.interval for number in range(policy.history_hours * 3600 // policy.interval)]


def application_consistent(moment: float) -> bool:
    """Is the point of this moment an application-consistent one? One each hour is."""
    return moment % 3600 == 0


def of_type(azure: AzureWorld, vault: Vault, item: ProtectedItem, kind: str, now: float) -> float | None:
    """The point that a plan's test failover takes; ``None`` for ``Latest``, which makes a new one first.

    Raises:
        LookupError: there is none of this kind.
    """
    if kind == "Latest":
        return None
    points = recovery_points(azure, vault, item, now)
    if kind == "LatestApplicationConsistent":
        points = [moment for moment in points if application_consistent(moment)]
    if not points:
        raise LookupError(f"{item.target_name} has no recovery point for {kind}")
    return points[0]
