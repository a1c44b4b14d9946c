"""By which plans would a vault's machines be recovered?"""

from collections.abc import Iterator

from drcheck.discovery import ArmAsk
from drcheck.discovery.site_recovery import wire, wire_plans
from drcheck.discovery.site_recovery.items import scenario_of
from drcheck.discovery.site_recovery.vault import API, fabric_or_azure
from drcheck.topology.base import Target
from drcheck.topology.site_recovery import PlanAction, PlanGroup, RecoveryPlan
from drcheck.transport.arm_values import arm_id


def read_plans(ask: ArmAsk, target: Target) -> Iterator[RecoveryPlan]:
    """Recovery plans, one by one: in the list, every plan's groups are empty."""
    listed = [plan.id for plan in ask.every(f"{target.endpoint}/replicationRecoveryPlans", API, wire.Listed)]
    for path, found in zip(listed, ask.each(listed, API, wire.Resource[wire_plans.Plan]), strict=True):
        plan = found.properties
        yield RecoveryPlan(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            name=plan.friendly_name,
            primary_fabric=arm_id(plan.primary_fabric_id),
            recovery_fabric=fabric_or_azure(plan.recovery_fabric_id),
            deployment_model=plan.failover_deployment_model or "",
            allowed_operations=plan.allowed_operations or (),
            last_test_failover=plan.last_test_failover_time.at,
            last_planned_failover=plan.last_planned_failover_time.at,
            last_unplanned_failover=plan.last_unplanned_failover_time.at,
            groups=tuple(_group(group) for group in plan.groups.groups),
            groups_sha256=plan.groups.sha256,
            providers=plan.replication_providers or (),
            scenario=scenario_of(plan.current_scenario, plan.current_scenario_status),
        )


def _group(group: wire_plans.Group) -> PlanGroup:
    return PlanGroup(
        group_type=group.group_type,
        items=tuple(arm_id(item.id) for item in group.replication_protected_items or ()),
        start_actions=tuple(_action(action) for action in group.start_group_actions or ()),
        end_actions=tuple(_action(action) for action in group.end_group_actions or ()),
    )


def _action(found: wire_plans.OpenAction) -> PlanAction:
    action, details = found.known, found.known.custom_details
    return PlanAction(
        name=action.action_name,
        action_type=details.instance_type,
        failover_types=action.failover_types or (),
        failover_directions=action.failover_directions or (),
        detail=details.runbook_id or details.path or details.description or "",
        timeout=details.timeout or "",
        location=details.fabric_location or "",
        unknown=found.unknown,
    )
