"""What the registry says of TLS: values that exist, values that do not."""

from drcheck.topology.tls import Framework, HostTls, NodeTls, Protocol, TlsMachine
from tests.pretend_machines import Rows, read

ROWS: Rows = {
    "tls-1.0-client": [{"Enabled": 0, "DisabledByDefault": 1}],
    "tls-1.1-client": [{}],
    "tls-1.2-client": [{"Enabled": 4294967295}],
    "dotnet-64": [{"SchUseStrongCrypto": 1}],
    "dotnet-32": [{"SchUseStrongCrypto": 0, "SystemDefaultTlsVersions": 1}],
}


def test_a_hosts_settings() -> None:
    (told,) = read("hyperv", "hv1.lab", ROWS).all(HostTls)
    assert told.key == "hv1.lab"
    assert told.protocols == (
        Protocol(version="1.0", enabled=0, disabled_by_default=1),
        Protocol(version="1.1", enabled=None, disabled_by_default=None),
        Protocol(version="1.2", enabled=4294967295, disabled_by_default=None),
    )
    assert [protocol.on for protocol in told.protocols] == [False, None, True]
    assert told.frameworks == (
        Framework(bits=64, strong_crypto=1, system_default=None),
        Framework(bits=32, strong_crypto=0, system_default=1),
    )


def test_a_server_of_vmm_is_a_machine_as_well() -> None:
    topology = read("vmm-node", "vmm1.lab", ROWS)
    (told,) = topology.all(NodeTls)
    (machine,) = topology.seen(TlsMachine)
    assert (machine.key, machine.protocols, machine.frameworks) == ("tls:vmm1.lab", told.protocols, told.frameworks)
