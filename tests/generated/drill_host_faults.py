"""A kind of fault of the hosts that drills bring copies up on."""

from collections.abc import Sequence

from drcheck.topology.cluster import ClusterNode
from drcheck.topology.hyperv import VmReplication, VmSwitch
from tests.estate_names import SWITCH
from tests.generated.fault import Drawn, Fault, Seeded, gone, judged


def beside_replicas(drawn: Drawn) -> list[VmSwitch]:
    """Drill switches of hosts that replicas may move to; one is left on another host of each cluster."""
    clusters = {node.host: node.cluster for node in drawn.all(ClusterNode)}
    keeping = {clusters.get(one.host, one.host) for one in drawn.all(VmReplication, mode="Replica")}
    found = [one for one in drawn.all(VmSwitch) if one.name == SWITCH and clusters.get(one.host, one.host) in keeping]
    return found if len(found) > 1 else []


def unmade(_: Drawn, switch: VmSwitch) -> Seeded:
    """A host was rebuilt without it."""
    key = f"hyperv:{SWITCH.lower()}"
    return Seeded(edits=gone(switch), expects=judged("DR-NET-102", key))


FAULTS: Sequence[Fault] = (Fault("drill switch not made", frozenset({"DR-NET-102"}), beside_replicas, unmade),)
