"""Can a recovery plan bring its machines up in Azure? A test failover of the plan into an isolated virtual network."""

from collections.abc import Iterator, Mapping

from drcheck.drill import Context, Failover
from drcheck.drill.azure import calls
from drcheck.drill.azure.far_side import Azure
from drcheck.drill.azure.orders import Orders, PlanOrders
from drcheck.drill.azure_failover import AzureFailover
from drcheck.drill.isolation.configuration import action_leaks
from drcheck.errors import DrillError
from drcheck.estate import DrillSpec
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.declared import SequenceStep
from drcheck.topology.drills import DrilledPlan, PlanState
from drcheck.topology.plan_state import plan_state
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.verdict import Subject

KIND = "recovery-plan"
ARM_CALLS = (*calls.READS, *calls.PLAN_CALLS)


def prepare(spec: DrillSpec, context: Context) -> Failover:
    """Find the one recovery plan that the specification names, by vault and name."""
    found = [
        plan
        for plan in context.topology.seen(RecoveryPlan)
        if plan.name.lower() == spec.plan.lower() and plan.vault == spec.vault
    ]
    if len(found) != 1:
        raise DrillError(f"vault {spec.vault} has {len(found)} recovery plans named {spec.plan}; exactly one is needed")
    return RecoveryPlanTest(spec, context, target=found[0].key, vault=found[0].vault, name=found[0].name)


def resume(identity: Mapping[str, str], context: Context) -> Failover:
    """The plan that a journal names."""
    target, vault, name = identity["plan"], identity["vault"], identity["name"]
    return RecoveryPlanTest(None, context, target=target, vault=vault, name=name, journal=identity)


def _state_of(topology: Topology, plan: RecoveryPlan) -> PlanState | None:
    try:
        return plan_state(topology, plan)
    except Unknown:
        return None  # the record then says nothing of the plan, and the check of it is UNKNOWN


class RecoveryPlanTest(AzureFailover):
    """The test failover of one recovery plan."""

    KEY = "plan"
    _state: PlanState | None = None

    @property
    def subject(self) -> Subject:
        """The recovery plan."""
        return Subject(kind="recovery plan", key=self.target, name=self._name)

    def plans(self) -> tuple[DrilledPlan, ...]:
        """The plan with its machines' networks as last looked at; nothing when part of it could not be read."""
        state = self._state
        return () if state is None else (DrilledPlan(key=self.target, name=self._name, state=state),)

    def _make_orders(self, azure: Azure) -> Orders:
        return PlanOrders(azure=azure, plan=self.target)

    def _own_leaks(self, topology: Topology) -> Iterator[str]:
        """The plan's actions."""
        plan = self._plan(topology)
        self._state = _state_of(topology, plan)
        yield from action_leaks(plan, self._given.allowed_actions)

    def _manual(self) -> tuple[str, ...]:
        plan = self._plan(self._context.topology)
        actions = (action for group in plan.groups for action in (*group.start_actions, *group.end_actions))
        return tuple(
            one.name
            for one in actions
            if one.action_type == "ManualActionDetails" and "TestFailover" in one.failover_types
        )

    def _is_step(self, step: SequenceStep) -> bool:
        return step.action == "plan" and step.target == self._name

    def _plan(self, topology: Topology) -> RecoveryPlan:
        for plan in topology.all(RecoveryPlan, f"vault:{self.vault}"):
            if plan.key == self.target:
                return plan
        raise DrillError(f"the vault does not hold the recovery plan {self._name} any more")

    def _items(self, topology: Topology) -> tuple[ProtectedItem, ...]:
        wanted = self._plan(topology).items
        found = tuple(item for item in topology.all(ProtectedItem, f"vault:{self.vault}") if item.key in wanted)
        if len(found) != len(wanted):
            raise DrillError(
                f"recovery plan {self._name} names {len(wanted)} machines; the vault knows {len(found)} of them"
            )
        return found
