"""Builders of what clusters, listeners, pools and hosts of the small healthy estate are made of."""

from collections.abc import Iterable
from typing import Any

from drcheck.topology.base import Fact, Target
from drcheck.topology.cluster import (
    ClusterGroup,
    ClusterInterface,
    ClusterNetworkName,
    ClusterNode,
    ClusterResource,
    FailoverCluster,
    PossibleOwners,
    PreferredOwners,
)
from drcheck.topology.network import Connection, NameAnswer
from drcheck.topology.sql_objects import AgListener, ListenerIp
from drcheck.topology.windows_host import HyperVHost
from tests.estate_names import AG, HA_VMM, HV_LDS, HV_LON, SQL_CLUSTER, SQL_LDS, SQL_LON, VMM_CLUSTER
from tests.estates import seen

SQL_CLUSTER_NAME = "sqlc.contoso.lab"
LISTENER = "ag-vmm.contoso.lab"
LISTENER_KEY = "listener-vmm"
DC = "dc1.lds.contoso.lab"
ASKED_DNS = f"{HV_LDS}>{DC}/{LISTENER}"
ASKED_PORT = f"{HV_LDS}>{LISTENER}:1433"
VMM_NODES = ("vmma.lon.contoso.lab", "vmmb.lds.contoso.lab")
SERVICE = "VMM Service HA-VMM"
ROLE = f"{VMM_CLUSTER}/role"
SQL_NAME = f"{SQL_CLUSTER}/name"
TARGETS = (
    Target(role="cluster", endpoint=SQL_CLUSTER_NAME),
    Target(role="dns", endpoint=ASKED_DNS),
    Target(role="reach", endpoint=ASKED_PORT),
)


KEYS = "CN=VMMDKM,DC=contoso,DC=lab"
CAPABLE: dict[str, Any] = {"host_groups": ("All",), "capability_profiles": ("Hyper-V",)}
REDO: dict[str, Any] = {"redo_queue_kb": 1000, "redo_rate_kb_per_second": 100}
NODE: dict[str, Any] = {"state": "Up", "node_weight": 1, "dynamic_weight": 1, "build": 20348}
SIZE: dict[str, Any] = {
    "processors": 2, "memory_startup_bytes": 4 << 30, "memory_assigned_bytes": 4 << 30, "memory_dynamic": False,
    "version": "9.0",
}  # fmt: skip


def host(name: str, **fields: Any) -> HyperVHost:
    given: dict[str, Any] = {
        "logical_processors": 8, "memory_bytes": 64 << 30, "build": 20348, "supported_versions": ("8.0", "9.0", "10.0"),
    }  # fmt: skip
    return HyperVHost(
        key=name, seen=seen(name), host=name, disk_path="", machine_path="", migration_enabled=None,
        product=None, revision=None, **(given | fields),
    )  # fmt: skip


def group(**fields: Any) -> ClusterGroup:
    given: dict[str, Any] = {
        "name": "HA-VMM", "group_type": "GenericService", "state": "Online", "owner_node": VMM_NODES[0], "core": False,
        "failover_threshold": 1, "failover_period_hours": 6,
    }  # fmt: skip
    return ClusterGroup(key=ROLE, seen=seen(HA_VMM), cluster=VMM_CLUSTER, **(given | fields))


def resource(name: str, **fields: Any) -> ClusterResource:
    given: dict[str, Any] = {
        "group": "HA-VMM", "resource_type": "Generic Service", "state": "Online", "owner_node": VMM_NODES[0],
    }  # fmt: skip
    return ClusterResource(
        key=f"{VMM_CLUSTER}/{name}", seen=seen(HA_VMM), cluster=VMM_CLUSTER, name=name, **(given | fields)
    )


def preferred(*owners: str) -> PreferredOwners:
    return PreferredOwners(key=ROLE, seen=seen(HA_VMM), cluster=VMM_CLUSTER, name="HA-VMM", owners=owners)


def possible(name: str, *owners: str) -> PossibleOwners:
    return PossibleOwners(key=f"{VMM_CLUSTER}/{name}", seen=seen(HA_VMM), cluster=VMM_CLUSTER, name=name, owners=owners)


def network_name(key: str, cluster: str, endpoint: str, label: str, **fields: Any) -> ClusterNetworkName:
    given: dict[str, Any] = {
        "group": label.upper(), "state": "Online", "dns_suffix": "contoso.lab", "ttl_seconds": 300,
        "registers_every_address": False, "dns_status": 0, "kerberos_status": 0,
    }  # fmt: skip
    return ClusterNetworkName(
        key=key, seen=seen(endpoint), cluster=cluster, name=label, dns_name=label, **(given | fields)
    )


def sql_node(host: str, site: str, **fields: Any) -> ClusterNode:
    given: dict[str, Any] = {
        "state": "Up",
        "node_weight": 1,
        "dynamic_weight": 1,
        "fault_domain_site": site,
        "build": 20348,
    }
    return ClusterNode(
        key=f"{SQL_CLUSTER}/{host}", seen=seen(SQL_CLUSTER_NAME), cluster=SQL_CLUSTER, name=host.partition(".")[0],
        host=host, **(given | fields),
    )  # fmt: skip


def sql_interface(host: str, address: str) -> ClusterInterface:
    return ClusterInterface(
        key=f"{SQL_CLUSTER}/if-{host}", seen=seen(SQL_CLUSTER_NAME), cluster=SQL_CLUSTER, name=f"{host} NIC", host=host,
        network="Cluster Network", state="Up", address=address, dhcp=False,
    )  # fmt: skip


def listener_ip(address: str, state: str = "OFFLINE", mask: str = "255.255.255.0") -> ListenerIp:
    return ListenerIp(address=address, subnet_mask=mask, dhcp=False, state=state)


def listener(*addresses: ListenerIp, **fields: Any) -> AgListener:
    given: dict[str, Any] = {"name": LISTENER, "port": 1433, "conformant": True}
    return AgListener(key=LISTENER_KEY, seen=seen(SQL_LON), group=AG, addresses=addresses, **(given | fields))


def connection(outcome: str = "open") -> Connection:
    return Connection(
        key=ASKED_PORT, seen=seen(ASKED_PORT), host=HV_LDS, to=LISTENER, port=1433, outcome=outcome,
        address="10.1.0.50", detail="", milliseconds=3,
    )  # fmt: skip


def name_answer(*addresses: str, outcome: str = "answered") -> NameAnswer:
    return NameAnswer(
        key=ASKED_DNS, seen=seen(ASKED_DNS), host=HV_LDS, server=DC, name=LISTENER, outcome=outcome,
        addresses=addresses, aliases=(), ttl_seconds=300, milliseconds=2,
    )  # fmt: skip


def sql_cluster() -> Iterable[Fact]:
    yield FailoverCluster(
        key=SQL_CLUSTER, seen=seen(SQL_CLUSTER_NAME), name=SQL_CLUSTER_NAME, domain="contoso.lab", dynamic_quorum=True,
        preferred_site="", quorum_type="Majority", witness="share", witness_place="\\\\fs1.dub.contoso.lab\\sql",
        witness_state="Online", witness_vote=1, cross_site_delay_ms=1000, cross_site_threshold=20,
    )  # fmt: skip
    yield sql_node(SQL_LON, "London")
    yield sql_node(SQL_LDS, "Leeds")
    yield sql_interface(SQL_LON, "10.1.0.11")
    yield sql_interface(SQL_LDS, "10.2.0.11")
    yield network_name(SQL_NAME, SQL_CLUSTER, SQL_CLUSTER_NAME, "ag-vmm")


def site_facts() -> Iterable[Fact]:
    yield host(HV_LON)
    yield host(HV_LDS)
    yield group()
    yield resource(SERVICE)
    yield resource("ha-vmm", resource_type="Network Name")
    yield resource("IP Address", resource_type="IP Address")
    yield preferred()
    for name in (SERVICE, "ha-vmm"):
        yield possible(name, *VMM_NODES)
    yield possible("IP Address", VMM_NODES[0])
    yield network_name(f"{VMM_CLUSTER}/name", VMM_CLUSTER, HA_VMM, "ha-vmm")
    yield from sql_cluster()
    yield listener(listener_ip("10.1.0.50", "ONLINE"), listener_ip("10.2.0.50"))
    yield connection()
    yield name_answer("10.1.0.50")
