"""Cases of the check on the licence of what fails over to Azure."""

from msgspec.structs import replace

from drcheck.topology.site_recovery import ProtectedItem
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estates import Change, change, drop, lose, unchanged

licence = Table("DR-ASR-105", names.WEB_ITEM)
TARGET = vault.item(names.WEB_ITEM, "PAY-WEB01", names.WEB_VM).target


def told(chosen: str, guest: str = "Windows", **fields: str) -> Change:
    """What the service tells of the item."""
    target = replace(TARGET, license_type=chosen)
    return change(ProtectedItem, names.WEB_ITEM, target=target, guest_os=guest, **fields)


licence.passes("the benefit is used", unchanged, "WindowsServer (Azure Hybrid Benefit)")
licence.passes("paid by use, as chosen", told("NoLicenseType"), "NoLicenseType (pay as you go)")
licence.passes("chosen for an unknown system", told("WindowsServer", ""))
licence.fails("nobody chose", told("NotSpecified"), "nobody chose (NotSpecified)", "allowed: WindowsServer")
licence.fails("nobody chose, in other letters", told("NotSpecified", "WINDOWS"))
licence.unknown("not told", told(""), "the service told no licence")
licence.unknown("a new word", told("Flexible"), "the service told Flexible")
licence.unknown("nobody chose for an unknown system", told("NotSpecified", ""), "runs Windows was not told")
licence.unknown("what replicates it was not told", told("NotSpecified", provider=""), "what replicates it")
licence.unknown(
    "items unread", lose(ProtectedItem, f"vault:{names.VAULT}"), subject=f"ProtectedItem@vault:{names.VAULT}"
)
licence.skips("Linux", told("NotSpecified", "Linux"), "runs Linux")
licence.skips("another provider", told("NotSpecified", provider="HyperVReplica2012R2"), "does not go to Azure")
licence.skips("failed over", told("NotSpecified", active_location="Recovery"), "runs in Azure already")
licence.skips("nothing is protected", drop(ProtectedItem), subject="estate")

CASES = licence.cases
