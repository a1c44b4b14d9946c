"""What do calls do that change production? They exist so that tests can assert that nobody ever makes them."""

from drcheck.lab.azure.engine import Engine
from drcheck.lab.azure.failover import claim
from drcheck.lab.azure.jobs import Job, Task
from drcheck.lab.azure.state import ProtectedItem, Vault

AFTER: dict[str, tuple[str, str, str]] = {
    "plannedfailover": ("PlannedFailoverCommitRequired", "Planned failover finished", "Recovery"),
    "unplannedfailover": ("UnplannedFailoverCommitPendingStatesBegin", "Failover completed", "Recovery"),
    "applyrecoverypoint": ("UnplannedFailoverCommitPendingStatesBegin", "Failover completed", "Recovery"),
    "failovercommit": ("UnplannedFailoverStatesBegin", "Failover committed", "Recovery"),
    "reprotect": ("Protected", "Protected", "Primary"),
    "repairreplication": ("Protected", "Protected", "Primary"),
}
"""Operation, lower case -> protection state, its description, active location."""

_SCENARIOS = {
    "plannedfailover": ("PlannedFailover", "Planned failover"),
    "unplannedfailover": ("UnplannedFailover", "Failover"),
    "applyrecoverypoint": ("ChangePit", "Change recovery point"),
    "failovercommit": ("CommitFailover", "Commit"),
    "reprotect": ("ReprotectReplicationGroup", "Reverse replication"),
    "repairreplication": ("RepairReplication", "Repair replication"),
    "remove": ("DisableDr", "Disable protection"),
    "delete": ("PurgeDr", "Delete protected item"),
}


class RealOperation:
    """An operation on one item that changes production; it takes effect, and it is entered in the lab's books."""

    def __init__(self, engine: Engine, vault: Vault, item: ProtectedItem, operation: str) -> None:
        self.engine = engine
        self.vault = vault
        self.item = item
        self.operation = operation

    async def __call__(self, job: Job) -> None:
        """Carry it out."""
        item, engine = self.item, self.engine
        fails_over = self.operation in {"plannedfailover", "unplannedfailover"}
        job.kind = "FailoverJobDetails" if fails_over else "AsrJobDetails"
        job.tasks = [Task(id=f"{job.scenario}Task", name=f"Vm{job.scenario}", title=job.title)]
        await claim(engine, item, job, free=True)
        await engine.step(job, job.tasks[0], "failover" if fails_over else "change")
        self._take_effect(job)

    def _take_effect(self, job: Job) -> None:
        item = self.item
        if self.operation not in AFTER:
            self.vault.items.remove(item)
            for plan in self.vault.plans:
                for group in plan.groups:
                    group.items = [name for name in group.items if name != item.name]
            return
        item.protection_state, item.state_description, item.active_location = AFTER[self.operation]
        if job.kind == "FailoverJobDetails":
            item.last_failover = job.started
            self.engine.world.vms[item.vm_id].state = "PowerOff"


def start_real_operation(engine: Engine, vault: Vault, item: ProtectedItem, path: str, operation: str) -> Job:
    """Begin an operation that changes production; it is in the books from this moment."""
    operation = operation.lower()
    engine.azure.real_failovers.append(f"{operation} {engine.world.vms[item.vm_id].name}")
    engine.clock.truth.real_failover(item.vm_id)
    job = engine.item_job(vault, item, path, *_SCENARIOS[operation])
    engine.start(vault, job, RealOperation(engine, vault, item, operation))
    return job
