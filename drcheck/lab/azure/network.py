"""What exists in the simulated subscription besides the vault: networks, adapters, machines, disks."""

import asyncio
from dataclasses import dataclass, field


class Signal(asyncio.Event):
    """An event that is like any other in the same state, because worlds are compared."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Signal) and self.is_set() == other.is_set()


@dataclass(kw_only=True)
class Subnet:
    """A subnet; ARM ids, empty for none."""

    name: str
    prefixes: list[str]
    security_group: str = ""
    route_table: str = ""
    nat_gateway: str = ""
    attached: list[str] = field(default_factory=list)
    """Ids of IP configurations of things other than network adapters: gateways, load balancers."""


@dataclass(kw_only=True)
class Peering:
    """A peering to another VNet."""

    name: str
    remote: str
    state: str = "Connected"
    forwarded: bool = True
    gateway_transit: bool = False


@dataclass(kw_only=True)
class VNet:
    """A virtual network."""

    id: str
    name: str
    resource_group: str
    region: str
    prefixes: list[str]
    subnets: list[Subnet] = field(default_factory=list)
    peerings: list[Peering] = field(default_factory=list)
    dns_servers: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Interface:
    """A network interface."""

    id: str
    name: str
    resource_group: str
    region: str
    vnet: str
    """ARM id of its VNet."""
    subnet: str
    """Name of its subnet."""
    address: str
    machine: str = ""
    public_address: str = ""
    """ARM id of a public IP address."""
    mac: str = "60-45-BD-00-00-00"


@dataclass(kw_only=True)
class DiskResource:
    """A managed disk."""

    id: str
    name: str
    resource_group: str
    region: str
    size_gb: int
    machine: str = ""
    os: bool = False


@dataclass(kw_only=True)
class Machine:
    """An Azure VM."""

    id: str
    name: str
    resource_group: str
    region: str
    guid: str
    size: str
    interfaces: list[str] = field(default_factory=list)
    disks: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    created: float = 0.0
    power: str = "creating"
    agent_at: float | None = None
    """When its guest agent answered for the first time."""
    settled: asyncio.Event = field(default_factory=Signal)
    """Its guest agent answers, or never will."""
    services_at: float | None = None
    """When its services were up."""
    started: float | None = None
    """When it was powered on."""
    recovery_point: float | None = None
    """The moment whose data it holds, where that is known."""
    source_vm: str = ""
    """Hyper-V id of the VM it is a copy of."""
    computer_name: str = ""
    services: tuple[str, ...] = ()
    listens: tuple[int, ...] = ()
    """TCP ports that it answers on."""
    running_command: str = ""
    """The Run Command at work in it: Azure allows one at a time."""


@dataclass(kw_only=True)
class Command:
    """A Run Command; ``ended`` is ``None`` while it waits for the guest agent or runs."""

    id: str
    machine: str
    shell: str
    """``RunPowerShellScript`` or ``RunShellScript``."""
    script: str
    started: float
    parameters: dict[str, str] = field(default_factory=dict)
    ended: float | None = None
    state: str = "InProgress"
    out: str = ""
    err: str = ""
