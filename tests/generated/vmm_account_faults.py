"""A kind of fault of the account that VMM's service runs as."""

from collections.abc import Sequence

from drcheck.topology.vmm import VmmServer
from drcheck.topology.vmm_fabric import VmmService
from tests.generated.fault import Drawn, Fault, Seeded, edited, judged


def clustered(drawn: Drawn) -> list[VmmService]:
    nodes = {node for server in drawn.all(VmmServer, highly_available=True) for node in server.nodes}
    return [one for one in drawn.all(VmmService) if one.host in nodes]


def somebody_else(drawn: Drawn, service: VmmService) -> Seeded:
    server = next(one for one in drawn.all(VmmServer, highly_available=True) if service.host in one.nodes)
    return Seeded(edits=edited(service, account="CONTOSO\\other"), expects=judged("DR-VHA-102", server.key))


FAULTS: Sequence[Fault] = (Fault("VMM as another account", frozenset({"DR-VHA-102"}), clustered, somebody_else),)
