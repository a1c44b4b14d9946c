"""When was it last shown that an application can be brought up from its copies?"""

from msgspec import Struct

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import Age, age_of
from drcheck.topology.base import Fact, Topology
from drcheck.topology.declared import Application
from drcheck.topology.drills import DrillRecord
from drcheck.topology.rehearsals import DRILLED, SWITCHOVER, TEST_FAILOVERS
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.vmm import VmmVm
from drcheck.topology.workload import machines_of
from drcheck.verdict import Severity


class Proof(Struct, frozen=True, kw_only=True):
    """The newest successful test of one machine; ``age`` is None when there was none."""

    vm: VmmVm
    age: Age | None
    fact: Fact | None


@check(
    "DR-DRL-001",
    "The last successful drill of every application is recent enough",
    severity=Severity.CRITICAL,
    why=(
        "A recovery that was never tried is a hope, and one that was tried before the last changes is little more. "
        "Site Recovery calls a machine tested for ever after one success."
    ),
    source=(
        "Microsoft, About recovery plans (test each application every quarter); Microsoft, Monitor Site Recovery; "
        "Microsoft, Set up Hyper-V Replica (2025-01)"
    ),
    remedy="Hold a drill: `drcheck drill`, or Test failover on the recovery plan in the vault, clean-up included.",
    controls=(
        "NIST SP 800-53 CP-4",
        "ISO 22301 8.5",
        "ISO/IEC 27001:2022 A.5.30",
        "SOC 2 A1.3",
        "DORA Art. 11(6)",
        "NIS2 Impl. Reg. (EU) 2024/2690 Annex 4.1.4",
        "HIPAA 45 CFR 164.308(a)(7)(ii)(D)",
    ),
)
def check_drill_recent(application: Application, topology: Topology, policy: Policy) -> Outcome:
    """Find the newest success of each machine, cleaned up behind it; the machine tested longest ago decides."""
    if application.always_on:
        raise NotApplicable(f"{application.name} runs at the recovery site at all times")
    if application.method not in DRILLED:
        raise NotApplicable(f"{application.name} is declared with the method {application.method}: no test failover")
    proofs = [_proof(vm, application, topology, policy) for vm in machines_of(topology, application)]
    limit = policy.drill_interval(application.tier, application.drill_interval_seconds)
    late = [proof for proof in proofs if proof.age is None or proof.age.exceeds(limit)]
    expected = f"every machine tested successfully in the last {human(limit)}"
    facts = tuple(proof.fact for proof in proofs if proof.fact)
    if late:
        topology.require(DrillRecord)
        topology.require(ProtectedItem)
        what = "; ".join(f"{proof.vm.name} {_when(proof)}" for proof in late)
        return failed(f"{application.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=facts)
    topology.require(VmmVm)
    if not proofs:
        raise Unknown(f"{application.name}: no VM that VMM knows belongs to it, so there is nothing to test")
    oldest = max(proofs, key=lambda proof: proof.age.seconds if proof.age else 0.0)
    what = f"{len(proofs)} machines, {oldest.vm.name} longest ago: {_when(oldest)}"
    return passed(
        f"{application.name}: {what}; allowed: {expected}",
        observed=what,
        expected=expected,
        facts=facts,
        tested=all(isinstance(fact, DrillRecord) for fact in facts),
    )


def _proof(vm: VmmVm, application: Application, topology: Topology, policy: Policy) -> Proof:
    """A record with clean-up, or Site Recovery's own success with no clean-up pending.

    Hyper-V only remembers that a test failover was begun, which shows nothing about how it ended.
    """
    found: list[tuple[Age, Fact]] = [
        (age_of(topology, record.finished, record.seen.endpoint, policy.clock_skew_max), record)
        for record in topology.memo("drills by machine", lambda: _drills(topology)).get(vm.key, ())
    ]
    if application.method == "site-recovery":
        found += [
            (age_of(topology, item.last_test_failover, item.seen.endpoint, policy.clock_skew_max), item)
            for item in topology.where(ProtectedItem, "vm_id", vm.key)
            if item.last_test_failover and "TestFailoverCleanup" not in item.allowed_operations
        ]
    newest = min(found, key=lambda one: one[0].seconds, default=None)
    return Proof(vm=vm, age=newest[0] if newest else None, fact=newest[1] if newest else None)


def _drills(topology: Topology) -> dict[str, list[DrillRecord]]:
    """Successful drills that brought machines up, by the machines that took part."""
    drills: dict[str, list[DrillRecord]] = {}
    for record in topology.seen(DrillRecord):
        if record.succeeded and record.drill_kind in (*TEST_FAILOVERS, SWITCHOVER):
            for machine in {*record.vm_ids, record.target}:
                drills.setdefault(machine, []).append(record)
    return drills


def _when(proof: Proof) -> str:
    return "was never tested successfully" if proof.age is None else f"was last tested {human(proof.age.seconds)} ago"
