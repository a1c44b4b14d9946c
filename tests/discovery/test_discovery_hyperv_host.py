"""What a Hyper-V host answers about the Windows below it, and what it means."""

from datetime import UTC, datetime

import pytest

from drcheck.topology.base import Fact, Topology
from drcheck.topology.windows_host import (
    DiskActivity,
    HostVolume,
    HyperVHost,
    MachineCertificate,
    ReplicaListenerRule,
    WindowsService,
)
from tests.pretend_machines import Rows, Values, read, reasons

HTTP, HTTPS = "VIRT-HVRHTTPL-In-TCP-NoScope", "VIRT-HVRHTTPSL-In-TCP-NoScope"


def ask(rows: Rows) -> Topology:
    return read("hyperv", "hv1.lab", rows)


HOST_ROW: Values = {
    "LogicalProcessorCount": 64,
    "MemoryCapacity": 512 << 30,
    "VirtualHardDiskPath": "D:\\VHD",
    "VirtualMachinePath": "D:\\VM",
    "SupportedVmVersions": ["9.0", "10.0"],
}


def test_a_host_with_the_version_of_its_windows() -> None:
    version = {"ProductName": "Windows Server 2022 Datacenter", "CurrentBuildNumber": "20348", "UBR": 2849}
    (host,) = ask({"hyperv-host": [HOST_ROW], "windows-version": [version]}).all(HyperVHost)
    assert (host.key, host.logical_processors, host.memory_bytes) == ("hv1.lab", 64, 512 << 30)
    assert (host.supported_versions, host.migration_enabled) == (("9.0", "10.0"), None)
    assert (host.product, host.build, host.revision) == ("Windows Server 2022 Datacenter", 20348, 2849)


def test_a_version_that_is_not_in_the_registry_is_not_known() -> None:
    (host,) = ask({"hyperv-host": [HOST_ROW], "windows-version": [{}]}).all(HyperVHost)
    assert (host.product, host.build, host.revision) == (None, None, None)


def test_a_volume_and_one_that_is_locked() -> None:
    def row(name: str, **values: object) -> Values:
        device = f"\\\\?\\Volume{{{name}}}\\"
        return {"DeviceID": device, "Name": name, "Label": None, "FileSystem": None, "Capacity": None} | {
            "FreeSpace": None,
            **values,
        }

    known = row("D:\\", Label="Data", FileSystem="NTFS", Capacity="9007199254740993", FreeSpace=1)
    volumes = {one.name: one for one in ask({"windows-volumes": [known, row("E:\\")]}).all(HostVolume)}
    assert (volumes["D:\\"].capacity_bytes, volumes["D:\\"].free_bytes) == (9007199254740993, 1)
    assert (volumes["E:\\"].capacity_bytes, volumes["E:\\"].free_bytes, volumes["E:\\"].label) == (None, None, "")


def test_a_service() -> None:
    row = {"Name": "ObEngine", "State": "Stopped", "StartMode": "Auto", "StartName": None, "PathName": "C:\\x.exe"}
    (service,) = ask({"windows-services": [row]}).all(WindowsService)
    assert (service.key, service.state, service.account) == ("hv1.lab/obengine", "Stopped", "")


def test_what_disks_have_written() -> None:
    row = {"Name": "C:-VMs-A.vhdx", "WriteBytesPersec": "18014398509481984", "ReadBytesPersec": 5}
    (disk,) = ask({"hyperv-disk-activity": [row]}).all(DiskActivity)
    assert (disk.key, disk.written_bytes, disk.read_bytes) == ("hv1.lab/c:-vms-a.vhdx", 1 << 54, 5)


def test_the_listeners_rules_of_the_firewall() -> None:
    text = "v2.31|Action=Allow|Active={}|Dir=In|Protocol=6|Profile=Domain|Profile=Private|LPort={}|App=System|"
    rows: Rows = {"windows-firewall": [{HTTP: text.format("FALSE", 80), HTTPS: text.format("TRUE", 443)}]}
    plain, secure = ask(rows).all(ReplicaListenerRule)
    assert (plain.key, plain.enabled, plain.secure) == (f"hv1.lab/{HTTP.lower()}", False, False)
    assert (secure.enabled, secure.allows, secure.secure, secure.port) == (True, True, True, "443")
    assert secure.profiles == ("Domain", "Private")


def test_a_host_without_the_rules_is_known_to_have_none() -> None:
    assert ask({}).all(ReplicaListenerRule) == ()


@pytest.mark.parametrize("text", ["", "v2.31|", "v2.31|Active=TRUE|Dir=In|", "Allow"])
def test_a_rule_that_cannot_be_read_is_refused(text: str) -> None:
    (reason,) = reasons(ask({"windows-firewall": [{HTTP: text}]}))
    assert reason.endswith(f"{HTTP}: is no firewall rule")


def certificate_row(**values: object) -> Values:
    return {
        "Thumbprint": "ab01",
        "Subject": "CN=HV1.lab",
        "Issuer": "CN=CA",
        "NotBefore": "2026-01-01T00:00:00.0000000Z",
        "NotAfter": "2027-01-01T00:00:00.0000000Z",
        "HasPrivateKey": True,
        "EnhancedKeyUsage": ["1.3.6.1.5.5.7.3.1"],
        "DnsNames": ["HV1.lab"],
        "ChainStatus": [],
        **values,
    }


def test_a_certificate() -> None:
    (found,) = ask({"windows-certificates": [certificate_row()]}).all(MachineCertificate)
    assert (found.key, found.title, found.private_key) == ("hv1.lab/AB01", "CN=HV1.lab", True)
    assert found.not_after == datetime(2027, 1, 1, tzinfo=UTC)
    assert (found.purposes, found.dns_names, found.chain_status) == (("1.3.6.1.5.5.7.3.1",), ("hv1.lab",), ())


def test_a_certificate_without_the_extension_is_for_every_purpose() -> None:
    row = certificate_row(EnhancedKeyUsage=None, ChainStatus=["RevocationStatusUnknown"])
    (found,) = ask({"windows-certificates": [row]}).all(MachineCertificate)
    assert (found.purposes, found.chain_status) == (None, ("RevocationStatusUnknown",))


@pytest.mark.parametrize(
    ("query", "row", "absent", "kind"),
    [
        ("windows-certificates", certificate_row(), "EnhancedKeyUsage", MachineCertificate),
        ("windows-certificates", certificate_row(), "ChainStatus", MachineCertificate),
        ("hyperv-host", HOST_ROW, "MemoryCapacity", HyperVHost),
    ],
)
def test_what_was_not_told_is_no_null(query: str, row: Values, absent: str, kind: type[Fact]) -> None:
    topology = ask({query: [{name: value for name, value in row.items() if name != absent}]})
    assert topology.seen(kind) == ()
    assert [gap.kind for gap in topology.gaps] == [kind.__name__]
