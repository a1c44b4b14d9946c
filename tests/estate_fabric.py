"""Builders of what VMM's fabric and the paths to it are made of: configurations, pools, libraries, attempts."""

from collections.abc import Iterable
from typing import Any

from drcheck.topology.base import Fact, Target
from drcheck.topology.network import Connection
from drcheck.topology.vmm_fabric import LibraryServer, VmConfiguration, VmmAdapter
from drcheck.topology.vmm_network import StaticIpPool
from tests.estate_names import HV_LDS, HV_LON, VMM01
from tests.estates import seen

DC = "dc1.lds.contoso.lab"
WINRM = f"{DC}>{HV_LDS}:5986"
TARGETS = (Target(role="reach", endpoint=WINRM),)


def attempt(key: str, outcome: str = "open") -> Connection:
    observer, _, rest = key.partition(">")
    to, _, port = rest.rpartition(":")
    return Connection(
        key=key, seen=seen(key), host=observer, to=to, port=int(port), outcome=outcome, address="10.20.0.2", detail="",
        milliseconds=3,
    )  # fmt: skip


def adapter(**fields: Any) -> VmmAdapter:
    given: dict[str, Any] = {
        "mac_address": "00:1D:D8:B7:1C:00", "mac_address_type": "Static", "ip_address_type": "Static",
        "network_id": "net-prod",
    }  # fmt: skip
    return VmmAdapter(
        id="nic", name="nic", ip_addresses=(), vlan_enabled=False, vlan_id=0, subnet_id="", logical_network="Corp",
        virtual_switch="", **(given | fields),
    )  # fmt: skip


def configured(vm_id: str, name: str, *adapters: VmmAdapter, server: str = VMM01, key: str = "") -> VmConfiguration:
    return VmConfiguration(
        key=key or vm_id, seen=seen(server), name=name, vm_id=vm_id, host=HV_LON, generation=2, cpu_count=2,
        memory_mb=4096, dynamic_memory=False, dynamic_memory_maximum_mb=None, operating_system="",
        highly_available=True, passthrough_disks=False, shared_storage=False, total_size_bytes=0, dr_enabled=False,
        dr_error=False, is_primary=False, checkpoints=0, adapters=adapters,
    )  # fmt: skip


def pool(**fields: Any) -> StaticIpPool:
    given: dict[str, Any] = {"logical_network": "ln-corp", "vm_network": "", "vm_subnet": ""}
    return StaticIpPool(
        key="pool-1", seen=seen(VMM01), name="pool-corp", network_site="site-1", subnet="10.10.0.0/24",
        first_address=None, last_address=None, total_addresses=None, available_addresses=None, gateways=(),
        dns_servers=(), **(given | fields),
    )  # fmt: skip


def library(host: str, **fields: Any) -> LibraryServer:
    given: dict[str, Any] = {"is_cluster_node": False, "is_cluster_name": False}
    return LibraryServer(
        key=f"library-{host}", seen=seen(VMM01), name=host, host=host, status="Responding", **(given | fields)
    )


def fabric_facts() -> Iterable[Fact]:
    yield attempt(WINRM)
