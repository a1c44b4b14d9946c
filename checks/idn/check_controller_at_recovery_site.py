"""Could anybody sign in at the recovery site once the primary one is gone?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.declared import Site
from drcheck.topology.directory import RECOVERY_ROLES, AdDomain, is_recovery_site
from drcheck.topology.identity import ControllerService, DomainController
from drcheck.verdict import Severity

EXPECTED = "a writable global catalog at the recovery site, its SYSVOL ready"


@check(
    "DR-IDN-001",
    "Every AD domain has a writable global catalog at the recovery site",
    severity=Severity.CRITICAL,
    why=(
        "Clusters, SQL Server and nearly every service sign in before they do anything else. With the last controller "
        "at the lost site they have nobody to ask, however good their own copies are."
    ),
    source="Microsoft, Set up disaster recovery for Active Directory and DNS; Set up disaster recovery for SQL Server",
    remedy=(
        "Promote a controller there: Install-ADDSDomainController -DomainName <domain> -SiteName <AD site> (never "
        "-ReadOnlyReplica), and name it under endpoints.identity in estate.yaml."
    ),
    controls=("NIST SP 800-53 CP-7", "NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.14"),
)
def check_controller_at_recovery_site(domain: AdDomain, topology: Topology) -> Outcome:
    """Look for one controller that is all of it; a controller advertises itself once its SYSVOL is ready.

    Domains are those of controllers and clusters. To which domain a VM, VMM or SQL Server itself is joined is not
    read, and what comes up in Azure is left to the recovery plan (DR-PLN-005).
    """
    if not any(site.role in RECOVERY_ROLES for site in topology.all(Site)):
        raise NotApplicable("no site is declared with the role secondary")
    known = topology.where(DomainController, "domain", domain.name)
    faults, unclear = [], []
    for controller in known:
        try:
            found = list(_faults(controller, topology))
        except Unknown as unknown:
            unclear.append(unknown.reason)
            continue
        if not found:
            what = f"{controller.host} in the AD site {controller.ad_site}"
            return passed(f"{domain.name}: {what}", observed=what, expected=EXPECTED, facts=(controller,))
        faults.append(f"{controller.host} {' and '.join(found)}")
    topology.require(DomainController)
    if not known:
        raise Unknown(f"no controller of {domain.name} was asked; name one under endpoints.identity in estate.yaml")
    if unclear:
        raise Unknown(f"{domain.name}: {'; '.join(unclear)}")
    what = "; ".join(faults)
    return failed(f"{domain.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=known)


def _faults(controller: DomainController, topology: Topology) -> Iterator[str]:
    """Why this controller is none that would do.

    Raises:
        Unknown: all that was read is good, and something was not read.
    """
    if controller.read_only:
        yield "is read-only"
        return
    if not controller.global_catalog:
        yield "is no global catalog"
        return
    if controller.enabled is False:
        yield "has a disabled account"
        return
    if not is_recovery_site(topology, controller.host):
        yield "is not at the recovery site"
        return
    service = topology.get(ControllerService, controller.host)
    if service is None:
        topology.require(ControllerService, f"identity:{controller.host}")
        raise Unknown(f"{controller.host} did not tell whether its SYSVOL is ready")
    if service.sysvol_ready is None or controller.enabled is None:
        raise Unknown(f"{controller.host} did not tell whether its SYSVOL is ready and its account enabled")
    if not service.sysvol_ready:
        yield "has no SYSVOL to share"
