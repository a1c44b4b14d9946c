"""Could the credentials of a recovery be fetched and used when the primary site is gone?"""

from collections.abc import Iterator

from drcheck.check import Outcome, Unknown, check, failed, passed
from drcheck.policy import DAY, Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.declared import Site
from drcheck.topology.identity import DomainController
from drcheck.topology.prepared import BreakGlass
from drcheck.topology.sites import site_of
from drcheck.verdict import Severity

EXPECTED = "two holders, kept and usable without the primary site, and tried that way within {}"


@check(
    "DR-IDN-004",
    "Credentials that a recovery needs do not depend on the site that is lost",
    severity=Severity.CRITICAL,
    why=(
        "A password in a vault behind the dead directory stops a recovery before it begins, and nobody notices before "
        "that day unless somebody tries."
    ),
    source="drcheck's own rule after NIST SP 800-34 (contingency planning: alternate access) and reports of drills",
    remedy=(
        "Keep a copy at the recovery site or offline, give it to a second holder, and try it with the primary site's "
        "directory, vault and second factor cut off; then write the date under break_glass in estate.yaml."
    ),
    controls=("NIST SP 800-53 CP-2", "NIST SP 800-53 IA-5", "ISO/IEC 27001:2022 A.5.29"),
)
def check_break_glass_usable(credential: BreakGlass, topology: Topology, policy: Policy) -> Outcome:
    """Judge the declared map: where it is kept, what its use needs, who holds it, when it was tried.

    Only of an account's directory is there evidence besides: a writable controller away from the primary site. That a
    vault or a second factor really answers there is DR-NET-006's to see, for those that ``reachability`` names.
    """
    topology.require(Site)
    expected = EXPECTED.format(human(policy.break_glass_test_interval))
    faults, unclear = list(_declared(credential, topology, policy)), []
    for name in credential.needs:
        try:
            site = site_of(topology, name)
        except Unknown as unknown:
            unclear.append(unknown.reason)
        else:
            faults += [f"needs {name}, which is at {site.name}"] if site.role == "primary" else []
    try:
        faults += list(_directory(credential, topology))
    except Unknown as unknown:
        unclear.append(unknown.reason)
    if faults:
        what = "; ".join(faults)
        return failed(f"{credential.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    if unclear:
        raise Unknown(f"{credential.name}: {'; '.join(unclear)}")
    what = f"kept at {' and '.join(credential.kept_at)}, {len(credential.holders)} holders, tried {credential.tested}"
    return passed(f"{credential.name}: {what}", observed=what, expected=expected)


def _declared(credential: BreakGlass, topology: Topology, policy: Policy) -> Iterator[str]:
    roles = {site.name: site.role for site in topology.seen(Site)}
    if all(roles.get(name) == "primary" for name in credential.kept_at):
        yield f"is kept at {' and '.join(credential.kept_at)} only"
    if len({holder.strip().lower() for holder in credential.holders}) < 2:
        yield f"has one holder, {credential.holders[0]}"
    if credential.tested is None:
        yield "was never tried"
    else:
        age = (topology.as_of.date() - credential.tested).days * DAY
        if age > policy.break_glass_test_interval:
            yield f"was last tried {human(age)} ago"
        if age < -DAY:  # somewhere it is tomorrow already
            yield f"is to be tried on {credential.tested}, which is no trial yet"


def _directory(credential: BreakGlass, topology: Topology) -> Iterator[str]:
    """What is wrong with the account's directory.

    Raises:
        Unknown: a controller elsewhere may exist unseen, or nobody knows where one is.
    """
    if not credential.domain:
        return
    known = topology.where(DomainController, "domain", credential.domain)
    unclear = ""
    for controller in known:
        if controller.read_only or controller.enabled is False:
            continue
        try:
            if _serves(controller, topology):
                return
        except Unknown as unknown:
            unclear = unknown.reason
    topology.require(DomainController)
    if not known:
        raise Unknown(f"no controller of {credential.domain} was asked; name one under endpoints.identity")
    if unclear:
        raise Unknown(unclear)
    yield f"is an account of {credential.domain}, which has no writable controller away from the primary site"


def _serves(controller: DomainController, topology: Topology) -> bool:
    """Is it away from the primary site, and known to be enabled?"""
    if site_of(topology, controller.host).role == "primary":
        return False
    if controller.enabled is None:
        raise Unknown(f"whether {controller.host} is enabled was not told")
    return True
