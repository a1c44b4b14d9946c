"""Do the machines of two VMM servers share a MAC address?"""

from collections.abc import Mapping

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.vmm import VmmServer
from drcheck.topology.vmm_fabric import VmConfiguration
from drcheck.verdict import Severity

EXPECTED = "MAC addresses that no machine of another VMM server has"
UNSET = "00:00:00:00:00:00"


@check(
    "DR-IPC-101",
    "Machines of different VMM servers have different MAC addresses",
    severity=Severity.LOW,
    why=(
        "Every VMM server hands out MAC addresses from the same range until somebody changes that. Two machines with "
        "one address work until a recovery brings them into the same network, and then neither does."
    ),
    source="Microsoft, Set up MAC address pools in the VMM fabric (default range)",
    remedy=(
        "Give each VMM server a MAC address pool of its own (Fabric > Networking > MAC Address Pools), then renew the "
        "addresses of the machines that are named."
    ),
    controls=("NIST SP 800-53 CP-7(4)", "NIST SP 800-53 CM-8"),
)
def check_mac_addresses_apart(server: VmmServer, topology: Topology) -> Outcome:
    """Compare static addresses of machines: what VMM took from its pool.

    The pools themselves are not read, for no published source names their properties: whether ranges overlap, and how
    many addresses are left, is not judged. A replica has its primary's address and id, and is not compared with it.
    """
    places = topology.memo("static MAC addresses", lambda: _held(topology))
    mine = {mac: vms for mac, vms in places.items() if any(vm.seen.endpoint == server.key for vm in vms)}
    faults = [
        f"{mac} is of {' and of '.join(sorted({f'{vm.name} ({vm.seen.endpoint})' for vm in vms}))}"
        for mac, vms in sorted(mine.items())
        if len({vm.seen.endpoint for vm in vms}) > 1 and len({vm.vm_id for vm in vms}) > 1
    ]
    if faults:
        what = "; ".join(faults)
        return failed(f"{server.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    if len(topology.all(VmmServer)) < 2:
        raise NotApplicable(f"{server.name} is the only VMM server")
    topology.require(VmConfiguration)
    what = f"{len(mine)} static MAC addresses"
    return passed(f"{server.name}: {what}, {EXPECTED}", observed=what, expected=EXPECTED)


def _held(topology: Topology) -> Mapping[str, list[VmConfiguration]]:
    found: dict[str, list[VmConfiguration]] = {}
    for vm in topology.seen(VmConfiguration):
        for adapter in vm.adapters:
            if adapter.mac_address_type == "Static" and adapter.mac_address not in ("", UNSET):
                found.setdefault(adapter.mac_address.upper(), []).append(vm)
    return found
