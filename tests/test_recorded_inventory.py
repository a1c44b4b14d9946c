"""A recorded inventory of a real VMM server is read without a gap, and nothing it does not say is concluded from it."""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import to_builtins

from drcheck.topology.base import Topology
from drcheck.topology.vmm import HostCluster, ManagedHost, VmmServer, VmmVm, VmNetwork
from drcheck.topology.vmm_fabric import HostCapacity, VmConfiguration
from drcheck.topology.vmm_network import SubnetVlan, VmmLogicalNetwork, VmSubnet
from tests.pretend_machines import Rows, read
from tests.recorded_inventory import needs_sample, recorded, rows

pytestmark = needs_sample
NAME = "scvmm2.cfme-qe-vmm-ad.rhq.lab.eng.bos.redhat.com"

STRANGE: tuple[object, ...] = (
    None, "", "text", -1, 1.5, True, [], [None], [[]], {}, "/Date(-62135596800000)/", "0001-01-01T00:00:00.0000000Z",
    "2015/8/21 \u4e0a\u5348 02:05:58", "9007199254740993", "\u2028",
)  # fmt: skip


@cache
def answers() -> Rows:
    return rows()


def test_the_server_and_its_database_are_as_recorded() -> None:
    topology = read("vmm", NAME, answers())
    assert topology.gaps == ()
    (server,) = topology.all(VmmServer)
    assert (server.name, server.version, server.highly_available) == (NAME, "3.2.8377.0", False)
    assert (server.database_server, server.database_instance, server.instance) == (NAME, "SCVMM2", "MSSQLSERVER")
    assert (server.service_account, server.minimum_agent_version) == ("CFME-QE-VMM-AD\\Administrator", "2.0.4271.0")


def test_hosts_are_as_recorded() -> None:
    topology = read("vmm", NAME, answers())
    hosts = topology.all(ManagedHost)
    assert [host.name for host in hosts] == ["qeblade26", "qeblade33"]
    assert {host.state for host in hosts} == {"OK"}
    (cluster,) = topology.all(HostCluster)
    assert cluster.nodes == tuple(host.key for host in hosts)
    first, _ = topology.all(HostCapacity)
    assert (first.total_memory_bytes, first.available_memory_mb) == (77297573888, 46595)
    assert (first.operating_system, first.operating_system_version) == (
        "Microsoft Windows Server 2012 R2 Standard", "6.3.9600",
    )  # fmt: skip
    assert (first.logical_processors, first.physical_processors, first.cpu_percent) == (8, 2, 5)


def test_networks_are_as_recorded() -> None:
    topology = read("vmm", NAME, answers())
    assert len(topology.all(VmNetwork)) == 8
    logical = {each.name: each.network_virtualization for each in topology.all(VmmLogicalNetwork)}
    assert (len(logical), logical["rhq"], logical["vswitch-2"]) == (5, True, False)
    subnet = next(each for each in topology.all(VmSubnet) if each.name == "dbergersubnet")
    assert subnet.subnets == (
        SubnetVlan(subnet="192.168.1.0/24", vlan_id=399), SubnetVlan(subnet="192.168.1.0/24", vlan_id=120),
    )  # fmt: skip


def test_machines_are_as_recorded() -> None:
    topology = read("vmm", NAME, answers())
    machines, inventory = topology.all(VmmVm), recorded()["vms"]
    assert {vm.vmm_id: vm.name for vm in machines} == {vm["ID"]: vm["Name"] for vm in inventory}
    assert {vm.status for vm in machines} == {"PowerOff", "Running", "Saved"}
    configured = {each.name: each for each in topology.all(VmConfiguration)}
    assert len(configured) == 28
    assert configured["centos7min-vm"].checkpoints == 3
    adapters = [nic for each in configured.values() for nic in each.adapters]
    assert {(nic.vlan_enabled, nic.vlan_id) for nic in adapters} == {(False, 0), (True, 231)}
    assert sum(bool(nic.subnet_id) for nic in adapters) >= 1
    first = configured["ag_test_prov_3"]
    assert (first.cpu_count, first.memory_mb, first.adapters[0].ip_addresses) == (1, 512, ("10.16.6.224",))
    assert first.adapters[0].mac_address == "00:1D:D8:B7:2C:B6"


@st.composite
def damaged(draw: st.DrawFn) -> Rows:
    """The recording with some values removed, nulled or of another type."""
    given_rows = {query: [dict(row) for row in listed] for query, listed in answers().items()}
    for _ in range(draw(st.integers(1, 6))):
        query = draw(st.sampled_from(sorted(given_rows)))
        row = draw(st.sampled_from(given_rows[query]))
        if not row:
            continue
        name = draw(st.sampled_from(sorted(row)))
        if draw(st.booleans()):
            row[name] = draw(st.sampled_from(STRANGE))
        else:
            del row[name]
    return {query: list(listed) for query, listed in given_rows.items()}


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def invented(topology: Topology, given_rows: Rows) -> list[str]:
    """Texts of facts that stand nowhere in the answers; short names of machines are completed by VMM's own domain."""
    domain = f".{NAME.partition('.')[2]}".lower()
    said = json.dumps([list(listed) for listed in given_rows.values()], ensure_ascii=False).lower()
    said += f" {NAME} vmm declared mssqlserver"
    found = []
    for fact in topology.facts:
        values = {name: value for name, value in to_builtins(fact).items() if name not in ("seen", "kind", "key")}
        for leaf in leaves(values):
            text = json.dumps(leaf, ensure_ascii=False).strip('"').lower() if isinstance(leaf, str) else ""
            if text and text.removesuffix(domain) not in said and not _moment(text):
                found.append(f"{type(fact).__name__}: {text}")
    return found


def _moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@settings(max_examples=60, deadline=None)
@given(damaged())
def test_a_damaged_inventory_is_gaps_and_never_an_accident(given_rows: Rows) -> None:
    topology = read("vmm", NAME, given_rows)
    assert [gap.reason for gap in topology.gaps if gap.cause == "internal"] == []
    kinds_told = {type(fact).__name__ for fact in topology.facts if fact.seen.endpoint == NAME}
    assert kinds_told <= {
        "VmmServer", "ManagedHost", "HostCapacity", "HostCluster", "VmNetwork", "VmmLogicalNetwork", "VmSubnet",
        "VmmVm", "VmConfiguration", "DrRegistration",
    }  # fmt: skip
    vmm_only = Topology(facts=[fact for fact in topology.facts if fact.seen.endpoint == NAME], as_of=topology.as_of)
    assert invented(vmm_only, given_rows) == []
