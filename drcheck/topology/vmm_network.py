"""Networks as VMM models them: logical networks, their sites, VM networks' subnets, pools of static addresses."""

from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact


class SubnetVlan(Struct, frozen=True, kw_only=True, gc=False):
    """A subnet in CIDR notation (empty: VLAN only) and its VLAN; 0 means untagged."""

    subnet: str
    vlan_id: int


class VmmLogicalNetwork(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A VMM logical network. Key: its id, lower case."""

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "logical network"

    name: str
    network_virtualization: bool
    """Its VM networks are isolated by network virtualisation and need static address pools."""
    isolated_sites: bool
    """``IsLogicalNetworkDefinitionIsolated``: every site's VLAN is a network of its own."""
    private_vlan: bool


class NetworkSite(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A site of a logical network (a logical network definition). Key: its id, lower case."""

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "network site"

    name: str
    logical_network: str
    """Id of its logical network, lower case."""
    host_groups: tuple[str, ...]
    """Paths of the host groups that can use it."""
    subnets: tuple[SubnetVlan, ...]


class VmSubnet(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A subnet of a VM network. Key: its id, lower case."""

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "VM subnet"

    name: str
    vm_network: str
    """Id of its VM network, lower case."""
    subnets: tuple[SubnetVlan, ...]


class StaticIpPool(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A pool of static addresses. Key: its id, lower case.

    Name, subnet and network references are documented; the range, gateways and counts are as two public products read
    them (HPE's Morpheus plug-in, Red Hat's Ansible collection), no page of Microsoft's names them: ``None`` means that
    this VMM did not say.
    """

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "static IP pool"

    name: str
    logical_network: str
    """Id of the logical network, lower case; empty when the pool belongs to a VM subnet only."""
    network_site: str
    """Id of the logical network definition, lower case."""
    vm_subnet: str
    """Id of the VM subnet, lower case; empty for a pool of a logical network."""
    vm_network: str
    """Id of the VM network, lower case; empty for a pool of a logical network."""
    subnet: str | None
    """CIDR notation."""
    first_address: str | None
    last_address: str | None
    total_addresses: int | None
    available_addresses: int | None
    gateways: tuple[str, ...]
    dns_servers: tuple[str, ...]
