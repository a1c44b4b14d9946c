"""Do the machines that talk to Site Recovery speak TLS 1.2, and nothing weaker?"""

from collections.abc import Iterator

from drcheck.check import Outcome, Unknown, check, failed, passed, warned
from drcheck.topology.tls import TlsMachine
from drcheck.verdict import Severity

EXPECTED = "TLS 1.2 not switched off, older versions switched off, .NET told to use what Windows offers"
EVERYTHING = ("1.0", "1.1", "1.2", 32, 64)


@check(
    "DR-SEC-003",
    "VMM's machines and Hyper-V hosts speak TLS 1.2 or later",
    severity=Severity.MEDIUM,
    why=(
        "Site Recovery talks TLS 1.2 only. A machine on which a hardening guide or an old workaround switched it off, "
        "for itself or for .NET, stops to replicate and cannot be registered again."
    ),
    source=(
        "Microsoft, Transport Layer Security registry settings; TLS best practices with .NET Framework; Set up TLS for "
        "VMM"
    ),
    remedy=(
        "Under HKLM:\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Client set "
        "Enabled = 1 and DisabledByDefault = 0 (the reverse for 1.0 and 1.1, once VMM's agents have been tried without "
        "them); in both .NETFramework\\v4.0.30319 keys SchUseStrongCrypto = 1 and SystemDefaultTlsVersions = 1."
    ),
    controls=("NIST SP 800-53 SC-8", "ISO/IEC 27001:2022 A.8.24", "DORA Art. 9(3)"),
)
def check_tls_strong(machine: TlsMachine) -> Outcome:
    """The client side of Schannel, and what .NET Framework 4 is told, by the registry.

    A value that is not there leaves the matter to Windows, where TLS 1.2 is on since Windows Server 2012 and the older
    versions mostly are too, or to how each program was built: a weakness, and no fault. Cipher suites, the machine's
    services as a server, and group policies that were not applied yet are not looked at.
    """
    faults = [*_off(machine), *_weak(machine)]
    what = "; ".join(faults)
    if faults:
        return failed(f"{machine.host}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    told = {*(one.version for one in machine.protocols), *(one.bits for one in machine.frameworks)}
    if not told.issuperset(EVERYTHING):
        raise Unknown(f"{machine.host} does not tell about every version of TLS, or both halves of .NET")
    left = list(_left_open(machine))
    if left:
        what = "; ".join(left)
        return warned(f"{machine.host}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    what = "TLS 1.2, TLS 1.0 and 1.1 off, .NET as Windows"
    return passed(f"{machine.host}: {what}", observed=what, expected=EXPECTED)


def _off(machine: TlsMachine) -> Iterator[str]:
    for protocol in machine.protocols:
        if protocol.version == "1.2" and protocol.on is False:
            yield "TLS 1.2 is switched off"
        if protocol.version != "1.2" and protocol.on:
            yield f"TLS {protocol.version} is switched on"


def _weak(machine: TlsMachine) -> Iterator[str]:
    for half in machine.frameworks:
        if half.strong_crypto == 0:
            yield f"SchUseStrongCrypto is 0 for {half.bits}-bit programs"
        if half.system_default == 0:
            yield f"SystemDefaultTlsVersions is 0 for {half.bits}-bit programs"


def _left_open(machine: TlsMachine) -> Iterator[str]:
    for protocol in machine.protocols:
        if protocol.version != "1.2" and protocol.on is None:
            yield f"TLS {protocol.version} is left to Windows"
    for half in machine.frameworks:
        if half.strong_crypto is None and half.system_default is None:
            yield f"TLS of {half.bits}-bit .NET programs is left to how they were built"
