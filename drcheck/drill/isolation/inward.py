"""Does production reach into the drill network? Tried by one of its machines, as discovery tries ports: it only reads.

What the canary must reach inside, and so is known to answer there, must not answer production; and something of
production must answer its machine, which shows that it can connect at all.
"""

from collections.abc import Iterator, Sequence

from drcheck.drill import Context, Prober
from drcheck.drill.planning.announcement import Call, read_again
from drcheck.errors import DrillError
from drcheck.estate import Canary, Reach
from drcheck.topology.base import Target
from drcheck.topology.network import Connection

_DOES = "from production, try to connect to the control in the drill network, which must fail, and to production itself"


def from_production(context: Context, canary: Canary, network: str) -> Iterator[Prober]:
    """Who tries a network from outside; nobody unless that is declared.

    Args:
        context: what the drill works with.
        canary: the network's.
        network: the switch's name, or the VNet's ARM id.
    """
    if canary.from_production is not None:
        tried = Canary(
            vm=canary.from_production.host,
            must_not_reach=canary.must_reach,
            must_reach=canary.from_production.must_reach,
        )
        yield _Outside(context, tried, network)


class _Outside:
    """A Windows machine of production, asked by the collector over WinRM."""

    inward = True

    def __init__(self, context: Context, canary: Canary, network: str) -> None:
        self.network = network
        self.canary = canary
        self.place = f"production {canary.vm}"
        self._context = context

    def ask(self) -> Sequence[str]:
        seen = self._context.look(self._targets, (Connection,))
        found = [seen.get(Connection, target.endpoint) for target in self._targets]
        told = [one.outcome for one in found if one is not None]
        if len(told) < len(found):
            raise DrillError("; ".join(gap.reason for gap in seen.gaps) or "it did not tell what it reaches")
        return [*(f"drcheck tcp {place} {one}" for place, one in enumerate(told)), f"drcheck tcp end {len(told)}"]

    def announced(self) -> tuple[Call, ...]:
        return (read_again(_DOES, self._targets, (Connection,)),)

    @property
    def _targets(self) -> tuple[Target, ...]:
        ends: tuple[Reach, ...] = (*self.canary.must_not_reach, *self.canary.must_reach)
        host = self.canary.vm
        return tuple(
            Target(role="reach", endpoint=f"{host}>{one.host}:{one.port}".lower(), via=(host,)) for one in ends
        )
