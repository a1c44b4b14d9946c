"""Has a canary shown that nothing of production is reached from the network that drills use?"""

from msgspec.structs import replace

from drcheck.check import NotApplicable, Outcome, Unknown, check, warned
from drcheck.drilled import ISOLATION, judge_proofs
from drcheck.topology.base import Topology
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.drills import DrillRecord
from drcheck.topology.isolation_proof import NetworkProof
from drcheck.verdict import Verdict

CLEAN_UP = "clean up"
"""The only phase of a drill that was refused under its lease."""


@check(
    ISOLATION.id,
    ISOLATION.title,
    severity=ISOLATION.severity,
    why=(
        "Configuration shows the ways out that somebody has configured and that drcheck knows of. A wrong cable, a "
        "second adapter or a firewall's rule shows only when somebody tries to get out."
    ),
    source="ISO 22301:2019, 8.5 d); NIST SP 800-53 Rev. 5, CP-4(2)",
    remedy=(
        "Put a machine into the network for good and declare it as the network's `canary` in estate.yaml, with "
        "sentinels of production and a control, or say `without_canary: why`; close the path where one is named; then "
        "hold a drill."
    ),
    controls=ISOLATION.controls,
)
def check_isolation_probed(network: DrillNetwork, topology: Topology) -> Outcome:
    """Look at what canaries saw in the newest drill of the network: before it started anything, and until its end.

    Where a machine of production is declared to try it from outside (``from_production``), its tries count as well.
    Not judged: UDP, and ports that nobody has declared; a drill that was refused before anything was tried or started.
    """
    newest = max(_drills(network, topology), key=lambda one: one.started, default=None)
    proofs = _proofs(network, newest)
    if newest is not None and any(proof.problems for proof in proofs):
        return _judged(network, newest, proofs)
    topology.require(DrillRecord)
    if not network.canary:
        return _bare(network)
    if newest is None:
        raise NotApplicable(f"no record tells of a drill in {network.name}; the next one asks the canary first")
    outcome = _judged(network, newest, proofs)
    tried = {one.end for proof in proofs for one in proof.tries}
    untried = [end for end in (*network.sentinels, *network.controls) if end not in tried]
    if network.outsider and not any(proof.canary == network.outsider for proof in proofs):
        untried.append(f"from {network.outsider}")
    if outcome.verdict is Verdict.PASS and untried:
        raise Unknown(f"drill {newest.name} did not try {', '.join(untried)}, which is declared for {network.name} now")
    return outcome


def _drills(network: DrillNetwork, topology: Topology) -> list[DrillRecord]:
    """Drills that went into the network, or tried to."""
    return [
        one
        for one in topology.seen(DrillRecord)
        if network.name.lower() in one.networks
        and (one.proofs or any(phase.name != CLEAN_UP and not phase.declared for phase in one.phases))
    ]


def _proofs(network: DrillNetwork, drill: DrillRecord | None) -> list[NetworkProof]:
    known = (drill.proofs if drill else None) or ()
    return [proof for proof in known if proof.network.lower() == network.name.lower()]


def _judged(network: DrillNetwork, drill: DrillRecord, proofs: list[NetworkProof]) -> Outcome:
    return replace(judge_proofs(f"{network.name}, drill {drill.name}", proofs), facts=(drill,))


def _bare(network: DrillNetwork) -> Outcome:
    if network.without_canary:
        raise NotApplicable(f"estate.yaml says why {network.name} has no canary: {network.without_canary}")
    what = "no canary is declared, so drills go by its configuration alone"
    expected = "a canary, or why there is none"
    return warned(f"drill network {network.name}: {what}; allowed: {expected}", observed=what, expected=expected)
