"""Is a cloud that Site Recovery protects made of Hyper-V hosts?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectionContainer
from drcheck.topology.vmm import Cloud
from drcheck.verdict import Severity

EXPECTED = "the Hyper-V capability profile and at least one host group"
PROFILE = "hyper-v"


@check(
    "DR-VMM-101",
    "A protected cloud has the Hyper-V capability profile and a host group",
    severity=Severity.MEDIUM,
    why=(
        "A cloud without the profile is not offered to Site Recovery, and one without host groups has no machine that "
        "could be protected: new machines in it are left out and nobody is told."
    ),
    source="Microsoft, Set up disaster recovery of Hyper-V machines in VMM clouds (prerequisites); Create a VMM cloud",
    remedy="VMM console > the cloud's properties > Capability Profiles: Hyper-V; Resources: choose the host groups.",
    controls=("NIST SP 800-53 CP-10",),
)
def check_cloud_capable(cloud: Cloud, topology: Topology) -> Outcome:
    """A cloud that VMM, or a vault, calls protected; an empty list of profiles may also mean that VMM did not say."""
    if not cloud.dr_protected and not topology.where(ProtectionContainer, "cloud_id", cloud.key):
        topology.require(ProtectionContainer)
        raise NotApplicable(f"{cloud.name} is protected by no vault")
    profiles = ", ".join(cloud.capability_profiles)
    faults = [] if cloud.host_groups else ["no host group"]
    if profiles and PROFILE not in (one.lower() for one in cloud.capability_profiles):
        faults.append(f"the capability profiles {profiles}")
    if faults:
        what = " and ".join(faults)
        return failed(f"{cloud.name} has {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    if not profiles:
        raise Unknown(f"{cloud.name}: no capability profile was told")
    what = f"{profiles}, on {', '.join(cloud.host_groups)}"
    return passed(f"{cloud.name} has {what}", observed=what, expected=EXPECTED)
