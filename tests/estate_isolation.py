"""What canaries of the small healthy estate are declared to try, and what they saw."""

from typing import Any

from drcheck.topology.isolation_proof import NetworkProof, NetworkTry
from tests.estate_names import DRILL_NET
from tests.estates import ago

CANARY = f"{DRILL_NET.partition('/resourcegroups/')[0]}/resourcegroups/rg/providers/microsoft.compute/canary"
SENTINEL, CONTROL = "10.0.1.4:389", "10.9.0.5:53"
WATCHED: dict[str, Any] = {"canary": CANARY, "sentinels": (SENTINEL,), "controls": (CONTROL,)}
"""What the drill network in Azure is declared with."""


def attempt(end: str, outcome: str, **fields: Any) -> NetworkTry:
    host, _, port = end.partition(":")
    return NetworkTry(host=host, port=int(port), outcome=outcome, **({"must_reach": end == CONTROL} | fields))


SILENT, ANSWERED = attempt(SENTINEL, "timed-out"), attempt(CONTROL, "open")


def proof(*tries: NetworkTry, **fields: Any) -> NetworkProof:
    """One round; by default as it has to be."""
    given: dict[str, Any] = {"network": DRILL_NET, "canary": CANARY, "at": ago(days=10, hours=1), "before": True}
    return NetworkProof(tries=tries or (SILENT, ANSWERED), **(given | fields))


PROVEN: dict[str, Any] = {"networks": (DRILL_NET,), "proofs": (proof(), proof(before=False))}
"""What the record of a drill there tells."""
