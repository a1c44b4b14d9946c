"""Cases of the check on the account that VMM's service runs as."""

from drcheck.topology.vmm import VmmServer
from drcheck.topology.vmm_fabric import VmmService
from tests import estate_names as names
from tests import estate_sql_vmm_site as site
from tests.check_cases.case import Table
from tests.estates import Change, change, drop, lose, reach, together, unchanged

VMMA, VMMB = site.VMM_NODES
AT_A, AT_B = f"vmm-node:{VMMA}", f"vmm-node:{VMMB}"

accounts = Table("DR-VHA-102", names.HA_VMM)


def runs_as(account: str, host: str = VMMB) -> Change:
    return change(VmmService, host, account=account)


def both(account: str) -> Change:
    return together(runs_as(account), runs_as(account, VMMA))


accounts.passes("the same", unchanged, "2 nodes run it as CONTOSO\\svc-vmm")
accounts.passes("in other letters", runs_as("contoso\\SVC-VMM"))
accounts.passes("by their principal name", both("svc-vmm@contoso.lab"), "svc-vmm@contoso.lab")
accounts.passes("another server's node unread", together(reach("vmm-node", "vmm9"), lose(VmmService, "vmm-node:vmm9")))
accounts.passes("a managed account", both("CONTOSO\\vmm$"))
accounts.fails(
    "another one", runs_as("CONTOSO\\svc-old"), "vmma runs it as CONTOSO\\svc-vmm, vmmb runs it as", "svc-old"
)
accounts.fails("another domain's", runs_as("FABRIKAM\\svc-vmm"), "FABRIKAM\\svc-vmm")
accounts.fails(
    "another one, by principal names",
    together(runs_as("a@contoso.lab"), runs_as("b@contoso.lab", VMMA)),
    "a@contoso.lab",
)
for local in (
    "LocalSystem",
    ".\\svc-vmm",
    "NT AUTHORITY\\NetworkService",
    "NT SERVICE\\scvmm",
    "VMMB\\svc",
    "BUILTIN\\a",
):
    accounts.fails(f"the machine's own {local}", runs_as(local), f"vmmb runs it as {local}, which is no domain account")
accounts.fails("the machine itself, everywhere", both("LocalSystem"), "vmma", "vmmb")
accounts.fails(
    "the machine itself, other node unread", together(runs_as("LocalSystem"), lose(VmmService, AT_A)), "vmmb"
)
accounts.unknown("in two forms", runs_as("svc-vmm@contoso.lab"), "in two forms")
accounts.unknown("not told by a node", runs_as(""), "not every node")
accounts.unknown("a node without the service", drop(VmmService, VMMB), "not every node")
accounts.unknown("nodes not told", change(VmmServer, names.HA_VMM, nodes=()), "nodes of its cluster")
accounts.unknown("a node unread", lose(VmmService, AT_B), "VmmService")
accounts.skips("standalone", unchanged, "not highly available", subject=names.VMM01)

CASES = accounts.cases
