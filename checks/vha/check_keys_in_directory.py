"""Could another VMM node read what the failed one has encrypted?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology, same_host
from drcheck.topology.vmm import VmmServer
from drcheck.topology.vmm_fabric import VmmNode, local_account
from drcheck.verdict import Severity

EXPECTED = "a domain account, and one container of Active Directory for the keys of all nodes"


@check(
    "DR-VHA-003",
    "Every VMM node keeps its keys in the same container of Active Directory",
    severity=Severity.CRITICAL,
    why=(
        "Keys that stay on one machine are lost with it. The node that takes over then cannot decrypt a single Run As "
        "account, and VMM manages nothing until each is entered again."
    ),
    source="Microsoft, Plan a highly available VMM deployment; Back up and restore VMM (distributed key management)",
    remedy=(
        "Reinstall VMM with the retained database, choosing distributed key management and a domain account that may "
        "read and write the container."
    ),
    controls=("NIST SP 800-53 CP-9(8)", "NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.24"),
)
def check_keys_in_directory(server: VmmServer, topology: Topology) -> Outcome:
    """What each node's registry names as the container, and the account that has to reach it.

    Where setup keeps the container's name is unverified, so that a node that does not tell it proves nothing. Whether
    the container exists, and whether a domain controller of the recovery site shows it to the account, is not read.
    """
    if not server.highly_available:
        raise NotApplicable(f"{server.name} is not highly available")
    if not server.nodes:
        raise Unknown(f"{server.name} does not tell the nodes of its cluster")
    nodes = [one for one in topology.seen(VmmNode) if any(same_host(one.host, name) for name in server.nodes)]
    told = {one.name: one.dkm_container for one in nodes if one.dkm_container}
    faults = []
    if local_account(server.service_account, server.nodes):
        faults.append(f"it runs as {server.service_account}")
    if len({container.lower() for container in told.values()}) > 1:
        faults.append(", ".join(f"{name} has its keys in {container}" for name, container in sorted(told.items())))
    if faults:
        what = "; ".join(faults)
        return failed(
            f"{server.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=tuple(nodes)
        )
    for name in server.nodes:
        topology.require(VmmNode, f"vmm-node:{name.lower()}")
    if len(told) < len(server.nodes) or not server.service_account:
        raise Unknown(f"{server.name}: its account, or where a node keeps its keys, was not told")
    what = f"{len(nodes)} nodes keep their keys in {next(iter(told.values()))}, as {server.service_account}"
    return passed(f"{server.name}: {what}", observed=what, expected=EXPECTED, facts=tuple(nodes))
