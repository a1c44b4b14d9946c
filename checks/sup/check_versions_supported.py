"""Does its maker still support what recovery runs on?"""

from datetime import timedelta

from drcheck.check import Outcome, Unknown, check, failed, passed, warned
from drcheck.data.lifecycle import lifecycle
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.products import InstalledProduct
from drcheck.verdict import Severity


@check(
    "DR-SUP-002",
    "Windows, SQL Server and VMM are versions that their maker supports",
    severity=Severity.HIGH,
    why=(
        "What is out of support gets no fix for what a recovery stumbles over, and no engineer on the night on which "
        "it does. New hosts and agents stop to work with it as well."
    ),
    source="Microsoft Lifecycle, the product's page (extended support); drcheck's data/lifecycle.yaml",
    remedy="Upgrade to a version in support: the secondary site first, then fail over and upgrade the other one.",
    controls=("NIST SP 800-53 SA-22", "ISO/IEC 27001:2022 A.8.8", "DORA Art. 7"),
)
def check_versions_supported(product: InstalledProduct, topology: Topology, policy: Policy) -> Outcome:
    """The end of extended support by the dated file, against the moment of discovery.

    Guest systems, service packs, and which versions may be paired with each other are not looked at; nor is extended
    security that was bought.
    """
    if not product.version:
        raise Unknown(f"{product.name}: its version was not told")
    known = lifecycle(product.product, product.version)
    if known is None:
        raise Unknown(f"{product.name}: version {product.version} is not in the lifecycle data")
    today = topology.as_of.date()
    expected = f"supported for {human(policy.support_ends_ahead)} at least"
    what = str(known)
    if known.ends < today:
        return failed(f"{product.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    if known.ends < today + timedelta(seconds=policy.support_ends_ahead):
        return warned(f"{product.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    return passed(f"{product.name}: {what}", observed=what, expected=expected)
