"""Builders of what hosts tell of integration services."""

from collections.abc import Iterable

from drcheck.topology.base import Fact
from drcheck.topology.hyperv import HyperVVm, IntegrationService, VmIntegration
from tests.estates import seen

GOOD = "Ok"


def service(name: str, status: str | None = GOOD, *, enabled: bool = True) -> IntegrationService:
    return IntegrationService(service=name, enabled=enabled, status=status)


def integration(vm_id: str, name: str, host: str, *services: IntegrationService) -> VmIntegration:
    """Those of a machine; without any given, all that checks look at are as they should be."""
    given = services or tuple(service(one) for one in ("heartbeat", "key-value", "vss"))
    return VmIntegration(
        key=f"{vm_id}@{host}", seen=seen(host), vm_id=vm_id, name=name, host=host, services=given
    )  # fmt: skip


def integrations(facts: Iterable[Fact]) -> Iterable[Fact]:
    """One for each machine among facts; what does not run tells no status."""
    for vm in facts:
        if isinstance(vm, HyperVVm):
            status = GOOD if vm.state == "Running" else None
            told = (service(one, status) for one in ("heartbeat", "key-value", "vss"))
            yield integration(vm.vm_id, vm.name, vm.host, *told)
