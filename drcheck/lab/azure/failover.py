"""What happens to one protected item in a test failover and its clean-up?"""

import asyncio
import ipaddress
from collections.abc import Iterator

from drcheck.lab.azure.durations import chance, draw
from drcheck.lab.azure.engine import Engine, JobFailed
from drcheck.lab.azure.jobs import Job, JobError, Recovered, Task
from drcheck.lab.azure.network import DiskResource, Interface, Machine, Subnet, VNet
from drcheck.lab.azure.points import newest_data
from drcheck.lab.azure.state import ProtectedItem
from drcheck.lab.state.truth import TestVmRecord


def test_failover_tasks() -> list[Task]:
    """The steps of a test failover to Azure, as recorded."""
    return [
        Task(
            id="TestFailoverPreflightChecksTask",
            name="VmTfoPrerequisitesCheck",
            title="Prerequisites check for test failover",
        ),
        Task(id="BeginTestFailoverTask", name="VmTfoInitiateFailover", title="Starting test failover"),
        Task(id="PrepareTestProtectedEntitiesTask", name="VmTfoPrepareTestVm", title="Creating test virtual machine"),
        Task(id="BootTestProtectedEntitiesTask", name="VmTfoBootTestVm", title="Start the virtual machine"),
    ]


def cleanup_tasks() -> list[Task]:
    """The steps of its clean-up, as recorded."""
    return [
        Task(
            id="TestFailoverCleanupPreflightChecksTask",
            name="VmTfoCleanupPreflightsCheck",
            title="Prerequisites check for test failover cleanup",
        ),
        Task(id="EndTestFailoverTask", name="VmTfoEndFailover", title="Ending test failover"),
        Task(
            id="CleanupTestProtectedEntitiesTask", name="VmTfoDeleteTestVm", title="Clean up the test virtual machine"
        ),
    ]


class TestFailover:
    """The test failover of one item; a recovery plan holds it back before the machine is started.

    Args:
        engine: what runs it.
        item: the protected item.
        vnet: the network that the test VM is connected to.
        held: wait for ``release`` before starting the machine.
        point: make it from this moment's recovery point; ``None`` for the latest.
    """

    __test__ = False
    """Not a test class, whatever pytest makes of its name."""

    def __init__(
        self, engine: Engine, item: ProtectedItem, vnet: VNet, *, held: bool = False, point: float | None = None
    ) -> None:
        self.engine = engine
        self.item = item
        self.vnet = vnet
        self.point = point
        self.prepared = asyncio.Event()
        """The machine exists, or never will."""
        self._go = asyncio.Event()
        if not held:
            self._go.set()

    def release(self) -> None:
        """Let the machine be started."""
        self._go.set()

    async def __call__(self, job: Job) -> None:
        """Carry it out."""
        job.kind, job.network, job.tasks = "TestFailoverJobDetails", self.vnet.name, test_failover_tasks()
        try:
            await claim(self.engine, self.item, job, free=not self.item.test_machine)
            await self._carry_out(job)
        finally:
            self.prepared.set()
            if self.item.job_id == job.id:
                self._leave(job)

    async def _carry_out(self, job: Job) -> None:
        engine, item = self.engine, self.item
        check, begin, prepare, boot = job.tasks
        await engine.step(job, check)
        point = self._recovery_point(job)
        await engine.step(job, begin)
        prepare.begin(engine.clock.now())
        machine = create_machine(engine, item, self.vnet, job)
        machine.recovery_point = point
        engine.clock.truth.add(
            TestVmRecord(
                platform="azure",
                id=machine.guid,
                name=machine.name,
                vm_id=item.vm_id,
                created=engine.clock.now(),
                recovery_point=point,
            )
        )
        await engine.wait(prepare.name, job.target_name)
        prepare.succeed(engine.clock.now())
        self.prepared.set()
        await self._go.wait()
        await engine.step(job, boot)
        power_on(engine, machine)
        job.recovered.append(self._recovered(machine, point))

    def _recovery_point(self, job: Job) -> float:
        """Latest: pending data is processed first, so the point lies after the request; unless nothing arrives."""
        now = self.engine.clock.now()
        if self.point is not None:
            return self.point
        if self.item.stalled_age is not None:
            return newest_data(self.engine.azure, self.item, now)
        return now + draw(self.engine.world, "recovery point", job.target_name) / self.engine.clock.speed

    def _recovered(self, machine: Machine, point: float) -> Recovered:
        interface = self.engine.azure.interfaces[machine.interfaces[0].lower()]
        return Recovered(
            item=self.item.name,
            friendly_name=self.engine.world.vms[self.item.vm_id].name,
            test_vm=machine.name,
            network=self.vnet.name,
            subnet=interface.subnet,
            recovery_point=self.engine.world.id_for("recovery-point", machine.id, str(point)),
            recovery_point_time=point + self.engine.azure.points_ahead,
        )

    def _leave(self, job: Job) -> None:
        """Whatever became of the job: a machine that exists has to be cleaned up."""
        item = self.item
        if item.test_machine:
            item.test_failover_state = "WaitingForCompletion"
            item.state_description = "Cleanup test failover pending"
            item.test_job_id = job.id
        if job.recovered:
            item.last_test = job.started
            item.health_errors = [error for error in item.health_errors if error.code != "161011"]


class Cleanup:
    """The clean-up of one item's test failover."""

    def __init__(self, engine: Engine, item: ProtectedItem, comments: str) -> None:
        self.engine = engine
        self.item = item
        self.comments = comments

    async def __call__(self, job: Job) -> None:
        """Carry it out."""
        item, engine = self.item, self.engine
        job.kind, job.comments, job.tasks = "TestFailoverJobDetails", self.comments, cleanup_tasks()
        await claim(engine, item, job, free=True)
        for task in job.tasks:
            await engine.step(job, task)
        if item.test_machine:
            remove_machine(engine, item.test_machine)
        item.test_machine = item.test_job_id = ""
        marked = chance(engine.world, "marked", job.id) < 0.5  # seen in half of the recordings, for days
        item.test_failover_state = "MarkedForDeletion" if marked else "None"
        item.state_description = "Protected"


async def claim(engine: Engine, item: ProtectedItem, job: Job, *, free: bool) -> None:
    """Take the item for a job, or fail as the service does: not with HTTP 409, but after a long wait in the job."""
    if item.job_id or not free:
        await engine.wait("operation conflict", job.id)
        operation = "Test failover" if item.test_machine else "Failover"
        message = f"An operation {job.target_name} ({operation}) is in progress."
        raise JobFailed(JobError(code="532", message=message, at=engine.clock.now()))
    item.job_id = job.id


def create_machine(engine: Engine, item: ProtectedItem, vnet: VNet, job: Job) -> Machine:
    """Create the test VM with its adapters and disks, switched off."""
    azure, world = engine.azure, engine.world
    vm, group = world.vms[item.vm_id], azure.recovery_group
    name = f"{item.target_name}-test"
    if azure.resource_id(group, "Microsoft.Compute/virtualMachines", name).lower() in azure.machines:
        name, clash = f"{name}-{engine.new_id('clash')}", name
        text = f"The virtual machine name '{clash}' was modified to '{name}' to avoid name conflicts."
        job.errors.append(JobError(code="28175", message=text, level="Warning", at=engine.clock.now()))
    machine = Machine(
        id=azure.resource_id(group, "Microsoft.Compute/virtualMachines", name),
        name=name,
        resource_group=group,
        region=azure.region,
        guid=engine.new_id("machine"),
        size=item.size,
        created=engine.clock.now(),
        source_vm=vm.id,
        computer_name=vm.name,
        services=vm.services,
    )
    azure.machines[machine.id.lower()] = machine
    item.test_machine = machine.id
    for number, _nic in enumerate(vm.nics or [None]):
        _connect(engine, machine, item, vnet, number)
    for number, disk in enumerate(disk for disk in vm.disks if disk.replicated):
        _attach(engine, machine, number, disk.size_gb)
    return machine


def _connect(engine: Engine, machine: Machine, item: ProtectedItem, vnet: VNet, number: int) -> None:
    azure = engine.azure
    subnet = choose_subnet(vnet, item.test_subnet or item.subnet)
    taken = {nic.address for nic in azure.interfaces.values() if nic.vnet.lower() == vnet.id.lower()}
    name = f"nic-{machine.name}-{number:02d}"
    interface = Interface(
        id=azure.resource_id(machine.resource_group, "Microsoft.Network/networkInterfaces", name),
        name=name,
        resource_group=machine.resource_group,
        region=machine.region,
        vnet=vnet.id,
        subnet=subnet.name,
        address=choose_address(subnet, item.address, taken),
        machine=machine.id,
    )
    azure.interfaces[interface.id.lower()] = interface
    machine.interfaces.append(interface.id)


def _attach(engine: Engine, machine: Machine, number: int, size_gb: int) -> None:
    azure = engine.azure
    name = f"{machine.name}-OSDisk-00" if number == 0 else f"{machine.name}-DataDisk-{number - 1:02d}"
    disk = DiskResource(
        id=azure.resource_id(machine.resource_group, "Microsoft.Compute/disks", name),
        name=name,
        resource_group=machine.resource_group,
        region=machine.region,
        size_gb=size_gb,
        machine=machine.id,
        os=number == 0,
    )
    azure.disks[disk.id.lower()] = disk
    machine.disks.append(disk.id)


def choose_subnet(vnet: VNet, wanted: str) -> Subnet:
    """The subnet of the wanted name, else the first one alphabetically: the service's documented rule."""
    if not vnet.subnets:
        raise JobFailed(JobError(code="28092", message=f"The virtual network '{vnet.name}' has no subnet."))
    same = [subnet for subnet in vnet.subnets if subnet.name.lower() == wanted.lower()]
    return same[0] if same else min(vnet.subnets, key=lambda subnet: subnet.name)


def choose_address(subnet: Subnet, wanted: str, taken: set[str]) -> str:
    """The wanted address when it is free in the subnet, else the first free one."""
    free = (address for address in _usable(subnet) if address not in taken)
    if wanted and wanted not in taken and any(wanted == address for address in _usable(subnet)):
        return wanted
    for address in free:
        return address
    raise JobFailed(JobError(code="28092", message=f"The subnet '{subnet.name}' has no free address."))


def _usable(subnet: Subnet) -> Iterator[str]:
    for prefix in subnet.prefixes:
        network = ipaddress.ip_network(prefix)
        for number in range(4, network.num_addresses - 1):  # Azure keeps the first four and the last one
            yield str(network[number])


def power_on(engine: Engine, machine: Machine) -> None:
    """Start a machine; its guest comes up on its own, later, and no job waits for it."""
    machine.power = "running"
    machine.started = engine.clock.now()
    engine.clock.truth.change("azure", machine.guid, started=machine.started)
    engine.follow(_boot(engine, machine))


async def _boot(engine: Engine, machine: Machine) -> None:
    truth, here = engine.clock.truth, engine.azure.machines
    await engine.wait("guest agent", machine.name)
    if here.get(machine.id.lower()) is machine:
        machine.agent_at = engine.clock.now()
        machine.settled.set()
        truth.change("azure", machine.guid, heartbeat_at=machine.agent_at)
    await engine.wait("guest services", machine.name)
    if here.get(machine.id.lower()) is machine:
        machine.services_at = engine.clock.now()
        truth.change("azure", machine.guid, services_at=machine.services_at)


def remove_machine(engine: Engine, machine_id: str) -> None:
    """Delete a test VM with its adapters and disks."""
    azure = engine.azure
    machine = azure.machines.pop(machine_id.lower())
    machine.settled.set()
    for interface in machine.interfaces:
        del azure.interfaces[interface.lower()]
    for disk in machine.disks:
        del azure.disks[disk.lower()]
    engine.clock.truth.change("azure", machine.guid, removed=engine.clock.now())
