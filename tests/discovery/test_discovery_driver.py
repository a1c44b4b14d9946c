"""The driver: what it follows, whom it asks how often, and that nothing that fails goes untold."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from drcheck.discovery.driver import Transports, discover, look, sources, windows_endpoint
from drcheck.errors import AccessDenied, AuthenticationFailed, Deadline
from drcheck.estate import Estate, Windows
from drcheck.topology.base import Target, Topology, Unknown, kinds
from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.hyperv import HyperVVm, VmSwitch
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan, Vault
from drcheck.topology.sql import SqlInstance
from drcheck.topology.vmm import Cloud, ManagedHost
from tests.discovery_runs import HV1, NODES, VMM, Noted, contoso, discovered
from tests.pretend_machines import (
    PASSWORD,
    START,
    VAULT,
    Machine,
    Pretend,
    Ticking,
    estate,
    machine,
    refused,
    sql_rows,
)

MADE_OF_MACHINES = tuple(f"{kind}@hyperv:hv1.lab" for kind in ("HyperVVm", "FailoverAddress", "VmRecoveryPoints"))
"""What is read from the answer about machines, or beside it."""


def gaps_of(topology: Topology) -> dict[str, str]:
    return {gap.key: gap.cause for gap in topology.gaps}


def test_what_is_found_is_followed_until_nothing_new_is_found() -> None:
    topology = discovered(contoso(), estate(VMM))
    assert topology.gaps == ()
    assert [target.scope for target in sorted(topology.targets)] == [
        "cluster:hvcl.lab",
        "estate:estate",
        "hyperv:hv1.lab",
        "hyperv:hv2.lab",
        "sql:vmm.lab",
        "vmm:vmm.lab",
        "vmm-node:vmm.lab",
    ]
    assert [vm.vm_id for vm in topology.all(HyperVVm)] == ["vm1", "vm2"]
    assert [node.host for node in topology.all(ClusterNode)] == list(NODES)


def test_everything_known_of_a_machine_is_asked_in_one_process() -> None:
    pretend = contoso()
    discovered(pretend, estate(VMM, HV1, Target(role="cluster", endpoint="hv1.lab")))
    assert pretend.visits("hv1.lab") == 2, "hyperv and cluster at once; the cluster that VMM told of later"
    first = next(queries for name, queries in pretend.asked if name == "hv1.lab")
    assert {"hyperv-machines", "hyperv-switches", "cluster-nodes"} <= set(first)
    assert len(first) == len(set(first))


def test_a_cluster_is_asked_of_a_node_together_with_its_machines() -> None:
    pretend = contoso()
    discovered(pretend, estate(VMM))
    assert pretend.visits("hv1.lab") == 1
    assert pretend.visits("hv2.lab") == 1
    assert [name for name, queries in pretend.asked if "cluster-nodes" in queries] == ["hv1.lab"]


def test_a_dead_machine_is_tried_once_and_the_next_node_speaks_for_the_cluster() -> None:
    pretend = contoso()
    pretend.lost["hv1.lab"] = refused("hv1.lab")
    topology = discovered(pretend, estate(VMM, HV1))
    assert pretend.visits("hv1.lab") == 1
    assert set(gaps_of(topology)) == {f"{each.kind}@hyperv:hv1.lab" for each in sources()["hyperv"]}
    assert set(gaps_of(topology).values()) == {"refused"}
    assert len(topology.all(FailoverCluster)) == 1
    with pytest.raises(Unknown, match="nothing listens there"):
        topology.all(HyperVVm)
    assert [vm.vm_id for vm in topology.all(HyperVVm, "hyperv:hv2.lab")] == ["vm2"]


def test_a_node_whose_cluster_service_is_stopped_leaves_the_word_to_the_next() -> None:
    pretend = contoso()
    pretend.machines["hv1.lab"].failed = dict.fromkeys(
        ("cluster", "cluster-nodes", "cluster-groups", "cluster-resources"), "ClusterServiceNotRunning"
    )
    topology = discovered(pretend, estate(VMM))
    assert topology.gaps == ()
    assert [name for name, queries in pretend.asked if "cluster-nodes" in queries] == ["hv1.lab", "hv2.lab"]


def test_when_no_node_answers_the_gap_names_them_all() -> None:
    pretend = contoso()
    for name in NODES:
        pretend.lost[name] = refused(name)
    topology = discovered(pretend, estate(VMM))
    reasons = {gap.reason for gap in topology.gaps if gap.scope == "cluster:hvcl.lab"}
    assert len(reasons) == 1
    assert all(name in reasons.copy().pop() for name in NODES)


def test_a_listener_is_asked_of_the_first_machine_that_answers() -> None:
    pretend = Pretend(
        machines={"sql2.lab": machine(sql_rows("sql2.lab", partners=("sql1.lab", "sql2.lab")))},
        lost={"sql1.lab": refused("sql1.lab")},
    )
    listener = Target(role="sql", endpoint="ag.lab")
    topology = discovered(pretend, estate(listener, via={"ag.lab": ("sql1.lab", "sql2.lab")}))
    (instance,) = topology.all(SqlInstance, "sql:ag.lab")
    assert (instance.host, instance.asked, instance.key) == ("sql2.lab", "ag.lab", "sql2.lab\\MSSQLSERVER")
    assert pretend.visits("sql1.lab") == 1
    assert "SqlInstance@sql:sql1.lab" in gaps_of(topology)
    assert not topology.missing(SqlInstance, "sql:sql2.lab")


def test_a_machine_is_visited_three_times_at_most_and_the_last_time_for_all_that_is_left() -> None:
    # Each answer reveals one more name that only sql1 can answer for.
    listeners = [f"ag{number}.lab" for number in range(1, 7)]
    via = dict.fromkeys(listeners, ("sql1.lab",))
    hosts = {f"slow{number}.lab": machine(sql_rows(f"slow{number}.lab", partners=[f"slow{number}.lab", listener]))
             for number, listener in enumerate(listeners)}  # fmt: skip
    first = machine(sql_rows("sql1.lab", partners=["sql1.lab", *sorted(hosts)]))
    pretend = Pretend(machines={"sql1.lab": first, **hosts})
    topology = discovered(pretend, estate(Target(role="sql", endpoint="sql1.lab"), via=via))
    assert pretend.visits("sql1.lab") <= 3
    assert topology.gaps == ()
    assert len(topology.all(SqlInstance)) == 1 + len(hosts)


def test_what_only_an_exhausted_machine_could_tell_is_a_gap() -> None:
    chain = ["sql1.lab", "a.lab", "b.lab", "c.lab"]
    via = dict.fromkeys(chain[1:], ("sql1.lab",))
    partners = iter([["a.lab"], ["b.lab"], ["c.lab"], []])
    pretend = Pretend()

    def collect(name: str, queries: Sequence[object]) -> object:
        pretend.machines["sql1.lab"] = machine(sql_rows("sql1.lab", partners=next(partners)))
        return pretend.transports().collect(name, queries)  # type: ignore[arg-type]

    via_collect = Transports(collect=collect, arm=pretend.transports().arm)  # type: ignore[arg-type]
    clock = Ticking()
    topology = discover(
        estate(Target(role="sql", endpoint="sql1.lab"), via=via),
        now=clock.now,
        monotonic=clock.monotonic,
        progress=Noted(),
        via=via_collect,
    )
    assert pretend.visits("sql1.lab") == 3
    assert gaps_of(topology)["SqlInstance@sql:c.lab"] == "visits"
    assert topology.looked_at(SqlInstance, "sql:b.lab")


def test_an_incomplete_answer_keeps_its_facts_and_leaves_a_gap() -> None:
    pretend = contoso()
    pretend.machines["hv1.lab"].partial = {"hyperv-machines": "partial after 1 rows: X: access to vm9 is denied"}
    topology = discovered(pretend, estate(HV1))
    assert [vm.vm_id for vm in topology.seen(HyperVVm)] == ["vm1"]
    assert gaps_of(topology) == dict.fromkeys(MADE_OF_MACHINES, "incomplete")
    assert topology.all(VmSwitch, "hyperv:hv1.lab") == ()


def test_a_failed_question_is_a_gap_of_its_own_kind_only() -> None:
    pretend = contoso()
    pretend.machines["vmm.lab"].failed = {"vmm-clouds": "1604"}
    topology = discovered(pretend, estate(VMM))
    assert gaps_of(topology) == {"Cloud@vmm:vmm.lab": "query"}
    assert "1604" in topology.gaps[0].reason
    assert len(topology.all(ManagedHost)) == 2


def test_nothing_counts_when_vmm_itself_did_not_answer() -> None:
    pretend = contoso()
    pretend.machines["vmm.lab"].failed = {"vmm-server": "1612"}
    topology = discovered(pretend, estate(VMM))
    assert {key for key in gaps_of(topology) if "vmm" in key} == {
        f"{sourced.kind}@vmm:vmm.lab" for sourced in sources()["vmm"]
    }
    assert topology.seen(Cloud) == ()
    with pytest.raises(Unknown):
        topology.all(HyperVVm)


def test_a_property_that_is_not_there_is_a_gap_and_not_a_default() -> None:
    pretend = contoso()
    rows = pretend.machines["hv1.lab"].rows["hyperv-machines"]
    pretend.machines["hv1.lab"].rows["hyperv-machines"] = [
        {name: value for name, value in row.items() if name != "ReplicationMode"} for row in rows
    ]
    topology = discovered(pretend, estate(HV1))
    assert gaps_of(topology) == dict.fromkeys(MADE_OF_MACHINES, "answer")
    assert "ReplicationMode" in topology.gaps[0].reason


def test_an_error_that_nobody_foresaw_is_an_internal_gap_without_secrets() -> None:
    pretend = contoso()
    pretend.lost["hv1.lab"] = ZeroDivisionError(f"division by {PASSWORD}")
    topology = discovered(pretend, estate(VMM, HV1))
    (reason,) = {gap.reason for gap in topology.gaps}
    assert set(gaps_of(topology).values()) == {"internal"}
    assert reason.startswith("ZeroDivisionError: division by ")
    assert PASSWORD not in reason


def test_a_machine_without_a_credential_is_a_gap_that_says_so() -> None:
    nobody = Estate(path=Path("estate.yaml"), name="x", sites=(), endpoints=(HV1,), windows=Windows())
    with pytest.raises(AuthenticationFailed, match=r"no credential is declared for it\. Declare windows\.credentials"):
        windows_endpoint(nobody, "hv1.lab")
    clock = Ticking()
    topology = discover(nobody, now=clock.now, monotonic=clock.monotonic, progress=Noted())
    assert set(gaps_of(topology).values()) == {"authentication"}


def test_an_endpoint_has_what_the_estate_declares() -> None:
    endpoint = windows_endpoint(estate(HV1), "HV1.lab")
    assert (endpoint.name, endpoint.address, endpoint.port) == ("hv1.lab", "hv1.lab", 5986)
    assert endpoint.password.reveal() == PASSWORD


def test_an_empty_vault_is_looked_at() -> None:
    topology = discovered(Pretend(cloud_fault=None), estate(vaults=(VAULT,)))
    assert topology.all(ProtectedItem, f"vault:{VAULT.id}") == ()
    single = {f"{kind}@vault:{VAULT.id}": "query" for kind in ("Vault", "VaultHealth")}
    assert gaps_of(topology) == single, "the vault itself was not found"


def test_a_cloud_that_is_out_of_reach_is_tried_once_per_vault() -> None:
    pretend = Pretend(cloud_fault=("", Deadline("arm https://x", "no answer in 5 s", "Wait")))
    topology = discovered(pretend, estate(vaults=(VAULT,)))
    assert len(pretend.cloud_asked) == 1
    assert set(gaps_of(topology).values()) == {"timeout"}
    assert {gap.kind for gap in topology.gaps} >= {"Vault", "ProtectedItem", "RecoveryPlan"}


def test_what_may_not_be_read_in_a_vault_hides_nothing_else() -> None:
    denied = AccessDenied("arm https://x", "not allowed to read recovery plans", "Ask for it")
    pretend = Pretend(cloud_fault=("replicationrecoveryplans", denied))
    topology = discovered(pretend, estate(vaults=(VAULT,)))
    assert gaps_of(topology)[f"RecoveryPlan@vault:{VAULT.id}"] == "access"
    assert not topology.looked_at(RecoveryPlan, f"vault:{VAULT.id}")
    assert topology.looked_at(ProtectedItem, f"vault:{VAULT.id}")
    assert topology.get(Vault, VAULT.id) is None


def test_clocks_are_filed_under_the_machine_that_was_asked() -> None:
    topology = discovered(contoso(), estate(HV1))
    assert [(clock.endpoint, clock.offset_seconds, clock.uncertainty_seconds) for clock in topology.clocks] == [
        ("hv1.lab", 1.5, 0.25)
    ]


def test_facts_say_where_they_come_from() -> None:
    topology = discovered(contoso(), estate(HV1))
    seen = topology.all(HyperVVm)[0].seen
    assert (seen.source, seen.endpoint, seen.query, seen.at) == ("hyperv", "hv1.lab", "Get-VM", START)


def test_the_topology_is_as_of_the_end() -> None:
    topology = discovered(contoso(), estate(VMM))
    assert all(fact.seen.at <= topology.as_of for fact in topology.facts)
    assert all(look.seen.at < topology.as_of for look in topology.looked)


def test_progress_sees_every_target_found_and_done() -> None:
    pretend, progress = contoso(), Noted()
    pretend.lost["hv1.lab"] = refused("hv1.lab")
    topology = discovered(pretend, estate(VMM), progress)
    assert sorted(progress.seen) == sorted(target.scope for target in topology.targets)
    assert progress.ended == Counter(progress.seen)
    assert ("cluster:hvcl.lab", "hv2.lab") in progress.started_at
    assert progress.closed == 1


def test_an_interruption_ends_discovery_and_closes_the_progress() -> None:
    class Interrupted(Noted):
        def started(self, target: Target, machine: str) -> None:
            if target.role == "vmm":
                raise KeyboardInterrupt

    progress = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        discovered(contoso(), estate(VMM), progress)
    assert progress.closed == 1


def test_looking_again_reads_what_was_named_and_follows_nothing() -> None:
    pretend, clock = contoso(), Ticking()
    topology = look(estate(VMM), (VMM,), now=clock.now, monotonic=clock.monotonic, via=pretend.transports())
    assert [name for name, _ in pretend.asked] == ["vmm.lab"]
    assert len(topology.seen(ManagedHost)) == 2
    assert {target.role for target in topology.targets} == {"estate", "vmm"}


def test_every_role_that_kinds_of_facts_have_is_read_and_each_kind_once() -> None:
    found = Counter(sourced.collector.kind for listed in sources().values() for sourced in listed)
    assert set(found) == set(kinds())
    assert set(found.values()) == {1}
    assert all(role == sourced.collector.kind.ROLE for role, listed in sources().items() for sourced in listed)


def test_a_machine_that_knows_nothing_of_its_name_is_still_told_by_it() -> None:
    pretend = Pretend(machines={"hv1.lab": Machine()})
    topology = discovered(pretend, estate(HV1))
    assert topology.gaps == ()
    assert topology.all(HyperVVm) == ()
