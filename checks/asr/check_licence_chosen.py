"""Has somebody decided under which licence a recovered Windows machine would run in Azure?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure_targets import TO_AZURE, by_provider
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.verdict import Severity

EXPECTED = "WindowsServer (Azure Hybrid Benefit), or NoLicenseType (pay as you go)"
UNDECIDED = "NotSpecified"
DECIDED = {"WindowsServer": "Azure Hybrid Benefit", "NoLicenseType": "pay as you go"}
LINUX, WINDOWS = "linux", "windows"


@check(
    "DR-ASR-105",
    "The licence of a Windows machine that fails over to Azure is chosen",
    severity=Severity.LOW,
    why=(
        "A failover may last for weeks. Where nobody chose, licences that the company owns are paid for a second time, "
        "or are counted on in Azure without the Software Assurance that allows it; nobody reviews that on the day."
    ),
    source=(
        "Microsoft, Site Recovery REST API (licenseType of a replication protected item); "
        "Azure Hybrid Benefit for Windows Server"
    ),
    remedy=(
        "Set-AzRecoveryServicesAsrReplicationProtectedItem -InputObject <item> -LicenseType WindowsServer where "
        "Software Assurance covers the machine, else -LicenseType NoLicenseType."
    ),
    controls=("NIST SP 800-53 CM-10", "ISO/IEC 27001:2022 A.5.32"),
)
def check_licence_chosen(item: ProtectedItem) -> Outcome:
    """What the service tells of the item: that a choice was made, never whether the company owns what it claims.

    That Windows is paid for by use where the service says ``NotSpecified`` is unverified; nobody decided it all the
    same. Not judged: SQL Server (nothing that is read ties an instance to its protected item by an id) and Linux.
    """
    if by_provider(item) != TO_AZURE:
        raise NotApplicable(f"{item.name} does not go to Azure ({item.provider})")
    if item.active_location == "Recovery":
        raise NotApplicable(f"{item.name} runs in Azure already")
    if item.guest_os.lower() == LINUX:
        raise NotApplicable(f"{item.name} runs Linux, which has other licences")
    chosen = item.target.license_type
    if chosen in DECIDED:
        what = f"{chosen} ({DECIDED[chosen]})"
        return passed(f"{item.name}: {what}", observed=what, expected=EXPECTED)
    if chosen != UNDECIDED:
        raise Unknown(f"{item.name}: the service told {chosen or 'no licence'}, which is no answer that is known")
    if item.guest_os.lower() != WINDOWS:
        raise Unknown(f"{item.name}: no licence is chosen, and whether it runs Windows was not told")
    what = f"nobody chose ({UNDECIDED})"
    return failed(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
