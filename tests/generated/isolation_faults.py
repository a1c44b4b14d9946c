"""A kind of fault of what canaries saw."""

from collections.abc import Sequence

from drcheck.topology.declared import DrillNetwork
from drcheck.topology.drills import DrillRecord
from tests import estate_isolation as isolation
from tests.generated.fault import Drawn, Fault, Seeded, edited, judged


def watched(drawn: Drawn) -> list[DrillNetwork]:
    return drawn.all(DrillNetwork, platform="azure") if drawn.all(DrillRecord) else []


def reached(drawn: Drawn, network: DrillNetwork) -> Seeded:
    """A drill's canary reached what it must not."""
    seen = isolation.proof(isolation.attempt(isolation.SENTINEL, "open"), isolation.ANSWERED, network=network.name)
    record = drawn.all(DrillRecord)[0]
    return Seeded(
        edits=edited(record, networks=(network.name.lower(),), proofs=(seen,)),
        expects=judged("DR-NET-005", network.key),
    )


FAULTS: Sequence[Fault] = (Fault("canary got out", frozenset({"DR-NET-005"}), watched, reached),)
