"""Cases of the check on TLS."""

from drcheck.topology.tls import HostTls, NodeTls
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_prepared import frameworks, protocols
from tests.estates import Change, change, drop, lose, together, unchanged

strong = Table("DR-SEC-003", f"tls:{names.HV_LON}")


def speaks(**told: tuple[int | None, int | None]) -> Change:
    return change(HostTls, names.HV_LON, protocols=protocols(**told))


def net(strong_crypto: int | None, system_default: int | None, bits: int = 0) -> Change:
    return change(HostTls, names.HV_LON, frameworks=frameworks(strong_crypto, system_default, bits=bits))


strong.passes("strong", unchanged, "TLS 1.2, TLS 1.0 and 1.1 off")
strong.passes("a server of VMM", unchanged, subject=f"tls:{names.VMM01}")
strong.passes("TLS 1.2 left to Windows", speaks(v12=(None, None)))
strong.passes("not disabled, and no more", speaks(v12=(None, 0)))
strong.passes("every bit set", speaks(v12=(4294967295, 0)))
strong.passes("off by one of the values", together(speaks(v10=(0, None), v11=(None, 1))))
strong.passes("one of .NET's values", net(1, None))
strong.passes("the other of .NET's values", net(None, 1))
strong.fails("TLS 1.2 off", speaks(v12=(0, 0)), "TLS 1.2 is switched off")
strong.fails("TLS 1.2 off by default", speaks(v12=(1, 1)), "TLS 1.2 is switched off")
strong.fails("TLS 1.0 on", speaks(v10=(1, 0)), "TLS 1.0 is switched on")
strong.fails("TLS 1.1 on", speaks(v11=(None, 0)), "TLS 1.1 is switched on")
strong.fails("weak .NET", net(0, 1, 64), "SchUseStrongCrypto is 0 for 64-bit")
strong.fails("an old .NET", net(1, 0, 32), "SystemDefaultTlsVersions is 0 for 32-bit")
strong.fails("a fault beside a weakness", together(speaks(v10=(None, None)), net(0, 0)), "SchUseStrongCrypto is 0")
strong.fails(
    "a server of VMM",
    change(NodeTls, names.VMM01, protocols=protocols(v12=(0, 1))),
    "TLS 1.2",
    subject=f"tls:{names.VMM01}",
)
strong.warns("TLS 1.0 left to Windows", speaks(v10=(None, None)), "TLS 1.0 is left to Windows")
strong.warns(".NET left alone", net(None, None, 32), "TLS of 32-bit .NET programs")
strong.unknown("a host unread", lose(HostTls, f"hyperv:{names.HV_LON}"), subject=f"HostTls@hyperv:{names.HV_LON}")
strong.unknown(
    "a server of VMM unread", lose(NodeTls, f"vmm-node:{names.VMM01}"), subject=f"NodeTls@vmm-node:{names.VMM01}"
)
strong.skips("no such machine", together(drop(HostTls), drop(NodeTls)), subject="estate")

CASES = strong.cases
