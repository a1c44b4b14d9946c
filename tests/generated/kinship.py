"""What belongs to what in a drawn estate."""

from drcheck.topology.declared import Application, Site
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.links import SiteLink
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.topology.vmm import VmmVm
from drcheck.verdict import Verdict
from tests.generated.fault import Drawn, Expected, judged


def owner(drawn: Drawn, name: str) -> Application:
    """The application of a machine that belongs to one."""
    return drawn.all(Application, vm_names=(f"{name.rpartition('-')[0]}-*",))[0]


def needed(drawn: Drawn) -> set[str]:
    """Names of applications that others need."""
    return {name for app in drawn.all(Application) for name in app.depends_on}


def members(drawn: Drawn, app: Application) -> list[VmmVm]:
    """The machines of an application."""
    return [vm for vm in drawn.all(VmmVm) if f"{vm.name.rpartition('-')[0]}-*" in app.vm_names]


def plans(drawn: Drawn, item: str) -> list[RecoveryPlan]:
    """The plans that hold an item."""
    return [plan for plan in drawn.all(RecoveryPlan) if item in plan.items]


def links_of(drawn: Drawn, host: str) -> list[str]:
    """The declared links from the site of a host that sends replicas."""
    if not any(one.mode == "Primary" for one in drawn.all(VmReplication, host=host)):
        return []
    sites = {site.name for site in drawn.all(Site) if any(host.endswith(name[1:]) for name in site.hosts)}
    return [link.key for link in drawn.all(SiteLink) if sites & set(link.sites)]


def undrilled(drawn: Drawn, *held: RecoveryPlan, without: str = "") -> Expected:
    """Plans were changed after their drills: a failure while one holds tier 1, and otherwise for a while a warning."""
    found: Expected = {}
    for plan in held:
        tiers = {owner(drawn, drawn.get(ProtectedItem, key).name).tier for key in plan.items if key != without}
        found |= judged("DR-PLN-009", plan.key, verdict=Verdict.FAIL if 1 in tiers else Verdict.WARN)
    return found


def machine(drawn: Drawn, item: ProtectedItem) -> HyperVVm:
    """The VM behind an item, on its host."""
    return drawn.all(HyperVVm, vm_id=item.vm_id)[0]
