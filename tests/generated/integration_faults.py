"""Kinds of faults of the integration services that copies rely on."""

from collections.abc import Sequence

from drcheck.topology.hyperv import HyperVVm, IntegrationService, VmIntegration, VmReplication
from drcheck.topology.site_recovery import ProtectedItem
from tests.generated.fault import Drawn, Fault, Seeded, edited, judged
from tests.generated.unread_faults import asked, lost


def copied(drawn: Drawn) -> list[VmIntegration]:
    """The services of machines of which consistent points are made, as the primary's host tells them."""
    wanted = {item.vm_id for item in drawn.all(ProtectedItem)}
    sent = {f"{one.vm_id}@{one.host}" for one in drawn.all(VmReplication, mode="Primary")}
    return [one for one in drawn.all(VmIntegration) if one.vm_id in wanted or one.key in sent]


def unticked(_: Drawn, told: VmIntegration) -> Seeded:
    """Somebody switched the Backup service off."""
    services = tuple(
        IntegrationService(service=one.service, enabled=one.service != "vss", status=one.status)
        for one in told.services
    )
    return Seeded(edits=edited(told, services=services), expects=judged("DR-RPL-101", told.key))


def on_host(drawn: Drawn, endpoint: str) -> list[str]:
    """Machines on a host of which consistent points are made."""
    known = {one.key for one in copied(drawn)}
    return [vm.key for vm in drawn.all(HyperVVm, host=endpoint) if vm.key in known]


FAULTS: Sequence[Fault] = (
    Fault("backup service off", frozenset({"DR-RPL-101"}), copied, unticked),
    lost(VmIntegration, asked("hyperv"), RPL_101=on_host),
)
