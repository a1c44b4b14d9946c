"""Is it declared at which site everything is?"""

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.declared import Site
from drcheck.topology.sites import Located, claims_by_facts, claims_by_name
from drcheck.verdict import Severity

EXPECTED = "exactly one declared site"


@check(
    "DR-GOV-003",
    "Every host, node, witness, domain controller and vault is at exactly one declared site",
    severity=Severity.HIGH,
    why=(
        "Whether anything survives the loss of a site is judged by who is where. What is at no site counts as lost "
        "and saved at once; what two rules place at two sites is judged by whichever was meant."
    ),
    source="NIST SP 800-34 Rev. 1, section 3.4.3 (alternate sites); practice of stretched-cluster reviews",
    remedy=(
        "Add a rule for it to sites in estate.yaml (hosts, host_groups, fault_domains, ad_sites, subnets, regions or "
        "names), or correct the rule that claims it for another site."
    ),
    controls=("NIST SP 800-53 CP-6(1)", "NIST SP 800-53 CP-7(1)", "ISO/IEC 27001:2022 A.5.9"),
)
def check_site_declared(located: Located, topology: Topology) -> Outcome:
    """Names and facts must give one site between them; a rule whose fact was not read leaves the question open."""
    topology.require(Site)
    claims = (*claims_by_name(topology, located.place), *claims_by_facts(topology, located.place))
    sites = sorted({claim.site.name for claim in claims})
    what = f"{located.what} {located.name}"
    if len(sites) == 1:
        return passed(f"{what} is at {sites[0]}", observed=str(claims[0]), expected=EXPECTED)
    if sites:
        observed = " and ".join(dict.fromkeys(str(claim) for claim in claims))
        return failed(f"{what} is claimed by {observed}; allowed: {EXPECTED}", observed=observed, expected=EXPECTED)
    if located.what == "cloud witness":
        raise NotApplicable(f"{located.name} is in Azure, outside of every site of the estate")
    return failed(f"{what} is at no declared site; allowed: {EXPECTED}", observed="no site", expected=EXPECTED)
