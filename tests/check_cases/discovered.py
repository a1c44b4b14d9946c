"""Cases of the check on discovery itself."""

from drcheck.topology.base import Fact
from drcheck.topology.declared import DeclaredEndpoint
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.vmm import ManagedHost, VmmVm
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estates import Change, add, cut, drop, lose, reach, seen, together, unchanged

VMM = f"vmm:{names.VMM01}"


def endpoint(role: str, name: str) -> Fact:
    return DeclaredEndpoint(key=f"{role}:{name}", seen=seen("estate"), role=role, endpoint=name)


def declared(role: str, name: str) -> Change:
    return add(endpoint(role, name))


complete = Table("DR-GOV-004", "run")
complete.passes("complete", unchanged, "1 declared endpoints and ")
complete.passes("another that answered", declared("hyperv", names.HV_LDS), "2 declared endpoints")
complete.passes("a host without any machine", together(declared("hyperv", "hv9.lab"), reach("hyperv", "hv9.lab")))
complete.fails("never asked", declared("hyperv", "hv9.lab"), "the hyperv endpoint hv9.lab was never asked")
complete.fails("told of nothing", drop(ManagedHost), f"the VMM server {names.VMM01} told of no host")
complete.fails("never asked, and another unread", together(declared("hyperv", "hv9.lab"), lose(VmmVm, VMM)), "hv9.lab")
HOSTLESS = declared("vmm", names.HA_VMM)
complete.fails("one of two told of nothing", HOSTLESS, f"the VMM server {names.HA_VMM} told of no host")
complete.fails("one of two told of nothing, the other's unread", together(HOSTLESS, lose(ManagedHost, VMM)), "no host")
complete.fails("never asked, and more may be declared", together(
    declared("hyperv", "hv9.lab"), cut(DeclaredEndpoint, "estate:estate")), "hv9.lab")  # fmt: skip
complete.unknown("an answer lost", lose(VmmVm, VMM), "1 answers are missing", f"VmmVm@{VMM} (timeout)")
complete.unknown("an answer lost where nobody was declared", lose(HyperVVm, f"hyperv:{names.HV_LDS}"), "HyperVVm@")
complete.unknown("hosts unread", lose(ManagedHost, VMM), f"ManagedHost@{VMM}")
complete.unknown("nobody knows what was declared", lose(DeclaredEndpoint, "estate:estate"),
                 subject="DeclaredEndpoint@estate:estate")  # fmt: skip
complete.skips("nothing declared", drop(DeclaredEndpoint), subject="estate")

CASES = complete.cases
