"""What VMM answers, and what it means."""

import pytest

from drcheck.topology.vmm import Cloud, ManagedHost, VmmNic, VmmServer, VmmVm, VmNetwork
from tests.pretend_machines import (
    Values,
    changed,
    read,
    reasons,
    vmm_rows,
)

GUID = "0F8FAD5B-D9CB-469F-A165-70867728950E"


def test_a_standalone_vmm_server_on_a_vm() -> None:
    rows = {
        **vmm_rows("VMM01.lab", database="VMM01"),
        "vmm-guest": [{"VirtualMachineId": GUID}],
        "vmm-database": [{"ConnectionString": "Integrated Security=SSPI;Data Source=tcp:SQL9\\VMM,1444;Database=x"}],
    }
    (server,) = read("vmm", "vmm01.lab", rows).all(VmmServer)
    assert (server.key, server.name, server.host) == ("vmm01.lab", "vmm01.lab", "vmm01.lab")
    assert (server.is_virtual, server.vm_id) == (True, GUID.lower())
    assert (server.highly_available, server.active_node, server.nodes) == (False, "", ())
    assert (server.database_server, server.registry_database_server) == ("vmm01.lab", "sql9.lab")
    assert [target.scope for target in server.leads()] == ["sql:vmm01.lab", "vmm-node:vmm01.lab"]


def test_a_physical_vmm_server_has_no_vm_id() -> None:
    (server,) = read("vmm", "vmm01.lab", vmm_rows("vmm01.lab")).all(VmmServer)
    assert (server.is_virtual, server.vm_id, server.registry_database_server) == (False, "", "")


def test_a_highly_available_vmm_is_where_its_active_node_is() -> None:
    rows = changed(
        vmm_rows("vmm.lab", database="ag-vmm"),
        "vmm-server",
        IsHighlyAvailable=True,
        ActiveVMMNode="N2",
        FailoverVMMNodes=["n1.lab", "N2"],
    )
    (server,) = read("vmm", "vmm.lab", rows, via=("n1.lab",)).all(VmmServer)
    assert (server.host, server.active_node, server.nodes) == ("n2.lab", "n2.lab", ("n1.lab", "n2.lab"))
    assert [(target.scope, target.via) for target in server.leads()] == [
        ("sql:ag-vmm.lab", ()),
        ("vmm-node:n1.lab", ()),
        ("vmm-node:n2.lab", ()),
        ("cluster:vmm.lab", ("n1.lab", "n2.lab")),
    ]


@pytest.mark.parametrize("local", [".", "(local)", "localhost", "VMM01", "vmm01.lab."])
def test_a_database_on_the_vmm_server_itself_is_named_in_many_ways(local: str) -> None:
    (server,) = read("vmm", "vmm01.lab", vmm_rows("vmm01.lab", database=local)).all(VmmServer)
    assert server.database_server == "vmm01.lab"


@pytest.mark.parametrize(
    ("told", "connection", "endpoint"),
    [
        ("MSSQLSERVER", None, "sql1.lab"),
        ("", None, "sql1.lab"),
        ("SQL1", None, "sql1.lab"),
        ("VMM", None, "sql1.lab\\vmm"),
        ("SQL1", "Data Source=sql1.lab\\SQL1", "sql1.lab\\sql1"),
        ("VMM", "Data Source=sql1.lab", "sql1.lab"),
        ("VMM", "Data Source=elsewhere.lab", "sql1.lab\\vmm"),
    ],
)
def test_the_database_instance_is_what_vmm_connects_to(told: str, connection: str | None, endpoint: str) -> None:
    """A default instance is reported under the machine's own name, as two recordings show."""
    rows = changed(vmm_rows("vmm.lab", database="sql1.lab"), "vmm-server", DatabaseInstanceName=told)
    rows["vmm-database"] = [{"ConnectionString": connection}] if connection else [{}]
    (server,) = read("vmm", "vmm.lab", rows).all(VmmServer)
    assert next(iter(server.leads())).scope == f"sql:{endpoint}"


def test_hosts_of_other_platforms_are_not_hyperv_hosts() -> None:
    rows = vmm_rows("vmm.lab", hosts=["hv1.lab", "esx1.lab"])
    rows["vmm-hosts"] = [rows["vmm-hosts"][0], {**rows["vmm-hosts"][1], "VirtualizationPlatform": "VMWareESX"}]
    topology = read("vmm", "vmm.lab", rows)
    assert [(host.key, host.name, host.cluster) for host in topology.all(ManagedHost)] == [("hv1.lab", "hv1", "")]


def vm_row(**values: object) -> Values:
    row = {
        "VMId": GUID,
        "ID": "ABC",
        "Name": "PAY-WEB01",
        "HostName": "HV1.lab",
        "CloudId": "00000000-0000-0000-0000-000000000000",
        "VirtualMachineState": "Running",
        "IsTestReplicaVM": False,
        "IsRecoveryVM": False,
        "VirtualNetworkAdapters.ID": ["N1", "N2"],
        "VirtualNetworkAdapters.VMNetwork.ID": ["NET-A", None],
        "VirtualNetworkAdapters.VMNetwork.Name": ["corp", None],
    }
    return {**row, **{name.replace("__", "."): value for name, value in values.items()}}


def test_a_machine_in_vmm_is_keyed_by_its_hyperv_id() -> None:
    rows = {
        **vmm_rows("vmm.lab"),
        "vmm-machines": [vm_row(), vm_row(VMId="B", CloudId=None), vm_row(VMId="C", CloudId="C-1")],
    }
    first, second, third = sorted(read("vmm", "vmm.lab", rows).all(VmmVm), key=lambda vm: vm.key)
    assert (first.key, first.vmm_id, first.host, first.cloud_id) == (GUID.lower(), "abc", "hv1.lab", "")
    assert first.nics == (
        VmmNic(id="n1", network_id="net-a", network_name="corp"),
        VmmNic(id="n2", network_id="", network_name=""),
    )
    assert (second.cloud_id, third.cloud_id) == ("", "c-1")


def test_a_replica_does_not_hide_the_machine_it_copies() -> None:
    rows = {**vmm_rows("vmm.lab"), "vmm-machines": [vm_row(HostName="HV2.lab", IsRecoveryVM=True), vm_row()]}
    machines = {vm.key: (vm.host, vm.is_recovery) for vm in read("vmm", "vmm.lab", rows).all(VmmVm)}
    assert machines == {GUID.lower(): ("hv1.lab", False), f"{GUID.lower()}@hv2.lab": ("hv2.lab", True)}


def test_adapters_that_do_not_add_up_are_refused() -> None:
    rows = {**vmm_rows("vmm.lab"), "vmm-machines": [vm_row(VirtualNetworkAdapters__VMNetwork__ID=["NET-A"])]}
    assert reasons(read("vmm", "vmm.lab", rows)) == [
        "the answer to Get-SCVirtualMachine cannot be read: VirtualNetworkAdapters: 2 adapters, 1 networks"
    ]


def test_clouds_and_networks() -> None:
    rows = {
        **vmm_rows("vmm.lab"),
        "vmm-clouds": [{"ID": "C-1", "Name": "gold", "HostGroup.Path": ["All Hosts\\London"]}],
        "vmm-networks": [{"ID": "N-1", "Name": "corp", "LogicalNetwork.Name": "ln", "IsolationType": "NoIsolation"}],
    }
    topology = read("vmm", "vmm.lab", rows)
    (cloud,), (network,) = topology.all(Cloud), topology.all(VmNetwork)
    assert (cloud.key, cloud.name, cloud.host_groups) == ("c-1", "gold", ("All Hosts\\London",))
    assert (network.key, network.name, network.logical_network, network.isolation) == (
        "n-1",
        "corp",
        "ln",
        "NoIsolation",
    )
