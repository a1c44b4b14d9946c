"""Does VMM run under one domain account, whichever node it is on?"""

from collections.abc import Iterator, Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology, same_host
from drcheck.topology.vmm import VmmServer
from drcheck.topology.vmm_fabric import VmmService, local_account
from drcheck.verdict import Severity

EXPECTED = "one domain account on every node"


@check(
    "DR-VHA-102",
    "Every VMM node runs VMM's service as the same domain account",
    severity=Severity.HIGH,
    why=(
        "The keys and the database are open to one account. A node on which VMM starts as another one, or as the "
        "machine itself, takes the role over and then reaches neither."
    ),
    source="Microsoft, Plan a highly available VMM deployment (domain account for the VMM service, key management)",
    remedy=(
        "Remove VMM from the node that differs, retaining the database, and add the node again by setup with the "
        "account that the others have."
    ),
    controls=("NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.14"),
)
def check_service_account_alike(server: VmmServer, topology: Topology) -> Outcome:
    r"""Compare what ``SCVMMService`` is set to run as, node by node.

    ``user@domain`` and ``DOMAIN\user`` may be one account or two: where both forms are told nothing is concluded. Not
    judged: whether the account is locked or its password expires, and the credentials of Site Recovery's provider for
    its proxy (DRAProxyAccount), since neither the directory's accounts nor those of Run As are read.
    """
    if not server.highly_available:
        raise NotApplicable(f"{server.name} is not highly available")
    if not server.nodes:
        raise Unknown(f"{server.name} does not tell the nodes of its cluster")
    told = [one for one in topology.seen(VmmService) if any(same_host(one.host, name) for name in server.nodes)]
    named = sorted((one for one in told if one.account), key=lambda one: one.host)
    faults = list(_local(named)) or list(_different(named))
    if faults:
        what = "; ".join(faults)
        message = f"{server.name}: {what}; allowed: {EXPECTED}"
        return failed(message, observed=what, expected=EXPECTED, facts=tuple(named))
    for name in server.nodes:
        topology.require(VmmService, f"vmm-node:{name.lower()}")
    if len(named) < len(server.nodes):
        raise Unknown(f"{server.name}: not every node tells as whom it runs SCVMMService")
    if all(_forms(named)):
        raise Unknown(f"{server.name}: the nodes write their accounts in two forms, which cannot be compared")
    what = f"{len(named)} nodes run it as {named[0].account}"
    return passed(f"{server.name}: {what}", observed=what, expected=EXPECTED, facts=tuple(named))


def _local(services: Sequence[VmmService]) -> Iterator[str]:
    for one in services:
        if local_account(one.account, [one.host]):
            yield f"{one.name} runs it as {one.account}, which is no domain account"


def _different(services: Sequence[VmmService]) -> Iterator[str]:
    for alike in _forms(services):
        if len({one.account.lower() for one in alike}) > 1:
            yield ", ".join(f"{one.name} runs it as {one.account}" for one in alike)


def _forms(services: Sequence[VmmService]) -> tuple[list[VmmService], list[VmmService]]:
    r"""Those with ``user@domain``, and those with ``DOMAIN\user``."""
    return [one for one in services if "@" in one.account], [one for one in services if "@" not in one.account]
