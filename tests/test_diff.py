"""The diff of two snapshots: what moved is named by id, and the verdicts that follow decide the exit code."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from drcheck.topology.base import Fact, Gap, Looked, Seen, Target, Topology
from drcheck.topology.declared import DeclaredEndpoint
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.vmm import VmmVm
from drcheck.verdict import Finding, Severity, Subject, Verdict
from drcheck.whatif.diff import compare

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def seen(at: datetime = AT) -> Seen:
    return Seen(source="vmm", endpoint="vmm01", query="Get-SCVirtualMachine", at=at)


def machine(key: str, cloud: str) -> VmmVm:
    return VmmVm(
        key=key, seen=seen(), name=key.upper(), vmm_id="x", host="hv1", cloud_id=cloud, status="Running",
        is_test_replica=False, is_recovery=False,
    )  # fmt: skip


def topology(*facts: Fact, dark: bool = False) -> Topology:
    looked = [Looked(kind="DeclaredEndpoint", scope="estate:estate", seen=seen())]
    gaps = []
    if dark:
        gaps.append(Gap(kind="VmmVm", scope="vmm:vmm01", cause="refused", reason="no", seen=seen()))
    else:
        looked.append(Looked(kind="VmmVm", scope="vmm:vmm01", seen=seen()))
    targets = [Target(role="vmm", endpoint="vmm01"), Target(role="estate", endpoint="estate")]
    return Topology(facts=facts, looked=looked, gaps=gaps, targets=targets, as_of=AT)


def finding(key: str, verdict: Verdict, check: str = "DR-VMM-001") -> Finding:
    return Finding(
        check=check, title="t", subject=Subject(kind="VM", key=key, name=key), scope="s", verdict=verdict,
        severity=Severity.HIGH, message=f"{key} is {verdict}", observed="", expected="", at=AT, age_seconds=0,
        source="s", controls=(), remedy="r",
    )  # fmt: skip


def test_a_move_is_named_by_id_with_old_and_new_place() -> None:
    made = compare(topology(machine("a", "")), topology(machine("a", "gold")), (), ())
    assert [str(change) for change in made.topology] == ["changed VM A [a]: cloud_id: (none) -> gold"]


def test_what_came_and_went_is_told() -> None:
    made = compare(topology(machine("a", "")), topology(machine("b", "")), (), ())
    assert [(change.what, change.key) for change in made.topology] == [("removed", "a"), ("added", "b")]


def test_what_nobody_could_look_at_is_not_called_removed() -> None:
    made = compare(topology(machine("a", "")), topology(dark=True), (), ())
    assert [change.what for change in made.topology] == ["no longer visible"]


def test_figures_that_move_by_themselves_are_no_change() -> None:
    before = VmReplication(
        key="a@hv/Simple", seen=seen(), vm_id="a", name="A", host="hv", mode="Primary",
        state="Replicating", health="Normal",
        relationship="Simple", primary_server="hv", replica_server="r", current_replica_server="r",
        frequency_seconds=300,
        last_replication=AT, replicated_disks=(), excluded_disks=(), test_vm_id="",
    )  # fmt: skip
    later = replace(
        before, seen=seen(AT + timedelta(hours=1)), last_replication=AT + timedelta(hours=1), pending_bytes=5
    )
    assert compare(topology(before), topology(later), (), ()).topology == ()
    assert compare(topology(before), topology(replace(later, health="Critical")), (), ()).topology != ()


def test_a_new_failure_is_exit_code_1_and_a_new_unknown_2() -> None:
    nothing = topology(DeclaredEndpoint(key="k", seen=seen(), role="vmm", endpoint="vmm01"))

    def code(old: Verdict | None, new: Verdict | None) -> int:
        before = () if old is None else (finding("a", old),)
        after = () if new is None else (finding("a", new),)
        return compare(nothing, nothing, before, after).exit_code

    assert code(Verdict.PASS, Verdict.FAIL) == 1
    assert code(None, Verdict.FAIL) == 1
    assert code(Verdict.PASS, Verdict.UNKNOWN) == 2
    assert code(Verdict.FAIL, Verdict.FAIL) == 0
    assert code(Verdict.UNKNOWN, Verdict.UNKNOWN) == 0
    assert code(Verdict.FAIL, Verdict.PASS) == 0
    assert code(Verdict.FAIL, None) == 0


def test_verdict_changes_name_check_subject_and_both_verdicts() -> None:
    nothing = topology()
    made = compare(nothing, nothing, (finding("a", Verdict.PASS),), (finding("a", Verdict.FAIL),))
    assert [str(change) for change in made.verdicts] == ["DR-VMM-001 a: PASS -> FAIL: a is FAIL"]
